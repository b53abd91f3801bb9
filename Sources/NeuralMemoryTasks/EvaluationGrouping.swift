// Sequences of data in groups, so that results can be told of each.

import NeuralMemory

/// What sequences of data are grouped by.
public enum EvaluationGrouping: String, CaseIterable, Sendable {
    /// By how many steps they take: 1, 2, 3-4, 5-8, and so on in powers of two.
    case length
    /// By the target symbol, of which each sequence must have one.
    case label
}

extension DataSequences {
    /// These sequences in groups, each with a name: by length from the shortest on, by label in alphabetical order.
    ///
    /// Each sequence is in one group. Throws `UsageError` for labels where sequences have other targets than one
    /// symbol; `DataError` and `FileError` where data cannot be read any more.
    public func groups(by grouping: EvaluationGrouping) throws -> [(name: String, set: DataSequences)] {
        switch grouping {
        case .length:
            let groups = try Dictionary(grouping: numbers) { Self.powerOfTwo(try task.evaluationSteps($0)) }
            return groups.sorted { $0.key < $1.key }.map { power, numbers in
                let range = power == 1 ? 1...1 : power / 2 + 1...power
                return (power == 1 ? "1 step" : "\(range.label) steps", part(numbers))
            }
        case .label:
            let groups = try Dictionary(grouping: numbers, by: label)
            return groups.sorted { $0.key < $1.key }.map { ($0, part($1)) }
        }
    }

    /// The least one that is not below a number.
    private static func powerOfTwo(_ number: Int) -> Int {
        var power = 1
        while power < number { power *= 2 }
        return power
    }

    /// The name of the one target symbol of a sequence.
    private func label(_ number: Int) throws -> String {
        let batch = try task.evaluationBatch([number])
        let counting = batch.mask.indices.filter { batch.mask[$0] != 0 }
        guard case .symbols(let targets) = batch.targets, counting.count == 1 else {
            throw UsageError(
                "DataSequences.groups",
                "a group by label has sequences with one target symbol each, and these have others; group by length")
        }
        let target = Int(targets[counting[0]])
        let names = task.names?.outputs ?? []
        return names.indices ~= target ? names[target] : target < 0 ? "<unk>" : "\(target)"
    }
}

// How the outputs of a network are written, as words and as JSON.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// What the outputs of one step are.
package enum OutputWords {
    /// Symbols with names, of which the most likely one is given.
    case symbols([String])
    /// Bits with names; the names of those that are 1 are given.
    case set([String])
    /// So many bits.
    case bits(Int)
    /// So many choices, each of one of so many symbols; the number of each symbol is given.
    case choices(Int, of: Int)
    /// So many numbers, which are given as data have them.
    case numbers(Int, NumberScale?)

    /// Those of a task's network; `nil` where symbols have no names.
    package init?(of task: any SequenceTask) {
        switch (task.signature.outputs, task.signature.inputs) {
        case (.symbols, _):
            guard let names = task.names?.outputs else { return nil }
            self = .symbols(names)
        case (.bits(let count), .symbols):
            guard let names = task.names?.outputs else { return nil }
            self = names.isEmpty ? .bits(count) : .set(names)
        case (.bits(let count), .vectors): self = .bits(count)
        case (.choices(let count, let symbols), _): self = .choices(count, of: symbols)
        case (.numbers(let count), _): self = .numbers(count, task.targetScale)
        }
    }

    /// Numbers of a step.
    package var size: Int {
        switch self {
        case .symbols(let names), .set(let names): names.count
        case .bits(let count), .numbers(let count, _): count
        case .choices(let count, let symbols): count * symbols
        }
    }

    /// One step's outputs as words: a name, names with commas between them and - for none, digits of bits, numbers of
    /// chosen symbols, or numbers of five digits.
    ///
    /// - `separator`: stands between bits, choices and numbers.
    package func text(_ outputs: ArraySlice<Float>, separator: String) -> String {
        switch self {
        case .symbols(let names): return names[outputs.indexOfLargest]
        case .set(let names):
            let present = Self.present(names, outputs)
            return present.isEmpty ? "-" : present.joined(separator: ",")
        case .bits: return outputs.map { $0 > 0 ? "1" : "0" }.joined(separator: separator)
        case .choices(_, let symbols):
            return outputs.choices(of: symbols).map { "\($0.indexOfLargest)" }.joined(separator: separator)
        case .numbers(_, let scale): return scale.values(Array(outputs)).map(\.fiveDigits).joined(separator: separator)
        }
    }

    private static func present(_ names: [String], _ outputs: ArraySlice<Float>) -> [String] {
        zip(names, outputs).filter { $1 > 0 }.map(\.0)
    }

    // MARK: JSON

    /// What one step's outputs come to: a name, a list of names, bits, numbers of chosen symbols, or numbers as data have
    /// them; a single bit, choice or number is in no list.
    package func value(_ outputs: ArraySlice<Float>) -> JSON {
        switch self {
        case .symbols(let names): JSON(names[outputs.indexOfLargest])
        case .set(let names): .array(Self.present(names, outputs).map { JSON($0) })
        case .bits: Self.list(outputs.map { JSON($0 > 0 ? 1 : 0) })
        case .choices(_, let symbols): Self.list(outputs.choices(of: symbols).map { JSON($0.indexOfLargest) })
        case .numbers(_, let scale):
            Self.list(
                outputs.enumerated().map { element, number in
                    let isScaled = scale.map { $0.means.indices ~= element } ?? false
                    return isScaled ? JSON(scale?.value(number, element: element)) : JSON(number)
                })
        }
    }

    private static func list(_ values: [JSON]) -> JSON { values.count == 1 ? values[0] : .array(values) }

    /// The probabilities of one step's outputs: of symbols and named bits an object, of other bits a list, of choices a
    /// list of lists.
    ///
    /// `nil` for numbers.
    package func probabilities(_ outputs: ArraySlice<Float>) -> JSON? {
        switch self {
        case .symbols(let names): JSON(zip(names, outputs.softmax).map { ($0, JSON($1)) })
        case .set(let names): JSON(zip(names, outputs.map(sigmoid)).map { ($0, JSON($1)) })
        case .bits: .array(outputs.map { JSON(sigmoid($0)) })
        case .choices(_, let symbols):
            .array(outputs.choices(of: symbols).map { choice in .array(choice.softmax.map { JSON($0) }) })
        case .numbers: nil
        }
    }
}

extension JSON {
    /// The fewest digits that give back the same number of 32 bits; null where it is not finite.
    package init(_ value: Float) { self = value.isFinite ? .number("\(value)") : .null }
}

extension Collection<Float> {
    /// The probabilities of symbols with these logits.
    var softmax: [Float] {
        let largest = Double(self.max() ?? 0)
        let powers = map { exp(Double($0) - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
    }
}

extension RandomAccessCollection<Float> where Index == Int {
    /// The logits of each of several choices of so many symbols.
    func choices(of symbols: Int) -> [SubSequence] {
        stride(from: startIndex, to: endIndex, by: symbols).map { self[$0..<$0 + symbols] }
    }
}

private func sigmoid(_ logit: Float) -> Float { Float(1 / (1 + exp(-Double(logit)))) }

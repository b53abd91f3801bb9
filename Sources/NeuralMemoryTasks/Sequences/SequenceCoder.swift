// From sequences as lines have them to a network's batches: symbols by their numbers, vectors standardised.

import NeuralMemory

/// One sequence as a network gets it, and what it should give.
struct CodedSequence {
    /// Symbol numbers, or vectors side by side.
    var symbols: [Int32] = []
    var vectors: [Float] = []
    /// Of each step; targets of steps that do not count are zeros.
    var targetSymbols: [Int32] = []
    var targetValues: [Float] = []
    var mask: [Float] = []

    var steps: Int { mask.count }
}

/// Codes sequences by the facts of a file.
struct SequenceCoder: Sendable {
    private let facts: SequenceFacts
    private let inputNumbers: SymbolIndex
    private let targetNumbers: SymbolIndex

    init(_ facts: SequenceFacts) {
        self.facts = facts
        inputNumbers = SymbolIndex(facts.inputs.symbols)
        targetNumbers = SymbolIndex(facts.targets.symbols)
    }

    /// Whether a sequence has a symbol that was not trained on, among inputs and among targets.
    func hasUnknown(_ line: SequenceLine) -> (inputs: Bool, targets: Bool) {
        (inputNumbers.lacksSymbol(of: line.inputs), targetNumbers.lacksSymbol(of: line.targets))
    }

    /// Throws `LineFault` for a number too far from those trained on to be a 32-bit number.
    ///
    /// - `isWeighted`: whether targets count by the weights of their symbols, where there are such.
    func sequence(_ line: SequenceLine, isWeighted: Bool = false) throws -> CodedSequence {
        let weights = isWeighted ? facts.targets.weights : nil
        var result = CodedSequence()
        let silent = facts.alignment == .after ? line.targets.count : 0
        let unknown = Int32(facts.inputs.symbols.count)
        if facts.inputs.size == 0 {
            result.symbols = inputNumbers.numbers(of: line.inputs.texts, unknown: unknown)
            result.symbols += Array(repeating: unknown + 1, count: silent)
        } else {
            for index in 0..<line.inputs.count {
                result.vectors += try vector(line.inputs, index, facts.inputs, "inputs")
                if facts.alignment == .after { result.vectors.append(0) }
            }
            for _ in 0..<silent { result.vectors += Array(repeating: 0, count: facts.inputs.size) + [1] }
        }
        let before =
            facts.alignment == .aligned ? 0 : facts.alignment == .last ? line.inputs.count - 1 : line.inputs.count
        for _ in 0..<before { addNothing(&result) }
        let targets = targetNumbers.numbers(of: line.targets.texts, unknown: Batch.noSymbol)
        for index in 0..<line.targets.count {
            guard line.targets.isThere[index] else {
                addNothing(&result)
                continue
            }
            if facts.targets.size == 0 {
                result.targetSymbols.append(targets[index])
            } else {
                result.targetValues += try vector(line.targets, index, facts.targets, "targets")
            }
            let isKnown = facts.targets.size == 0 && targets[index] != Batch.noSymbol
            result.mask.append(isKnown ? weights?[Int(targets[index])] ?? 1 : 1)
        }
        return result
    }

    /// A step whose output does not count.
    private func addNothing(_ sequence: inout CodedSequence) {
        sequence.mask.append(0)
        if facts.targets.size == 0 {
            sequence.targetSymbols.append(0)
        } else {
            sequence.targetValues += Array(repeating: 0, count: facts.targets.size)
        }
    }

    private func vector(
        _ field: SequenceField, _ index: Int, _ known: SequenceFacts.Field, _ name: String
    ) throws -> [Float] {
        try field.vector(index).enumerated().map { element, value in
            let number = known.scale?.standardised(value, element: element) ?? Float(value)
            guard number.isFinite else {
                throw LineFault(
                    reason: "element \(index + 1) of \"\(name)\" has \(value), too far from the numbers trained on")
            }
            return number
        }
    }

    /// Random inputs and targets, which count where the alignment says so.
    func randomSequence(steps: Int, using generator: inout RandomGenerator) -> CodedSequence {
        let signature = facts.signature
        var result = CodedSequence()
        switch signature.inputs {
        case .symbols(let count): result.symbols = (0..<steps).map { _ in Int32(generator.integer(in: 0...count - 1)) }
        case .vectors(let size): result.vectors = (0..<steps * size).map { _ in Float(generator.normal()) }
        }
        switch signature.outputs {
        case .symbols(let count):
            result.targetSymbols = (0..<steps).map { _ in Int32(generator.integer(in: 0...count - 1)) }
        case .bits(let size): result.targetValues = (0..<steps * size).map { _ in generator.bernoulli() ? 1 : 0 }
        case .numbers(let size): result.targetValues = (0..<steps * size).map { _ in Float(generator.normal()) }
        case .choices: preconditionFailure("no data have choices")
        }
        let first = facts.alignment == .aligned ? 0 : facts.alignment == .last ? steps - 1 : steps / 2
        result.mask = (0..<steps).map { $0 < first ? 0 : 1 }
        return result
    }

    /// Time-major, padded at the end.
    func batch(_ sequences: [CodedSequence]) -> Batch {
        let steps = sequences.map(\.steps).max() ?? 1
        let count = sequences.count
        func laid<Value: Numeric>(_ values: KeyPath<CodedSequence, [Value]>, size: Int) -> [Value] {
            var result = [Value](repeating: 0, count: steps * count * size)
            for (b, sequence) in sequences.enumerated() {
                let own = sequence[keyPath: values]
                for t in 0..<sequence.steps {
                    for element in 0..<size { result[(t * count + b) * size + element] = own[t * size + element] }
                }
            }
            return result
        }
        let signature = facts.signature
        let inputs: Batch.Inputs =
            switch signature.inputs {
            case .symbols: .symbols(laid(\.symbols, size: 1))
            case .vectors(let size): .vectors(laid(\.vectors, size: size))
            }
        let targets: Batch.Targets =
            switch signature.outputs {
            case .symbols: .symbols(laid(\.targetSymbols, size: 1))
            case .bits, .choices: .bits(laid(\.targetValues, size: signature.outputs.size))
            case .numbers(let size): .numbers(laid(\.targetValues, size: size))
            }
        return Batch(
            checked: steps, count: count, inputs: inputs, targets: targets, mask: laid(\.mask, size: 1))
    }
}

extension SymbolIndex {
    /// The number of each text.
    fileprivate func numbers(of texts: TextList, unknown: Int32) -> [Int32] {
        var numbers: [Int32] = []
        numbers.reserveCapacity(texts.count)
        texts.forEachBytes { _, text in numbers.append(number(of: text).map { Int32($0) } ?? unknown) }
        return numbers
    }

    /// Whether an element that is there is a symbol that was not added.
    func lacksSymbol(of field: SequenceField) -> Bool {
        var lacks = false
        field.texts.forEachBytes { index, text in
            if !lacks, field.isThere[index], number(of: text) == nil { lacks = true }
        }
        return lacks
    }
}

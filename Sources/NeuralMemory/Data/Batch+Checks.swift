// Whether a batch is what it says, and what a network takes.

extension Batch {
    func requireShapes() throws {
        func fail(_ problem: String) -> UsageError { UsageError("Batch", problem) }
        let (rows, overflows) = steps.multipliedReportingOverflow(by: count)
        guard steps > 0, count > 0, !overflows else {
            throw fail("steps are \(steps) and count is \(count); both must be at least 1")
        }
        guard mask.count == rows else {
            throw fail("mask has \(mask.count) numbers; it must have steps · count, \(rows)")
        }
        for (name, size) in [("inputs", inputs.count), ("targets", targets.count)] {
            guard size > 0, size.isMultiple(of: rows) else {
                throw fail("\(name) have \(size) numbers; these must be steps · count, \(rows), or a multiple of it")
            }
        }
    }

    func requireBits(_ numbers: [Float], _ name: String) throws {
        guard let index = numbers.firstIndex(where: { $0 != 0 && $0 != 1 }) else { return }
        throw UsageError("Batch", "\(name) \(index) is \(numbers[index]); it must be 0 or 1")
    }

    func requireFinite(_ numbers: [Float], _ name: String) throws {
        guard let index = numbers.firstIndex(where: { !$0.isFinite }) else { return }
        throw UsageError("Batch", "\(name) \(index) is \(numbers[index]); it must be finite")
    }
}

extension Batch.Inputs {
    /// Numbers, or symbols.
    var count: Int {
        switch self {
        case .symbols(let symbols): symbols.count
        case .vectors(let numbers): numbers.count
        }
    }
}

extension Batch.Targets {
    /// Bits, numbers, or symbols.
    var count: Int {
        switch self {
        case .symbols(let symbols): symbols.count
        case .bits(let bits): bits.count
        case .numbers(let numbers): numbers.count
        }
    }

    /// What they are, as a word.
    var name: String {
        switch self {
        case .symbols: "symbols"
        case .bits: "bits"
        case .numbers: "numbers"
        }
    }
}

extension Signature {
    /// Throws `UsageError` unless these are inputs of so many steps of so many sequences.
    func requireInputs(_ inputs: Batch.Inputs, steps: Int, count: Int, in call: String) throws {
        try requireRows(steps, count, in: call)
        switch (inputs, self.inputs) {
        case (.vectors(let numbers), .vectors(let width)):
            try requireCount(numbers.count, steps, count, width, "inputs", in: call)
        case (.symbols(let symbols), .symbols(let all)):
            try requireCount(symbols.count, steps, count, 1, "inputs", in: call)
            try requireSymbols(symbols, 0..<Int32(all), "input symbol", in: call)
        case (.vectors, .symbols(let all)):
            throw UsageError(call, "inputs are vectors; this network takes symbols from 0 to \(all - 1)")
        case (.symbols, .vectors(let width)):
            throw UsageError(call, "inputs are symbols; this network takes vectors of \(width) numbers")
        }
    }

    /// Throws `UsageError` unless these are targets of so many steps of so many sequences.
    func requireTargets(_ targets: Batch.Targets, steps: Int, count: Int, in call: String) throws {
        try requireRows(steps, count, in: call)
        switch (targets, outputs) {
        case (.bits(let values), .bits(let width)), (.numbers(let values), .numbers(let width)):
            try requireCount(values.count, steps, count, width, "targets", in: call)
        case (.bits(let bits), .choices(let choices, let symbols)):
            try requireCount(bits.count, steps, count, choices * symbols, "targets", in: call)
            try requireChoices(bits, of: symbols, in: call)
        case (.symbols(let symbols), .symbols(let all)):
            try requireCount(symbols.count, steps, count, 1, "targets", in: call)
            try requireSymbols(symbols, Batch.noSymbol..<Int32(all), "target symbol", in: call)
        case (_, .symbols(let all)):
            throw UsageError(call, "targets are \(targets.name); this network gives symbols from 0 to \(all - 1)")
        case (_, .bits(let width)):
            throw UsageError(call, "targets are \(targets.name); this network gives \(width) bits")
        case (_, .choices(let choices, let symbols)):
            throw UsageError(
                call,
                "targets are \(targets.name); this network takes \(choices * symbols) bits, for \(choices) choices")
        case (_, .numbers(let width)):
            throw UsageError(call, "targets are \(targets.name); this network gives \(width) numbers")
        }
    }

    /// Throws `UsageError` unless there is at least one step, and one sequence.
    func requireRows(_ steps: Int, _ count: Int, in call: String) throws {
        guard steps > 0, count > 0, !steps.multipliedReportingOverflow(by: count).overflow else {
            throw UsageError(call, "there are \(steps) steps of \(count) sequences; both must be at least 1")
        }
    }

    private func requireCount(
        _ numbers: Int, _ steps: Int, _ count: Int, _ width: Int, _ name: String, in call: String
    ) throws {
        let wanted = (steps * count).multipliedReportingOverflow(by: width)
        guard !wanted.overflow, numbers == wanted.partialValue else {
            throw UsageError(
                call,
                "\(name) have \(numbers) numbers; \(steps) steps of \(count) sequences, \(width) numbers each, take "
                    + "\(wanted.partialValue)")
        }
    }

    private func requireChoices(_ bits: [Float], of symbols: Int, in call: String) throws {
        for start in stride(from: 0, to: bits.count, by: symbols) {
            guard bits[start..<start + symbols].reduce(0, +) > 1 else { continue }
            throw UsageError(
                call, "target bits \(start) to \(start + symbols - 1) have more than one 1; they are one choice")
        }
    }

    private func requireSymbols(_ symbols: [Int32], _ all: Range<Int32>, _ name: String, in call: String) throws {
        guard let index = symbols.firstIndex(where: { !all.contains($0) }) else { return }
        throw UsageError(
            call,
            "\(name) \(index) is \(symbols[index]); it must be from \(all.lowerBound) to \(all.upperBound - 1)")
    }
}

extension Signature.Inputs {
    /// How many symbols there are, or numbers in a step's input.
    public var size: Int {
        switch self {
        case .symbols(let count): count
        case .vectors(let count): count
        }
    }
}

extension Signature.Outputs {
    /// Whether outputs are bits.
    public var isBits: Bool {
        if case .bits = self { true } else { false }
    }

    /// Whether outputs are real numbers.
    public var isNumbers: Bool {
        if case .numbers = self { true } else { false }
    }

    /// Numbers of one step's output.
    public var size: Int {
        switch self {
        case .symbols(let count): count
        case .bits(let count): count
        case .choices(let count, let symbols): count * symbols
        case .numbers(let count): count
        }
    }

    /// Values of one step's target: of symbols, one.
    package var targetWidth: Int {
        if case .symbols = self { 1 } else { size }
    }
}

// What is known of a file of sequences: alignment, symbols, sizes, scales. Found in one pass over its lines.

import Foundation
import NeuralMemory

/// What a run keeps of its sequences.
struct SequenceFacts: LineFacts {
    /// What inputs or targets are.
    struct Field: Codable, Sendable, Equatable {
        /// By their numbers; empty where the field has vectors.
        var symbols: [String] = []
        /// Numbers of a vector; 0 where the field has symbols.
        var size = 0
        /// Of the vectors trained on; `nil` where they are not standardised.
        var scale: NumberScale?
        /// What a target counts in the loss of training, by the number of its symbol; `nil` where all count alike.
        var weights: [Float]?

        /// In words.
        var summary: String {
            guard size > 0 else { return symbols.count == 1 ? "1 symbol" : "\(symbols.count) symbols" }
            let standardised = scale == nil ? "" : ", standardised"
            return (size == 1 ? "numbers" : "vectors of \(size) numbers") + standardised
        }

        /// Throws `LineFault` for inputs or targets of another size than these.
        func require(_ field: SequenceField, _ name: String) throws {
            guard field.size != size else { return }
            throw LineFault(
                reason: "an element of \"\(name)\" is \(field.element); the network was trained on "
                    + "\(SequenceField(size: size).element) for each")
        }
    }

    let alignment: SequenceAlignment
    let inputs: Field
    let targets: Field
    let targetsAreBits: Bool
    /// The most steps of a sequence.
    let longest: Int
    /// 64-bit FNV-1a of the training file, and of the validation file where there is one.
    let checksums: [String]

    /// Symbols are followed by the number of all that were not trained on; then, with targets after inputs, comes the
    /// one that stands where targets are wanted.
    ///
    /// Vectors have one more number there, 1 in these steps.
    var signature: Signature {
        let extra = alignment == .after ? 1 : 0
        let outputs: Signature.Outputs =
            targets.size == 0
            ? .symbols(targets.symbols.count) : targetsAreBits ? .bits(targets.size) : .numbers(targets.size)
        return Signature(
            inputs: inputs.size == 0 ? .symbols(inputs.symbols.count + 1 + extra) : .vectors(inputs.size + extra),
            outputs: outputs)
    }

    /// What symbols that were not trained on are called.
    static let unknown = "<unk>"

    /// Names of the inputs of the signature; none for vectors.
    var inputNames: [String] {
        inputs.size > 0 ? [] : inputs.symbols + [Self.unknown] + (alignment == .after ? ["<out>"] : [])
    }

    /// What the data are, in words.
    var summary: String {
        "inputs are \(inputs.summary), targets are \(targetsAreBits ? "\(targets.size) bits" : targets.summary), "
            + "\(alignment.summary)"
    }

    /// Throws `LineFault` for a sequence whose inputs or targets are of another size than these.
    func requireSizes(of sequence: SequenceLine) throws {
        try inputs.require(sequence.inputs, "inputs")
        try targets.require(sequence.targets, "targets")
    }

    func validate() throws {
        try requireLongestAndChecksums()
        for (name, field) in [("inputs", inputs), ("targets", targets)] {
            let path = "task.facts.\(name)"
            try require("\(path).size", field.size, in: 0...largestSize - 2)
            let symbols = field.symbols
            let fits = field.size > 0 ? symbols.isEmpty : 1...largestSize - 2 ~= symbols.count
            guard fits, Set(symbols).count == symbols.count, !symbols.contains("") else {
                throw ConfigurationError(
                    field: "\(path).symbols", value: "a list of \(symbols.count)",
                    allowed: "of 1 to \(largestSize - 2) texts that differ, or empty beside a size")
            }
            try field.scale?.validate("\(path).scale", size: field.size)
            let weights = field.weights ?? symbols.map { _ in 1 }
            guard weights.count == symbols.count, weights.allSatisfy({ $0 > 0 && $0 <= .greatestFiniteMagnitude })
            else {
                throw ConfigurationError(
                    field: "\(path).weights", value: "a list of \(weights.count)",
                    allowed: "of \(symbols.count) numbers above 0")
            }
        }
    }
}

/// What the lines of a file have in common, line by line.
struct SequenceSurvey {
    /// What is found in a field of all lines so far.
    struct Field {
        let name: String
        /// The first line with an element, counted from 1, and what that is.
        private(set) var first: (line: Int, example: SequenceField)?

        init(_ name: String) { self.name = name }

        /// Throws `LineFault` for a line whose elements are others than those of the first line.
        ///
        /// - `origin`: what messages add to the first line's number.
        mutating func require(_ field: SequenceField, line: Int, origin: String) throws {
            guard field.isThere.contains(true) else { return }
            guard let first else {
                self.first = (line, SequenceField(size: field.size))
                return
            }
            guard field.size != first.example.size else { return }
            throw LineFault(
                reason: "an element of \"\(name)\" is \(field.element), and \(first.example.element) in line "
                    + "\(first.line)\(origin); all lines must be alike\(advice([field.size, first.example.size]))")
        }

        /// What may have been meant by elements of two sizes.
        private func advice(_ sizes: Set<Int>) -> String {
            guard sizes.contains(1) else { return "" }
            return sizes.contains(0)
                ? " (with task.\(name)=symbols numbers are names)" : " (in CSV a semicolon ends a single vector)"
        }
    }

    /// How the targets of lines stand to inputs, each by the first line that has it, counted from 1.
    ///
    /// `one` has "target"; `equal` as many targets as inputs, `other` not; `several` more than one target.
    private struct Evidence {
        var one, equal, other, several: Int?
        var hasNull: Int?
    }

    /// What lines must have, and why.
    struct Wanted {
        let alignment: SequenceAlignment
        /// Whole words that a message goes on with, such as "task.alignment is last".
        let reason: String

        /// What a setting says, if it does.
        init?(setting alignment: SequenceAlignment?) {
            guard let alignment else { return nil }
            self.init(alignment, "task.alignment is \(alignment.rawValue)")
        }

        init(_ alignment: SequenceAlignment, _ reason: String) {
            self.alignment = alignment
            self.reason = reason
        }
    }

    /// What further lines must have, once it is known.
    var wanted: Wanted?
    /// What messages add to the numbers of lines that were read before; these are of another file where that is set.
    var origin = ""
    private(set) var inputs = Field("inputs")
    private(set) var targets = Field("targets")
    private var evidence = Evidence()

    init(_ wanted: Wanted?) { self.wanted = wanted }

    /// Of lines for a network that was trained on others.
    init(of facts: SequenceFacts) {
        wanted = Wanted(facts.alignment, "the network was trained with \(facts.alignment.summary)")
    }

    /// Throws `LineFault` for a line that does not go with the lines before, or the alignment.
    mutating func add(_ sequence: SequenceLine, line: Int) throws {
        try inputs.require(sequence.inputs, line: line, origin: origin)
        try targets.require(sequence.targets, line: line, origin: origin)
        let (inputs, targets) = (sequence.inputs.count, sequence.targets.count)
        if sequence.hasOneTarget {
            if let wanted, wanted.alignment != .last {
                throw LineFault(reason: "there is \"target\", and \(wanted.reason); give \"targets\"")
            }
            if let line = evidence.equal ?? evidence.other {
                throw LineFault(
                    reason: "there is \"target\", and line \(line)\(origin) has \"targets\"; all lines must be alike")
            }
            evidence.one = evidence.one ?? line
            return
        }
        if let one = evidence.one {
            throw LineFault(
                reason: "there is \"targets\", and line \(one)\(origin) has \"target\"; all lines must be alike")
        }
        try requireWanted(inputs, targets, sequence.targets.isThere.contains(false))
        if inputs == targets {
            evidence.equal = evidence.equal ?? line
        } else {
            evidence.other = evidence.other ?? line
        }
        if targets > 1 { evidence.several = evidence.several ?? line }
        if sequence.targets.isThere.contains(false) { evidence.hasNull = evidence.hasNull ?? line }
    }

    private func requireWanted(_ inputs: Int, _ targets: Int, _ hasNull: Bool) throws {
        guard let wanted else { return }
        let counts = "there are \(targets) targets and \(inputs) inputs, and \(wanted.reason)"
        switch wanted.alignment {
        case .aligned where inputs != targets: throw LineFault(reason: "\(counts); there must be as many")
        case .last where targets != 1: throw LineFault(reason: "\(counts); there must be one target")
        case .after where hasNull:
            throw LineFault(reason: "a target is null, and \(wanted.reason); none of these may be null")
        default: break
        }
    }

    /// What the setting says, or else what all lines allow alone.
    ///
    /// Throws `LineFault` where they allow several, and asks for the setting.
    func alignment() throws -> SequenceAlignment {
        if let wanted { return wanted.alignment }
        if evidence.one != nil { return .last }
        let ask = "set task.alignment to aligned, last or after"
        switch (evidence.equal, evidence.other) {
        case (_, nil): return .aligned
        case (let equal?, let other?):
            throw LineFault(
                reason: "line \(equal) has as many targets as inputs, and line \(other) has not: correct one of them, "
                    + "or \(ask)")
        case (nil, let other?):
            guard evidence.several != nil else {
                throw LineFault(
                    reason:
                        "each line has one target and more inputs: it may be that of the last input, or come after it; "
                        + "set task.alignment to last or after")
            }
            if let line = evidence.hasNull {
                throw LineFault(
                    reason:
                        "line \(other) has another number of targets than inputs, and line \(line) a target of null, "
                        + "which only a target for each input can be; \(ask)")
            }
            return .after
        }
    }
}

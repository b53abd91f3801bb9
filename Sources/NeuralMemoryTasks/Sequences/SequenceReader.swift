// From a line of JSON to the inputs and targets of one sequence, as they stand there.

import Foundation
import NeuralMemory

/// How the targets of a file stand to its inputs.
public enum SequenceAlignment: String, Codable, Sendable, CaseIterable {
    /// A target for each input; null where none counts.
    case aligned
    /// One target, of the step of the last input.
    case last
    /// Targets in steps of their own after the inputs.
    case after

    /// In words.
    var summary: String {
        switch self {
        case .aligned: "a target for each input"
        case .last: "one target, of the last input"
        case .after: "targets after the inputs"
        }
    }
}

/// What targets are.
public enum SequenceTargets: String, Codable, Sendable, CaseIterable {
    /// One of a set of texts in each step.
    case symbols
    /// Numbers of 0 and 1, as many in each step, each of which is right or wrong.
    case bits
    /// Real numbers, as many in each step.
    case numbers
}

/// What inputs are.
public enum SequenceInputs: String, Codable, Sendable, CaseIterable {
    /// One of a set of texts in each step.
    case symbols
    /// Real numbers, as many in each step.
    case numbers
}

/// Inputs or targets of one sequence: texts, or vectors of one size.
struct SequenceField: Equatable {
    /// Texts, in place of vectors; empty where the field has vectors.
    var texts: TextList = []
    /// Vectors side by side.
    var numbers: [Double] = []
    /// Numbers of each vector; 0 where the field has texts, or nothing that counts.
    var size = 0
    /// Whether each element is there; it is not where the file has null.
    var isThere: [Bool] = []

    var count: Int { isThere.count }
    var isOfTexts: Bool { size == 0 }

    /// What an element is, in words.
    var element: String { size == 0 ? "a text" : size == 1 ? "a number" : "a list of \(size) numbers" }

    func vector(_ index: Int) -> ArraySlice<Double> { numbers[index * size..<(index + 1) * size] }
}

/// One sequence as a line has it.
struct SequenceLine: Equatable {
    var inputs = SequenceField()
    var targets = SequenceField()
    /// Whether the line has "target" in place of "targets".
    var hasOneTarget = false
}

/// Reads lines, each an object with "inputs" and "targets" or "target".
struct SequenceReader: Sendable, Equatable {
    /// Inputs and targets that a sequence may have, each.
    let maximumLength: Int
    /// What inputs and targets must be, where settings say so; with `symbols`, numbers are names.
    var inputs: SequenceInputs?
    var targets: SequenceTargets?

    /// No file is read into memory further than this in search of a line's end.
    static let byteLimit = 1 << 26
    /// Beyond it, differences of numbers could overflow.
    static let largestNumber = 1e30
    /// A line, for messages.
    static let example = "{\"inputs\": [\"a\", \"b\"], \"targets\": [1.5, 2]}"
    private static let form = "a line must be an object such as \(example)"

    /// The object of a line, and its inputs.
    private func object(_ line: ArraySlice<UInt8>) throws -> (json: JSON, inputs: SequenceField) {
        guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else {
            throw LineFault(reason: "the line is empty; \(Self.form)")
        }
        let json: JSON
        do {
            json = try JSON(parsing: Data(line))
        } catch let error as JSONError {
            let text = String(decoding: line, as: UTF8.self)
            let hint =
                ["NaN", "Infinity"].contains(where: text.contains)
                ? "JSON has no NaN and no infinities" : Self.form
            throw LineFault(reason: "this is no JSON, \(error); \(hint)")
        }
        guard case .object = json else { throw LineFault(reason: "this is no object; \(Self.form)") }
        guard let inputs = json["inputs"] else { throw LineFault(reason: "there is no \"inputs\"; \(Self.form)") }
        return (json, try field(inputs, "inputs", isTarget: false))
    }

    /// What a line says where its targets are not asked for.
    struct Question {
        let inputs: SequenceField
        /// How many targets the line has, whatever they are, where it has a list of them.
        let count: Int?
        /// Whether one of its targets is not null.
        let hasTarget: Bool
    }

    func question(_ line: ArraySlice<UInt8>) throws -> Question {
        let (json, inputs) = try object(line)
        let target = json["target"].map { $0 != .null } ?? false
        guard case .array(let targets)? = json["targets"] else {
            return Question(inputs: inputs, count: nil, hasTarget: target || json["targets"] != nil)
        }
        return Question(
            inputs: inputs, count: targets.count, hasTarget: target || targets.contains { $0 != .null })
    }

    func sequence(_ line: ArraySlice<UInt8>) throws -> SequenceLine {
        let (json, inputs) = try object(line)
        let sequence: SequenceLine
        switch (json["targets"], json["target"]) {
        case (let targets?, nil):
            sequence = SequenceLine(inputs: inputs, targets: try field(targets, "targets", isTarget: true))
        case (nil, let target?):
            sequence = SequenceLine(
                inputs: inputs, targets: try field(.array([target]), "target", isTarget: true), hasOneTarget: true)
        case (_?, _?):
            throw LineFault(reason: "there are \"targets\" and \"target\"; give one of them")
        case (nil, nil): throw LineFault(reason: "there is no \"targets\" and no \"target\"; \(Self.form)")
        }
        guard sequence.targets.isThere.contains(true) else {
            throw LineFault(reason: "no target is there; each sequence must have one that is not null")
        }
        return sequence
    }

    private func field(_ json: JSON, _ name: String, isTarget: Bool) throws -> SequenceField {
        guard case .array(let elements) = json else {
            throw LineFault(reason: "\"\(name)\" is \(json.text.shown(atMost: 40)); it must be a list")
        }
        guard 1...maximumLength ~= elements.count else {
            let limit =
                elements.isEmpty
                ? "it must have at least one element" : "task.maximumLength allows \(maximumLength)"
            throw LineFault(reason: "\"\(name)\" has \(elements.count) elements; \(limit)")
        }
        func place(_ index: Int) -> String { name == "target" ? "\"target\"" : "element \(index + 1) of \"\(name)\"" }
        let all = try elements.enumerated().map { try element($1, place($0), isTarget: isTarget) }
        guard let first = all.firstIndex(where: { $0 != nil }), let example = all[first] else {
            return SequenceField(isThere: all.map { _ in false })
        }
        if let other = all.firstIndex(where: { $0.map { $0.size != example.size } ?? false }), let found = all[other] {
            throw LineFault(
                reason: "\(place(other)) is \(found.element), and element \(first + 1) is \(example.element); "
                    + "all must be alike")
        }
        let nothing = SequenceField(texts: example.isOfTexts ? [""] : [], numbers: example.numbers.map { _ in 0 })
        let filled = all.map { $0 ?? nothing }
        return SequenceField(
            texts: TextList(filled.flatMap(\.texts)), numbers: filled.flatMap(\.numbers), size: example.size,
            isThere: all.map { $0 != nil })
    }

    /// One text or vector; `nil` for a target of null.
    private func element(_ json: JSON, _ place: String, isTarget: Bool) throws -> SequenceField? {
        let setting = isTarget ? "task.targets" : "task.inputs"
        let isSymbol = isTarget ? targets == .symbols : inputs == .symbols
        let isNumber = isTarget ? targets == .numbers || targets == .bits : inputs == .numbers
        func fault(_ allowed: String) -> LineFault {
            LineFault(reason: "\(place) is \(json.text.shown(atMost: 40)); it must be \(allowed)")
        }
        let kinds =
            isSymbol
            ? "a text or a number (\(setting))"
            : (isNumber ? "" : "a text, ")
                + (isTarget && targets == .bits
                    ? "0, 1, or a list of them"
                    : "a "
                        + "number, or a list of numbers")
                + (isNumber ? " (\(setting))" : "")
        switch json {
        case .null:
            guard isTarget else { throw fault("\(kinds); only targets may be null") }
            return nil
        case .text(let text):
            guard !text.isEmpty else { throw fault("a text that is not empty") }
            guard !isNumber else { throw fault(kinds) }
            return SequenceField(texts: [text], isThere: [true])
        case .number(let digits) where isSymbol: return SequenceField(texts: [digits], isThere: [true])
        case .number: return SequenceField(numbers: [try number(json, fault, isTarget)], size: 1, isThere: [true])
        case .array(let values) where !values.isEmpty && !isSymbol:
            let numbers = try values.map { try number($0, fault, isTarget) }
            return SequenceField(numbers: numbers, size: numbers.count, isThere: [true])
        case .array, .object, .boolean: throw fault(kinds)
        }
    }

    private func number(_ json: JSON, _ fault: (String) -> LineFault, _ isTarget: Bool) throws -> Double {
        guard let number = json.number, abs(number) <= Self.largestNumber else {
            throw fault("of numbers from \(-Self.largestNumber) to \(Self.largestNumber)")
        }
        guard !(isTarget && targets == .bits) || number == 0 || number == 1 else {
            throw fault("0, 1, or a list of them (task.targets)")
        }
        return number
    }
}

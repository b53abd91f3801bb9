// From the bytes of a line straight to a sequence, for lines that are as they should be.

import Foundation

extension SequenceReader {
    /// Reads a line into a sequence whose memory is used again.
    ///
    /// The scanner takes lines that are right. All others are read again as JSON (`sequence(_:)`), which says what is
    /// wrong, or knows what the scanner does not.
    func read(_ line: ArraySlice<UInt8>, into sequence: inout SequenceLine) throws {
        let isTaken = line.withUnsafeBufferPointer { buffer in
            var scanner = SequenceScanner(buffer, self)
            return scanner.scan(into: &sequence)
        }
        if !isTaken { sequence = try self.sequence(line) }
    }
}

/// Reads one line without making a JSON value of it.
///
/// It takes no line that `SequenceReader.sequence` refuses, and gives the same for all that it takes.
struct SequenceScanner {
    private let reader: SequenceReader
    private var text: JSONScanner

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ reader: SequenceReader) {
        self.reader = reader
        text = JSONScanner(bytes)
    }

    /// Whether the line is taken; if it is not, `sequence` holds nothing of use.
    mutating func scan(into sequence: inout SequenceLine) -> Bool {
        do {
            try object(&sequence)
            try text.requireEnd()
            return sequence.targets.isThere.contains(true)
        } catch {
            return false
        }
    }

    private mutating func object(_ sequence: inout SequenceLine) throws(NotScanned) {
        var (hasInputs, hasTargets) = (false, false)
        var names: [Range<Int>] = []
        try text.beginValue()
        try text.require("{")
        repeat {
            let name = try text.name()
            if text.has("inputs", at: name), !hasInputs {
                hasInputs = true
                try list(&sequence.inputs, isTarget: false)
            } else if text.has("targets", at: name), !hasTargets {
                hasTargets = true
                sequence.hasOneTarget = false
                try list(&sequence.targets, isTarget: true)
            } else if text.has("target", at: name), !hasTargets {
                hasTargets = true
                sequence.hasOneTarget = true
                var field = SequenceFieldBuilder(clearing: &sequence.targets)
                try element(&sequence.targets, &field, isTarget: true)
                field.end(&sequence.targets)
            } else {
                try text.requireNew(name, among: &names)
                try text.skipValue(depth: 1)
            }
            text.skipSpace()
        } while text.take(",")
        try text.require("}")
        // A second one of these was taken for a name that is not known.
        let known = names.contains {
            text.has("inputs", at: $0) || text.has("target", at: $0) || text.has("targets", at: $0)
        }
        guard hasInputs, hasTargets, !known else { throw NotScanned() }
    }

    private mutating func list(_ field: inout SequenceField, isTarget: Bool) throws(NotScanned) {
        var builder = SequenceFieldBuilder(clearing: &field)
        try text.beginValue()
        try text.require("[")
        repeat {
            try element(&field, &builder, isTarget: isTarget)
            guard field.count <= reader.maximumLength else { throw NotScanned() }
            text.skipSpace()
        } while text.take(",")
        try text.require("]")
        builder.end(&field)
    }

    /// One text or vector, or a target of null.
    private mutating func element(
        _ field: inout SequenceField, _ builder: inout SequenceFieldBuilder, isTarget: Bool
    ) throws(NotScanned) {
        let isSymbol = isTarget ? reader.targets == .symbols : reader.inputs == .symbols
        let isNumber = isTarget ? reader.targets == .numbers || reader.targets == .bits : reader.inputs == .numbers
        try text.beginValue()
        switch text.byte {
        case UInt8(ascii: "\""):
            guard !isNumber else { throw NotScanned() }
            let part = try text.string()
            guard !part.range.isEmpty else { throw NotScanned() }
            try builder.add(&field, size: 0)
            try text.append(part, to: &field.texts)
            field.texts.endText()
        case UInt8(ascii: "["):
            guard !isSymbol else { throw NotScanned() }
            try text.require("[")
            let first = field.numbers.count
            repeat {
                try text.beginValue()
                field.numbers.append(try number(isTarget: isTarget))
                text.skipSpace()
            } while text.take(",")
            try text.require("]")
            try builder.add(&field, size: field.numbers.count - first)
        case UInt8(ascii: "n"):
            try text.require(word: "null")
            guard isTarget else { throw NotScanned() }
            builder.addNull(&field)
        case _ where isSymbol:
            let start = text.place
            _ = try text.number()
            try builder.add(&field, size: 0)
            field.texts.append(text.bytes[start..<text.place])
            field.texts.endText()
        default:
            field.numbers.append(try number(isTarget: isTarget))
            try builder.add(&field, size: 1)
        }
    }

    private mutating func number(isTarget: Bool) throws(NotScanned) -> Double {
        let start = text.place
        let decimal = try text.number()
        let number = decimal.value ?? Double(String(decoding: text.bytes[start..<text.place], as: UTF8.self))
        guard let number, abs(number) <= SequenceReader.largestNumber else { throw NotScanned() }
        guard !(isTarget && reader.targets == .bits) || number == 0 || number == 1 else { throw NotScanned() }
        return number
    }
}

/// Checks that elements are alike, and fills the places of those that are null.
private struct SequenceFieldBuilder {
    /// Of the elements; -1 as long as all are null.
    private var size = -1

    init(clearing field: inout SequenceField) {
        field.texts.clear()
        field.numbers.removeAll(keepingCapacity: true)
        field.isThere.removeAll(keepingCapacity: true)
    }

    /// An element whose numbers were added, or whose text will be.
    mutating func add(_ field: inout SequenceField, size: Int) throws(NotScanned) {
        if self.size < 0 {
            self.size = size
            // Null came before: its places go before what was added.
            let missing = field.isThere.count
            for _ in 0..<(size == 0 ? missing : 0) { field.texts.endText() }
            if missing > 0 { field.numbers.insert(contentsOf: repeatElement(0, count: missing * size), at: 0) }
        }
        guard self.size == size else { throw NotScanned() }
        field.isThere.append(true)
    }

    func addNull(_ field: inout SequenceField) {
        field.isThere.append(false)
        if size == 0 { field.texts.endText() }
        if size > 0 { field.numbers.append(contentsOf: repeatElement(0, count: size)) }
    }

    func end(_ field: inout SequenceField) { field.size = max(size, 0) }
}

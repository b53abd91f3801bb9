// Reading safetensors: the header is checked whole before any array is looked at, and no more memory is taken than the
// file has bytes.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

extension Safetensors {
    /// Reads and checks a file.
    ///
    /// Throws `FileError` or `SafetensorsError`. Arrays come in the order of their data.
    public static func read(from file: URL) throws -> Safetensors {
        let reader = try FileReader(file)
        return try naming(file.path) {
            let length = try headerLength(try reader.read(upTo: 8), of: reader.size)
            let header = try SafetensorsHeader(try reader.read(upTo: length))
            try header.requireData(reader.size)
            do {
                let count = header.dataLength
                try requireMemory("arrays", "\(count) bytes", bytes: Double(count), allowed: "smaller")
            } catch let error as ConfigurationError {
                throw FileError(file, "\(error)")
            }
            let data = try reader.read(upTo: header.dataLength)
            // Somebody may be writing to it.
            try header.requireData(8 + length + data.count)
            return header.contents(data)
        }
    }

    /// Reads and checks the bytes of a file; `source` is what messages call it.
    ///
    /// Throws `SafetensorsError`. Arrays share the bytes' memory.
    public static func read(_ bytes: Data, source: String) throws -> Safetensors {
        try naming(source) {
            let length = try headerLength(bytes.prefix(8), of: bytes.count)
            let header = try SafetensorsHeader(bytes.dropFirst(8).prefix(length))
            try header.requireData(bytes.count)
            return header.contents(bytes.dropFirst(8 + length))
        }
    }

    /// Reads the metadata alone, of a file of any size.
    ///
    /// Throws as `read(from:)` does for a header that is not one.
    static func metadata(of file: URL) throws -> [String: String] {
        let reader = try FileReader(file)
        return try naming(file.path) {
            let length = try headerLength(try reader.read(upTo: 8), of: reader.size)
            return try SafetensorsHeader(try reader.read(upTo: length)).metadata
        }
    }

    private static func naming<Value>(_ source: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let problem as SafetensorsError.Problem {
            throw SafetensorsError(file: source, problem: problem)
        }
    }

    /// The bytes of the header, by the file's first 8 and its size.
    private static func headerLength(_ start: Data, of size: Int) throws -> Int {
        guard start.count == 8 else { throw SafetensorsError.Problem.cutShort(needed: 8, found: start.count) }
        let length = start.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard 2...UInt64(longestHeader) ~= length else { throw SafetensorsError.Problem.headerLength(length) }
        let needed = 8 + Int(length)
        guard size >= needed else { throw SafetensorsError.Problem.cutShort(needed: needed, found: size) }
        return Int(length)
    }
}

extension SafetensorsError.Problem: Error {}

/// The header of a file, checked: the arrays lie one after another from the start of the data on.
private struct SafetensorsHeader {
    struct Tensor {
        let name: String
        let dtype: SafetensorsEntry.DataType
        let shape: [Int]
        /// Bytes of the data.
        let range: Range<Int>

        func entry(from data: Data) -> SafetensorsEntry {
            let start = data.startIndex
            let part = data[start + range.lowerBound..<start + range.upperBound]
            return SafetensorsEntry(name: name, dtype: dtype, shape: shape, data: part)
        }
    }

    private var tensors: [Tensor] = []
    private(set) var metadata: [String: String] = [:]
    private let length: Int
    var dataLength: Int { tensors.last?.range.upperBound ?? 0 }

    /// Throws unless a file of this size has all the data, and no more.
    func requireData(_ size: Int) throws {
        let (needed, overflows) = (8 + length).addingReportingOverflow(dataLength)
        guard !overflows, size >= needed else {
            throw SafetensorsError.Problem.cutShort(needed: overflows ? .max : needed, found: size)
        }
        guard size == needed else { throw SafetensorsError.Problem.trailingBytes }
    }

    func contents(_ data: Data) -> Safetensors {
        Safetensors(tensors.map { $0.entry(from: data) }, metadata: metadata)
    }

    init(_ text: Data) throws {
        length = text.count
        guard text.first == UInt8(ascii: "{") else { throw SafetensorsError.Problem.header("it does not begin with {") }
        let header: JSON
        do {
            header = try JSON(parsing: text)
        } catch let error as JSONError {
            throw SafetensorsError.Problem.header(error.reason)
        }
        guard case .object(let members) = header else { throw SafetensorsError.Problem.header("it is no object") }
        for member in members {
            if member.name == "__metadata__" {
                metadata = try Self.metadata(member.value)
            } else {
                tensors.append(try Self.tensor(member.name, member.value))
            }
        }
        tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        var end = 0
        for tensor in tensors {
            guard tensor.range.lowerBound == end else {
                throw SafetensorsError.Problem.tensor(
                    tensor.name, "starts at byte \(tensor.range.lowerBound) of the data, not at \(end)")
            }
            end = tensor.range.upperBound
        }
    }

    private static func metadata(_ value: JSON) throws -> [String: String] {
        guard case .object(let members) = value else {
            throw SafetensorsError.Problem.header("__metadata__ is no object")
        }
        var texts: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else {
                throw SafetensorsError.Problem.header("'\(member.name.shown())' of __metadata__ is no text")
            }
            texts[member.name] = text
        }
        return texts
    }

    private static func tensor(_ name: String, _ description: JSON) throws -> Tensor {
        func fail(_ reason: String) -> SafetensorsError.Problem { .tensor(name, reason) }
        guard let type = description["dtype"]?.string, let shape = description["shape"]?.integers,
            let offsets = description["data_offsets"]?.integers
        else {
            throw SafetensorsError.Problem.header(
                "\(name.shown()) must have dtype, a text, and shape and data_offsets, lists of whole numbers")
        }
        guard let dtype = SafetensorsEntry.DataType(rawValue: type) else {
            let known = SafetensorsEntry.DataType.allCases.map(\.rawValue).joined(separator: ", ")
            throw fail("has dtype \(type.shown()); it must be one of \(known)")
        }
        let shown = shape.map(String.init).listed(atMost: 100)
        guard let count = Safetensors.byteCount(shape, dtype) else { throw fail("has the impossible shape [\(shown)]") }
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
            throw fail("has the impossible offsets [\(offsets.map(String.init).listed(atMost: 100))]")
        }
        guard offsets[1] - offsets[0] == count else {
            throw fail("has \(offsets[1] - offsets[0]) bytes for \(dtype.rawValue) of shape [\(shown)]")
        }
        return Tensor(name: name, dtype: dtype, shape: shape, range: offsets[0]..<offsets[1])
    }
}

extension JSON {
    /// A list of whole numbers; `nil` for all else.
    fileprivate var integers: [Int]? {
        guard case .array(let values) = self else { return nil }
        let integers = values.compactMap(\.integer)
        return integers.count == values.count ? integers : nil
    }
}

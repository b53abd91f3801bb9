// The safetensors format: named arrays after a JSON header. It knows nothing of networks.
//
//   8 bytes    length of the header, little-endian
//   header     {"__metadata__": {text: text}, NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …},
//              padded with spaces to a multiple of 8 bytes
//   data       the arrays, row-major, little-endian, without gaps; offsets count from here

import Foundation
import NeuralMemory

/// One named array.
public struct SafetensorsEntry: Sendable, Equatable {
    /// The type of an array's numbers, as the format calls it.
    public enum DataType: String, Sendable, CaseIterable {
        case float32 = "F32"
        case float64 = "F64"
        case int32 = "I32"
        case int64 = "I64"

        /// Bytes of one number.
        public var width: Int { self == .float32 || self == .int32 ? 4 : 8 }
    }

    public let name: String
    public let dtype: DataType
    public let shape: [Int]
    /// Little-endian, row-major; as many bytes as `shape` and `dtype` say.
    public let data: Data

    /// The data must have as many bytes as shape and type say.
    public init(name: String, dtype: DataType, shape: [Int], data: Data) {
        precondition(
            Safetensors.byteCount(shape, dtype) == data.count, "\(name) has \(data.count) bytes for shape \(shape)")
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.data = data
    }

    /// As many values as the shape says.
    public init(name: String, shape: [Int], values: [Float]) {
        let words = values.map(\.bitPattern.littleEndian)
        self.init(name: name, dtype: .float32, shape: shape, data: words.withUnsafeBytes { Data($0) })
    }

    /// As many values as the shape says.
    public init(name: String, shape: [Int], values: [Int32]) {
        let words = values.map(\.littleEndian)
        self.init(name: name, dtype: .int32, shape: shape, data: words.withUnsafeBytes { Data($0) })
    }

    /// The numbers of an array of floats; `nil` for other types.
    public var floats: [Float]? {
        guard dtype == .float32 else { return nil }
        return data.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }
}

/// What is wrong with a file that should hold arrays.
public struct SafetensorsError: Error, CustomStringConvertible, Equatable {
    public enum Problem: Sendable, Equatable {
        /// The file ends before what its first 8 bytes, or its header, announce.
        case cutShort(needed: Int, found: Int)
        /// The first 8 bytes announce a header that cannot be.
        case headerLength(UInt64)
        /// The header is not the JSON that it must be.
        case header(String)
        /// What the header says of one array cannot be.
        case tensor(String, String)
        /// There are bytes after the last array.
        case trailingBytes
    }

    public let file: String
    public let problem: Problem

    public var description: String {
        switch problem {
        case .cutShort(let needed, let found):
            "\(file): this is cut short, or not a safetensors file: it has \(found) bytes of at least \(needed)"
        case .headerLength(let length):
            "\(file): this is not a safetensors file: a header of \(length) bytes, where 2 to "
                + "\(Safetensors.longestHeader) are allowed"
        case .header(let reason): "\(file): the header is damaged, or this is not a safetensors file: \(reason)"
        case .tensor(let name, let reason): "\(file): the header is damaged: \(name) \(reason)"
        case .trailingBytes: "\(file): this is damaged: there are bytes after the last array"
        }
    }
}

/// The contents of a safetensors file.
public struct Safetensors: Sendable, Equatable {
    public var entries: [SafetensorsEntry]
    /// Texts that stand beside the arrays.
    public var metadata: [String: String]

    /// The format's own limit, in bytes.
    static let longestHeader = 100_000_000

    public init(_ entries: [SafetensorsEntry], metadata: [String: String] = [:]) {
        self.entries = entries
        self.metadata = metadata
    }

    /// Bytes of an array; `nil` for negative sizes and for more than an `Int` counts.
    static func byteCount(_ shape: [Int], _ dtype: SafetensorsEntry.DataType) -> Int? {
        var count = dtype.width
        for size in shape {
            let (product, overflows) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflows else { return nil }
            count = product
        }
        return count
    }

    // MARK: Writing

    /// Writes a file, as a whole or not at all. Names must differ. Throws `FileError`.
    public static func write(_ tensors: [SafetensorsEntry], metadata: [String: String], to file: URL) throws {
        precondition(Set(tensors.map(\.name)).count == tensors.count, "names of arrays must differ")
        // Wide numbers first: then every array starts at a multiple of its width.
        let ordered = tensors.filter { $0.dtype.width == 8 } + tensors.filter { $0.dtype.width == 4 }
        var header = Data(headerText(ordered, metadata).utf8)
        header.append(Data(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
        try AtomicFile.write([length, header] + ordered.map(\.data), to: file)
    }

    private static func headerText(_ tensors: [SafetensorsEntry], _ metadata: [String: String]) -> String {
        var fields: [String] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\($0.quotedForJSON):\($1.quotedForJSON)" }
            fields.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.data.count
            fields.append(
                "\(tensor.name.quotedForJSON):{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":\(tensor.shape),"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        return "{\(fields.joined(separator: ","))}"
    }

    // MARK: Reading

    /// Reads and checks a file. Throws `FileError` or `SafetensorsError`. Arrays come in the order of their data.
    public static func read(from file: URL) throws -> Safetensors {
        let reader = try FileReader(file)
        func fail(_ problem: SafetensorsError.Problem) -> SafetensorsError {
            SafetensorsError(file: file.path, problem: problem)
        }
        let start = try reader.read(upTo: 8)
        guard start.count == 8 else { throw fail(.cutShort(needed: 8, found: start.count)) }
        let length = start.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard 2...UInt64(longestHeader) ~= length else { throw fail(.headerLength(length)) }
        let text = try reader.read(upTo: Int(length))
        guard text.count == length else { throw fail(.cutShort(needed: 8 + Int(length), found: 8 + text.count)) }
        do {
            let header = try SafetensorsHeader(text)
            let data = try reader.read(upTo: header.dataLength)
            guard data.count == header.dataLength else {
                let before = 8 + text.count
                throw SafetensorsError.Problem.cutShort(needed: before + header.dataLength, found: before + data.count)
            }
            guard try reader.read(upTo: 1).isEmpty else { throw SafetensorsError.Problem.trailingBytes }
            return Safetensors(header.tensors.map { $0.entry(from: data) }, metadata: header.metadata)
        } catch let problem as SafetensorsError.Problem {
            throw fail(problem)
        }
    }
}

extension SafetensorsError.Problem: Error {}

/// The header of a file, checked: the arrays lie one after another from the start of the data on.
private struct SafetensorsHeader {
    struct Tensor {
        let name: String
        let dtype: SafetensorsEntry.DataType
        let shape: [Int]
        let range: Range<Int>

        func entry(from data: Data) -> SafetensorsEntry {
            SafetensorsEntry(name: name, dtype: dtype, shape: shape, data: Data(data[range]))
        }
    }

    private(set) var tensors: [Tensor] = []
    private(set) var metadata: [String: String] = [:]
    var dataLength: Int { tensors.last?.range.upperBound ?? 0 }

    init(_ text: Data) throws {
        guard text.first == UInt8(ascii: "{") else { throw SafetensorsError.Problem.header("it does not begin with {") }
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: text)
        } catch let error as DecodingError {
            throw SafetensorsError.Problem.header(error.reason)
        }
        metadata = fields.metadata
        tensors = try fields.tensors.map { try Self.tensor($0, $1) }
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

    private static func tensor(_ name: String, _ description: TensorFields) throws -> Tensor {
        func fail(_ reason: String) -> SafetensorsError.Problem { .tensor(name, reason) }
        guard let dtype = SafetensorsEntry.DataType(rawValue: description.dtype) else {
            let known = SafetensorsEntry.DataType.allCases.map(\.rawValue).joined(separator: ", ")
            throw fail("has dtype \(description.dtype); it must be one of \(known)")
        }
        guard let count = Safetensors.byteCount(description.shape, dtype) else {
            throw fail("has the impossible shape \(description.shape)")
        }
        let offsets = description.offsets
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
            throw fail("has the impossible offsets \(offsets)")
        }
        guard offsets[1] - offsets[0] == count else {
            throw fail("has \(offsets[1] - offsets[0]) bytes for \(dtype.rawValue) of shape \(description.shape)")
        }
        return Tensor(name: name, dtype: dtype, shape: description.shape, range: offsets[0]..<offsets[1])
    }

    private struct TensorFields: Decodable {
        let dtype: String
        let shape: [Int]
        let offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }
    }

    private struct Fields: Decodable {
        var tensors: [(String, TensorFields)] = []
        var metadata: [String: String] = [:]

        struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            for key in container.allKeys {
                if key.stringValue == "__metadata__" {
                    metadata = try container.decode([String: String].self, forKey: key)
                } else {
                    tensors.append((key.stringValue, try container.decode(TensorFields.self, forKey: key)))
                }
            }
        }
    }
}

extension DecodingError {
    /// Where, and what: without the layers of the description that the library gives.
    var reason: String {
        switch self {
        case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return (path.isEmpty ? "" : "\(path): ") + context.debugDescription
        @unknown default: return "\(self)"
        }
    }
}

// The safetensors format: named arrays after a JSON header, and writing it. It knows nothing of networks.
//
//   8 bytes    length of the header, little-endian
//   header     {"__metadata__": {text: text}, NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …},
//              padded with spaces to a multiple of 8 bytes
//   data       the arrays, row-major, little-endian, without gaps; offsets count from here

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// One named array.
public struct SafetensorsEntry: Sendable, Equatable {
    /// The type of an array's numbers, as the format calls it.
    public enum DataType: String, Sendable, CaseIterable {
        /// Single precision: parameters and optimiser.
        case float32 = "F32"
        /// Double precision.
        case float64 = "F64"
        /// Whole numbers of 4 bytes.
        case int32 = "I32"
        /// Whole numbers of 8 bytes.
        case int64 = "I64"

        /// Bytes of one number.
        public var width: Int { self == .float32 || self == .int32 ? 4 : 8 }
    }

    /// No other array of the file has it.
    public let name: String
    /// The type of all its numbers.
    public let dtype: DataType
    /// Sizes from the slowest index to the fastest; an empty list is a single number.
    public let shape: [Int]
    /// Little-endian, row-major; as many bytes as `shape` and `dtype` say.
    public let data: Data

    /// The data must have as many bytes as shape and type say; `Safetensors.write` refuses others.
    public init(name: String, dtype: DataType, shape: [Int], data: Data) {
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

    /// Whether it holds a NaN or an infinity; never, where its numbers are whole.
    var hasNonFinite: Bool {
        guard dtype == .float32 else { return false }
        let exponent: UInt32 = 0x7F80_0000
        return data.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - 3, by: 4).contains {
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)) & exponent == exponent
            }
        }
    }
}

/// What is wrong with a file that should hold arrays.
public struct SafetensorsError: Error, CustomStringConvertible, Equatable {
    /// What a reader found first.
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

    /// The path as it was given.
    public let file: String
    /// Why the file is refused.
    public let problem: Problem

    public var description: String {
        switch problem {
        case .cutShort(let needed, let found):
            "\(path): this is cut short, or not a safetensors file: it has \(found) bytes of at least \(needed)"
        case .headerLength(let length):
            "\(path): this is not a safetensors file: a header of \(length) bytes, where 2 to "
                + "\(Safetensors.longestHeader) are allowed"
        case .header(let reason): "\(path): the header is damaged, or this is not a safetensors file: \(reason)"
        case .tensor(let name, let reason): "\(path): the header is damaged: \(name.shown()) \(reason)"
        case .trailingBytes: "\(path): this is damaged: there are bytes after the last array"
        }
    }

    private var path: String { file.shownPath }
}

/// The contents of a safetensors file.
public struct Safetensors: Sendable, Equatable {
    /// In the order in which they are written.
    public var entries: [SafetensorsEntry]
    /// Texts that stand beside the arrays.
    public var metadata: [String: String]

    /// The format's own limit, in bytes.
    static let longestHeader = 100_000_000

    /// `write` refuses two entries of one name.
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

    /// Writes a file, as a whole or not at all.
    ///
    /// Throws `UsageError` for two arrays of one name, and for an array with other numbers than its shape says; else
    /// `FileError`.
    public static func write(_ tensors: [SafetensorsEntry], metadata: [String: String], to file: URL) throws {
        try AtomicFile.write(parts(tensors, metadata), to: file)
    }

    /// The bytes of a file.
    ///
    /// Throws `UsageError` as `write` does.
    package static func encoded(_ tensors: [SafetensorsEntry], metadata: [String: String]) throws -> Data {
        try parts(tensors, metadata).reduce(into: Data()) { $0 += $1 }
    }

    private static func parts(_ tensors: [SafetensorsEntry], _ metadata: [String: String]) throws -> [Data] {
        var names = Set<String>()
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else {
                throw UsageError("Safetensors.write", "two arrays are named \(tensor.name); names must differ")
            }
            guard byteCount(tensor.shape, tensor.dtype) == tensor.data.count else {
                throw UsageError(
                    "Safetensors.write",
                    "\(tensor.name) has \(tensor.data.count) bytes, which are not those of shape \(tensor.shape)")
            }
        }
        // Wide numbers first: then every array starts at a multiple of its width.
        let ordered = tensors.filter { $0.dtype.width == 8 } + tensors.filter { $0.dtype.width == 4 }
        var header = Data(headerText(ordered, metadata).utf8)
        header.append(Data(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
        return [length, header] + ordered.map(\.data)
    }

    private static func headerText(_ tensors: [SafetensorsEntry], _ metadata: [String: String]) -> String {
        var fields: [(String, JSON)] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { ($0, JSON($1)) }
            fields.append(("__metadata__", JSON(texts)))
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.data.count
            let description: [(String, JSON)] = [
                ("dtype", JSON(tensor.dtype.rawValue)), ("shape", .array(tensor.shape.map { JSON($0) })),
                ("data_offsets", .array([JSON(offset), JSON(end)]))
            ]
            fields.append((tensor.name, JSON(description)))
            offset = end
        }
        return JSON(fields).compactText
    }
}

extension DecodingError {
    /// Where, and what: without the layers of the description that the library gives.
    package var reason: String {
        switch self {
        case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return (path.isEmpty ? "" : "\(path): ") + context.debugDescription
        @unknown default: return "\(self)"
        }
    }
}

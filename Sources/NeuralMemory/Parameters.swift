// All trained numbers of a network in one flat buffer, with named, shaped slices; gradients in a second of the same
// layout. Clipping, optimisers and checkpoints each touch one contiguous array.

/// How a parameter starts.
public enum Initializer {
    case zeros
    case constant(Float)
    /// One number a column, from the first on; the others are 0.
    case values([Float])
    /// One number for each of so many equal blocks of columns.
    case blocks([Float])
    /// A weight matrix with this many inputs, by the network's `WeightInitialization`.
    case weight(inputs: Int)
    /// Normal with mean 0.
    case normal(deviation: Double)
}

/// How weight matrices start; biases have their own rules.
public struct WeightInitialization: Codable, Sendable, Equatable {
    /// `fan-in`: uniform in ±scale/√inputs. `uniform`: uniform in ±scale.
    public enum Scheme: String, Codable, Sendable, CaseIterable {
        case fanIn = "fan-in"
        case uniform
    }

    public var scheme: Scheme = .fanIn
    public var scale = 1.0

    public init(scheme: Scheme = .fanIn, scale: Double = 1) {
        self.scheme = scheme
        self.scale = scale
    }
}

/// One slice of the parameters: a matrix or a vector.
public struct Parameter {
    let store: Parameters
    let offset: Int
    public let name: String
    public let shape: [Int]

    public var count: Int { shape.reduce(1, *) }
    public var columns: Int { shape.last ?? 1 }
    public var value: UnsafeMutablePointer<Float> { store.values.pointer + offset }
    public var gradient: UnsafeMutablePointer<Float> { store.gradients.pointer + offset }

    /// The matrix from a row on.
    public func rows(from row: Int = 0) -> Rows { Rows(value + row * columns, stride: columns) }
    public func gradientRows(from row: Int = 0) -> Rows { Rows(gradient + row * columns, stride: columns) }
}

/// A network's parameters and their gradients.
public final class Parameters {
    /// Where a named array stands in the flat buffer.
    public struct Slice: Sendable, Equatable {
        public let name: String
        public let shape: [Int]
        /// In floats, from the start of the buffer.
        public let offset: Int
        public var count: Int { shape.reduce(1, *) }
    }

    public private(set) var slices: [Slice] = []
    private var initializers: [Initializer] = []
    package let values: FloatBuffer
    package let gradients = FloatBuffer()

    /// The number of trained numbers.
    public private(set) var count = 0
    /// The floats of the flat buffer, and of every other that is laid out like it: each slice starts at a multiple of a
    /// vector register's size, and what lies between slices is 0.
    public private(set) var bufferCount = 0
    private static let alignment = 16
    /// So many floats, and some arrays of them, have fewer bytes than the largest integer.
    private static let largestCount = Int.max / 64
    private var isAllocated = false

    package init() { values = FloatBuffer() }

    /// Shares the values of others, and has gradients of its own. The same parameters must be declared again, in the same
    /// order; then `allocateGradients`.
    init(sharing others: Parameters) { values = others.values }

    /// Declares a parameter, while a network is being made; its numbers can be had when it is. Throws `UsageError` later,
    /// for a name that is taken, and for sizes below 1 or beyond all bounds.
    public func declare(_ name: String, _ shape: [Int], _ initializer: Initializer) throws -> Parameter {
        func fail(_ problem: String) -> UsageError { UsageError("Parameters.declare", "\(name): \(problem)") }
        guard !isAllocated else {
            throw fail("the network is made already; declare it in makeMemory or makeController")
        }
        guard slice(named: name) == nil else { throw fail("there is a parameter of this name; choose another") }
        let size = shape.reduce((1, false)) { product, size in
            let (next, overflow) = product.0.multipliedReportingOverflow(by: size)
            return (next, product.1 || overflow || size < 1)
        }
        guard !size.1, size.0 <= Self.largestCount - bufferCount else {
            throw fail("its shape is \(shape); sizes must be at least 1, and all numbers at most \(Self.largestCount)")
        }
        let parameter = Parameter(store: self, offset: bufferCount, name: name, shape: shape)
        slices.append(Slice(name: name, shape: shape, offset: bufferCount))
        initializers.append(initializer)
        count += parameter.count
        bufferCount += (parameter.count + Self.alignment - 1) / Self.alignment * Self.alignment
        return parameter
    }

    /// Makes the buffers and fills them, in the order of declaration.
    package func allocate(_ weights: WeightInitialization, using generator: inout RandomGenerator) {
        values.reserve(bufferCount)
        allocateGradients()
        for (slice, initializer) in zip(slices, initializers) {
            let target = UnsafeMutableBufferPointer(start: values.pointer + slice.offset, count: slice.count)
            initializer.fill(target, columns: slice.shape.last ?? 1, weights, using: &generator)
        }
    }

    func allocateGradients() {
        isAllocated = true
        gradients.reserve(bufferCount)
    }

    /// Adds the gradients of others, who share these values.
    func addGradients(of others: Parameters) {
        let row = Rows(others.gradients.pointer, stride: bufferCount)
        Kernels.addRows(of: row, into: gradients.pointer, rows: 1, columns: bufferCount)
    }

    /// All values in place, for what goes over them at once, as an optimiser does: `bufferCount` floats, laid out as `slices`
    /// say. What lies between slices must stay 0.
    public var valueBuffer: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: values.pointer, count: isAllocated ? bufferCount : 0)
    }

    /// The same of all gradients.
    public var gradientBuffer: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: gradients.pointer, count: isAllocated ? bufferCount : 0)
    }

    public func slice(named name: String) -> Slice? { slices.first { $0.name == name } }

    /// A copy of a parameter, row-major. Throws `UsageError` for a slice of another network's parameters.
    public func values(of slice: Slice) throws -> [Float] {
        try require(slice, in: "Parameters.values")
        return Array(UnsafeBufferPointer(start: values.pointer + slice.offset, count: slice.count))
    }

    /// Sets a parameter, row-major. Throws `UsageError` for another count than the slice's, and for a slice of another
    /// network's parameters.
    public func setValues(_ numbers: [Float], of slice: Slice) throws {
        let call = "Parameters.setValues"
        try require(slice, in: call)
        guard numbers.count == slice.count else {
            throw UsageError(call, "\(slice.name) has \(slice.count) numbers; \(numbers.count) were given")
        }
        (values.pointer + slice.offset).update(from: numbers, count: slice.count)
    }

    /// A copy of a parameter's gradient, row-major. Throws `UsageError` for a slice of another network's parameters.
    public func gradient(of slice: Slice) throws -> [Float] {
        try require(slice, in: "Parameters.gradient")
        return Array(UnsafeBufferPointer(start: gradients.pointer + slice.offset, count: slice.count))
    }

    private func require(_ slice: Slice, in call: String) throws {
        guard isAllocated, slices.contains(slice) else {
            throw UsageError(
                call,
                "this network has no parameter \(slice.name) of shape \(slice.shape) at \(slice.offset); take a slice of "
                    + "its own, from slices or slice(named:)")
        }
    }

    /// Sets all gradients to 0.
    public func zeroGradients() { gradients.zero(bufferCount) }

    /// √Σg² over all parameters.
    public var gradientNorm: Double { Kernels.squaredNorm(gradients.pointer, count: bufferCount).squareRoot() }

    /// Limits each gradient to ±limit. Throws `UsageError` for a limit below 0, or NaN.
    public func clipGradients(value limit: Float) throws {
        try requireLimit(limit, "value")
        Kernels.clip(gradients.pointer, count: bufferCount, limit: limit)
    }

    /// Scales all gradients down, where their norm is above `limit`, so that it is `limit`. Throws `UsageError` for a
    /// limit below 0, or NaN.
    ///
    /// - Parameter present: `gradientNorm`, where that is known already.
    public func clipGradients(norm limit: Float, present: Double? = nil) throws {
        try requireLimit(limit, "norm")
        let norm = present ?? gradientNorm
        guard norm > Double(limit) else { return }
        Kernels.scale(gradients.pointer, count: bufferCount, by: Float(Double(limit) / norm))
    }

    private func requireLimit(_ limit: Float, _ name: String) throws {
        guard limit >= 0 else {
            throw UsageError("Parameters.clipGradients", "\(name) is \(limit); it must be at least 0")
        }
    }

    /// The first parameter whose values, or gradients, hold a NaN or an infinity.
    public func firstNonFinite(inGradients: Bool) -> Slice? { firstNonFinite(in: inGradients ? gradients : values) }

    /// The first parameter whose place in a buffer of the same layout holds a NaN or an infinity.
    package func firstNonFinite(in buffer: FloatBuffer) -> Slice? {
        guard let index = Kernels.firstNonFinite(buffer.pointer, count: bufferCount) else { return nil }
        return slices.last { $0.offset <= index }
    }
}

extension Initializer {
    fileprivate func fill(
        _ target: UnsafeMutableBufferPointer<Float>, columns: Int, _ weights: WeightInitialization,
        using generator: inout RandomGenerator
    ) {
        switch self {
        case .zeros: target.update(repeating: 0)
        case .constant(let value): target.update(repeating: value)
        case .values(let row):
            for index in target.indices { target[index] = index % columns < row.count ? row[index % columns] : 0 }
        case .blocks(let row):
            let width = max(1, columns / max(1, row.count))
            for index in target.indices { target[index] = row[min(index % columns / width, row.count - 1)] }
        case .weight(let inputs):
            let limit = weights.scheme == .fanIn ? weights.scale / Double(max(inputs, 1)).squareRoot() : weights.scale
            for index in target.indices { target[index] = Float(generator.uniform(-limit, limit)) }
        case .normal(let deviation):
            for index in target.indices { target[index] = Float(deviation * generator.normal()) }
        }
    }
}

// Where the trained numbers of a network stand in a flat buffer: named, shaped slices, in the order of declaration.

/// One named array of a network's parameters: a matrix or a vector, and its place in a flat buffer.
///
/// It holds no numbers. Values, gradients and an optimiser's state are `ParameterBuffer`s of the same layout.
public struct Parameter: Sendable, Equatable {
    /// Unique in its layout, as `controller.layer0.weight`.
    public let name: String
    /// The sizes of its dimensions, the outermost first; numbers are row-major.
    ///
    /// A vector has one dimension.
    public let shape: [Int]
    /// Where it starts in a flat buffer, in floats.
    public let offset: Int

    /// How many numbers it has: the product of the shape.
    public var count: Int { shape.reduce(1, *) }
    /// The size of the last dimension.
    public var columns: Int { shape.last ?? 1 }
}

/// The parameters that a network declares while it is being made.
public struct ParameterLayout: Sendable {
    /// In the order of declaration, which is their order in a buffer.
    public private(set) var parameters: [Parameter] = []
    private(set) var initializers: [Initializer] = []
    /// How many numbers are trained.
    public private(set) var count = 0
    /// How many floats a flat buffer has.
    ///
    /// Each parameter starts at a multiple of 16 floats, 64 bytes; the floats between parameters are 0.
    public private(set) var bufferCount = 0

    private static let alignment = 16
    /// The most floats of a layout, so that the bytes of several buffers can be counted in an `Int`.
    private static let largestCount = Int.max / 64

    package init() {}

    /// Declares a parameter and gives it the next place.
    ///
    /// Throws `UsageError` for a name that is taken, for sizes below 1, and for more numbers than a buffer can have.
    public mutating func declare(_ name: String, _ shape: [Int], _ initializer: Initializer) throws -> Parameter {
        func fail(_ problem: String) -> UsageError { UsageError("ParameterLayout.declare", "\(name): \(problem)") }
        guard self[name] == nil else { throw fail("there is a parameter of this name; choose another") }
        let size = shape.reduce((1, false)) { product, size in
            let (next, overflow) = product.0.multipliedReportingOverflow(by: size)
            return (next, product.1 || overflow || size < 1)
        }
        guard !size.1, size.0 <= Self.largestCount - bufferCount else {
            throw fail("its shape is \(shape); sizes must be at least 1, and all numbers at most \(Self.largestCount)")
        }
        let parameter = Parameter(name: name, shape: shape, offset: bufferCount)
        parameters.append(parameter)
        initializers.append(initializer)
        count += parameter.count
        bufferCount += (parameter.count + Self.alignment - 1) / Self.alignment * Self.alignment
        return parameter
    }

    /// The parameter of a name; `nil` where there is none.
    public subscript(name: String) -> Parameter? { parameters.first { $0.name == name } }

    /// The parameter that a place of a flat buffer belongs to.
    func parameter(at offset: Int) -> Parameter? { parameters.last { $0.offset <= offset } }

    /// The parts of a flat buffer that belong to the other parameters, with the floats behind each; neighbours are one
    /// part.
    func ranges(without left: [Parameter]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for (index, parameter) in parameters.enumerated() where !left.contains(parameter) {
            let end = index + 1 < parameters.count ? parameters[index + 1].offset : bufferCount
            if let last = ranges.last, last.upperBound == parameter.offset {
                ranges[ranges.count - 1] = last.lowerBound..<end
            } else {
                ranges.append(parameter.offset..<end)
            }
        }
        return ranges
    }

    /// Throws `UsageError` for a parameter of another layout.
    func require(_ parameter: Parameter, in call: String) throws {
        guard parameters.contains(parameter) else {
            throw UsageError(
                call,
                "this network has no parameter \(parameter.name) of shape \(parameter.shape) at \(parameter.offset); take "
                    + "one of its own, from layout.parameters or layout[name]")
        }
    }
}

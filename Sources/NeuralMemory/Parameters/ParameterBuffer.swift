// One float for each trained number of a network, in a flat array: values, gradients or an optimiser's state. Clipping,
// optimisers and checkpoints go over one contiguous array.

/// One float for each parameter of a network: their values, their gradients, or what an optimiser keeps.
public final class ParameterBuffer {
    /// The names, shapes and places of the parameters.
    public let layout: ParameterLayout
    package let storage = FloatBuffer()

    /// A buffer of this layout, all 0.
    public init(zeros layout: ParameterLayout) {
        self.layout = layout
        storage.reserve(layout.bufferCount)
    }

    /// The values that a new network starts with, drawn in the order of declaration.
    package init(_ layout: ParameterLayout, _ weights: WeightInitialization, using generator: inout RandomGenerator) {
        self.layout = layout
        storage.reserve(layout.bufferCount)
        draw(weights, using: &generator)
    }

    /// Draws all values anew, in the order of declaration.
    package func draw(_ weights: WeightInitialization, using generator: inout RandomGenerator) {
        for (parameter, initializer) in zip(layout.parameters, layout.initializers) {
            let target = UnsafeMutableBufferPointer(start: self[parameter], count: parameter.count)
            initializer.fill(target, columns: parameter.columns, weights, using: &generator)
        }
    }

    // MARK: Places

    package var pointer: UnsafeMutablePointer<Float> { storage.pointer }
    var count: Int { layout.bufferCount }

    /// All `layout.bufferCount` floats in place, for code that goes over all of them, such as an optimiser.
    ///
    /// The floats between parameters must stay 0. The buffer must outlive the pointer.
    public var floats: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: pointer, count: count)
    }

    /// Where a parameter of this layout starts, row-major.
    ///
    /// The buffer must outlive the pointer.
    public subscript(parameter: Parameter) -> UnsafeMutablePointer<Float> { storage.pointer + parameter.offset }

    /// A parameter of this layout as a matrix, from a row on.
    public func rows(_ parameter: Parameter, from row: Int = 0) -> Rows {
        Rows(self[parameter] + row * parameter.columns, stride: parameter.columns)
    }

    // MARK: Numbers

    /// A copy of a parameter, row-major.
    ///
    /// Throws `UsageError` for a parameter of another layout.
    public func values(of parameter: Parameter) throws -> [Float] {
        try layout.require(parameter, in: "ParameterBuffer.values")
        return Array(UnsafeBufferPointer(start: self[parameter], count: parameter.count))
    }

    /// Sets a parameter, row-major.
    ///
    /// Throws `UsageError` for another count than the parameter's, and for a parameter of another layout.
    public func setValues(_ numbers: [Float], of parameter: Parameter) throws {
        let call = "ParameterBuffer.setValues"
        try layout.require(parameter, in: call)
        guard numbers.count == parameter.count else {
            throw UsageError(call, "\(parameter.name) has \(parameter.count) numbers; \(numbers.count) were given")
        }
        self[parameter].update(from: numbers, count: parameter.count)
    }

    /// Sets all numbers to 0.
    public func zero() { storage.zero(count) }

    /// √Σx² over all numbers.
    public var norm: Double { Kernels.squaredNorm(pointer, count: count).squareRoot() }

    /// Limits each number to ±limit.
    ///
    /// Throws `UsageError` for a limit below 0, or NaN.
    public func clip(value limit: Float) throws {
        try requireLimit(limit, "value")
        Kernels.clip(pointer, count: count, limit: limit)
    }

    /// Scales all numbers so that their norm is `limit`, if it is larger.
    ///
    /// Throws `UsageError` for a limit below 0, or NaN.
    ///
    /// - Parameters:
    ///   - limit: the largest norm, at least 0.
    ///   - present: the present norm, where the caller knows it; it is computed unless given.
    public func clip(norm limit: Float, present: Double? = nil) throws {
        try requireLimit(limit, "norm")
        let norm = present ?? norm
        guard norm > Double(limit) else { return }
        Kernels.scale(pointer, count: count, by: Float(Double(limit) / norm))
    }

    private func requireLimit(_ limit: Float, _ name: String) throws {
        guard limit >= 0 else {
            throw UsageError("ParameterBuffer.clip", "\(name) is \(limit); it must be at least 0")
        }
    }

    /// The first parameter with a NaN or an infinity; `nil` where all numbers are finite.
    public func firstNonFinite() -> Parameter? {
        Kernels.firstNonFinite(pointer, count: count).flatMap { layout.parameter(at: $0) }
    }
}

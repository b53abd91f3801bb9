// How much memory something takes, found from its sizes alone, before any of it is allocated.

/// Bytes, as floating-point numbers: sizes that no machine has memory for must not overflow on the way to being
/// refused.
public struct Footprint: Sendable, Equatable {
    /// What the steps forward take: values, states, workspaces.
    public var forward: Double
    /// What the way back takes besides: gradients.
    public var backward: Double

    /// Both in bytes.
    public init(forward: Double, backward: Double = 0) {
        self.forward = forward
        self.backward = backward
    }

    /// So many numbers in single precision.
    public init(floats: Double, gradients: Double = 0) {
        self.init(forward: 4 * floats, backward: 4 * gradients)
    }

    /// An array of rows, and its gradients.
    public init(rows: Double, columns: Int) {
        let floats = rows * Double(columns)
        self.init(floats: floats, gradients: floats)
    }

    /// Of what allocates nothing.
    public static let none = Footprint(forward: 0)

    /// What both take side by side.
    public static func + (first: Footprint, second: Footprint) -> Footprint {
        Footprint(forward: first.forward + second.forward, backward: first.backward + second.backward)
    }

    /// Counts what stands beside the first.
    public static func += (first: inout Footprint, second: Footprint) { first = first + second }

    /// With, or without, the way back.
    public func bytes(withGradients: Bool) -> Double { forward + (withGradients ? backward : 0) }
}

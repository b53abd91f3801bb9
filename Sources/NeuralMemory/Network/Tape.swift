// One quantity kept for every step, because backward needs it.

/// A time-major array of rows and, once training needs it, its gradients. Kept and reused over episodes.
public final class Tape {
    private let values = FloatBuffer()
    private let valueGradients = FloatBuffer()
    private var count = 0
    private var columns = 0

    public init() {}

    /// Makes room for an episode; rows are step · B + b. What was there is lost where there was less room.
    public func reserve(rows: Int, columns: Int) {
        count = rows * columns
        self.columns = columns
        values.reserve(count)
    }

    /// Makes room for the gradients, zeroed where they are to be added to.
    public func beginGradients(zero: Bool) {
        valueGradients.reserve(count)
        if zero { valueGradients.zero(count) }
    }

    /// Row t·B + b of the values.
    public var rows: Rows { Rows(values.pointer, stride: columns) }
    /// The same of the gradients. Valid from `beginGradients` on.
    public var gradients: Rows { Rows(valueGradients.pointer, stride: columns) }
}

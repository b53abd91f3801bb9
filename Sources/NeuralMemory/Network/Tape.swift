// A quantity that is kept for every step, because the backward pass needs it.

/// A time-major array of rows and, for training, its gradients.
///
/// Its memory is kept for the next episodes.
public final class Tape {
    private let values = FloatBuffer()
    private let valueGradients = FloatBuffer()
    private var count = 0
    private var columns = 0

    /// Nothing is allocated before `reserve`.
    public init() {}

    /// Makes room for an episode: `rows` is T·B.
    ///
    /// If there was less room before, all numbers are lost.
    public func reserve(rows: Int, columns: Int) {
        count = rows * columns
        self.columns = columns
        values.reserve(count)
    }

    /// Makes room for the gradients.
    ///
    /// `zero` sets them to 0, for gradients that are added to.
    public func beginGradients(zero: Bool) {
        valueGradients.reserve(count)
        if zero { valueGradients.zero(count) }
    }

    /// The values: row t·B + b is step t of sequence b.
    public var rows: Rows { Rows(values.pointer, stride: columns) }
    /// The gradients, in the same rows.
    ///
    /// Valid from `beginGradients` on.
    public var gradients: Rows { Rows(valueGradients.pointer, stride: columns) }
}

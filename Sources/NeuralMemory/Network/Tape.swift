// One quantity kept for every step, because backward needs it.

/// A time-major array of rows and, once training needs it, its gradients. Kept and reused over episodes.
final class Tape {
    private let values = FloatBuffer()
    private let valueGradients = FloatBuffer()
    private var count = 0
    private var columns = 0

    /// Makes room for an episode; rows are step · B + b.
    func reserve(rows: Int, columns: Int) {
        count = rows * columns
        self.columns = columns
        values.reserve(count)
    }

    /// Makes room for the gradients, zeroed where they are to be added to.
    func beginGradients(zero: Bool) {
        valueGradients.reserve(count)
        if zero { valueGradients.zero(count) }
    }

    var rows: Rows { Rows(values.pointer, stride: columns) }
    var gradients: Rows { Rows(valueGradients.pointer, stride: columns) }
}

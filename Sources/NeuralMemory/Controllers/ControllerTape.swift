// Where layers keep their h_t, and the lowest one the reads as well: one row a step and sequence.

/// (T+1, B, width): row t+1 holds what step t gave, row 0 the initial state; and gradients. A layer has rows of its own, or
/// shares them with the other layers, side by side, so that the h_t of all of them are one vector.
final class ControllerTape {
    private let width: Int
    private let values = FloatBuffer()
    private let valueGradients = FloatBuffer()
    private var count = 0
    private var batch = 0

    init(width: Int) { self.width = width }

    var rows: Rows { Rows(values.pointer, stride: width) }
    var gradients: Rows { Rows(valueGradients.pointer, stride: width) }

    static func footprint(width: Int, steps: Int, batch: Int) -> Footprint {
        Footprint(rows: (Double(steps) + 1) * Double(batch), columns: width)
    }

    /// Starts an episode, with the initial state at 0.
    func begin(steps: Int, batch: Int) {
        count = (steps + 1) * batch * width
        self.batch = batch
        values.reserve(count)
        values.zero(batch * width)
    }

    func beginBackward() {
        valueGradients.reserve(count)
        valueGradients.zero(count)
    }

    /// Row t·B + b is what step t gave sequence b, from a column on.
    func given(from column: Int) -> Rows { rows.advanced(by: batch).columns(from: column) }
    func givenGradients(from column: Int) -> Rows { gradients.advanced(by: batch).columns(from: column) }
}

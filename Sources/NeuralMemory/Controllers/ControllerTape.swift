// The h_t of a controller's layers, and the reads beside the lowest layer's: one row for each step and sequence.

/// (T+1, B, width), and gradients: row t+1 holds the results of step t, row 0 the initial state.
///
/// Each layer has a tape of its own, or all layers have columns of one tape, so that the h_t of all layers are one
/// vector.
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

    /// Row t·B + b has the results of step t of sequence b, from a column on.
    func given(from column: Int) -> Rows { rows.advanced(by: batch).columns(from: column) }
    func givenGradients(from column: Int) -> Rows { gradients.advanced(by: batch).columns(from: column) }
}

// The seam for controllers: what turns inputs and the last reads into the vector that memory and output are driven by.

/// Settings of a controller, which can make one. Each kind is one file, and one entry in a `Registry`.
public protocol ControllerKind: Registrable {
    /// Declares the controller's parameters and makes it.
    /// Throws `ConfigurationError` for sizes out of range.
    func makeController(_ parameters: Parameters, inputSize: Int, readSize: Int) throws -> any Controller
}

/// A controller at run time. It owns the tapes of its own steps, and of the reads that come back to it.
///
/// An episode: `begin`; `prepare` and `forward` for ranges of steps in order; then, if it is to learn, `beginBackward`,
/// `backward` for each step from the last to the first, `finishBackward`.
public protocol Controller: AnyObject {
    /// P: the width of o'_t before any projection, the top layer's h_t.
    var outputSize: Int { get }
    /// How many weights each step multiplies with: those of r_{t-1}, of the state, and between layers.
    var stepWeights: Int { get }

    /// What an episode of so many steps allocates, to within a few percent. Nothing has been allocated yet.
    func footprint(steps: Int, batch: Int) -> Footprint

    /// Starts an episode of at most `steps` steps, with the initial state in place.
    func begin(steps: Int, batch: Int)

    /// Forgets the tape and goes on for at most `steps` steps, counted from 0 again: sequence b of the new batch from the
    /// state, and the reads, that sequence rows[b] had after `done` steps. There is no way back to what went before.
    func proceed(steps: Int, after done: Int, rows: [Int])

    /// Does for a range of steps all that depends on the inputs x alone. `inputs`: row t·B + b is x_t of sequence b.
    func prepare(steps: Range<Int>, inputs: Rows)

    /// One step, from x_t, r_{t-1} and the state to the output h_t.
    func forward(step: Int)

    func beginBackward()

    /// One step back. `outputGradients` of this step must be complete, and become gradients of r_{t-1} and the
    /// state.
    func backward(step: Int)

    /// Gradients of all weights from all steps done, accumulated; and of the inputs, overwritten, where asked for.
    func finishBackward(inputs: Rows, inputGradients: Rows?)

    /// (T·B, P): row t·B + b is h_t. Valid from `begin` on.
    var outputs: Rows { get }
    /// The same for dL/dh, to be added to. Valid from `beginBackward` on, zero at first.
    var outputGradients: Rows { get }

    /// ((T+1)·B, R): rows 0..<B are r_0, row (t+1)·B + b is r_t, written by the memory.
    var reads: Rows { get }
    /// The same for dL/dr, to be added to.
    var readGradients: Rows { get }
}

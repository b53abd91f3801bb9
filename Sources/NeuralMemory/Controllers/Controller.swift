// The seam for controllers: what turns inputs and the last reads into the vector that memory and output are driven by.

/// Settings of a controller, which can make one. Each kind is one file, and one entry in a `Registry`.
public protocol ControllerKind: Registrable {
    /// Declares the controller's parameters, and says what it is. Throws `ConfigurationError` for sizes out of range.
    func makeController(_ layout: inout ParameterLayout, inputSize: Int, readSize: Int) throws -> any Controller
}

/// A controller without numbers: its sizes, and where its parameters are.
public protocol Controller: Sendable {
    /// P: the width of o'_t before any projection, the top layer's h_t.
    var outputSize: Int { get }
    /// How many weights each step multiplies with: those of r_{t-1}, of the state, and between layers.
    var stepWeights: Int { get }
    /// What it shows of a step.
    var signals: [Signal] { get }

    /// What an episode of so many steps allocates, to within a few percent.
    func footprint(steps: Int, batch: Int) -> Footprint

    /// A state over these values of the parameters, in which one shard of a batch is run.
    func makeState(_ parameters: ParameterBuffer) -> any ControllerState
}

/// What a controller keeps of the sequences of one shard: the tapes of its own steps, and of the reads that come back to it.
///
/// An episode: `begin`; `prepare` and `forward` for ranges of steps in order; then, if it is to learn, `beginBackward`,
/// `backward` for each step from the last to the first, `accumulateGradients`.
public protocol ControllerState: AnyObject {
    /// Starts an episode of at most `steps` steps, at the initial state, or at one snapshot for each sequence.
    /// Throws `UsageError` for a snapshot that lacks an array of its own, or has one of another size.
    func begin(steps: Int, batch: Int, from snapshots: [Snapshot]?) throws

    /// Does for a range of steps all that depends on the inputs x alone. `inputs`: row t·B + b is x_t of sequence b.
    func prepare(steps: Range<Int>, inputs: Rows)

    /// One step, from x_t, r_{t-1} and the state to the output h_t.
    func forward(step: Int)

    /// Adds to `snapshot` what a sequence's state, and its reads, are after `done` steps.
    func save(sequence: Int, after done: Int, to snapshot: inout Snapshot)

    /// The value of signal number `signal` in a step done, not undone.
    func value(of signal: Int, step: Int, sequence: Int) -> SignalValue

    func beginBackward()

    /// One step back. `outputGradients` of this step must be complete, and become gradients of r_{t-1} and the
    /// state.
    func backward(step: Int)

    /// Adds gradients of all parameters, from all steps done, to `gradients`. Those of the inputs are overwritten, where
    /// asked for.
    func accumulateGradients(inputs: Rows, inputGradients: Rows?, into gradients: ParameterBuffer)

    /// (T·B, P): row t·B + b is h_t. Valid from `begin` on.
    var outputs: Rows { get }
    /// The same for dL/dh, to be added to. Valid from `beginBackward` on, zero at first.
    var outputGradients: Rows { get }

    /// ((T+1)·B, R): rows 0..<B are r_0, row (t+1)·B + b is r_t, written by the memory.
    var reads: Rows { get }
    /// The same for dL/dr, to be added to.
    var readGradients: Rows { get }
}

extension Controller {
    /// Nothing to show.
    public var signals: [Signal] { [] }
}

extension ControllerState {
    /// For controllers without signals.
    public func value(of signal: Int, step: Int, sequence: Int) -> SignalValue { SignalValue([]) }
}

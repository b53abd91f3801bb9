// The protocols of controllers. A controller turns inputs and the last reads into h_t, from which interface vectors and
// outputs are computed.

/// Settings of a controller.
///
/// Each kind is registered in a `Registry`.
public protocol ControllerKind: Registrable {
    /// Makes the controller, and declares its parameters in `layout`. Throws `ConfigurationError` for settings out of
    /// range.
    ///
    /// - Parameters:
    ///   - layout: gets the parameters' names and shapes.
    ///   - inputSize: the width of x_t.
    ///   - readSize: R, the width of r_t; 0 where there is no memory.
    func makeController(_ layout: inout ParameterLayout, inputSize: Int, readSize: Int) throws -> any Controller
}

/// A controller's sizes, and the places of its parameters.
///
/// It holds no numbers: its state does.
public protocol Controller: Sendable {
    /// P: the width of h_t.
    var outputSize: Int { get }
    /// How many weights each step multiplies with: those of r_{t-1}, of the state, and between layers.
    var stepWeights: Int { get }
    /// What a `Recorder` can record of a step; nothing by default. A state's `value(of:step:sequence:)` counts them
    /// from 0.
    var signals: [Signal] { get }

    /// The bytes that a state allocates for an episode of `steps` steps of `batch` sequences, to within a few percent.
    func footprint(steps: Int, batch: Int) -> Footprint

    /// A state for one shard of a batch, which reads its parameters from `parameters`.
    func makeState(_ parameters: ParameterBuffer) -> any ControllerState
}

/// A controller's state in one shard: the tapes of its own steps, and those of the memory's reads.
///
/// The order of calls in an episode: `begin`; `prepare` for ranges of steps and `forward` for each step, in order;
/// then, for training, `beginBackward`, `backward` for each step from the last to the first, `accumulateGradients`.
public protocol ControllerState: AnyObject {
    /// Starts an episode of at most `steps` steps of `batch` sequences, at the initial state or at one snapshot for
    /// each sequence. Throws `UsageError` for a snapshot that lacks an array, or has one of another size.
    func begin(steps: Int, batch: Int, from snapshots: [Snapshot]?) throws

    /// Does what depends on the inputs alone, for a range of steps at once. `inputs`: row t·B + b is x_t of sequence b.
    func prepare(steps: Range<Int>, inputs: Rows)

    /// Does one step: from x_t, r_{t-1} and the state to the output h_t.
    func forward(step: Int)

    /// Adds arrays to `snapshot` from which `begin` can restore a sequence's state, and its read, after `done` steps.
    func save(sequence: Int, after done: Int, to snapshot: inout Snapshot)

    /// The value of a signal in a step done; `signal` counts `Controller.signals` from 0.
    func value(of signal: Int, step: Int, sequence: Int) -> SignalValue

    /// Starts the backward pass, with all gradients at 0.
    func beginBackward()

    /// Goes back through one step: from `outputGradients`, which are complete for this step by then, to the gradients
    /// of r_{t-1}, which it adds to `readGradients`, and of the state.
    func backward(step: Int)

    /// Adds the gradients of the controller's parameters, over all steps, to `gradients`, after `backward` for all
    /// steps.
    ///
    /// - Parameters:
    ///   - inputs: those of all steps, as for `prepare`.
    ///   - inputGradients: where to write dL/dx; `nil` where it is not needed.
    ///   - gradients: a buffer of the parameters' layout.
    func accumulateGradients(inputs: Rows, inputGradients: Rows?, into gradients: ParameterBuffer)

    /// (T·B, P): row t·B + b is h_t. Valid from `begin` on.
    var outputs: Rows { get }
    /// The same rows of dL/dh, which others add to. Valid from `beginBackward` on, 0 at first.
    var outputGradients: Rows { get }

    /// ((T+1)·B, R): rows 0..<B are r_0, row (t+1)·B + b is r_t, written by the memory.
    var reads: Rows { get }
    /// The same rows of dL/dr, which the output layers add to as well. Valid from `beginBackward` on, 0 at first.
    var readGradients: Rows { get }
}

extension Controller {
    /// No signals.
    public var signals: [Signal] { [] }
}

extension ControllerState {
    /// For controllers without signals.
    public func value(of signal: Int, step: Int, sequence: Int) -> SignalValue { SignalValue([]) }
}

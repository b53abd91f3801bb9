// The protocols of memories. A memory turns a raw interface vector into a read vector, step by step, and goes back from
// the gradients of reads to those of interface vectors.

/// Settings of a memory.
///
/// Each kind is registered in a `Registry`.
public protocol MemoryKind: Registrable {
    /// Makes the memory, and declares its own parameters in `layout`, where it has any.
    /// Throws `ConfigurationError` for settings out of range.
    func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory

    /// The number of rows, for memories that can be used with another number of rows than they were trained with.
    /// `nil`, the default, for all others.
    var rowCount: Int? { get }

    /// This memory with another number of rows, where `rowCount` is not `nil`. Throws `ConfigurationError` where
    /// trained parameters have a number for each row.
    func withRowCount(_ rows: Int) throws -> Self

    /// What becomes of an episode of more steps than `rowCount`: the end of a sentence that warns of it.
    static var withFewRows: String { get }

    /// Where outputs come from in the memory's paper; the controller by default.
    static var usualOutputSource: OutputConfiguration.Source { get }
}

extension MemoryKind {
    public var rowCount: Int? { nil }
    public func withRowCount(_ rows: Int) throws -> Self { self }
    public static var usualOutputSource: OutputConfiguration.Source { .controller }
    /// For heads that go from row to row.
    public static var withFewRows: String { "heads that move on at every step come back to rows already written" }
}

/// What an episode is for.
///
/// It decides what is kept of its steps.
public enum EpisodeMode: Sendable {
    /// Everything that the backward pass needs is kept.
    case training
    /// There is no backward pass: a memory need not keep more than its present state.
    case inference
}

/// A memory's sizes, and the places of its parameters.
///
/// It holds no numbers: its state does.
public protocol Memory: Sendable {
    /// I: the width of the raw interface vector. The memory applies its own activations to it.
    var interfaceSize: Int { get }
    /// R: the width of the read vector.
    var readSize: Int { get }
    /// The bias of the interface layer at the start: at most I numbers; the rest of the bias starts at 0.
    var interfaceBias: [Float] { get }
    /// How many numbers of the interface vector, from its first on, are strengths before their sigmoids; 0 by default.
    /// Training adds noise to these alone (`StrengthNoise`).
    var strengthCount: Int { get }
    /// Multiplications and additions that the equations take in one step of one sequence, forward and backward; 0, the
    /// default, where that is not known. Only measurements use it.
    var operations: Int { get }
    /// The most steps that an episode can have, with the steps of room that snapshots take (`carriedSteps`). No limit
    /// by default.
    var mostSteps: Int { get }
    /// What a `Recorder` can record of a step; nothing by default. A state's `value(of:sequence:)` counts them from 0.
    var signals: [Signal] { get }

    /// The bytes that a state allocates for an episode of `steps` steps of `batch` sequences, to within a few percent.
    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint

    /// A state for one shard of a batch, which reads its parameters from `parameters`.
    func makeState(_ parameters: ParameterBuffer) -> any MemoryState

    /// How many steps of room a snapshot takes in an episode that begins from it; 0 by default.
    func carriedSteps(_ snapshot: Snapshot) -> Int

    /// How many steps of room so many stored vectors take in an episode that begins from them; 0 by default.
    func carriedSteps(entries: Int) -> Int

    /// Leaves at most so many stored vectors in a snapshot, those that count most; nothing is dropped, by default, where
    /// their number does not grow.
    func shorten(_ snapshot: inout Snapshot, toEntries entries: Int)
}

/// The rows that a memory's state reads interface vectors from and writes reads to; or the gradients of both.
public struct MemoryPorts {
    /// Row t·B + b is the raw interface vector of step t.
    public var interface: Rows
    /// Rows 0..<B are r_0, row (t+1)·B + b is r_t.
    public var reads: Rows

    /// `interface`: T·B rows of I numbers.
    ///
    /// `reads`: (T+1)·B rows of R numbers.
    public init(interface: Rows, reads: Rows) {
        self.interface = interface
        self.reads = reads
    }
}

/// What a memory keeps of the sequences of one shard.
///
/// The order of calls in an episode: `begin`; `forward` for ranges of steps, in order; then, for training,
/// `beginBackward`, `backward` for ranges of steps from the last to the first, `accumulateGradients`.
public protocol MemoryState: AnyObject {
    /// Starts an episode of at most `steps` steps of `batch` sequences.
    ///
    /// Without snapshots the episode starts at the initial state, and r_0 is to be written now. With one snapshot for
    /// each sequence it starts at these, and r_0 is there already; a backward pass then gives no gradients of the
    /// initial state. Throws `UsageError` for a snapshot that lacks an array, or has one of another size.
    func begin(steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?) throws

    /// Writes r_t for a range of steps. Their interface vectors are there.
    func forward(steps: Range<Int>)

    /// Adds arrays to `snapshot` from which `begin` can restore a sequence's memory as it is after the steps done.
    func save(sequence: Int, to snapshot: inout Snapshot)

    /// How many steps of room the present state takes in an episode that begins from it, of the sequence that takes
    /// most; 0 by default.
    var carriedSteps: Int { get }

    /// The value of a signal in the step done last; `signal` counts `Memory.signals` from 0.
    func value(of signal: Int, sequence: Int) -> SignalValue

    /// Starts the backward pass. `backward` will read dL/dr from `gradients.reads` and overwrite `gradients.interface`.
    func beginBackward(_ gradients: MemoryPorts)
    /// Goes back through a range of steps, from its last to its first: from dL/dr_t, which is complete by then, to the
    /// gradients of the raw interface vectors.
    func backward(steps: Range<Int>)
    /// Adds the gradients of the memory's own parameters to `gradients`, after `backward` for all steps.
    func accumulateGradients(into gradients: ParameterBuffer)
}

extension Memory {
    public var strengthCount: Int { 0 }
    public var operations: Int { 0 }
    public var mostSteps: Int { .max }
    public func carriedSteps(_ snapshot: Snapshot) -> Int { 0 }
    public func carriedSteps(entries: Int) -> Int { 0 }
    public func shorten(_ snapshot: inout Snapshot, toEntries entries: Int) {}
    /// No signals.
    public var signals: [Signal] { [] }
}

extension MemoryState {
    public var carriedSteps: Int { 0 }
    /// For memories without signals.
    public func value(of signal: Int, sequence: Int) -> SignalValue { SignalValue([]) }
}

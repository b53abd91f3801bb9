// The seam for memories: what turns a raw interface vector into a read vector, step by step, and back.

/// Settings of a memory, which can make one. Each kind is one file, and one entry in a `Registry`.
public protocol MemoryKind: Registrable {
    /// Declares the memory's own parameters, where it has any, and says what it is.
    /// Throws `ConfigurationError` for sizes out of range.
    func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory

    /// How many rows the memory has, where a trained network can be used with another number of them; `nil`, by default,
    /// for memories without rows.
    var rowCount: Int? { get }

    /// This memory with another number of rows, where `rowCount` is not `nil`. Throws `ConfigurationError` where trained
    /// parameters have a number for each row.
    func withRowCount(_ rows: Int) throws -> Self

    /// Where outputs come from in the memory's paper; the controller by default.
    static var usualOutputSource: OutputConfiguration.Source { get }
}

extension MemoryKind {
    public var rowCount: Int? { nil }
    public func withRowCount(_ rows: Int) throws -> Self { self }
    public static var usualOutputSource: OutputConfiguration.Source { .controller }
}

/// What an episode is for, and so what has to be kept of its steps.
public enum EpisodeMode: Sendable {
    /// All that the way back needs is kept.
    case training
    /// There is no way back: a memory need not keep more than its present state.
    case inference
}

/// A memory without numbers: its sizes, and where its parameters are.
public protocol Memory: Sendable {
    /// I: the width of the raw interface vector. The memory applies its own activations to it.
    var interfaceSize: Int { get }
    /// R: the width of the read vector.
    var readSize: Int { get }
    /// What the bias of the interface layer starts at: at most I numbers; those that are left out are 0.
    var interfaceBias: [Float] { get }
    /// Multiplications and additions that the equations ask for in one step of one sequence, forward and backward, where
    /// that is known; else 0. For measurements alone.
    var operations: Int { get }
    /// The most steps of an episode, those among them that snapshots take (`MemoryState.carriedSteps`).
    var mostSteps: Int { get }
    /// What it shows of a step.
    var signals: [Signal] { get }

    /// What an episode of so many steps allocates, to within a few percent.
    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint

    /// A state over these values of the parameters, in which one shard of a batch is run.
    func makeState(_ parameters: ParameterBuffer) -> any MemoryState

    /// How many steps' room a snapshot takes in an episode that begins from it; 0, by default, where it takes none.
    func carriedSteps(_ snapshot: Snapshot) -> Int
}

/// Where a memory's state gets its interface vectors from, and where it writes its reads to, or gradients of both.
public struct MemoryPorts {
    /// Row t·B + b is the raw interface vector of step t.
    public var interface: Rows
    /// Rows 0..<B are r_0, row (t+1)·B + b is r_t.
    public var reads: Rows

    public init(interface: Rows, reads: Rows) {
        self.interface = interface
        self.reads = reads
    }
}

/// What a memory keeps of the sequences of one shard.
///
/// An episode: `begin`; `forward` for ranges of steps in order; then, if it is to learn, `beginBackward`, `backward` for
/// ranges of steps from the end, `accumulateGradients`.
public protocol MemoryState: AnyObject {
    /// Starts an episode of at most `steps` steps at the initial state, whose r_0 is written now; or at one snapshot for
    /// each sequence, with r_0 in place already. An episode for training never starts at snapshots.
    /// Throws `UsageError` for a snapshot that lacks an array of its own, or has one of another size.
    func begin(steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?) throws

    /// Writes r_t for a range of steps.
    func forward(steps: Range<Int>)

    /// Adds to `snapshot` what a sequence's memory holds after the steps done.
    func save(sequence: Int, to snapshot: inout Snapshot)

    /// How many steps' room the present state of the fullest sequence takes in an episode that begins from it; 0 where it
    /// takes none.
    var carriedSteps: Int { get }

    /// The value of signal number `signal` in the step done last.
    func value(of signal: Int, sequence: Int) -> SignalValue

    /// Starts the way back. Interface gradients are overwritten step by step; read gradients are complete for step t when
    /// it is undone.
    func beginBackward(_ gradients: MemoryPorts)
    func backward(steps: Range<Int>)
    /// Adds gradients of the memory's own parameters to `gradients`, once all steps are undone.
    func accumulateGradients(into gradients: ParameterBuffer)
}

extension Memory {
    public var operations: Int { 0 }
    public var mostSteps: Int { .max }
    public func carriedSteps(_ snapshot: Snapshot) -> Int { 0 }
    /// Nothing to show.
    public var signals: [Signal] { [] }
}

extension MemoryState {
    public var carriedSteps: Int { 0 }
    /// For memories without signals.
    public func value(of signal: Int, sequence: Int) -> SignalValue { SignalValue([]) }
}

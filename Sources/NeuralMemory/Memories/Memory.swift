// The seam for memories: what turns a raw interface vector into a read vector, step by step, and back.

/// Settings of a memory, which can make one. Each kind is one file, and one entry in a `Registry`.
public protocol MemoryKind: Registrable {
    /// Declares the memory's own parameters, where it has any, and makes it.
    /// Throws `ConfigurationError` for sizes out of range.
    func makeMemory(_ parameters: Parameters) throws -> any Memory

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

/// A memory at run time.
///
/// An episode: `begin`; `forward` for ranges of steps in order; then, if the network is to learn, `beginBackward`,
/// `backward` for ranges of steps from the end, `finishBackward`. Where there is no way back, an episode may also `proceed`
/// after some steps, any number of times.
public protocol Memory: AnyObject {
    /// I: the width of the raw interface vector. The memory applies its own activations to it.
    var interfaceSize: Int { get }
    /// R: the width of the read vector.
    var readSize: Int { get }
    /// What the bias of the interface layer starts at: at most I numbers; those that are left out are 0.
    var interfaceBias: [Float] { get }
    /// Multiplications and additions that the equations ask for in one step of one sequence, forward and backward, where
    /// that is known; else 0. For measurements alone.
    var operations: Int { get }

    /// The most steps of an episode, or of a stretch of one after `proceed`, with those carried over.
    var mostSteps: Int { get }
    /// What an episode of so many steps allocates, to within a few percent. Nothing has been allocated yet. After `proceed`
    /// it may be twice that, with the steps carried over.
    func footprint(steps: Int, batch: Int) -> Footprint

    /// Starts an episode of at most `steps` steps. Row t·B + b of `interface` is the raw interface vector of step t.
    /// Rows 0..<B of `reads` are r_0, to be written now; rows (t+1)·B + b are r_t, to be written by step t.
    func begin(steps: Int, batch: Int, interface: Rows, reads: Rows)
    func forward(steps: Range<Int>)

    /// What an episode that goes on has to carry over, as a number of steps: the work and the room that `proceed` takes. 0
    /// where it does not grow with the episode.
    var carriedSteps: Int { get }
    /// Forgets the tape and goes on for at most `steps` steps, counted from 0 again: sequence b of the new batch from what
    /// sequence rows[b] remembers now. `interface` and `reads` are as for `begin`, with the last reads in their place
    /// already. There is no way back to what went before.
    func proceed(steps: Int, rows: [Int], interface: Rows, reads: Rows)

    /// What a sequence's memory did in the step done last, which is `step`. Of each focus the `largest` greatest weights.
    func trace(step: Int, sequence: Int, largest: Int) -> MemoryTrace

    /// Starts the way back. `interfaceGradients`, laid out like `interface`, are overwritten step by step;
    /// `readGradients`, laid out like `reads`, are complete for step t when it is undone.
    func beginBackward(interfaceGradients: Rows, readGradients: Rows)
    func backward(steps: Range<Int>)
    /// Gradients of the memory's own parameters, accumulated; `readGradients` of r_0 are complete now.
    func finishBackward()
}

extension Memory {
    public var operations: Int { 0 }
    public var mostSteps: Int { .max }
}

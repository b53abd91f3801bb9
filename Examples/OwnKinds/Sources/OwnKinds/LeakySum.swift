// A memory: a sum that forgets, r_t = decay · r_{t-1} + z_t, where z_t is the raw interface vector.

import NeuralMemory

/// Settings of a leaky sum.
struct LeakySum: MemoryKind {
    static let kind = "leaky-sum"
    static let summary = "a sum that forgets"

    /// R, the numbers of a read.
    var width = 16
    /// What a step leaves of the sum.
    var decay = 0.9

    func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        try require("network.memory.width", width, in: 1...10_000)
        try require("network.memory.decay", decay, in: 0...1)
        return LeakySumMemory(interfaceSize: width, decay: Float(decay))
    }
}

/// The memory without numbers: its sizes.
///
/// It has no parameters.
private struct LeakySumMemory: Memory {
    let interfaceSize: Int
    let decay: Float
    var readSize: Int { interfaceSize }
    let interfaceBias: [Float] = []

    /// Nothing besides the reads, which the network keeps.
    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint { .none }

    func makeState(_ parameters: ParameterBuffer) -> any MemoryState { LeakySumState(self) }

    var signals: [Signal] { [Signal("sum", .vector, [.columns(readSize)])] }
}

/// The memory of some sequences.
///
/// All that it remembers is the last read.
private final class LeakySumState: MemoryState {
    private let memory: LeakySumMemory
    private var batch = 0
    private var done = 0
    private var ports, gradients: MemoryPorts?

    init(_ memory: LeakySumMemory) { self.memory = memory }

    func begin(steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?) {
        (self.batch, self.ports, done) = (batch, ports, 0)
        // With snapshots r_0 is in place already.
        guard snapshots == nil else { return }
        for b in 0..<batch { ports.reads.advanced(by: b).pointer.update(repeating: 0, count: memory.readSize) }
    }

    func forward(steps: Range<Int>) {
        guard let ports else { return }
        for row in steps.lowerBound * batch..<steps.upperBound * batch {
            let (z, before) = (ports.interface.advanced(by: row).pointer, ports.reads.advanced(by: row).pointer)
            let after = ports.reads.advanced(by: row + batch).pointer
            for column in 0..<memory.readSize { after[column] = memory.decay * before[column] + z[column] }
        }
        done = steps.upperBound
    }

    func save(sequence: Int, to snapshot: inout Snapshot) {}

    func value(of signal: Int, sequence: Int) -> SignalValue {
        guard let ports else { return SignalValue([]) }
        let read = ports.reads.advanced(by: done * batch + sequence).pointer
        return SignalValue(Array(UnsafeBufferPointer(start: read, count: memory.readSize)))
    }

    func beginBackward(_ gradients: MemoryPorts) { self.gradients = gradients }

    func backward(steps: Range<Int>) {
        guard let gradients else { return }
        for row in (steps.lowerBound * batch..<steps.upperBound * batch).reversed() {
            let dz = gradients.interface.advanced(by: row).pointer
            let before = gradients.reads.advanced(by: row).pointer
            let after = gradients.reads.advanced(by: row + batch).pointer
            for column in 0..<memory.readSize {
                dz[column] = after[column]
                before[column] += memory.decay * after[column]
            }
        }
    }

    func accumulateGradients(into gradients: ParameterBuffer) {}
}

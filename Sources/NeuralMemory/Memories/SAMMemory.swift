// The sparse access memory at run time, over the fused kernels.

/// The sparse access memory's sizes.
struct SAMMemory: Memory {
    let settings: SparseMemory
    let interfaceSize: Int
    let readSize: Int
    let interfaceBias: [Float] = []

    /// What all numbers of all rows are at the start.
    ///
    /// Not 0: a write to rows of zeros would leave rows that all have the direction of a, and roundings would decide
    /// which of them are nearest to a key. About the size of what heads write at first, so that rows which were written
    /// with different weights differ clearly.
    static let initial: Float = 0.1

    init(_ settings: SparseMemory) {
        self.settings = settings
        interfaceSize = settings.kernels.interfaceSize
        readSize = settings.heads * settings.columns
    }

    /// Forward, each head takes for each number of a row 2 for each of its K rows' reads, 2 for each of K + 1 rows'
    /// writes and as many for their norms.
    ///
    /// Backward takes twice as many. Left out is the search, whose rows depend on the episode.
    var operations: Int { 6 * settings.heads * settings.columns * (3 * settings.neighbors + 2) }

    var mostSteps: Int { Kernels.SAM.mostSteps }

    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint {
        Footprint(
            forward: settings.kernels.workspaceBytes(steps: steps, batch: batch, hasTape: mode == .training))
    }

    func makeState(_ parameters: ParameterBuffer) -> any MemoryState { SAMMemoryState(self) }

    func carriedSteps(_ snapshot: Snapshot) -> Int { carriedSteps(rows: snapshot.arrays["sam/norms"]?.count ?? 0) }

    /// Nothing is dropped, and so it is the room of all rows, whatever their number.
    func carriedSteps(entries: Int) -> Int { carriedSteps(rows: settings.rows) }

    /// How many steps have room for so many touched rows.
    fileprivate func carriedSteps(rows: Int) -> Int {
        let ofStep = settings.kernels.rowsOfStep
        return (rows + ofStep - 1) / ofStep
    }

    // MARK: Signals

    /// What each head does; then what was accessed last, and what the memory holds.
    var signals: [Signal] {
        (0..<settings.heads).flatMap(signals) + [
            Signal("access rank", .vector, [.rows(settings.rows)]),
            Signal("memory", .contents, [.rows(settings.rows), .columns(settings.columns)])
        ]
    }

    private func signals(head: Int) -> [Signal] {
        let number = settings.heads > 1 ? " \(head + 1)" : ""
        let (rows, columns) = ([Signal.Axis.rows(settings.rows)], [Signal.Axis.columns(settings.columns)])
        func signal(_ name: String, _ suffix: String, _ role: Signal.Role, _ axes: [Signal.Axis] = []) -> Signal {
            Signal("\(name)\(number) \(suffix)", role, axes, head: head)
        }
        return [
            signal("read", "weighting", .weighting, rows), signal("read", "key", .vector, columns),
            signal("read", "key strength", .sharpness), signal("read", "vector", .vector, columns),
            signal("write", "weighting", .weighting, rows), signal("write", "gate", .gate),
            signal("write", "interpolation gate", .gate), signal("write", "add", .vector, columns)
        ]
    }

    /// How many signals a head has.
    static let headSignals = 8
}

extension SparseMemory {
    /// The kernels for memories of these sizes.
    fileprivate var kernels: Kernels.SAM {
        Kernels.SAM(
            rows: rows, columns: columns, heads: heads, neighbors: neighbors,
            accessThreshold: Float(accessThreshold), initial: SAMMemory.initial)
    }
}

/// A sparse access memory's state in one shard.
final class SAMMemoryState: MemoryState {
    private let memory: SAMMemory
    private var settings: SparseMemory { memory.settings }
    private let kernels: Kernels.SAM

    private var batch = 0
    private var done = 0
    private var ports: MemoryPorts?
    private var gradients: MemoryPorts?

    init(_ memory: SAMMemory) {
        self.memory = memory
        kernels = memory.settings.kernels
    }

    // MARK: Beginning

    func begin(
        steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?
    ) throws {
        let states = try snapshots?.map(state)
        self.batch = batch
        self.ports = ports
        done = 0
        if let states {
            let carried = memory.carriedSteps(rows: states.map(\.norms.count).max() ?? 0)
            kernels.begin(states, steps: steps + carried, hasTape: mode == .training)
        } else {
            kernels.begin(steps: steps, batch: batch, hasTape: mode == .training)
            Kernels.zero(ports.reads, rows: batch, columns: memory.readSize)
        }
    }

    func save(sequence: Int, to snapshot: inout Snapshot) {
        let state = kernels.save(element: sequence)
        snapshot.set("sam/rows", state.memory)
        snapshot.set("sam/norms", state.norms)
        snapshot.set("sam/ranks", state.ranks.map(Float.init))
        snapshot.set("sam/neighbors", state.neighbors.map(Float.init))
        snapshot.set("sam/weights", state.weights)
    }

    private func state(_ snapshot: Snapshot) throws -> Kernels.SAM.State {
        let norms = try snapshot.array("sam/norms")
        let reads = settings.heads * settings.neighbors
        /// Whole numbers of 32 bits; others become one that no state has.
        func integers(_ name: String, count: Int) throws -> [Int32] {
            try snapshot.array(name, count: count).map { Int32(exactly: $0) ?? .min }
        }
        let state = Kernels.SAM.State(
            memory: try snapshot.array("sam/rows", count: norms.count * settings.columns), norms: norms,
            ranks: try integers("sam/ranks", count: norms.count),
            neighbors: try integers("sam/neighbors", count: reads),
            weights: try snapshot.array("sam/weights", count: reads))
        guard kernels.accepts(state) else {
            throw UsageError(
                "Snapshot",
                "sam/norms, sam/ranks or sam/neighbors are of no memory of \(settings.rows) rows; it was taken of "
                    + "another network, or changed; take one of this network")
        }
        return state
    }

    var carriedSteps: Int {
        memory.carriedSteps(rows: (0..<batch).map { kernels.touched(element: $0) }.max() ?? 0)
    }

    // MARK: Steps

    func forward(steps: Range<Int>) {
        guard let ports else { return }
        kernels.forward(
            steps: steps, interface: ports.interface.pointer, reads: ports.reads.advanced(by: batch))
        done = steps.upperBound
    }

    func beginBackward(_ gradients: MemoryPorts) {
        self.gradients = gradients
        kernels.beginBackward()
    }

    func backward(steps: Range<Int>) {
        guard let ports, let gradients else { return }
        kernels.backward(
            steps: steps, interface: ports.interface.pointer,
            readGradients: gradients.reads.advanced(by: batch),
            interfaceGradients: gradients.interface.pointer)
    }

    func accumulateGradients(into gradients: ParameterBuffer) {}

    // MARK: Looking at it

    func value(of signal: Int, sequence: Int) -> SignalValue {
        let (number, place) = signal.quotientAndRemainder(dividingBy: SAMMemory.headSignals)
        if number == settings.heads { return place == 0 ? accessRanks(sequence) : contents(sequence) }
        let head = kernels.head(step: done - 1, element: sequence, head: number)
        switch place {
        case 0: return SignalValue(head.readWeighting)
        case 1: return SignalValue(raw(number, sequence, from: 0))
        case 2: return SignalValue(head.keyStrength)
        case 3: return SignalValue(read(number, sequence))
        case 4: return SignalValue(head.writeWeighting)
        case 5: return SignalValue(head.writeGate)
        case 6: return SignalValue(head.interpolationGate)
        default: return SignalValue(raw(number, sequence, from: settings.columns))
        }
    }

    /// The order of the rows' last accesses, from 1 for the least recent one; 0 for rows without any.
    private func accessRanks(_ sequence: Int) -> SignalValue {
        let ranks = kernels.save(element: sequence).ranks.map(Float.init)
        return SignalValue(ranks + [Float](repeating: 0, count: settings.rows - ranks.count))
    }

    private func contents(_ sequence: Int) -> SignalValue { SignalValue(kernels.memory(element: sequence)) }

    /// M numbers of what a head got from the interface in the step done last: q, or a.
    private func raw(_ head: Int, _ sequence: Int, from first: Int) -> [Float] {
        let place = head * (2 * settings.columns + 3) + first
        return ports.map { columns(of: $0.interface, (done - 1) * batch + sequence, place) } ?? []
    }

    /// What a head has read in the step done last.
    private func read(_ head: Int, _ sequence: Int) -> [Float] {
        ports.map { columns(of: $0.reads, done * batch + sequence, head * settings.columns) } ?? []
    }

    private func columns(of rows: Rows, _ row: Int, _ first: Int) -> [Float] {
        let start = rows.advanced(by: row).columns(from: first).pointer
        return Array(UnsafeBufferPointer(start: start, count: settings.columns))
    }
}

// The sparse access memory at run time, with links or without, over the fused kernels.

/// The sparse access memory's sizes.
struct SAMMemory: Memory {
    let settings: SparseMemory
    /// K_L, 0 for no links at all.
    let links: Int
    /// What names of saved arrays begin with.
    let kind: String
    let interfaceSize: Int
    let readSize: Int
    let interfaceBias: [Float]

    /// What all numbers of all rows are at the start.
    ///
    /// Not 0: a write to rows of zeros would leave rows that all have the direction of a, and roundings would decide
    /// which of them are nearest to a key. About the size of what heads write at first, so that rows which were written
    /// with different weights differ clearly.
    static let initial: Float = 0.1

    init(_ settings: SparseMemory, links: Int = 0, kind: String) {
        self.settings = settings
        self.links = links
        self.kind = kind
        readSize = settings.heads * settings.columns
        interfaceSize = Self.kernels(settings, links: links).interfaceSize
        interfaceBias = Self.bias(settings, interfaceSize: interfaceSize)
    }

    /// Of each head's part of the interface vector, key, add vector, β, α, γ and what else there is.
    private static func bias(_ settings: SparseMemory, interfaceSize: Int) -> [Float] {
        let strength = 2 * settings.columns
        var head = [Float](repeating: 0, count: interfaceSize / settings.heads)
        head[strength] = Float(settings.strengthBias)
        head[strength + 2] = Float(settings.interpolationBias)
        return (0..<settings.heads).flatMap { _ in head }
    }

    /// The kernels for memories of these sizes.
    fileprivate var kernels: Kernels.SAM { Self.kernels(settings, links: links) }

    private static func kernels(_ settings: SparseMemory, links: Int) -> Kernels.SAM {
        Kernels.SAM(
            rows: settings.rows, columns: settings.columns, heads: settings.heads, neighbors: settings.neighbors,
            accessThreshold: Float(settings.accessThreshold), initial: initial, links: links)
    }

    /// Forward, each head takes for each number of a row 2 for each of its rows' reads, 2 for each of its rows' writes,
    /// which are one more, and as many for their norms.
    ///
    /// Backward takes twice as many. Left out are the search, whose rows depend on the episode, and the links.
    var operations: Int { 6 * settings.heads * settings.columns * (3 * kernels.readsOfHead + 2) }

    var mostSteps: Int { Kernels.SAM.mostSteps }

    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint {
        Footprint(
            forward: kernels.workspaceBytes(steps: steps, batch: batch, hasTape: mode == .training))
    }

    func makeState(_ parameters: ParameterBuffer) -> any MemoryState { SAMMemoryState(self) }

    func carriedSteps(_ snapshot: Snapshot) -> Int { carriedSteps(rows: snapshot.arrays["\(kind)/norms"]?.count ?? 0) }

    /// Nothing is dropped, and so it is the room of all rows, whatever their number.
    func carriedSteps(entries: Int) -> Int { carriedSteps(rows: settings.rows) }

    /// How many steps have room for so many touched rows.
    fileprivate func carriedSteps(rows: Int) -> Int {
        let ofStep = kernels.rowsOfStep
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
            + (links == 0
                ? []
                : [
                    signal("read", "backward weighting", .weighting, rows),
                    signal("read", "forward weighting", .weighting, rows), signal("read", "backward mode", .gate),
                    signal("read", "content mode", .gate), signal("read", "forward mode", .gate)
                ])
    }

    /// How many signals a head has.
    var headSignals: Int { links > 0 ? 13 : 8 }
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
        kernels = memory.kernels
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
        func set(_ name: String, _ values: [Float]) { snapshot.set("\(memory.kind)/\(name)", values) }
        set("rows", state.memory)
        set("norms", state.norms)
        set("ranks", state.ranks.map(Float.init))
        set("neighbors", state.neighbors.map(Float.init))
        set("weights", state.weights)
        guard memory.links > 0 else { return }
        set("links", state.links.map(Float.init))
        set("link_weights", state.linkWeights)
        set("precedence", state.precedence.map(Float.init))
        set("precedence_weights", state.precedenceWeights)
    }

    private func state(_ snapshot: Snapshot) throws -> Kernels.SAM.State {
        let kind = memory.kind
        func array(_ name: String, count: Int? = nil) throws -> [Float] {
            guard let count else { return try snapshot.array("\(kind)/\(name)") }
            return try snapshot.array("\(kind)/\(name)", count: count)
        }
        /// Whole numbers of 32 bits; others become one that no state has.
        func integers(_ name: String, count: Int) throws -> [Int32] {
            try array(name, count: count).map { Int32(exactly: $0) ?? .min }
        }
        let norms = try array("norms")
        let reads = settings.heads * kernels.readsOfHead
        var state = Kernels.SAM.State(
            memory: try array("rows", count: norms.count * settings.columns), norms: norms,
            ranks: try integers("ranks", count: norms.count), neighbors: try integers("neighbors", count: reads),
            weights: try array("weights", count: reads))
        if memory.links > 0 {
            let (linked, preceding) = (
                settings.heads * norms.count * memory.links, settings.heads * memory.links
            )
            state.links = try integers("links", count: linked)
            state.linkWeights = try array("link_weights", count: linked)
            state.precedence = try integers("precedence", count: preceding)
            state.precedenceWeights = try array("precedence_weights", count: preceding)
        }
        guard kernels.accepts(state) else {
            let names = ["norms", "ranks", "neighbors"] + (memory.links > 0 ? ["links", "precedence"] : [])
            let listed = names.dropLast().map { "\(kind)/\($0)" }.joined(separator: ", ")
            throw UsageError(
                "Snapshot",
                "\(listed) or \(kind)/\(names[names.count - 1]) are of no memory of \(settings.rows) rows; it was "
                    + "taken of another network, or changed; take one of this network")
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
        let (number, place) = signal.quotientAndRemainder(dividingBy: memory.headSignals)
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
        case 7: return SignalValue(raw(number, sequence, from: settings.columns))
        case 8: return SignalValue(head.backwardWeighting)
        case 9: return SignalValue(head.forwardWeighting)
        default: return SignalValue(head.modes[place - 10])
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
        let place = head * (memory.interfaceSize / settings.heads) + first
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

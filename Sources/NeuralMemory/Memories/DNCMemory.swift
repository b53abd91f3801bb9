// The memory of the differentiable neural computer at run time, over the fused kernels.

/// The DNC's sizes and parameters.
struct DNCMemory: Memory {
    let settings: DNC
    let memory: Parameter?
    let reads: Parameter?
    let interfaceSize: Int
    let readSize: Int
    let interfaceBias: [Float] = []

    init(_ settings: DNC, _ layout: inout ParameterLayout) throws {
        self.settings = settings
        memory = try settings.initialMemory.declare(&layout, rows: settings.rows, columns: settings.columns)
        readSize = settings.readHeads * settings.columns
        reads = try settings.initialReads.declare(&layout, count: readSize)
        interfaceSize = settings.kernels.interfaceSize
    }

    /// Forward, a step takes 4 for each link to update it and 4 for each read head to follow it both ways; and for each
    /// number of the memory 2 for each key, 2 for each read and 4 for the write.
    ///
    /// Backward takes twice as many. Left out are the operations for each row alone, and the replay.
    var operations: Int {
        let (rows, columns, heads) = (settings.rows, settings.columns, settings.readHeads)
        return 3 * rows * (rows * (4 + 4 * heads) + columns * (2 * (heads + 1) + 2 * heads + 4))
    }

    var mostSteps: Int { Kernels.DNC.mostSteps }

    /// K: memory and links are kept every K steps for the backward pass; 0 keeps none.
    ///
    /// In all there are T/K + K of them, fewest for K = √T.
    func segment(steps: Int, mode: EpisodeMode) -> Int {
        guard mode == .training else { return 0 }
        if let segment = settings.segment { return min(segment, steps) }
        return max(1, Int(Double(steps).squareRoot().rounded()))
    }

    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint {
        let workspace = settings.kernels.workspaceBytes(
            steps: steps, batch: batch, segment: segment(steps: steps, mode: mode))
        return Footprint(forward: workspace)
            + Footprint(floats: memory == nil ? Double(settings.rows) * Double(settings.columns) : 0, gradients: 0)
    }

    func makeState(_ parameters: ParameterBuffer) -> any MemoryState { DNCMemoryState(self, parameters) }

    // MARK: Signals

    var signals: [Signal] { shown.map(\.signal) }

    /// A signal, and where its value comes from.
    struct Shown: Sendable {
        enum Source: Sendable {
            case step(@Sendable (Kernels.DNC.Step) -> [Float])
            case read(head: Int)
            case memory, links
        }

        let signal: Signal
        let source: Source
    }

    /// Weightings and parameters of each read head; of the write head; then the memory and the links.
    var shown: [Shown] {
        let rows = Signal.Axis.rows(settings.rows)
        return (0..<settings.readHeads).flatMap(shown(readHead:)) + shownOfWriting + [
            Shown(signal: Signal("memory", .contents, [rows, .columns(settings.columns)]), source: .memory),
            Shown(signal: Signal("links", .links, [rows, rows]), source: .links)
        ]
    }

    private func shown(readHead head: Int) -> [Shown] {
        let name = "read" + (settings.readHeads > 1 ? " \(head + 1)" : "")
        let (rows, columns) = ([Signal.Axis.rows(settings.rows)], [Signal.Axis.columns(settings.columns)])
        func show(
            _ suffix: String, _ role: Signal.Role, _ axes: [Signal.Axis] = [],
            _ value: @escaping @Sendable (Kernels.DNC.Step) -> [Float]
        ) -> Shown {
            Shown(signal: Signal("\(name) \(suffix)", role, axes, head: head), source: .step(value))
        }
        let modes = ["backward", "content", "forward"].enumerated().map { mode, word in
            show("\(word) mode", .gate) { [$0.modes[head][mode]] }
        }
        let addressing = [
            show("weighting", .weighting, rows) { $0.reads[head] },
            show("backward weighting", .weighting, rows) { $0.backward[head] },
            show("forward weighting", .weighting, rows) { $0.forward[head] }
        ]
        let parameters = [
            show("free gate", .gate) { [$0.freeGates[head]] },
            show("key", .vector, columns) { $0.keys[head] },
            show("key strength", .sharpness) { [$0.keyStrengths[head]] }
        ]
        let masks = settings.masksKeys ? [show("mask", .vector, columns) { $0.masks[head] }] : []
        let sharpness =
            settings.sharpensLinks
            ? ["backward", "forward"].enumerated().map { direction, word in
                show("\(word) sharpness", .sharpness) { [$0.sharpness[direction][head]] }
            } : []
        let read = Shown(signal: Signal("\(name) vector", .vector, columns, head: head), source: .read(head: head))
        return addressing + modes + parameters + masks + sharpness + [read]
    }

    private var shownOfWriting: [Shown] {
        let (rows, columns) = ([Signal.Axis.rows(settings.rows)], [Signal.Axis.columns(settings.columns)])
        let head = settings.readHeads
        func show(
            _ name: String, _ role: Signal.Role, _ axes: [Signal.Axis] = [], ofHead: Bool = true,
            _ value: @escaping @Sendable (Kernels.DNC.Step) -> [Float]
        ) -> Shown {
            Shown(signal: Signal(name, role, axes, head: ofHead ? head : nil), source: .step(value))
        }
        let masks = settings.masksKeys ? [show("write mask", .vector, columns) { $0.masks[head] }] : []
        return [
            show("write weighting", .weighting, rows) { $0.write },
            show("allocation", .weighting, rows, ofHead: false) { $0.allocation },
            show("usage", .gate, rows, ofHead: false) { $0.usage },
            show("retention", .gate, rows, ofHead: false) { $0.retention },
            show("precedence", .weighting, rows, ofHead: false) { $0.precedence },
            show("write gate", .gate) { [$0.writeGate] },
            show("allocation gate", .gate) { [$0.allocationGate] },
            show("write key", .vector, columns) { $0.keys[head] },
            show("write key strength", .sharpness) { [$0.keyStrengths[head]] }
        ] + masks + [
            show("write erase", .gate, columns) { $0.erase },
            show("write add", .vector, columns) { $0.add }
        ]
    }
}

extension DNC {
    /// The kernels for memories of these sizes.
    fileprivate var kernels: Kernels.DNC {
        var shape = Kernels.DNC.Shape(rows: rows, columns: columns, readHeads: readHeads)
        shape.stopsUsageGradient = stopsUsageGradient
        shape.floorsUsage = floorsUsage
        shape.smoothsCosine = smoothsCosine
        shape.masksKeys = masksKeys
        shape.deallocates = deallocates
        shape.sharpensLinks = sharpensLinks
        return Kernels.DNC(shape)
    }
}

/// A DNC's state in one shard.
final class DNCMemoryState: MemoryState {
    private let memory: DNCMemory
    private let parameters: ParameterBuffer
    private let kernels: Kernels.DNC
    private let shown: [DNCMemory.Shown]
    /// Where all sequences start, (N, M); empty where it is trained.
    ///
    /// Made by the first episode that starts there.
    private lazy var fixedMemory = memory.settings.initialMemory.fixedRows(
        memory.settings.rows, columns: memory.settings.columns)

    private var batch = 0
    private var done = 0
    /// Whether the episode began from snapshots: what was learned of the initial state gets no gradient then.
    private var isCarried = false
    private var ports: MemoryPorts?
    private var gradients: MemoryPorts?

    init(_ memory: DNCMemory, _ parameters: ParameterBuffer) {
        self.memory = memory
        self.parameters = parameters
        kernels = memory.settings.kernels
        shown = memory.shown
    }

    // MARK: Beginning

    func begin(
        steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?
    ) throws {
        self.batch = batch
        self.ports = ports
        done = 0
        isCarried = snapshots != nil
        let segment = memory.segment(steps: steps, mode: mode)
        if let snapshots {
            kernels.beginRestored(steps: steps, batch: batch, segment: segment)
            for (sequence, snapshot) in snapshots.enumerated() { try restore(snapshot, sequence) }
            return
        }
        if let learned = memory.memory {
            kernels.begin(steps: steps, batch: batch, segment: segment, memory: parameters[learned])
        } else {
            kernels.begin(steps: steps, batch: batch, segment: segment, memory: fixedMemory)
        }
        ports.writeInitialReads(memory.reads, parameters, batch: batch, width: memory.readSize)
    }

    func save(sequence: Int, to snapshot: inout Snapshot) {
        let state = kernels.save(element: sequence)
        for (name, array) in Kernels.DNC.State.arrays {
            snapshot.set("dnc/\(name)", state[keyPath: array])
        }
    }

    private func restore(_ snapshot: Snapshot, _ sequence: Int) throws {
        var state = kernels.emptyState()
        for (name, array) in Kernels.DNC.State.arrays {
            state[keyPath: array] = try snapshot.array("dnc/\(name)", count: state[keyPath: array].count)
        }
        kernels.restore(state, element: sequence)
    }

    // MARK: Steps

    func forward(steps: Range<Int>) {
        guard let ports else { return }
        kernels.forward(steps: steps, interface: ports.interface.pointer, reads: ports.reads.advanced(by: batch))
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
            readGradients: gradients.reads.advanced(by: batch), interfaceGradients: gradients.interface.pointer)
    }

    func accumulateGradients(into target: ParameterBuffer) {
        if isCarried { return }
        if let rows = memory.memory { kernels.finishBackward(memoryGradient: target[rows]) }
        if let reads = memory.reads, let gradients {
            Kernels.addRows(of: gradients.reads, into: target[reads], rows: batch, columns: memory.readSize)
        }
    }

    // MARK: Looking at it

    func value(of signal: Int, sequence: Int) -> SignalValue {
        switch shown[signal].source {
        case .step(let value): return SignalValue(value(kernels.step(done - 1, element: sequence)))
        case .read(let head):
            let columns = head * memory.settings.columns..<(head + 1) * memory.settings.columns
            return SignalValue(ports?.read(step: done, batch: batch, sequence: sequence, columns: columns) ?? [])
        case .memory: return SignalValue(kernels.matrices(element: sequence).memory)
        case .links: return SignalValue(kernels.matrices(element: sequence).links)
        }
    }
}

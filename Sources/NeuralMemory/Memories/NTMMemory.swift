// The memory of the Neural Turing machine at run time, over the fused kernels.

import Foundation

/// The Turing memory's sizes and parameters.
struct NTMMemory: Memory {
    let settings: TuringMemory
    let memory: Parameter?
    let weighting: Parameter?
    let reads: Parameter?
    /// In the order in which they act.
    let heads: [Head]
    /// Whose signal each is, and which of that head's; the last signal of all is not a head's.
    private let signalPlaces: [(head: Int, place: Int)]
    let interfaceSize: Int
    let readSize: Int
    let interfaceBias: [Float] = []

    /// A head and its number among those of its kind.
    struct Head {
        let writes: Bool
        let number: Int
    }

    init(_ settings: TuringMemory, _ layout: inout ParameterLayout) throws {
        self.settings = settings
        heads = Self.heads(reads: settings.reads, writes: settings.writes)
        signalPlaces = heads.enumerated().flatMap { head, kind in
            (0..<(kind.writes ? 9 : 8)).map { (head, $0) }
        }
        let (rows, columns) = (settings.rows, settings.columns)
        memory = try settings.initialMemory.declare(&layout, rows: rows, columns: columns)
        weighting =
            settings.initialFocus == .learned
            ? try layout.declare("memory.initial_focus", [heads.count, rows], .normal(deviation: 0.05)) : nil
        reads = try settings.initialReads.declare(&layout, count: settings.reads * columns)
        interfaceSize = settings.kernels.interfaceSize
        readSize = settings.reads * columns
    }

    /// Before write w comes read w, and before the last write all reads that are left.
    private static func heads(reads: Int, writes: Int) -> [Head] {
        (0..<writes).flatMap { write in
            let end = write == writes - 1 ? reads : min(write + 1, reads)
            return (min(write, reads)..<end).map { Head(writes: false, number: $0) }
                + [Head(writes: true, number: write)]
        }
    }

    /// Forward, heads take for each number of the memory: 2 for each head's similarity, 2 for a read, 4 for a write.
    ///
    /// Backward takes twice as many. Left out are the operations for each row alone, and the replay.
    var operations: Int { 3 * (4 * settings.reads + 6 * settings.writes) * settings.rows * settings.columns }

    var mostSteps: Int { Kernels.Turing.mostSteps }

    /// K: the memory is kept every K steps for the backward pass; 0 keeps none.
    ///
    /// In all there are T/K + K·W memories, fewest for K = √(T/W).
    func segment(steps: Int, mode: EpisodeMode) -> Int {
        guard mode == .training else { return 0 }
        if let segment = settings.segment { return min(segment, steps) }
        return max(1, Int((Double(steps) / Double(settings.writes)).squareRoot().rounded()))
    }

    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint {
        let (rows, columns) = (Double(settings.rows), Double(settings.columns))
        let weightings = Double(heads.count) * rows
        let workspace = settings.kernels.workspaceBytes(
            steps: steps, batch: batch, segment: segment(steps: steps, mode: mode))
        return Footprint(forward: workspace)
            + Footprint(
                floats: (memory == nil ? rows * columns : 0) + weightings,
                gradients: weighting == nil ? 0 : weightings)
    }

    func makeState(_ parameters: ParameterBuffer) -> any MemoryState { NTMMemoryState(self, parameters) }

    // MARK: Signals

    /// The weighting and the activated parameters of each head; then what the memory holds.
    var signals: [Signal] {
        heads.indices.flatMap(signals) + [
            Signal("memory", .contents, [.rows(settings.rows), .columns(settings.columns)])
        ]
    }

    private func signals(head: Int) -> [Signal] {
        let (writes, count) = (heads[head].writes, heads[head].writes ? settings.writes : settings.reads)
        let name = (writes ? "write" : "read") + (count > 1 ? " \(heads[head].number + 1)" : "")
        let (rows, columns) = ([Signal.Axis.rows(settings.rows)], [Signal.Axis.columns(settings.columns)])
        func signal(_ suffix: String, _ role: Signal.Role, _ axes: [Signal.Axis] = []) -> Signal {
            Signal("\(name) \(suffix)", role, axes, head: head)
        }
        let addressing = [
            signal("weighting", .weighting, rows), signal("gate", .gate), signal("key", .vector, columns),
            signal("key strength", .sharpness), signal("sharpening", .sharpness),
            signal("shift", .distribution, [.shifts(2 * settings.maximumShift + 1)]),
            signal("similarity", .vector, rows)
        ]
        return writes
            ? addressing + [signal("erase", .gate, columns), signal("add", .vector, columns)]
            : addressing + [signal("vector", .vector, columns)]
    }

    /// Of which head a signal is, and which of that head's; `nil` for what the memory holds.
    func place(ofSignal index: Int) -> (head: Int, place: Int)? {
        index < signalPlaces.count ? signalPlaces[index] : nil
    }
}

extension TuringMemory {
    /// The kernels for memories of these sizes.
    fileprivate var kernels: Kernels.Turing {
        Kernels.Turing(
            rows: rows, columns: columns, readHeads: reads, writeHeads: writes, maximumShift: maximumShift,
            clip: Float(clip ?? 0))
    }
}

/// A Turing memory's state in one shard.
final class NTMMemoryState: MemoryState {
    private let memory: NTMMemory
    private var settings: TuringMemory { memory.settings }
    private let parameters: ParameterBuffer
    private let kernels: Kernels.Turing
    /// Where all sequences start: memory (N, M), empty where it is trained, and weightings (R + W, N).
    ///
    /// Made by the first episode that starts there.
    private var fixedMemory: [Float] = []
    private var weighting: [Float] = []

    private var batch = 0
    private var done = 0
    /// Whether the episode began from snapshots: what was learned of the initial state gets no gradient then.
    private var isCarried = false
    private var ports: MemoryPorts?
    private var gradients: MemoryPorts?

    init(_ memory: NTMMemory, _ parameters: ParameterBuffer) {
        self.memory = memory
        self.parameters = parameters
        kernels = memory.settings.kernels
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
        makeStart()
        if let parameter = memory.weighting { weighting = softmax(of: parameter) }
        let learned = memory.memory.map { UnsafePointer(parameters[$0]) }
        fixedMemory.withUnsafeBufferPointer { fixed in
            guard let start = learned ?? fixed.baseAddress else { preconditionFailure("a memory has rows") }
            kernels.begin(steps: steps, batch: batch, segment: segment, memory: start, focus: weighting)
        }
        ports.writeInitialReads(memory.reads, parameters, batch: batch, width: memory.readSize)
    }

    /// Makes the initial memory and weightings that are not trained.
    private func makeStart() {
        guard weighting.isEmpty else { return }
        let (rows, columns) = (settings.rows, settings.columns)
        weighting = (0..<memory.heads.count * rows).map { $0 % rows == 0 ? 1 : 0 }
        fixedMemory = settings.initialMemory.fixedRows(rows, columns: columns)
    }

    func save(sequence: Int, to snapshot: inout Snapshot) {
        let state = kernels.save(element: sequence)
        snapshot.set("ntm/rows", state.memory)
        snapshot.set("ntm/norms", state.norms)
        snapshot.set("ntm/weightings", state.focus)
    }

    private func restore(_ snapshot: Snapshot, _ sequence: Int) throws {
        let (rows, columns) = (settings.rows, settings.columns)
        let state = Kernels.Turing.State(
            memory: try snapshot.array("ntm/rows", count: rows * columns),
            norms: try snapshot.array("ntm/norms", count: rows),
            focus: try snapshot.array("ntm/weightings", count: memory.heads.count * rows))
        kernels.restore(state, element: sequence)
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

    func accumulateGradients(into target: ParameterBuffer) {
        if isCarried { return }
        var gradient = [Float](repeating: 0, count: memory.weighting == nil ? 0 : weighting.count)
        gradient.withUnsafeMutableBufferPointer { gradient in
            kernels.finishBackward(
                memoryGradient: memory.memory.map { target[$0] },
                focusGradient: memory.weighting == nil ? nil : gradient.baseAddress)
        }
        if let parameter = memory.weighting { addSoftmaxGradient(gradient, to: target[parameter]) }
        if let reads = memory.reads, let gradients {
            Kernels.addRows(of: gradients.reads, into: target[reads], rows: batch, columns: memory.readSize)
        }
    }

    // MARK: Initial weightings

    /// Each head's row through a softmax.
    private func softmax(of parameter: Parameter) -> [Float] {
        var weights: [Float] = []
        for head in memory.heads.indices {
            let logits = UnsafeBufferPointer(
                start: parameters[parameter] + head * settings.rows, count: settings.rows)
            let largest = logits.max() ?? 0
            let powers = logits.map { exp(Double($0 - largest)) }
            let sum = powers.reduce(0, +)
            weights += powers.map { Float($0 / sum) }
        }
        return weights
    }

    /// dL/dlogit_i = w_i (dL/dw_i − Σ_j w_j dL/dw_j).
    private func addSoftmaxGradient(_ gradient: [Float], to target: UnsafeMutablePointer<Float>) {
        for head in memory.heads.indices {
            let range = head * settings.rows..<(head + 1) * settings.rows
            let mean = range.reduce(0.0) { $0 + Double(weighting[$1]) * Double(gradient[$1]) }
            for index in range {
                target[index] += Float(Double(weighting[index]) * (Double(gradient[index]) - mean))
            }
        }
    }

    // MARK: Looking at it

    func value(of signal: Int, sequence: Int) -> SignalValue {
        guard let (head, place) = memory.place(ofSignal: signal) else {
            return SignalValue(kernels.memory(element: sequence))
        }
        let parameters = kernels.head(step: done - 1, element: sequence, head: head)
        switch place {
        case 7:
            let kind = memory.heads[head]
            return SignalValue(kind.writes ? parameters.erase : read(kind.number, sequence))
        case 8: return SignalValue(parameters.add)
        case 0: return SignalValue(Array(kernels.focus(step: done - 1, element: sequence, head: head)))
        case 1: return SignalValue(parameters.gate)
        case 2: return SignalValue(parameters.key)
        case 3: return SignalValue(parameters.keyStrength)
        case 4: return SignalValue(parameters.sharpening)
        case 5: return SignalValue(parameters.shift)
        default: return SignalValue(parameters.similarity)
        }
    }

    /// What a read head, by its number among these, has read in the step done last.
    private func read(_ number: Int, _ sequence: Int) -> [Float] {
        let columns = number * settings.columns..<(number + 1) * settings.columns
        return ports?.read(step: done, batch: batch, sequence: sequence, columns: columns) ?? []
    }
}

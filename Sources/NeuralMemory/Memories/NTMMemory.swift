// The memory of the Neural Turing machine at run time, over the fused kernels.

import Foundation

/// The Turing memory's sizes and parameters.
struct NTMMemory: Memory {
    let settings: TuringMemory
    let memory: Parameter?
    let weighting: Parameter?
    let reads: Parameter?
    let interfaceSize: Int
    let readSize: Int
    let interfaceBias: [Float] = []

    init(_ settings: TuringMemory, _ layout: inout ParameterLayout) throws {
        self.settings = settings
        let (rows, columns, heads) = (settings.rows, settings.columns, 2 * settings.heads)
        memory = try settings.initialMemory.declare(&layout, rows: rows, columns: columns)
        weighting =
            settings.initialFocus == .learned
            ? try layout.declare("memory.initial_focus", [heads, rows], .normal(deviation: 0.05)) : nil
        reads = try settings.initialReads.declare(&layout, count: settings.heads * columns)
        interfaceSize = settings.kernels.interfaceSize
        readSize = settings.heads * columns
    }

    /// Forward, each pair of heads takes for each number of the memory: 2 for each head's similarity, 2 for the read, 4
    /// for the write.
    ///
    /// Backward takes twice as many. Left out are the operations for each row alone, and the replay.
    var operations: Int { 30 * settings.heads * settings.rows * settings.columns }

    var mostSteps: Int { Kernels.Turing.mostSteps }

    /// K: the memory is kept every K steps for the backward pass; 0 keeps none.
    ///
    /// In all there are T/K + K·P memories, fewest for K = √(T/P).
    func segment(steps: Int, mode: EpisodeMode) -> Int {
        guard mode == .training else { return 0 }
        if let segment = settings.segment { return min(segment, steps) }
        return max(1, Int((Double(steps) / Double(settings.heads)).squareRoot().rounded()))
    }

    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint {
        let (rows, columns) = (Double(settings.rows), Double(settings.columns))
        let weightings = 2 * Double(settings.heads) * rows
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
        (0..<2 * settings.heads).flatMap(signals) + [
            Signal("memory", .contents, [.rows(settings.rows), .columns(settings.columns)])
        ]
    }

    private func signals(head: Int) -> [Signal] {
        let name = (head % 2 == 0 ? "read" : "write") + (settings.heads > 1 ? " \(head / 2 + 1)" : "")
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
        return head % 2 == 0
            ? addressing + [signal("vector", .vector, columns)]
            : addressing + [signal("erase", .gate, columns), signal("add", .vector, columns)]
    }

    /// How many signals a pair of heads has: those that both have, what is read, what is erased and added.
    static let pairSignals = 7 + 1 + 7 + 2
}

extension TuringMemory {
    /// The kernels for memories of these sizes.
    fileprivate var kernels: Kernels.Turing {
        Kernels.Turing(
            rows: rows, columns: columns, pairs: heads, maximumShift: maximumShift, clip: Float(clip ?? 0))
    }
}

/// A Turing memory's state in one shard.
final class NTMMemoryState: MemoryState {
    private let memory: NTMMemory
    private var settings: TuringMemory { memory.settings }
    private let parameters: ParameterBuffer
    private let kernels: Kernels.Turing
    /// Where all sequences start: memory (N, M), empty where it is trained, and weightings (2P, N).
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
        weighting = (0..<2 * settings.heads * rows).map { $0 % rows == 0 ? 1 : 0 }
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
            focus: try snapshot.array("ntm/weightings", count: 2 * settings.heads * rows))
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
        for head in 0..<2 * settings.heads {
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
        for head in 0..<2 * settings.heads {
            let range = head * settings.rows..<(head + 1) * settings.rows
            let mean = range.reduce(0.0) { $0 + Double(weighting[$1]) * Double(gradient[$1]) }
            for index in range {
                target[index] += Float(Double(weighting[index]) * (Double(gradient[index]) - mean))
            }
        }
    }

    // MARK: Looking at it

    func value(of signal: Int, sequence: Int) -> SignalValue {
        let (pair, place) = signal.quotientAndRemainder(dividingBy: NTMMemory.pairSignals)
        if pair == settings.heads { return SignalValue(kernels.memory(element: sequence)) }
        if place == 7 { return SignalValue(read(pair, sequence)) }
        let head = 2 * pair + (place < 7 ? 0 : 1)
        let parameters = kernels.head(step: done - 1, element: sequence, head: head)
        switch place < 7 ? place : place - 8 {
        case 7: return SignalValue(parameters.erase)
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

    /// What the reading head of a pair has read in the step done last.
    private func read(_ pair: Int, _ sequence: Int) -> [Float] {
        let columns = pair * settings.columns..<(pair + 1) * settings.columns
        return ports?.read(step: done, batch: batch, sequence: sequence, columns: columns) ?? []
    }
}

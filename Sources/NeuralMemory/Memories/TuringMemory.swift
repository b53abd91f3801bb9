// The memory of the Neural Turing machine (Graves et al. 2014): rows addressed by content and by location.

import Foundation

/// Settings of a Turing memory with pairs of heads; each pair reads, then writes.
public struct TuringMemory: MemoryKind {
    public static let kind = "ntm"
    public static let summary =
        "Turing machine's memory: rows read and written through heads that focus by content and shift"

    /// How the memory's rows start.
    public enum InitialMemory: String, Codable, Sendable, CaseIterable {
        /// All numbers are 1e-6 (Collier & Beel 2018: the quickest to train).
        case constant
        /// Trained.
        case learned
        /// Normal with deviation 1/√columns, the same in every network of the same size, not trained.
        case random
    }

    /// Where heads look before the first step.
    public enum InitialFocus: String, Codable, Sendable, CaseIterable {
        /// At row 0.
        case oneHot = "one-hot"
        /// The softmax of trained numbers.
        case learned
    }

    /// What the controller gets as r_0.
    public enum InitialReads: String, Codable, Sendable, CaseIterable {
        case zero
        case learned
    }

    /// N.
    public var rows = 128
    /// M, numbers in a row.
    public var columns = 20
    /// P, pairs of a read head and a write head.
    public var heads = 1
    /// Heads shift by at most so many rows in a step, in either direction.
    public var maximumShift = 1
    /// Raw head parameters are limited to ±clip; without it they are left as they are.
    public var clip: Double?
    public var initialMemory: InitialMemory = .constant
    public var initialFocus: InitialFocus = .oneHot
    public var initialReads: InitialReads = .zero
    /// Steps between two memories kept for the backward pass, which replays the writes in between; without it the
    /// memory chooses. Results do not depend on it.
    public var segment: Int?

    public init() {}

    public init(rows: Int, columns: Int, heads: Int = 1) {
        self.rows = rows
        self.columns = columns
        self.heads = heads
    }

    public func makeMemory(_ parameters: Parameters) throws -> any Memory {
        try require("network.memory.rows", rows, in: 1...largestSize)
        try require("network.memory.columns", columns, in: 1...largestSize)
        try require("network.memory.heads", heads, in: 1...256)
        guard 0...(rows - 1) / 2 ~= maximumShift else {
            throw ConfigurationError(
                field: "network.memory.maximumShift", value: maximumShift,
                allowed: "from 0 to \((rows - 1) / 2), so that its 2n+1 shifts fit the \(rows) memory rows")
        }
        if let clip, !(clip > 0 && clip <= 1e6) {
            throw ConfigurationError(
                field: "network.memory.clip", value: clip, allowed: "above 0 and at most 1000000, or null for none")
        }
        try require("network.memory.segment", segment, in: 1...Int.max)
        try requireMemory(
            "network.memory.rows", rows, bytes: 4 * Double(rows) * Double(columns + 2 * heads),
            allowed: "smaller, for one memory of \(columns) columns and its heads' focuses")
        return try TuringMachine(self, parameters)
    }

    public var rowCount: Int? { rows }

    public func withRowCount(_ rows: Int) throws -> TuringMemory {
        func fail(_ setting: String, _ allowed: String) -> ConfigurationError {
            ConfigurationError(
                field: "network.memory.\(setting)", value: "learned",
                allowed: "\(allowed) for another number of rows than the \(self.rows) trained with: what is learned "
                    + "here is a number for each row")
        }
        if initialMemory == .learned, rows != self.rows { throw fail("initialMemory", "constant or random") }
        if initialFocus == .learned, rows != self.rows { throw fail("initialFocus", "one-hot") }
        var changed = self
        changed.rows = rows
        return changed
    }

    public static let usualOutputSource = OutputConfiguration.Source.controllerAndReads
}

extension TuringMemory: FormerSentinels {
    public static let formerSentinels = ["clip": 0.0, "segment": 0]
}

/// The Turing memory at run time, over the fused kernels.
final class TuringMachine: Memory {
    private static let constant: Float = 1e-6

    private let settings: TuringMemory
    private let kernels: Kernels.Turing
    private let memoryParameter: Parameter?
    private let focusParameter: Parameter?
    private let readsParameter: Parameter?
    /// (N, M) and (2P, N): where all sequences start. Made by the first episode; of the memory only where it is not trained.
    private var fixedMemory: [Float] = []
    private var focus: [Float] = []

    private var batch = 0
    /// The number that the kernels give to step 0: above 0 where the episode goes on from an earlier one.
    private var firstStep = 0
    private var interface: Rows?
    private var reads: Rows?
    private var interfaceGradients: Rows?
    private var readGradients: Rows?

    init(_ settings: TuringMemory, _ parameters: Parameters) throws {
        self.settings = settings
        let (rows, columns, focusCount) = (settings.rows, settings.columns, 2 * settings.heads)
        kernels = Kernels.Turing(
            rows: rows, columns: columns, pairs: settings.heads, maximumShift: settings.maximumShift,
            clip: Float(settings.clip ?? 0))
        let deviation = 1 / Double(columns).squareRoot()
        memoryParameter =
            settings.initialMemory == .learned
            ? try parameters.declare("memory.initial_memory", [rows, columns], .normal(deviation: deviation)) : nil
        focusParameter =
            settings.initialFocus == .learned
            ? try parameters.declare("memory.initial_focus", [focusCount, rows], .normal(deviation: 0.05)) : nil
        readsParameter =
            settings.initialReads == .learned
            ? try parameters.declare("memory.initial_reads", [settings.heads * columns], .normal(deviation: 0.05)) : nil
    }

    /// Where memory and focus start, unless that is trained.
    private func makeStart() {
        guard focus.isEmpty else { return }
        let (rows, columns) = (settings.rows, settings.columns)
        focus = (0..<2 * settings.heads * rows).map { $0 % rows == 0 ? 1 : 0 }
        switch settings.initialMemory {
        case .constant: fixedMemory = Array(repeating: Self.constant, count: rows * columns)
        case .learned: break
        case .random:
            var generator = RandomGenerator(seed: 0)
            let deviation = 1 / Double(columns).squareRoot()
            fixedMemory = (0..<rows * columns).map { _ in Float(deviation * generator.normal()) }
        }
    }

    var interfaceSize: Int { kernels.interfaceSize }
    var readSize: Int { settings.heads * settings.columns }
    var interfaceBias: [Float] { [] }

    /// Of each pair forward, for each number of the memory: 2 for each head's similarity, 2 for the read, 4 for the write.
    /// Backward has two products for each forward one. What is linear in N alone is left out, and so is the replay.
    var operations: Int { 30 * settings.heads * settings.rows * settings.columns }

    /// What is kept costs T/K + K·P memories: least at K = √(T/P).
    private func bestSegment(steps: Int) -> Int {
        max(1, Int((Double(steps) / Double(settings.heads)).squareRoot().rounded()))
    }

    /// K, at most T.
    private func segment(steps: Int) -> Int {
        settings.segment.map { min($0, steps) } ?? bestSegment(steps: steps)
    }

    var mostSteps: Int { Kernels.Turing.mostSteps }

    func footprint(steps: Int, batch: Int) -> Footprint {
        let (rows, columns) = (Double(settings.rows), Double(settings.columns))
        let focuses = 2 * Double(settings.heads) * rows
        let workspace = kernels.workspaceBytes(steps: steps, batch: batch, segment: segment(steps: steps))
        return Footprint(forward: workspace)
            + Footprint(
                floats: (memoryParameter == nil ? rows * columns : 0) + focuses,
                gradients: focusParameter == nil ? 0 : focuses)
    }

    func begin(steps: Int, batch: Int, interface: Rows, reads: Rows) {
        self.batch = batch
        firstStep = 0
        self.interface = interface
        self.reads = reads
        makeStart()
        if let focusParameter { focus = softmax(of: focusParameter) }
        let memory = memoryParameter.map { UnsafePointer($0.value) }
        fixedMemory.withUnsafeBufferPointer { fixed in
            guard let start = memory ?? fixed.baseAddress else { preconditionFailure("a memory has rows") }
            kernels.begin(steps: steps, batch: batch, segment: segment(steps: steps), memory: start, focus: focus)
        }
        if let readsParameter {
            Kernels.broadcast(readsParameter.value, into: reads, rows: batch, columns: readSize)
        } else {
            Kernels.zero(reads, rows: batch, columns: readSize)
        }
    }

    func forward(steps: Range<Int>) {
        guard let interface, let reads else { return }
        let shift = -firstStep * batch
        kernels.forward(
            steps: steps.lowerBound + firstStep..<steps.upperBound + firstStep,
            interface: interface.advanced(by: shift).pointer, reads: reads.advanced(by: batch + shift))
    }

    let carriedSteps = 0

    /// The step after a segment is the first that can start from a memory for each sequence. There is no way back, which the
    /// setting's segment is for.
    func proceed(steps: Int, rows: [Int], interface: Rows, reads: Rows) {
        firstStep = bestSegment(steps: steps)
        batch = rows.count
        self.interface = interface
        self.reads = reads
        kernels.proceed(steps: firstStep + steps, segment: firstStep, rows: rows)
    }

    func beginBackward(interfaceGradients: Rows, readGradients: Rows) {
        self.interfaceGradients = interfaceGradients
        self.readGradients = readGradients
        kernels.beginBackward()
    }

    func backward(steps: Range<Int>) {
        guard let interface, let interfaceGradients, let readGradients else { return }
        kernels.backward(
            steps: steps, interface: interface.pointer,
            readGradients: readGradients.advanced(by: batch),
            interfaceGradients: interfaceGradients.pointer)
    }

    func finishBackward() {
        var focusGradient = [Float](repeating: 0, count: focusParameter == nil ? 0 : focus.count)
        focusGradient.withUnsafeMutableBufferPointer { gradient in
            kernels.finishBackward(
                memoryGradient: memoryParameter?.gradient,
                focusGradient: focusParameter == nil ? nil : gradient.baseAddress)
        }
        if let focusParameter { addSoftmaxGradient(focusGradient, to: focusParameter) }
        if let readsParameter, let readGradients {
            Kernels.addRows(of: readGradients, into: readsParameter.gradient, rows: batch, columns: readSize)
        }
    }

    // MARK: Looking at it

    func trace(step: Int, sequence: Int, largest: Int) -> MemoryTrace {
        guard let interface else { return MemoryTrace(figures: [], focuses: []) }
        let raw = interface.advanced(by: step * batch + sequence).pointer
        let heads = (0..<2 * settings.heads).map { head in
            let name = (head % 2 == 0 ? "read" : "write") + (settings.heads > 1 ? " \(head / 2 + 1)" : "")
            let weights = kernels.focus(step: firstStep + step, element: sequence, head: head)
            return MemoryTrace.Focus(
                name: name, weights: weights.enumerated().map { (place: "\($0)", weight: Double($1)) }, largest: largest
            )
        }
        let figures = heads.enumerated().map { head, focus in
            MemoryTrace.Figure(name: focus.name + " gate", value: gate(raw, head: head))
        }
        return MemoryTrace(figures: figures, focuses: heads)
    }

    /// g of a head: 1 where it looks for content, 0 where it stays with its last focus. Raw parameters of a head are
    /// [k | β | g | s | γ], and of a write head [e | a] besides.
    private func gate(_ raw: UnsafePointer<Float>, head: Int) -> Double {
        let readSize = settings.columns + 2 * settings.maximumShift + 4
        let pairSize = 2 * readSize + 2 * settings.columns
        let place = head / 2 * pairSize + head % 2 * readSize + settings.columns + 1
        let value = Double(raw[place])
        let limit = settings.clip ?? .infinity
        return 1 / (1 + exp(-min(max(value, -limit), limit)))
    }

    /// Each head's row through a softmax.
    private func softmax(of parameter: Parameter) -> [Float] {
        var weights: [Float] = []
        for head in 0..<2 * settings.heads {
            let logits = UnsafeBufferPointer(start: parameter.value + head * settings.rows, count: settings.rows)
            let largest = logits.max() ?? 0
            let powers = logits.map { exp(Double($0 - largest)) }
            let sum = powers.reduce(0, +)
            weights += powers.map { Float($0 / sum) }
        }
        return weights
    }

    /// dL/dlogit_i = w_i (dL/dw_i − Σ_j w_j dL/dw_j).
    private func addSoftmaxGradient(_ gradient: [Float], to parameter: Parameter) {
        for head in 0..<2 * settings.heads {
            let range = head * settings.rows..<(head + 1) * settings.rows
            let mean = range.reduce(0.0) { $0 + Double(focus[$1]) * Double(gradient[$1]) }
            for index in range {
                parameter.gradient[index] += Float(Double(focus[index]) * (Double(gradient[index]) - mean))
            }
        }
    }
}

// DNCBatch.swift: random episodes of whole batches for the tests of the differentiable neural computer's kernels, and
// the reference's answer to them.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// One episode of a whole batch: sizes, inputs and the gradient of the reads; all numbers are Floats.
///
/// All of it follows from the seed.
struct DNCBatch {
    /// How all batch elements begin.
    enum Start {
        /// With one random memory, by `ck_dnc_begin`: all usages are 0 in the first step, and its first row is taken.
        case usual
        /// Each with a random state of its own, by `ck_dnc_restore`.
        case restored
    }

    var start: Start
    var elements: [DNCCase]
    let steps: Int
    let seed: UInt64

    /// Draws an episode.
    ///
    /// - `limit`: Raw parameters are uniform in [-limit, limit).
    /// - `mayTie`: Whether usages may nearly tie. If not, elements are drawn again until the usages of all rows lie
    ///   apart, by far more than their errors, in all steps but the first of the usual start: where usages cross, the
    ///   order of allocation changes, and results jump.
    init(
        _ memory: ReferenceDNC, batch: Int = 1, steps: Int = 3, start: Start = .restored, limit: Double = 2,
        mayTie: Bool = false, seed: UInt64
    ) {
        self.start = start
        self.steps = steps
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        let first = DNCCase(memory, steps: steps, limit: limit, seed: seed).inputs.initial.memory
        elements = (0..<batch).map { _ in
            for _ in 0..<200 {
                var element = DNCCase(memory, steps: steps, limit: limit, seed: random.next())
                if start == .usual { element.inputs.initial = memory.initialState(memory: first) }
                element.round()
                if mayTie || element.usagesLieApart(start) { return element }
            }
            preconditionFailure("usages nearly tie in 200 cases of \(memory), seed \(seed)")
        }
    }

    /// The reference of this shape.
    var reference: ReferenceDNC { elements[0].memory }
    var batch: Int { elements.count }
    var rows: Int { reference.rows }
    var columns: Int { reference.columns }
    var heads: Int { reference.readHeads }
    /// R * M, the numbers read in one step.
    var readSize: Int { heads * columns }

    /// What a failure prints.
    var description: String {
        "rows \(rows), columns \(columns), heads \(heads), batch \(batch), steps \(steps), \(reference.settings), "
            + "\(start) start, seed \(seed)"
    }

    /// Raw interface vectors, shape (T, B, I).
    var interface: [Float] { interleaved(elements.map(\.inputs.interface), reference.interfaceSize) }
    /// dL/dr, shape (T, B, R * M).
    var readGradients: [Float] { interleaved(elements.map(\.readGradients), readSize) }

    /// (T, B, width) from (T, width) of each batch element.
    private func interleaved(_ arrays: [[Double]], _ width: Int) -> [Float] {
        (0..<steps).flatMap { step in arrays.flatMap { $0[step * width..<(step + 1) * width].map { Float($0) } } }
    }

    /// One batch element's rows of a (T, B, width) array.
    func rows(of array: [Float], width: Int, _ element: Int) -> [Float] {
        selectRows(of: array, width: width, batch: batch, steps: 0..<steps, elements: [element])
    }

    /// The shape that kernels take.
    func shape(segment: Int, steps: Int? = nil, batch: Int? = nil) -> ck_dnc_shape {
        let settings = reference.settings
        func flag(_ isOn: Bool) -> Int32 { isOn ? 1 : 0 }
        return ck_dnc_shape(
            steps: steps ?? self.steps, batch: batch ?? self.batch, rows: rows, columns: columns, heads: heads,
            segment: segment, stops_usage_gradient: flag(settings.stopsUsageGradient),
            floors_usage: flag(settings.floorsUsage), smooths_cosine: flag(settings.smoothsCosine),
            masks: flag(settings.masksKeys), deallocates: flag(settings.deallocates),
            sharpens: flag(settings.sharpensLinks))
    }

    /// What the reference gives for one batch element, and how far a kernel's results may be from it.
    func expected(_ element: Int) -> DNCExpectation {
        let episode = elements[element]
        let (results, bounds) = ErrorBound.conditioned(ErrorBound.Factor.dnc, seed: seed) { nudged in
            let inputs = episode.inputs.with(nudged(episode.inputs.numbers))
            let trace = reference.forward(inputs, rounded: nudged)
            let gradients = reference.backward(inputs, trace, readGradients: nudged(episode.readGradients))
            let state = trace.finalState
            return [trace.reads, state.memory, state.links, gradients.interface, gradients.initial.memory]
                + DNCSignal.all.map { $0.of(trace) }
        }
        return DNCExpectation(zip(results, bounds).map { Bounded(numbers: $0, bound: $1) })
    }
}

extension DNCCase {
    /// Makes all numbers Floats.
    fileprivate mutating func round() {
        inputs = inputs.with(inputs.numbers.floats.doubles)
        readGradients = readGradients.floats.doubles
    }

    /// Whether no two usages are nearer than some hundred times their errors; those of the usual start are small.
    fileprivate func usagesLieApart(_ start: DNCBatch.Start) -> Bool {
        let trace = memory.forward(inputs)
        let isUsual = start == .usual
        return trace.usageMargin(steps: (isUsual ? 1 : 0)..<trace.stages.count) > (isUsual ? 1e-6 : 1e-5)
    }
}

/// A vector of N that each step computes, or one for each read head: where the kernels show it, and how the reference
/// keeps it.
struct DNCSignal: Sendable {
    let name: String
    let isOfHeads: Bool
    let shown: @Sendable (ck_dnc_values) -> UnsafePointer<Float>
    /// From a step's stages and the state after it.
    let kept: @Sendable (ReferenceDNC.Stages, ReferenceDNC.State) -> [Double]

    /// The reference's of all steps.
    func of(_ trace: ReferenceDNC.Trace) -> [Double] {
        zip(trace.stages, trace.states.dropFirst()).flatMap { kept($0, $1) }
    }

    /// The kernel's of one step: (N), or (R, N).
    func of(_ values: ck_dnc_values, rows: Int, heads: Int) -> [Float] {
        (0..<(isOfHeads ? heads : 1)).flatMap { head in
            UnsafeBufferPointer(start: shown(values) + head * values.stride, count: rows)
        }
    }

    static let usage = DNCSignal(name: "usage", isOfHeads: false, shown: { $0.usage }, kept: { $1.usage })
    static let allocation = DNCSignal(
        name: "allocation", isOfHeads: false, shown: { $0.allocation }, kept: { stages, _ in stages.allocation })
    static let precedence = DNCSignal(
        name: "precedence", isOfHeads: false, shown: { $0.precedence }, kept: { $1.precedence })
    static let write = DNCSignal(name: "write", isOfHeads: false, shown: { $0.write }, kept: { $1.writeWeighting })
    static let reads = DNCSignal(name: "reads", isOfHeads: true, shown: { $0.reads }, kept: { $1.readWeightings })

    static let all: [DNCSignal] = [
        usage, allocation, precedence, write, reads,
        DNCSignal(
            name: "retention", isOfHeads: false, shown: { $0.retention }, kept: { stages, _ in stages.retention }),
        DNCSignal(
            name: "backward", isOfHeads: true, shown: { $0.backward },
            kept: { stages, _ in stages.readings.flatMap(\.linkedBackward) }),
        DNCSignal(
            name: "forward", isOfHeads: true, shown: { $0.forward },
            kept: { stages, _ in stages.readings.flatMap(\.linkedForward) })
    ]
}

/// The reference's results for one batch element.
struct DNCExpectation {
    /// r (T, R * M), the last memory (N, M) and links (N, N), and gradients of the raw interface (T, I) and of the
    /// first memory.
    let reads, memory, links, dInterface, dMemory: Bounded
    /// Of each of `DNCSignal.all`, (T, N) or (T, R, N).
    let signals: [Bounded]

    init(_ arrays: [Bounded]) {
        (reads, memory, links, dInterface, dMemory) = (arrays[0], arrays[1], arrays[2], arrays[3], arrays[4])
        signals = Array(arrays[5...])
    }
}

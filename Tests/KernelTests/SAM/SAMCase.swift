// SAMCase.swift: random episodes for the sparse access memory's tests, the reference's answer to them, and one episode
// through the kernels, between guards.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// One episode of a whole batch: sizes, inputs and the gradient of the reads.
///
/// All of it follows from the seed.
struct SAMCase {
    var rows, columns, heads, neighbors, batch, steps: Int
    var threshold: Float = 0.005
    var initial: Float = 0.1
    /// K_L; 0 for none.
    var links: Int
    var seed: UInt64
    /// Raw interface vectors, shape (T, B, I).
    var interface: [Float] = []
    /// dL/dr, shape (T, B, P * M).
    private(set) var readGradients: [Float] = []

    /// Draws an episode, whose raw parameters are uniform in [-2, 2).
    init(
        rows: Int, columns: Int, heads: Int = 1, neighbors: Int, batch: Int = 1, steps: Int = 3, links: Int = 0,
        seed: UInt64
    ) {
        self.rows = rows
        self.columns = columns
        self.heads = heads
        self.neighbors = neighbors
        self.batch = batch
        self.steps = steps
        self.links = links
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        interface = random.floats(steps * batch * interfaceSize, limit: 2)
        readGradients = random.floats(steps * batch * readSize)
    }

    /// Random sizes, odd ones among them; half of them with links.
    static func random(_ random: inout SeededGenerator, seed: UInt64, steps: Range<Int>) -> SAMCase {
        let rows = random.integer(1..<70)
        return SAMCase(
            rows: rows, columns: random.integer(1..<40), heads: random.integer(1..<min(7, rows + 1)),
            neighbors: random.integer(1..<min(9, rows + 1)), batch: random.integer(1..<6),
            steps: random.integer(steps), links: random.chance(0.5) ? random.integer(1..<10) : 0, seed: seed)
    }

    /// P * M, the length of one read vector.
    var readSize: Int { heads * columns }
    /// I.
    var interfaceSize: Int { reference.interfaceSize }

    /// The reference of this shape.
    var reference: ReferenceSAM {
        ReferenceSAM(
            rows: rows, columns: columns, heads: heads, neighbors: neighbors, accessThreshold: Double(threshold),
            links: links)
    }

    /// S, the most rows that a head reads.
    var readsOfHead: Int { links > 0 ? 3 * neighbors : neighbors }

    /// What a failure prints.
    var description: String {
        "rows \(rows), columns \(columns), heads \(heads), neighbors \(neighbors), batch \(batch), steps \(steps), "
            + "links \(links), seed \(seed)"
    }

    /// What the reference gives for one batch element, and how far a kernel's results may be from it.
    func expected(_ element: Int) -> SAMExpectation {
        func inputs(_ nudged: ([Double]) -> [Double]) -> ReferenceSAM.Inputs {
            ReferenceSAM.Inputs(
                interface: nudged(rows(of: interface, width: interfaceSize, element).doubles),
                initial: reference.initialState(Double(initial)))
        }
        let trace = reference.forward(inputs { $0 })
        let dReads = rows(of: readGradients, width: readSize, element).doubles
        let (results, bounds) = ErrorBound.conditioned(ErrorBound.Factor.sam, seed: seed) { nudged in
            let inputs = inputs(nudged)
            let trace = reference.forward(inputs, choices: trace.choices, rounded: nudged)
            let gradients = reference.backward(inputs, trace, readGradients: nudged(dReads))
            let last = trace.finalState
            return [
                trace.reads, last.memory, last.readWeightings, gradients.interface, last.links, last.precedence
            ]
        }
        return SAMExpectation(
            trace: trace, arrays: zip(results, bounds).map { Bounded(numbers: $0, bound: $1) })
    }

    /// One batch element's rows of a (T, B, width) array.
    func rows(of array: [Float], width: Int, _ element: Int) -> [Float] {
        selectRows(of: array, width: width, batch: batch, steps: 0..<steps, elements: [element])
    }
}

/// The reference's results for one batch element.
struct SAMExpectation {
    let trace: ReferenceSAM.Trace
    /// r (T, P * M), the last memory (N, M), the last w^R (P, N), gradients of the raw interface (T, I); with links the
    /// last L (P, N, N) and p (P, N).
    let arrays: [Bounded]

    /// Whether roundings decide which rows are chosen.
    var isClose: Bool { trace.margin < 1e-4 }

    /// The rows' ranks after the last step, as the kernels count them.
    var ranks: [Int32] {
        let access = trace.finalState.lastAccess
        let order = access.indices.filter { access[$0] != nil }.sorted { (access[$0]!, $0) < (access[$1]!, $1) }
        var ranks = [Int32](repeating: 0, count: access.count)
        for (rank, row) in order.enumerated() { ranks[row] = Int32(rank + 1) }
        return ranks
    }
}

/// What one batch element's memory holds: touched rows (R, M), their norms (R) and ranks (R); the last read's neighbors
/// and weights (P, S); with links these (P, R, K_L), and the precedence (P, K_L), as rows and weights.
struct SAMState: Equatable {
    var memory, norms: [Float]
    var ranks, neighbors: [Int32]
    var weights: [Float]
    var links, precedence: [Int32]
    var linkWeights, precedenceWeights: [Float]

    /// All numbers, for comparisons of bits.
    var everything: [Float] {
        memory + norms + (ranks + neighbors + links + precedence).map { Float($0) } + weights + linkWeights
            + precedenceWeights
    }
}

/// The workspace of one shape; may be used for one episode after another.
final class SAMWorkspace {
    let shape: ck_sam_shape
    private let allocation: GuardedArray<UInt64>
    let pointer: UnsafeMutableRawPointer

    /// - `steps`: The most steps; the episode's own unless given.
    /// - `carried`: How many rows a restored state may have besides.
    init(_ episode: SAMCase, hasTape: Bool = true, steps: Int? = nil, carried: Int = 0) {
        let rate = episode.heads * (episode.neighbors + 1)
        shape = ck_sam_shape(
            steps: (steps ?? episode.steps) + (carried + rate - 1) / rate, batch: episode.batch, rows: episode.rows,
            columns: episode.columns, heads: episode.heads, neighbors: episode.neighbors, has_tape: hasTape ? 1 : 0,
            threshold: episode.threshold, initial: episode.initial, links: episode.links)
        let words = (ck_sam_workspace_size(shape) + 7) / 8
        // Every byte set: not a number in any array, so that what is not initialised shows.
        allocation = GuardedArray(Array(repeating: UInt64.max, count: words + 1))
        // The guarded array starts 8 bytes off a boundary of 64; the contract promises 16.
        pointer = UnsafeMutableRawPointer(allocation.pointer + 1)
        precondition(Int(bitPattern: pointer) % 16 == 0)
    }

    var isIntact: Bool { allocation.isIntact }

    func save(_ element: Int) -> SAMState {
        let touched = ck_sam_touched(shape, pointer, element)
        let memory = GuardedArray<Float>.output(columns: touched * shape.columns)
        let norms = GuardedArray<Float>.output(columns: touched)
        let reads = shape.heads * ck_sam_reads(shape)
        let weights = GuardedArray<Float>.output(columns: reads)
        let ranks = GuardedArray(Array(repeating: Int32(-9), count: touched))
        let neighbors = GuardedArray(Array(repeating: Int32(-9), count: reads))
        let (linked, preceding) = (shape.heads * touched * shape.links, shape.heads * shape.links)
        let links = GuardedArray(Array(repeating: Int32(-9), count: linked))
        let linkWeights = GuardedArray<Float>.output(columns: linked)
        let precedence = GuardedArray(Array(repeating: Int32(-9), count: preceding))
        let precedenceWeights = GuardedArray<Float>.output(columns: preceding)
        ck_sam_save(
            shape, pointer, element, memory.pointer, norms.pointer, ranks.pointer, neighbors.pointer, weights.pointer)
        if shape.links > 0 {
            ck_sam_save_links(
                shape, pointer, element, links.pointer, linkWeights.pointer, precedence.pointer,
                precedenceWeights.pointer)
        }
        expectIntact(memory, norms, weights, ranks, neighbors, context: "\(shape)")
        expectIntact(links, linkWeights, precedence, precedenceWeights, context: "\(shape)")
        return SAMState(
            memory: memory.contents, norms: norms.contents, ranks: ranks.contents, neighbors: neighbors.contents,
            weights: weights.contents, links: links.contents, precedence: precedence.contents,
            linkWeights: linkWeights.contents, precedenceWeights: precedenceWeights.contents)
    }

    func restore(_ state: SAMState, _ element: Int) {
        ck_sam_restore(
            shape, pointer, element, state.norms.count, state.memory, state.norms, state.ranks, state.neighbors,
            state.weights)
        if shape.links > 0 {
            ck_sam_restore_links(
                shape, pointer, element, state.links, state.linkWeights, state.precedence, state.precedenceWeights)
        }
        expectNone(isIntact ? nil : "written beyond its bounds", "workspace", "\(shape)")
    }

    /// The memory (N, M) of one element.
    func memory(_ element: Int) -> [Float] {
        let memory = GuardedArray<Float>.output(columns: shape.rows * shape.columns)
        for row in 0..<shape.rows { ck_sam_row(shape, pointer, element, row, memory.pointer + row * shape.columns) }
        expectIntact(memory, context: "\(shape)")
        return memory.contents
    }

    /// What the heads of one element chose in each of these steps.
    func choices(_ element: Int, steps: Range<Int>) -> [[ReferenceSAM.Choice]] {
        steps.map { step in
            (0..<shape.heads).map { head in
                let got = ck_sam_head(shape, pointer, step, element, head)
                func linked(from first: Int) -> [Int] {
                    guard shape.links > 0 else { return [] }
                    return (first..<first + shape.neighbors).map { Int(got.places[$0]) }.filter { $0 >= 0 }
                        .map { Int(got.neighbors[$0]) }
                }
                return ReferenceSAM.Choice(
                    written: got.written, read: (0..<shape.neighbors).map { Int(got.neighbors[$0]) },
                    backward: linked(from: 0), forward: linked(from: shape.neighbors))
            }
        }
    }
}

/// Everything that the kernels give for one episode.
struct SAMRun {
    /// r, shape (T, B, P * M).
    var reads: [Float] = []
    /// The state of each element after the last step.
    var states: [SAMState] = []
    /// The memory (B, N, M) after the last step, and as the whole backward pass leaves it.
    var memory: [Float] = []
    var undoneMemory: [Float] = []
    /// dL/d(raw interface), shape (T, B, I).
    var dInterface: [Float] = []

    /// All numbers, for comparisons of bits.
    var everything: [Float] { reads + states.flatMap(\.everything) + memory + undoneMemory + dInterface }
}

extension SAMCase {
    /// Runs the episode forward and backward.
    ///
    /// - `stepsPerCall`: Steps in one kernel call; all of them unless given.
    /// - `elementsPerCall`: Batch elements in one kernel call, which go through all steps before the next ones begin;
    ///   all of them unless given.
    /// - `workspace`: Where to run; one of its own unless given.
    func run(
        stepsPerCall: Int? = nil, elementsPerCall: Int? = nil, workspace given: SAMWorkspace? = nil
    ) -> SAMRun {
        let workspace = given ?? SAMWorkspace(self)
        let shape = workspace.shape
        let spans = runs(of: batch, size: elementsPerCall ?? batch).flatMap { elements in
            runs(of: steps, size: stepsPerCall ?? steps).map { ck_span($0, elements) }
        }
        let interface = GuardedArray(self.interface)
        let reads = GuardedArray<Float>.output(
            rows: steps * batch, columns: readSize, leadingDimension: readSize + 3)
        var run = SAMRun()
        ck_sam_begin(shape, workspace.pointer)
        for span in spans {
            ck_sam_forward(shape, workspace.pointer, span, interface.pointer, reads.pointer, readSize + 3)
        }
        run.reads = reads.contents
        run.states = (0..<batch).map(workspace.save)
        run.memory = (0..<batch).flatMap(workspace.memory)

        let readGradients = GuardedArray(
            rows: steps * batch, columns: readSize, leadingDimension: readSize + 1, contents: self.readGradients)
        let dInterface = GuardedArray<Float>.output(columns: self.interface.count)
        ck_sam_begin_backward(shape, workspace.pointer)
        for span in spans.reversed() {
            ck_sam_backward(
                shape, workspace.pointer, span, interface.pointer, readGradients.pointer, readSize + 1,
                dInterface.pointer)
        }
        run.dInterface = dInterface.contents
        run.undoneMemory = (0..<batch).flatMap(workspace.memory)
        expectUnchanged(interface, readGradients, context: description)
        expectIntact(reads, dInterface, context: description)
        expectNone(workspace.isIntact ? nil : "written beyond its bounds", "workspace", description)
        return run
    }
}

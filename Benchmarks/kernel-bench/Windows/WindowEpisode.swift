// One batch of episodes of a stack, queue or deque, with its data, to be run forward and backward.

import CKernels
import NeuralMemory
import ReferenceKernels

/// Which memory, and how large.
struct WindowShape {
    let kind: ReferenceMemory.Kind
    let steps, batch, width: Int

    init(_ kind: ReferenceMemory.Kind, steps: Int, batch: Int, width: Int) {
        self.kind = kind
        self.steps = steps
        self.batch = batch
        self.width = width
    }

    var text: String { "T \(steps), B \(batch), M \(width)" }

    /// E, the ends with strengths and values of their own.
    var ends: Int { kind == .deque ? 2 : 1 }
    /// Push-pop-reads of one episode of the batch; a deque's two ends count as one.
    var operations: Int { steps * batch }
    /// Floats of values, of reads, and of the gradient of either.
    var valueCount: Int { operations * ends * width }
    var strengthCount: Int { operations * 2 * ends }
    /// What forward and backward must at least move: forward reads v and writes r; backward reads v and dr and writes
    /// dv; and the strengths and their gradients.
    var leastFloats: Int { 5 * valueCount + 2 * strengthCount }
    /// A read takes one entry at least: 2 for each of its numbers forward, 4 backward.
    var leastOperations: Int { 6 * valueCount }

    var kernelShape: ck_window_shape {
        let kinds: [ReferenceMemory.Kind: ck_window_kind] = [.stack: CK_STACK, .queue: CK_QUEUE, .deque: CK_DEQUE]
        return ck_window_shape(kind: kinds[kind]!, steps: steps, batch: batch, width: width)
    }

    /// All of it.
    var span: ck_span { ck_span(first_step: 0, end_step: steps, first: 0, end: batch) }
}

/// How strengths are drawn.
///
/// All are multiples of 2^-22, so that every sum and difference of the equations is exact in Float and in Double:
/// kernel and reference then take the same branch at each max and min.
enum StrengthRegime: String, CaseIterable {
    case random, phases

    var explanation: String {
        switch self {
        case .random: "push and pop strengths uniform in [0, 1), as before training"
        case .phases: "d in [0.95, 1) and u in [0, 0.05) for T/2 steps, then the reverse, as after training"
        }
    }

    /// One strength of step `step`.
    func draw(step: Int, of steps: Int, isPush: Bool, _ random: inout RandomGenerator) -> Float {
        let uniform = Float(random.next() >> 42) * 0x1p-22
        switch self {
        case .random: return uniform
        case .phases: return ((step < steps / 2) == isPush ? 0.95 : 0) + (uniform * 0x1p17).rounded(.down) * 0x1p-22
        }
    }
}

/// The large arrays, shared by episodes that run one after the other: all are written once before anything is timed, so
/// that no run pays for fresh pages.
final class WindowArena {
    let values, reads, dReads, dValues: FloatBuffer
    /// The floats of each array.
    let floats: Int

    init(floats: Int) {
        self.floats = floats
        values = FloatBuffer(zeros: floats)
        dReads = FloatBuffer(zeros: floats)
        reads = FloatBuffer(zeros: floats)
        dValues = FloatBuffer(zeros: floats)
        Self.fill(values, floats, seed: 1)
        Self.fill(dReads, floats, seed: 2)
    }

    /// Uniform in [-1, 1), with a period that is no multiple of any row's length.
    private static func fill(_ buffer: FloatBuffer, _ count: Int, seed: UInt64) {
        let period = FloatBuffer(min(count, 1_000_003), -1, 1, seed: seed)
        for start in stride(from: 0, to: count, by: period.capacity) {
            (buffer.pointer + start).update(from: period.pointer, count: min(period.capacity, count - start))
        }
    }
}

final class WindowEpisode {
    let shape: WindowShape
    let strengths, dStrengths: FloatBuffer
    private let arena: WindowArena
    private let workspace: UnsafeMutableRawPointer
    /// Where its part of the arena starts.
    private var offset = 0

    /// `arena` has room for the shape's values, and is used by one episode at a time.
    init(_ shape: WindowShape, _ regime: StrengthRegime, _ arena: WindowArena) {
        self.shape = shape
        self.arena = arena
        strengths = FloatBuffer(zeros: shape.strengthCount)
        dStrengths = FloatBuffer(zeros: shape.strengthCount)
        workspace = AlignedMemory.allocate(bytes: ck_window_workspace_size(shape.kernelShape))
        var random = RandomGenerator(seed: 3)
        let columns = 2 * shape.ends
        for index in 0..<shape.strengthCount {
            strengths.pointer[index] = regime.draw(
                step: index / columns / shape.batch, of: shape.steps, isPush: index % columns >= shape.ends, &random)
        }
    }

    deinit { workspace.deallocate() }

    /// Moves on to another part of the arena, round and round: one that is long out of the cache, if the arena is
    /// large.
    func takeFreshArrays() {
        offset += shape.valueCount
        if offset + shape.valueCount > arena.floats { offset = 0 }
    }

    /// From empty windows to the last read.
    func forward() {
        ck_window_begin(shape.kernelShape, workspace)
        ck_window_forward(
            shape.kernelShape, workspace, shape.span, strengths.pointer, start(arena.values), start(arena.reads),
            shape.ends * shape.width)
    }

    /// And back; after each `forward` once.
    func backward() {
        ck_window_begin_backward(shape.kernelShape, workspace, start(arena.dValues))
        ck_window_backward(
            shape.kernelShape, workspace, shape.span, start(arena.values), start(arena.dReads),
            shape.ends * shape.width, dStrengths.pointer, start(arena.dValues))
    }

    var values: [Double] { doubles(arena.values) }
    var reads: [Double] { doubles(arena.reads) }
    var dReads: [Double] { doubles(arena.dReads) }
    var dValues: [Double] { doubles(arena.dValues) }

    private func start(_ buffer: FloatBuffer) -> UnsafeMutablePointer<Float> { buffer.pointer + offset }

    private func doubles(_ buffer: FloatBuffer) -> [Double] {
        (0..<shape.valueCount).map { Double(start(buffer)[$0]) }
    }
}

// MARK: - Verification of long episodes

extension WindowEpisode {
    /// Steps compared at either end of an episode; the reference's time grows with their square.
    private static let sliceSteps = 96
    /// More than any window holds.
    private static let everything: Float = 0x1p20

    /// Compares the first and the last steps with the reference, for the first and the last batch element.
    ///
    /// The reference could not follow a long episode. So, for this comparison only, everything is popped after the
    /// first slice and before the last: either is then an episode of its own, in the kernel's long one.
    func verify() -> [Check] {
        let length = min(Self.sliceSteps, shape.steps)
        let starts = Set([0, shape.steps - length])
        let cuts = starts.count == 1 ? [] : [length, shape.steps - length]
        let kept = cuts.map { cut in popColumns(cut).map { strengths.pointer[$0] } }
        for cut in cuts { popColumns(cut).forEach { strengths.pointer[$0] = Self.everything } }
        forward()
        backward()
        let checks = starts.sorted().flatMap { start in
            Set([0, shape.batch - 1]).sorted().flatMap { compare(start..<start + length, element: $0) }
        }
        for (cut, old) in zip(cuts, kept) {
            for (column, value) in zip(popColumns(cut), old) { strengths.pointer[column] = value }
        }
        return checks
    }

    /// Where the pop strengths of one step stand, of the end that pops first.
    private func popColumns(_ step: Int) -> [Int] {
        (0..<shape.batch).map { (step * shape.batch + $0) * 2 * shape.ends }
    }

    private func compare(_ steps: Range<Int>, element: Int) -> [Check] {
        let vector = shape.ends * shape.width
        func rows(_ array: UnsafeMutablePointer<Float>, _ columns: Int) -> [Double] {
            steps.flatMap { step in
                (0..<columns).map { Double(array[(step * shape.batch + element) * columns + $0]) }
            }
        }
        let memory = ReferenceMemory(shape.kind, width: shape.width)
        // Strengths are exact, see StrengthRegime.
        let (expected, bounds) = ErrorBound.conditioned(ErrorBound.Factor.window, seed: 1) { nudged in
            let result = memory.runBatch(
                batch: 1, strengths: rows(strengths.pointer, 2 * shape.ends),
                values: nudged(rows(start(arena.values), vector)), dReads: nudged(rows(start(arena.dReads), vector)))
            return [result.reads, result.dStrengths, result.dValues]
        }
        let place = "of element \(element), steps \(steps.lowerBound) to \(steps.upperBound - 1)"
        let actual = [
            ("reads", rows(start(arena.reads), vector)), ("dstrengths", rows(dStrengths.pointer, 2 * shape.ends)),
            ("dvalues", rows(start(arena.dValues), vector))
        ]
        return actual.enumerated().map { index, output in
            Check(output: "\(output.0) \(place)", output.1, expected[index], within: bounds[index])
        }
    }
}

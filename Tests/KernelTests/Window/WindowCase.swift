// WindowCase.swift: random episodes for the window kernels, and how to run one through them.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// How strengths are drawn.
///
/// All but `continuous` are multiples of 2^-22 small enough that every sum and difference the equations take of them is
/// exact, in Float and in Double. Kernel and reference then compare equal numbers at each max and min, take the same
/// branch, ties included, and gradients can be compared without looking for kinks.
enum StrengthRegime: CaseIterable {
    case uniform, mostlyBinary, binary, dyadic, aboveOne, allZero, emptyWindow, tiny, continuous

    /// Strengths that are compared at kinks too.
    static let exact = allCases.filter { $0 != .continuous }

    private static let grain = 0x1p-22

    /// One step's pop and push strength for one end.
    func draw(_ random: inout SeededGenerator) -> (pop: Double, push: Double) {
        switch self {
        case .uniform:
            return (Self.onGrid(1, &random), Self.onGrid(1, &random))
        case .mostlyBinary:
            return (Self.mostlyBinary(&random), Self.mostlyBinary(&random))
        case .binary:
            return (random.chance(0.4) ? 1 : 0, random.chance(0.6) ? 1 : 0)
        case .dyadic:
            return (Self.eighths(&random), Self.eighths(&random))
        case .aboveOne:
            return (Self.onGrid(3, &random), Self.onGrid(4, &random))
        case .allZero:
            return (0, 0)
        case .emptyWindow:
            // Pops outweigh pushes, and many pushes are nothing.
            return (Self.onGrid(2, &random), random.chance(0.5) ? 0 : Self.onGrid(0.5, &random))
        case .tiny:
            // Now and then a pop that takes hundreds of entries at once, else less than is pushed.
            return (random.chance(0.003) ? 0.125 : Self.onGrid(0x1p-10, &random), Self.onGrid(0x1p-8, &random))
        case .continuous:
            return (Double(Float(random.uniform(0, 1))), Double(Float(random.uniform(0, 1))))
        }
    }

    private static func onGrid(_ limit: Double, _ random: inout SeededGenerator) -> Double {
        (random.uniform(0, limit) / grain).rounded(.down) * grain
    }

    private static func mostlyBinary(_ random: inout SeededGenerator) -> Double {
        random.chance(0.8) ? Double(random.integer(0..<2)) : onGrid(1, &random)
    }

    private static func eighths(_ random: inout SeededGenerator) -> Double {
        random.chance(0.25) ? 0 : Double(random.integer(0..<9)) / 8
    }
}

/// One batch of episodes and the gradient of its reads.
struct WindowCase: CustomStringConvertible {
    var kind: ReferenceMemory.Kind
    var steps, batch, width: Int
    var strengths, values, dReads: [Float]
    let regime: StrengthRegime
    let seed: UInt64
    var description: String

    /// Draws a case; everything follows from the seed.
    init(_ kind: ReferenceMemory.Kind, steps: Int, batch: Int, width: Int, _ regime: StrengthRegime, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let ends = kind == .deque ? 2 : 1
        self.kind = kind
        self.steps = steps
        self.batch = batch
        self.width = width
        self.regime = regime
        self.seed = seed
        strengths = (0..<steps * batch).flatMap { _ in
            let pairs = (0..<ends).map { _ in regime.draw(&random) }
            return pairs.map { Float($0.pop) } + pairs.map { Float($0.push) }
        }
        values = random.floats(steps * batch * ends * width)
        dReads = random.floats(steps * batch * ends * width)
        description = "\(kind) T \(steps) B \(batch) M \(width) \(regime) seed \(seed)"
    }

    var ends: Int { kind == .deque ? 2 : 1 }

    var shape: ck_window_shape {
        let kinds: [ReferenceMemory.Kind: ck_window_kind] = [
            .stack: CK_STACK, .queue: CK_QUEUE, .deque: CK_DEQUE
        ]
        return ck_window_shape(kind: kinds[kind]!, steps: steps, batch: batch, width: width)
    }

    /// What the reference makes of it.
    func reference() -> ReferenceMemory.BatchResult { reference { $0 } }

    private func reference(_ nudged: ([Double]) -> [Double]) -> ReferenceMemory.BatchResult {
        ReferenceMemory(kind, width: width).runBatch(
            batch: batch, strengths: regime == .continuous ? nudged(strengths.doubles) : strengths.doubles,
            values: nudged(values.doubles), dReads: nudged(dReads.doubles))
    }

    /// How far reads, gradients of strengths and gradients of values may be from the reference's.
    ///
    /// Strengths are nudged where sums of them are rounded. Windows of thousands of entries give sums of so many terms,
    /// each of which is rounded once an entry: nudged inputs do not show that.
    func bounds() -> (reads: ErrorBound, dStrengths: ErrorBound, dValues: ErrorBound) {
        let (results, conditioned) = ErrorBound.conditioned(ErrorBound.Factor.window, seed: seed) { nudged in
            let result = reference(nudged)
            return [result.reads, result.dStrengths, result.dValues]
        }
        let bounds = zip(results, conditioned).map { result, bound in
            regime == .tiny ? bound + .rounding(steps, of: result.reduce(0) { max($0, abs($1)) }) : bound
        }
        return (bounds[0], bounds[1], bounds[2])
    }
}

/// One entry of a live window.
struct LiveEntry: Equatable {
    var entry: Int
    var strength: Float
}

/// A window case in guarded memory, to be stepped forward and backward.
final class WindowRun {
    let example: WindowCase
    let strengths, values, reads, dReads, dStrengths, dValues: GuardedArray<Float>
    let workspace: GuardedArray<UInt8>

    /// `gap` is how many floats lie between the rows of reads and of their gradients.
    init(_ example: WindowCase, gap: Int = 0) {
        self.example = example
        let rows = example.steps * example.batch
        let columns = example.ends * example.width
        strengths = GuardedArray(example.strengths)
        values = GuardedArray(example.values)
        dReads = GuardedArray(
            rows: rows, columns: columns, leadingDimension: columns + gap, contents: example.dReads)
        reads = .output(rows: rows, columns: columns, leadingDimension: columns + gap)
        dStrengths = .output(columns: example.strengths.count)
        dValues = .output(columns: example.values.count)
        // Not zeros: a workspace needs no initial value.
        let bytes = ck_window_workspace_size(example.shape)
        workspace = GuardedArray(
            rows: 1, columns: bytes, contents: Array(repeating: 0xff, count: bytes), alignment: 16)
    }

    /// Starts an episode.
    func begin() {
        ck_window_begin(example.shape, workspace.pointer)
    }

    /// Steps `first ..< end`, of all batch elements unless told otherwise.
    func forward(_ first: Int, _ end: Int, _ elements: Range<Int>? = nil) {
        ck_window_forward(
            example.shape, workspace.pointer, ck_span(first..<end, elements ?? 0..<example.batch), strengths.pointer,
            values.pointer, reads.pointer,
            reads.leadingDimension)
    }

    /// Turns round after the last step done.
    func beginBackward() {
        ck_window_begin_backward(example.shape, workspace.pointer, dValues.pointer)
    }

    /// Steps `end - 1` down to `first`.
    func backward(_ first: Int, _ end: Int, _ elements: Range<Int>? = nil) {
        ck_window_backward(
            example.shape, workspace.pointer, ck_span(first..<end, elements ?? 0..<example.batch), values.pointer,
            dReads.pointer,
            dReads.leadingDimension, dStrengths.pointer, dValues.pointer)
    }

    /// The whole episode, forward and backward, `chunk` steps a call of `elements` batch elements, which go through all
    /// steps before the next ones begin.
    @discardableResult func runAll(chunk: Int? = nil, elements: Int? = nil) -> WindowRun {
        let calls = runs(of: example.batch, size: elements ?? example.batch).flatMap { elements in
            runs(of: example.steps, size: chunk ?? example.steps).map { ($0, elements) }
        }
        begin()
        for (steps, elements) in calls { forward(steps.lowerBound, steps.upperBound, elements) }
        beginBackward()
        for (steps, elements) in calls.reversed() { backward(steps.lowerBound, steps.upperBound, elements) }
        return self
    }

    /// All outputs in one array.
    var outputs: [Float] { reads.contents + dStrengths.contents + dValues.contents }

    /// How many entries are in the window of one batch element.
    func entryCount(_ element: Int) -> Int {
        ck_window_entries(example.shape, workspace.pointer, element, 0, nil, nil)
    }

    /// The live window of one batch element, from bottom to top.
    func entries(_ element: Int) -> [LiveEntry] {
        let count = entryCount(element)
        let entries = GuardedArray<Int32>(Array(repeating: -1, count: count))
        let strengths = GuardedArray<Float>.output(columns: count)
        let live = ck_window_entries(
            example.shape, workspace.pointer, element, count, entries.pointer, strengths.pointer)
        precondition(live == count && entries.isIntact && strengths.isIntact, "the count of entries changed")
        return zip(entries.contents, strengths.contents).map { LiveEntry(entry: Int($0), strength: $1) }
    }

    /// The same with entries of strength 0 left out: whether a window keeps those for a step is its own affair.
    func positiveEntries(_ element: Int) -> [LiveEntry] {
        entries(element).filter { $0.strength > 0 }
    }

    /// Records issues where a kernel wrote what it should not.
    func expectTidy(at location: SourceLocation = #_sourceLocation) {
        expectUnchanged(strengths, values, dReads, context: example.description, at: location)
        expectIntact(reads, dStrengths, dValues, workspace, context: example.description, at: location)
    }
}

// TuringCase.swift: random episodes for the Turing memory's tests, and the reference's answer to them.

import ReferenceKernels
import TestSupport
import Testing

/// One episode of a whole batch: sizes, inputs and the gradient of the reads.
///
/// All of it follows from the seed.
struct TuringCase {
    var rows = 5
    var columns = 3
    var reads = 1
    var writes = 1
    var maxShift = 1
    var batch = 1
    var steps = 3
    var clip: Float = 0
    /// Raw parameters are uniform in [-limit, limit).
    var limit: Float = 2
    var seed: UInt64

    /// Raw interface vectors, shape (T, B, I).
    private(set) var interface: [Float] = []
    /// M_0, shape (N, M).
    var memory: [Float] = []
    /// The first focus of every head, shape (R + W, N).
    var focus: [Float] = []
    /// dL/dr, shape (T, B, R * M).
    private(set) var readGradients: [Float] = []

    /// Draws an episode.
    ///
    /// Half of the first focuses are one-hot, the others spread over all rows. There are `pairs` read heads and as many
    /// write heads, or `heads`.
    init(
        rows: Int, columns: Int, pairs: Int = 1, heads: (reads: Int, writes: Int)? = nil, maxShift: Int = 1,
        batch: Int = 1, steps: Int = 3, clip: Float = 0, limit: Float = 2, seed: UInt64
    ) {
        self.rows = rows
        self.columns = columns
        reads = heads?.reads ?? pairs
        writes = heads?.writes ?? pairs
        self.maxShift = maxShift
        self.batch = batch
        self.steps = steps
        self.clip = clip
        self.limit = limit
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        interface = random.floats(steps * batch * reference.interfaceSize, limit: limit)
        memory = random.floats(rows * columns)
        for _ in 0..<self.heads {
            let logits = random.doubles(rows, limit: 2)
            let hot = random.integer(0..<rows)
            let isHot = random.chance(0.5)
            focus += isHot ? (0..<rows).map { $0 == hot ? 1 : 0 } : ReferenceTuring.softmax(logits).floats
        }
        readGradients = random.floats(steps * batch * readSize)
    }

    /// The reference of this shape.
    var reference: ReferenceTuring {
        ReferenceTuring(
            rows: rows, columns: columns, readHeads: reads, writeHeads: writes, maxShift: maxShift,
            clip: Double(clip))
    }

    /// H, all heads.
    var heads: Int { reads + writes }

    /// R * M, the length of one read vector.
    var readSize: Int { reads * columns }

    /// What a failure prints.
    var description: String {
        "rows \(rows), columns \(columns), reads \(reads), writes \(writes), maxShift \(maxShift), "
            + "batch \(batch), steps \(steps), clip \(clip), limit \(limit), seed \(seed)"
    }

    /// Where raw parameters of a head stand in the interface vector of one step.
    struct RawLayout {
        var key, strength, gate, shift, sharpening, erase, add: Range<Int>
    }

    /// The places of head `head`'s raw parameters; erase and add are empty for read heads.
    func raw(_ head: Int) -> RawLayout {
        let (m, s) = (columns, 2 * maxShift + 1)
        let (order, sizes) = (reference.order, (read: reference.readHeadSize, write: reference.writeHeadSize))
        let writes = order[head] == .write
        var first = order[..<head].reduce(0) { $0 + ($1 == .write ? sizes.write : sizes.read) }
        func take(_ count: Int) -> Range<Int> {
            defer { first += count }
            return first..<first + count
        }
        return RawLayout(
            key: take(m), strength: take(1), gate: take(1), shift: take(s), sharpening: take(1),
            erase: take(writes ? m : 0), add: take(writes ? m : 0))
    }

    /// Sets raw parameters of one head in every step and batch element.
    mutating func set(_ range: KeyPath<RawLayout, Range<Int>>, of head: Int, to value: Float) {
        let places = raw(head)[keyPath: range]
        set(range, of: head, to: Array(repeating: value, count: places.count))
    }

    /// Sets raw parameters of one head in every step and batch element.
    mutating func set(_ range: KeyPath<RawLayout, Range<Int>>, of head: Int, to values: [Float]) {
        let places = raw(head)[keyPath: range]
        precondition(values.count == places.count)
        for start in stride(from: 0, to: interface.count, by: reference.interfaceSize) {
            interface.replaceSubrange(start + places.lowerBound..<start + places.upperBound, with: values)
        }
    }

    /// Changes raw parameters of one head in every step and batch element.
    mutating func mapRaw(_ range: KeyPath<RawLayout, Range<Int>>, of head: Int, _ change: (Float) -> Float) {
        for start in stride(from: 0, to: interface.count, by: reference.interfaceSize) {
            for place in raw(head)[keyPath: range] {
                interface[start + place] = change(interface[start + place])
            }
        }
    }

    /// The same episode without the first read head.
    func withoutFirstRead() -> TuringCase {
        func dropFirst(_ count: Int, of array: [Float], width: Int) -> [Float] {
            stride(from: 0, to: array.count, by: width).flatMap { array[$0 + count..<$0 + width] }
        }
        var other = self
        other.reads -= 1
        other.interface = dropFirst(reference.readHeadSize, of: interface, width: reference.interfaceSize)
        other.focus.removeFirst(rows)
        other.readGradients = dropFirst(columns, of: readGradients, width: readSize)
        return other
    }

    /// The reference's inputs for one batch element.
    func inputs(_ element: Int, _ nudged: ([Double]) -> [Double] = { $0 }) -> ReferenceTuring.Inputs {
        ReferenceTuring.Inputs(
            interface: nudged(rows(of: interface, width: reference.interfaceSize, element)),
            memory: nudged(memory.doubles), focus: nudged(focus.doubles))
    }

    /// What the reference gives for one batch element, and how far a kernel's results may be from it.
    func expected(_ element: Int) -> TuringExpectation {
        let (results, bounds) = ErrorBound.conditioned(ErrorBound.Factor.turing, seed: seed) { nudged in
            let inputs = inputs(element, nudged)
            let trace = reference.forward(inputs, rounded: nudged)
            let gradients = reference.backward(inputs, trace, readGradients: nudged(readGradients(element)))
            return [
                trace.reads, trace.addressings.flatMap(\.weights), trace.finalMemory, gradients.interface,
                gradients.memory, gradients.focus
            ]
        }
        return TuringExpectation(results: results, bounds: bounds)
    }

    /// dL/dr of one batch element, shape (T, R * M).
    func readGradients(_ element: Int) -> [Double] {
        rows(of: readGradients, width: readSize, element)
    }

    /// One batch element's rows of a (T, B, width) array.
    private func rows(of array: [Float], width: Int, _ element: Int) -> [Double] {
        (0..<steps).flatMap { step in
            let first = (step * batch + element) * width
            return array[first..<first + width].map { Double($0) }
        }
    }
}

/// An array of the reference with the bound of a kernel's.
struct Bounded {
    var numbers: [Double]
    var bound: ErrorBound

    /// The sum of two arrays; errors add up.
    static func + (left: Bounded, right: Bounded) -> Bounded {
        Bounded(numbers: zip(left.numbers, right.numbers).map { $0 + $1 }, bound: left.bound + right.bound)
    }
}

/// The reference's results for one batch element.
struct TuringExpectation {
    /// r (T, R * M), w (T, R + W, N), the last memory (N, M), and gradients of the raw interface (T, I), of the first
    /// memory and of the first focus (R + W, N).
    let reads, focus, memory, dInterface, dMemory, dFocus: Bounded

    init(results: [[Double]], bounds: [ErrorBound]) {
        let arrays = zip(results, bounds).map { Bounded(numbers: $0, bound: $1) }
        (reads, focus, memory, dInterface, dMemory, dFocus) = (
            arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5]
        )
    }
}

/// As for a bound alone.
func expectClose(
    _ actual: [Float], _ expected: Bounded, _ name: String, _ context: @autoclosure () -> String,
    at location: SourceLocation = #_sourceLocation
) {
    expectClose(actual, expected.numbers, within: expected.bound, name, context(), at: location)
}

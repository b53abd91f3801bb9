// The run-time part that stack, queue and deque share: activations of the interface vector, and the live window.

/// Stack, queue or deque over the live-window kernels.
///
/// Interface vector, E ends (deque: top before bottom):
/// [E pop strengths | E push strengths | E values of M]; strengths through a sigmoid, values through tanh.
final class WindowMemory: Memory {
    private let window: Kernels.Window
    private let width: Int
    /// Of pops, then of pushes; 2E numbers.
    private let strengthBias: [Float]

    private var batch = 0
    private var steps = 0
    /// The number that the window gives to step 0: above 0 where the episode goes on from an earlier one, whose live entries
    /// then have the first rows.
    private var firstStep = 0
    private var interface: Rows?
    private var reads: Rows?
    private var interfaceGradients: Rows?
    private var readGradients: Rows?
    /// (T, B, 2E) and (T, B, E, M), and gradients.
    private let strengths = FloatBuffer()
    private var values = FloatBuffer()
    /// Where values that live on are brought together.
    private var spareValues = FloatBuffer()
    private let strengthGradients = FloatBuffer()
    private let valueGradients = FloatBuffer()

    init(kind: String, width: Int, strengthBias: [Float]) {
        self.window = Kernels.Window(kind: kind, width: width)
        self.width = width
        self.strengthBias = strengthBias
    }

    private var ends: Int { window.ends }
    var interfaceSize: Int { 2 * ends + readSize }
    var readSize: Int { ends * width }

    /// At least one entry makes up a read: 2 for each of its numbers forward, 4 backward.
    var operations: Int { 6 * readSize }

    var interfaceBias: [Float] { strengthBias }

    var mostSteps: Int { window.mostSteps }

    func footprint(steps: Int, batch: Int) -> Footprint {
        let rows = Double(steps) * Double(batch)
        return Footprint(rows: rows, columns: 2 * ends + readSize)
            + Footprint(forward: window.workspaceBytes(steps: steps, batch: batch))
    }

    func begin(steps: Int, batch: Int, interface: Rows, reads: Rows) {
        self.steps = steps
        self.batch = batch
        firstStep = 0
        self.interface = interface
        self.reads = reads
        strengths.reserve(steps * batch * 2 * ends)
        values.reserve(steps * batch * readSize)
        window.begin(steps: steps, batch: batch)
        Kernels.zero(reads, rows: batch, columns: readSize)
    }

    /// The rows from one on in a buffer that has `columns` numbers a row.
    private func rows(_ buffer: FloatBuffer, _ columns: Int, from row: Int) -> Rows {
        Rows(buffer.pointer, stride: columns).advanced(by: row)
    }

    func forward(steps range: Range<Int>) {
        guard let interface, let reads else { return }
        let first = firstStep + range.lowerBound
        let raw = interface.advanced(by: range.lowerBound * batch)
        let (row, count) = (first * batch, range.count * batch)
        Kernels.sigmoid(raw, into: rows(strengths, 2 * ends, from: row), rows: count, columns: 2 * ends)
        Kernels.tanh(
            raw.columns(from: 2 * ends), into: rows(values, readSize, from: row), rows: count, columns: readSize)
        window.forward(
            steps: first..<first + range.count, strengths: strengths.pointer,
            values: values.pointer, reads: reads.advanced(by: batch - firstStep * batch))
    }

    private func carriedSteps(_ rows: [Int]) -> Int { (window.live(rows) + ends - 1) / ends }

    var carriedSteps: Int { carriedSteps(Array(0..<batch)) }

    func proceed(steps: Int, rows: [Int], interface: Rows, reads: Rows) {
        firstStep = carriedSteps(rows)
        self.steps = firstStep + steps
        spareValues.reserve(self.steps * rows.count * readSize)
        window.proceed(
            steps: self.steps, carried: firstStep, rows: rows, values: values.pointer, into: spareValues.pointer)
        swap(&values, &spareValues)
        batch = rows.count
        self.interface = interface
        self.reads = reads
        strengths.reserve(self.steps * batch * 2 * ends)
    }

    func beginBackward(interfaceGradients: Rows, readGradients: Rows) {
        self.interfaceGradients = interfaceGradients
        self.readGradients = readGradients
        strengthGradients.reserve(steps * batch * 2 * ends)
        valueGradients.reserve(steps * batch * readSize)
        window.beginBackward(valueGradients: valueGradients.pointer)
    }

    func backward(steps range: Range<Int>) {
        guard let interfaceGradients, let readGradients else { return }
        window.backward(
            steps: range, values: values.pointer, readGradients: readGradients.advanced(by: batch),
            strengthGradients: strengthGradients.pointer, valueGradients: valueGradients.pointer)
        let (row, count) = (range.lowerBound * batch, range.count * batch)
        let raw = interfaceGradients.advanced(by: row)
        Kernels.sigmoidBackward(
            y: rows(strengths, 2 * ends, from: row), dy: rows(strengthGradients, 2 * ends, from: row), into: raw,
            rows: count, columns: 2 * ends)
        Kernels.tanhBackward(
            y: rows(values, readSize, from: row), dy: rows(valueGradients, readSize, from: row),
            into: raw.columns(from: 2 * ends), rows: count, columns: readSize)
    }

    func finishBackward() {}

    // MARK: Looking at it

    func trace(step: Int, sequence: Int, largest: Int) -> MemoryTrace {
        let ends = ends
        let row = rows(strengths, 2 * ends, from: (firstStep + step) * batch + sequence).pointer
        let names = ends == 1 ? [""] : [" top", " bottom"]
        let entries = window.entries(sequence)
        // Pops stand before pushes in the array; people think of them the other way round.
        let figures =
            names.indices.map { MemoryTrace.Figure(name: "push" + names[$0], value: Double(row[ends + $0])) }
            + names.indices.map { MemoryTrace.Figure(name: "pop" + names[$0], value: Double(row[$0])) }
            + [MemoryTrace.Figure(name: "depth", value: entries.reduce(0) { $0 + $1.strength })]
        let focuses = names.indices.map { end in
            let order = window.readsBottom(end: end) ? entries : entries.reversed()
            return MemoryTrace.Focus(name: "read" + names[end], weights: readWeights(order), largest: largest)
        }
        return MemoryTrace(figures: figures, focuses: focuses)
    }

    /// min(s_i, max(0, 1 − Σ of those before it)), from the end that is read (Grefenstette et al. 2015, equation 3).
    private func readWeights(_ entries: [Kernels.Window.Entry]) -> [(place: String, weight: Double)] {
        var left = 1.0
        return entries.prefix { _ in left > 0 }.map { entry in
            let weight = min(entry.strength, left)
            left -= weight
            // Counted from 1, as papers do; what was there before a stream's last stretch has no number any more.
            let step = entry.number / ends - firstStep + 1
            let end = ends == 1 ? "" : entry.number % ends == 0 ? "t" : "b"
            return (place: step > 0 ? "\(step)\(end)" : "earlier", weight: weight)
        }
    }
}

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
    private var interface: Rows?
    private var reads: Rows?
    private var interfaceGradients: Rows?
    private var readGradients: Rows?
    /// (T, B, 2E) and (T, B, E, M), and gradients.
    private let strengths = FloatBuffer()
    private let values = FloatBuffer()
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

    var interfaceBias: [Float] { strengthBias + Array(repeating: 0, count: readSize) }

    func begin(steps: Int, batch: Int, interface: Rows, reads: Rows) {
        self.steps = steps
        self.batch = batch
        self.interface = interface
        self.reads = reads
        strengths.reserve(steps * batch * 2 * ends)
        values.reserve(steps * batch * readSize)
        window.begin(steps: steps, batch: batch)
        Kernels.zero(reads, rows: batch, columns: readSize)
    }

    /// The rows of one step range in a buffer that has `columns` numbers a row.
    private func rows(_ buffer: FloatBuffer, _ step: Int, _ columns: Int) -> Rows {
        Rows(buffer.pointer, stride: columns).advanced(by: step * batch)
    }

    func forward(steps range: Range<Int>) {
        guard let interface, let reads else { return }
        let count = range.count * batch
        let raw = interface.advanced(by: range.lowerBound * batch)
        Kernels.sigmoid(raw, into: rows(strengths, range.lowerBound, 2 * ends), rows: count, columns: 2 * ends)
        Kernels.tanh(
            raw.columns(from: 2 * ends), into: rows(values, range.lowerBound, readSize), rows: count,
            columns: readSize)
        window.forward(
            steps: range, strengths: strengths.pointer, values: values.pointer, reads: reads.advanced(by: batch))
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
        let first = range.lowerBound
        let count = range.count * batch
        let raw = interfaceGradients.advanced(by: first * batch)
        Kernels.sigmoidBackward(
            y: rows(strengths, first, 2 * ends), dy: rows(strengthGradients, first, 2 * ends), into: raw, rows: count,
            columns: 2 * ends)
        Kernels.tanhBackward(
            y: rows(values, first, readSize), dy: rows(valueGradients, first, readSize),
            into: raw.columns(from: 2 * ends), rows: count, columns: readSize)
    }

    func finishBackward() {}
}

// The Turing memory, whole episodes forward and backward; contract in ck_turing.h.

import CKernels
import NeuralMemory
import ReferenceKernels

extension Families {
    static var turingBenchmarks: [Benchmark] {
        let shapes = [
            TuringShape(steps: 5, batch: 2, rows: 17, columns: 5, readHeads: 2, writeHeads: 2),
            TuringShape(steps: 41, batch: 1, rows: 128, columns: 20),
            TuringShape(steps: 41, batch: 16, rows: 128, columns: 20),
            TuringShape(steps: 41, batch: 1, rows: 128, columns: 20, readHeads: 4),
            TuringShape(steps: 5, batch: 2, rows: 4096, columns: 64)
        ]
        return shapes.map(turing)
    }

    private static func turing(_ shape: TuringShape) -> Benchmark {
        Benchmark("turing", shape.text, floats: shape.leastFloats, flops: shape.flops) {
            let episode = TuringEpisode(shape)
            let references = (0..<shape.batch).map(episode.referenceInputs)
            let readGradients = (0..<shape.batch).map { shape.element($0, of: episode.readGradients, shape.readSize) }
            return Trial(
                run: episode.run,
                reference: { nudged in
                    let results = references.indices.map { element in
                        let inputs = references[element].nudged(nudged)
                        let trace = shape.reference.forward(inputs, rounded: nudged)
                        let gradients = shape.reference.backward(
                            inputs, trace, readGradients: nudged(readGradients[element]))
                        return (trace.reads, gradients)
                    }
                    return [
                        shape.batched(results.map(\.0), shape.readSize),
                        shape.batched(results.map(\.1.interface), shape.interfaceSize),
                        shape.sum(results.map(\.1.memory)), shape.sum(results.map(\.1.focus))
                    ]
                },
                outputs: [
                    Output("reads", episode.reads), Output("dinterface", episode.interfaceGradients),
                    Output("dmemory_0", episode.memoryGradient), Output("dfocus_0", episode.focusGradient)
                ], factor: ErrorBound.Factor.turing)
        }
    }
}

extension ReferenceTuring.Inputs {
    fileprivate func nudged(_ nudged: ([Double]) -> [Double]) -> Self {
        Self(interface: nudged(interface), memory: nudged(memory), focus: nudged(focus))
    }
}

/// Sizes of an episode.
private struct TuringShape: EpisodeShape {
    let steps, batch, rows, columns: Int
    var readHeads = 1
    var writeHeads = 1

    var text: String {
        let pairs = readHeads > 1 ? ", P \(readHeads)" : ""
        let heads = readHeads == writeHeads ? pairs : ", R \(readHeads), W \(writeHeads)"
        return "T \(steps), B \(batch), \(rows) x \(columns)" + heads
    }
    var reference: ReferenceTuring {
        ReferenceTuring(rows: rows, columns: columns, readHeads: readHeads, writeHeads: writeHeads)
    }
    var heads: Int { readHeads + writeHeads }
    var interfaceSize: Int { reference.interfaceSize }
    var readSize: Int { readHeads * columns }

    /// Forward reads the interface and writes reads, focuses and similarities; backward reads them all, and gradients
    /// of reads, and writes those of the interface.
    ///
    /// The memory itself can stay in the cache.
    var leastFloats: Int { steps * batch * (3 * interfaceSize + 2 * readSize + 4 * heads * rows) }

    /// For each number of the memory as `Memory.operations` counts.
    ///
    /// For each of its rows and head: the content weights twice, since backward makes them again, logarithm and power
    /// of the sharpening, the logarithm again backward, and about 60 for what lies in between.
    var flops: Int {
        let perRow = 3 * Work.exponential + 2 * Work.logarithm + 60
        return steps * batch * rows * ((12 * readHeads + 18 * writeHeads) * columns + heads * perRow)
    }

    /// K near the square root of T.
    var kernelShape: ck_turing_shape {
        ck_turing_shape(
            steps: steps, batch: batch, rows: rows, columns: columns, reads: readHeads, writes: writeHeads,
            max_shift: 1, segment: max(1, Int(Double(steps / writeHeads).squareRoot())), clip: 0)
    }
}

/// One batch of episodes with its data.
private final class TuringEpisode {
    let shape: TuringShape
    let interface, memory, focus, readGradients: FloatBuffer
    let reads, interfaceGradients, memoryGradient, focusGradient: FloatBuffer
    private let workspace: UnsafeMutableRawPointer

    init(_ shape: TuringShape) {
        self.shape = shape
        let rows = shape.steps * shape.batch
        interface = FloatBuffer(rows * shape.interfaceSize, -2, 2, seed: 1)
        memory = FloatBuffer(shape.rows * shape.columns, -1, 1, seed: 2)
        focus = FloatBuffer(zeros: shape.heads * shape.rows)
        for head in 0..<shape.heads { focus.pointer[head * shape.rows] = 1 }
        readGradients = FloatBuffer(rows * shape.readSize, -1, 1, seed: 3)
        reads = FloatBuffer(zeros: rows * shape.readSize)
        interfaceGradients = FloatBuffer(zeros: rows * shape.interfaceSize)
        memoryGradient = FloatBuffer(zeros: memory.capacity)
        focusGradient = FloatBuffer(zeros: focus.capacity)
        workspace = AlignedMemory.allocate(bytes: ck_turing_workspace_size(shape.kernelShape))
    }

    deinit { workspace.deallocate() }

    /// From the initial memory to the last read, and back.
    func run() {
        let kernel = shape.kernelShape
        let span = ck_span(first_step: 0, end_step: shape.steps, first: 0, end: shape.batch)
        memoryGradient.zero(memoryGradient.capacity)
        focusGradient.zero(focusGradient.capacity)
        ck_turing_begin(kernel, workspace, memory.pointer, focus.pointer)
        ck_turing_forward(kernel, workspace, span, interface.pointer, reads.pointer, shape.readSize)
        ck_turing_begin_backward(kernel, workspace)
        ck_turing_backward(
            kernel, workspace, span, interface.pointer, readGradients.pointer, shape.readSize,
            interfaceGradients.pointer)
        ck_turing_finish_backward(kernel, workspace, memoryGradient.pointer, focusGradient.pointer)
    }

    func referenceInputs(_ element: Int) -> ReferenceTuring.Inputs {
        ReferenceTuring.Inputs(
            interface: shape.element(element, of: interface, shape.interfaceSize), memory: memory.doubles,
            focus: focus.doubles)
    }
}

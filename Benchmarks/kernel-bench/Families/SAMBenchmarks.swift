// The sparse access memory, whole episodes forward and backward; contract in ck_sam.h.

import CKernels
import NeuralMemory
import ReferenceKernels

extension Families {
    static var samBenchmarks: [Benchmark] {
        let shapes = [
            SAMShape(steps: 5, batch: 2, rows: 17, columns: 5, heads: 2),
            SAMShape(steps: 41, batch: 1, rows: 128, columns: 20, heads: 1),
            SAMShape(steps: 41, batch: 16, rows: 128, columns: 20, heads: 1),
            SAMShape(steps: 60, batch: 1, rows: 4096, columns: 32, heads: 1)
        ]
        return shapes.map(sam)
    }

    private static func sam(_ shape: SAMShape) -> Benchmark {
        Benchmark("sam", shape.text, floats: shape.leastFloats, flops: shape.flops) {
            let episode = SAMEpisode(shape)
            let reference = shape.reference
            return Trial(
                run: episode.run,
                reference: { nudged in
                    let results = (0..<shape.batch).map { element in
                        let inputs = ReferenceSAM.Inputs(
                            interface: nudged(shape.element(element, of: episode.interface, shape.interfaceSize)),
                            initial: reference.initialState(Double(SAMShape.initial)))
                        // Which of two rows that are almost as near is chosen, roundings decide.
                        let trace = reference.forward(inputs, choices: episode.choices(element), rounded: nudged)
                        let gradients = reference.backward(
                            inputs, trace,
                            readGradients: nudged(shape.element(element, of: episode.readGradients, shape.readSize)))
                        return (trace.reads, gradients.interface)
                    }
                    return [
                        shape.batched(results.map(\.0), shape.readSize),
                        shape.batched(results.map(\.1), shape.interfaceSize)
                    ]
                },
                outputs: [Output("reads", episode.reads), Output("dinterface", episode.interfaceGradients)],
                factor: ErrorBound.Factor.sam)
        }
    }
}

/// Sizes of an episode.
private struct SAMShape: EpisodeShape {
    static let initial: Float = 0.1

    let steps, batch, rows, columns, heads: Int
    let neighbors = 4

    var text: String {
        "T \(steps), B \(batch), \(rows) x \(columns), K \(neighbors)" + (heads > 1 ? ", P \(heads)" : "")
    }
    var reference: ReferenceSAM {
        ReferenceSAM(
            rows: rows, columns: columns, heads: heads, neighbors: neighbors, accessThreshold: Double(Float(0.005)))
    }
    var interfaceSize: Int { reference.interfaceSize }
    var readSize: Int { heads * columns }

    /// Forward reads the interface and writes reads and the log; backward reads them all, and gradients of reads, and
    /// writes those of the interface.
    ///
    /// The memory itself can stay in the cache.
    var leastFloats: Int {
        steps * batch * (3 * interfaceSize + 2 * readSize + 2 * heads * (neighbors + 1) * columns)
    }

    /// As `Memory.operations` counts, and for the search 2 for each number of the rows written so far, one a step.
    var flops: Int {
        let touched = min(rows, steps / 2)
        return steps * batch * heads * columns * (6 * (3 * neighbors + 2) + 2 * touched)
    }

    var kernelShape: ck_sam_shape {
        ck_sam_shape(
            steps: steps, batch: batch, rows: rows, columns: columns, heads: heads, neighbors: neighbors, has_tape: 1,
            threshold: 0.005, initial: Self.initial, links: 0)
    }
}

/// One batch of episodes with its data.
private final class SAMEpisode {
    let shape: SAMShape
    let interface, readGradients, reads, interfaceGradients: FloatBuffer
    private let workspace: UnsafeMutableRawPointer

    init(_ shape: SAMShape) {
        self.shape = shape
        let rows = shape.steps * shape.batch
        interface = FloatBuffer(rows * shape.interfaceSize, -2, 2, seed: 1)
        readGradients = FloatBuffer(rows * shape.readSize, -1, 1, seed: 2)
        reads = FloatBuffer(zeros: rows * shape.readSize)
        interfaceGradients = FloatBuffer(zeros: rows * shape.interfaceSize)
        workspace = AlignedMemory.allocate(bytes: ck_sam_workspace_size(shape.kernelShape))
    }

    deinit { workspace.deallocate() }

    /// From the first write to the last read, and back.
    func run() {
        let kernel = shape.kernelShape
        let span = ck_span(first_step: 0, end_step: shape.steps, first: 0, end: shape.batch)
        ck_sam_begin(kernel, workspace)
        ck_sam_forward(kernel, workspace, span, interface.pointer, reads.pointer, shape.readSize)
        ck_sam_begin_backward(kernel, workspace)
        ck_sam_backward(
            kernel, workspace, span, interface.pointer, readGradients.pointer, shape.readSize,
            interfaceGradients.pointer)
    }

    /// The rows that the kernels chose in the last run.
    func choices(_ element: Int) -> [[ReferenceSAM.Choice]] {
        (0..<shape.steps).map { step in
            (0..<shape.heads).map { head in
                let got = ck_sam_head(shape.kernelShape, workspace, step, element, head)
                return ReferenceSAM.Choice(
                    written: got.written, read: (0..<shape.neighbors).map { Int(got.neighbors[$0]) })
            }
        }
    }
}

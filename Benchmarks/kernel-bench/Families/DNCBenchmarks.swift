// The memory of the differentiable neural computer, whole episodes forward and backward; contract in ck_dnc.h.

import CKernels
import NeuralMemory
import ReferenceKernels

extension Families {
    /// The last has rows enough for links to leave the nearest cache.
    static var dncBenchmarks: [Benchmark] {
        let repairs = ReferenceDNC.Settings(masksKeys: true, deallocates: true, sharpensLinks: true)
        let shapes = [
            DNCShape(steps: 5, batch: 2, rows: 17, columns: 5, heads: 2),
            DNCShape(steps: 41, batch: 1, rows: 128, columns: 20, heads: 1),
            DNCShape(steps: 9, batch: 8, rows: 128, columns: 20, heads: 4),
            DNCShape(steps: 5, batch: 2, rows: 512, columns: 64, heads: 4)
        ]
        let repaired = [shapes[0], shapes[2]].map { $0.with(repairs) }
        return shapes.map { dnc("dnc", $0) } + repaired.map { dnc("dnc, repairs", $0) }
    }

    private static func dnc(_ name: String, _ shape: DNCShape) -> Benchmark {
        Benchmark(name, shape.text, floats: shape.leastFloats, flops: shape.flops) {
            let episode = DNCEpisode(shape)
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
                        shape.sum(results.map(\.1.initial.memory))
                    ]
                },
                outputs: [
                    Output("reads", episode.reads), Output("dinterface", episode.interfaceGradients),
                    Output("dmemory_0", episode.memoryGradient)
                ], factor: ErrorBound.Factor.dnc)
        }
    }
}

extension ReferenceDNC.Inputs {
    /// From the usual start, of which the memory alone is not 0.
    fileprivate func nudged(_ nudged: ([Double]) -> [Double]) -> Self {
        var other = self
        other.interface = nudged(interface)
        other.initial.memory = nudged(initial.memory)
        return other
    }
}

/// Sizes of an episode.
private struct DNCShape: EpisodeShape {
    let steps, batch, rows, columns, heads: Int
    var settings = ReferenceDNC.Settings()

    var text: String { "T \(steps), B \(batch), \(rows) x \(columns)" + (heads > 1 ? ", R \(heads)" : "") }
    var reference: ReferenceDNC {
        ReferenceDNC(rows: rows, columns: columns, readHeads: heads, settings: settings)
    }
    var interfaceSize: Int { reference.interfaceSize }
    var readSize: Int { heads * columns }

    /// The same sizes with other settings.
    func with(_ settings: ReferenceDNC.Settings) -> DNCShape {
        var other = self
        other.settings = settings
        return other
    }

    /// Forward reads the interface and writes reads and vectors of N; backward reads them all, and gradients of reads,
    /// and writes those of the interface.
    ///
    /// Memory and links themselves can stay in the cache.
    var leastFloats: Int { steps * batch * (3 * interfaceSize + 2 * readSize + 2 * (4 * heads + 7) * rows) }

    /// For each link and each number of the memory, in the order forward, replay, backward; the second of the three is
    /// done for nearly all steps.
    ///
    /// For each row: the content weights of each key twice, since backward makes them again, and about 60 for what lies
    /// in between. What the repairs take is not counted.
    var flops: Int {
        let perLink = (4 + 4 * heads) + 4 + (13 + 8 * heads)
        let perNumber = (8 + 4 * heads) + 6 + (20 + 8 * heads)
        let perRow = (heads + 1) * (2 * Work.exponential + 60)
        return steps * batch * rows * (rows * perLink + columns * perNumber + perRow)
    }

    /// K near the square root of T.
    var kernelShape: ck_dnc_shape {
        func flag(_ isOn: Bool) -> Int32 { isOn ? 1 : 0 }
        return ck_dnc_shape(
            steps: steps, batch: batch, rows: rows, columns: columns, heads: heads,
            segment: max(1, Int(Double(steps).squareRoot())),
            stops_usage_gradient: flag(settings.stopsUsageGradient), floors_usage: flag(settings.floorsUsage),
            smooths_cosine: flag(settings.smoothsCosine), masks: flag(settings.masksKeys),
            deallocates: flag(settings.deallocates), sharpens: flag(settings.sharpensLinks))
    }
}

/// One batch of episodes with its data.
private final class DNCEpisode {
    let shape: DNCShape
    let interface, memory, readGradients: FloatBuffer
    let reads, interfaceGradients, memoryGradient: FloatBuffer
    private let workspace: UnsafeMutableRawPointer

    init(_ shape: DNCShape) {
        self.shape = shape
        let rows = shape.steps * shape.batch
        interface = FloatBuffer(rows * shape.interfaceSize, -2, 2, seed: 1)
        memory = FloatBuffer(shape.rows * shape.columns, -1, 1, seed: 2)
        readGradients = FloatBuffer(rows * shape.readSize, -1, 1, seed: 3)
        reads = FloatBuffer(zeros: rows * shape.readSize)
        interfaceGradients = FloatBuffer(zeros: rows * shape.interfaceSize)
        memoryGradient = FloatBuffer(zeros: memory.capacity)
        workspace = AlignedMemory.allocate(bytes: ck_dnc_workspace_size(shape.kernelShape))
    }

    deinit { workspace.deallocate() }

    /// From the initial memory to the last read, and back.
    func run() {
        let kernel = shape.kernelShape
        let span = ck_span(first_step: 0, end_step: shape.steps, first: 0, end: shape.batch)
        memoryGradient.zero(memoryGradient.capacity)
        ck_dnc_begin(kernel, workspace, memory.pointer)
        ck_dnc_forward(kernel, workspace, span, interface.pointer, reads.pointer, shape.readSize)
        ck_dnc_begin_backward(kernel, workspace)
        ck_dnc_backward(
            kernel, workspace, span, interface.pointer, readGradients.pointer, shape.readSize,
            interfaceGradients.pointer)
        ck_dnc_finish_backward(kernel, workspace, memoryGradient.pointer)
    }

    func referenceInputs(_ element: Int) -> ReferenceDNC.Inputs {
        ReferenceDNC.Inputs(
            interface: shape.element(element, of: interface, shape.interfaceSize),
            initial: shape.reference.initialState(memory: memory.doubles))
    }
}

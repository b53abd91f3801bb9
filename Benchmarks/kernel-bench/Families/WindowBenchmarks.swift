// Stack, queue and deque, whole episodes forward and backward; contracts in ck_window.h. How their time grows with the
// length of an episode is measured in Windows/WindowScaling.swift.

import NeuralMemory
import ReferenceKernels

extension Families {
    static var windowBenchmarks: [Benchmark] {
        ReferenceMemory.Kind.allCases.flatMap { kind in
            [
                WindowShape(kind, steps: 42, batch: 3, width: 65),
                WindowShape(kind, steps: 64, batch: 16, width: 64),
                WindowShape(kind, steps: 130, batch: 2, width: 256)
            ].map { window($0) }
        }
    }

    private static func window(_ shape: WindowShape) -> Benchmark {
        Benchmark("\(shape.kind)", shape.text, floats: shape.leastFloats, flops: shape.leastOperations) {
            let episode = WindowEpisode(shape, .random, WindowArena(floats: shape.valueCount))
            let (strengths, values, dReads) = (episode.strengths.doubles, episode.values, episode.dReads)
            let memory = ReferenceMemory(shape.kind, width: shape.width)
            return Trial(
                run: {
                    episode.forward()
                    episode.backward()
                },
                reference: { nudged in
                    let result = memory.runBatch(
                        batch: shape.batch, strengths: strengths, values: nudged(values), dReads: nudged(dReads))
                    return [result.reads, result.dStrengths, result.dValues]
                },
                outputs: [
                    Output("reads") { episode.reads }, Output("dstrengths", episode.dStrengths),
                    Output("dvalues") { episode.dValues }
                ], factor: ErrorBound.Factor.window)
        }
    }
}

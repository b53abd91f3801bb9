// InferenceEpisodeTests.swift: sequences that go on, piece by piece, as if they were never interrupted: over stretches,
// from snapshots, in forks, in another order.

import Foundation
import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct InferenceEpisodeTests {
        /// How an episode goes on after a piece.
        private enum Way: CaseIterable {
            /// As it is, with new tapes where the stretch is at its end.
            case advance
            case keep
            case fork
            case snapshots
            /// Through JSON.
            case file

            func next(_ episode: InferenceEpisode) throws -> InferenceEpisode {
                switch self {
                case .advance: return episode
                case .keep:
                    try episode.keep(Array(0..<episode.batch))
                    return episode
                case .fork: return try episode.fork()
                case .snapshots: return try InferenceEpisode(episode.network, from: episode.snapshots())
                case .file:
                    let file = try JSONEncoder().encode(episode.snapshots())
                    let snapshots = try JSONDecoder().decode([Snapshot].self, from: file)
                    return try InferenceEpisode(episode.network, from: snapshots)
                }
            }
        }

        /// Outputs of a batch's sequences in pieces of so many steps, and ways from one to the next.
        private func outputs(
            _ network: Network, _ batch: Batch, pieces: [Int], room: Int, _ way: Way
        ) throws -> [Float] {
            var episode = try InferenceEpisode(network, batch: batch.count, room: room)
            var outputs: [Float] = []
            var first = 0
            for piece in pieces {
                if first > 0 { episode = try way.next(episode) }
                outputs += try episode.advance(batch.inputs(ofSteps: first..<first + piece), steps: piece)
                first += piece
            }
            return outputs
        }

        // MARK: Pieces

        /// Pieces of the same numbers of rows: without an interruption there is room for all steps at once.
        @Test func theSameBitsAsWithoutAnInterruption() throws {
            for (number, networkCase) in (NetworkCase.all + Self.moreMemories).enumerated() {
                let seed = caseSeed(20, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(networkCase.signature, steps: 23, count: 3, using: &generator)
                for pieces in [[1, 1, 2, 19], [12, 11], [7, 7, 1, 8]] {
                    let whole = try outputs(network, batch, pieces: pieces, room: 23, .advance)
                    for way in [Way.keep, .fork, .snapshots, .file] {
                        let inPieces = try outputs(network, batch, pieces: pieces, room: 23, way)
                        #expect(sameBits(inPieces, whole), "\(pieces) by \(way) of \(networkCase); seed \(seed)")
                    }
                }
                let steps = Array(repeating: 1, count: 23)
                let whole = try outputs(network, batch, pieces: steps, room: 23, .advance)
                for (room, way) in [(1, Way.advance), (2, .advance), (5, .advance), (1, .keep), (1, .fork), (1, .file)]
                {
                    let inPieces = try outputs(network, batch, pieces: steps, room: room, way)
                    #expect(sameBits(inPieces, whole), "room \(room), \(way) of \(networkCase); seed \(seed)")
                }
            }
        }

        /// Settings of the Turing memory that `NetworkCase.all` lacks.
        private static let moreMemories: [NetworkCase] = {
            var random = TuringMemory(rows: 5, columns: 3, heads: 3)
            random.initialMemory = .random
            random.initialReads = .learned
            random.clip = 1
            var focus = TuringMemory(rows: 7, columns: 2)
            focus.initialFocus = .learned
            focus.maximumShift = 3
            focus.segment = 2
            return [random, focus].map {
                var networkCase = NetworkCase.all[0]
                networkCase.memory = ("ntm, other settings", $0)
                return networkCase
            }
        }()

        /// The same bits with our own matrix product; oneDNN may sum in another order for another number of rows.
        @Test func piecesAreTheStepsAtOnce() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let sample = try NetworkSample(networkCase, test: 11, number: number, steps: 7, sequences: 3)
                let (network, batch) = (sample.network, sample.batch)
                func atOnce() throws -> [Float] {
                    try outputs(network, batch, pieces: [7], room: 7, .advance)
                }
                let bounds = try network.conditioned(ErrorBound.Factor.evaluations, seed: sample.seed) {
                    [try atOnce().doubles]
                }.bounds
                let whole = try atOnce()
                for (pieces, room) in [
                    ([1, 1, 1, 1, 1, 1, 1], 7), ([2, 4, 1], 7), ([6, 1], 7), ([3, 4], 7), ([7], 1), ([5, 2], 2)
                ] {
                    let context = "\(pieces), room \(room) of \(networkCase); seed \(sample.seed)"
                    let inPieces = try outputs(network, batch, pieces: pieces, room: room, .advance)
                    if Runtime.usesOneDNN {
                        expectClose(inPieces, whole.doubles, within: bounds[0], "outputs", context)
                    } else {
                        expectSameBits(inPieces, whole, "outputs", context)
                    }
                }
            }
        }

        /// Without a tape, and with it; from a new episode's snapshots as well.
        @Test func outputsAreThoseOfTraining() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(22, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(networkCase.signature, steps: 11, count: 4, using: &generator)
                let expected = try network.forward(batch).outputs(ofSteps: 11)
                let episode = try InferenceEpisode(network, batch: 4)
                let restored = try InferenceEpisode(network, from: episode.snapshots())
                let context = "\(networkCase); seed \(seed)"
                for episode in [episode, restored] {
                    let outputs = try episode.advance(batch.inputs, steps: 11)
                    expectSameBits(outputs, expected, "outputs", context)
                    #expect(episode.steps == 11 && episode.batch == 4)
                }
            }
        }

        // MARK: Sequences

        /// Each row of the new batch goes on as its parent would have, alone.
        @Test func rowsGoOnFromTheirParents() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(21, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let first = Batch.random(networkCase.signature, steps: 6, count: 3, using: &generator)
                let parents = [2, 0, 2, 2, 1]
                let second = Batch.random(networkCase.signature, steps: 5, count: parents.count, using: &generator)
                func begun() throws -> InferenceEpisode {
                    let episode = try InferenceEpisode(network, batch: 3)
                    _ = try episode.advance(first.inputs, steps: 6)
                    return episode
                }
                func runTogether() throws -> [Float] {
                    let episode = try begun()
                    try episode.keep(parents)
                    #expect(episode.batch == 5 && episode.steps == 6)
                    return try episode.advance(second.inputs, steps: 5)
                }
                // Products of other numbers of rows may be summed in another order.
                let bounds = try network.conditioned(ErrorBound.Factor.evaluations, seed: seed) {
                    [try runTogether().doubles]
                }.bounds
                let together = try runTogether()
                let context = "\(networkCase); seed \(seed)"
                let fork = try begun().fork(parents)
                expectSameBits(try fork.advance(second.inputs, steps: 5), together, "fork", context)
                let snapshots = try begun().snapshots()
                let restored = try InferenceEpisode(network, from: parents.map { snapshots[$0] })
                expectSameBits(try restored.advance(second.inputs, steps: 5), together, "snapshots", context)

                let size = networkCase.signature.outputs.size
                for (row, parent) in parents.enumerated() {
                    let episode = try InferenceEpisode(network)
                    _ = try episode.advance(first.sequence(parent, steps: 6).inputs, steps: 6)
                    let alone = try episode.advance(second.sequence(row, steps: 5).inputs, steps: 5)
                    let outputs = (0..<5).flatMap { step -> ArraySlice<Float> in
                        let first = (step * parents.count + row) * size
                        return together[first..<first + size]
                    }
                    expectClose(alone, outputs.doubles, within: bounds[0], "row \(row)", context)
                }
            }
        }

        @Test func aForkLeavesTheOriginalAsItWas() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(25, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(networkCase.signature, steps: 12, count: 3, using: &generator)
                let other = Batch.random(networkCase.signature, steps: 9, count: 2, using: &generator)
                let (first, last) = (batch.inputs(ofSteps: 0..<7), batch.inputs(ofSteps: 7..<12))
                let context = "\(networkCase); seed \(seed)"

                let undisturbed = try InferenceEpisode(network, batch: 3, room: 12)
                _ = try undisturbed.advance(first, steps: 7)
                let expected = try undisturbed.advance(last, steps: 5)

                let episode = try InferenceEpisode(network, batch: 3, room: 12)
                _ = try episode.advance(first, steps: 7)
                let snapshots = episode.snapshots()
                let fork = try episode.fork()
                let someOfThem = try episode.fork([2, 0])
                #expect(fork.steps == 7 && fork.batch == 3 && someOfThem.steps == 7 && someOfThem.batch == 2)
                _ = try someOfThem.advance(other.inputs, steps: 9)
                #expect(episode.snapshots() == snapshots && fork.snapshots() == snapshots, "\(context)")
                expectSameBits(try fork.advance(last, steps: 5), expected, "fork", context)
                expectSameBits(try episode.advance(last, steps: 5), expected, "original", context)
                #expect(episode.steps == 12 && episode.batch == 3)
            }
        }

        /// An episode is not disturbed by what else the network does between its steps.
        @Test func severalEpisodesOfOneNetwork() throws {
            for (number, networkCase) in NetworkCase.all.enumerated() {
                let seed = caseSeed(26, number)
                var generator = RandomGenerator(seed: seed)
                let network = try networkCase.network(using: &generator)
                let batches = (0..<2).map {
                    Batch.random(networkCase.signature, steps: 9, count: 2 + $0, using: &generator)
                }
                let steps = Array(repeating: 1, count: 9)
                let alone = try batches.map { try outputs(network, $0, pieces: steps, room: 9, .advance) }
                let report = try network.evaluate(batches[0])

                let episodes = try batches.map { try InferenceEpisode(network, batch: $0.count, room: 3) }
                var together: [[Float]] = [[], []]
                for step in 0..<9 {
                    for (index, episode) in episodes.enumerated() {
                        let inputs = batches[index].inputs(ofSteps: step..<step + 1)
                        together[index] += try episode.advance(inputs, steps: 1)
                    }
                    #expect(try network.evaluate(batches[0]) == report)
                    try network.forward(batches[1]).loss().backward(into: network.makeGradients())
                }
                for index in 0...1 {
                    expectSameBits(together[index], alone[index], "episode \(index)", "\(networkCase); seed \(seed)")
                }
            }
        }

        // MARK: Long streams

        private static let memories: [any MemoryKind] = [
            NeuralStack(width: 3), NeuralQueue(width: 3), NeuralDeque(width: 3), TuringMemory(rows: 5, columns: 3),
            TuringMemory(rows: 6, columns: 2, heads: 2), TuringMemory(rows: 6, columns: 2, readHeads: 3, writeHeads: 2),
            DNC(rows: 5, columns: 3, readHeads: 2), NoMemory(), SparseMemory(rows: 30, columns: 3, heads: 2),
            SparseDNC(rows: 30, columns: 3, heads: 2, links: 3)
        ]

        /// Over several stretches, in pieces that do not divide them.
        @Test func aStreamIsOneEpisode() throws {
            let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))
            for memory in Self.memories {
                let network = try Network(
                    NetworkConfiguration(controller: LSTM(units: 6), memory: memory), signature: signature,
                    seed: testSeed(3))
                let seed = testSeed(4)
                var generator = RandomGenerator(seed: seed)
                let steps = 3500
                let batch = Batch.random(signature, steps: steps, count: 2, using: &generator)
                /// One step at a time: the same products, however much room there is.
                func runSingly(room: Int?) throws -> (outputs: [Float], copiedSteps: Int) {
                    let episode = try InferenceEpisode(network, batch: 2, room: room)
                    let outputs = try (0..<steps).flatMap {
                        try episode.advance(batch.inputs(ofSteps: $0..<$0 + 1), steps: 1)
                    }
                    return (outputs, episode.copiedSteps)
                }
                let bounds = try network.conditioned(ErrorBound.Factor.evaluations, seed: seed) {
                    [try runSingly(room: steps).outputs.doubles]
                }.bounds
                let whole = try runSingly(room: steps)
                #expect(whole.copiedSteps == 0)
                expectSameBits(try runSingly(room: nil).outputs, whole.outputs, "steps", "\(memory.kind)")
                // In larger pieces.
                let stream = try InferenceEpisode(network, batch: 2)
                let pieces = try stride(from: 0, to: steps, by: 700).flatMap { first in
                    let end = min(first + 700, steps)
                    return try stream.advance(batch.inputs(ofSteps: first..<end), steps: end - first)
                }
                #expect(stream.steps == steps)
                expectClose(pieces, whole.outputs.doubles, within: bounds[0], "pieces", "\(memory.kind), seed \(seed)")
            }
        }

        /// Also where nothing is ever popped whole, so that the window grows with every step.
        ///
        /// What a step does in the window does not depend on the window's length either; the kernels' tests say so.
        @Test(arguments: [3.0, -100.0]) func aStepCopiesAFewVectorsHoweverManyCameBefore(popBias: Double) throws {
            var memory = NeuralStack(width: 8)
            memory.popBias = popBias
            let signature = Signature(inputs: .symbols(4), outputs: .symbols(4))
            let network = try Network(
                NetworkConfiguration(controller: ElmanRNN(units: 32), memory: memory), signature: signature,
                seed: testSeed(1))
            let stream = try InferenceEpisode(network)
            var generator = RandomGenerator(seed: testSeed(2))
            let (pieces, steps) = (10, 10_000)
            for _ in 0..<pieces {
                let batch = Batch.random(signature, steps: steps, count: 1, using: &generator)
                _ = try stream.advance(batch.inputs, steps: steps)
            }
            #expect(stream.steps == pieces * steps)
            // And what is copied for the last stretch, which may be at its beginning: all of the window.
            let most = InferenceEpisode.copiesPerStep * pieces * steps + pieces * steps
            #expect(stream.copiedSteps <= most, "\(stream.copiedSteps)")
            // Otherwise the test would say nothing.
            #expect(popBias > -100 || stream.copiedSteps > pieces * steps, "\(stream.copiedSteps)")
        }
    }
}

extension Batch {
    /// The inputs of a range of steps.
    func inputs(ofSteps steps: Range<Int>) -> Inputs {
        inputs.rows(Array(steps.lowerBound * count..<steps.upperBound * count), of: self.steps * count)
    }
}

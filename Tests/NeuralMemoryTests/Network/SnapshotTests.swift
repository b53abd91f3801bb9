// SnapshotTests.swift: what is remembered of a sequence: named arrays, which a file can hold, and which another network
// refuses.

import Foundation
import NeuralMemory
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct SnapshotTests {
        private static let signature = Signature(inputs: .symbols(5), outputs: .symbols(4))
        private static let inputs = Batch.Inputs.symbols([0, 1, 2, 3, 4, 0, 1, 2])

        private func network(_ controller: any ControllerKind, _ memory: any MemoryKind) throws -> Network {
            try Network(
                NetworkConfiguration(controller: controller, memory: memory), signature: Self.signature, seed: 1)
        }

        /// After some steps.
        private func snapshot(_ network: Network) throws -> Snapshot {
            let episode = try InferenceEpisode(network)
            _ = try episode.advance(Self.inputs, steps: 8)
            return try #require(episode.snapshots().first)
        }

        @Test func arraysHaveNames() throws {
            var snapshot = Snapshot()
            #expect(snapshot.arrays.isEmpty)
            snapshot.set("own/numbers", [1, 2])
            snapshot.set("own/numbers", [3, 4, -0.0])
            snapshot.set("own/none", [])
            #expect(try snapshot.array("own/numbers") == [3, 4, 0])
            #expect(try snapshot.array("own/numbers", count: 3) == [3, 4, 0])
            #expect(try snapshot.array("own/none", count: 0) == [])
            expectUsageError("Snapshot: there is no own/other, for it was taken of another network") {
                _ = try snapshot.array("own/other")
            }
            expectUsageError("own/numbers has 3 numbers, and 2 are asked for") {
                _ = try snapshot.array("own/numbers", count: 2)
            }
        }

        /// Each of three sequences has its own, and JSON keeps its bits.
        @Test func aFileHoldsWhatWasTaken() throws {
            for networkCase in NetworkCase.all {
                var generator = RandomGenerator(seed: 1)
                let network = try networkCase.network(using: &generator)
                let batch = Batch.random(networkCase.signature, steps: 6, count: 3, using: &generator)
                let episode = try InferenceEpisode(network, batch: 3)
                _ = try episode.advance(batch.inputs, steps: 6)
                let snapshots = episode.snapshots()
                #expect(snapshots.count == 3)
                if networkCase.controller.kind is LSTM {
                    #expect(snapshots[0] != snapshots[1] && snapshots[1] != snapshots[2], "\(networkCase)")
                }
                let back = try JSONDecoder().decode([Snapshot].self, from: JSONEncoder().encode(snapshots))
                #expect(back == snapshots, "\(networkCase)")
                for (x, y) in zip(snapshots, back) {
                    #expect(x.arrays.allSatisfy { sameBits($0.value, y.arrays[$0.key] ?? []) }, "\(networkCase)")
                }
            }
        }

        @Test func anotherNetworksAreRefused() throws {
            let stack = NeuralStack(width: 3)
            let cases: [(from: Network, to: Network, part: String)] = [
                (
                    try network(LSTM(units: 6), NeuralStack(width: 4)), try network(LSTM(units: 6), stack),
                    "has 4 numbers"
                ),
                (try network(LSTM(units: 5), stack), try network(LSTM(units: 6), stack), "has 5 numbers"),
                (try network(ElmanRNN(units: 6), stack), try network(LSTM(units: 6), stack), "there is no"),
                (
                    try network(LSTM(units: 6), stack), try network(LSTM(units: 6, layers: 2), stack),
                    "there is no controller"
                ),
                (try network(LSTM(units: 6), NoMemory()), try network(LSTM(units: 6), stack), "there is no controller"),
                (
                    try network(LSTM(units: 6), TuringMemory(rows: 5, columns: 3)), try network(LSTM(units: 6), stack),
                    "there is no stack/strengths"
                ),
                (
                    try network(LSTM(units: 6), stack), try network(LSTM(units: 6), TuringMemory(rows: 5, columns: 3)),
                    "there is no ntm/rows"
                ),
                (
                    try network(LSTM(units: 6), TuringMemory(rows: 7, columns: 3)),
                    try network(LSTM(units: 6), TuringMemory(rows: 5, columns: 3)), "ntm/rows has 21 numbers"
                ),
                (
                    try network(LSTM(units: 6), NeuralStack(width: 4)),
                    try network(LSTM(units: 6), NeuralDeque(width: 2)), "there is no deque/strengths"
                ),
                (try network(LSTM(units: 6), NeuralQueue(width: 3)), try network(LSTM(units: 6), stack), "no stack/"),
                (try network(LSTM(units: 6, layers: 2), stack), try network(LSTM(units: 6), stack), "has no controller")
            ]
            for (from, to, part) in cases {
                let (own, foreign) = (try snapshot(to), try snapshot(from))
                let expected = try InferenceEpisode(to, from: [own, own]).advance(Self.inputs, steps: 4)
                let under = try InferenceEpisode(to, from: [own, own])
                // Whichever of them it is.
                for snapshots in [[foreign], [own, foreign], [foreign, own]] {
                    let message = usageError { _ = try InferenceEpisode(to, from: snapshots) }
                    #expect(message.contains(part) && message.contains("taken of another network"), "\(message)")
                }
                // Episodes under way, and those that begin now, are as before.
                #expect(sameBits(try under.advance(Self.inputs, steps: 4), expected), "\(part)")
                let again = try InferenceEpisode(to, from: [own, own])
                #expect(sameBits(try again.advance(Self.inputs, steps: 4), expected), "\(part)")
            }
        }

        /// Another network of the same shapes takes them: that is what a file is for.
        @Test func aNetworkOfTheSameShapesTakesThem() throws {
            let (first, second) = (
                try network(LSTM(units: 6), NeuralStack(width: 3)), try network(LSTM(units: 6), NeuralStack(width: 3))
            )
            let snapshot = try snapshot(first)
            let outputs = try [first, second].map {
                try InferenceEpisode($0, from: [snapshot]).advance(Self.inputs, steps: 8)
            }
            #expect(sameBits(outputs[0], outputs[1]))
        }

        @Test func whatCannotBeIsRefused() throws {
            let network = try network(LSTM(units: 6), NeuralStack(width: 3))
            let whole = try snapshot(network)
            for name in whole.arrays.keys.sorted() {
                var longer = whole
                longer.set(name, try whole.array(name) + [0])
                expectUsageError("it was taken of another network") {
                    _ = try InferenceEpisode(network, from: [longer])
                }
            }
            for number in [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude] {
                for name in ["stack/steps", "stack/entries"] {
                    var changed = whole
                    changed.set(name, try whole.array(name).map { _ in number })
                    expectUsageError("has a number that is no count") {
                        _ = try InferenceEpisode(network, from: [changed])
                    }
                }
            }
        }
    }
}

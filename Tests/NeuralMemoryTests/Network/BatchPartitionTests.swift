// BatchPartitionTests.swift: how batches are cut into shards: properties that hold whatever the best number of shards
// is.

import NeuralMemory
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct BatchPartitionTests {
        private struct Sizes: CustomStringConvertible {
            let steps, batch, stepWeights, parameters: Int

            var partition: BatchPartition {
                BatchPartition(steps: steps, batch: batch, stepWeights: stepWeights, parameters: parameters)
            }
            var description: String {
                "\(steps) steps of \(batch), \(stepWeights) weights in a step, \(parameters) parameters"
            }
        }

        /// Small ones and large ones, and all kinds of batches.
        private static let all: [Sizes] = [1, 10, 100, 10_000].flatMap { steps in
            (Array(1...40) + [63, 64, 65, 127, 128, 1000, 4097]).flatMap { batch in
                [
                    (1, 1), (5000, 9000), (60_000, 90_000), (250_000, 400_000), (700_000, 1_500_000),
                    (3_000_000, 5_000_000)
                ]
                .map { Sizes(steps: steps, batch: batch, stepWeights: $0.0, parameters: $0.1) }
            }
        }

        @Test func shardsAreTheBatchInOrder() {
            for sizes in Self.all {
                let shards = sizes.partition.shards
                #expect(shards.first?.lowerBound == 0 && shards.last?.upperBound == sizes.batch, "\(sizes)")
                #expect(zip(shards, shards.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound }, "\(sizes)")
            }
        }

        @Test func shardsAreEquallyLarge() {
            for sizes in Self.all {
                let counts = sizes.partition.shards.map(\.count)
                let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
                #expect(least >= 1 && most - least <= 1, "\(sizes)")
            }
        }

        /// Results may not depend on it, and sums over shards do depend on the shards.
        @Test func theNumberOfThreadsDoesNotMatter() {
            let threads = Runtime.threads
            defer { Runtime.threads = threads }
            Runtime.threads = 1
            let partitions = Self.all.map(\.partition)
            for count in [2, 3, 7] {
                Runtime.threads = count
                #expect(Self.all.map(\.partition) == partitions)
            }
        }

        /// Each shard has gradients of its own, and is worth beginning.
        @Test func theNumberOfShardsIsLimited() {
            for sizes in Self.all {
                let count = sizes.partition.shards.count
                #expect(count <= sizes.batch, "\(sizes)")
                // The most that gradients of all shards may take, in floats: 32 MB.
                #expect(count == 1 || count * sizes.parameters <= 8_000_000, "\(sizes)")
                let work = Double(sizes.steps) * Double(sizes.batch) * Double(sizes.stepWeights)
                #expect(count == 1 || work / Double(count) >= 100_000, "\(sizes)")
            }
            #expect(Set(Self.all.map(\.partition.shards.count)).count > 2)
        }

        /// Two sequences in a shard, where the memory's work is most of it and weights are few.
        @Test func largeMemoriesHaveSmallShards() throws {
            for (stepWeights, operations, count) in [
                (60_000, 0, 4), (60_000, 360_000, 4), (60_000, 400_000, 8), (300_000, 4_000_000, 4)
            ] {
                let partition = BatchPartition(
                    steps: 100, batch: 16, stepWeights: stepWeights, memoryOperations: operations, parameters: 100_000)
                #expect(partition.shards.count == count, "\(stepWeights), \(operations)")
            }
            var configuration = NetworkConfiguration()
            configuration.memory = DNC(rows: 128, columns: 20, readHeads: 4)
            let model = try NetworkModel(configuration, signature: Signature(inputs: .symbols(3), outputs: .symbols(3)))
            #expect(model.partition(.training(steps: 41, batch: 16)).shards.count == 8)
        }

        @Test func moreShardsCanBeAskedFor() throws {
            let sizes = (steps: 100, batch: 30, stepWeights: 1_000_000, parameters: 1_000_000)
            for (least, count) in [(1, 1), (4, 4), (30, 30), (100, 30)] {
                let partition = BatchPartition(
                    steps: sizes.steps, batch: sizes.batch, stepWeights: sizes.stepWeights,
                    parameters: sizes.parameters, least: least)
                #expect(partition.shards.count == count)
                #expect(partition.shards.flatMap { Array($0) } == Array(0..<sizes.batch))
            }
            var configuration = NetworkConfiguration()
            configuration.shards = 5
            let signature = Signature(inputs: .symbols(3), outputs: .symbols(3))
            let model = try NetworkModel(configuration, signature: signature)
            #expect(model.partition(.training(steps: 1, batch: 9)).shards.count == 5)
            #expect(model.partition(.stream(steps: 1, batch: 9)).shards.count == 1)
            configuration.shards = 0
            #expect(throws: ConfigurationError.self) { try NetworkModel(configuration, signature: signature) }
        }

        @Test func whatIsSmallOrSingleIsOneShard() {
            for sizes in Self.all where sizes.batch == 1 || sizes.steps * sizes.batch * sizes.stepWeights < 10_000 {
                #expect(sizes.partition == BatchPartition(whole: sizes.batch), "\(sizes)")
            }
            for batch in [1, 7, 1000] {
                #expect(BatchPartition(whole: batch).shards == [0..<batch])
                let sizes = Sizes(steps: 100, batch: batch, stepWeights: 60_000, parameters: Int.max / 2)
                #expect(sizes.partition.shards == [0..<batch])
            }
        }
    }
}

// What a training step should take on several ranks: a model, from the step on one rank and what ranks send each other.

import ArgumentParser
import Foundation
import NeuralMemory

/// The options of the model.
struct RankOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: "Predict from this step what it takes on 2, 4, … up to so many MPI ranks, 2 to 100000.")
    var ranks: Int?

    @Option(parsing: .unconditional, help: "With --ranks: microseconds that a message takes, however short it is.")
    var latency = 25.0

    @Option(parsing: .unconditional, help: "With --ranks: gigabytes that a rank sends in a second.")
    var bandwidth = 1.2

    func validate() throws {
        if let ranks, !(2...100_000).contains(ranks) {
            throw ValidationError("--ranks is \(ranks); it must be 2 to 100000.")
        }
        if !(0...1e6).contains(latency) { throw ValidationError("--latency is \(latency); it must be 0 to 1000000.") }
        if !(1e-6...1e6).contains(bandwidth) {
            throw ValidationError("--bandwidth is \(bandwidth); it must be 0.000001 to 1000000.")
        }
    }
}

/// Messages and bytes of a step, and the time that they and the computing take.
///
/// Each rank sends, in a step: whether to stop, and the losses of its shards, to all (log₂ R messages each, as a gather of
/// short messages is done); to each other rank its nodes' gradients of that rank's part of the parameters (R − 1); and its
/// part of the sum to all (R − 1, as in a ring). Nothing of this overlaps with computing. What is not spread over ranks is
/// the optimiser, which each rank runs whole.
struct RankModel {
    /// Seconds of a step on one rank, and how many of them the optimiser takes.
    let seconds: Double
    let optimizerSeconds: Double
    /// How the batch is cut, and how many gradients there are.
    let shards: Int
    let parameters: Int
    /// Seconds, and bytes a second.
    let latency: Double
    let bandwidth: Double

    struct Prediction: Encodable {
        let ranks: Int
        let messages: Int
        let bytes: Int
        let milliseconds: Double
        /// The time on one rank, over `ranks` times the time on so many.
        let efficiency: Double
    }

    /// Bytes of one shard's losses.
    private static let lossBytes = 72

    /// Times the optimiser.
    init(_ division: Division, seconds: Double, _ options: RankOptions) throws {
        self.seconds = seconds
        shards = division.shards
        parameters = division.parameters
        latency = 1e-6 * options.latency
        bandwidth = 1e9 * options.bandwidth
        let count = 20
        try division.update()
        let start = ContinuousClock.now
        for _ in 0..<count { try division.update() }
        optimizerSeconds = min(seconds, (ContinuousClock.now - start) / .seconds(1) / Double(count))
    }

    func predict(ranks: Int) -> Prediction {
        let most = (shards + ranks - 1) / ranks
        // A share that begins at a multiple of a power of two is one node; others are some.
        let shares = ShardTree.shares(of: shards, processes: ranks).prefix(64)
        let nodes = shares.map { ShardTree.nodes(of: $0, outOf: shards).count }.max() ?? 1
        let depth = Int(log2(Double(ranks)).rounded(.up))
        let part = 4 * Double(parameters) * Double(ranks - 1) / Double(ranks)
        let messages = 2 * depth + 2 * (ranks - 1)
        let bytes = Double(nodes + 1) * part + Double(Self.lossBytes * shards)
        let computing = (seconds - optimizerSeconds) * Double(most) / Double(shards) + optimizerSeconds
        let total = computing + Double(messages) * latency + bytes / bandwidth
        return Prediction(
            ranks: ranks, messages: messages, bytes: Int(bytes), milliseconds: 1e3 * total,
            efficiency: seconds / (Double(ranks) * total))
    }

    func predictions(upTo most: Int) -> [Prediction] {
        var counts = Array(sequence(first: 2) { 2 * $0 }.prefix { $0 < most })
        counts.append(most)
        return counts.map(predict)
    }
}

extension [RankModel.Prediction] {
    func printTable(_ model: RankModel) {
        print(
            "\nPredicted for MPI ranks like this process, \(model.shards) shards, "
                + "\(Table.number(1e6 * model.latency)) µs a message and \(Table.number(1e-9 * model.bandwidth)) GB/s:")
        print(
            Table.right("ranks", 7) + Table.right("messages", 10) + Table.right("KB sent", 10)
                + Table.right("ms a step", 11) + Table.right("efficiency", 12))
        for entry in self {
            print(
                Table.right("\(entry.ranks)", 7) + Table.right("\(entry.messages)", 10)
                    + Table.right(Table.number(Double(entry.bytes) * 1e-3), 10)
                    + Table.right(Table.number(entry.milliseconds), 11)
                    + Table.right(Table.percent(entry.efficiency), 12))
        }
    }
}

// One run of a whole batch through a network, in shards.

/// The shards that run one batch, spread over the threads.
///
/// The network gets them back when the run is released.
final class BatchRun {
    let network: Network
    let batch: Batch
    private let partition: BatchPartition
    private let shards: [Shard]

    /// Runs all steps forward, from the initial state or from one snapshot for each sequence.
    init(
        _ network: Network, _ batch: Batch, _ partition: BatchPartition, mode: EpisodeMode,
        from snapshots: [Snapshot]? = nil, noise: StrengthNoise? = nil
    ) throws {
        self.network = network
        self.batch = batch
        self.partition = partition
        shards = network.takeShards(partition.shards.count)
        for (shard, sequences) in zip(shards, partition.shards) {
            try shard.begin(
                steps: batch.steps, batch: sequences.count, mode: mode, from: snapshots.map { Array($0[sequences]) })
            shard.noise = noise?.sources(sequences) ?? []
        }
        withThreads {
            forEachShard { index, shard in
                shard.advance(batch.sequences(partition.shards[index]).inputs, steps: batch.steps)
            }
        }
    }

    deinit { network.giveBack(shards) }

    /// Calls `body` for each shard; each thread takes some of them.
    private func forEachShard(_ body: (_ index: Int, _ shard: Shard) -> Void) {
        let count = shards.count
        let parts = min(count, Runtime.threads)
        Kernels.run(parts: parts) { part in
            for index in part * count / parts..<(part + 1) * count / parts { body(index, shards[index]) }
        }
    }

    /// Calls `body`, on one thread for a short episode of one sequence.
    ///
    /// The steps of such an episode run on one core in any case. Products over all steps could use other cores, but
    /// these would have to read the tapes from the first core's cache. That was 2 % faster with an L3 cache that the
    /// cores share, and 33 % slower without.
    private func withThreads(_ body: () -> Void) {
        network.model.withThreads(steps: batch.steps, batch: batch.count, body)
    }

    /// The state of each sequence after the last step; `backward` must not have begun.
    func snapshots() -> [Snapshot] {
        zip(shards, partition.shards).flatMap { shard, sequences in
            (0..<sequences.count).map { shard.snapshot(of: $0) }
        }
    }

    /// Outputs before the last nonlinearity of one step, (B, size) row-major.
    func outputs(step: Int) -> [Float] { shards.flatMap { $0.outputs(step: step) } }

    /// The loss of the batch.
    ///
    /// `backward` may follow only if `withGradients` is true.
    func loss(over totals: LossTotals, withGradients: Bool) -> LossReport {
        forEachShard { index, shard in
            shard.computeLoss(
                batch.sequences(partition.shards[index]), totals, withGradients: withGradients)
        }
        return shards[1...].reduce(shards[0].report) { $0.adding($1.report) }
    }

    /// Adds the gradients of the last loss to `gradients`.
    func backward(into gradients: ParameterBuffer) {
        let others = network.gradientBuffers(shards.count - 1)
        withThreads {
            forEachShard { index, shard in
                shard.backward()
                let target = index == 0 ? gradients : others[index - 1]
                if index > 0 { target.zero() }
                shard.accumulateGradients(into: target)
            }
            network.reducer.reduce([gradients] + others)
        }
    }
}

extension NetworkModel {
    /// Calls `body`, which goes forward or back through so many steps, on one thread where that is fastest.
    func withThreads(steps: Int, batch: Int, _ body: () -> Void) {
        let weights = stepWeights
        let isSmall = batch == 1 && weights <= BatchPartition.cachedWeights && steps * weights <= 4_000_000
        guard isSmall else { return body() }
        let threads = Runtime.threads
        defer { Runtime.threads = threads }
        Runtime.threads = 1
        body()
    }
}

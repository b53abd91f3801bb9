// One run of a whole batch through a network, in shards.

/// The shards that run one batch, spread over the threads; of several processes, each has some of them.
///
/// The network gets them back when the run is released.
final class BatchRun {
    let network: Network
    let batch: Batch
    /// How many shards the batch has, and which of them each process has.
    private let shardCount: Int
    private let shares: [Range<Int>]
    /// Those of this process, and the sequences of each.
    private let own: Range<Int>
    private let shards: [Shard]
    private let sequences: [Range<Int>]

    /// Runs all steps forward, from the initial state or from one snapshot for each sequence.
    init(
        _ network: Network, _ batch: Batch, _ partition: BatchPartition, mode: EpisodeMode,
        from snapshots: [Snapshot]? = nil, noise: StrengthNoise? = nil
    ) throws {
        self.network = network
        self.batch = batch
        shardCount = partition.shards.count
        shares = network.group?.shares(of: shardCount) ?? [0..<shardCount]
        own = shares[network.group?.rank ?? 0]
        sequences = Array(partition.shards[own])
        shards = network.takeShards(own.count)
        for (shard, sequences) in zip(shards, sequences) {
            try shard.begin(
                steps: batch.steps, batch: sequences.count, mode: mode, from: snapshots.map { Array($0[sequences]) })
            shard.noise = noise?.sources(sequences) ?? []
        }
        withThreads {
            forEachShard { index, shard in
                shard.advance(batch.sequences(sequences[index]).inputs, steps: batch.steps)
            }
        }
    }

    deinit { network.giveBack(shards) }

    /// Calls `body` for each shard; each thread takes some of them.
    private func forEachShard(_ body: (_ index: Int, _ shard: Shard) -> Void) {
        let count = shards.count
        // A process may have no shard of a small batch.
        guard count > 0 else { return }
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
        let own = zip(shards, sequences).flatMap { shard, sequences in
            (0..<sequences.count).map { shard.snapshot(of: $0) }
        }
        return network.group?.gather(own) ?? own
    }

    /// Outputs before the last nonlinearity of one step, (B, size) row-major; of this process's sequences alone.
    func outputs(step: Int) -> [Float] { shards.flatMap { $0.outputs(step: step) } }

    /// The loss of the batch.
    ///
    /// `backward` may follow only if `withGradients` is true.
    func loss(over totals: LossTotals, withGradients: Bool) -> LossReport {
        forEachShard { index, shard in
            shard.computeLoss(
                batch.sequences(sequences[index]), totals, withGradients: withGradients)
        }
        let own = shards.map(\.report)
        let reports = network.group?.gather(own, counts: shares.map(\.count)) ?? own
        return reports[1...].reduce(reports[0]) { $0.adding($1) }
    }

    /// Adds the gradients of the last loss to `gradients`, which are the same in all processes before and after.
    func backward(into gradients: ParameterBuffer) {
        let others = network.gradientBuffers(max(0, shards.count - 1))
        // What is there already is added to the first shard's, and so by one process.
        if own.lowerBound > 0 || own.isEmpty { gradients.zero() }
        withThreads {
            forEachShard { index, shard in
                shard.backward()
                let target = index == 0 ? gradients : others[index - 1]
                if index > 0 { target.zero() }
                shard.accumulateGradients(into: target)
            }
            network.reducer.reduce([gradients] + others, of: own, outOf: shardCount)
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

// One run of a whole batch through a network, in shards that are all kept.

/// The shards that run one batch, spread over the threads; of several processes, each has some of them.
///
/// The network gets them back when the run is released.
final class BatchRun {
    let network: Network
    let batch: Batch
    private let shares: BatchShares
    private let shards: [Shard]

    /// Runs all steps forward, from the initial state or from one snapshot for each sequence.
    init(
        _ network: Network, _ batch: Batch, _ partition: BatchPartition, mode: EpisodeMode,
        from snapshots: [Snapshot]? = nil, noise: StrengthNoise? = nil
    ) throws {
        self.network = network
        self.batch = batch
        shares = BatchShares(partition, network.group)
        shards = network.takeShards(shares.own.count)
        for (shard, sequences) in zip(shards, shares.sequences) {
            try shard.begin(sequences, of: batch, mode: mode, from: snapshots, noise: noise)
        }
        network.model.withThreads(steps: batch.steps, batch: batch.count) {
            shares.forEach { _, index in
                shards[index].advance(batch.sequences(shares.sequences[index]).inputs, steps: batch.steps)
            }
        }
    }

    deinit { network.giveBack(shards) }

    /// The state of each sequence after the last step; `backward` must not have begun.
    func snapshots() -> [Snapshot] { shares.all(shards.flatMap(\.snapshots)) }

    /// Outputs before the last nonlinearity of one step, (B, size) row-major; of this process's sequences alone.
    func outputs(step: Int) -> [Float] { shards.flatMap { $0.outputs(step: step) } }

    /// The loss of the batch.
    ///
    /// `backward` may follow only if `withGradients` is true.
    func loss(over totals: LossTotals, withGradients: Bool) -> LossReport {
        shares.forEach { _, index in
            shards[index].computeLoss(
                batch.sequences(shares.sequences[index]), totals, withGradients: withGradients)
        }
        return shares.total(shards.map(\.report))
    }

    /// Adds the gradients of the last loss to `gradients`, which are the same in all processes before and after.
    func backward(into gradients: ParameterBuffer) {
        network.model.withThreads(steps: batch.steps, batch: batch.count) {
            shares.add(to: gradients, of: network) { _, index, gradients in
                shards[index].backward()
                shards[index].accumulateGradients(into: gradients)
            }
        }
    }
}

extension NetworkModel {
    /// Calls `body`, which takes a batch through so many steps, on one thread for a short episode of one sequence.
    ///
    /// The steps of such an episode run on one core in any case. Products over all steps could use other cores, but
    /// these would have to read the tapes from the first core's cache. That was 2 % faster with an L3 cache that the
    /// cores share, and 33 % slower without.
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

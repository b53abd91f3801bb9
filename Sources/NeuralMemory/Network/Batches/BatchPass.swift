// One pass of a whole batch through a network, forward and back, in shards that follow each other in the same arrays.

/// What a pass leaves besides gradients.
struct BatchPass {
    /// Loss and accuracy of the batch.
    let report: LossReport
    /// The state of each sequence after the last step, where it was asked for.
    let snapshots: [Snapshot]

    private typealias ShardResult = Result<(report: LossReport, snapshots: [Snapshot]), any Error>

    /// Takes each shard forward, to its loss, and back, before its thread takes the next one.
    ///
    /// So a thread needs the arrays of one shard, and they stay in its cache. Sums and bits are those of `BatchRun`. Of a
    /// shard whose loss is not finite there are no gradients.
    ///
    /// - Parameters:
    ///   - starts: where sequences begin, one for each; at the initial state where there are none.
    ///   - totals: what losses are means over.
    ///   - gradients: to which gradients are added; the same in all processes before and after.
    init(
        _ network: Network, _ batch: Batch, _ partition: BatchPartition, from starts: [Snapshot]?,
        noise: StrengthNoise?, over totals: LossTotals, keepsSnapshots: Bool, into gradients: ParameterBuffer
    ) throws {
        let shares = BatchShares(partition, network.group)
        var results = [ShardResult?](repeating: nil, count: shares.own.count)
        network.model.withThreads(steps: batch.steps, batch: batch.count) {
            let shards = network.takeShards(shares.threads)
            results.withUnsafeMutableBufferPointer { results in
                shares.add(to: gradients, of: network) { thread, index, gradients in
                    let (shard, sequences) = (shards[thread], shares.sequences[index])
                    results[index] = ShardResult {
                        try shard.begin(sequences, of: batch, mode: .training, from: starts, noise: noise)
                        let snapshots = shard.pass(
                            batch.sequences(sequences), totals, keepsSnapshots: keepsSnapshots, into: gradients)
                        return (shard.report, snapshots)
                    }
                }
            }
            network.giveBack(shards)
        }
        let values = try results.compactMap { try $0?.get() }
        report = shares.total(values.map(\.report))
        snapshots = keepsSnapshots ? shares.all(values.flatMap(\.snapshots)) : []
    }
}

extension Shard {
    /// Takes these sequences forward, to their loss, and back; returns their states in between.
    fileprivate func pass(
        _ batch: Batch, _ totals: LossTotals, keepsSnapshots: Bool, into gradients: ParameterBuffer
    ) -> [Snapshot] {
        advance(batch.inputs, steps: batch.steps)
        let snapshots = keepsSnapshots ? snapshots : []
        computeLoss(batch, totals, withGradients: true)
        guard report.objective.isFinite else { return snapshots }
        backward()
        accumulateGradients(into: gradients)
        return snapshots
    }
}

// Which shards of a batch this process runs, and how its threads take them.

/// The shards of a batch that this process has.
struct BatchShares {
    /// The shards of the whole batch, and which of them each process has.
    let shardCount: Int
    private let shares: [Range<Int>]
    /// Those of this process, and the sequences of each.
    let own: Range<Int>
    let sequences: [Range<Int>]
    private let group: (any ProcessGroup)?

    init(_ partition: BatchPartition, _ group: (any ProcessGroup)?) {
        self.group = group
        shardCount = partition.shards.count
        shares = group?.shares(of: shardCount) ?? [0..<shardCount]
        own = shares[group?.rank ?? 0]
        sequences = Array(partition.shards[own])
    }

    /// On how many threads `forEach` runs now; none where this process has no shard of a small batch.
    var threads: Int { min(own.count, Runtime.threads) }

    /// Calls `body` for each shard of this process; each thread takes neighbours, one after the other.
    func forEach(_ body: (_ thread: Int, _ index: Int) -> Void) {
        let (count, threads) = (own.count, threads)
        guard count > 0 else { return }
        Kernels.run(parts: threads) { thread in
            for index in thread * count / threads..<(thread + 1) * count / threads { body(thread, index) }
        }
    }

    /// The report of the whole batch, from those of this process's shards.
    func total(_ own: [LossReport]) -> LossReport {
        let reports = group?.gather(own, counts: shares.map(\.count)) ?? own
        return reports[1...].reduce(reports[0]) { $0.adding($1) }
    }

    /// The states of all sequences, from those of this process's.
    func all(_ own: [Snapshot]) -> [Snapshot] { group?.gather(own) ?? own }

    /// Adds the gradients of each shard of this process, which `accumulate` leaves in the buffer, to `gradients`; these
    /// are the same in all processes before and after.
    ///
    /// `accumulate` is called as `forEach` calls its body.
    func add(
        to gradients: ParameterBuffer, of network: Network,
        _ accumulate: (_ thread: Int, _ index: Int, ParameterBuffer) -> Void
    ) {
        let others = network.gradientBuffers(max(0, own.count - 1))
        // What is there already is added to the first shard's, and so by one process.
        if own.lowerBound > 0 || own.isEmpty { gradients.zero() }
        forEach { thread, index in
            let target = index == 0 ? gradients : others[index - 1]
            if index > 0 { target.zero() }
            accumulate(thread, index, target)
        }
        network.reducer.reduce([gradients] + others, of: own, outOf: shardCount)
    }
}

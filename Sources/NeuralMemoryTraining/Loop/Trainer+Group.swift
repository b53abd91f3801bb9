// Training with several processes: what they have to agree on besides gradients.

import NeuralMemory

extension Trainer {
    /// Trains along with the process of rank 0, which keeps the run, until that one ends: nothing is written.
    ///
    /// The trainers of all ranks begin alike, and their networks have the group. Throws what `step` throws.
    ///
    /// - Parameter shouldStop: is asked before each step; if it says so, all ranks stop.
    public func follow(until shouldStop: () -> Bool = { false }) throws -> TrainingRun.Outcome {
        var stopwatch = Stopwatch()
        while !isFinished {
            if agree(toStop: shouldStop()) { return .stopped }
            _ = try step()
            add(seconds: stopwatch.lap())
        }
        return outcome
    }

    /// Why the run is finished.
    var outcome: TrainingRun.Outcome {
        if isSolved { return .solved }
        if isStalled { return .stalled }
        return state.step < configuration.training.steps ? .outOfTime : .completed
    }

    /// Whether any process of the group should stop.
    func agree(toStop stops: Bool) -> Bool { network.group?.gather(stops).contains(true) ?? stops }

    /// Counts seconds of training: those of rank 0, where they decide when a run ends.
    func add(seconds: Double) {
        let decides = configuration.training.seconds != nil
        state.seconds += decides ? network.group?.gather(seconds)[0] ?? seconds : seconds
    }
}

extension RunConfiguration {
    /// Throws `ConfigurationError` where the largest batches have fewer shards than there are processes, so that some
    /// would never have anything to do.
    package func requireWork(forProcesses count: Int) throws {
        guard count > 1 else { return }
        let model = try NetworkModel(network, signature: task.signature)
        let batch = min(training.batchSize, training.microbatch ?? training.batchSize)
        let longest = task.steps(length: task.lengths.upperBound)
        let shards = model.partition(.training(steps: longest, batch: batch)).shards.count
        guard count <= shards else {
            throw ConfigurationError(
                field: "training.batchSize", value: batch,
                allowed: "so large that each of \(count) processes has a part of it: a batch of \(batch) is cut into "
                    + "\(shards) at most; make it larger, set network.shards, or start fewer processes")
        }
    }
}

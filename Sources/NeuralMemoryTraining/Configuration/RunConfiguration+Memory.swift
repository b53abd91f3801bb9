// How much memory a run takes, from its settings, and which of them would make it fit.

import NeuralMemory
import NeuralMemoryTasks

extension RunConfiguration {
    /// What training takes at most, in bytes: parameters, gradients, averages and the optimiser's state, and a copy of
    /// what a checkpoint holds while it is saved; tapes and workspaces at the longest lengths, of training and of
    /// evaluations; batches.
    ///
    /// Throws as `Network.init` does for settings out of range.
    package func trainingBytes() throws -> Double {
        let model = try NetworkModel(network, signature: task.signature)
        let longest = task.steps(length: task.lengths.upperBound)
        let carried = training.carry ? model.memory.carriedSteps(entries: training.carriedEntries) : 0
        let atATime = min(training.batchSize, training.microbatch ?? .max)
        let step = NetworkUse.pass(steps: longest, batch: atATime, carried: carried)
        let ranges = [task.lengths] + training.evaluation.lengths.map(\.range)
        let evaluation = Evaluation(task: task, seed: training.seed, episodes: training.evaluation.episodes)
        let uses = [step] + ranges.map { evaluation.use(length: $0.upperBound, by: model) }
        let average = training.averaging > 0 ? 4 * Double(model.layout.bufferCount) : 0
        let state = type(of: training.optimizer).bytes(for: model.layout) + average
        return Self.bytes(model, uses) + 2 * state + model.parameterBytes / 2
    }

    /// What a network takes, with batches, that is put to these uses.
    package static func bytes(_ model: NetworkModel, _ uses: [NetworkUse]) -> Double {
        model.bytes(of: uses) + (uses.map(model.batchBytes).max() ?? 0)
    }

    /// Throws `ConfigurationError` unless the run fits into memory.
    func requireMemory() throws { try requireMemory { try $0.trainingBytes() } }

    /// Throws `ConfigurationError`, which names a setting, unless there are so many bytes to be had.
    ///
    /// - `batchSize`: what messages call the batch's size.
    /// - `available`: what there is.
    /// - `bytes`: what a configuration takes.
    package func requireMemory(
        batchSize: String = "training.batchSize", available: AvailableMemory = .now,
        _ bytes: @escaping (RunConfiguration) throws -> Double
    ) throws {
        try MemoryCheck.require(bytes(self), levers: levers(batchSize, bytes), available: available)
    }

    private func levers(
        _ batchSize: String, _ bytes: @escaping (RunConfiguration) throws -> Double
    ) -> [MemoryLever] {
        let tree = ConfigurationTree(self)
        var levers = Self.sizes.compactMap { path -> MemoryLever? in
            guard case .integer(let value) = tree.setting(at: path)?.present else { return nil }
            let name = path == Self.batchSize ? batchSize : path
            return MemoryLever(name, value) { try? bytes(with(path, "\($0)")) }
        }
        for (path, value) in [("network.memory.segment", "null"), ("training.evaluation.lengths", "[]")] {
            guard let setting = tree.setting(at: path), setting.summary != value else { continue }
            levers.append(
                MemoryLever(path, value: setting.summary, candidates: [(value, { try? bytes(with(path, value)) })]))
        }
        return levers
    }

    private static let batchSize = "training.batchSize"

    /// Settings that are sizes of a batch, an episode or the network.
    ///
    /// Of those that save the same, the first is named.
    private static let sizes = [
        batchSize, "task.maximumLength", "task.length", "task.maximumRepeats", "task.fixedRepeats",
        "network.memory.rows",
        "network.memory.columns", "network.memory.width", "network.memory.heads", "network.memory.readHeads",
        "network.memory.writeHeads", "network.controller.units", "network.controller.layers",
        "network.controllerOutputSize", "network.output.hiddenSize", "network.input.embeddingSize"
    ]

    private func with(_ path: String, _ value: String) throws -> RunConfiguration {
        var changed = try applying([SettingOverride(path: path, value: value, option: path)])
        changed.adoptData(of: self)
        return changed
    }
}

extension OptimizerKind {
    /// What the state takes.
    static func bytes(for layout: ParameterLayout) -> Double {
        4 * Double(stateNames.count) * Double(layout.bufferCount)
    }
}

extension Evaluation {
    /// How many sequences of so many steps go into one batch: so few that a network with a large memory takes no more
    /// than about `bytesPerBatch` for it, where one sequence does not take more.
    static func batchSize(steps: Int, by model: NetworkModel) -> Int {
        var size = max(1, min(100, rowsPerBatch / max(1, steps)))
        while size > 1, model.bytes(of: [.evaluation(steps: steps, batch: size)]) > model.parameterBytes + bytesPerBatch
        {
            size /= 2
        }
        return size
    }

    private static let bytesPerBatch = 1e9

    /// What an evaluation asks of a network.
    package func use(length: Int, by model: NetworkModel) -> NetworkUse {
        let steps = task.steps(length: length)
        return .evaluation(steps: steps, batch: min(max(1, episodes ?? .max), Self.batchSize(steps: steps, by: model)))
    }
}

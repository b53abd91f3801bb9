// Whether a run fits into memory, by estimate: found before the first step, instead of by a crash in the middle.

import NeuralMemory

extension Network {
    /// About how many bytes a batch takes, with gradients; it errs on the small side.
    ///
    /// Every layer has a bias, as wide as the layer, and keeps for each step of each sequence its values, what became of
    /// them and their gradients: about three numbers for each of the bias.
    func bytes(steps: Int, sequences: Int) -> Double {
        let widths = parameters.slices.filter { $0.shape.count == 1 }.reduce(0) { $0 + $1.count }
        return 12 * Double(widths) * Double(steps) * Double(sequences)
    }

    /// Throws `ConfigurationError` that names an option, unless so many steps of so many sequences fit into memory.
    public func requireMemory(steps: Int, sequences: Int = 1, option: String, value: Int) throws {
        try NeuralMemory.requireMemory(
            option, value, bytes: bytes(steps: steps, sequences: sequences), allowed: "smaller for this network")
    }
}

extension RunConfiguration {
    /// Throws `ConfigurationError` where a batch, or parameters with gradients and optimiser state, would clearly not fit.
    func requireMemory(for network: Network) throws {
        let parameters = network.parameters
        let copies = 2 + type(of: training.optimizer).stateNames.count
        try NeuralMemory.requireMemory(
            "network", "one of \(parameters.count) parameters", bytes: 4 * Double(copies * parameters.count),
            allowed: "smaller, with gradients and the optimiser's state")
        let steps = task.steps(length: task.lengths.upperBound)
        try NeuralMemory.requireMemory(
            "training.batchSize", training.batchSize,
            bytes: network.bytes(steps: steps, sequences: training.batchSize),
            allowed: "smaller for this network, at up to \(steps) steps a sequence")
        guard let longest = training.evaluation.lengths.map(\.range.upperBound).max() else { return }
        try network.requireMemory(
            steps: task.steps(length: longest), option: "training.evaluation.lengths", value: longest)
    }
}

// Whether a run fits into memory, by estimate: found before the first step, instead of by a crash in the middle.

import NeuralMemory

extension RunConfiguration {
    /// Throws `ConfigurationError` where a batch, or parameters with gradients and optimiser state, would clearly not fit.
    ///
    /// Every layer has a bias, as wide as the layer, and keeps for each step of each sequence its values, what became of
    /// them and their gradients: about three numbers for each of the bias. It errs on the small side.
    func requireMemory(for network: Network) throws {
        let parameters = network.parameters
        let copies = 2 + type(of: training.optimizer).stateNames.count
        try NeuralMemory.requireMemory(
            "network", "one of \(parameters.count) parameters", bytes: 4 * Double(copies * parameters.count),
            allowed: "smaller, with gradients and the optimiser's state")
        let widths = parameters.slices.filter { $0.shape.count == 1 }.reduce(0) { $0 + $1.count }
        let steps = 2 * task.lengths.upperBound + 2
        try NeuralMemory.requireMemory(
            "training.batchSize", training.batchSize,
            bytes: 12 * Double(widths) * Double(steps) * Double(training.batchSize),
            allowed: "smaller for this network, at up to \(steps) steps a sequence")
        guard let longest = training.evaluation.lengths.max() else { return }
        try NeuralMemory.requireMemory(
            "training.evaluation.lengths", longest, bytes: 12 * Double(widths) * Double(2 * longest + 2),
            allowed: "smaller for this network")
    }
}

// Registry+Standard.swift: the registry that is used unless another is given.

import NeuralMemory
import NeuralMemoryTasks

extension Registry {
    /// All kinds of this package.
    public static let standard: Registry = {
        var registry = networks
        registry.addTasks()
        registry.addOptimizers()
        return registry
    }()
}

// The seam for tasks of which the best possible result is known.

import NeuralMemory

/// A task whose sequences cost even the best predictor something: what a network pays beyond that is its excess.
public protocol OptimalCost: SequenceTask {
    /// What the best predictor that knows the task, but not the draws, pays for a batch that this task drew: Σ −log2 p
    /// over all outputs that count, of all sequences together. Throws `UsageError` for batches that cannot be this task's.
    func optimalBits(of batch: Batch) throws -> Double
}

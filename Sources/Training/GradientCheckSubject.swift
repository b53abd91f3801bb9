// What a gradient check looks at: a loss as a function of named tensors. Closures, and not the network itself, so that
// the check can be tested on a gradient that is known to be wrong.

import NeuralMemory
import Tasks

/// A loss over named tensors, and its gradients by backpropagation.
public struct GradientCheckSubject {
    /// The tensors to check.
    public var slices: [Parameters.Slice]
    /// A tensor's numbers, row-major.
    public var values: (Parameters.Slice) -> [Float]
    public var setValues: (Parameters.Slice, [Float]) -> Void
    /// The loss of the batch at hand, with the numbers at hand.
    public var loss: () -> Double
    /// Its gradients by backpropagation, in the order of `slices`.
    public var gradients: () -> [[Float]]
    /// Draws another batch.
    public var drawBatch: () -> Void

    public init(
        slices: [Parameters.Slice], values: @escaping (Parameters.Slice) -> [Float],
        setValues: @escaping (Parameters.Slice, [Float]) -> Void, loss: @escaping () -> Double,
        gradients: @escaping () -> [[Float]], drawBatch: @escaping () -> Void
    ) {
        self.slices = slices
        self.values = values
        self.setValues = setValues
        self.loss = loss
        self.gradients = gradients
        self.drawBatch = drawBatch
    }
}

extension GradientCheckSubject {
    /// A network on batches of a task: the loss that training differentiates.
    ///
    /// - Parameters:
    ///   - batchSize: B, at least 1.
    ///   - lengths: of the sequences; the task says what they count.
    ///   - seed: decides the batches.
    public init(network: Network, task: any SequenceTask, batchSize: Int, lengths: ClosedRange<Int>, seed: UInt64) {
        var generator = RandomGenerator(seed: seed, stream: 3)
        var batch = task.batch(count: batchSize, lengths: lengths, using: &generator)
        let parameters = network.parameters
        self.init(
            slices: parameters.slices,
            values: { parameters[$0] },
            setValues: { parameters[$0] = $1 },
            loss: {
                network.forward(batch)
                return network.loss(batch, withGradients: false).objective
            },
            gradients: {
                parameters.zeroGradients()
                network.forward(batch)
                _ = network.loss(batch)
                network.backward()
                return parameters.slices.map { parameters.gradient(of: $0) }
            },
            drawBatch: { batch = task.batch(count: batchSize, lengths: lengths, using: &generator) })
    }
}

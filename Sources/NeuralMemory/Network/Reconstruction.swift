// Auxiliary losses that keep a controller from learning degenerate strengths: the last input must be reconstructed from
// its outputs.

/// The weight of the reconstruction losses.
public struct ReconstructionConfiguration: Codable, Sendable, Equatable {
    /// What the mean of −ln p(x_{t−1}) is multiplied by before it is added to the loss, from 0 to 1000; 0 leaves it
    /// out.
    ///
    /// There is one such mean for h_t and, with a projection, one for o'_t.
    public var weight = 0.0

    /// No such losses unless given.
    public init(weight: Double = 0) { self.weight = weight }
}

extension ReconstructionConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "weight",
            "What the loss of reconstructing the last input symbol is multiplied by before it is added to the loss; 0 "
                + "leaves it out", in: 0...1000.0)
    ]
}

/// Predicts x_{t−1}, a symbol, from h_t and, where there is a projection, from o'_t, each through a softmax layer of
/// its own.
///
/// h_t sees x_{t−1} only through the memory's read and its own state, so a memory that gives back what was
/// pushed last, at full strength, is the easiest way to a low loss.
struct Reconstruction: Sendable {
    fileprivate let weight: Float
    fileprivate let layers: [Dense]
    fileprivate let classes: Int

    /// `sourceSizes`: the widths of h_t and o'_t.
    ///
    /// Throws `ConfigurationError` where inputs are not symbols.
    init(
        _ layout: inout ParameterLayout, _ configuration: ReconstructionConfiguration, _ inputs: Signature.Inputs,
        sourceSizes: [Int]
    ) throws {
        guard case .symbols(let count) = inputs else {
            throw ConfigurationError(
                field: "network.reconstruction.weight", value: "\(configuration.weight)",
                allowed: "0 where a task's inputs are vectors: only symbols can be reconstructed")
        }
        weight = Float(configuration.weight)
        classes = count
        layers = try zip(["controller", "projection"], sourceSizes).map { name, size in
            try Dense(&layout, name: "reconstruction.\(name)", inputSize: size, outputSize: count)
        }
    }

    /// Losses, the likeliest symbols and the mask take one number a row each.
    func footprint(rows: Double) -> Footprint {
        layers.reduce(Footprint(floats: 3 * rows)) { sum, _ in sum + Footprint(rows: rows, columns: classes) }
    }

    /// How many symbols of a batch are to be reconstructed.
    static func counted(_ batch: Batch) -> Int { mask(batch).reduce(into: 0) { $0 += $1 > 0 ? 1 : 0 } }

    /// (T − 1, B): 1 for the steps from the second to the last output that counts.
    fileprivate static func mask(_ batch: Batch) -> [Float] {
        var result = [Float](repeating: 0, count: (batch.steps - 1) * batch.count)
        for b in 0..<batch.count {
            let last = (0..<batch.steps).last { batch.mask[$0 * batch.count + b] > 0 } ?? 0
            for step in 0..<last { result[step * batch.count + b] = 1 }
        }
        return result
    }
}

/// The logits of one shard.
final class ReconstructionState {
    private let reconstruction: Reconstruction
    private let parameters: ParameterBuffer
    private let logits: [Tape]

    init(_ reconstruction: Reconstruction, _ parameters: ParameterBuffer) {
        self.reconstruction = reconstruction
        self.parameters = parameters
        logits = reconstruction.layers.map { _ in Tape() }
    }

    /// Σ over sources of weight · mean −ln p(x_{t−1}), over all steps but the first, up to each sequence's last output
    /// that counts.
    ///
    /// `backward` may follow only if `withGradients` is true.
    ///
    /// The batch is a shard. The mean is over `total`, the number of symbols to reconstruct in the whole batch.
    func loss(_ batch: Batch, outOf total: Float, _ sources: [Rows], withGradients: Bool) -> Double {
        guard case .symbols(let inputs) = batch.inputs, batch.steps > 1 else { return 0 }
        let rows = (batch.steps - 1) * batch.count
        let mask = Reconstruction.mask(batch)
        let counted = max(total, 1)
        var losses = [Float](repeating: 0, count: rows)
        var best = [Int32](repeating: 0, count: rows)
        var sum = 0.0
        for ((layer, tape), source) in zip(zip(reconstruction.layers, logits), sources) {
            tape.reserve(rows: rows, columns: reconstruction.classes)
            if withGradients { tape.beginGradients(zero: false) }
            layer.forward(Dense.Inputs(source.advanced(by: batch.count)), into: tape.rows, count: rows, parameters)
            // Row i is step i / B + 1, and its target the input of the step before: row i of the inputs.
            Kernels.softmaxCrossEntropy(
                logits: tape.rows, targets: inputs, mask: mask, scale: reconstruction.weight / counted, losses: &losses,
                gradients: withGradients ? tape.gradients.pointer : nil, best: &best, rows: rows,
                classes: reconstruction.classes)
            sum += losses.reduce(into: 0.0) { $0 += Double($1) } / Double(counted)
        }
        return Double(reconstruction.weight) * sum
    }

    /// Adds the gradients of the last loss to those of the sources.
    func backward(steps: Int, batch: Int, into sourceGradients: [Rows]) {
        guard steps > 1 else { return }
        for (index, layer) in reconstruction.layers.enumerated() {
            layer.backward(
                logits[index].gradients, into: Dense.Inputs(sourceGradients[index].advanced(by: batch)),
                count: (steps - 1) * batch, parameters)
        }
    }

    /// Adds the gradients of the last loss to those of the layers.
    func accumulateGradients(steps: Int, batch: Int, _ sources: [Rows], into target: ParameterBuffer) {
        guard steps > 1 else { return }
        for (index, layer) in reconstruction.layers.enumerated() {
            layer.accumulate(
                Dense.Inputs(sources[index].advanced(by: batch)), logits[index].gradients,
                count: (steps - 1) * batch, into: target)
        }
    }
}

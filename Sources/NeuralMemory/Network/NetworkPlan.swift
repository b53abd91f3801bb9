// A network before it is made: its parameters' names and shapes, how it cuts batches, and how much memory it will take.

/// What a network with these settings would be. Nothing of it is allocated.
package struct NetworkPlan {
    /// Something that a network does.
    package struct Use: Hashable, Sendable {
        enum Kind { case whole, stepwise, proceeding }

        let kind: Kind
        package let steps: Int
        package let batch: Int
        private(set) var isTraining = false

        /// `Network.forward`, and `backward` where it is for training.
        package static func whole(steps: Int, batch: Int, isTraining: Bool = false) -> Use {
            Use(kind: .whole, steps: steps, batch: batch, isTraining: isTraining)
        }

        /// The same, with the way back.
        var training: Use {
            var use = self
            use.isTraining = true
            return use
        }

        /// `Network.begin`.
        package static func stepwise(steps: Int, batch: Int) -> Use {
            Use(kind: .stepwise, steps: steps, batch: batch)
        }

        /// `Network.proceed`: the steps carried over and the new ones.
        package static func proceeding(steps: Int, batch: Int) -> Use {
            Use(kind: .proceeding, steps: steps, batch: batch)
        }
    }

    package let signature: Signature
    package let parameters: Parameters
    /// The network's first one.
    let strand: Strand

    /// Throws `ConfigurationError` for settings out of range, alone or together.
    package init(_ configuration: NetworkConfiguration, signature: Signature) throws {
        try require("signature.inputs", signature.inputs.size, in: 1...largestSize)
        try require("signature.outputs", signature.outputs.size, in: 1...largestSize)
        try require("network.controllerOutputSize", configuration.controllerOutputSize, in: 1...largestSize)
        try require("network.output.hiddenSize", configuration.output.hiddenSize, in: 1...largestSize)
        try require("network.weights.scale", configuration.weights.scale, in: 0...1000)
        try require("network.reconstruction.weight", configuration.reconstruction.weight, in: 0...1000)
        self.signature = signature
        parameters = Parameters()
        strand = try Strand(configuration, signature, parameters)
    }

    // MARK: Strands

    /// The sequences of each strand of a use.
    func shares(_ use: Use) -> [Range<Int>] {
        let count = use.kind == .whole ? strandCount(steps: use.steps, batch: use.batch) : 1
        return (0..<count).map { $0 * use.batch / count..<($0 + 1) * use.batch / count }
    }

    /// How many strands a batch is cut into. It does not depend on the threads, and so neither do sums over strands.
    ///
    /// From paired runs on two cores with 1 MiB of second cache each. With four sequences a product is as fast as it gets. Up
    /// to 200,000 weights stand in the cache, where two sequences do nearly as well; up to 800,000 come from the third one fast
    /// enough. More weights, or so few steps that a fork costs as much, are one strand, and threads share its products.
    private func strandCount(steps: Int, batch: Int) -> Int {
        let weights = strand.stepWeights
        guard weights <= 800_000, Double(steps) * Double(batch) * Double(weights) > 1_000_000 else { return 1 }
        let wanted = weights <= Self.cachedWeights && 4..<8 ~= batch ? 2 : batch / 4
        return max(1, min(wanted, Self.mostStrands, Self.mostGradients / parameters.count))
    }

    /// With eight sequences the memories of a strand no longer stand in the second cache beside the weights, and at `avx2`
    /// products with four are as fast: 16 strands take 4 to 6 % off a step of 64 sequences there. With AVX-512 eight were
    /// measured.
    private static var mostStrands: Int { Runtime.level == .avx512 ? 8 : 16 }
    /// The floats that gradients of all strands may take.
    private static let mostGradients = 8_000_000

    static let cachedWeights = 200_000

    // MARK: Memory

    /// What parameters and their gradients take.
    package var parameterBytes: Double { 8 * Double(parameters.bufferCount) }

    /// What a network takes that is put to these uses, one after the other: each buffer is as large as the largest one needs.
    package func bytes(of uses: [Use]) -> Double {
        parameterBytes + uses.reduce(into: StrandFootprints()) { $0.add($1, self) }.bytes
    }

    /// The arrays of a batch: as the task drew its sequences, as a batch, and as the strands' shares.
    package func batchBytes(_ use: Use) -> Double {
        let inputs = if case .vectors(let width) = signature.inputs { width } else { 1 }
        let targets = if case .bits(let width) = signature.outputs { width } else { 1 }
        return 3 * 4 * Double(use.steps) * Double(use.batch) * Double(inputs + targets + 1)
    }
}

/// What each strand of a network takes, or took so far.
struct StrandFootprints {
    private var strands: [Footprint] = []
    private var gradients = 0.0

    /// Strands beyond the first have gradients of their own, whatever they are for.
    var bytes: Double {
        strands.reduce(gradients * Double(max(0, strands.count - 1))) { $0 + $1.bytes(withGradients: true) }
    }

    mutating func add(_ use: NetworkPlan.Use, _ plan: NetworkPlan) {
        gradients = 4 * Double(plan.parameters.bufferCount)
        for (index, share) in plan.shares(use).enumerated() {
            let next = plan.strand.footprint(
                steps: use.steps, batch: share.count, isProceeding: use.kind == .proceeding)
            if index == strands.count { strands.append(.none) }
            strands[index].forward = max(strands[index].forward, next.forward)
            if use.isTraining { strands[index].backward = max(strands[index].backward, next.backward) }
        }
    }
}

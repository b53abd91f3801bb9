// What parameters a network would have, without making it.

extension Network {
    /// Names and shapes of the parameters that a network of these settings has, in their order. No memory is taken for
    /// the parameters themselves. Throws `ConfigurationError` for settings out of range.
    public static func parameterSlices(
        _ configuration: NetworkConfiguration, signature: Signature
    ) throws -> [Parameters.Slice] {
        try configuration.requireRanges(signature)
        return try Strand(configuration, signature, Parameters()).parameters.slices
    }
}

extension NetworkConfiguration {
    /// Throws `ConfigurationError` for what no layer checks for itself.
    func requireRanges(_ signature: Signature) throws {
        try require("signature.inputs", signature.inputs.size, in: 1...largestSize)
        try require("signature.outputs", signature.outputs.size, in: 1...largestSize)
        try require("network.controllerOutputSize", controllerOutputSize, in: 0...largestSize)
        try require("network.output.hiddenSize", output.hiddenSize, in: 0...largestSize)
        try require("network.weights.scale", weights.scale, in: 0...1000)
        try require("network.reconstruction.weight", reconstruction.weight, in: 0...1000)
    }
}

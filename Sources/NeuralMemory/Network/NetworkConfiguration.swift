// What a network is made of, as settings: a value that is checked once, when the network is made from it.

/// How inputs reach the controller, when they are symbols.
public struct InputConfiguration: Codable, Sendable, Equatable {
    public enum Encoding: String, Codable, Sendable, CaseIterable {
        /// A trained vector for each symbol.
        case embedding
        /// A vector with a single 1.
        case oneHot = "one-hot"
    }

    public var encoding: Encoding = .embedding
    /// The width of an embedding; unused for one-hot vectors.
    public var embeddingSize = 64

    public init(encoding: Encoding = .embedding, embeddingSize: Int = 64) {
        self.encoding = encoding
        self.embeddingSize = embeddingSize
    }
}

/// Where outputs come from.
public struct OutputConfiguration: Codable, Sendable, Equatable {
    public enum Source: String, Codable, Sendable, CaseIterable {
        /// o'_t alone, as in Grefenstette et al. 2015: the read reaches the output one step later, through the controller.
        case controller
        /// [o'_t ; r_t], as in Graves et al. 2014.
        case controllerAndReads = "controller-and-reads"
    }

    public var source: Source = .controller
    /// The width of o_t = tanh(W_o o'_t + b_o) before the last layer, where there is such a layer.
    public var hiddenSize: Int?

    public init(source: Source = .controller, hiddenSize: Int? = nil) {
        self.source = source
        self.hiddenSize = hiddenSize
    }
}

/// A network's structure: input → controller ⇄ memory → output.
public struct NetworkConfiguration: Sendable {
    public var input = InputConfiguration()
    public var controller: any ControllerKind = LSTM()
    public var memory: any MemoryKind = NeuralStack()
    /// The width of o'_t = tanh(W_p h_t + b_p), which drives memory and output; without it o'_t = h_t.
    public var controllerOutputSize: Int?
    public var output = OutputConfiguration()
    public var reconstruction = ReconstructionConfiguration()
    public var weights = WeightInitialization()

    public init() {}

    public init(controller: any ControllerKind, memory: any MemoryKind) {
        self.controller = controller
        self.memory = memory
    }
}

extension NetworkConfiguration: Codable {
    private enum Key: String, CodingKey {
        case input, controller, memory, controllerOutputSize, output, reconstruction, weights
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        input = try container.decode(InputConfiguration.self, forKey: .input)
        let registry = Registry.of(decoder) ?? .networks
        controller = try registry.controllers.decode(
            (any ControllerKind).self, from: container.superDecoder(forKey: .controller))
        memory = try registry.memories.decode((any MemoryKind).self, from: container.superDecoder(forKey: .memory))
        controllerOutputSize = try container.decodeIfPresent(Int.self, forKey: .controllerOutputSize)
        output = try container.decode(OutputConfiguration.self, forKey: .output)
        reconstruction = try container.decode(ReconstructionConfiguration.self, forKey: .reconstruction)
        weights = try container.decode(WeightInitialization.self, forKey: .weights)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(input, forKey: .input)
        try controller.encodeWithKind(to: container.superEncoder(forKey: .controller))
        try memory.encodeWithKind(to: container.superEncoder(forKey: .memory))
        try container.encode(controllerOutputSize, forKey: .controllerOutputSize)
        try container.encode(output, forKey: .output)
        try container.encode(reconstruction, forKey: .reconstruction)
        try container.encode(weights, forKey: .weights)
    }
}

// MARK: Numbers of earlier versions

extension NetworkConfiguration: FormerSentinels {
    public static let formerSentinels = ["controllerOutputSize": 0.0]
}

extension OutputConfiguration: FormerSentinels {
    public static let formerSentinels = ["hiddenSize": 0.0]
}

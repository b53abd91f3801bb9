// What a network is made of, as settings: a value that is checked once, when the network is made from it.

/// How inputs reach the controller, when they are symbols.
public struct InputConfiguration: Codable, Sendable, Equatable {
    /// What a symbol becomes.
    public enum Encoding: String, Codable, Sendable, CaseIterable {
        /// A trained vector for each symbol.
        case embedding
        /// A vector with a single 1.
        case oneHot = "one-hot"
    }

    /// Used only where inputs are symbols.
    public var encoding: Encoding = .embedding
    /// The width of an embedding, at least 1; unused for one-hot vectors.
    public var embeddingSize = 64

    /// Embeddings of 64 numbers unless given.
    public init(encoding: Encoding = .embedding, embeddingSize: Int = 64) {
        self.encoding = encoding
        self.embeddingSize = embeddingSize
    }
}

/// Where outputs come from.
public struct OutputConfiguration: Codable, Sendable, Equatable {
    /// What the output layers get.
    public enum Source: String, Codable, Sendable, CaseIterable {
        /// o'_t alone, as in Grefenstette et al. 2015. A read reaches the output in the next step, through the
        /// controller.
        case controller
        /// [o'_t ; r_t], as in Graves et al. 2014.
        case controllerAndReads = "controller-and-reads"
    }

    /// What the first of the output layers gets.
    public var source: Source = .controller
    /// The width of a layer tanh(W x + b) before the last one, at least 1; `nil` for no such layer.
    public var hiddenSize: Int?

    /// One layer over o'_t unless given.
    public init(source: Source = .controller, hiddenSize: Int? = nil) {
        self.source = source
        self.hiddenSize = hiddenSize
    }
}

/// A network's structure: input → controller ⇄ memory → output.
public struct NetworkConfiguration: Sendable {
    /// How symbols become vectors x_t.
    public var input = InputConfiguration()
    /// What turns x_t and r_{t−1} into h_t.
    public var controller: any ControllerKind = LSTM()
    /// What turns interface vectors into reads r_t.
    public var memory: any MemoryKind = NeuralStack()
    /// The width of o'_t = tanh(W_p h_t + b_p), from which interface vectors and outputs are computed; `nil` for
    /// o'_t = h_t.
    public var controllerOutputSize: Int?
    /// The layers from o'_t, and perhaps r_t, to the outputs.
    public var output = OutputConfiguration()
    /// Auxiliary losses; none by default.
    public var reconstruction = ReconstructionConfiguration()
    /// How all weight matrices start.
    public var weights = WeightInitialization()
    /// The fewest parts that a batch is cut into, as far as it has sequences; `nil` for as many as one machine is
    /// fastest with.
    public var shards: Int?

    /// An LSTM with a neural stack, both with their default settings.
    public init() {}

    /// This controller with this memory; the other settings are the defaults.
    public init(controller: any ControllerKind, memory: any MemoryKind) {
        self.controller = controller
        self.memory = memory
    }
}

extension NetworkConfiguration: Codable {
    private enum Key: String, CodingKey {
        case input, controller, memory, controllerOutputSize, output, reconstruction, weights, shards
    }

    /// Reads kinds from the registry that `decoder.userInfo` has under `Registry.key`, or else from
    /// `Registry.networks`.
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
        shards = try container.decodeIfPresent(Int.self, forKey: .shards)
    }

    /// Writes the controller's and the memory's settings with their kind.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(input, forKey: .input)
        try controller.encodeWithKind(to: container.superEncoder(forKey: .controller))
        try memory.encodeWithKind(to: container.superEncoder(forKey: .memory))
        try container.encode(controllerOutputSize, forKey: .controllerOutputSize)
        try container.encode(output, forKey: .output)
        try container.encode(reconstruction, forKey: .reconstruction)
        try container.encode(weights, forKey: .weights)
        try container.encode(shards, forKey: .shards)
    }
}

// MARK: What settings mean

extension InputConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "encoding",
            "What a symbol becomes: a trained vector (embedding), or a vector with a single 1 (one-hot); unused where "
                + "inputs are vectors"),
        SettingDescription("embeddingSize", "The width of an embedding", unit: "numbers", in: 1...largestSize)
    ]
}

extension OutputConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "source",
            "What the output layers get: what the controller gives (controller), or that and the read vector "
                + "(controller-and-reads)"),
        SettingDescription(
            "hiddenSize", "The width of a tanh layer before the last one", unit: "units", in: 1...largestSize)
    ]
}

extension NetworkConfiguration: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription("controller", "What turns inputs and reads into hidden states"),
        SettingDescription("memory", "What the controller writes to and reads from"),
        SettingDescription(
            "controllerOutputSize",
            "The width of a tanh layer over the hidden state, from which the memory's interface and the outputs are "
                + "computed", unit: "units", in: 1...largestSize),
        SettingDescription(
            "shards",
            "The fewest parts that a batch is cut into, each for a thread or an MPI rank; without it as many as one machine "
                + "is fastest with, which is one for large networks", unit: "parts", in: 1...4096)
    ]
}

// MARK: Numbers of earlier versions

extension NetworkConfiguration: FormerSentinels {
    public static let formerSentinels = ["controllerOutputSize": 0.0]
}

extension OutputConfiguration: FormerSentinels {
    public static let formerSentinels = ["hiddenSize": 0.0]
}

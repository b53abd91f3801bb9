// How parameters start.

/// How one parameter starts.
public enum Initializer: Sendable {
    /// All numbers are 0.
    case zeros
    /// All numbers are this one.
    case constant(Float)
    /// One number for each column, from the first on; the remaining columns are 0.
    case values([Float])
    /// The columns are cut into as many equal blocks as there are numbers; each block is filled with its number.
    case blocks([Float])
    /// Random numbers for a weight matrix with this many inputs, by the network's `WeightInitialization`.
    case weight(inputs: Int)
    /// Normally distributed random numbers with mean 0 and this standard deviation.
    case normal(deviation: Double)
}

/// How weight matrices start; biases have their own rules.
public struct WeightInitialization: Codable, Sendable, Equatable {
    /// The range of the random numbers, all equally likely.
    public enum Scheme: String, Codable, Sendable, CaseIterable {
        /// ±scale/√inputs.
        case fanIn = "fan-in"
        /// ±scale.
        case uniform
    }

    /// How the range depends on the size of the matrix.
    public var scheme: Scheme = .fanIn
    /// What the range is multiplied by, from 0 to 1000.
    public var scale = 1.0

    /// Uniform in ±1/√inputs unless given.
    public init(scheme: Scheme = .fanIn, scale: Double = 1) {
        self.scheme = scheme
        self.scale = scale
    }
}

extension WeightInitialization: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription(
            "scheme",
            "The range of the random numbers that weights start at: ±scale/√inputs (fan-in), or ±scale (uniform)"),
        SettingDescription("scale", "What that range is multiplied by", in: 0...1000.0)
    ]
}

extension Initializer {
    /// Fills one parameter, row-major.
    func fill(
        _ target: UnsafeMutableBufferPointer<Float>, columns: Int, _ weights: WeightInitialization,
        using generator: inout RandomGenerator
    ) {
        switch self {
        case .zeros: target.update(repeating: 0)
        case .constant(let value): target.update(repeating: value)
        case .values(let row):
            for index in target.indices { target[index] = index % columns < row.count ? row[index % columns] : 0 }
        case .blocks(let row):
            let width = max(1, columns / max(1, row.count))
            for index in target.indices { target[index] = row[min(index % columns / width, row.count - 1)] }
        case .weight(let inputs):
            let limit = weights.scheme == .fanIn ? weights.scale / Double(max(inputs, 1)).squareRoot() : weights.scale
            for index in target.indices { target[index] = Float(generator.uniform(-limit, limit)) }
        case .normal(let deviation):
            for index in target.indices { target[index] = Float(deviation * generator.normal()) }
        }
    }
}

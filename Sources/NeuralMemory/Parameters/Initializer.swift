// How parameters start.

/// How one parameter starts.
public enum Initializer: Sendable {
    case zeros
    case constant(Float)
    /// One number a column, from the first on; the others are 0.
    case values([Float])
    /// One number for each of so many equal blocks of columns.
    case blocks([Float])
    /// A weight matrix with this many inputs, by the network's `WeightInitialization`.
    case weight(inputs: Int)
    /// Normal with mean 0.
    case normal(deviation: Double)
}

/// How weight matrices start; biases have their own rules.
public struct WeightInitialization: Codable, Sendable, Equatable {
    /// `fan-in`: uniform in ±scale/√inputs. `uniform`: uniform in ±scale.
    public enum Scheme: String, Codable, Sendable, CaseIterable {
        case fanIn = "fan-in"
        case uniform
    }

    public var scheme: Scheme = .fanIn
    public var scale = 1.0

    public init(scheme: Scheme = .fanIn, scale: Double = 1) {
        self.scheme = scheme
        self.scale = scale
    }
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

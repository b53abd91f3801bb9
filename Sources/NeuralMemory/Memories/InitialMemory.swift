// How memories of rows start, and what the controller gets before the first step.

/// How the rows of a memory start.
public enum InitialMemory: String, Codable, Sendable, CaseIterable {
    /// All numbers are 1e-6, which trains fastest (Collier & Beel 2018).
    case constant
    /// Trained.
    case learned
    /// Normal with deviation 1/√columns, the same in every network of the same size, not trained.
    case random

    private static let smallNumber: Float = 1e-6

    /// The parameter of trained rows.
    func declare(_ layout: inout ParameterLayout, rows: Int, columns: Int) throws -> Parameter? {
        self == .learned
            ? try layout.declare(
                "memory.initial_memory", [rows, columns], .normal(deviation: 1 / Double(columns).squareRoot())) : nil
    }

    /// Rows (N, M) that are not trained; empty where they are.
    func fixedRows(_ rows: Int, columns: Int) -> [Float] {
        switch self {
        case .constant: return Array(repeating: Self.smallNumber, count: rows * columns)
        case .learned: return []
        case .random:
            var generator = RandomGenerator(seed: 0)
            let deviation = 1 / Double(columns).squareRoot()
            return (0..<rows * columns).map { _ in Float(deviation * generator.normal()) }
        }
    }

    /// Throws where these rows cannot be another number than the trained one.
    func requireRowCount(_ rows: Int, trained: Int) throws {
        if self == .learned, rows != trained {
            throw ConfigurationError.learnedRows("initialMemory", trained: trained, allowed: "constant or random")
        }
    }

    static let settingDescription = SettingDescription(
        "initialMemory",
        "How the rows start: all numbers 1e-6 (constant), trained (learned), or normal with deviation 1/√columns and "
            + "not trained (random)")
}

/// What the controller gets as r_0.
public enum InitialReads: String, Codable, Sendable, CaseIterable {
    /// All numbers are 0.
    case zero
    /// Trained.
    case learned

    /// The parameter of trained numbers.
    func declare(_ layout: inout ParameterLayout, count: Int) throws -> Parameter? {
        self == .learned ? try layout.declare("memory.initial_reads", [count], .normal(deviation: 0.05)) : nil
    }

    static let settingDescription = SettingDescription(
        "initialReads", "What the controller gets as r_0: zeros (zero), or trained numbers (learned)")
}

extension ConfigurationError {
    /// Of a setting by which each row has a trained number, where the number of rows is to be another.
    static func learnedRows(_ setting: String, trained: Int, allowed: String) -> ConfigurationError {
        ConfigurationError(
            field: "network.memory.\(setting)", value: "learned",
            allowed:
                "\(allowed) for another number of rows than the \(trained) trained with: what is learned here is a "
                + "number for each row")
    }
}

extension MemoryPorts {
    /// Writes r_0: a parameter's numbers, or zeros.
    func writeInitialReads(_ parameter: Parameter?, _ parameters: ParameterBuffer, batch: Int, width: Int) {
        if let parameter {
            Kernels.broadcast(parameters[parameter], into: reads, rows: batch, columns: width)
        } else {
            Kernels.zero(reads, rows: batch, columns: width)
        }
    }

    /// What was read of a step before this one, counted from 1: some columns of r_step of a sequence.
    func read(step: Int, batch: Int, sequence: Int, columns: Range<Int>) -> [Float] {
        let row = reads.advanced(by: step * batch + sequence).columns(from: columns.lowerBound)
        return Array(UnsafeBufferPointer(start: row.pointer, count: columns.count))
    }
}

// Runs as learning curves show them: what can be drawn of a record, and of which sequences.

import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// A run's records under a name.
package struct CurveRun: Sendable {
    /// What the legend calls it.
    package let name: String
    /// Runs of one group differ in their seeds alone; `nil` for a run alone.
    ///
    /// Of a group the median is drawn, and the range.
    package let group: String?
    /// Of ascending steps.
    package let records: [MetricsRecord]

    package init(name: String, group: String? = nil, records: [MetricsRecord]) {
        self.name = name
        self.group = group
        self.records = records
    }

    /// The last records before the run began anew, each time that it did.
    var restarts: [MetricsRecord] {
        zip(records, records.dropFirst()).filter { ($0.restarts ?? 0) < ($1.restarts ?? 0) }.map(\.0)
    }

    /// The records of intervals in which the run went back to the average of its parameters.
    var rewinds: [MetricsRecord] {
        zip([nil] + records, records).filter { ($0?.rewinds ?? 0) < ($1.rewinds ?? 0) }.map(\.1)
    }
}

/// A number that each record of a run has.
package enum CurveQuantity: String, CaseIterable, Sendable {
    case loss, bits
    case bitsPerSymbol = "bits-per-symbol"
    case perplexity, coarse, fine, rmse, mae
    case wrongBits = "wrong-bits"
    case excessBits = "excess-bits"
    case gradientNorm = "gradient-norm"
    case learningRate = "learning-rate"
    case speed

    /// What a plot of it is called.
    package var title: String {
        switch self {
        case .loss: "Loss"
        case .bits: "Bits"
        case .bitsPerSymbol: "Bits per symbol"
        case .perplexity: "Perplexity"
        case .coarse: "Coarse accuracy"
        case .fine: "Fine accuracy"
        case .rmse: "RMSE"
        case .mae: "Mean absolute error"
        case .wrongBits: "Wrong bits"
        case .excessBits: "Excess bits"
        case .gradientNorm: "Gradient norm"
        case .learningRate: "Learning rate"
        case .speed: "Speed"
        }
    }

    /// The unit, in words.
    package var unit: String {
        switch self {
        case .loss: "nats per output"
        case .bits: "bits per sequence"
        case .bitsPerSymbol: "bits per character, byte or word"
        case .perplexity: "2 to the power of the bits per symbol"
        case .coarse: "share of sequences that are wholly right"
        case .fine: "share of a sequence before its first error"
        case .rmse: "root of the mean squared error of a number"
        case .mae: "mean absolute error of a number"
        case .wrongBits: "wrong bits per sequence"
        case .excessBits: "bits per sequence beyond the best predictor"
        case .gradientNorm: "before clipping, mean of the interval"
        case .learningRate: "of the interval's last step"
        case .speed: "training sequences per second"
        }
    }

    /// What tells most about how well a task is done, of what there is of these; else coarse accuracy.
    static let telling: [CurveQuantity] = [.bitsPerSymbol, .wrongBits, .rmse]

    /// Whether it is a share, from 0 to 1.
    var isShare: Bool { self == .coarse || self == .fine }

    /// Whether evaluations have it.
    var isEvaluated: Bool {
        switch self {
        case .bits, .bitsPerSymbol, .perplexity, .coarse, .fine, .rmse, .mae, .wrongBits, .excessBits: true
        case .loss, .gradientNorm, .learningRate, .speed: false
        }
    }

    /// Its value in training.
    func value(of record: MetricsRecord) -> Double? {
        switch self {
        case .loss: record.loss
        case .bits: record.bits
        case .bitsPerSymbol: record.bitsPerSymbol
        case .perplexity: record.perplexity
        case .coarse: record.coarse
        case .fine: record.fine
        case .rmse: record.rmse
        case .mae: record.mae
        case .wrongBits, .excessBits: nil
        case .gradientNorm: record.gradientNorm
        case .learningRate: record.learningRate
        case .speed: record.sequencesPerSecond
        }
    }

    /// Its value in an evaluation.
    func value(of evaluation: MetricsRecord.Evaluation) -> Double? {
        switch self {
        case .bits: evaluation.bits
        case .bitsPerSymbol: evaluation.bitsPerSymbol
        case .perplexity: evaluation.perplexity
        case .coarse: evaluation.coarse
        case .fine: evaluation.fine
        case .rmse: evaluation.rmse
        case .mae: evaluation.mae
        case .wrongBits: evaluation.wrongBits
        case .excessBits: evaluation.excessBits
        case .loss, .gradientNorm, .learningRate, .speed: nil
        }
    }
}

/// Which sequences a number is of.
package enum CurveSource: Hashable, Sendable {
    /// Those of the interval, trained on.
    case training
    /// Held-out ones of these lengths.
    case evaluation(ClosedRange<Int>)

    /// What the legend calls it.
    package var name: String {
        switch self {
        case .training: "training"
        case .evaluation(let lengths): "length \(lengths.label)"
        }
    }

    func value(_ quantity: CurveQuantity, of record: MetricsRecord) -> Double? {
        switch self {
        case .training: quantity.value(of: record)
        case .evaluation(let lengths):
            record.evaluations.first { $0.lengths == lengths }.flatMap { quantity.value(of: $0) }
        }
    }
}

/// What a plot counts to the right.
package enum CurveAxis: String, CaseIterable, Sendable {
    case steps, sequences

    func value(of record: MetricsRecord) -> Double {
        Double(self == .steps ? record.step : record.sequences)
    }
}

// What one interval of a run came to, as a value: what sinks get, observers see and readers read.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// One line of metrics.jsonl.
///
/// docs/CHECKPOINT.md describes the keys, which are the properties' names in snake case.
public struct MetricsRecord: Codable, Sendable, Equatable {
    /// Steps done.
    public let step: Int
    /// Sequences trained on.
    public let sequences: Int
    /// The interval's mean loss, in nats per output.
    public let loss: Double
    /// The interval's bits per sequence.
    public let bits: Double
    /// The interval's bits per character, byte or word; `nil` where sequences are no text.
    public let bitsPerSymbol: Double?
    /// 2 to the power of that.
    public let perplexity: Double?
    /// The share of the interval's sequences that are wholly right; `nil` where outputs are numbers, or sequences pieces
    /// of a text.
    public let coarse: Double?
    /// The mean share of the interval's sequences that is right before their first error; `nil` where `coarse` is.
    public let fine: Double?
    /// The root of the interval's mean squared error; `nil` unless outputs are numbers.
    public let rmse: Double?
    /// The interval's mean absolute error; `nil` unless outputs are numbers.
    public let mae: Double?
    /// The mean norm of the interval's gradients, before clipping; `nil` where all steps were skipped.
    public let gradientNorm: Double?
    /// Steps whose gradient overflowed, and which changed nothing.
    public let skipped: Int
    /// How often the run had begun anew before the interval; `nil` where it never does.
    public let restarts: Int?
    /// How often the run had gone back to the average of its parameters; `nil` where it never does.
    public let rewinds: Int?
    /// Of the interval's last step.
    public let learningRate: Double
    /// The longest length trained at.
    public let longestLength: Int
    /// Training sequences per second over the interval, without its evaluation; `nil` where the clock did not move on.
    public let sequencesPerSecond: Double?
    /// Seconds of training, evaluation and saving, over all sessions.
    public let elapsedSeconds: Double
    /// On held-out sequences: training lengths first, then the other lengths.
    public let evaluations: [Evaluation]

    /// One evaluation, per sequence.
    ///
    /// Numbers that are not finite are `nil`.
    public struct Evaluation: Codable, Sendable, Equatable {
        /// The lengths of the sequences; the task says what they count.
        public let lengths: ClosedRange<Int>
        /// How many sequences were evaluated.
        public let episodes: Int
        /// Bits per character, byte or word; `nil` where sequences are no text.
        public let bitsPerSymbol: Double?
        /// 2 to the power of that.
        public let perplexity: Double?
        /// The share of sequences that are wholly right; `nil` where outputs are numbers, or sequences pieces of a text.
        public let coarse: Double?
        /// The mean share of a sequence that is right before its first error; `nil` where `coarse` is.
        public let fine: Double?
        /// The root of the mean squared error, per number; `nil` unless outputs are numbers.
        public let rmse: Double?
        /// The mean absolute error, per number; `nil` unless outputs are numbers.
        public let mae: Double?
        /// The loss.
        public let bits: Double?
        /// Wrong bits; `nil` unless outputs are bits.
        public let wrongBits: Double?
        /// What the best possible predictor pays; `nil` where the task does not know.
        public let optimalBits: Double?
        /// Bits beyond that.
        public let excessBits: Double?

        enum CodingKeys: String, CodingKey {
            case lengths, episodes
            case bitsPerSymbol = "bits_per_symbol"
            case perplexity, coarse, fine, rmse, mae, bits
            case wrongBits = "wrong_bits"
            case optimalBits = "optimal_bits"
            case excessBits = "excess_bits"
        }
    }

    enum CodingKeys: String, CodingKey {
        case step, sequences, loss, bits
        case bitsPerSymbol = "bits_per_symbol"
        case perplexity, coarse, fine, rmse, mae
        case gradientNorm = "gradient_norm"
        case skipped, restarts, rewinds
        case learningRate = "learning_rate"
        case longestLength = "longest_length"
        case sequencesPerSecond = "sequences_per_second"
        case elapsedSeconds = "elapsed_seconds"
        case evaluations
    }
}

// MARK: From a run

extension MetricsRecord {
    init(_ report: IntervalReport, sequencesPerSecond: Double?, elapsedSeconds: Double) {
        self.init(
            step: report.step, sequences: report.sequences, loss: report.training.mean, bits: report.training.bits,
            bitsPerSymbol: report.isOfText ? report.training.bitsPerOutput.ifFinite : nil,
            perplexity: report.isOfText ? exp2(report.training.bitsPerOutput).ifFinite : nil,
            coarse: report.isOfText ? nil : report.training.coarse.ifFinite,
            fine: report.isOfText ? nil : report.training.fine.ifFinite,
            rmse: report.training.rmse?.ifFinite, mae: report.training.mae?.ifFinite,
            gradientNorm: report.gradientNorm.ifFinite,
            skipped: report.skipped, restarts: report.restarts, rewinds: report.rewinds,
            learningRate: report.learningRate, longestLength: report.longestLength,
            sequencesPerSecond: sequencesPerSecond, elapsedSeconds: elapsedSeconds,
            evaluations: report.evaluations.map { Evaluation($0) })
    }
}

extension MetricsRecord.Evaluation {
    package init(_ result: EvaluationResult) {
        self.init(
            lengths: result.lengths, episodes: result.report.sequences,
            bitsPerSymbol: result.bitsPerSymbol?.ifFinite, perplexity: result.perplexity?.ifFinite,
            coarse: result.coarse?.ifFinite, fine: result.fine?.ifFinite, rmse: result.report.rmse?.ifFinite,
            mae: result.report.mae?.ifFinite,
            bits: result.report.bits.ifFinite,
            wrongBits: result.wrongBits?.ifFinite, optimalBits: result.optimalBits?.ifFinite,
            excessBits: result.excessBits?.ifFinite)
    }
}

extension Double {
    fileprivate var ifFinite: Double? { isFinite ? self : nil }
}

// MARK: As text

extension MetricsRecord {
    /// One line of JSON, without a newline.
    ///
    /// Keys always come in this order; numbers that are `nil` are null.
    public var json: String {
        let evaluations = (CodingKeys.evaluations.rawValue, JSON.array(evaluations.map(\.json)))
        return JSON([(CodingKeys.step.rawValue, JSON(step))] + figures + [evaluations]).compactText
    }

    /// The numbers of training by name, without the step.
    var figures: [(String, JSON)] {
        var fields: [(CodingKeys, JSON)] = [
            (.sequences, JSON(sequences)), (.loss, JSON(loss)), (.bits, JSON(bits))
        ]
        if let bitsPerSymbol {
            fields += [(.bitsPerSymbol, JSON(bitsPerSymbol)), (.perplexity, JSON(perplexity))]
        } else {
            fields +=
                rmse == nil ? [(.coarse, JSON(coarse)), (.fine, JSON(fine))] : [(.rmse, JSON(rmse)), (.mae, JSON(mae))]
        }
        fields += [(.gradientNorm, JSON(gradientNorm)), (.skipped, JSON(skipped))]
        if let restarts { fields.append((.restarts, JSON(restarts))) }
        if let rewinds { fields.append((.rewinds, JSON(rewinds))) }
        fields += [
            (.learningRate, JSON(learningRate)), (.longestLength, JSON(longestLength)),
            (.sequencesPerSecond, JSON(sequencesPerSecond)), (.elapsedSeconds, JSON(elapsedSeconds))
        ]
        return fields.map { ($0.rawValue, $1) }
    }

    /// Reads one line.
    ///
    /// `nil` for one that is not whole, or no record.
    init?(line: some DataProtocol) {
        guard let record = try? JSONDecoder().decode(MetricsRecord.self, from: Data(line)) else { return nil }
        self = record
    }

    /// The step of a line that has one, whatever else is in it; `nil` for a line that is not whole.
    static func step(ofLine line: Data) -> Int? { (try? JSON(parsing: line))?["step"]?.integer }
}

extension MetricsRecord.Evaluation {
    fileprivate var json: JSON {
        let (first, last) = (lengths.lowerBound, lengths.upperBound)
        return JSON([("lengths", .array([JSON(first), JSON(last)])), ("episodes", JSON(episodes))] + figures)
    }

    /// The numbers by name; those that the task does not have are left out.
    var figures: [(String, JSON)] {
        var fields: [(CodingKeys, JSON)] =
            if let bitsPerSymbol {
                [(.bitsPerSymbol, JSON(bitsPerSymbol)), (.perplexity, JSON(perplexity))]
            } else {
                rmse == nil ? [(.coarse, JSON(coarse)), (.fine, JSON(fine))] : [(.rmse, JSON(rmse)), (.mae, JSON(mae))]
            }
        fields.append((.bits, JSON(bits)))
        if let wrongBits { fields.append((.wrongBits, JSON(wrongBits))) }
        if let optimalBits { fields += [(.optimalBits, JSON(optimalBits)), (.excessBits, JSON(excessBits))] }
        return fields.map { ($0.rawValue, $1) }
    }
}

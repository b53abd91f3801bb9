// The loss of a batch, and how many of its sequences are right.

/// Loss and accuracy of one batch.
///
/// The loss that is differentiated is `objective`: the mean over all outputs (symbols, bits or numbers) that count, plus
/// auxiliary losses. Symbols and bits are right or wrong; numbers are neither, and have errors instead. Each of several
/// choices at once is a symbol.
public struct LossReport: Codable, Sendable, Equatable {
    /// Σ −ln p over all outputs that count; of numbers, Σ ½ (y − t)².
    public var nats: Double
    /// Auxiliary losses, times the number of outputs that count; 0 without any.
    public var auxiliaryNats = 0.0
    /// How many symbols, bits or numbers count in the loss.
    public var outputs: Int
    /// B, the number of sequences.
    public var sequences: Int
    /// Sequences without any wrong output; 0 where outputs are numbers.
    public var rightSequences: Int
    /// Σ over sequences of (steps right before the first error) / (steps that count).
    ///
    /// This is "fine" of Grefenstette et al. 2015. 0 where outputs are numbers.
    public var rightPrefixes: Double
    /// Wrong symbols, or bits; 0 where outputs are numbers.
    public var wrongOutputs: Int
    /// Σ |y − t| over all numbers that count; `nil` where outputs are symbols or bits.
    public var absoluteError: Double?

    /// The mean over outputs, in nats.
    public var mean: Double { nats / Double(max(outputs, 1)) }
    /// The loss that is differentiated: the mean, with auxiliary losses.
    public var objective: Double { mean + auxiliaryNats / Double(max(outputs, 1)) }
    /// Bits per sequence; of numbers, without the constant that `Signature.Outputs.numbers` leaves out.
    public var bits: Double { nats / 0.6931471805599453 / Double(sequences) }
    /// Bits per output; of symbols also the exponent of perplexity: 2 to the power of this.
    public var bitsPerOutput: Double { mean / 0.6931471805599453 }
    /// The share of sequences that are wholly right; NaN where outputs are numbers.
    public var coarse: Double { accuracy(Double(rightSequences)) }
    /// The mean share of a sequence that is right before its first error; NaN where outputs are numbers.
    public var fine: Double { accuracy(rightPrefixes) }
    /// Wrong symbols, or bits, per sequence; NaN where outputs are numbers.
    public var wrong: Double { accuracy(Double(wrongOutputs)) }
    /// The root of the mean of (y − t)² over numbers; `nil` where outputs are symbols or bits.
    public var rmse: Double? { absoluteError.map { _ in (2 * mean).squareRoot() } }
    /// The mean of |y − t| over numbers; `nil` where outputs are symbols or bits.
    public var mae: Double? { absoluteError.map { $0 / Double(max(outputs, 1)) } }

    private func accuracy(_ sum: Double) -> Double { absoluteError == nil ? sum / Double(sequences) : .nan }

    /// The report of no sequence.
    package static let empty = LossReport(
        nats: 0, outputs: 0, sequences: 0, rightSequences: 0, rightPrefixes: 0, wrongOutputs: 0)

    /// The report of this batch and another one together.
    public func adding(_ other: LossReport) -> LossReport {
        LossReport(
            nats: nats + other.nats, auxiliaryNats: auxiliaryNats + other.auxiliaryNats,
            outputs: outputs + other.outputs, sequences: sequences + other.sequences,
            rightSequences: rightSequences + other.rightSequences,
            rightPrefixes: rightPrefixes + other.rightPrefixes, wrongOutputs: wrongOutputs + other.wrongOutputs,
            absoluteError: absoluteError.map { $0 + (other.absoluteError ?? 0) } ?? other.absoluteError)
    }
}

/// How many outputs and symbols the losses of a batch are means over.
///
/// Of a batch that is spread over several processes, it is the sum over its parts.
public struct LossTotals: Codable, Sendable, Equatable {
    /// Symbols, bits or numbers that count.
    public var outputs: Int
    /// Symbols that are reconstructed (`ReconstructionConfiguration`); 0 where none are.
    public var reconstructed: Int

    /// Both are at least 0.
    public init(outputs: Int, reconstructed: Int = 0) {
        self.outputs = outputs
        self.reconstructed = reconstructed
    }

    /// The totals of two parts of a batch together.
    public static func + (first: LossTotals, second: LossTotals) -> LossTotals {
        LossTotals(
            outputs: first.outputs + second.outputs, reconstructed: first.reconstructed + second.reconstructed)
    }
}

extension LossReport {
    /// How many symbols, bits or numbers of a batch count.
    static func countedOutputs(_ batch: Batch, _ signature: Signature.Outputs) -> Int {
        func counted(_ symbols: [Int32]) -> Int {
            zip(batch.mask, symbols).reduce(into: 0) { $0 += $1.0 > 0 && $1.1 != Batch.noSymbol ? 1 : 0 }
        }
        switch (signature, batch.targets) {
        case (_, .symbols(let targets)): return counted(targets)
        case (.choices(let count, let classes), .bits(let bits)):
            return (0..<count).reduce(0) {
                $0 + counted(symbols(ofChoice: $1, of: classes, bits, rows: batch.mask.count))
            }
        case (_, .bits(let targets)), (_, .numbers(let targets)):
            return batch.mask.reduce(into: 0) { $0 += $1 > 0 ? 1 : 0 } * (targets.count / batch.mask.count)
        }
    }

    /// The symbol of one choice in each row; `noSymbol` where its bits are all 0.
    private static func symbols(ofChoice choice: Int, of classes: Int, _ bits: [Float], rows: Int) -> [Int32] {
        let width = bits.count / rows
        return (0..<rows).map { row in
            let start = row * width + choice * classes
            return bits[start..<start + classes].firstIndex(of: 1).map { Int32($0 - start) } ?? Batch.noSymbol
        }
    }

    /// Computes the losses of logits (T·B rows), and writes their gradients where `gradients` is given.
    ///
    /// The batch is a shard, and its targets are of the network's signature. `total` outputs count in the whole batch;
    /// the gradients are those of the mean over these.
    init(_ batch: Batch, _ signature: Signature.Outputs, outOf total: Int, logits: Rows, gradients: Rows?) {
        let rows = batch.steps * batch.count
        let scale = 1 / Float(max(total, 1))
        var losses = [Float](repeating: 0, count: rows)
        var wrong = [Int32](repeating: 0, count: rows)
        var absolute: [Float]?
        switch (signature, batch.targets) {
        case (.symbols(let classes), .symbols(let targets)):
            let best = Self.choose(
                targets, batch.mask, of: classes, scale: scale, logits: logits, gradients: gradients, losses: &losses)
            for row in 0..<rows { wrong[row] = batch.mask[row] > 0 && best[row] != targets[row] ? 1 : 0 }
        case (.choices(let count, let classes), .bits(let bits)):
            for choice in 0..<count {
                let targets = Self.symbols(ofChoice: choice, of: classes, bits, rows: rows)
                var lossesOfChoice = [Float](repeating: 0, count: rows)
                let best = Self.choose(
                    targets, batch.mask, of: classes, scale: scale, logits: logits.columns(from: choice * classes),
                    gradients: gradients?.columns(from: choice * classes), losses: &lossesOfChoice)
                for row in 0..<rows where batch.mask[row] > 0 && targets[row] != Batch.noSymbol {
                    losses[row] += lossesOfChoice[row]
                    wrong[row] += best[row] != targets[row] ? 1 : 0
                }
            }
        case (.bits(let bits), .bits(let targets)):
            Kernels.sigmoidCrossEntropy(
                logits: logits, targets: targets, mask: batch.mask, scale: scale, losses: &losses,
                gradients: gradients?.pointer, wrong: &wrong, rows: rows, bits: bits)
        case (.numbers(let numbers), .numbers(let targets)):
            var errors = [Float](repeating: 0, count: rows)
            Kernels.squaredError(
                outputs: logits, targets: targets, mask: batch.mask, scale: scale, losses: &losses,
                gradients: gradients?.pointer, absolute: &errors, rows: rows, numbers: numbers)
            absolute = errors
        default: preconditionFailure("targets are compared with the signature before")
        }
        self.init(
            nats: losses.reduce(into: 0.0) { $0 += Double($1) }, outputs: Self.countedOutputs(batch, signature),
            sequences: batch.count,
            rightSequences: 0, rightPrefixes: 0, wrongOutputs: wrong.reduce(into: 0) { $0 += Int($1) },
            absoluteError: absolute.map { $0.reduce(into: 0.0) { $0 += Double($1) } })
        if absolute == nil { countPrefixes(batch, wrong) }
    }

    /// Softmax and cross-entropy of one symbol a row; returns the likeliest symbols.
    ///
    /// Rows whose target is `noSymbol` have neither loss nor gradients.
    private static func choose(
        _ targets: [Int32], _ mask: [Float], of classes: Int, scale: Float, logits: Rows, gradients: Rows?,
        losses: inout [Float]
    ) -> [Int32] {
        var best = [Int32](repeating: 0, count: targets.count)
        Kernels.softmaxCrossEntropy(
            logits: logits, targets: targets.map { max($0, 0) },
            mask: zip(mask, targets).map { $1 == Batch.noSymbol ? 0 : $0 }, scale: scale, losses: &losses,
            gradients: gradients?.pointer, best: &best, rows: targets.count, classes: classes)
        return best
    }

    /// Counts right sequences and right prefixes from the errors of each step.
    private mutating func countPrefixes(_ batch: Batch, _ wrong: [Int32]) {
        for b in 0..<batch.count {
            var length = 0
            var prefix = 0
            var isRight = true
            for row in stride(from: b, to: batch.steps * batch.count, by: batch.count) where batch.mask[row] > 0 {
                length += 1
                isRight = isRight && wrong[row] == 0
                prefix += isRight ? 1 : 0
            }
            rightSequences += isRight ? 1 : 0
            rightPrefixes += length > 0 ? Double(prefix) / Double(length) : 1
        }
    }
}

// ReferenceLosses.swift: softmax and sigmoid cross-entropy over rows of logits, and squared error of rows of numbers,
// with their gradients, in Double.

import Foundation

/// Losses in nats, weighted per row by `mask`; gradients are scale * mask * dloss/dlogits.
public enum ReferenceLosses {
    /// What a loss gives for each row.
    public struct Result: Sendable {
        /// mask * loss, shape (rows).
        public var loss: [Double]
        /// scale * mask * dloss/dlogits, shaped like the logits.
        public var dLogits: [Double]
        /// Softmax: the first class with the largest logit.
        ///
        /// Sigmoid: how many bits are on the wrong side of 0, and 0 where mask is 0.
        public var counts: [Int]
    }

    /// loss = log sum_c exp(x_c) - x_target; dloss/dx_c = softmax(x)_c - [c = target].
    ///
    /// logits (rows, classes), targets (rows) below `classes`, mask (rows) >= 0.
    public static func softmaxCrossEntropy(
        rows: Int, classes: Int, logits: [Double], targets: [Int], mask: [Double], scale: Double
    ) -> Result {
        precondition(logits.count == rows * classes, "logits is not (\(rows), \(classes))")
        var result = Result(loss: [], dLogits: [], counts: [])
        for row in 0..<rows {
            let x = Array(logits[row * classes..<(row + 1) * classes])
            let largest = x.max()!
            let sum = x.reduce(0) { $0 + exp($1 - largest) }
            // The difference first: beside huge logits a logarithm would be lost.
            let loss = log(sum) + (largest - x[targets[row]])
            // mask * loss with mask = 0 is 0 whatever the logits are.
            result.loss.append(mask[row] == 0 ? 0 : mask[row] * loss)
            result.counts.append(x.firstIndex(of: largest)!)
            for (column, logit) in x.enumerated() {
                let gradient = exp(logit - largest) / sum - (column == targets[row] ? 1 : 0)
                result.dLogits.append(mask[row] == 0 ? 0 : scale * mask[row] * gradient)
            }
        }
        return result
    }

    /// loss = sum over a row's bits of -y log sigma(x) - (1 - y) log(1 - sigma(x)), written so that nothing overflows:
    /// max(x, 0) - x y + log(1 + exp(-|x|)); dloss/dx = sigma(x) - y.
    ///
    /// logits and targets (rows, bits), targets in [0, 1], mask (rows) >= 0.
    public static func sigmoidCrossEntropy(
        rows: Int, bits: Int, logits: [Double], targets: [Double], mask: [Double], scale: Double
    ) -> Result {
        precondition(logits.count == rows * bits && targets.count == logits.count, "not (\(rows), \(bits))")
        var result = Result(loss: [], dLogits: [], counts: [])
        for row in 0..<rows {
            var loss = 0.0
            var wrong = 0
            for position in row * bits..<(row + 1) * bits {
                let (x, y) = (logits[position], targets[position])
                loss += max(x, 0) - x * y + log1p(exp(-abs(x)))
                wrong += (x > 0) == (y > 0.5) ? 0 : 1
                let gradient = ReferenceActivations.sigmoid(x) - y
                result.dLogits.append(mask[row] == 0 ? 0 : scale * mask[row] * gradient)
            }
            result.loss.append(mask[row] == 0 ? 0 : mask[row] * loss)
            result.counts.append(mask[row] == 0 ? 0 : wrong)
        }
        return result
    }

    /// loss = sum over a row's numbers of (x - y)^2 / 2; dloss/dx = x - y.
    ///
    /// Outputs and targets (rows, numbers), mask (rows) >= 0. `absolute` is sum |x - y| of each row, 0 where mask is 0.
    public static func squaredError(
        rows: Int, numbers: Int, outputs: [Double], targets: [Double], mask: [Double], scale: Double
    ) -> (loss: [Double], dOutputs: [Double], absolute: [Double]) {
        precondition(outputs.count == rows * numbers && targets.count == outputs.count, "not (\(rows), \(numbers))")
        var (loss, dOutputs, absolute): ([Double], [Double], [Double]) = ([], [], [])
        for row in 0..<rows {
            let errors = (row * numbers..<(row + 1) * numbers).map { outputs[$0] - targets[$0] }
            let counts = mask[row] != 0
            loss.append(counts ? mask[row] * errors.reduce(0) { $0 + $1 * $1 } / 2 : 0)
            absolute.append(counts ? errors.reduce(0) { $0 + abs($1) } : 0)
            dOutputs += errors.map { counts ? scale * mask[row] * $0 : 0 }
        }
        return (loss, dOutputs, absolute)
    }
}

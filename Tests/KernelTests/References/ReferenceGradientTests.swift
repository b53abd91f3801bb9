// ReferenceGradientTests.swift: the other references against finite differences and closed forms.

import ReferenceKernels
import TestSupport
import Testing

@Suite struct ReferenceGradientTests {
    private let cases = 20

    @Test func tanhAndSigmoid() {
        for number in 0..<cases {
            let seed = caseSeed(10, number)
            var random = SeededGenerator(seed: seed)
            let x = random.doubles(7, limit: 4)
            let weights = random.doubles(7)
            let tanhGradient = ReferenceActivations.tanhBackward(y: ReferenceActivations.tanhForward(x), dy: weights)
            expectNone(
                differenceMismatch(
                    of: { weightedSum(ReferenceActivations.tanhForward($0), weights) }, at: x, gradient: tanhGradient),
                "tanh", "seed \(seed)")
            let sigmoidGradient = ReferenceActivations.sigmoidBackward(
                y: ReferenceActivations.sigmoidForward(x), dy: weights)
            expectNone(
                differenceMismatch(
                    of: { weightedSum(ReferenceActivations.sigmoidForward($0), weights) }, at: x,
                    gradient: sigmoidGradient),
                "sigmoid", "seed \(seed)")
        }
    }

    @Test func lstm() {
        for number in 0..<cases {
            let seed = caseSeed(11, number)
            var random = SeededGenerator(seed: seed)
            let (batch, units) = (random.integer(1..<3), random.integer(1..<4))
            let cells = batch * units
            let point = random.doubles(5 * cells, limit: 2)
            let (dHidden, dCell) = (random.doubles(cells), random.doubles(cells))
            func run(_ x: [Double]) -> ReferenceLSTM.Step {
                ReferenceLSTM.forward(
                    batch: batch, units: units, preactivations: Array(x[..<(4 * cells)]),
                    previousCell: Array(x[(4 * cells)...]))
            }
            let gradient = ReferenceLSTM.backward(
                batch: batch, units: units, step: run(point), previousCell: Array(point[(4 * cells)...]),
                dHidden: dHidden, dCell: dCell)
            let complaint = differenceMismatch(
                of: { weightedSum(run($0).hidden, dHidden) + weightedSum(run($0).cell, dCell) }, at: point,
                gradient: gradient.dPreactivations + gradient.dPreviousCell)
            expectNone(complaint, "LSTM", "seed \(seed)")
        }
    }

    /// An open forget gate and a shut input gate keep the cell; the order of the gates is i, f, g, o.
    @Test func lstmGateOrder() {
        let shut = -1000.0, open = 1000.0
        let keeps = ReferenceLSTM.forward(
            batch: 1, units: 1, preactivations: [shut, open, 1000, shut], previousCell: [0.25])
        #expect(keeps.cell == [0.25] && keeps.hidden == [0])
        let takes = ReferenceLSTM.forward(
            batch: 1, units: 1, preactivations: [open, shut, -1000, open], previousCell: [0.25])
        #expect(takes.cell == [-1] && takes.gates == [1, 0, -1, 1])
    }

    @Test func elman() {
        for number in 0..<cases {
            let seed = caseSeed(12, number)
            var random = SeededGenerator(seed: seed)
            let (batch, inputs, units) = (2, random.integer(1..<4), random.integer(1..<4))
            let counts = [batch * inputs, batch * units, inputs * units, units * units, units]
            let point = random.doubles(counts.reduce(0, +))
            let weights = random.doubles(batch * units)
            func parts(_ x: [Double]) -> [[Double]] {
                var first = 0
                return counts.map { count in
                    defer { first += count }
                    return Array(x[first..<first + count])
                }
            }
            func run(_ x: [Double]) -> [Double] {
                let part = parts(x)
                return ReferenceElman.forward(
                    batch: batch, inputs: inputs, units: units, x: part[0], previous: part[1],
                    inputWeights: part[2], hiddenWeights: part[3], bias: part[4])
            }
            let part = parts(point)
            let gradient = ReferenceElman.backward(
                batch: batch, inputs: inputs, units: units, x: part[0], previous: part[1], inputWeights: part[2],
                hiddenWeights: part[3], h: run(point), dh: weights)
            let complaint = differenceMismatch(
                of: { weightedSum(run($0), weights) }, at: point,
                gradient: gradient.dx + gradient.dPrevious + gradient.dInputWeights + gradient.dHiddenWeights
                    + gradient.dBias)
            expectNone(complaint, "Elman", "seed \(seed)")
        }
    }

    @Test func productByHand() {
        let a = [1.0, 2, 3, 4, 5, 6]
        let b = [1.0, 0, -1, 2, 1, 1]
        let product = [2.0, 7, 5, 16]  // (2 x 3) (3 x 2)
        #expect(ReferenceDense.product(m: 2, n: 2, k: 3, a, b) == product)
        let aTransposed = [1.0, 4, 2, 5, 3, 6]
        let bTransposed = [1.0, -1, 1, 0, 2, 1]
        #expect(ReferenceDense.product(transposeA: true, m: 2, n: 2, k: 3, aTransposed, b) == product)
        #expect(ReferenceDense.product(transposeB: true, m: 2, n: 2, k: 3, a, bTransposed) == product)
        #expect(
            ReferenceDense.product(m: 2, n: 2, k: 3, alpha: 2, a, b, beta: 0.5, [2, 4, 6, 8]) == [5, 16, 13, 36])
        #expect(ReferenceDense.product(m: 1, n: 1, k: 1, [2], [3], beta: 0, [.nan]) == [6])
    }

    @Test func denseAndEmbedding() {
        for number in 0..<cases {
            let seed = caseSeed(13, number)
            var random = SeededGenerator(seed: seed)
            let (rows, inputs, outputs) = (random.integer(1..<4), random.integer(1..<4), random.integer(1..<4))
            let (x, w, b) = (rows * inputs, inputs * outputs, outputs)
            let point = random.doubles(x + w + b)
            let weights = random.doubles(rows * outputs)
            func run(_ p: [Double]) -> [Double] {
                ReferenceDense.forward(
                    rows: rows, inputs: inputs, outputs: outputs, x: Array(p[..<x]), weights: Array(p[x..<x + w]),
                    bias: Array(p[(x + w)...]))
            }
            let gradient = ReferenceDense.backward(
                rows: rows, inputs: inputs, outputs: outputs, x: Array(point[..<x]),
                weights: Array(point[x..<x + w]), dy: weights)
            expectNone(
                differenceMismatch(
                    of: { weightedSum(run($0), weights) }, at: point,
                    gradient: gradient.dx + gradient.dWeights + gradient.dBias),
                "dense", "seed \(seed)")

            let ids = (0..<rows).map { _ in random.integer(0..<3) }
            let table = random.doubles(3 * outputs)
            let dTable = ReferenceDense.embeddingBackward(entries: 3, columns: outputs, ids: ids, dy: weights)
            expectNone(
                differenceMismatch(
                    of: { weightedSum(ReferenceDense.embedding(columns: outputs, table: $0, ids: ids), weights) },
                    at: table, gradient: dTable),
                "embedding", "seed \(seed)")
        }
    }

    @Test func losses() {
        for number in 0..<cases {
            let seed = caseSeed(14, number)
            var random = SeededGenerator(seed: seed)
            let (rows, columns) = (random.integer(1..<4), random.integer(1..<6))
            let logits = random.doubles(rows * columns, limit: 5)
            let mask = (0..<rows).map { _ in random.chance(0.3) ? 0 : random.uniform(0, 2) }
            let classes = (0..<rows).map { _ in random.integer(0..<columns) }
            func softmax(_ x: [Double]) -> ReferenceLosses.Result {
                ReferenceLosses.softmaxCrossEntropy(
                    rows: rows, classes: columns, logits: x, targets: classes, mask: mask, scale: 0.5)
            }
            expectNone(
                differenceMismatch(
                    of: { softmax($0).loss.reduce(0, +) * 0.5 }, at: logits, gradient: softmax(logits).dLogits),
                "softmax", "seed \(seed)")
            let bits = (0..<rows * columns).map { _ in random.chance(0.5) ? random.uniform(0, 1) : 1 }
            func sigmoid(_ x: [Double]) -> ReferenceLosses.Result {
                ReferenceLosses.sigmoidCrossEntropy(
                    rows: rows, bits: columns, logits: x, targets: bits, mask: mask, scale: 0.5)
            }
            expectNone(
                differenceMismatch(
                    of: { sigmoid($0).loss.reduce(0, +) * 0.5 }, at: logits, gradient: sigmoid(logits).dLogits),
                "sigmoid", "seed \(seed)")
        }
    }

    @Test func lossesByHand() {
        let ln2 = 0.6931471805599453
        let even = ReferenceLosses.softmaxCrossEntropy(
            rows: 1, classes: 4, logits: [7, 7, 7, 7], targets: [2], mask: [1], scale: 1)
        expectClose(even.loss, [2 * ln2], within: .rounding(2, of: 2 * ln2, .double), "softmax", "equal logits")
        #expect(even.dLogits == [0.25, 0.25, -0.75, 0.25] && even.counts == [0])
        let bits = ReferenceLosses.sigmoidCrossEntropy(
            rows: 1, bits: 3, logits: [0, 1000, -1000], targets: [1, 0, 0], mask: [1], scale: 1)
        expectClose(bits.loss, [1000 + ln2], within: .rounding(4, of: 1000 + ln2, .double), "sigmoid", "huge logits")
        #expect(bits.dLogits == [-0.5, 1, 0] && bits.counts == [2])
    }

    @Test func optimisersByHand() {
        var (m, s, a, w) = ([0.0], [0.0], [0.0], [1.0])
        ReferenceOptimizers.sgd(rate: 0.5, momentum: 0.5, g: [2], m: &m, w: &w)
        ReferenceOptimizers.sgd(rate: 0.5, momentum: 0.5, g: [2], m: &m, w: &w)
        #expect(m == [3] && w == [-1.5])

        (m, w) = ([0], [1])
        ReferenceOptimizers.rmsprop(
            rate: 0.5, decay: 0.75, momentum: 0.5, epsilon: 1, g: [4], s: &s, m: &m, w: &w)
        #expect(s == [4] && w == [1 - 0.5 * 4.0 / 3])

        // s - a^2 + epsilon = 4 - 1 + 1.
        (s, m, w) = ([0], [0], [1])
        ReferenceOptimizers.rmspropGraves(
            rate: 0.5, decay: 0.75, momentum: 0.5, epsilon: 1, g: [4], s: &s, a: &a, m: &m, w: &w)
        #expect(s == [4] && a == [1] && m == [-1] && w == [0])

        // The first step of Adam is the rate, whatever the gradient.
        (s, a, w) = ([0], [0], [1])
        ReferenceOptimizers.adam(
            rate: 0.25, beta1: 0.5, beta2: 0.75, epsilon: 0, step: 1, g: [8], a: &a, s: &s, w: &w)
        #expect(a == [4] && s == [16] && w == [0.75])
        #expect(ReferenceClipping.byValue([3, -3, 0.5], limit: 1) == [1, -1, 0.5])
        #expect(ReferenceClipping.byValue([.nan], limit: 1)[0].isNaN)
        #expect(ReferenceClipping.byGlobalNorm([3, 4], limit: 2.5) == [1.5, 2])
        #expect(ReferenceClipping.byGlobalNorm([3, 4], limit: 6) == [3, 4])
    }
}

// Losses over rows of logits or numbers, with their gradients; contracts in ck_losses.h.

import CKernels
import Foundation
import NeuralMemory
import ReferenceKernels

extension Families {
    static var lossBenchmarks: [Benchmark] {
        [(20, 131), (1300, 131), (1300, 1024)].map(softmaxCrossEntropy)
            + [(20, 8), (2624, 8), (2624, 64)].map(sigmoidCrossEntropy)
            + [(20, 8), (2624, 64)].map(squaredError)
    }

    private static let scale: Float = 0.5

    private static func softmaxCrossEntropy(rows: Int, classes: Int) -> Benchmark {
        let count = rows * classes
        let flops = (Work.exponential + 5) * count
        return Benchmark("softmax_cross_entropy", "\(rows) x \(classes)", floats: 2 * count, flops: flops) {
            let logits = FloatBuffer(count, -5, 5, seed: 1)
            let targets = randomIndices(rows, below: classes, seed: 2)
            let mask = FloatBuffer(rows, 0, 1, seed: 3)
            let loss = FloatBuffer(zeros: rows)
            let dLogits = FloatBuffer(zeros: count)
            let best = IntegerBuffer(rows)
            let (logitDoubles, maskDoubles) = (logits.doubles, mask.doubles)
            return Trial(
                run: {
                    ck_softmax_cross_entropy(
                        rows, classes, logits.pointer, classes, targets, mask.pointer, scale, loss.pointer,
                        dLogits.pointer, best.pointer)
                },
                reference: { _ in
                    let result = ReferenceLosses.softmaxCrossEntropy(
                        rows: rows, classes: classes, logits: logitDoubles, targets: targets.map { Int($0) },
                        mask: maskDoubles, scale: Double(scale))
                    return [result.loss, result.dLogits, result.counts.map { Double($0) }]
                },
                // As LossTests derive them, for logits within 5 and masks within 1: a loss is at most 10 + ln n.
                outputs: [
                    Output("loss", loss, within: .rounding(10, of: 11 + 2 * log(Double(classes)))),
                    Output("dlogits", dLogits, within: .rounding(16, of: Double(scale))),
                    Output("best") { best.doubles }
                ])
        }
    }

    private static func sigmoidCrossEntropy(rows: Int, bits: Int) -> Benchmark {
        let count = rows * bits
        let flops = (Work.exponential + Work.logarithm + 8) * count
        return Benchmark("sigmoid_cross_entropy", "\(rows) x \(bits)", floats: 3 * count, flops: flops) {
            let logits = FloatBuffer(count, -5, 5, seed: 1)
            let targets = FloatBuffer(count, 0, 1, seed: 2)
            let mask = FloatBuffer(rows, 0, 1, seed: 3)
            let loss = FloatBuffer(zeros: rows)
            let dLogits = FloatBuffer(zeros: count)
            let wrong = IntegerBuffer(rows)
            let (logitDoubles, targetDoubles, maskDoubles) = (logits.doubles, targets.doubles, mask.doubles)
            return Trial(
                run: {
                    ck_sigmoid_cross_entropy(
                        rows, bits, logits.pointer, bits, targets.pointer, mask.pointer, scale, loss.pointer,
                        dLogits.pointer, wrong.pointer)
                },
                reference: { _ in
                    let result = ReferenceLosses.sigmoidCrossEntropy(
                        rows: rows, bits: bits, logits: logitDoubles, targets: targetDoubles, mask: maskDoubles,
                        scale: Double(scale))
                    return [result.loss, result.dLogits, result.counts.map { Double($0) }]
                },
                // As LossTests derive them, for logits within 5: a bit's loss is below 6, and so is |x y| + 1.
                outputs: [
                    Output("loss", loss, within: .rounding(10, of: 12 * Double(bits))),
                    Output("dlogits", dLogits, within: .rounding(16, of: Double(scale))),
                    Output("wrong") { wrong.doubles }
                ])
        }
    }
}

extension Families {
    private static func squaredError(rows: Int, numbers: Int) -> Benchmark {
        let count = rows * numbers
        return Benchmark("squared_error", "\(rows) x \(numbers)", floats: 3 * count, flops: 6 * count) {
            let outputs = FloatBuffer(count, -5, 5, seed: 1)
            let targets = FloatBuffer(count, -5, 5, seed: 2)
            let mask = FloatBuffer(rows, 0, 1, seed: 3)
            let (loss, absolute) = (FloatBuffer(zeros: rows), FloatBuffer(zeros: rows))
            let dOutputs = FloatBuffer(zeros: count)
            let (outputDoubles, targetDoubles, maskDoubles) = (outputs.doubles, targets.doubles, mask.doubles)
            return Trial(
                run: {
                    ck_squared_error(
                        rows, numbers, outputs.pointer, numbers, targets.pointer, mask.pointer, scale, loss.pointer,
                        dOutputs.pointer, absolute.pointer)
                },
                reference: { _ in
                    let result = ReferenceLosses.squaredError(
                        rows: rows, numbers: numbers, outputs: outputDoubles, targets: targetDoubles,
                        mask: maskDoubles, scale: Double(scale))
                    return [result.loss, result.dOutputs, result.absolute]
                },
                // As SquaredErrorTests derive them: an error is at most 10.
                outputs: [
                    Output("loss", loss, within: .rounding(5, of: 50 * Double(numbers))),
                    Output("doutputs", dOutputs, within: .rounding(4, of: 10 * Double(scale))),
                    Output("absolute", absolute, within: .rounding(3, of: 10 * Double(numbers)))
                ])
        }
    }
}

/// Integers that a kernel writes; they start at -1, which no kernel here gives.
private final class IntegerBuffer {
    let pointer: UnsafeMutablePointer<Int32>
    private let count: Int

    init(_ count: Int) {
        self.count = count
        pointer = .allocate(capacity: count)
        pointer.initialize(repeating: -1, count: count)
    }

    deinit { pointer.deallocate() }

    var doubles: [Double] { (0..<count).map { Double(pointer[$0]) } }
}

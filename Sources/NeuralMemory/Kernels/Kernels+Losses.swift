// Losses over rows of logits or numbers; contracts in ck_losses.h.

import CKernels

extension Kernels {
    package static func softmaxCrossEntropy(
        logits: Rows, targets: UnsafePointer<Int32>, mask: UnsafePointer<Float>, scale: Float,
        losses: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
        best: UnsafeMutablePointer<Int32>, rows: Int, classes: Int
    ) {
        ck_softmax_cross_entropy(
            rows, classes, logits.pointer, logits.stride, targets, mask, scale, losses, gradients, best)
    }

    package static func sigmoidCrossEntropy(
        logits: Rows, targets: UnsafePointer<Float>, mask: UnsafePointer<Float>, scale: Float,
        losses: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
        wrong: UnsafeMutablePointer<Int32>, rows: Int, bits: Int
    ) {
        ck_sigmoid_cross_entropy(
            rows, bits, logits.pointer, logits.stride, targets, mask, scale, losses, gradients, wrong)
    }

    package static func squaredError(
        outputs: Rows, targets: UnsafePointer<Float>, mask: UnsafePointer<Float>, scale: Float,
        losses: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
        absolute: UnsafeMutablePointer<Float>, rows: Int, numbers: Int
    ) {
        ck_squared_error(
            rows, numbers, outputs.pointer, outputs.stride, targets, mask, scale, losses, gradients, absolute)
    }
}

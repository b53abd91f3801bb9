// Passes over flat buffers; contracts in ck_optimizers.h.

import CKernels

extension Kernels {
    package typealias Floats = UnsafeMutablePointer<Float>

    package static func clip(_ g: Floats, count: Int, limit: Float) { ck_clip_value(count, limit, g) }

    package static func scale(_ x: Floats, count: Int, by factor: Float) { ck_scale(count, factor, x) }

    package static func squaredNorm(_ x: UnsafePointer<Float>, count: Int) -> Double {
        let blocks = (count + Int(CK_NORM_BLOCK) - 1) / Int(CK_NORM_BLOCK)
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: max(blocks, 1)) {
            ck_squared_norm(count, x, $0.baseAddress)
        }
    }

    /// The index of the first NaN or infinity.
    package static func firstNonFinite(_ x: UnsafePointer<Float>, count: Int) -> Int? {
        let index = ck_first_nonfinite(count, x)
        return index < 0 ? nil : index
    }

    package static func sgd(w: Floats, g: Floats, m: Floats, count: Int, rate: Float, momentum: Float) {
        ck_sgd(count, rate, momentum, g, m, w)
    }

    package static func rmsprop(
        w: Floats, g: Floats, s: Floats, m: Floats, count: Int, rate: Float, decay: Float, momentum: Float,
        epsilon: Float
    ) {
        ck_rmsprop(count, rate, decay, momentum, epsilon, g, s, m, w)
    }

    package static func rmspropGraves(
        w: Floats, g: Floats, s: Floats, a: Floats, m: Floats, count: Int, rate: Float, decay: Float,
        momentum: Float, epsilon: Float
    ) {
        ck_rmsprop_graves(count, rate, decay, momentum, epsilon, g, s, a, m, w)
    }

    package static func adam(
        w: Floats, g: Floats, a: Floats, s: Floats, count: Int, rate: Float, beta1: Float, beta2: Float,
        epsilon: Float, correction1: Float, correction2: Float
    ) {
        ck_adam(count, rate, beta1, beta2, epsilon, correction1, correction2, g, a, s, w)
    }
}

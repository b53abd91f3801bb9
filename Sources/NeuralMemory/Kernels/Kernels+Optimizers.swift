// Passes over flat buffers; contracts in ck_optimizers.h.

import CKernels

extension Kernels {
    package typealias Floats = UnsafeMutablePointer<Float>
    package typealias Buffer = UnsafeMutableBufferPointer<Float>

    package static func clip(_ g: Floats, count: Int, limit: Float) { ck_clip_value(count, limit, g) }

    package static func scale(_ x: Floats, count: Int, by factor: Float) { ck_scale(count, factor, x) }

    package static func scale(_ x: Buffer, by factor: Float) { ck_scale(x.count, factor, x.baseAddress) }

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

    /// One update of all values from their gradients; state arrays are as long as these.
    package static func sgd(w: Buffer, g: Buffer, m: Floats, rate: Float, momentum: Float) {
        ck_sgd(w.count, rate, momentum, g.baseAddress, m, w.baseAddress)
    }

    package static func rmsprop(
        w: Buffer, g: Buffer, s: Floats, m: Floats, rate: Float, decay: Float, momentum: Float, epsilon: Float
    ) {
        ck_rmsprop(w.count, rate, decay, momentum, epsilon, g.baseAddress, s, m, w.baseAddress)
    }

    package static func rmspropGraves(
        w: Buffer, g: Buffer, s: Floats, a: Floats, m: Floats, rate: Float, decay: Float, momentum: Float,
        epsilon: Float
    ) {
        ck_rmsprop_graves(w.count, rate, decay, momentum, epsilon, g.baseAddress, s, a, m, w.baseAddress)
    }

    package static func adam(
        w: Buffer, g: Buffer, a: Floats, s: Floats, rate: Float, beta1: Float, beta2: Float, epsilon: Float,
        correction1: Float, correction2: Float
    ) {
        ck_adam(
            w.count, rate, beta1, beta2, epsilon, correction1, correction2, g.baseAddress, a, s, w.baseAddress)
    }
}

// Elementwise functions; contracts in ck_activations.h.

import CKernels
import NeuralMemory
import ReferenceKernels

extension Families {
    static var activationBenchmarks: [Benchmark] {
        [
            ("tanh_forward", Work.tanh, ck_tanh_forward, ReferenceActivations.tanhForward),
            ("sigmoid_forward", Work.sigmoid, ck_sigmoid_forward, ReferenceActivations.sigmoidForward)
        ].flatMap { name, work, kernel, reference in
            sizes.map { forward(name, work, rows: $0, columns: $1, kernel, reference) }
        }
            + [
                ("tanh_backward", ck_tanh_backward, ReferenceActivations.tanhBackward),
                ("sigmoid_backward", ck_sigmoid_backward, ReferenceActivations.sigmoidBackward)
            ].flatMap { name, kernel, reference in
                sizes.map { backward(name, rows: $0, columns: $1, kernel, reference) }
            }
    }

    private static let sizes = [(10, 256), (64, 512), (1301, 512)]
    /// 3 ulp of numbers within 1; three operations on such numbers.
    private static let bounds = (forward: ErrorBound.rounding(6, of: 1), backward: ErrorBound.rounding(3, of: 1))

    private typealias Forward = (Int, Int, UnsafePointer<Float>?, Int, UnsafeMutablePointer<Float>?, Int) -> Void
    private typealias Backward = (
        Int, Int, UnsafePointer<Float>?, Int, UnsafePointer<Float>?, Int, UnsafeMutablePointer<Float>?, Int
    ) -> Void

    private static func forward(
        _ name: String, _ work: Int, rows: Int, columns: Int, _ kernel: @escaping Forward,
        _ reference: @escaping ([Double]) -> [Double]
    ) -> Benchmark {
        let count = rows * columns
        return Benchmark(name, "\(rows) x \(columns)", floats: 2 * count, flops: work * count) {
            let x = FloatBuffer(count, -5, 5, seed: 1)
            let y = FloatBuffer(zeros: count)
            let expected = x.doubles
            return Trial(
                run: { kernel(rows, columns, x.pointer, columns, y.pointer, columns) },
                reference: { _ in [reference(expected)] },
                outputs: [Output("y", y, within: bounds.forward)])
        }
    }

    private static func backward(
        _ name: String, rows: Int, columns: Int, _ kernel: @escaping Backward,
        _ reference: @escaping (_ y: [Double], _ dy: [Double]) -> [Double]
    ) -> Benchmark {
        let count = rows * columns
        return Benchmark(name, "\(rows) x \(columns)", floats: 3 * count, flops: 3 * count) {
            let y = FloatBuffer(count, 0, 1, seed: 1)
            let dy = FloatBuffer(count, -1, 1, seed: 2)
            let dx = FloatBuffer(zeros: count)
            let (yDoubles, dyDoubles) = (y.doubles, dy.doubles)
            return Trial(
                run: { kernel(rows, columns, y.pointer, columns, dy.pointer, columns, dx.pointer, columns) },
                reference: { _ in [reference(yDoubles, dyDoubles)] },
                outputs: [Output("dx", dx, within: bounds.backward)])
        }
    }
}

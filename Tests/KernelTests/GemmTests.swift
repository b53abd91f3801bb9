// GemmTests.swift: both matrix products against the reference, over shapes on and off every block size.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// Which of the two products.
private enum Product: CaseIterable, CustomTestStringConvertible {
    case library, plain

    var testDescription: String { self == .library ? "ck_gemm" : "ck_gemm_plain" }

    func callAsFunction(
        _ example: GemmCase, _ a: GuardedArray<Float>, _ b: GuardedArray<Float>, _ c: GuardedArray<Float>
    ) {
        let function = self == .library ? ck_gemm : ck_gemm_plain
        function(
            example.transposeA ? 1 : 0, example.transposeB ? 1 : 0, example.m, example.n, example.k, example.alpha,
            a.pointer, a.leadingDimension, b.pointer, b.leadingDimension, example.beta, c.pointer, c.leadingDimension)
    }
}

/// One product with its numbers.
struct GemmCase: CustomStringConvertible {
    var transposeA, transposeB: Bool
    var m, n, k: Int
    var alpha, beta: Float
    var a, b, c: [Float]
    /// How much longer than needed the leading dimensions are.
    var gap: Int
    var description: String

    init(m: Int, n: Int, k: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        (self.m, self.n, self.k) = (m, n, k)
        transposeA = random.chance(0.5)
        transposeB = random.chance(0.5)
        alpha = [1, -1, 0.75].randomElement(using: &random)!
        beta = [0, 1, 0.5].randomElement(using: &random)!
        a = random.floats(m * k)
        b = random.floats(k * n)
        c = beta == 0 ? Array(repeating: .nan, count: m * n) : random.floats(m * n)
        gap = [0, 0, 1, 5].randomElement(using: &random)!
        description =
            "m \(m) n \(n) k \(k) transposed \(transposeA) \(transposeB) alpha \(alpha) beta \(beta) "
            + "gap \(gap) seed \(seed)"
    }

    /// C after `product`.
    func run(
        _ product: (GemmCase, GuardedArray<Float>, GuardedArray<Float>, GuardedArray<Float>) -> Void
    ) -> [Float] {
        let (rowsA, columnsA) = transposeA ? (k, m) : (m, k)
        let (rowsB, columnsB) = transposeB ? (n, k) : (k, n)
        // Leading dimensions of at least 1, as BLAS wants them, where there are no columns.
        let a = GuardedArray(
            rows: rowsA, columns: columnsA, leadingDimension: max(1, columnsA + gap), contents: a)
        let b = GuardedArray(
            rows: rowsB, columns: columnsB, leadingDimension: max(1, columnsB + gap), contents: b)
        let c = GuardedArray(rows: m, columns: n, leadingDimension: max(1, n + gap), contents: c)
        product(self, a, b, c)
        expectUnchanged(a, b, context: description)
        expectIntact(c, context: description)
        return c.contents
    }

    func expectReference(_ actual: [Float]) {
        func product(_ alpha: Double, _ a: [Double], _ b: [Double], _ c: [Double]) -> [Double] {
            ReferenceDense.product(
                transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: alpha, a, b,
                beta: Double(beta), c)
        }
        let expected = product(Double(alpha), a.doubles, b.doubles, c.doubles)
        // k products and beta C, alpha and beta multiplied in.
        let magnitudes = product(
            Double(abs(alpha)), a.doubles.map(abs), b.doubles.map(abs), c.doubles.map(abs))
        expectClose(actual, expected, within: .rounding(k + 3, of: magnitudes), "C", description)
    }
}

extension GemmCase {
    fileprivate func run(_ product: Product) -> [Float] { run(product.callAsFunction) }
}

extension KernelSuites {
    @Suite struct GemmTests {
        @Test(arguments: Product.allCases)
        fileprivate func matchesTheReference(_ product: Product) {
            let sizes = [0, 1, 2, 3, 5, 6, 7, 8, 15, 16, 17, 31, 48, 49, 64, 67, 100, 128, 131]
            for number in 0..<400 {
                let seed = caseSeed(50, number)
                var random = SeededGenerator(seed: seed)
                let size = { (random: inout SeededGenerator) in sizes.randomElement(using: &random)! }
                let example = GemmCase(m: size(&random), n: size(&random), k: size(&random), seed: seed)
                example.expectReference(example.run(product))
            }
        }

        /// Sums over k longer than one packed piece.
        @Test(arguments: Product.allCases)
        fileprivate func longSums(_ product: Product) {
            for (number, k) in [191, 192, 193, 385, 1000].enumerated() {
                for repetition in 0..<6 {
                    let example = GemmCase(m: 7, n: 19, k: k, seed: caseSeed(51, number, repetition))
                    example.expectReference(example.run(product))
                }
            }
        }

        /// beta = 0 means that C is not read: GemmCase fills it with NaN then.
        ///
        /// Without terms, C becomes 0.
        @Test(arguments: Product.allCases)
        fileprivate func betaZeroForgetsC(_ product: Product) {
            for (m, n, k) in [(1, 1, 0), (3, 5, 0), (1, 1, 1), (6, 16, 4), (50, 130, 7)] {
                var example = GemmCase(m: m, n: n, k: k, seed: caseSeed(52, m, n, k))
                example.beta = 0
                example.c = Array(repeating: .nan, count: m * n)
                let result = example.run(product)
                #expect(result.allSatisfy { $0.isFinite }, "\(example)")
                if k == 0 {
                    #expect(result.allSatisfy { $0 == 0 }, "\(example)")
                }
            }
        }

        /// Large enough to be shared, on either side of C and for any factor.
        @Test(arguments: Product.allCases)
        fileprivate func sameBitsForAnyThreads(_ product: Product) {
            let shapes = [
                (5, 7, 3), (49, 129, 64), (130, 260, 200), (1, 400, 100), (300, 1, 50), (10, 10, 3000), (131, 256, 640),
                (640, 256, 300), (70, 1030, 513), (1000, 30, 400)
            ]
            for (m, n, k) in shapes {
                let example = GemmCase(m: m, n: n, k: k, seed: caseSeed(53, m))
                expectSameBitsForAnyThreads("\(product)", example.description) { example.run(product) }
            }
        }
    }
}

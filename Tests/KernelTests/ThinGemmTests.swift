// ThinGemmTests.swift: the matrix product for few rows, by its loops for each level of vector instructions.
//
// A test for each level, so that a level which the processor lacks shows as skipped.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

private func isHere(_ level: ck_instruction_level) -> Bool { ck_has_level(level) == 1 }

/// The loops of one level.
private struct ThinProduct {
    let level: ck_instruction_level
    /// Floats in a register: the least n, or k where B is transposed, that the level can do.
    let least: Int

    /// Whether there are loops for a case.
    func takes(_ example: GemmCase) -> Bool { (example.transposeB ? example.k : example.n) >= least }

    /// C after the product, or nil where there are no loops for it; C must be as it was then.
    func run(_ example: GemmCase) -> [Float]? {
        var isDone = false
        let c = example.run { example, a, b, c in
            isDone =
                ck_gemm_thin(
                    level, example.transposeB ? 1 : 0, example.m, example.n, example.k, example.alpha, a.pointer,
                    a.leadingDimension, b.pointer, b.leadingDimension, example.beta, c.pointer, c.leadingDimension) == 1
        }
        if isDone { return c }
        expectSameBits(c, example.c, "C untouched", example.description)
        return nil
    }

    func check() {
        matchesTheReference()
        sumsDependOnKAlone()
        givesTheSameBitsForAnyThreads()
        infinitiesCountOnce()
    }

    /// Rows of one group and of several, columns and sums on and off the tiles.
    private func matchesTheReference() {
        let sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 33, 48, 64, 65, 92, 97, 130, 200]
        var done = 0
        for number in 0..<600 {
            let seed = caseSeed(55, Int(level.rawValue), number)
            var random = SeededGenerator(seed: seed)
            let (n, k) = (sizes.randomElement(using: &random)!, sizes.randomElement(using: &random)!)
            var example = GemmCase(m: random.integer(1..<27), n: n, k: k, seed: seed)
            example.transposeA = false
            let result = run(example)
            #expect((result != nil) == takes(example), "\(example)")
            if let result {
                example.expectReference(result)
                done += 1
            }
        }
        #expect(done >= 300)
    }

    /// A row, and some columns, alone give the bits that they have among others.
    private func sumsDependOnKAlone() {
        for (m, n, k) in [(2, 64, 40), (6, 100, 33), (13, 77, 100), (26, 130, 17)] {
            for transposeB in [false, true] {
                var whole = GemmCase(m: m, n: n, k: k, seed: caseSeed(56, m, transposeB ? 1 : 0))
                (whole.transposeA, whole.transposeB, whole.beta) = (false, transposeB, 0)
                let all = run(whole)
                for row in 0..<m {
                    var part = whole
                    let columns = (row % 3)..<(n - row % 5)
                    (part.m, part.n) = (1, columns.count)
                    part.a = Array(whole.a[row * k..<(row + 1) * k])
                    part.b =
                        transposeB
                        ? Array(whole.b[columns.lowerBound * k..<columns.upperBound * k])
                        : (0..<k).flatMap { p in columns.map { whole.b[p * n + $0] } }
                    part.c = Array(repeating: .nan, count: columns.count)
                    expectSameBits(
                        run(part) ?? [], columns.map { all?[row * n + $0] ?? .nan }, "row \(row)", whole.description)
                }
            }
        }
    }

    private func givesTheSameBitsForAnyThreads() {
        for (m, n, k) in [(1, 400, 300), (10, 500, 129), (26, 131, 65)] {
            var example = GemmCase(m: m, n: n, k: k, seed: caseSeed(57, m))
            example.transposeA = false
            expectSameBitsForAnyThreads("ck_gemm_thin", example.description) { run(example) ?? [] }
        }
    }

    /// An infinity anywhere in B reaches the elements that it belongs to, as itself: no lane meets it times 0.
    private func infinitiesCountOnce() {
        let (m, n, k) = (5, 21, 19)
        for transposeB in [false, true] {
            for place in 0..<n * k {
                var example = GemmCase(m: m, n: n, k: k, seed: caseSeed(58, place))
                (example.transposeA, example.transposeB, example.alpha, example.beta) = (false, transposeB, 1, 0)
                example.a = Array(repeating: 1, count: m * k)
                example.b[place] = .infinity
                let column = transposeB ? place / k : place % n
                let isRight = (run(example) ?? []).enumerated().allSatisfy { index, value in
                    index % n == column ? value == .infinity : value.isFinite
                }
                #expect(isRight, "infinity at \(place) of B, transposed \(transposeB)")
            }
        }
    }
}

extension KernelSuites {
    @Suite struct ThinGemmTests {
        @Test(.enabled(if: isHere(CK_LEVEL_AVX512), "this processor has no AVX-512"))
        func avx512() { ThinProduct(level: CK_LEVEL_AVX512, least: 1).check() }

        @Test(.enabled(if: isHere(CK_LEVEL_AVX2), "this processor has no AVX2"))
        func avx2() { ThinProduct(level: CK_LEVEL_AVX2, least: 8).check() }

        @Test(.enabled(if: isHere(CK_LEVEL_NEON), "this processor has no NEON"))
        func neon() { ThinProduct(level: CK_LEVEL_NEON, least: 4).check() }

        /// There are no loops for the baseline, and levels that the processor lacks are refused.
        @Test func otherLevelsAreNotDone() {
            for raw in 0..<CK_LEVELS_COUNT.rawValue {
                let level = ck_instruction_level(raw)
                guard level == CK_LEVEL_BASELINE || !isHere(level) else { continue }
                var example = GemmCase(m: 4, n: 64, k: 64, seed: caseSeed(59, Int(raw)))
                (example.transposeA, example.beta, example.c) = (false, 1, Array(repeating: 1, count: 4 * 64))
                #expect(ThinProduct(level: level, least: 1).run(example) == nil)
            }
        }
    }
}

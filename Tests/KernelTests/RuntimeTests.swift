// RuntimeTests.swift: what the kernels say about themselves.

import CKernels
import Testing

extension KernelSuites {
    @Suite struct RuntimeTests {
        @Test func threadsAreWhatWasSet() {
            defer { ck_set_threads(1) }
            for threads in threadCounts {
                ck_set_threads(Int32(threads))
                #expect(ck_threads() == (ck_has_openmp() == 1 ? Int32(threads) : 1))
            }
        }

        /// Each part is called once, also where there are more of them than threads; kernels inside do what they do outside.
        @Test func partsAreAllCalled() {
            defer { ck_set_threads(1) }
            let table: [Float] = (0..<100_000).map { Float($0) }
            for threads in threadCounts {
                ck_set_threads(Int32(threads))
                let rows = GuardedArray<Float>.output(columns: 5 * table.count)
                var body: (Int) -> Void = { part in
                    ck_broadcast_row(1, table.count, table, rows.pointer + part * table.count, table.count)
                }
                withUnsafeMutablePointer(to: &body) { pointer in
                    ck_run_parts(
                        5, { $0?.assumingMemoryBound(to: ((Int) -> Void).self).pointee($1) }, pointer)
                }
                expectSameBits(
                    rows.contents, (0..<5).flatMap { _ in table }, "five parts", "\(threads) threads")
            }
        }

        @Test func queries() {
            #expect(ck_processors() >= 1)
            #expect([0, 1].contains(ck_has_openmp()) && [0, 1].contains(ck_has_onednn()))
            #expect(["avx512", "avx2", "neon", "baseline"].contains(String(cString: ck_vector_instructions())))
        }
    }
}

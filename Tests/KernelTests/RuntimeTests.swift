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

        @Test func queries() {
            #expect(ck_processors() >= 1)
            #expect([0, 1].contains(ck_has_openmp()) && [0, 1].contains(ck_has_onednn()))
            #expect(["avx512", "avx2", "neon", "baseline"].contains(String(cString: ck_vector_instructions())))
        }
    }
}

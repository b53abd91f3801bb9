// RuntimeTests.swift: what the kernels say about themselves.

import CKernels
import Foundation
import TestSupport
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

        /// Each part is called once, also where there are more of them than threads; kernels inside do what they do
        /// outside.
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
        }

        #if os(Linux)
            /// oneDNN calls GCC's OpenMP functions.
            ///
            /// libomp has them too, and must be found first: else there were two
            /// pools of threads, and oneDNN's did not know how many threads the kernels set.
            @Test func oneOpenMPRuntimeServesAll() throws {
                guard ck_has_openmp() == 1, ck_has_onednn() == 1 else { return }
                let libomp = try #require(dlopen("libomp.so.5", RTLD_LAZY | RTLD_NOLOAD))
                defer { dlclose(libomp) }
                for name in ["GOMP_parallel", "omp_get_max_threads"] {
                    let first = try #require(dlsym(nil, name))
                    #expect(first == dlsym(libomp, name), "\(name)")
                }
            }
        #endif

        /// Levels that the processor lacks are refused, and change nothing.
        ///
        /// Those that it has can be chosen until the first product of oneDNN, which other tests may have had: the level
        /// in use always can.
        @Test func levels() throws {
            let level = ck_level()
            #expect(ck_has_level(level) == 1)
            for other in 0..<CK_LEVELS_COUNT.rawValue where ck_has_level(ck_instruction_level(other)) == 0 {
                #expect(ck_set_level(ck_instruction_level(other)) == -1 && ck_level() == level)
            }
            #expect(ck_set_level(level) == 0 && ck_level() == level)
            if let name = ProcessInfo.processInfo.environment["NEURALMEMORY_ISA"], !name.isEmpty {
                #expect(String(cString: ck_level_name(level)) == name)
            }
        }

        /// oneDNN's level cannot change after its first product, and then no kernel's may.
        @Test func oneDNNFixesTheLevel() {
            guard ck_has_onednn() == 1 else { return }
            let level = ck_level()
            let x = [Float](repeating: 1, count: 128 * 128)
            var y = x
            ck_gemm(0, 0, 128, 128, 128, 1, x, 128, x, 128, 0, &y, 128)
            for other in 0..<CK_LEVELS_COUNT.rawValue {
                let other = ck_instruction_level(other)
                guard other != level, ck_has_level(other) == 1 else { continue }
                #expect(ck_set_level(other) == -2 && ck_level() == level)
            }
        }
    }
}

// ContractTests.swift: what the headers promise of every kernel alike, by the checks in Tests/KernelChecks: NaN and
// infinities, batch elements that keep apart, calls from several threads. And the sizes that are refused.

import CKernels
import KernelChecks
import TestSupport
import Testing

extension KernelSuites {
    @Suite struct ContractTests {
        private func expectNothing(_ complaint: UnsafePointer<CChar>?, _ name: UnsafePointer<CChar>?, seed: UInt64) {
            expectNone(complaint.map { String(cString: $0) }, name.map { String(cString: $0) } ?? "", "seed \(seed)")
        }

        @Test(arguments: 0..<kernel_case_count())
        func contract(_ number: Int32) {
            for round in 0..<3 {
                let seed = caseSeed(81, Int(number), round)
                expectNothing(kernel_case_check(number, seed), kernel_case_name(number), seed: seed)
            }
        }

        @Test(arguments: 0..<kernel_formula_count())
        func formula(_ number: Int32) {
            let seed = caseSeed(82, Int(number))
            expectNothing(kernel_formula_check(number, seed), kernel_formula_name(number), seed: seed)
        }

        @Test func threadsOfACaller() {
            let seed = caseSeed(83)
            expectNothing(kernel_threads_check(seed), nil, seed: seed)
        }

        @Test func aWindowHasAsManyStepsAsItsEntriesHaveNumbers() {
            for kind in [CK_STACK, CK_QUEUE, CK_DEQUE] {
                let most = ck_window_max_steps(kind)
                #expect(most * ck_window_ends(kind) == Int(Int32.max) - (kind == CK_DEQUE ? 1 : 0))
                func size(_ steps: Int, _ batch: Int) -> Int {
                    ck_window_workspace_size(ck_window_shape(kind: kind, steps: steps, batch: batch, width: 1))
                }
                #expect(size(most, 1) > 20 * most)
                #expect(size(most, 2) == 2 * size(most, 1))
                #expect(size(most + 1, 1) == 0)
                #expect(size(most, Int.max) == 0 && size(Int.max, 1) == 0 && size(Int.max, Int.max) == 0)
            }
        }

        /// Each size at its limit, one above, and so large that products of sizes overflow.
        @Test func sizesOfATuringMemoryThatCannotBeAreRefused() {
            let small = ck_turing_shape(
                steps: 3, batch: 2, rows: 5, columns: 4, reads: 1, writes: 1, max_shift: 1, segment: 2, clip: 0)
            let sizes: [WritableKeyPath<ck_turing_shape, Int>] = [
                \.rows, \.columns, \.reads, \.writes, \.max_shift, \.steps, \.batch
            ]
            let least = ck_turing_workspace_size(small)
            #expect(least > 0)
            for (index, size) in sizes.enumerated() {
                let most = index < 5 ? Int(CK_TURING_MOST) : Int(Int32.max)
                var shape = small
                shape[keyPath: size] = most
                #expect(ck_turing_workspace_size(shape) > least)
                for above in [most + 1, Int.max / 4, Int.max] {
                    shape[keyPath: size] = above
                    #expect(ck_turing_workspace_size(shape) == 0)
                }
            }
            var all = small
            for (index, size) in sizes.enumerated() {
                all[keyPath: size] = index < 5 ? Int(CK_TURING_MOST) : Int(Int32.max)
            }
            #expect(ck_turing_workspace_size(all) == 0)
        }

        /// Memories are kept every `segment` steps; more steps than there are is the same as all.
        @Test func anySegmentAboveTheStepsIsTheStepsNumber() {
            var shape = ck_turing_shape(
                steps: 7, batch: 2, rows: 5, columns: 4, reads: 2, writes: 2, max_shift: 1, segment: 7, clip: 0)
            let whole = ck_turing_workspace_size(shape)
            for segment in [8, Int(Int32.max), Int.max] {
                shape.segment = segment
                #expect(ck_turing_workspace_size(shape) == whole)
            }
        }
    }
}

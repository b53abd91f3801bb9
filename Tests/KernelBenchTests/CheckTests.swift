// The comparison that kernel-bench's exit status rests on: it must refuse what is wrong.

import ReferenceKernels
import Testing
import kernel_bench

@Suite struct CheckTests {
    private func passes(_ actual: [Double], _ expected: [Double], within limit: Double = 1e-3) -> Bool {
        Check(output: "y", actual, expected, within: ErrorBound(everywhere: limit)).passed
    }

    @Test func acceptsWhatIsEqualOrClose() {
        #expect(passes([1, -2, 3], [1, -2, 3], within: 0))
        #expect(passes([0, 0], [0, 0], within: 0))
        #expect(passes([1, 1000], [1.0005, 1000]))
    }

    @Test func refusesWhatIsWrong() {
        #expect(!passes([1, -2], [1, 2]))
        #expect(!passes([1, 1000], [1.01, 1000]))
        #expect(!passes([1e-30, 0], [0, 0], within: 0))
        #expect(!passes([1, 2], [1, 2, 3]))
        #expect(!passes([], [1]))
    }

    @Test func refusesWhatIsNotANumber() {
        #expect(!passes([.nan, 1], [1, 1]))
        #expect(!passes([1, .nan], [1, 1]))
        #expect(!passes([1, 1], [.nan, 1]))
        #expect(!passes([.infinity], [1]))
        #expect(!passes([.infinity], [.infinity]))
        #expect(Check(output: "y", [1, .nan, 2], [1, 1, 2], within: ErrorBound(everywhere: 1)).error.isNaN)
    }
}

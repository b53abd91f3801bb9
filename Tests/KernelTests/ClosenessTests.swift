// ClosenessTests.swift: the checkers are tested before anything is tested with them.

import Testing

@Suite struct ClosenessTests {
    @Test func acceptsWhatIsClose() {
        #expect(mismatch([1, 2, 3], [1, 2, 3], tolerance: 0) == nil)
        #expect(mismatch([1, 2, 3.00001], [1, 2, 3], tolerance: 1e-5) == nil)
        #expect(mismatch([], [], tolerance: 1e-5) == nil)
        #expect(mismatch([0, 0], [0, 0], tolerance: 1e-5) == nil)
        #expect(relativeMismatch([1e-20, 1], [1e-20, 1], tolerance: 1e-6) == nil)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func rejectsWhatIsNotFinite(_ value: Double) {
        #expect(mismatch([1, value], [1, 2], tolerance: 1e-5) != nil)
        #expect(mismatch([1, 2], [1, value], tolerance: 1e-5) != nil)
        #expect(mismatch([value], [value], tolerance: 1e-5) != nil)
        #expect(relativeMismatch([1, value], [1, 2], tolerance: 1e-5) != nil)
        #expect(relativeMismatch([value], [value], tolerance: 1e-5) != nil)
    }

    @Test func rejectsAWrongSign() {
        #expect(mismatch([-1], [1], tolerance: 1e-5) != nil)
        #expect(mismatch([1, -2, 3], [1, 2, 3], tolerance: 1e-5) != nil)
        #expect(relativeMismatch([-1e-9], [1e-9], tolerance: 1e-5) != nil)
    }

    @Test func rejectsAWrongCount() {
        #expect(mismatch([1, 2], [1, 2, 3], tolerance: 1e-5) != nil)
        #expect(mismatch([1, 2, 3], [1, 2], tolerance: 1e-5) != nil)
        #expect(mismatch([], [1], tolerance: 1e-5) != nil)
        #expect(relativeMismatch([1], [], tolerance: 1e-5) != nil)
        #expect(bitMismatch([1], [1, 1]) != nil)
    }

    @Test func rejectsHundredPercentError() {
        #expect(mismatch([2], [1], tolerance: 1e-5) != nil)
        #expect(mismatch([0], [1], tolerance: 1e-5) != nil)
        #expect(mismatch([1e-3], [0], tolerance: 1e-5) != nil)
        #expect(relativeMismatch([2e-9, 1], [1e-9, 1], tolerance: 1e-5) != nil)
    }

    @Test func rejectsWhatIsJustOutside() {
        #expect(mismatch([10.0002], [10], tolerance: 1e-5) != nil)
        #expect(mismatch([10.00005], [10], tolerance: 1e-5) == nil)
        #expect(mismatch([10.0002], [10], tolerance: 1e-5, scale: 100) == nil)
    }

    @Test func bitsTellZerosAndNaNsApart() {
        #expect(bitMismatch([0, .nan], [0, .nan]) == nil)
        #expect(bitMismatch([-0.0], [0]) != nil)
        #expect(bitMismatch([Float(1).nextUp], [1]) != nil)
    }
}

@Suite struct GuardedArrayTests {
    @Test func noticesWritesOutside() {
        let offsets = [-32, -1, 12, 13, 43]
        for offset in offsets {
            let array = GuardedArray<Float>(rows: 3, columns: 4, contents: Array(repeating: 1, count: 12))
            #expect(array.isIntact && array.isUnchanged)
            array.pointer[offset] = 0
            #expect(!array.isIntact, "offset \(offset)")
        }
    }

    @Test func noticesWritesInTheGapsOnly() {
        let array = GuardedArray<Float>(
            rows: 3, columns: 2, leadingDimension: 5, contents: [0, 1, 2, 3, 4, 5])
        #expect(array.contents == [0, 1, 2, 3, 4, 5])
        array.pointer[6] = 9
        #expect(array.isIntact && !array.isUnchanged)
        #expect(array.contents == [0, 1, 2, 9, 4, 5])
        array.pointer[7] = 9
        #expect(!array.isIntact)
    }

    @Test func noticesAChangedBit() {
        let array = GuardedArray<Float>([0, 1])
        array.pointer[0] = -0.0
        #expect(array.isIntact && !array.isUnchanged)
    }

    @Test func isAlignedToTheElementOnly() {
        #expect(Int(bitPattern: GuardedArray<Float>([1]).pointer) % 64 == 4)
        #expect(Int(bitPattern: GuardedArray<Double>([1]).pointer) % 64 == 8)
    }
}

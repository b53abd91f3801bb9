// GuardedArrayTests.swift: the guards are tested before any kernel is tested with them.

import Testing

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

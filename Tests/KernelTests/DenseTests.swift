// DenseTests.swift: the row operations around matrix products.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

private let shapes = [(0, 5), (5, 0), (1, 1), (1, 7), (3, 1), (7, 17), (20, 64), (33, 65), (400, 131)]

extension KernelSuites {
    @Suite struct DenseTests {
        @Test(arguments: [0, 3])
        func broadcastRow(_ gap: Int) {
            for (rows, columns) in shapes {
                let seed = caseSeed(60, rows, columns)
                var random = SeededGenerator(seed: seed)
                let bias = GuardedArray(random.floats(columns))
                expectSameBitsForAnyThreads("y", "rows \(rows) columns \(columns) seed \(seed)") {
                    let y = GuardedArray.output(rows: rows, columns: columns, leadingDimension: columns + gap)
                    ck_broadcast_row(rows, columns, bias.pointer, y.pointer, y.leadingDimension)
                    expectSameBits(
                        y.contents, (0..<rows).flatMap { _ in bias.contents }, "y", "seed \(seed)")
                    expectIntact(y, context: "seed \(seed)")
                    expectUnchanged(bias, context: "seed \(seed)")
                    return y.contents
                }
            }
        }

        @Test(arguments: [0, 3])
        func sumRows(_ gap: Int) {
            for (rows, columns) in shapes {
                let seed = caseSeed(61, rows, columns)
                var random = SeededGenerator(seed: seed)
                let x = GuardedArray(
                    rows: rows, columns: columns, leadingDimension: columns + gap,
                    contents: random.floats(rows * columns))
                let before = random.floats(columns)
                let sums = ReferenceDense.sumRows(rows: rows, columns: columns, x.contents.doubles)
                let magnitudes = ReferenceDense.sumRows(rows: rows, columns: columns, x.contents.doubles.map(abs))
                expectSameBitsForAnyThreads("sum", "rows \(rows) columns \(columns) seed \(seed)") {
                    let sum = GuardedArray(before)
                    ck_sum_rows(rows, columns, x.pointer, x.leadingDimension, sum.pointer)
                    expectClose(
                        sum.contents, zip(before, sums).map { Double($0) + $1 },
                        within: .rounding(rows, of: zip(before, magnitudes).map { Double(abs($0)) + $1 }), "sum",
                        "rows \(rows) columns \(columns) seed \(seed)")
                    expectIntact(sum, context: "seed \(seed)")
                    expectUnchanged(x, context: "seed \(seed)")
                    return sum.contents
                }
            }
        }

        /// In floats, neighbours first, then neighbouring sums, whatever the number of arrays and threads.
        @Test(arguments: [1, 2, 3, 5, 8, 13])
        func sumTree(_ count: Int) {
            for size in [0, 1, 17, 5000, 70_000 / count] {
                let seed = caseSeed(64, count, size)
                var random = SeededGenerator(seed: seed)
                let arrays = (0..<count).map { _ in random.floats(size) }
                var sums = arrays
                while sums.count > 1 {
                    sums = stride(from: 0, to: sums.count, by: 2).map { index in
                        index + 1 < sums.count ? zip(sums[index], sums[index + 1]).map(+) : sums[index]
                    }
                }
                expectSameBitsForAnyThreads("sum", "count \(count) size \(size) seed \(seed)") {
                    let guarded = arrays.map { GuardedArray($0) }
                    guarded.map { Optional($0.pointer) }.withUnsafeBufferPointer {
                        ck_sum_tree(count, size, $0.baseAddress)
                    }
                    expectSameBits(guarded[0].contents, sums[0], "sum", "count \(count) seed \(seed)")
                    for array in guarded { expectIntact(array, context: "seed \(seed)") }
                    return guarded[0].contents
                }
            }
        }

        @Test(arguments: [0, 3])
        func gatherRows(_ gap: Int) {
            for (rows, columns) in shapes {
                let seed = caseSeed(62, rows, columns)
                var random = SeededGenerator(seed: seed)
                let entries = 5
                let table = GuardedArray(random.floats(entries * columns))
                let ids = (0..<rows).map { _ in random.integer(0..<entries) }
                let guardedIds = GuardedArray(ids.map { Int32($0) })
                let expected = ReferenceDense.embedding(columns: columns, table: table.contents.doubles, ids: ids)
                expectSameBitsForAnyThreads("y", "rows \(rows) columns \(columns) seed \(seed)") {
                    let y = GuardedArray.output(rows: rows, columns: columns, leadingDimension: columns + gap)
                    ck_gather_rows(
                        rows, columns, table.pointer, guardedIds.pointer, y.pointer, y.leadingDimension)
                    expectSameBits(y.contents, expected.floats, "y", "seed \(seed)")
                    expectIntact(y, context: "seed \(seed)")
                    expectUnchanged(table, guardedIds, context: "seed \(seed)")
                    return y.contents
                }
            }
        }

        /// Few entries, so that ids repeat; the table's gradient is added to.
        @Test(arguments: [0, 3])
        func scatterAddRows(_ gap: Int) {
            for (rows, columns) in shapes {
                let seed = caseSeed(63, rows, columns)
                var random = SeededGenerator(seed: seed)
                let entries = 3
                let ids = (0..<rows).map { _ in random.integer(0..<entries) }
                let guardedIds = GuardedArray(ids.map { Int32($0) })
                let dy = GuardedArray(
                    rows: rows, columns: columns, leadingDimension: columns + gap,
                    contents: random.floats(rows * columns))
                let before = random.floats(entries * columns)
                func scattered(_ before: [Double], _ dy: [Double]) -> [Double] {
                    let sums = ReferenceDense.embeddingBackward(entries: entries, columns: columns, ids: ids, dy: dy)
                    return zip(before, sums).map { $0 + $1 }
                }
                let expected = scattered(before.doubles, dy.contents.doubles)
                let magnitudes = scattered(before.doubles.map(abs), dy.contents.doubles.map(abs))
                // Float, in row order, as promised.
                let dyRows = dy.contents
                var inOrder = before
                for (row, id) in ids.enumerated() {
                    for column in 0..<columns {
                        inOrder[id * columns + column] += dyRows[row * columns + column]
                    }
                }
                expectSameBitsForAnyThreads("dtable", "rows \(rows) columns \(columns) seed \(seed)") {
                    let dTable = GuardedArray(before)
                    ck_scatter_add_rows(
                        rows, columns, guardedIds.pointer, dy.pointer, dy.leadingDimension, dTable.pointer)
                    expectSameBits(dTable.contents, inOrder, "dtable", "seed \(seed)")
                    expectClose(
                        dTable.contents, expected, within: .rounding(rows, of: magnitudes), "dtable", "seed \(seed)")
                    expectIntact(dTable, context: "seed \(seed)")
                    expectUnchanged(guardedIds, dy, context: "seed \(seed)")
                    return dTable.contents
                }
            }
        }
    }
}

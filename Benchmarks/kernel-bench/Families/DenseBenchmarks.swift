// Matrix products and row operations; contracts in ck_dense.h.

import CKernels
import NeuralMemory
import ReferenceKernels

extension Families {
    static var denseBenchmarks: [Benchmark] {
        products("gemm", ck_gemm) + products("gemm_plain", ck_gemm_plain) + rowSizes.map(broadcast)
            + rowSizes.map(sumRows) + rowSizes.map(gather) + rowSizes.map(scatterAdd)
            + [sumTree(arrays: 16, count: 62_000)]
    }

    /// Rows and columns: a gate's bias over a batch; the steps of an episode; embeddings.
    private static let rowSizes = [(10, 1024), (1344, 64), (1344, 1024)]
    /// Entries of an embedding table.
    private static let tableEntries = 131

    // MARK: Products

    private typealias Product = (
        Int32, Int32, Int, Int, Int, Float, UnsafePointer<Float>?, Int, UnsafePointer<Float>?, Int, Float,
        UnsafeMutablePointer<Float>?, Int
    ) -> Void

    private struct ProductShape {
        var transposesA = false, transposesB = false
        var m, n, k: Int

        var text: String { "\(m) x \(n) x \(k) \(transposesA ? "T" : "N")\(transposesB ? "T" : "N")" }
    }

    private static func products(_ name: String, _ kernel: @escaping Product) -> [Benchmark] {
        [
            // One step of a controller: the recurrent product and its gradient, for one sequence and for a batch.
            ProductShape(m: 1, n: 400, k: 120),
            ProductShape(m: 10, n: 1024, k: 512),
            ProductShape(transposesB: true, m: 10, n: 512, k: 1024),
            ProductShape(m: 64, n: 2048, k: 256),
            ProductShape(transposesB: true, m: 64, n: 256, k: 2048),
            // The weight gradients of an episode, outside the loop.
            ProductShape(transposesA: true, m: 256, n: 131, k: 1300),
            ProductShape(transposesA: true, m: 832, n: 2048, k: 64),
            ProductShape(m: 67, n: 131, k: 129)
        ].map { product(name, $0, kernel) }
    }

    private static func product(_ name: String, _ shape: ProductShape, _ kernel: @escaping Product) -> Benchmark {
        let (m, n, k) = (shape.m, shape.n, shape.k)
        return Benchmark(name, shape.text, floats: m * k + k * n + m * n, flops: 2 * m * n * k) {
            let a = FloatBuffer(m * k, -1, 1, seed: 1)
            let b = FloatBuffer(k * n, -1, 1, seed: 2)
            let c = FloatBuffer(zeros: m * n)
            let (aDoubles, bDoubles) = (a.doubles, b.doubles)
            let (lda, ldb) = (shape.transposesA ? m : k, shape.transposesB ? k : n)
            return Trial(
                run: {
                    kernel(
                        shape.transposesA ? 1 : 0, shape.transposesB ? 1 : 0, m, n, k, 1, a.pointer, lda, b.pointer,
                        ldb, 0, c.pointer, n)
                },
                reference: { _ in
                    [
                        ReferenceDense.product(
                            transposeA: shape.transposesA, transposeB: shape.transposesB, m: m, n: n, k: k, aDoubles,
                            bDoubles)
                    ]
                },
                // The magnitudes of products of numbers within 1 are 1/4 on average, and together below k/2.
                outputs: [Output("C", c, within: .rounding(k + 1, of: Double(k) / 2))])
        }
    }

    // MARK: Row operations

    private static func broadcast(rows: Int, columns: Int) -> Benchmark {
        Benchmark("broadcast_row", "\(rows) x \(columns)", floats: (rows + 1) * columns) {
            let bias = FloatBuffer(columns, -1, 1, seed: 1)
            let y = FloatBuffer(zeros: rows * columns)
            let expected = bias.doubles
            return Trial(
                run: { ck_broadcast_row(rows, columns, bias.pointer, y.pointer, columns) },
                reference: { _ in
                    [ReferenceDense.embedding(columns: columns, table: expected, ids: Array(repeating: 0, count: rows))]
                },
                outputs: [Output("y", y)])
        }
    }

    private static func sumRows(rows: Int, columns: Int) -> Benchmark {
        Benchmark("sum_rows", "\(rows) x \(columns)", floats: (rows + 2) * columns, flops: rows * columns) {
            let x = FloatBuffer(rows * columns, -1, 1, seed: 1)
            let sum = FloatBuffer(zeros: columns)
            let expected = x.doubles
            return Trial(
                run: { ck_sum_rows(rows, columns, x.pointer, columns, sum.pointer) },
                reference: { _ in [ReferenceDense.sumRows(rows: rows, columns: columns, expected)] },
                outputs: [Output("sum", sum, within: .rounding(rows, of: Double(rows)))])
        }
    }

    /// The gradients of a batch's shards.
    private static func sumTree(arrays: Int, count: Int) -> Benchmark {
        Benchmark("sum_tree", "\(arrays) x \(count)", floats: (arrays + 1) * count, flops: (arrays - 1) * count) {
            let x = FloatBuffer(arrays * count, -1, 1, seed: 1)
            let pointers = (0..<arrays).map { Optional(x.pointer + $0 * count) }
            let sums = ReferenceDense.sumRows(rows: arrays, columns: count, x.doubles)
            return Trial(
                run: { pointers.withUnsafeBufferPointer { ck_sum_tree(arrays, count, $0.baseAddress) } },
                reference: { _ in [sums] },
                outputs: [
                    Output("sum", within: .rounding(arrays, of: Double(arrays))) {
                        (0..<count).map { Double(x.pointer[$0]) }
                    }
                ])
        }
    }

    private static func gather(rows: Int, columns: Int) -> Benchmark {
        Benchmark("gather_rows", "\(rows) x \(columns)", floats: 2 * rows * columns) {
            let table = FloatBuffer(tableEntries * columns, -1, 1, seed: 1)
            let ids = randomIndices(rows, below: tableEntries, seed: 2)
            let y = FloatBuffer(zeros: rows * columns)
            let expected = table.doubles
            return Trial(
                run: { ck_gather_rows(rows, columns, table.pointer, ids, y.pointer, columns) },
                reference: { _ in
                    [ReferenceDense.embedding(columns: columns, table: expected, ids: ids.map { Int($0) })]
                },
                outputs: [Output("y", y)])
        }
    }

    private static func scatterAdd(rows: Int, columns: Int) -> Benchmark {
        Benchmark("scatter_add_rows", "\(rows) x \(columns)", floats: 3 * rows * columns, flops: rows * columns) {
            let dy = FloatBuffer(rows * columns, -1, 1, seed: 1)
            let ids = randomIndices(rows, below: tableEntries, seed: 2)
            let table = FloatBuffer(zeros: tableEntries * columns)
            let expected = dy.doubles
            let mostRows = Dictionary(grouping: ids) { $0 }.values.map(\.count).max() ?? 0
            return Trial(
                run: { ck_scatter_add_rows(rows, columns, ids, dy.pointer, columns, table.pointer) },
                reference: { _ in
                    [
                        ReferenceDense.embeddingBackward(
                            entries: tableEntries, columns: columns, ids: ids.map { Int($0) }, dy: expected)
                    ]
                },
                outputs: [Output("dtable", table, within: .rounding(mostRows, of: Double(mostRows)))])
        }
    }
}

// Matrix products and activations; contracts in ck_dense.h and ck_activations.h.

import CKernels

extension Kernels {
    /// Which factor of a product is used transposed.
    package enum Transposed { case neither, first, second }

    /// c = a b + beta c, with a (m, k) and b (k, n) after transposing.
    package static func product(
        _ a: Rows, _ b: Rows, transposing: Transposed = .neither, into c: Rows, m: Int, n: Int, k: Int, beta: Float
    ) {
        ck_gemm(
            transposing == .first ? 1 : 0, transposing == .second ? 1 : 0, m, n, k, 1, a.pointer, a.stride, b.pointer,
            b.stride, beta, c.pointer, c.stride)
    }

    /// The distance, in floats, at which `product` reads the rows of its second factor fastest, where they have so many
    /// columns.
    package static func rowStep(columns: Int) -> Int { ck_gemm_row_step(columns) }

    /// y = x, row by row; the two do not overlap.
    package static func copy(_ x: Rows, into y: Rows, rows: Int, columns: Int) {
        for row in 0..<rows {
            y.advanced(by: row).pointer.update(from: x.advanced(by: row).pointer, count: columns)
        }
    }

    package static func zero(_ y: Rows, rows: Int, columns: Int) {
        if y.stride == columns { return y.pointer.update(repeating: 0, count: rows * columns) }
        for row in 0..<rows { y.advanced(by: row).pointer.update(repeating: 0, count: columns) }
    }

    package static func broadcast(_ bias: UnsafePointer<Float>, into y: Rows, rows: Int, columns: Int) {
        ck_broadcast_row(rows, columns, bias, y.pointer, y.stride)
    }

    /// sum += the rows of x.
    package static func addRows(of x: Rows, into sum: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
        ck_sum_rows(rows, columns, x.pointer, x.stride, sum)
    }

    /// The first array += all others, as a balanced tree; these hold partial sums afterwards.
    package static func sumTree(_ arrays: [UnsafeMutablePointer<Float>], count: Int) {
        arrays.map { Optional($0) }.withUnsafeBufferPointer { ck_sum_tree(arrays.count, count, $0.baseAddress) }
    }

    package static func gather(
        _ table: UnsafePointer<Float>, _ ids: UnsafePointer<Int32>, into y: Rows, rows: Int, columns: Int
    ) {
        ck_gather_rows(rows, columns, table, ids, y.pointer, y.stride)
    }

    package static func scatterAdd(
        _ dy: Rows, _ ids: UnsafePointer<Int32>, into dtable: UnsafeMutablePointer<Float>, rows: Int, columns: Int
    ) {
        ck_scatter_add_rows(rows, columns, ids, dy.pointer, dy.stride, dtable)
    }

    package static func tanh(_ x: Rows, into y: Rows, rows: Int, columns: Int) {
        ck_tanh_forward(rows, columns, x.pointer, x.stride, y.pointer, y.stride)
    }

    package static func tanhBackward(y: Rows, dy: Rows, into dx: Rows, rows: Int, columns: Int) {
        ck_tanh_backward(rows, columns, y.pointer, y.stride, dy.pointer, dy.stride, dx.pointer, dx.stride)
    }

    package static func sigmoid(_ x: Rows, into y: Rows, rows: Int, columns: Int) {
        ck_sigmoid_forward(rows, columns, x.pointer, x.stride, y.pointer, y.stride)
    }

    package static func sigmoidBackward(y: Rows, dy: Rows, into dx: Rows, rows: Int, columns: Int) {
        ck_sigmoid_backward(rows, columns, y.pointer, y.stride, dy.pointer, dy.stride, dx.pointer, dx.stride)
    }
}

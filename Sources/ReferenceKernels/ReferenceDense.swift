// ReferenceDense.swift: matrix products, dense layers and embeddings, by their definitions, in Double.

/// Matrices are row-major and contiguous, sizes are arguments.
public enum ReferenceDense {
    /// alpha op(A) op(B) + beta C, with op(A) m x k, op(B) k x n, C m x n; op transposes where its flag is set.
    ///
    /// `a` is stored k x m when transposed, `b` n x k. With beta = 0, C is not looked at.
    public static func product(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Double = 1,
        _ a: [Double], _ b: [Double], beta: Double = 0, _ c: [Double] = []
    ) -> [Double] {
        precondition(a.count == m * k, "A has \(a.count) elements, not \(m) * \(k)")
        precondition(b.count == k * n, "B has \(b.count) elements, not \(k) * \(n)")
        var result = Array(repeating: 0.0, count: m * n)
        for row in 0..<m {
            for column in 0..<n {
                var sum = 0.0
                for inner in 0..<k {
                    let left = transposeA ? a[inner * m + row] : a[row * k + inner]
                    let right = transposeB ? b[column * k + inner] : b[inner * n + column]
                    sum += left * right
                }
                result[row * n + column] = alpha * sum + (beta == 0 ? 0 : beta * c[row * n + column])
            }
        }
        return result
    }

    /// y = x W + b: x (rows, inputs), W (inputs, outputs), b (outputs) give y (rows, outputs).
    public static func forward(
        rows: Int, inputs: Int, outputs: Int, x: [Double], weights: [Double], bias: [Double]
    ) -> [Double] {
        precondition(bias.count == outputs, "bias has \(bias.count) elements, not \(outputs)")
        let product = product(m: rows, n: outputs, k: inputs, x, weights)
        return product.indices.map { product[$0] + bias[$0 % outputs] }
    }

    /// The gradients of `forward`: dx = dy W^T, dW = x^T dy, db = the sum of dy's rows.
    public static func backward(
        rows: Int, inputs: Int, outputs: Int, x: [Double], weights: [Double], dy: [Double]
    ) -> (dx: [Double], dWeights: [Double], dBias: [Double]) {
        (
            product(transposeB: true, m: rows, n: inputs, k: outputs, dy, weights),
            product(transposeA: true, m: inputs, n: outputs, k: rows, x, dy),
            sumRows(rows: rows, columns: outputs, dy)
        )
    }

    /// The sum of the rows of x (rows, columns): (columns).
    public static func sumRows(rows: Int, columns: Int, _ x: [Double]) -> [Double] {
        precondition(x.count == rows * columns, "x has \(x.count) elements, not \(rows) * \(columns)")
        var sum = Array(repeating: 0.0, count: columns)
        for row in 0..<rows {
            for column in 0..<columns {
                sum[column] += x[row * columns + column]
            }
        }
        return sum
    }

    /// Embedding: y[r] = table[ids[r]]; table (entries, columns) gives y (ids.count, columns).
    public static func embedding(columns: Int, table: [Double], ids: [Int]) -> [Double] {
        ids.flatMap { table[$0 * columns..<($0 + 1) * columns] }
    }

    /// The gradient of `embedding` with respect to the table: dtable[ids[r]] += dy[r], from zeros.
    public static func embeddingBackward(entries: Int, columns: Int, ids: [Int], dy: [Double]) -> [Double] {
        precondition(dy.count == ids.count * columns, "dy has \(dy.count) elements, not \(ids.count) * \(columns)")
        var dTable = Array(repeating: 0.0, count: entries * columns)
        for (row, id) in ids.enumerated() {
            for column in 0..<columns {
                dTable[id * columns + column] += dy[row * columns + column]
            }
        }
        return dTable
    }
}

// ReferenceSAM+Access.swift: which rows a head of the sparse access memory writes and reads, and what it does there, each
// equation with its derivative.

import Foundation

// MARK: - Which rows

extension ReferenceSAM {
    /// The row accessed least recently, of those that no other head of this step writes: rows never accessed come
    /// first, and of equal ones the first row.
    func leastRecent(_ lastAccess: [Int?], but claimed: [Int]) -> Int {
        (0..<rows).filter { !claimed.contains($0) }.min { (lastAccess[$0] ?? .min, $0) < (lastAccess[$1] ?? .min, $1) }!
    }

    /// Notes that the rows with a weight above the threshold were accessed.
    func access(_ lastAccess: inout [Int?], _ weighting: [Double], _ step: Int) {
        for row in 0..<rows where weighting[row] > accessThreshold { lastAccess[row] = step }
    }

    /// The K rows of the largest cosines, the largest first, and of equal ones the first row first.
    func nearest(_ similarity: [Double]) -> [Int] {
        let order = similarity.indices.sorted { (-similarity[$0], $0) < (-similarity[$1], $1) }
        return Array(order.prefix(neighbors))
    }

    /// The least distance of any number that decides a choice of rows from where it would decide otherwise.
    ///
    /// These are the cosines of the last row that a head reads and of the first that it does not, and weights against
    /// the threshold. Rows of equal contents have equal cosines, however these are rounded, and do not count. Links,
    /// and what is found along them, are compared as shares of the larger number.
    func margin(of stages: [Stages]) -> Double {
        var least = Double.infinity
        for head in stages {
            let others = (0..<rows).filter { !head.choice.read.contains($0) }
            let cosines = Self.margin(
                kept: head.choice.read.map { head.similarity[$0] }, leftOut: others.map { head.similarity[$0] }
            ) { abs($0 - $1) }
            least = min(least, cosines)
            least = min(least, head.cutMargin)
            for weight in head.readWeighting + head.writeWeighting where weight != 0 {
                least = min(least, abs(weight - accessThreshold))
            }
        }
        return least
    }

    /// How near a number that is left out comes to one that is kept, of those pairs that differ.
    ///
    /// It is one of the largest left out, or of the least kept.
    static func margin(
        kept: [Double], leftOut: [Double], distance: (_ kept: Double, _ leftOut: Double) -> Double
    ) -> Double {
        guard let least = kept.min(), let largest = leftOut.max() else { return .infinity }
        let distances =
            kept.filter { $0 != largest }.map { distance($0, largest) }
            + leftOut.filter { $0 != least }.map { distance(least, $0) }
        return distances.min() ?? .infinity
    }
}

// MARK: - Writes

extension ReferenceSAM {
    /// w^W = alpha (gamma w^R_{t-1} + (1 - gamma) 1^U).
    func writeWeighting(_ parameters: Parameters, _ previous: [Double], _ row: Int) -> [Double] {
        (0..<rows).map { i in
            parameters.writeGate
                * (parameters.interpolationGate * previous[i]
                    + (1 - parameters.interpolationGate) * (i == row ? 1 : 0))
        }
    }

    /// Differentiates `writeWeighting`: adds to dL/dalpha and dL/dgamma, returns dL/dw^R_{t-1}.
    func writeWeightingBackward(
        _ stages: Stages, _ previous: [Double], _ dWeighting: [Double], _ dParameters: inout Parameters
    ) -> [Double] {
        let (alpha, gamma) = (stages.parameters.writeGate, stages.parameters.interpolationGate)
        for i in 0..<rows {
            let unused: Double = i == stages.choice.written ? 1 : 0
            dParameters.writeGate += dWeighting[i] * (gamma * previous[i] + (1 - gamma) * unused)
            dParameters.interpolationGate += dWeighting[i] * alpha * (previous[i] - unused)
        }
        return dWeighting.map { $0 * alpha * gamma }
    }

    /// Row U is erased, then M(i) <- M(i) + w(i) a.
    func written(_ memory: [Double], _ weighting: [Double], _ add: [Double], erased row: Int) -> [Double] {
        memory.indices.map { position in
            let i = position / columns
            return (i == row ? 0 : memory[position]) + weighting[i] * add[position % columns]
        }
    }

    /// Differentiates `written`: takes dL/dM after it to before it, adds to dL/da, returns dL/dw^W.
    func writtenBackward(
        _ stages: Stages, _ dParameters: inout Parameters, _ dMemory: inout [Double]
    ) -> [Double] {
        var dWeighting = Array(repeating: 0.0, count: rows)
        for position in dMemory.indices {
            let (i, column) = (position / columns, position % columns)
            dWeighting[i] += dMemory[position] * stages.parameters.add[column]
            dParameters.add[column] += dMemory[position] * stages.writeWeighting[i]
            if i == stages.choice.written { dMemory[position] = 0 }
        }
        return dWeighting
    }
}

// MARK: - Reads

extension ReferenceSAM {
    /// A key or memory row with a smaller squared norm counts as zeros: similarity 0, without gradient.
    static let smallestSquare = 1e-30

    /// cos(q, m) = q.m / (|q| |m|), 0 where either is a vector of zeros.
    static func similarity(_ key: [Double], _ row: [Double]) -> Double {
        guard let (keyNorm, rowNorm) = norms(key, row) else { return 0 }
        return dot(key, row) / (keyNorm * rowNorm)
    }

    /// The derivatives of `similarity`, which was `cosine`, with respect to key and row.
    static func similarityBackward(
        _ key: [Double], _ row: [Double], cosine: Double
    ) -> (dKey: [Double], dRow: [Double]) {
        guard let (keyNorm, rowNorm) = norms(key, row) else { return (key.map { _ in 0 }, row.map { _ in 0 }) }
        let dKey = zip(key, row).map { k, m in (m / rowNorm - cosine * k / keyNorm) / keyNorm }
        let dRow = zip(key, row).map { k, m in (k / keyNorm - cosine * m / rowNorm) / rowNorm }
        return (dKey, dRow)
    }

    /// The norms, nil where the cosine is 0 by convention.
    private static func norms(_ key: [Double], _ row: [Double]) -> (key: Double, row: Double)? {
        let (keySquare, rowSquare) = (dot(key, key), dot(row, row))
        return keySquare < smallestSquare || rowSquare < smallestSquare ? nil : (sqrt(keySquare), sqrt(rowSquare))
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    /// c: the softmax of beta cos over the rows chosen, 0 elsewhere; without links it is w^R.
    func contentWeighting(_ stages: Stages) -> [Double] {
        let weights = ReferenceTuring.softmax(
            stages.choice.read.map { stages.parameters.keyStrength * stages.similarity[$0] })
        var result = Array(repeating: 0.0, count: rows)
        for (row, weight) in zip(stages.choice.read, weights) { result[row] = weight }
        return result
    }

    /// Differentiates `contentWeighting` and the cosines: adds to dL/dq, dL/dbeta and dL/dM.
    func contentWeightingBackward(
        _ memory: [Double], _ stages: Stages, _ dWeighting: [Double], _ dParameters: inout Parameters,
        _ dMemory: inout [Double]
    ) {
        let chosen = stages.choice.read
        let dExponents = ReferenceTuring.softmaxBackward(
            chosen.map { stages.content[$0] }, chosen.map { dWeighting[$0] })
        for (row, dExponent) in zip(chosen, dExponents) {
            let similarity = stages.similarity[row]
            dParameters.keyStrength += dExponent * similarity
            let (dKey, dRow) = Self.similarityBackward(
                stages.parameters.key, self.row(row, of: memory), cosine: similarity)
            for column in 0..<columns {
                let scale = dExponent * stages.parameters.keyStrength
                dParameters.key[column] += scale * dKey[column]
                dMemory[row * columns + column] += scale * dRow[column]
            }
        }
    }

    /// r = sum_i w(i) M(i).
    func read(_ memory: [Double], _ weighting: [Double]) -> [Double] {
        (0..<columns).map { column in
            (0..<rows).reduce(0) { $0 + weighting[$1] * memory[$1 * columns + column] }
        }
    }

    /// Differentiates `read`: adds to dL/dw and dL/dM.
    func readBackward(
        _ memory: [Double], _ weighting: [Double], _ dRead: [Double], _ dWeighting: inout [Double],
        _ dMemory: inout [Double]
    ) {
        for position in memory.indices {
            let (row, column) = (position / columns, position % columns)
            dWeighting[row] += dRead[column] * memory[position]
            dMemory[position] += dRead[column] * weighting[row]
        }
    }
}

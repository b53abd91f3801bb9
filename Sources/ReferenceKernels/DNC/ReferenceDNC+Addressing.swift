// ReferenceDNC+Addressing.swift: where the write head writes (content, usage, allocation), each equation with its
// derivative.

import Foundation

// MARK: - Content

extension ReferenceDNC {
    /// Added under the root of each norm and to their product, with `Settings.smoothsCosine`.
    static let cosineEpsilon = 1e-6
    /// A key or memory row with a smaller squared norm counts as zeros: similarity 0, without gradient.
    ///
    /// With `Settings.smoothsCosine` there is no such floor.
    static let smallestSquare = 1e-30

    /// One lookup; each array has N numbers.
    public struct Content: Sendable {
        /// The cosine of key and row.
        public var similarity: [Double]
        /// C(M, k, beta), on the simplex.
        public var weights: [Double]
    }

    /// C(M, k, beta)(i) = softmax_i(beta cos(m k, m M(i))).
    func content(_ memory: [Double], _ query: Query, _ rounded: ([Double]) -> [Double]) -> Content {
        let key = Self.product(query.mask, query.key)
        let similarity = rounded(
            (0..<rows).map { self.similarity(key, Self.product(query.mask, row($0, of: memory))) })
        return Content(
            similarity: similarity,
            weights: rounded(ReferenceTuring.softmax(similarity.map { query.strength * $0 })))
    }

    /// Differentiates `content`: adds to the query's gradients and to dL/dM.
    func contentBackward(
        _ memory: [Double], _ query: Query, _ content: Content, _ dWeights: [Double], _ dQuery: inout Query,
        dMemory: inout [Double]
    ) {
        let dExponents = ReferenceTuring.softmaxBackward(content.weights, dWeights)
        let key = Self.product(query.mask, query.key)
        for row in 0..<rows {
            dQuery.strength += dExponents[row] * content.similarity[row]
            let old = self.row(row, of: memory)
            let (dKey, dRow) = similarityBackward(
                key, Self.product(query.mask, old), cosine: content.similarity[row])
            let scale = dExponents[row] * query.strength
            for column in 0..<columns {
                dQuery.key[column] += scale * dKey[column] * query.mask[column]
                dMemory[row * columns + column] += scale * dRow[column] * query.mask[column]
                dQuery.mask[column] += scale * (dKey[column] * query.key[column] + dRow[column] * old[column])
            }
        }
    }

    /// cos(k, m) = k.m / (|k| |m|), 0 where either is a vector of zeros; or with epsilon, as `Settings.smoothsCosine`
    /// says.
    public func similarity(_ key: [Double], _ row: [Double]) -> Double {
        guard let norms = norms(key, row) else { return 0 }
        return Self.product(key, row).reduce(0, +) / norms.product
    }

    /// The derivatives of `similarity`, which was `cosine`, with respect to key and row.
    private func similarityBackward(
        _ key: [Double], _ row: [Double], cosine: Double
    ) -> (dKey: [Double], dRow: [Double]) {
        guard let (keyNorm, rowNorm, product) = norms(key, row) else {
            return (key.map { _ in 0 }, row.map { _ in 0 })
        }
        let dKey = zip(key, row).map { k, m in (m - cosine * rowNorm * k / keyNorm) / product }
        let dRow = zip(key, row).map { k, m in (k - cosine * keyNorm * m / rowNorm) / product }
        return (dKey, dRow)
    }

    /// The norms, and what the cosine divides by; nil where the cosine is 0 by convention.
    private func norms(_ key: [Double], _ row: [Double]) -> (key: Double, row: Double, product: Double)? {
        let (keySquare, rowSquare) = (Self.product(key, key).reduce(0, +), Self.product(row, row).reduce(0, +))
        let epsilon = settings.smoothsCosine ? Self.cosineEpsilon : 0
        if !settings.smoothsCosine, keySquare < Self.smallestSquare || rowSquare < Self.smallestSquare { return nil }
        let (keyNorm, rowNorm) = (sqrt(keySquare + epsilon), sqrt(rowSquare + epsilon))
        return (keyNorm, rowNorm, keyNorm * rowNorm + epsilon)
    }

    /// a_i b_i.
    private static func product(_ a: [Double], _ b: [Double]) -> [Double] {
        zip(a, b).map { $0 * $1 }
    }

    /// M(i).
    private func row(_ row: Int, of memory: [Double]) -> [Double] {
        Array(memory[row * columns..<(row + 1) * columns])
    }
}

// MARK: - Usage

extension ReferenceDNC {
    /// psi(i) = product over the read heads of 1 - f w^r_{t-1}(i).
    func retention(_ freeGates: [Double], _ readWeightings: [Double]) -> [Double] {
        (0..<rows).map { row in
            freeGates.indices.reduce(1) { $0 * (1 - freeGates[$1] * readWeightings[$1 * rows + row]) }
        }
    }

    /// Differentiates `retention`: adds to dL/df and dL/dw^r_{t-1}.
    func retentionBackward(
        _ before: State, _ freeGates: [Double], _ dRetention: [Double], _ dParameters: inout Parameters,
        _ dBefore: inout State
    ) {
        for head in freeGates.indices {
            let others = retention(
                freeGates.indices.map { $0 == head ? 0 : freeGates[$0] }, before.readWeightings)
            for row in 0..<rows {
                let position = head * rows + row
                dParameters.freeGates[head] -= dRetention[row] * others[row] * before.readWeightings[position]
                dBefore.readWeightings[position] -= dRetention[row] * others[row] * freeGates[head]
            }
        }
    }

    /// u_t = (u_{t-1} + w^w_{t-1} - u_{t-1} w^w_{t-1}) psi_t, row by row.
    func nextUsage(_ state: State, _ retention: [Double]) -> [Double] {
        (0..<rows).map { row in
            let (usage, weight) = (state.usage[row], state.writeWeighting[row])
            return (usage + weight - usage * weight) * retention[row]
        }
    }

    /// Differentiates `nextUsage`: adds to dL/dpsi, dL/du_{t-1} and, unless stopped, dL/dw^w_{t-1}.
    func nextUsageBackward(
        _ before: State, _ retention: [Double], _ dUsage: [Double], _ dRetention: inout [Double],
        _ dBefore: inout State
    ) {
        for row in 0..<rows {
            let (usage, weight) = (before.usage[row], before.writeWeighting[row])
            dRetention[row] += dUsage[row] * (usage + weight - usage * weight)
            dBefore.usage[row] += dUsage[row] * retention[row] * (1 - weight)
            if !settings.stopsUsageGradient {
                dBefore.writeWeighting[row] += dUsage[row] * retention[row] * (1 - usage)
            }
        }
    }
}

// MARK: - Allocation

extension ReferenceDNC {
    /// epsilon of `Settings.floorsUsage`.
    static let usageFloor = 1e-6

    /// phi: the rows in ascending order of usage, and of equal ones the first row first.
    public static func order(of usage: [Double]) -> [Int] {
        usage.indices.sorted { (usage[$0], $0) < (usage[$1], $1) }
    }

    /// a(phi_j) = (1 - u(phi_j)) times the product of u(phi_i) over i < j.
    public func allocation(of usage: [Double], in order: [Int]) -> [Double] {
        var result = usage
        var allUsed = 1.0
        for row in order {
            let usage = floored(usage[row])
            result[row] = (1 - usage) * allUsed
            allUsed *= usage
        }
        return result
    }

    /// Differentiates `allocation`: adds to dL/du.
    func allocationBackward(_ usage: [Double], _ order: [Int], _ dAllocation: [Double], dUsage: inout [Double]) {
        // Element j is the product of the usages of the j freest rows.
        let allUsed = order.reduce(into: [1.0]) { $0.append($0[$0.count - 1] * floored(usage[$1])) }
        var dAllUsed = 0.0
        for (index, row) in order.enumerated().reversed() {
            let dFloored = (dAllUsed - dAllocation[row]) * allUsed[index]
            dUsage[row] += dFloored * (settings.floorsUsage ? 1 - Self.usageFloor : 1)
            dAllUsed = dAllUsed * floored(usage[row]) + dAllocation[row] * (1 - floored(usage[row]))
        }
    }

    /// Usage as allocation sees it.
    private func floored(_ usage: Double) -> Double {
        settings.floorsUsage ? Self.usageFloor + (1 - Self.usageFloor) * usage : usage
    }

    /// w^w = g^w (g^a a + (1 - g^a) c).
    func writeWeighting(_ allocation: [Double], _ content: [Double], _ parameters: Parameters) -> [Double] {
        zip(allocation, content).map { a, c in
            parameters.writeGate * (parameters.allocationGate * a + (1 - parameters.allocationGate) * c)
        }
    }

    /// Differentiates `writeWeighting`: adds to dL/dg^a and dL/dg^w, returns dL/da and dL/dc.
    func writeWeightingBackward(
        _ stages: Stages, _ dWeighting: [Double], _ dParameters: inout Parameters
    ) -> (dAllocation: [Double], dContent: [Double]) {
        let (allocationGate, writeGate) = (stages.parameters.allocationGate, stages.parameters.writeGate)
        for row in 0..<rows {
            let (a, c) = (stages.allocation[row], stages.writeContent.weights[row])
            dParameters.writeGate += dWeighting[row] * (allocationGate * a + (1 - allocationGate) * c)
            dParameters.allocationGate += dWeighting[row] * writeGate * (a - c)
        }
        return (
            dWeighting.map { $0 * writeGate * allocationGate },
            dWeighting.map { $0 * writeGate * (1 - allocationGate) }
        )
    }
}

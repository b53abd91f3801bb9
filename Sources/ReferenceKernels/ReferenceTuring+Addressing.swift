// ReferenceTuring+Addressing.swift: from a head's raw parameters to its focus, each equation with its derivative.

import Foundation

extension ReferenceTuring {
    /// Added to the product of norms in the cosine.
    static let similarityEpsilon = 1e-8
    /// A key or memory row with a smaller squared norm counts as zeros: similarity 0, without gradient.
    static let smallestSquare = 1e-30
    /// A focus weight whose exponent lies further below the largest becomes 0, without gradient.
    static let exponentFloor = -64.0

    /// A head's parameters after their activations, or the gradients with respect to them.
    public struct HeadParameters: Sendable {
        /// k, M numbers.
        public var key: [Double]
        /// beta, >= 0.
        public var keyStrength: Double
        /// g, in [0, 1].
        public var gate: Double
        /// s, S numbers on the simplex; s[0] is the largest forward shift.
        public var shift: [Double]
        /// gamma, >= 1.
        public var sharpening: Double
        /// e, M numbers in [0, 1]; empty for a read head.
        public var erase: [Double]
        /// a, M numbers; empty for a read head.
        public var add: [Double]

        init(
            key: [Double], keyStrength: Double, gate: Double, shift: [Double], sharpening: Double, erase: [Double],
            add: [Double]
        ) {
            self.key = key
            self.keyStrength = keyStrength
            self.gate = gate
            self.shift = shift
            self.sharpening = sharpening
            self.erase = erase
            self.add = add
        }

        /// Zeros, in the shape of another head's parameters.
        init(zeroLike other: HeadParameters) {
            self.init(
                key: other.key.map { _ in 0 }, keyStrength: 0, gate: 0, shift: other.shift.map { _ in 0 },
                sharpening: 0, erase: other.erase.map { _ in 0 }, add: other.add.map { _ in 0 })
        }
    }

    /// Every stage of one head's addressing; each array has N numbers.
    public struct Addressing: Sendable {
        /// The parameters it was made with.
        public var parameters: HeadParameters
        /// K(i), the cosine of key and row.
        public var similarity: [Double]
        /// w^c.
        public var content: [Double]
        /// w^g.
        public var gated: [Double]
        /// w~.
        public var shifted: [Double]
        /// w, on the simplex.
        public var weights: [Double]
    }

    /// The whole addressing of one head: content, interpolation, shift, sharpening.
    func addressing(
        _ memory: [Double], _ head: HeadParameters, previous: [Double], _ rounded: ([Double]) -> [Double]
    ) -> Addressing {
        let similarity = rounded((0..<rows).map { Self.similarity(head.key, self.row($0, of: memory)) })
        let content = rounded(Self.softmax(similarity.map { head.keyStrength * $0 }))
        let gated = rounded(zip(content, previous).map { head.gate * $0 + (1 - head.gate) * $1 })
        let shifted = rounded(Self.shifted(gated, by: head.shift))
        return Addressing(
            parameters: head, similarity: similarity, content: content, gated: gated, shifted: shifted,
            weights: rounded(Self.sharpened(shifted, head.sharpening)))
    }

    /// Differentiates `addressing`: adds to the head's gradients and to dL/dM, returns dL/d(previous focus).
    func addressingBackward(
        _ memory: [Double], _ stages: Addressing, previous: [Double], dWeights: [Double],
        _ dHead: inout HeadParameters, dMemory: inout [Double]
    ) -> [Double] {
        let head = stages.parameters
        let dShifted = Self.sharpenedBackward(
            stages.shifted, head.sharpening, stages.weights, dWeights, &dHead.sharpening)
        let dGated = Self.shiftedBackward(stages.gated, by: head.shift, dShifted, &dHead.shift)
        for row in 0..<rows {
            dHead.gate += dGated[row] * (stages.content[row] - previous[row])
        }
        let dExponents = Self.softmaxBackward(stages.content, dGated.map { $0 * head.gate })
        for row in 0..<rows {
            dHead.keyStrength += dExponents[row] * stages.similarity[row]
            let (dKey, dRow) = Self.similarityBackward(
                head.key, self.row(row, of: memory), cosine: stages.similarity[row])
            for column in 0..<columns {
                dHead.key[column] += dExponents[row] * head.keyStrength * dKey[column]
                dMemory[row * columns + column] += dExponents[row] * head.keyStrength * dRow[column]
            }
        }
        return dGated.map { $0 * (1 - head.gate) }
    }

    /// M(i).
    private func row(_ row: Int, of memory: [Double]) -> [Double] {
        Array(memory[row * columns..<(row + 1) * columns])
    }
}

// MARK: - The equations

extension ReferenceTuring {
    /// K[k, m] = k.m / (|k| |m| + epsilon); 0 where either is a vector of zeros.
    public static func similarity(_ key: [Double], _ row: [Double]) -> Double {
        guard dot(key, key) >= smallestSquare, dot(row, row) >= smallestSquare else { return 0 }
        return dot(key, row) / (sqrt(dot(key, key)) * sqrt(dot(row, row)) + similarityEpsilon)
    }

    /// The derivatives of `similarity`, which was `cosine`, with respect to key and row.
    static func similarityBackward(
        _ key: [Double], _ row: [Double], cosine: Double
    ) -> (dKey: [Double], dRow: [Double]) {
        let keySquare = dot(key, key)
        let rowSquare = dot(row, row)
        guard keySquare >= smallestSquare, rowSquare >= smallestSquare else {
            return (key.map { _ in 0 }, row.map { _ in 0 })
        }
        let (keyNorm, rowNorm) = (sqrt(keySquare), sqrt(rowSquare))
        let denominator = keyNorm * rowNorm + similarityEpsilon
        let dKey = zip(key, row).map { k, m in (m - cosine * rowNorm * k / keyNorm) / denominator }
        let dRow = zip(key, row).map { k, m in (k - cosine * keyNorm * m / rowNorm) / denominator }
        return (dKey, dRow)
    }

    /// exp(x_i) / sum_j exp(x_j).
    public static func softmax(_ x: [Double]) -> [Double] {
        let largest = x.max() ?? 0
        let exponentials = x.map { exp($0 - largest) }
        let sum = exponentials.reduce(0, +)
        return exponentials.map { $0 / sum }
    }

    /// Takes dL/d(softmax) to dL/dx.
    static func softmaxBackward(_ y: [Double], _ dy: [Double]) -> [Double] {
        let mean = dot(y, dy)
        return zip(y, dy).map { $0 * ($1 - mean) }
    }

    /// w~(i) = sum_q s[q] w(i - (n - q) mod N): s[0] moves a focus n rows forward, s[2n] n rows backward.
    public static func shifted(_ weights: [Double], by shift: [Double]) -> [Double] {
        weights.indices.map { row in
            shift.indices.reduce(0) { $0 + shift[$1] * weights[source(row, $1, shift.count, weights.count)] }
        }
    }

    /// Differentiates `shifted`: adds to dL/ds, returns dL/dw.
    static func shiftedBackward(
        _ weights: [Double], by shift: [Double], _ dShifted: [Double], _ dShift: inout [Double]
    ) -> [Double] {
        var dWeights = weights.map { _ in 0.0 }
        for row in weights.indices {
            for q in shift.indices {
                let source = source(row, q, shift.count, weights.count)
                dShift[q] += dShifted[row] * weights[source]
                dWeights[source] += dShifted[row] * shift[q]
            }
        }
        return dWeights
    }

    /// The row whose weight shift q brings to `row`.
    private static func source(_ row: Int, _ q: Int, _ shifts: Int, _ rows: Int) -> Int {
        (row - (shifts / 2 - q) + rows) % rows
    }

    /// w = w~^gamma / sum_j w~(j)^gamma, with w~ over its largest: w(i) is 0 where gamma log(w~(i) / max) < -64.
    public static func sharpened(_ weights: [Double], _ gamma: Double) -> [Double] {
        let largest = weights.max() ?? 1
        let powers = weights.map { weight in
            let exponent = gamma * log(weight / largest)
            return exponent < exponentFloor ? 0 : exp(exponent)
        }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// Differentiates `sharpened`, which gave `weights`: adds to dL/dgamma, returns dL/dw~.
    static func sharpenedBackward(
        _ shifted: [Double], _ gamma: Double, _ weights: [Double], _ dWeights: [Double], _ dGamma: inout Double
    ) -> [Double] {
        let dExponents = softmaxBackward(weights, dWeights)
        return shifted.indices.map { row in
            guard weights[row] > 0 else { return 0 }
            dGamma += dExponents[row] * log(shifted[row])
            return dExponents[row] * gamma / shifted[row]
        }
    }

    /// sum_i a_i b_i.
    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
}

// MARK: - Activations of raw parameters

extension ReferenceTuring {
    /// log(1 + exp(x)), which never overflows.
    private static func softplus(_ x: Double) -> Double {
        max(x, 0) + log1p(exp(-abs(x)))
    }

    /// min(clip, max(-clip, x)) where there is a limit.
    private func clipped(_ x: Double) -> Double {
        clip > 0 ? min(clip, max(-clip, x)) : x
    }

    /// Splits a head's raw parameters in their order and applies the activations.
    func activated(_ rawSlice: ArraySlice<Double>) -> HeadParameters {
        let raw = rawSlice.map(clipped)
        let (m, s) = (columns, shifts)
        let writes = raw.count == writeHeadSize
        return HeadParameters(
            key: raw[0..<m].map { tanh($0) },
            keyStrength: Self.softplus(raw[m]),
            gate: ReferenceActivations.sigmoid(raw[m + 1]),
            shift: Self.softmax(Array(raw[m + 2..<m + 2 + s])),
            sharpening: 1 + Self.softplus(raw[m + 2 + s]),
            erase: writes ? raw[m + 3 + s..<2 * m + 3 + s].map(ReferenceActivations.sigmoid) : [],
            add: writes ? raw[2 * m + 3 + s..<3 * m + 3 + s].map { tanh($0) } : [])
    }

    /// Takes gradients of the activated parameters to those of the raw ones.
    func activatedBackward(_ rawSlice: ArraySlice<Double>, _ dHead: HeadParameters) -> [Double] {
        let raw = rawSlice.map(clipped)
        let head = activated(rawSlice)
        let softplusSlope = ReferenceActivations.sigmoid
        var dRaw = zip(head.key, dHead.key).map { y, dy in dy * (1 - y * y) }
        dRaw.append(dHead.keyStrength * softplusSlope(raw[columns]))
        dRaw.append(dHead.gate * head.gate * (1 - head.gate))
        dRaw += Self.softmaxBackward(head.shift, dHead.shift)
        dRaw.append(dHead.sharpening * softplusSlope(raw[columns + 2 + shifts]))
        dRaw += zip(head.erase, dHead.erase).map { y, dy in dy * y * (1 - y) }
        dRaw += zip(head.add, dHead.add).map { y, dy in dy * (1 - y * y) }
        return zip(rawSlice, dRaw).map { x, dx in clip > 0 && abs(x) > clip ? 0 : dx }
    }
}

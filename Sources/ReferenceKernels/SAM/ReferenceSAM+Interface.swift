// ReferenceSAM+Interface.swift: from a raw interface vector to the heads' parameters, with the derivative.

import Foundation

extension ReferenceSAM {
    /// A head's parameters after their activations, or the gradients with respect to them.
    public struct Parameters: Sendable {
        /// q, M numbers.
        public var key: [Double]
        /// a, M numbers.
        public var add: [Double]
        /// beta, >= 1.
        public var keyStrength: Double
        /// alpha, in [0, 1]: how much is written.
        public var writeGate: Double
        /// gamma, in [0, 1]: how much of it goes to the rows read last, rather than to the least recently used one.
        public var interpolationGate: Double

        init(key: [Double], add: [Double], keyStrength: Double, writeGate: Double, interpolationGate: Double) {
            self.key = key
            self.add = add
            self.keyStrength = keyStrength
            self.writeGate = writeGate
            self.interpolationGate = interpolationGate
        }

        /// Zeros, in the shape of another head's parameters.
        init(zeroLike other: Parameters) {
            self.init(
                key: other.key.map { _ in 0 }, add: other.add.map { _ in 0 }, keyStrength: 0, writeGate: 0,
                interpolationGate: 0)
        }
    }

    /// Raw numbers of one step, head after head: `[q (M) | a (M) | beta | alpha | gamma]`.
    public var interfaceSize: Int { heads * (2 * columns + 3) }

    /// Splits a raw interface vector and applies the activations.
    public func activated(_ raw: ArraySlice<Double>) -> [Parameters] {
        (0..<heads).map { head in
            let own = Array(raw.dropFirst(head * (2 * columns + 3)).prefix(2 * columns + 3))
            return Parameters(
                key: Array(own[..<columns]), add: Array(own[columns..<2 * columns]),
                keyStrength: ReferenceDNC.oneplus(own[2 * columns]),
                writeGate: ReferenceActivations.sigmoid(own[2 * columns + 1]),
                interpolationGate: ReferenceActivations.sigmoid(own[2 * columns + 2]))
        }
    }

    /// Takes gradients of the heads' parameters to those of the raw interface vector.
    func activatedBackward(_ y: [Parameters], _ dy: [Parameters]) -> [Double] {
        zip(y, dy).flatMap { y, dy in
            let dGates = ReferenceActivations.sigmoidBackward(
                y: [y.writeGate, y.interpolationGate], dy: [dy.writeGate, dy.interpolationGate])
            // The slope of oneplus is sigma(x) = 1 - exp(1 - oneplus(x)).
            let dStrength = -dy.keyStrength * expm1(1 - y.keyStrength)
            return dy.key + dy.add + [dStrength] + dGates
        }
    }
}

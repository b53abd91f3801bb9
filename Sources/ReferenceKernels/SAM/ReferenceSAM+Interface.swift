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
        /// pi, of reads backward, by content and forward; empty without links.
        public var modes: [Double]

        init(
            key: [Double], add: [Double], keyStrength: Double, writeGate: Double, interpolationGate: Double,
            modes: [Double]
        ) {
            self.key = key
            self.add = add
            self.keyStrength = keyStrength
            self.writeGate = writeGate
            self.interpolationGate = interpolationGate
            self.modes = modes
        }

        /// Zeros, in the shape of another head's parameters.
        init(zeroLike other: Parameters) {
            self.init(
                key: other.key.map { _ in 0 }, add: other.add.map { _ in 0 }, keyStrength: 0, writeGate: 0,
                interpolationGate: 0, modes: other.modes.map { _ in 0 })
        }
    }

    /// Raw numbers of one step, head after head: `[q (M) | a (M) | beta | alpha | gamma]`, with links also `| pi (3)`.
    public var interfaceSize: Int { heads * headSize }

    private var headSize: Int { 2 * columns + (links > 0 ? 6 : 3) }

    /// Splits a raw interface vector and applies the activations.
    public func activated(_ raw: ArraySlice<Double>) -> [Parameters] {
        (0..<heads).map { head in
            let own = Array(raw.dropFirst(head * headSize).prefix(headSize))
            return Parameters(
                key: Array(own[..<columns]), add: Array(own[columns..<2 * columns]),
                keyStrength: ReferenceDNC.oneplus(own[2 * columns]),
                writeGate: ReferenceActivations.sigmoid(own[2 * columns + 1]),
                interpolationGate: ReferenceActivations.sigmoid(own[2 * columns + 2]),
                modes: links > 0 ? ReferenceTuring.softmax(Array(own[(2 * columns + 3)...])) : [])
        }
    }

    /// Takes gradients of the heads' parameters to those of the raw interface vector.
    func activatedBackward(_ y: [Parameters], _ dy: [Parameters]) -> [Double] {
        zip(y, dy).flatMap { y, dy in
            let dGates = ReferenceActivations.sigmoidBackward(
                y: [y.writeGate, y.interpolationGate], dy: [dy.writeGate, dy.interpolationGate])
            // The slope of oneplus is sigma(x) = 1 - exp(1 - oneplus(x)).
            let dStrength = -dy.keyStrength * expm1(1 - y.keyStrength)
            let dModes = y.modes.isEmpty ? [] : ReferenceTuring.softmaxBackward(y.modes, dy.modes)
            return dy.key + dy.add + [dStrength] + dGates + dModes
        }
    }
}

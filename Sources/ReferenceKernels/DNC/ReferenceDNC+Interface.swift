// ReferenceDNC+Interface.swift: from a raw interface vector to the parameters of a step, with the derivative.

import Foundation

extension ReferenceDNC {
    /// What a head looks for, or the gradients with respect to it.
    public struct Query: Sendable {
        /// k, W numbers.
        public var key: [Double]
        /// beta, >= 1.
        public var strength: Double
        /// m, W numbers in [0, 1]; all 1 where keys have no masks.
        public var mask: [Double]

        /// Without a mask all columns count.
        init(key: [Double], strength: Double, mask: [Double]? = nil) {
            self.key = key
            self.strength = strength
            self.mask = mask ?? key.map { _ in 1 }
        }

        /// Zeros, in the shape of another query.
        init(zeroLike other: Query) {
            self.init(key: other.key.map { _ in 0 }, strength: 0, mask: other.mask.map { _ in 0 })
        }
    }

    /// The parameters of one step after their activations, or the gradients with respect to them.
    public struct Parameters: Sendable {
        /// k^r, beta^r and m^r of each read head.
        public var readQueries: [Query]
        /// k^w, beta^w and m^w.
        public var writeQuery: Query
        /// e, W numbers in [0, 1].
        public var erase: [Double]
        /// v, W numbers.
        public var write: [Double]
        /// f, R numbers in [0, 1].
        public var freeGates: [Double]
        /// g^a, in [0, 1].
        public var allocationGate: Double
        /// g^w, in [0, 1].
        public var writeGate: Double
        /// pi of each read head on the simplex: backward, content, forward.
        public var readModes: [[Double]]
        /// s >= 1 of each read head along the links backward; empty where these are not sharpened.
        public var backwardSharpness: [Double]
        /// s >= 1 of each read head along the links forward; empty where these are not sharpened.
        public var forwardSharpness: [Double]

        init(
            readQueries: [Query], writeQuery: Query, erase: [Double], write: [Double], freeGates: [Double],
            allocationGate: Double, writeGate: Double, readModes: [[Double]], backwardSharpness: [Double],
            forwardSharpness: [Double]
        ) {
            self.readQueries = readQueries
            self.writeQuery = writeQuery
            self.erase = erase
            self.write = write
            self.freeGates = freeGates
            self.allocationGate = allocationGate
            self.writeGate = writeGate
            self.readModes = readModes
            self.backwardSharpness = backwardSharpness
            self.forwardSharpness = forwardSharpness
        }

        /// Zeros, in the shape of other parameters.
        init(zeroLike other: Parameters) {
            self.init(
                readQueries: other.readQueries.map(Query.init(zeroLike:)),
                writeQuery: Query(zeroLike: other.writeQuery), erase: other.erase.map { _ in 0 },
                write: other.write.map { _ in 0 }, freeGates: other.freeGates.map { _ in 0 }, allocationGate: 0,
                writeGate: 0, readModes: other.readModes.map { $0.map { _ in 0 } },
                backwardSharpness: other.backwardSharpness.map { _ in 0 },
                forwardSharpness: other.forwardSharpness.map { _ in 0 })
        }
    }

    /// Raw numbers of one step: W R + 3 W + 5 R + 3, and those of the settings after these.
    ///
    /// In the paper's order
    /// `[k^r (R, W) | beta^r (R) | k^w (W) | beta^w | e (W) | v (W) | f (R) | g^a | g^w | pi (R, 3)]`,
    /// then with `masksKeys` `[m^r (R, W) | m^w (W)]`, then with `sharpensLinks`
    /// `[s backward (R) | s forward (R)]`.
    public var interfaceSize: Int {
        columns * readHeads + 3 * columns + 5 * readHeads + 3
            + (settings.masksKeys ? (readHeads + 1) * columns : 0)
            + (settings.sharpensLinks ? 2 * readHeads : 0)
    }

    /// oneplus(x) = 1 + log(1 + exp(x)), which never overflows.
    public static func oneplus(_ x: Double) -> Double {
        1 + max(x, 0) + log1p(exp(-abs(x)))
    }

    /// Splits a raw interface vector in its order and applies the activations.
    public func activated(_ raw: ArraySlice<Double>) -> Parameters {
        var rest = raw
        func take(_ count: Int) -> [Double] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        func takeForEachHead(_ count: Int) -> [[Double]] { (0..<readHeads).map { _ in take(count) } }
        let sigmoid = ReferenceActivations.sigmoidForward

        let readKeys = takeForEachHead(columns)
        let readStrengths = take(readHeads).map(Self.oneplus)
        let writeKey = take(columns)
        let writeStrength = Self.oneplus(take(1)[0])
        let (erase, write) = (sigmoid(take(columns)), take(columns))
        let freeGates = sigmoid(take(readHeads))
        let (allocationGate, writeGate) = (sigmoid(take(1))[0], sigmoid(take(1))[0])
        let readModes = takeForEachHead(3).map(ReferenceTuring.softmax)
        let readMasks = settings.masksKeys ? takeForEachHead(columns).map(sigmoid) : []
        let writeMask = settings.masksKeys ? sigmoid(take(columns)) : nil
        let sharpened = settings.sharpensLinks ? readHeads : 0
        let backwardSharpness = take(sharpened).map(Self.oneplus)
        let forwardSharpness = take(sharpened).map(Self.oneplus)
        return Parameters(
            readQueries: (0..<readHeads).map { head in
                Query(
                    key: readKeys[head], strength: readStrengths[head],
                    mask: settings.masksKeys ? readMasks[head] : nil)
            },
            writeQuery: Query(key: writeKey, strength: writeStrength, mask: writeMask), erase: erase, write: write,
            freeGates: freeGates, allocationGate: allocationGate, writeGate: writeGate, readModes: readModes,
            backwardSharpness: backwardSharpness, forwardSharpness: forwardSharpness)
    }

    /// Takes gradients of the activated parameters to those of the raw interface vector.
    func activatedBackward(_ y: Parameters, _ dy: Parameters) -> [Double] {
        /// The slope of oneplus is sigma(x) = 1 - exp(1 - oneplus(x)).
        func oneplus(_ y: [Double], _ dy: [Double]) -> [Double] { zip(y, dy).map { -$1 * expm1(1 - $0) } }
        let sigmoid = ReferenceActivations.sigmoidBackward

        var dRaw = dy.readQueries.flatMap(\.key)
        dRaw += oneplus(y.readQueries.map(\.strength), dy.readQueries.map(\.strength))
        dRaw += dy.writeQuery.key
        dRaw += oneplus([y.writeQuery.strength], [dy.writeQuery.strength])
        dRaw += sigmoid(y.erase, dy.erase)
        dRaw += dy.write
        dRaw += sigmoid(y.freeGates, dy.freeGates)
        dRaw += sigmoid([y.allocationGate, y.writeGate], [dy.allocationGate, dy.writeGate])
        dRaw += zip(y.readModes, dy.readModes).flatMap { ReferenceTuring.softmaxBackward($0, $1) }
        if settings.masksKeys {
            dRaw += zip(y.readQueries, dy.readQueries).flatMap { sigmoid($0.mask, $1.mask) }
            dRaw += sigmoid(y.writeQuery.mask, dy.writeQuery.mask)
        }
        dRaw += oneplus(y.backwardSharpness, dy.backwardSharpness)
        dRaw += oneplus(y.forwardSharpness, dy.forwardSharpness)
        return dRaw
    }
}

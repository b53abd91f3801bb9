// What goes into a network and what should come out: a minibatch of sequences, time-major.

/// The kinds of values that a task gives to a network and wants from it.
public struct Signature: Codable, Sendable, Equatable {
    /// Inputs of one step.
    public enum Inputs: Codable, Sendable, Equatable {
        /// One of this many symbols.
        case symbols(Int)
        /// A vector of this many numbers.
        case vectors(Int)
    }

    /// Outputs of one step.
    public enum Outputs: Codable, Sendable, Equatable {
        /// One of this many symbols: softmax and cross-entropy.
        case symbols(Int)
        /// This many independent bits: sigmoid and cross-entropy.
        case bits(Int)
        /// This many choices at once, each of one of so many symbols: softmax and cross-entropy for each.
        ///
        /// An output has the symbols of the first choice, then those of the next one, and so on. Targets are bits: 1 for
        /// the symbol that is right. A choice whose bits are all 0 does not count.
        case choices(Int, of: Int)
        /// This many real numbers: linear outputs y and squared error, ½ (y − t)² for each number.
        ///
        /// That is −ln p of a normal distribution around y with variance 1, without its constant ½ ln 2π, in nats. So
        /// targets should have a variance of about 1.
        case numbers(Int)
    }

    /// What each step gives to the network.
    public var inputs: Inputs
    /// What each step wants from it.
    public var outputs: Outputs

    /// Sizes are for the network to check: each must be at least 1.
    public init(inputs: Inputs, outputs: Outputs) {
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// A minibatch of B sequences of up to T steps.
///
/// All arrays are time-major: step t of sequence b is row t·B + b. Shorter sequences are padded at their end, and their
/// padding has mask 0.
public struct Batch: Sendable {
    /// What the network gets, in all steps of all sequences.
    public enum Inputs: Sendable {
        /// (T, B) symbol numbers.
        case symbols([Int32])
        /// (T, B, size) numbers.
        case vectors([Float])
    }

    /// What it should give, where the mask is 1.
    public enum Targets: Sendable {
        /// (T, B) symbol numbers; any valid number where the mask is 0. `noSymbol` where none would be right.
        case symbols([Int32])
        /// (T, B, size) bits, 0 or 1; also of choices, with at most one 1 in each.
        case bits([Float])
        /// (T, B, size) finite numbers.
        case numbers([Float])
    }

    /// A target that none of the network's symbols is: always wrong, and no part of the loss.
    public static let noSymbol: Int32 = -1

    /// T.
    public let steps: Int
    /// B.
    public let count: Int
    /// T·B symbols or vectors.
    public let inputs: Inputs
    /// T·B symbols, or rows of bits or numbers.
    public let targets: Targets
    /// (T, B): above 0 where the output counts, with this weight in the loss, and 0 where it does not.
    public let mask: [Float]

    /// Throws `UsageError` for arrays that are not of these sizes, for a mask or bits other than 0 and 1, and
    /// for target numbers that are not finite.
    ///
    /// Whether symbols and vectors are a network's is for the network to check.
    public init(steps: Int, count: Int, inputs: Inputs, targets: Targets, mask: [Float]) throws {
        self.init(checked: steps, count: count, inputs: inputs, targets: targets, mask: mask)
        try requireShapes()
        try requireBits(mask, "mask")
        switch targets {
        case .symbols: break
        case .bits(let bits): try requireBits(bits, "target bit")
        case .numbers(let numbers): try requireFinite(numbers, "target number")
        }
    }

    /// For arrays that are known to be what the other initialiser asks for, but that the mask may have weights.
    package init(checked steps: Int, count: Int, inputs: Inputs, targets: Targets, mask: [Float]) {
        self.steps = steps
        self.count = count
        self.inputs = inputs
        self.targets = targets
        self.mask = mask
    }

    /// Some of the sequences.
    package func sequences(_ range: Range<Int>) -> Batch {
        guard range.count < count else { return self }
        func part<Value>(_ values: [Value]) -> [Value] {
            let size = values.count / (steps * count)
            var result: [Value] = []
            result.reserveCapacity(steps * range.count * size)
            for step in 0..<steps {
                result += values[(step * count + range.lowerBound) * size..<(step * count + range.upperBound) * size]
            }
            return result
        }
        let inputs: Inputs =
            switch inputs {
            case .symbols(let symbols): .symbols(part(symbols))
            case .vectors(let numbers): .vectors(part(numbers))
            }
        let targets: Targets =
            switch targets {
            case .symbols(let symbols): .symbols(part(symbols))
            case .bits(let bits): .bits(part(bits))
            case .numbers(let numbers): .numbers(part(numbers))
            }
        return Batch(checked: steps, count: range.count, inputs: inputs, targets: targets, mask: part(mask))
    }
}

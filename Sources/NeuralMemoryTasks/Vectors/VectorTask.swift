// Tasks over vectors: what their settings have in common, and how episodes of different lengths become a batch.

import NeuralMemory

/// A task that gives vectors and wants bits.
///
/// A vector is `width` bits and then one number for each mark.
public protocol VectorTask: SequenceTask {
    /// Bits of a vector.
    var width: Int { get }
    /// The shortest length to train at.
    var minimumLength: Int { get }
    /// The longest length to train at.
    var maximumLength: Int { get }
    /// Names of the input channels after the bits.
    static var inputMarks: [String] { get }
    /// Names of the output bits after the vector's.
    static var outputMarks: [String] { get }
    /// One episode of a length.
    func episode(length: Int, using generator: inout RandomGenerator) -> VectorEpisode
    /// Throws `ConfigurationError` where a setting of this task alone is out of range; called before all others.
    func validateOwnSettings() throws
}

extension VectorTask {
    public static var outputMarks: [String] { [] }
    public func validateOwnSettings() throws {}

    /// Numbers of an input vector.
    public var inputSize: Int { width + Self.inputMarks.count }
    /// Bits of an output.
    public var outputSize: Int { width + Self.outputMarks.count }
    public var lengths: ClosedRange<Int> { minimumLength...maximumLength }
    public var signature: Signature { Signature(inputs: .vectors(inputSize), outputs: .bits(outputSize)) }

    public func validate() throws {
        try validateOwnSettings()
        try require("task.width", width, in: 1...4096)
        try require("task.minimumLength", minimumLength, in: shortestLength...largestSize)
        try require("task.maximumLength", maximumLength, in: minimumLength...largestSize)
    }

    public func batch(count: Int, lengths: ClosedRange<Int>, using generator: inout RandomGenerator) throws -> Batch {
        try requireBatch(count: count, lengths: lengths)
        return try batch(
            (0..<count).map { _ in
                episode(length: length(in: lengths, using: &generator), using: &generator)
            })
    }

    /// A batch of given episodes, padded at the end.
    ///
    /// Throws `UsageError` for those that are not this task's: empty, or with vectors of other widths.
    public func batch(_ episodes: [VectorEpisode]) throws -> Batch {
        try requireEpisodes(episodes)
        let count = episodes.count
        let steps = episodes.map(\.inputs.count).max() ?? 1
        var inputs = [Float](repeating: 0, count: steps * count * inputSize)
        var targets = [Float](repeating: 0, count: steps * count * outputSize)
        var mask = [Float](repeating: 0, count: steps * count)
        for (b, episode) in episodes.enumerated() {
            for (t, vector) in episode.inputs.enumerated() {
                let row = t * count + b
                inputs.replaceSubrange(row * inputSize..<(row + 1) * inputSize, with: vector)
                guard let bits = episode.targets[t] else { continue }
                targets.replaceSubrange(row * outputSize..<(row + 1) * outputSize, with: bits)
                mask[row] = 1
            }
        }
        return Batch(checked: steps, count: count, inputs: .vectors(inputs), targets: .bits(targets), mask: mask)
    }

    private func requireEpisodes(_ episodes: [VectorEpisode]) throws {
        let areFit = episodes.allSatisfy { episode in
            !episode.inputs.isEmpty && episode.inputs.count == episode.targets.count
                && episode.inputs.allSatisfy { $0.count == inputSize }
                && episode.targets.allSatisfy { $0 == nil || $0?.count == outputSize }
        }
        guard !episodes.isEmpty, areFit else {
            throw UsageError(
                "\(kind).batch",
                "each episode must have as many inputs, of \(inputSize) numbers, as targets, of \(outputSize) bits or nil; "
                    + "and there must be at least one")
        }
    }

    public func picture(using generator: inout RandomGenerator) -> String {
        let length = min(max(3, lengths.lowerBound), lengths.upperBound)
        if let tooLarge = pictureTooLarge(length: length) { return tooLarge }
        let episode = episode(length: length, using: &generator)
        let unnamed = Array(repeating: "", count: width - 1)
        return episode.picture(
            inputNames: ["input"] + unnamed + Self.inputMarks, outputNames: ["target"] + unnamed + Self.outputMarks)
    }

    /// A vector of a mark alone: bits 0, then these numbers.
    func mark(_ numbers: Float...) -> [Float] { Array(repeating: 0, count: width) + numbers }
}

extension RandomGenerator {
    /// Independent bits, 0 or 1 equally likely.
    mutating func bits(_ count: Int) -> [Float] { (0..<count).map { _ in bernoulli() ? 1 : 0 } }

    /// So many independent vectors of bits.
    mutating func vectors(_ count: Int, width: Int) -> [[Float]] { (0..<count).map { _ in bits(width) } }

    /// So many vectors of bits, of which no two are equal; there must be so many.
    mutating func differentVectors(_ count: Int, width: Int) -> [[Float]] {
        var vectors: [[Float]] = []
        var known: Set<[Float]> = []
        while vectors.count < count {
            let vector = bits(width)
            if known.insert(vector).inserted { vectors.append(vector) }
        }
        return vectors
    }
}

extension SettingDescription {
    /// That of `VectorTask.width`.
    static let vectorWidth = SettingDescription("width", "Bits of a vector", unit: "bits", in: 1...4096)
}

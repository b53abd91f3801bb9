// What one benchmark is: a kernel at one shape, what it must compute, and the least it must move and calculate.

import Foundation
import NeuralMemory
import ReferenceKernels

/// One kernel at one shape.
///
/// Names and sizes only: the data is made when its turn comes, and freed after it.
struct Benchmark {
    /// The kernel's name; several shapes share it.
    let kernel: String
    let shape: String
    /// The bytes that one run must at least read and write, each array once.
    let bytes: Double
    /// Arithmetic operations of one run, see `Work`; 0 for kernels that only move numbers.
    let flops: Double
    let makeTrial: () -> Trial

    init(_ kernel: String, _ shape: String, floats: Int, flops: Int = 0, makeTrial: @escaping () -> Trial) {
        self.kernel = kernel
        self.shape = shape
        bytes = Double(floats * MemoryLayout<Float>.stride)
        self.flops = Double(flops)
        self.makeTrial = makeTrial
    }
}

/// Arithmetic operations on floats, counted in the C sources: an addition, a multiplication, a division and a square
/// root are one each, a fused multiply-add two.
///
/// Comparisons and work on bits do not count.
enum Work {
    static let exponential = 21
    static let logarithm = 25
    static let tanh = 24
    static let sigmoid = exponential + 2
}

/// A benchmark with its data.
struct Trial {
    /// Brings back what a run overwrites and needs; not timed.
    ///
    /// Nil where runs can simply follow each other.
    var reset: (() -> Void)?
    /// The C kernel.
    let run: () -> Void
    /// What the kernel must give, output by output.
    ///
    /// Where outputs are bounded by their conditioning, inputs pass through `nudged`, see `ErrorBound.conditioned`.
    let reference: (_ nudged: ([Double]) -> [Double]) -> [[Double]]
    let outputs: [Output]
    /// Of outputs that are bounded by their conditioning, see `ErrorBound.Factor`; their own bounds do not count then.
    var factor: Double?

    /// Runs both sides once and compares all outputs.
    func verify() -> [Check] {
        reset?()
        run()
        let (expected, bounds) =
            factor.map { ErrorBound.conditioned($0, seed: 1, of: reference) }
            ?? (reference { $0 }, outputs.map(\.bound))
        precondition(expected.count == outputs.count, "the reference has \(expected.count) outputs")
        return outputs.indices.map { index in
            Check(output: outputs[index].name, outputs[index].values(), expected[index], within: bounds[index])
        }
    }
}

/// An array that a kernel writes.
struct Output {
    let name: String
    let bound: ErrorBound
    let values: () -> [Double]

    init(_ name: String, _ buffer: FloatBuffer, within bound: ErrorBound = .exact) {
        self.init(name, within: bound) { buffer.doubles }
    }

    init(_ name: String, within bound: ErrorBound = .exact, values: @escaping () -> [Double]) {
        self.name = name
        self.bound = bound
        self.values = values
    }
}

/// How one output compared.
package struct Check: Encodable {
    let output: String
    /// The largest difference, relative to the largest magnitude expected.
    ///
    /// NaN where either side has a NaN or an infinity; infinite where the counts differ, or something stands where all
    /// should be 0.
    package let error: Double
    /// The error in units of the bound; at most 1 where it passed.
    let shareOfBound: Double
    package let passed: Bool

    package init(output: String, _ actual: [Double], _ expected: [Double], within bound: ErrorBound) {
        self.output = output
        error = Self.relativeError(actual, expected)
        passed = bound.mismatch(actual, expected) == nil
        shareOfBound = actual.count == expected.count ? bound.largestRatio(actual, expected) : .infinity
    }

    private static func relativeError(_ actual: [Double], _ expected: [Double]) -> Double {
        guard actual.count == expected.count else { return .infinity }
        var largestError = 0.0
        var scale = 0.0
        for (value, target) in zip(actual, expected) {
            let error = abs(value - target)
            guard error.isFinite else { return .nan }
            largestError = max(largestError, error)
            scale = max(scale, abs(target))
        }
        return largestError == 0 ? 0 : largestError / scale
    }
}

// MARK: - Data

extension FloatBuffer {
    /// Uniform in [lower, upper); the same numbers for the same seed.
    convenience init(_ count: Int, _ lower: Double, _ upper: Double, seed: UInt64) {
        self.init(zeros: count)
        var random = RandomGenerator(seed: seed)
        for index in 0..<count { pointer[index] = Float(random.uniform(lower, upper)) }
    }

    /// All elements, for the reference.
    var doubles: [Double] { (0..<capacity).map { Double(pointer[$0]) } }

    /// Takes over another buffer's elements; the counts are equal.
    func copy(_ other: FloatBuffer) { pointer.update(from: other.pointer, count: capacity) }
}

/// Class numbers or row numbers below `limit`.
func randomIndices(_ count: Int, below limit: Int, seed: UInt64) -> [Int32] {
    var random = RandomGenerator(seed: seed)
    return (0..<count).map { _ in Int32(random.integer(in: 0...limit - 1)) }
}

extension RandomGenerator {
    /// A number whose sigmoid is uniform in (0, 1).
    mutating func logistic() -> Float {
        let uniform = uniform(1e-6, 1 - 1e-6)
        return Float(log(uniform / (1 - uniform)))
    }
}

// The gradient check: backpropagation through a whole network against finite differences of its loss, in the Float32
// that training uses. It finds a wrong formula or a forgotten term; that kernels are exact to the last digits is for
// the tests against Double to say.

import Foundation
import NeuralMemory

/// Compares slopes of a loss along directions: the one that backpropagation gives, and the one measured.
///
/// For each tensor: along its own gradient, along random directions, and along single elements. With d of norm 1, the
/// slope of L(x) = loss(w + x d) at 0 is measured by the fourth-order stencil
///
///     s(x) = (8 (L(x) − L(−x)) − (L(2x) − L(−2x))) / 12x
///
/// at x, x/2 and x/4. A loss near 1 carries about 1e-7 of rounding noise, so x is chosen for a change of the loss that
/// is large beside it (`change`), within `steps`.
///
/// Memories have kinks, where max and min change sides, and there the slope is not defined. A kink between the points
/// makes these differ, unless it lies at 0 itself. There the bends b(x) = (L(x) + L(−x) − 2 L(0)) / x tell:
/// they halve with x where L is smooth, and stay where it has a kink, so 2 b(x/2) − b(x) is the slope's jump.
/// Where either is more than `agreement`, the comparison is rejected, counted, and made again with another batch. So it
/// is where the slope is lost in noise. Both are measured beside the larger of the two slopes, measured and analytic,
/// so that a wrong gradient is not mistaken for a kink.
public struct GradientCheck: Sendable {
    /// The largest relative error that passes.
    ///
    /// Noise and curvature leave 1e-5 to 1e-3 in what is accepted, and a kink that slips through a little more: the
    /// largest of 57,600 comparisons over all memories and controllers was 0.0102. A wrong formula, a wrong sign or a
    /// missing term is off by far more than twice this.
    public var tolerance = 0.02
    /// By how much the measured slopes may differ, and how large a jump may be, beside the slope.
    ///
    /// Less than the tolerance, so that what is accepted is measured well enough to be judged by it.
    public var agreement = 0.004
    /// Comparisons along random directions for each tensor.
    public var randomDirections = 3
    /// Comparisons along single elements for each tensor.
    public var elements = 4
    /// How often a comparison is tried before it is given up.
    public var attempts = 20
    /// The change of the loss that a step aims at.
    public var change = 0.002
    /// The change of the loss over the shortest distance must be above this for a comparison to count: some twenty
    /// times the rounding noise, which could otherwise look like a slope of exactly 0.
    public var resolution = 1e-6
    /// The shortest and the longest step.
    public var steps = 0.001...0.1

    /// Three random directions and four elements for each tensor, beside its own gradient.
    public init() {}

    /// What a tensor is moved along.
    enum Direction: Equatable {
        case gradient
        case random
        case element
    }

    /// Checks each tensor.
    ///
    /// The subject's tensors are as before afterwards. Throws what the subject throws.
    ///
    /// - `seed`: decides directions and elements.
    public func run(_ subject: GradientCheckSubject, seed: UInt64) throws -> GradientCheckReport {
        var generator = RandomGenerator(seed: seed, stream: 4)
        let directions: [Direction] =
            [.gradient] + Array(repeating: .random, count: randomDirections)
            + Array(repeating: .element, count: elements)
        let tensors = try subject.slices.indices.map { index in
            var result = GradientCheckReport.Tensor(subject.slices[index], asked: directions.count)
            for direction in directions { try compare(subject, index, direction, into: &result, using: &generator) }
            return result
        }
        return GradientCheckReport(tolerance: tolerance, tensors: tensors)
    }

    /// Makes one comparison, over as many attempts as it takes.
    private func compare(
        _ subject: GradientCheckSubject, _ index: Int, _ direction: Direction,
        into result: inout GradientCheckReport.Tensor, using generator: inout RandomGenerator
    ) throws {
        for _ in 0..<attempts {
            try subject.drawBatch()
            let gradient = try subject.gradients()[index].map(Double.init)
            let line = Line(direction, gradient: gradient, using: &generator)
            let measured = try measure(subject, subject.slices[index], line)
            let scale = ([line.slope] + measured.slopes).map(abs).max() ?? 0
            let isFinite = line.slope.isFinite && measured.slopes.allSatisfy(\.isFinite)
            let isClear = scale * measured.reach > resolution && measured.doubt <= agreement * scale
            guard isClear || !isFinite else {
                result.rejections += 1
                continue
            }
            // The best of the three: a shorter step has more noise, a longer one more curvature.
            let errors = measured.slopes.map { abs($0 - line.slope) / scale }
            return result.note(error: isFinite ? errors.min() ?? .nan : .nan, at: line.place(in: result.shape))
        }
    }

    /// Slopes at the three steps, by how much they are in doubt, and the shortest distance gone.
    private func measure(
        _ subject: GradientCheckSubject, _ slice: Parameter, _ line: Line
    ) throws -> (slopes: [Double], doubt: Double, reach: Double) {
        let start = try subject.values(slice)
        func loss(_ distance: Double) throws -> Double {
            try subject.setValues(slice, zip(start, line.unit).map { Float(Double($0) + distance * $1) })
            return try subject.loss()
        }
        let wanted = change / abs(line.slope)
        let step = min(max(wanted.isFinite ? wanted : steps.upperBound, steps.lowerBound), steps.upperBound)
        let distances = [step / 4, step / 2, step, 2 * step]
        let (here, ahead, behind) = try (loss(0), distances.map { try loss($0) }, distances.map { try loss(-$0) })
        try subject.setValues(slice, start)
        func slope(_ i: Int) -> Double {
            let (near, far) = (ahead[i] - behind[i], ahead[i + 1] - behind[i + 1])
            return (8 * near - far) / (12 * distances[i])
        }
        func bend(_ i: Int) -> Double { (ahead[i] + behind[i] - 2 * here) / distances[i] }
        let slopes = (0..<3).map(slope)
        let jumps = (0..<3).map { abs(2 * bend($0) - bend($0 + 1)) }
        let spread = (slopes.max() ?? 0) - (slopes.min() ?? 0)
        return (slopes, max(spread, jumps.max() ?? 0), distances[0])
    }
}

/// A direction in one tensor, and the slope that its gradient gives along it.
private struct Line {
    /// Of norm 1, row-major.
    let unit: [Double]
    let slope: Double
    private let direction: GradientCheck.Direction
    private let element: Int

    /// Random directions take the gradient's sign in each element: along others the slopes of many elements cancel, and
    /// what remains is lost in rounding.
    ///
    /// A gradient that is wrong anywhere is wrong along these as well.
    init(_ direction: GradientCheck.Direction, gradient: [Double], using generator: inout RandomGenerator) {
        self.direction = direction
        var raw: [Double]
        switch direction {
        case .gradient: raw = gradient
        case .random:
            raw = gradient.map { value in
                let size = generator.normal()
                return value == 0 ? size : abs(size) * (value < 0 ? -1 : 1)
            }
        case .element: raw = Array(repeating: 0, count: gradient.count)
        }
        element = Self.drawElement(gradient, using: &generator)
        var norm = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if !(norm > 0) {
            raw[element] = 1
            norm = 1
        }
        unit = raw.map { $0 / norm }
        slope = zip(unit, gradient).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// An element, with a probability that grows with its gradient, but not 0 for any.
    private static func drawElement(_ gradient: [Double], using generator: inout RandomGenerator) -> Int {
        let mean = gradient.reduce(0) { $0 + abs($1) } / Double(gradient.count)
        let weights = gradient.map { abs($0) + 0.1 * mean }
        var left = generator.uniform() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return index }
        }
        return generator.integer(in: 0...gradient.count - 1)
    }

    /// In words.
    func place(in shape: [Int]) -> String {
        switch direction {
        case .gradient: return "along the gradient"
        case .random: return "along a random direction"
        case .element:
            var rest = element
            var indices: [Int] = []
            for size in shape.reversed() {
                indices.insert(rest % size, at: 0)
                rest /= size
            }
            return "element [" + indices.map(String.init).joined(separator: ", ") + "]"
        }
    }
}

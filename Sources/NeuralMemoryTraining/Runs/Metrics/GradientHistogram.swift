// How the gradients of one parameter are spread: what sinks get of the gradients of an interval's last step.

import NeuralMemory

/// The gradients of one parameter, counted in bins.
///
/// They are those that the optimiser's rule got, after clipping. Numbers that are not finite are left out.
public struct GradientHistogram: Sendable, Equatable {
    /// The parameter's name, as `controller.layer0.weight`.
    public let parameter: String
    /// The least gradient.
    public let minimum: Double
    /// The largest gradient.
    public let maximum: Double
    /// The sum of all gradients.
    public let sum: Double
    /// The sum of their squares.
    public let sumOfSquares: Double
    /// How many gradients there are in each of 30 equal bins from `minimum` to `maximum`; one bin where these are the
    /// same.
    public let counts: [Int]

    /// Where each bin ends.
    public var upperLimits: [Double] {
        counts.indices.dropLast().map { bin in
            minimum + (maximum - minimum) * Double(bin + 1) / Double(counts.count)
        } + [maximum]
    }

    private static let mostBins = 30

    /// `nil` where no number is finite.
    package init?(_ parameter: String, _ gradients: some Sequence<Float>) {
        let numbers = gradients.lazy.filter(\.isFinite).map(Double.init)
        guard let least = numbers.min(), let most = numbers.max() else { return nil }
        self.parameter = parameter
        (minimum, maximum) = (least, most)
        var (sum, squares) = (0.0, 0.0)
        var counts = [Int](repeating: 0, count: least < most ? Self.mostBins : 1)
        let scale = least < most ? Double(counts.count) / (most - least) : 0
        for number in numbers {
            sum += number
            squares += number * number
            counts[min(counts.count - 1, Int((number - least) * scale))] += 1
        }
        (self.sum, sumOfSquares, self.counts) = (sum, squares, counts)
    }
}

extension ParameterBuffer {
    /// A histogram for each parameter that has a finite number.
    var histograms: [GradientHistogram] {
        layout.parameters.compactMap { parameter in
            GradientHistogram(parameter.name, UnsafeBufferPointer(start: self[parameter], count: parameter.count))
        }
    }
}

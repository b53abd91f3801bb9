// Means and deviations of data, by which numbers are standardised for a network, and its numbers become data's again.

import NeuralMemory

/// How numbers are standardised, element by element: x = (value − mean) / deviation.
public struct NumberScale: Codable, Sendable, Equatable {
    /// Of each element.
    public let means: [Double]
    /// Standard deviations, all above 0; 1 for an element that never changes.
    public let deviations: [Double]

    /// As a network gets a value.
    public func standardised(_ value: Double, element: Int) -> Float {
        Float((value - means[element]) / deviations[element])
    }

    /// As data have what a network gives for an element, to the precision of a `Float`.
    ///
    /// What was 0 in the data is 0 again, and not what rounding leaves of it.
    public func value(_ number: Float, element: Int) -> Double {
        let distance = Double(number) * deviations[element]
        // Smaller parts of the sum are rounding: a Float is within half an ulp of what it stands for.
        let place = max(abs(distance), abs(means[element])) * 2 * Double(Float.ulpOfOne)
        let value = distance + means[element]
        return place > 0 && place.isFinite ? (value / place).rounded(.toNearestOrEven) * place : value
    }

    /// Throws `ConfigurationError` for what no data of so many elements can have told.
    func validate(_ field: String, size: Int) throws {
        guard means.count == size, deviations.count == size else {
            throw ConfigurationError(
                field: field, value: "\(means.count) means and \(deviations.count) deviations", allowed: "\(size) each")
        }
        guard means.allSatisfy(\.isFinite), deviations.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw ConfigurationError(
                field: field, value: "means and deviations that no data have",
                allowed: "finite, and deviations above 0")
        }
    }
}

/// Mean, deviation and range of the elements of vectors, in one pass (Welford 1962).
struct NumberStatistics {
    private var count = 0
    private var means: [Double]
    private var squares: [Double]
    private(set) var least: [Double]
    private(set) var most: [Double]

    init(size: Int) {
        (means, squares) = (Array(repeating: 0, count: size), Array(repeating: 0, count: size))
        (least, most) = (Array(repeating: .infinity, count: size), Array(repeating: -.infinity, count: size))
    }

    /// Adds a vector of this size.
    mutating func add(_ vector: ArraySlice<Double>) {
        count += 1
        for (element, value) in vector.enumerated() {
            let distance = value - means[element]
            means[element] += distance / Double(count)
            squares[element] += distance * (value - means[element])
            least[element] = min(least[element], value)
            most[element] = max(most[element], value)
        }
    }

    /// An element whose deviation is rounding alone counts as one that never changes.
    var scale: NumberScale {
        let deviations = zip(squares, means).map { square, mean -> Double in
            let deviation = (square / Double(max(count, 1))).squareRoot()
            return deviation > 1e-12 * abs(mean) && deviation > 1e-30 ? deviation : 1
        }
        return NumberScale(means: means, deviations: deviations)
    }
}

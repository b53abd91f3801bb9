// The weights that every step of an episode multiplies by, laid out so that products read them fastest.

/// The last rows of a weight, in place or as a copy with a little more distance between rows.
///
/// Rows that are a multiple of 1 KiB apart fall into the same few sets of a cache, and evict each other before the next
/// product reads them again. `Kernels.rowStep` knows for which processors a copy is faster.
final class StepWeight {
    private let parameters: ParameterBuffer
    private let weight: Parameter
    private let firstRow: Int
    private let rowCount: Int
    private let copy = FloatBuffer()
    /// The distance between two rows of the copy, in floats; `nil` where there is no copy.
    private var copyStride: Int?

    /// A copy takes about as long as a step of one sequence.
    ///
    /// In episodes of fewer steps than these it does not pay.
    private static let leastSteps = 8

    init(_ parameters: ParameterBuffer, _ weight: Parameter, from firstRow: Int) {
        self.parameters = parameters
        self.weight = weight
        self.firstRow = firstRow
        rowCount = weight.count / weight.columns - firstRow
    }

    /// What the copy of a weight's last rows takes in an episode of so many steps.
    static func footprint(_ weight: Parameter, rows: Int, steps: Int) -> Footprint {
        copyStride(weight, rows: rows, steps: steps).map { Footprint(floats: Double(rows) * Double($0)) } ?? .none
    }

    private static func copyStride(_ weight: Parameter, rows: Int, steps: Int) -> Int? {
        let stride = Kernels.rowStep(columns: weight.columns)
        return rows > 0 && steps >= leastSteps && stride != weight.columns ? stride : nil
    }

    /// Copies the weights as they are now, if that pays in an episode of so many steps.
    func prepare(steps: Int) {
        copyStride = Self.copyStride(weight, rows: rowCount, steps: steps)
        guard let copyStride else { return }
        copy.reserve(rowCount * copyStride)
        let target = Rows(copy.pointer, stride: copyStride)
        Kernels.copy(parameters.rows(weight, from: firstRow), into: target, rows: rowCount, columns: weight.columns)
    }

    /// The rows from `row` on; 0 is the first of those that this object has.
    func rows(from row: Int = 0) -> Rows {
        guard let copyStride else { return parameters.rows(weight, from: firstRow + row) }
        return Rows(copy.pointer, stride: copyStride).advanced(by: row)
    }
}

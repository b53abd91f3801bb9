// The weights that every step of an episode multiplies by, where products read them fastest.

/// Some rows of a weight, in place or as a copy whose rows are a little further apart.
///
/// Rows a multiple of 1 KiB apart share a few places of the caches and push each other out of them before the next product
/// can use them again; how much that costs depends on the processor (`Kernels.rowStep`).
final class StepWeight {
    private let parameters: ParameterBuffer
    private let weight: Parameter
    private let firstRow: Int
    private let rowCount: Int
    private let copy = FloatBuffer()
    /// How far apart the copy's rows are, in floats; `nil` where the weight itself serves.
    private var copyStride: Int?

    /// An episode of fewer steps does not earn back a copy, which costs about as much as a step of one sequence.
    private static let leastSteps = 8

    init(_ parameters: ParameterBuffer, _ weight: Parameter, from firstRow: Int) {
        self.parameters = parameters
        self.weight = weight
        self.firstRow = firstRow
        rowCount = weight.count / weight.columns - firstRow
    }

    /// What an episode of so many steps keeps of a weight's last rows; nothing has been allocated yet.
    static func footprint(_ weight: Parameter, rows: Int, steps: Int) -> Footprint {
        copyStride(weight, rows: rows, steps: steps).map { Footprint(floats: Double(rows) * Double($0)) } ?? .none
    }

    private static func copyStride(_ weight: Parameter, rows: Int, steps: Int) -> Int? {
        let stride = Kernels.rowStep(columns: weight.columns)
        return rows > 0 && steps >= leastSteps && stride != weight.columns ? stride : nil
    }

    /// Takes the weights as they are now, for so many steps forward and, where there is one, the way back.
    func prepare(steps: Int) {
        copyStride = Self.copyStride(weight, rows: rowCount, steps: steps)
        guard let copyStride else { return }
        copy.reserve(rowCount * copyStride)
        let target = Rows(copy.pointer, stride: copyStride)
        Kernels.copy(parameters.rows(weight, from: firstRow), into: target, rows: rowCount, columns: weight.columns)
    }

    /// From a row on, counted from the first.
    func rows(from row: Int = 0) -> Rows {
        guard let copyStride else { return parameters.rows(weight, from: firstRow + row) }
        return Rows(copy.pointer, stride: copyStride).advanced(by: row)
    }
}

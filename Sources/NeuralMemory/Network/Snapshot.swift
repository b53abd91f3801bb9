// The state of one sequence after a step. An episode can begin from it.

/// The state of one sequence after a step, as named arrays: what controller and memory go on from.
///
/// An episode that begins from it gives the outputs of one that was never interrupted, bit for bit as long as matrix
/// products have the same numbers of rows.
public struct Snapshot: Codable, Sendable, Equatable {
    /// The arrays by name: a layer's, such as `controller.layer0.h`, and the memory's, such as `stack/values`.
    public private(set) var arrays: [String: [Float]] = [:]

    /// No arrays yet: memories and controllers add theirs.
    public init() {}

    /// Sets an array, or replaces it.
    public mutating func set(_ name: String, _ numbers: [Float]) { arrays[name] = numbers }

    /// An array.
    ///
    /// Throws `UsageError` where there is none of the name, or where it has another count than asked for.
    public func array(_ name: String, count: Int? = nil) throws -> [Float] {
        guard let numbers = arrays[name] else {
            throw UsageError(
                "Snapshot", "there is no \(name), for it was taken of another network; take one of this network")
        }
        guard count.map({ $0 == numbers.count }) ?? true else {
            throw UsageError(
                "Snapshot",
                "\(name) has \(numbers.count) numbers, and \(count ?? 0) are asked for; it was taken of another "
                    + "network; take one of this network")
        }
        return numbers
    }

    /// Throws `UsageError` if it has an array that the other one lacks.
    func requireNames(of other: Snapshot) throws {
        let rest = Set(arrays.keys).subtracting(other.arrays.keys).sorted()
        guard rest.isEmpty else {
            throw UsageError(
                "Snapshot",
                "this network has no \(rest.listed()), for it was taken of another network; take one of this network")
        }
    }

    /// Sets an array to some columns of one row.
    mutating func set(_ name: String, row: Int, of rows: Rows, columns: Int) {
        let start = rows.advanced(by: row).pointer
        arrays[name] = Array(UnsafeBufferPointer(start: start, count: columns))
    }

    /// Copies an array to some columns of one row.
    func copy(_ name: String, to rows: Rows, row: Int, columns: Int) throws {
        rows.advanced(by: row).pointer.update(from: try array(name, count: columns), count: columns)
    }
}

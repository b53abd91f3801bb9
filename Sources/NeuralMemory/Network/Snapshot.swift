// What is remembered of a sequence, and of the steps before nothing: what an episode goes on from.

/// Named arrays of one sequence: what controller and memory remember after a step.
///
/// An episode that begins from it gives the outputs of one that was never interrupted, bit for bit as long as products have
/// the same numbers of rows.
public struct Snapshot: Codable, Sendable, Equatable {
    /// By name: those of layers, as `controller.layer0.h`, and those of the memory, as `stack/values`.
    public private(set) var arrays: [String: [Float]] = [:]

    public init() {}

    /// Sets an array, or replaces it.
    public mutating func set(_ name: String, _ numbers: [Float]) { arrays[name] = numbers }

    /// An array. Throws `UsageError` where there is none of the name, or where it has another count than asked for.
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

    /// Throws `UsageError` unless it has the arrays of another one.
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

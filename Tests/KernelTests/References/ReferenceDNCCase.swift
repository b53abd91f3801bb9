// ReferenceDNCCase.swift: random episodes, and written-out ones, for the tests of the differentiable neural computer's
// reference.

import ReferenceKernels
import TestSupport

/// A random episode, which follows from the seed.
struct DNCCase {
    var memory: ReferenceDNC
    var inputs: ReferenceDNC.Inputs
    /// dL/dr, shape (T, R * W).
    var readGradients: [Double]
    var seed: UInt64

    /// Draws an episode.
    ///
    /// Raw parameters are uniform in [-limit, limit). Every number of the initial state but the links' diagonal, which
    /// is 0, can be moved a little both ways.
    init(_ memory: ReferenceDNC, steps: Int = 3, limit: Double = 2, seed: UInt64) {
        self.memory = memory
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        let rows = memory.rows
        func shares(_ count: Int) -> [Double] { (0..<count).map { _ in random.uniform(0.1, 1) / Double(rows) } }
        let interface = random.doubles(steps * memory.interfaceSize, limit: limit)
        let contents = random.doubles(rows * memory.columns)
        let usage = (0..<rows).map { _ in random.uniform(0.05, 0.95) }
        let links = shares(rows * rows).enumerated().map { $0 % (rows + 1) == 0 ? 0 : $1 }
        inputs = ReferenceDNC.Inputs(
            interface: interface,
            initial: ReferenceDNC.State(
                memory: contents, usage: usage, precedence: shares(rows), links: links, writeWeighting: shares(rows),
                readWeightings: shares(memory.readHeads * rows)))
        readGradients = random.doubles(steps * memory.readHeads * memory.columns)
    }

    /// What a failure prints.
    var description: String {
        "rows \(memory.rows), columns \(memory.columns), heads \(memory.readHeads), \(memory.settings), seed \(seed)"
    }
}

extension ReferenceDNC.Settings {
    /// Every setting there is.
    static var switches: [WritableKeyPath<Self, Bool>] {
        [
            \.stopsUsageGradient, \.floorsUsage, \.smoothsCosine, \.masksKeys, \.deallocates, \.sharpensLinks
        ]
    }

    /// The paper, with those switched on whose bits are set.
    init(bits: Int) {
        self.init()
        for (index, setting) in Self.switches.enumerated() {
            self[keyPath: setting] = bits >> index & 1 == 1
        }
    }
}

extension ReferenceDNC.State {
    /// All of its arrays, one after the other.
    static var parts: [WritableKeyPath<Self, [Double]>] {
        [\.memory, \.usage, \.precedence, \.links, \.writeWeighting, \.readWeightings]
    }

    /// All of its numbers.
    var numbers: [Double] { Self.parts.flatMap { self[keyPath: $0] } }

    /// The same state with row `order[i]` as row i.
    func withRows(_ order: [Int], columns: Int) -> Self {
        let rows = order.count
        let heads = readWeightings.count / rows
        return ReferenceDNC.State(
            memory: order.flatMap { memory[$0 * columns..<($0 + 1) * columns] }, usage: order.map { usage[$0] },
            precedence: order.map { precedence[$0] },
            links: order.flatMap { i in order.map { j in links[i * rows + j] } },
            writeWeighting: order.map { writeWeighting[$0] },
            readWeightings: (0..<heads).flatMap { head in order.map { readWeightings[head * rows + $0] } })
    }
}

extension ReferenceDNC.Inputs {
    /// All of its numbers.
    var numbers: [Double] { interface + initial.numbers }

    /// Inputs of the same shape with these numbers.
    func with(_ numbers: [Double]) -> Self {
        var (result, rest) = (self, numbers[...])
        func take(_ array: [Double]) -> [Double] {
            defer { rest = rest.dropFirst(array.count) }
            return Array(rest.prefix(array.count))
        }
        result.interface = take(interface)
        for part in ReferenceDNC.State.parts {
            result.initial[keyPath: part] = take(initial[keyPath: part])
        }
        return result
    }
}

/// One step's raw interface vector by name, all numbers 0 at first; `sigmoid(far)` is 1 and `sigmoid(-far)` 0, exactly.
struct DNCStep {
    static let far = 1000.0

    var readKeys: [[Double]]
    var readStrengths: [Double]
    var writeKey: [Double]
    var writeStrength = 0.0
    var erase: [Double]
    var write: [Double]
    var freeGates: [Double]
    var allocationGate = 0.0
    var writeGate = 0.0
    var readModes: [[Double]]
    /// Those of masks and of sharpness, where the settings want them.
    var more: [Double]

    init(_ memory: ReferenceDNC) {
        func zeros(_ count: Int) -> [Double] { Array(repeating: 0, count: count) }
        let (columns, heads) = (memory.columns, memory.readHeads)
        readKeys = Array(repeating: zeros(columns), count: heads)
        readStrengths = zeros(heads)
        writeKey = zeros(columns)
        erase = zeros(columns)
        write = zeros(columns)
        freeGates = zeros(heads)
        readModes = Array(repeating: zeros(3), count: heads)
        more = zeros(memory.interfaceSize - ReferenceDNC(rows: 1, columns: columns, readHeads: heads).interfaceSize)
    }

    /// The vector, in the paper's order.
    var raw: [Double] {
        readKeys.flatMap { $0 } + readStrengths + writeKey + [writeStrength] + erase + write + freeGates
            + [allocationGate, writeGate] + readModes.flatMap { $0 } + more
    }

    /// A step that frees nothing, writes nothing, and whose heads read backward, by content or forward alone.
    static func reading(_ memory: ReferenceDNC, mode: Int, key: [Double]? = nil) -> DNCStep {
        var step = DNCStep(memory)
        step.writeGate = -far
        step.freeGates = step.freeGates.map { _ in -far }
        step.readModes = step.readModes.map { _ in (0..<3).map { $0 == mode ? far : -far } }
        if let key {
            step.readKeys = step.readKeys.map { _ in key }
            step.readStrengths = step.readStrengths.map { _ in far }
        }
        return step
    }

    /// The same step, which also replaces the row nearest to `key`, or the freest row, by `values`.
    func writing(_ values: [Double], at key: [Double]? = nil) -> DNCStep {
        var step = self
        step.writeGate = Self.far
        step.allocationGate = key == nil ? Self.far : -Self.far
        step.writeKey = key ?? writeKey
        step.writeStrength = Self.far
        step.erase = erase.map { _ in Self.far }
        step.write = values
        return step
    }

    /// The same step, which also frees what its heads read in the step before.
    func freeing() -> DNCStep {
        var step = self
        step.freeGates = freeGates.map { _ in Self.far }
        return step
    }
}

extension ReferenceDNC {
    /// Runs written-out steps from the usual start or another.
    func run(_ steps: [DNCStep], from state: State) -> Trace {
        forward(Inputs(interface: steps.flatMap(\.raw), initial: state))
    }
}

/// 1 for one row, 0 for all others.
func oneHot(_ row: Int, _ count: Int) -> [Double] {
    (0..<count).map { $0 == row ? 1 : 0 }
}

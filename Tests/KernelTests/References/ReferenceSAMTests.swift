// ReferenceSAMTests.swift: the reference of the sparse access memory, against examples by hand and finite differences.

import Foundation
import ReferenceKernels
import TestSupport
import Testing

/// One head's raw interface vector by name; `sigmoid(far)` is 1 and `sigmoid(-far)` 0, exactly.
private struct SAMHead {
    static let far = 1000.0

    var key: [Double]
    var add: [Double]
    var keyStrength = 0.0
    var writeGate = SAMHead.far
    var interpolationGate = -SAMHead.far

    var raw: [Double] { key + add + [keyStrength, writeGate, interpolationGate] }
}

extension ReferenceSAM {
    /// Runs one step after the other, each a head or several.
    fileprivate func run(_ steps: [[SAMHead]], from state: State? = nil) -> Trace {
        forward(Inputs(interface: steps.flatMap { $0.flatMap(\.raw) }, initial: state ?? initialState(0)))
    }
}

@Suite struct ReferenceSAMTests {
    /// A few operations on numbers within 10.
    private let few = ErrorBound.rounding(20, of: 10, .double)

    /// Rows are taken in order, then the one accessed least recently; it is erased, and the row read last is not.
    @Test func writesByHand() {
        let memory = ReferenceSAM(rows: 3, columns: 2, neighbors: 1)
        let trace = memory.run([
            [SAMHead(key: [1, 0], add: [3, 4])],
            [SAMHead(key: [0, 1], add: [0, 5], interpolationGate: 0)],
            [SAMHead(key: [0, 1], add: [-1, 0])],
            [SAMHead(key: [1, 1], add: [7, 7])],
            [SAMHead(key: [1, 1], add: [2, 0])]
        ])
        #expect(trace.choices.map { $0[0].written } == [0, 1, 2, 0, 1])
        #expect(trace.choices.map { $0[0].read } == [[0], [1], [1], [0], [0]])
        #expect(trace.reads == [3, 4, 0, 2.5, 0, 2.5, 7, 7, 7, 7])
        #expect(trace.states[2].memory == [3, 6.5, 0, 2.5, 0, 0])
        #expect(trace.stages[1][0].writeWeighting == [0.5, 0.5, 0])
        #expect(trace.finalState.memory == [7, 7, 2, 0, -1, 0])
        #expect(trace.finalState.lastAccess == [4, 4, 2])
    }

    /// Among the rows accessed in the same step the first one is taken.
    @Test func tiesGoToTheFirstRow() {
        let memory = ReferenceSAM(rows: 3, columns: 1, neighbors: 2)
        var state = memory.initialState(0)
        state.lastAccess = [-1, -2, -2]
        #expect(memory.run([[SAMHead(key: [1], add: [1])]], from: state).choices[0][0].written == 1)
        // All three rows are alike.
        state.memory = [2, 2, 2]
        let head = SAMHead(key: [1], add: [0], writeGate: -SAMHead.far)
        state.lastAccess = [-1, -1, -2]
        #expect(memory.run([[head]], from: state).choices[0][0] == .init(written: 2, read: [0, 1]))
    }

    /// With beta = 1 + log 2 the weights of cosines 1 and 0 are as 2e to 1.
    @Test func readByHand() {
        let memory = ReferenceSAM(rows: 3, columns: 2, neighbors: 2)
        var state = memory.initialState(0)
        state.memory = [-1, 0, 0, 4, 3, 0]
        state.lastAccess = [-1, -1, nil]
        let head = SAMHead(key: [1, 0], add: [5, 0])
        let trace = memory.run([[head]], from: state)
        let share = 2 * M_E / (2 * M_E + 1)
        #expect(trace.choices[0][0] == .init(written: 2, read: [2, 1]))
        expectClose(trace.finalState.readWeightings, [0, 1 - share, share], within: few, "weights", "by hand")
        expectClose(trace.reads, [5 * share, 4 * (1 - share)], within: few, "read", "by hand")
        // The weights, which lie 1 - share from 0.005, are nearer to a change than the cosines.
        expectClose([trace.margin], [1 - share - 0.005], within: few, "margin", "by hand")
    }

    /// A write of a weight up to the threshold is no access, and its row is taken again.
    @Test func faintAccessDoesNotCount() {
        let memory = ReferenceSAM(rows: 3, columns: 1, neighbors: 1)
        let faint = SAMHead(key: [-1], add: [1], writeGate: log(0.004 / 0.996))
        let trace = memory.run([[faint], [faint], [SAMHead(key: [-1], add: [1])]])
        // Row 0 is written, and row 1 of zeros is nearer to the key.
        #expect(trace.choices.map { $0[0] } == Array(repeating: .init(written: 0, read: [1]), count: 3))
        #expect(trace.finalState.lastAccess == [2, 2, nil])
    }

    /// Both heads write rows of their own before either reads.
    @Test func headsWriteThenRead() {
        let memory = ReferenceSAM(rows: 2, columns: 2, heads: 2, neighbors: 1)
        let (first, second) = (SAMHead(key: [0, 1], add: [3, 0]), SAMHead(key: [1, 0], add: [0, 2]))
        let trace = memory.run([[first, second], [first, second]])
        #expect(trace.choices.map { $0.map(\.written) } == [[0, 1], [0, 1]])
        #expect(trace.reads == [0, 2, 3, 0, 0, 2, 3, 0])
        // The second row is the least recent one for both.
        let faint = SAMHead(key: [0, 1], add: [1, 1], writeGate: -SAMHead.far)
        #expect(memory.run([[faint, second]]).choices[0].map(\.written) == [0, 1])
    }

    @Test func cosineWithZerosIsZero() {
        let memory = ReferenceSAM(rows: 1, columns: 2, neighbors: 1)
        let inputs = ReferenceSAM.Inputs(
            interface: SAMHead(key: [0, 0], add: [1, 2]).raw, initial: memory.initialState(0))
        let trace = memory.forward(inputs)
        #expect(trace.stages[0][0].similarity == [0])
        let gradients = memory.backward(inputs, trace, readGradients: [1, 1])
        #expect(gradients.interface[..<2] == [0, 0] && gradients.interface.allSatisfy { $0.isFinite })
    }

    // MARK: Gradients

    /// With choices as they are the function is smooth; cases near another choice are left out.
    @Test func gradientsAgreeWithDifferences() {
        let shapes = [(1, 1, 1, 1), (4, 3, 1, 2), (5, 2, 2, 3), (6, 2, 3, 2), (7, 1, 1, 7)]
        var accepted = 0
        for number in 0..<8 * shapes.count {
            let (rows, columns, heads, neighbors) = shapes[number % shapes.count]
            let memory = ReferenceSAM(rows: rows, columns: columns, heads: heads, neighbors: neighbors)
            let seed = caseSeed(490, number)
            var random = SeededGenerator(seed: seed)
            let inputs = memory.randomInputs(steps: 4, startsAlike: number % 2 == 0, &random)
            let readGradients = random.doubles(4 * heads * columns)
            let trace = memory.forward(inputs)
            guard trace.margin > 1e-3 else { continue }
            accepted += 1
            let gradients = memory.backward(inputs, trace, readGradients: readGradients)
            // Moving one of rows that are alike changes which of them is nearest.
            let moved = number % 2 == 0 ? inputs.interface.count : inputs.numbers.count
            let all = gradients.interface + gradients.memory + gradients.readWeightings
            let complaint = differenceMismatch(
                of: { point in
                    let inputs = inputs.with(point + inputs.numbers[moved...])
                    return weightedSum(memory.forward(inputs).reads, readGradients)
                }, at: Array(inputs.numbers[..<moved]), gradient: Array(all[..<moved]))
            expectNone(complaint, "gradients", "\(memory), seed \(seed)")
        }
        #expect(accepted >= 4 * shapes.count, "only \(accepted) cases lie away from jumps\(seedNote)")
    }
}

extension ReferenceSAM {
    /// Random interface vectors from a random state, or from rows that are all alike.
    ///
    /// All numbers can be moved a little both ways; no row is near zeros.
    func randomInputs(steps: Int, startsAlike: Bool, _ random: inout SeededGenerator) -> Inputs {
        var state = initialState(0.3)
        if !startsAlike {
            state.memory = (0..<rows * columns).map { _ in random.uniform(0.2, 1) * (random.chance(0.5) ? 1 : -1) }
            state.readWeightings = (0..<heads * rows).map { _ in random.uniform(0.1, 0.4) }
            state.lastAccess = (0..<rows).map { _ in random.chance(0.3) ? nil : -random.integer(1..<4) }
        }
        return Inputs(interface: random.doubles(steps * interfaceSize, limit: 2), initial: state)
    }
}

extension ReferenceSAM.Inputs {
    var numbers: [Double] { interface + initial.memory + initial.readWeightings }

    /// Inputs of the same shape with these numbers.
    func with(_ numbers: [Double]) -> Self {
        var (result, rest) = (self, numbers[...])
        func take(_ count: Int) -> [Double] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        result.interface = take(interface.count)
        result.initial.memory = take(initial.memory.count)
        result.initial.readWeightings = take(initial.readWeightings.count)
        return result
    }
}

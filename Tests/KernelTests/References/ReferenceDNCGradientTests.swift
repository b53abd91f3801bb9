// ReferenceDNCGradientTests.swift: the derivative of the differentiable neural computer's reference, against finite
// differences.
//
// Results jump where the usages of two rows cross, and have no derivative where a key or a row is a vector of zeros.
// Random cases near such places are left out, and few are.

import ReferenceKernels
import TestSupport
import Testing

extension DNCCase {
    /// Whether all usages of all steps but the first `leftOut` lie apart, and no row or key, masked, is near 0.
    ///
    /// The differences reach two steps of 1e-5 away.
    func isSmooth(leftOut: Int = 0) -> Bool {
        let trace = memory.forward(inputs)
        func square(_ x: some Sequence<Double>) -> Double { x.reduce(0) { $0 + $1 * $1 } }
        let columns = memory.columns
        let queries = trace.stages.flatMap { $0.parameters.readQueries + [$0.parameters.writeQuery] }
        let isFar = queries.allSatisfy { query in
            square(zip(query.mask, query.key).map { $0 * $1 }) > 1e-6
                && trace.states.allSatisfy { state in
                    (0..<memory.rows).allSatisfy { row in
                        square((0..<columns).map { query.mask[$0] * state.memory[row * columns + $0] }) > 1e-6
                    }
                }
        }
        return isFar && trace.usageMargin(steps: leftOut..<trace.stages.count) > 1e-4
    }

    /// The loss, run step by step, with the write weighting that usage sees before step t held at element t.
    ///
    /// A state's write weighting acts on usage alone.
    func loss(_ inputs: ReferenceDNC.Inputs, held: [[Double]]? = nil) -> Double {
        guard let held else { return weightedSum(memory.forward(inputs).reads, readGradients) }
        var (state, reads) = (inputs.initial, [Double]())
        for (step, weighting) in held.enumerated() {
            state.writeWeighting = weighting
            let size = memory.interfaceSize
            let trace = memory.forward(
                .init(interface: Array(inputs.interface[step * size..<(step + 1) * size]), initial: state))
            state = trace.finalState
            reads += trace.reads
        }
        return weightedSum(reads, readGradients)
    }

    /// Compares all gradients, or those of the first `count` numbers, with differences.
    func expectGradientsAgree(first count: Int? = nil, at location: SourceLocation = #_sourceLocation) {
        let trace = memory.forward(inputs)
        let gradients = memory.backward(inputs, trace, readGradients: readGradients).numbers
        let held = memory.settings.stopsUsageGradient ? trace.states.dropLast().map(\.writeWeighting) : nil
        let point = inputs.numbers
        let moved = count ?? point.count
        let complaint = differenceMismatch(
            of: { loss(inputs.with($0 + point[moved...]), held: held) }, at: Array(point[..<moved]),
            gradient: Array(gradients[..<moved]))
        expectNone(complaint, "gradients", description, at: location)
        #expect(gradients.count == point.count, sourceLocation: location)
    }
}

@Suite struct ReferenceDNCGradientTests {
    /// The paper, each setting alone, and all of them.
    @Test(arguments: [0, 1, 2, 4, 8, 16, 32, 63])
    func gradientsOfEverything(_ bits: Int) {
        let shapes = [(rows: 1, columns: 1, heads: 1), (3, 2, 1), (4, 3, 2), (5, 1, 3)]
        check(410 + bits, shapes: shapes, repeats: 4) { _ in .init(bits: bits) }
    }

    @Test func gradientsWithAnySettings() {
        check(480, shapes: [(2, 2, 1), (3, 1, 2), (4, 2, 2)], repeats: 10) { .init(bits: $0.integer(0..<64)) }
    }

    private func check(
        _ test: Int, shapes: [(rows: Int, columns: Int, heads: Int)], repeats: Int,
        _ settings: (inout SeededGenerator) -> ReferenceDNC.Settings
    ) {
        var accepted = 0
        for number in 0..<repeats * shapes.count {
            let seed = caseSeed(test, number)
            var random = SeededGenerator(seed: seed)
            let shape = shapes[number % shapes.count]
            let memory = ReferenceDNC(
                rows: shape.rows, columns: shape.columns, readHeads: shape.heads, settings: settings(&random))
            let episode = DNCCase(memory, steps: 3, seed: seed)
            guard episode.isSmooth() else { continue }
            accepted += 1
            episode.expectGradientsAgree()
        }
        #expect(accepted >= repeats * shapes.count * 7 / 10, "only \(accepted) cases lie away from jumps\(seedNote)")
    }

    /// From the usual start, where all usages are 0 and the first row is taken, with gradients of interface and memory.
    @Test func gradientsFromTheUsualStart() {
        var accepted = 0
        for number in 0..<20 {
            let seed = caseSeed(481, number)
            let memory = ReferenceDNC(
                rows: 4, columns: 2, readHeads: 2, settings: .init(bits: number % 2 == 0 ? 0 : 63))
            var episode = DNCCase(memory, steps: 4, seed: seed)
            episode.inputs.initial = memory.initialState(memory: episode.inputs.initial.memory)
            guard episode.isSmooth(leftOut: 1) else { continue }
            accepted += 1
            episode.expectGradientsAgree(first: episode.inputs.interface.count + episode.inputs.initial.memory.count)
        }
        #expect(accepted >= 14, "only \(accepted) cases lie away from jumps\(seedNote)")
    }

    /// The smooth cosine has a derivative at 0; by the other's convention such rows pass none.
    @Test func emptyMemory() {
        for smooths in [false, true] {
            let memory = ReferenceDNC(rows: 3, columns: 2, settings: .init(smoothsCosine: smooths))
            var episode = DNCCase(memory, steps: 1, seed: caseSeed(482))
            episode.inputs.initial = memory.initialState(memory: [0, 0, 0, 0, 0, 0])
            if smooths {
                episode.expectGradientsAgree(first: episode.inputs.interface.count + 6)
            } else {
                let gradients = memory.backward(
                    episode.inputs, memory.forward(episode.inputs), readGradients: episode.readGradients)
                // k^r (2), beta^r, k^w (2), beta^w.
                #expect(gradients.interface[3..<6].allSatisfy { $0 == 0 }, "\(episode.description)\(seedNote)")
                #expect(gradients.numbers.allSatisfy { $0.isFinite }, "\(episode.description)\(seedNote)")
            }
        }
    }

    /// At usages of exactly 0 and 1, and with gates that are quite open or shut, all gradients are numbers.
    @Test func saturatedEpisodesHaveFiniteGradients() {
        for number in 0..<20 {
            let seed = caseSeed(483, number)
            let memory = ReferenceDNC(
                rows: 4, columns: 2, readHeads: 2, settings: .init(bits: number % 2 == 0 ? 0 : 63))
            var episode = DNCCase(memory, steps: 12, limit: 1000, seed: seed)
            episode.inputs.initial = memory.initialState(memory: episode.inputs.initial.memory)
            let gradients = memory.backward(
                episode.inputs, memory.forward(episode.inputs), readGradients: episode.readGradients)
            #expect(gradients.numbers.allSatisfy { $0.isFinite }, "\(episode.description)\(seedNote)")
        }
    }

    /// Rows have no places: when the initial state's are exchanged, so are all states and gradients.
    @Test func permutedRowsPermuteEverything() {
        var accepted = 0
        for number in 0..<40 {
            let seed = caseSeed(484, number)
            var random = SeededGenerator(seed: seed)
            let rows = random.integer(2..<7)
            let memory = ReferenceDNC(
                rows: rows, columns: random.integer(1..<4), readHeads: random.integer(1..<3),
                settings: .init(bits: random.integer(0..<64)))
            let episode = DNCCase(memory, steps: 4, seed: seed)
            guard episode.isSmooth() else { continue }
            accepted += 1
            let order = (0..<rows).shuffled(using: &random)
            var other = episode
            other.inputs.initial = episode.inputs.initial.withRows(order, columns: memory.columns)

            let (trace, otherTrace) = (memory.forward(episode.inputs), memory.forward(other.inputs))
            let gradients = memory.backward(episode.inputs, trace, readGradients: episode.readGradients)
            let otherGradients = memory.backward(other.inputs, otherTrace, readGradients: episode.readGradients)
            // The derivative of a cosine divides roundings by norms, and those are above 1e-3.
            func expectSame(_ actual: [Double], _ expected: [Double], _ name: String) {
                let magnitude = expected.reduce(1) { max($0, abs($1)) } * 1e3
                expectClose(
                    actual, expected, within: .rounding(1000, of: magnitude, .double), name, episode.description)
            }
            expectSame(otherTrace.reads, trace.reads, "reads")
            for (actual, expected) in zip(otherTrace.states, trace.states) {
                expectSame(actual.numbers, expected.withRows(order, columns: memory.columns).numbers, "states")
            }
            expectSame(otherGradients.interface, gradients.interface, "dInterface")
            expectSame(
                otherGradients.initial.numbers,
                gradients.initial.withRows(order, columns: memory.columns).numbers, "dInitial")
        }
        #expect(accepted >= 28, "only \(accepted) cases lie away from jumps\(seedNote)")
    }
}

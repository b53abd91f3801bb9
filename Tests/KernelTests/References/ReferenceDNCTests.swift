// ReferenceDNCTests.swift: the reference of the differentiable neural computer's memory, against examples by hand.

import Foundation
import ReferenceKernels
import TestSupport
import Testing

@Suite struct ReferenceDNCTests {
    /// A few operations on numbers within 1.
    private let few = ErrorBound.rounding(20, of: 1, .double)

    @Test func allocationByHand() {
        let memory = ReferenceDNC(rows: 4, columns: 1)
        let usage = [0.5, 0.2, 1, 0.25]
        let order = ReferenceDNC.order(of: usage)
        #expect(order == [1, 3, 0, 2])
        expectClose(
            memory.allocation(of: usage, in: order), [0.5 * 0.05, 0.8, 0, 0.75 * 0.2], within: few, "allocation",
            "four usages")
        #expect(memory.allocation(of: [1, 1, 1, 1], in: [0, 1, 2, 3]) == [0, 0, 0, 0])
    }

    /// Rows of the same usage are taken in their order.
    @Test func tiesGoToTheFirstRow() {
        #expect(ReferenceDNC.order(of: [0.5, 0, 0.5, 0, 1]) == [1, 3, 0, 2, 4])
        let memory = ReferenceDNC(rows: 3, columns: 1)
        #expect(memory.allocation(of: [1, 0, 0], in: ReferenceDNC.order(of: [1, 0, 0])) == [0, 1, 0])
    }

    /// Usages stay 0.5, 0.25 and 1.
    @Test func usageMarginByHand() {
        let memory = ReferenceDNC(rows: 3, columns: 1)
        var state = memory.initialState(memory: [0, 0, 0])
        state.usage = [0.5, 0.25, 1]
        let trace = memory.run([.reading(memory, mode: 1), .reading(memory, mode: 1)], from: state)
        #expect(trace.usageMargin(steps: 0..<2) == 0.25)
        let one = ReferenceDNC(rows: 1, columns: 1)
        #expect(one.run([DNCStep(one)], from: one.initialState(memory: [0])).usageMargin(steps: 0..<1) == .infinity)
    }

    @Test func flooredAllocationByHand() {
        let memory = ReferenceDNC(rows: 2, columns: 1, settings: .init(floorsUsage: true))
        let (free, half) = (1e-6, 1e-6 + (1 - 1e-6) / 2)
        expectClose(
            memory.allocation(of: [0.5, 0], in: [1, 0]), [(1 - half) * free, 1 - free], within: few, "allocation",
            "with a floor under usage")
    }

    @Test func cosineByHand() {
        let memory = ReferenceDNC(rows: 1, columns: 2)
        expectClose(
            [memory.similarity([3, 4], [4, 3]), memory.similarity([1, 0], [0, 2]), memory.similarity([1, 2], [-1, -2])],
            [0.96, 0, -1], within: few, "cosine", "the paper's")
        #expect(memory.similarity([0, 0], [1, 2]) == 0)
        #expect(memory.similarity([1, 2], [0, 1e-16]) == 0)
        let smooth = ReferenceDNC(rows: 1, columns: 2, settings: .init(smoothsCosine: true))
        expectClose(
            [smooth.similarity([3, 4], [4, 3]), smooth.similarity([0, 0], [1, 2])], [24 / (25 + 1e-6 + 1e-6), 0],
            within: few, "cosine", "smooth")
        // Norms of 1e-3 and of the square root of 1e-6 + 1e-6.
        expectClose(
            [smooth.similarity([1e-3, 0], [1e-3, 0])], [1e-6 / (2e-6 + 1e-6)], within: few, "cosine", "smooth, small")
    }

    @Test func sharpenedByHand() {
        expectClose(ReferenceDNC.sharpened([0.1, 0.3], 2), [0.1, 0.9], within: few, "sharpened", "to the power 2")
        #expect(ReferenceDNC.sharpened([0, 0.25, 0], 1) == [0, 1, 0])
        #expect(ReferenceDNC.sharpened([0, 0], 2) == [0, 0])
        #expect(ReferenceDNC.sharpened([1e-31, 0], 2) == [0, 0])
        #expect(ReferenceDNC.sharpened([-1e-20, 0.5], 2) == [0, 1])
    }

    /// Two steps of 2 rows and 1 column, all of it.
    ///
    /// Both gates of the write head and the free gate are 1/2, e = 1/2, v = 2, keys 1, read modes (0.5, 0.3, 0.2). The
    /// rows have the same sign, and so the content weightings are (1/2, 1/2).
    @Test func twoStepsByHand() {
        let memory = ReferenceDNC(rows: 2, columns: 1)
        var step = DNCStep(memory)
        step.readKeys = [[1]]
        step.writeKey = [1]
        step.write = [2]
        step.readModes = [[log(0.5), log(0.3), log(0.2)]]
        let trace = memory.run([step, step], from: memory.initialState(memory: [0, 0]))

        // a = (1, 0); w = (a / 2 + (1/4, 1/4)) / 2; the read weighting is content's share alone.
        let (w0, w1) = (0.375, 0.125)
        expect(
            trace.states[1], memory: [0.75, 0.25], usage: [0, 0], precedence: [w0, w1], links: [0, 0, 0, 0],
            writeWeighting: [w0, w1], readWeightings: [0.15, 0.15])

        // Retention is 1 - 0.15 / 2; row 1 is the freer one.
        let (u0, u1) = (0.375 * 0.925, 0.125 * 0.925)
        #expect(trace.stages[1].order == [1, 0])
        let (x0, x1) = ((1 - u0) * u1 / 4 + 0.125, (1 - u1) / 4 + 0.125)
        let (l01, l10) = (x0 * w1, x1 * w0)
        let backward = [l10 * 0.15, l01 * 0.15]
        let forward = [l01 * 0.15, l10 * 0.15]
        let weighting = (0..<2).map { 0.5 * backward[$0] + 0.3 * 0.5 + 0.2 * forward[$0] }
        let (m0, m1) = (0.75 * (1 - x0 / 2) + 2 * x0, 0.25 * (1 - x1 / 2) + 2 * x1)
        let kept = 1 - x0 - x1
        expect(
            trace.states[2], memory: [m0, m1], usage: [u0, u1], precedence: [kept * w0 + x0, kept * w1 + x1],
            links: [0, l01, l10, 0], writeWeighting: [x0, x1], readWeightings: weighting)
        expectClose(
            trace.reads, [0.15, weighting[0] * m0 + weighting[1] * m1], within: few, "reads", "two steps by hand")
    }

    private func expect(
        _ state: ReferenceDNC.State, memory: [Double], usage: [Double], precedence: [Double], links: [Double],
        writeWeighting: [Double], readWeightings: [Double], at location: SourceLocation = #_sourceLocation
    ) {
        let expected = ReferenceDNC.State(
            memory: memory, usage: usage, precedence: precedence, links: links, writeWeighting: writeWeighting,
            readWeightings: readWeightings)
        for part in ReferenceDNC.State.parts {
            expectClose(
                state[keyPath: part], expected[keyPath: part], within: few, "\(part)", "by hand", at: location)
        }
    }

    /// Rows 0, 1, 2 were written in this order: a focus moves to the row written after it, or before it.
    @Test func linksShiftAFocus() {
        let memory = ReferenceDNC(rows: 3, columns: 1)
        var state = memory.initialState(memory: [0, 0, 0])
        state.links = [0, 0, 0, 1, 0, 0, 0, 1, 0]
        state.readWeightings = [0.7, 0.1, 0.2]
        let forward = memory.run([.reading(memory, mode: 2)], from: state)
        #expect(forward.finalState.readWeightings == [0, 0.7, 0.1])
        let backward = memory.run([.reading(memory, mode: 0)], from: state)
        #expect(backward.finalState.readWeightings == [0.1, 0.2, 0])
    }

    /// With sharpness 2 (oneplus of log(e - 1)) the focus 0.7, 0.1 along the links becomes 49 to 1.
    @Test func sharpenedLinksByHand() {
        let memory = ReferenceDNC(rows: 3, columns: 1, settings: .init(sharpensLinks: true))
        var state = memory.initialState(memory: [0, 0, 0])
        state.links = [0, 0, 0, 1, 0, 0, 0, 1, 0]
        state.readWeightings = [0.7, 0.1, 0.2]
        var step = DNCStep.reading(memory, mode: 2)
        step.more = [0, log(M_E - 1)]
        let forward = memory.run([step], from: state).finalState.readWeightings
        expectClose(forward, [0, 0.98, 0.02], within: few, "forward", "sharpness 2")
        step = .reading(memory, mode: 0)
        step.more = [log(M_E - 1), 0]
        let backward = memory.run([step], from: state).finalState.readWeightings
        expectClose(backward, [0.2, 0.8, 0], within: few, "backward", "sharpness 2")
    }

    /// Retention is the product over the heads.
    @Test func retentionByHand() {
        let memory = ReferenceDNC(rows: 2, columns: 1, readHeads: 2)
        var state = memory.initialState(memory: [0, 0])
        state.usage = [1, 0.5]
        state.writeWeighting = [0, 0.5]
        state.readWeightings = [0.5, 0.5, 0.25, 0]
        var step = DNCStep.reading(memory, mode: 1)
        step.freeGates = [0, DNCStep.far]
        let trace = memory.run([step], from: state)
        #expect(trace.stages[0].retention == [0.75 * 0.75, 0.75])
        #expect(trace.finalState.usage == [0.5625, 0.75 * 0.75])
    }

    /// A row that is freed wholly loses its contents; the write's lookup still sees them.
    @Test func deallocationByHand() {
        for deallocates in [false, true] {
            let memory = ReferenceDNC(rows: 2, columns: 2, settings: .init(deallocates: deallocates))
            var state = memory.initialState(memory: [1, 0, 0, 1])
            state.usage = [1, 1]
            state.readWeightings = [1, 0]
            let trace = memory.run([DNCStep.reading(memory, mode: 1).freeing()], from: state)
            #expect(trace.finalState.memory == [deallocates ? 0 : 1, 0, 0, 1])
            #expect(trace.finalState.usage == [0, 1])
            #expect(trace.stages[0].writeContent.similarity == [0, 0])
            var lookup = DNCStep.reading(memory, mode: 1).freeing()
            lookup.writeKey = [1, 0]
            #expect(memory.run([lookup], from: state).stages[0].writeContent.similarity == [1, 0])
        }
    }

    /// A mask takes the third column out of the comparison.
    @Test func masksByHand() {
        let memory = ReferenceDNC(rows: 1, columns: 3, settings: .init(masksKeys: true))
        var step = DNCStep.reading(memory, mode: 1, key: [3, 4, 100])
        step.writeKey = [-3, 100, -4]
        let (on, off) = (DNCStep.far, -DNCStep.far)
        step.more = [on, on, off, on, off, on]
        let stages = memory.run([step], from: memory.initialState(memory: [4, 3, -7])).stages[0]
        expectClose(stages.readings[0].content.similarity, [0.96], within: few, "read", "masked")
        // (-12 + 28) / (5 sqrt(16 + 49))
        expectClose(stages.writeContent.similarity, [16 / (5 * 65.0.squareRoot())], within: few, "write", "masked")
    }

    /// The order of the numbers, which are 0, 0.1, 0.2, ...
    @Test func interfaceByHand() {
        let memory = ReferenceDNC(rows: 2, columns: 1, readHeads: 2, settings: .init(bits: -1))
        #expect(ReferenceDNC(rows: 2, columns: 3, readHeads: 4).interfaceSize == 12 + 9 + 20 + 3)
        #expect(memory.interfaceSize == 18 + 3 + 4)
        let raw = (0..<memory.interfaceSize).map { Double($0) / 10 }
        let y = memory.activated(raw[...])
        func sigmoid(_ places: Int...) -> [Double] { places.map { 1 / (1 + exp(-raw[$0])) } }
        func oneplus(_ places: Int...) -> [Double] { places.map { 1 + log(1 + exp(raw[$0])) } }
        let third = [1, exp(0.1), exp(0.2)].map { $0 / (1 + exp(0.1) + exp(0.2)) }
        let pairs: [(String, [Double], [Double])] = [
            ("k^r", y.readQueries.flatMap(\.key), [raw[0], raw[1]]),
            ("beta^r", y.readQueries.map(\.strength), oneplus(2, 3)),
            ("k^w, v", y.writeQuery.key + y.write, [raw[4], raw[7]]),
            ("beta^w", [y.writeQuery.strength], oneplus(5)), ("e", y.erase, sigmoid(6)),
            ("f", y.freeGates, sigmoid(8, 9)), ("g^a, g^w", [y.allocationGate, y.writeGate], sigmoid(10, 11)),
            ("pi", y.readModes.flatMap { $0 }, third + third), ("m^r", y.readQueries.flatMap(\.mask), sigmoid(18, 19)),
            ("m^w", y.writeQuery.mask, sigmoid(20)), ("s backward", y.backwardSharpness, oneplus(21, 22)),
            ("s forward", y.forwardSharpness, oneplus(23, 24))
        ]
        for (name, actual, expected) in pairs {
            expectClose(actual, expected, within: .rounding(20, of: 4, .double), name, "interface")
        }
        #expect(ReferenceDNC.oneplus(1000) == 1001 && ReferenceDNC.oneplus(-1000) == 1)
    }
}

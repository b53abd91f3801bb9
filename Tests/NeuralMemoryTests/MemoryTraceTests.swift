// What memories say of their steps, against what their equations give.

import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

@Suite struct MemoryTraceTests {
    private let steps = 7

    private func traces(_ memory: any MemoryKind) throws -> [MemoryTrace] {
        let signature = Signature(inputs: .symbols(5), outputs: .symbols(5))
        let network = try Network(
            NetworkConfiguration(controller: LSTM(units: 6), memory: memory), signature: signature, seed: testSeed(3))
        var generator = RandomGenerator(seed: testSeed(4))
        for slice in network.parameters.slices {
            try network.parameters.setValues((0..<slice.count).map { _ in Float(generator.normal()) }, of: slice)
        }
        try network.begin(steps: steps, batch: 2)
        return try (0..<steps).map { step in
            try network.advance(.symbols([Int32(step % 5), Int32((step + 2) % 5)]), steps: 1)
            return try network.trace(sequence: 1, largest: 100)
        }
    }

    private func figure(_ name: String, _ trace: MemoryTrace) throws -> Double {
        try #require(trace.figures.first { $0.name == name }, "\(name)").value
    }

    /// The paper's recurrence over the strengths that the trace tells, for stack and queue.
    @Test(arguments: [true, false])
    func strengthsDepthAndReadsFitTogether(_ isStack: Bool) throws {
        let traces = try traces(isStack ? NeuralStack(width: 3) as any MemoryKind : NeuralQueue(width: 3))
        var strengths: [Double] = []
        for trace in traces {
            var pop = try figure("pop", trace)
            let order = isStack ? Array(strengths.indices.reversed()) : Array(strengths.indices)
            for index in order {
                let taken = min(strengths[index], pop)
                strengths[index] -= taken
                pop -= taken
            }
            strengths.append(try figure("push", trace))
            // Each of at most seven strengths has been popped from up to seven times.
            let bound = ErrorBound.rounding(2 * steps, of: Double(steps))
            expectClose([try figure("depth", trace)], [strengths.reduce(0, +)], within: bound, "depth", "of the trace")
            var left = 1.0
            var weights: [String: Double] = [:]
            for index in isStack ? Array(strengths.indices.reversed()) : Array(strengths.indices) {
                weights["\(index + 1)"] = min(strengths[index], left)
                left -= min(strengths[index], left)
            }
            let read = try #require(trace.focuses.first)
            #expect(read.name == "read" && trace.focuses.count == 1)
            #expect(read.places.map(\.weight) == read.places.map(\.weight).sorted(by: >))
            // Weights below a thousandth are not shown; one that close to it may be or not.
            for (place, weight) in weights where abs(weight - 1e-3) > bound[0] {
                let isShown = read.places.contains { $0.place == place }
                #expect(isShown == (weight >= 1e-3), "\(place): \(weight)\(seedNote)")
            }
            expectClose(
                read.places.map(\.weight), read.places.map { weights[$0.place, default: .nan] }, within: bound,
                "weights",
                "of the trace")
        }
    }

    @Test func aDequeHasTwoOfEach() throws {
        let trace = try #require(try traces(NeuralDeque(width: 2)).last)
        #expect(trace.figures.map(\.name) == ["push top", "push bottom", "pop top", "pop bottom", "depth"])
        #expect(trace.focuses.map(\.name) == ["read top", "read bottom"])
        #expect(trace.focuses.allSatisfy { focus in focus.places.allSatisfy { "tb".contains($0.place.last ?? " ") } })
    }

    @Test func aTuringMachineShowsItsHeads() throws {
        for trace in try traces(TuringMemory(rows: 5, columns: 3, heads: 2)) {
            #expect(trace.focuses.map(\.name) == ["read 1", "write 1", "read 2", "write 2"])
            #expect(trace.figures.map(\.name) == ["read 1 gate", "write 1 gate", "read 2 gate", "write 2 gate"])
            #expect(trace.figures.allSatisfy { 0...1 ~= $0.value })
            for focus in trace.focuses {
                // Of five weights those below a thousandth are left out.
                expectClose(
                    [focus.places.reduce(0) { $0 + $1.weight }], [1],
                    within: ErrorBound(everywhere: 5e-3) + .rounding(10, of: 1), "focus", "of the trace")
                #expect(focus.places.map(\.weight) == focus.places.map(\.weight).sorted(by: >))
            }
        }
    }

    @Test func noMemoryHasNothingToShow() throws {
        #expect(try traces(NoMemory()).allSatisfy { $0.figures.isEmpty && $0.focuses.isEmpty })
    }
}

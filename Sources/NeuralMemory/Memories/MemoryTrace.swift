// What a memory did in a step, for people to look at.

/// One sequence's memory in the step just done.
public struct MemoryTrace: Sendable, Equatable {
    /// A number that the controller gave the memory, or that describes the memory's state.
    public struct Figure: Sendable, Equatable {
        public let name: String
        public let value: Double
    }

    /// Where a read vector, or a write, has its weight.
    public struct Focus: Sendable, Equatable {
        public let name: String
        /// The places with the largest weights, largest first: steps that pushed, for stack, queue and deque; rows, for
        /// memories that have them.
        public let places: [(place: String, weight: Double)]

        public static func == (first: Focus, second: Focus) -> Bool {
            first.name == second.name && first.places.count == second.places.count
                && zip(first.places, second.places).allSatisfy { $0 == $1 }
        }
    }

    public let figures: [Figure]
    public let focuses: [Focus]
}

extension Memory {
    /// Nothing to show.
    public func trace(step: Int, sequence: Int, largest: Int) -> MemoryTrace { MemoryTrace(figures: [], focuses: []) }
}

extension MemoryTrace.Focus {
    /// The `largest` greatest weights, without those below a thousandth.
    init(name: String, weights: [(place: String, weight: Double)], largest: Int) {
        self.name = name
        places = Array(weights.filter { $0.weight >= 1e-3 }.sorted { $0.weight > $1.weight }.prefix(largest))
    }
}

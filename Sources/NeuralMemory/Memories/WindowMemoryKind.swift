// Neural stack, queue and deque (Grefenstette et al. 2015, "Learning to Transduce with Unbounded Memory"): the settings,
// which are the same for all three.

/// What distinguishes stack, queue and deque.
public protocol WindowDiscipline: Sendable {
    static var kind: String { get }
    static var summary: String { get }
}

/// Last in, first out: pops, pushes and reads at the top.
public enum StackDiscipline: WindowDiscipline {
    public static let kind = "stack"
    public static let summary = "neural stack, last in first out: pops, pushes and reads at the top"
}

/// First in, first out: pushes at the top, pops and reads at the bottom.
public enum QueueDiscipline: WindowDiscipline {
    public static let kind = "queue"
    public static let summary = "neural queue, first in first out: pushes at the top, pops and reads at the bottom"
}

/// Double-ended: pops, pushes and reads at both ends.
public enum DequeDiscipline: WindowDiscipline {
    public static let kind = "deque"
    public static let summary = "neural deque, double-ended: pops, pushes and reads at both ends"
}

public typealias NeuralStack = WindowMemoryKind<StackDiscipline>
public typealias NeuralQueue = WindowMemoryKind<QueueDiscipline>
public typealias NeuralDeque = WindowMemoryKind<DequeDiscipline>

/// Settings of a neural stack, queue or deque.
public struct WindowMemoryKind<Discipline: WindowDiscipline>: MemoryKind {
    public static var kind: String { Discipline.kind }
    public static var summary: String { Discipline.summary }

    /// M, the width of a stored vector.
    public var width = 64
    /// The bias of pop strengths at the start. The paper found that −1 cures bad seeds: a memory that starts by popping
    /// more than it pushes is empty, and teaches nothing.
    public var popBias = -1.0
    /// The bias of push strengths at the start.
    public var pushBias = 0.0
    /// How much a deque starts out as a queue: taken from the bias of pops at the top and of pushes at the bottom. Without
    /// it both ends start alike, and some seeds never learn to use one for each. 0 for stack and queue.
    public var queueBias = 0.0

    public init() {}

    public init(width: Int) { self.width = width }

    public func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        try require("network.memory.width", width, in: 1...largestSize)
        try require("network.memory.popBias", popBias, in: -100...100)
        try require("network.memory.pushBias", pushBias, in: -100...100)
        let isDeque = Discipline.self == DequeDiscipline.self
        try require("network.memory.queueBias", queueBias, in: 0...(isDeque ? 100 : 0))
        let bias =
            isDeque ? [popBias - queueBias, popBias, pushBias, pushBias - queueBias] : [popBias, pushBias]
        return WindowMemory(kind: Discipline.kind, width: width, strengthBias: bias.map(Float.init))
    }
}

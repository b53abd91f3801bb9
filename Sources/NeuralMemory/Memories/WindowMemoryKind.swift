// Neural stack, queue and deque (Grefenstette et al. 2015, "Learning to Transduce with Unbounded Memory"): the
// settings, which are the same for all three.

/// At which ends a window memory pops, pushes and reads.
public protocol WindowDiscipline: Sendable {
    /// The memory's name in configuration files.
    static var kind: String { get }
    /// One line for lists.
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

/// Settings of a neural stack.
///
/// Grefenstette et al. 2015, section 3.1.
public typealias NeuralStack = WindowMemoryKind<StackDiscipline>
/// Settings of a neural queue.
///
/// Grefenstette et al. 2015, section 3.2.
public typealias NeuralQueue = WindowMemoryKind<QueueDiscipline>
/// Settings of a neural deque.
///
/// Grefenstette et al. 2015, section 3.3.
public typealias NeuralDeque = WindowMemoryKind<DequeDiscipline>

/// Settings of a neural stack, queue or deque.
public struct WindowMemoryKind<Discipline: WindowDiscipline>: MemoryKind {
    public static var kind: String { Discipline.kind }
    public static var summary: String { Discipline.summary }

    /// M, the numbers of a stored vector, at least 1.
    public var width = 64
    /// The bias of pop strengths at the start.
    ///
    /// The paper found that −1 cures bad seeds: a memory that starts by popping more than it pushes is empty, and
    /// teaches nothing.
    public var popBias = -1.0
    /// The bias of push strengths at the start.
    public var pushBias = 0.0
    /// How much a deque starts out as a queue, from 0 to 100; 0 for stack and queue.
    ///
    /// It is subtracted from the bias of pops at the top and of pushes at the bottom. With 0 both ends start alike, and
    /// some seeds never learn to use one end for pushes and the other for pops.
    public var queueBias = 0.0

    public init() {}

    /// M of so many numbers; the biases are the defaults.
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

extension WindowMemoryKind {
    public static var settingDescriptions: [SettingDescription] {
        [
            SettingDescription("width", "M, the numbers of a stored vector", unit: "numbers", in: 1...largestSize),
            SettingDescription(
                "popBias", "The bias of pop strengths at the start; below 0, a memory begins by keeping what is pushed",
                in: -100...100.0),
            SettingDescription("pushBias", "The bias of push strengths at the start", in: -100...100.0),
            Discipline.self == DequeDiscipline.self
                ? SettingDescription(
                    "queueBias",
                    "How much a deque starts out as a queue: it is subtracted from the bias of pops at the top and of "
                        + "pushes at the bottom", in: 0...100.0)
                : SettingDescription("queueBias", "For the deque alone", in: 0...0.0)
        ]
    }
}

// No memory besides the controller's own state: the baseline that memories are compared with.

/// No memory: the controller alone.
///
/// It has no settings.
public struct NoMemory: MemoryKind {
    public static let kind = "none"
    public static let summary = "no memory beside the controller's own state: the baseline"

    public init() {}

    public func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory { EmptyMemory() }
}

struct EmptyMemory: Memory {
    let interfaceSize = 0
    let readSize = 0
    let interfaceBias: [Float] = []

    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint { .none }
    func makeState(_ parameters: ParameterBuffer) -> any MemoryState { EmptyMemoryState() }
}

final class EmptyMemoryState: MemoryState {
    func begin(steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?) {}
    func forward(steps: Range<Int>) {}
    func save(sequence: Int, to snapshot: inout Snapshot) {}
    func beginBackward(_ gradients: MemoryPorts) {}
    func backward(steps: Range<Int>) {}
    func accumulateGradients(into gradients: ParameterBuffer) {}
}

// No memory beside the controller's own state: the baseline that memories are compared with.

/// Settings of no memory: there are none.
public struct NoMemory: MemoryKind {
    public static let kind = "none"
    public static let summary = "no memory beside the controller's own state: the baseline"

    public init() {}

    public func makeMemory(_ parameters: Parameters) throws -> any Memory { EmptyMemory() }
}

final class EmptyMemory: Memory {
    let interfaceSize = 0
    let readSize = 0
    let interfaceBias: [Float] = []

    func footprint(steps: Int, batch: Int) -> Footprint { .none }
    func begin(steps: Int, batch: Int, interface: Rows, reads: Rows) {}
    func forward(steps: Range<Int>) {}
    let carriedSteps = 0
    func proceed(steps: Int, rows: [Int], interface: Rows, reads: Rows) {}
    func beginBackward(interfaceGradients: Rows, readGradients: Rows) {}
    func backward(steps: Range<Int>) {}
    func finishBackward() {}
}

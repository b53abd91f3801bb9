// ReferenceNetworkMemory.swift: the memories of the reference network: between raw interface vectors and reads, over
// the literal memories of ReferenceKernels, with the activations and initial states that the library's memories state.

import NeuralMemory
import ReferenceKernels

/// A memory for one sequence.
///
/// Each read is run from the start.
enum ReferenceNetworkMemory {
    case none
    case window(ReferenceMemory)
    case turing(ReferenceTuring, TuringMemory)
    case dnc(ReferenceDNC, DNC)
    case sam(ReferenceSAM, HeldLinks? = nil)

    init(_ kind: any MemoryKind) {
        switch kind {
        case let stack as NeuralStack: self = .window(ReferenceMemory(.stack, width: stack.width))
        case let queue as NeuralQueue: self = .window(ReferenceMemory(.queue, width: queue.width))
        case let deque as NeuralDeque: self = .window(ReferenceMemory(.deque, width: deque.width))
        case let turing as TuringMemory:
            let reference = ReferenceTuring(
                rows: turing.rows, columns: turing.columns, readHeads: turing.reads, writeHeads: turing.writes,
                maxShift: turing.maximumShift, clip: turing.clip ?? 0)
            self = .turing(reference, turing)
        case let dnc as DNC:
            let settings = ReferenceDNC.Settings(
                stopsUsageGradient: dnc.stopsUsageGradient, floorsUsage: dnc.floorsUsage,
                smoothsCosine: dnc.smoothsCosine, masksKeys: dnc.masksKeys, deallocates: dnc.deallocates,
                sharpensLinks: dnc.sharpensLinks)
            self = .dnc(
                ReferenceDNC(rows: dnc.rows, columns: dnc.columns, readHeads: dnc.readHeads, settings: settings), dnc)
        case let sam as SparseMemory:
            let reference = ReferenceSAM(
                rows: sam.rows, columns: sam.columns, heads: sam.heads, neighbors: sam.neighbors,
                accessThreshold: Double(Float(sam.accessThreshold)))
            self = .sam(reference)
        case let sdnc as SparseDNC:
            let reference = ReferenceSAM(
                rows: sdnc.rows, columns: sdnc.columns, heads: sdnc.heads, neighbors: sdnc.neighbors,
                accessThreshold: Double(Float(sdnc.accessThreshold)), links: sdnc.links)
            self = .sam(reference)
        case is NoMemory: self = .none
        default: preconditionFailure("the reference knows no memory \(kind.kind)")
        }
    }

    var isEmpty: Bool { if case .none = self { true } else { false } }

    /// This memory, if it has links with those of its first run in all further ones.
    func holdingLinks() -> ReferenceNetworkMemory {
        if case .sam(let memory, _) = self, memory.links > 0 { return .sam(memory, HeldLinks()) }
        return self
    }

    /// Says that the next run begins.
    func beginRun() {
        if case .sam(_, let held?) = self { held.rewind() }
    }

    /// r_0.
    func firstRead(_ parameters: [String: [Double]]) -> [Double] {
        switch self {
        case .none: []
        case .window(let memory): Array(repeating: 0, count: memory.ends * memory.width)
        case .sam(let memory, _): Array(repeating: 0, count: memory.heads * memory.columns)
        case .turing(let memory, _):
            parameters["memory.initial_reads"] ?? Array(repeating: 0, count: memory.readHeads * memory.columns)
        case .dnc(let memory, _):
            parameters["memory.initial_reads"] ?? Array(repeating: 0, count: memory.readHeads * memory.columns)
        }
    }

    /// r_t from the raw interface vectors of steps 1 to t, and how far those steps stay from any kink.
    func read(after raw: [[Double]], _ parameters: [String: [Double]]) -> (read: [Double], margin: Double) {
        switch self {
        case .none: return ([], .infinity)
        case .window(let memory):
            let ends = memory.ends
            let trace = memory.forward(
                ReferenceMemory.Inputs(
                    pops: raw.flatMap { $0[..<ends].map { ReferenceActivations.sigmoid($0) } },
                    pushes: raw.flatMap { $0[ends..<2 * ends].map { ReferenceActivations.sigmoid($0) } },
                    values: raw.flatMap { ReferenceActivations.tanhForward(Array($0[(2 * ends)...])) }))
            return (Array(trace.reads.suffix(ends * memory.width)), trace.margin)
        case .sam(let memory, let held):
            let trace = memory.forward(
                ReferenceSAM.Inputs(interface: raw.flatMap { $0 }, initial: memory.initialState(Double(Float(0.1)))),
                links: held?.next())
            held?.note(trace)
            return (Array(trace.reads.suffix(memory.heads * memory.columns)), trace.margin)
        case .turing(let memory, let settings):
            let trace = memory.forward(
                ReferenceTuring.Inputs(
                    interface: raw.flatMap { $0 },
                    memory: Self.firstMemory(settings.initialMemory, settings.rows, settings.columns, parameters),
                    focus: Self.firstFocus(settings, parameters)))
            return (Array(trace.reads.suffix(memory.readHeads * memory.columns)), .infinity)
        case .dnc(let memory, let settings):
            let trace = memory.forward(
                ReferenceDNC.Inputs(
                    interface: raw.flatMap { $0 },
                    initial: memory.initialState(
                        memory: Self.firstMemory(settings.initialMemory, settings.rows, settings.columns, parameters))))
            // In the first step all rows are as free, and the first is taken.
            let margin = raw.count > 1 ? trace.usageMargin(steps: 1..<raw.count) : .infinity
            return (Array(trace.reads.suffix(memory.readHeads * memory.columns)), margin)
        }
    }

    private static func firstMemory(
        _ initial: InitialMemory, _ rows: Int, _ columns: Int, _ parameters: [String: [Double]]
    ) -> [Double] {
        let count = rows * columns
        switch initial {
        case .learned: return parameters["memory.initial_memory"]!
        case .constant: return Array(repeating: Double(Float(1e-6)), count: count)
        case .random:
            var generator = RandomGenerator(seed: 0)
            let deviation = 1 / Double(columns).squareRoot()
            return (0..<count).map { _ in Double(Float(deviation * generator.normal())) }
        }
    }

    private static func firstFocus(_ settings: TuringMemory, _ parameters: [String: [Double]]) -> [Double] {
        (0..<settings.reads + settings.writes).flatMap { head in
            let head = head * settings.rows..<(head + 1) * settings.rows
            switch settings.initialFocus {
            case .oneHot: return head.map { $0 == head.lowerBound ? 1.0 : 0 }
            case .learned: return ReferenceTuring.softmax(Array(parameters["memory.initial_focus"]![head]))
            }
        }
    }
}

/// The links of all reads of a first run, which are in the same order in all others.
final class HeldLinks {
    private var links: [[[[Double]]]] = []
    private var place = 0
    private var isFirst = true

    func rewind() {
        isFirst = links.isEmpty
        place = 0
    }

    /// The links of the next read; nil in the first run.
    func next() -> [[[Double]]]? {
        defer { place += 1 }
        return isFirst ? nil : links[place]
    }

    func note(_ trace: ReferenceSAM.Trace) {
        if isFirst { links.append(trace.stages.map { $0.map(\.links) }) }
    }
}

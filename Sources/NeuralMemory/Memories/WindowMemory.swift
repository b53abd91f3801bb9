// What stack, queue and deque share at run time: activations of the interface vector, and the live window.

/// Stack, queue or deque over the live-window kernels.
///
/// Interface vector, E ends (deque: top before bottom):
/// [E pop strengths | E push strengths | E values of M]; strengths through a sigmoid, values through tanh.
struct WindowMemory: Memory {
    /// "stack", "queue" or "deque".
    let kind: String
    /// M.
    let width: Int
    /// E.
    let ends: Int
    /// Of pops, then of pushes; 2E numbers.
    let interfaceBias: [Float]

    init(kind: String, width: Int, strengthBias: [Float]) {
        self.kind = kind
        self.width = width
        ends = Kernels.Window(kind: kind, width: width).ends
        interfaceBias = strengthBias
    }

    var interfaceSize: Int { 2 * ends + readSize }
    var readSize: Int { ends * width }
    var strengthCount: Int { 2 * ends }

    /// At least one entry makes up a read: 2 for each of its numbers forward, 4 backward.
    var operations: Int { 6 * readSize }

    var mostSteps: Int { Kernels.Window(kind: kind, width: width).mostSteps }

    func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint {
        let rows = Double(steps) * Double(batch)
        let workspace = Kernels.Window(kind: kind, width: width).workspaceBytes(steps: steps, batch: batch)
        return Footprint(rows: rows, columns: 2 * ends + readSize) + Footprint(forward: workspace)
    }

    func makeState(_ parameters: ParameterBuffer) -> any MemoryState { WindowMemoryState(self) }

    /// What a snapshot calls one of its arrays: "stack/values".
    fileprivate func array(_ name: String) -> String { "\(kind)/\(name)" }

    func carriedSteps(_ snapshot: Snapshot) -> Int {
        carriedSteps(entries: snapshot.arrays[array("strengths")]?.count ?? 0)
    }

    func carriedSteps(entries: Int) -> Int { (entries + ends - 1) / ends }

    /// The weakest go first: reads then change least.
    ///
    /// Of equally strong ones, those go that would be read last.
    func shorten(_ snapshot: inout Snapshot, toEntries most: Int) {
        guard let strengths = snapshot.arrays[array("strengths")], strengths.count > most else { return }
        func turn(_ entry: Int) -> Int {
            let fromTop = strengths.count - 1 - entry
            return kind == "stack" ? fromTop : kind == "queue" ? entry : min(entry, fromTop)
        }
        let order = strengths.indices.sorted { (strengths[$1], turn($0), $0) < (strengths[$0], turn($1), $1) }
        let kept = order.prefix(most).sorted()
        for (name, columns) in [("strengths", 1), ("values", width), ("entries", 1)] {
            guard let numbers = snapshot.arrays[array(name)], numbers.count == strengths.count * columns else {
                continue
            }
            snapshot.set(array(name), kept.flatMap { numbers[$0 * columns..<($0 + 1) * columns] })
        }
    }

    // MARK: Signals

    /// Strengths come first, then what is read and pushed, each for every end; last what is stored.
    var signals: [Signal] {
        let names = ends == 1 ? [""] : [" top", " bottom"]
        func each(_ name: String, _ role: Signal.Role, _ axes: [Signal.Axis] = []) -> [Signal] {
            names.indices.map { Signal(name + names[$0], role, axes, head: ends == 1 ? nil : $0) }
        }
        return each("push", .strength) + each("pop", .strength) + [Signal("depth", .strength)]
            + each("read", .weighting, [.entries]) + each("pushed", .vector, [.columns(width)])
            + [
                Signal("strengths", .strength, [.entries]),
                Signal("contents", .contents, [.entries, .columns(width)])
            ]
    }
}

/// A window memory's state in one shard.
final class WindowMemoryState: MemoryState {
    private let memory: WindowMemory
    private let window: Kernels.Window
    private var ends: Int { memory.ends }
    private var readSize: Int { memory.readSize }

    private var batch = 0
    private var steps = 0
    /// The number that the window gives to step 0.
    ///
    /// In an episode that goes on from snapshots it is above 0: the entries of the snapshots have the rows of the steps
    /// before.
    private var firstStep = 0
    /// What happened before step 0, for each sequence of an episode that goes on from snapshots; else empty.
    private var pasts: [Past] = []
    private var done = 0
    private var ports: MemoryPorts?
    private var gradients: MemoryPorts?
    /// (T, B, 2E) and (T, B, E, M), and gradients.
    private let strengths = FloatBuffer()
    private let values = FloatBuffer()
    private let strengthGradients = FloatBuffer()
    private let valueGradients = FloatBuffer()

    /// What happened in a sequence before an episode's first step.
    private struct Past {
        /// Steps done.
        var steps = 0
        /// The numbers, counted over all steps, of the entries that the window began with.
        var entries: [Int] = []
    }

    init(_ memory: WindowMemory) {
        self.memory = memory
        window = Kernels.Window(kind: memory.kind, width: memory.width)
    }

    // MARK: Beginning

    func begin(
        steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?
    ) throws {
        let carried = try snapshots?.map { try Carried($0, memory) }
        firstStep = carried?.map(\.steps).max() ?? 0
        self.steps = firstStep + steps
        self.batch = batch
        self.ports = ports
        done = 0
        strengths.reserve(self.steps * batch * 2 * ends)
        values.reserve(self.steps * batch * readSize)
        window.begin(steps: self.steps, batch: batch)
        pasts = carried?.map(\.past) ?? []
        if let carried {
            for (sequence, state) in carried.enumerated() {
                window.restore(state.window, element: sequence, carried: firstStep, values: values.pointer)
            }
        } else {
            Kernels.zero(ports.reads, rows: batch, columns: readSize)
        }
    }

    /// What a snapshot holds of a window.
    private struct Carried {
        let window: Kernels.Window.State
        let past: Past
        /// How many steps have room for these entries.
        let steps: Int

        init(_ snapshot: Snapshot, _ memory: WindowMemory) throws {
            let strengths = try snapshot.array(memory.array("strengths"))
            let values = try snapshot.array(memory.array("values"), count: strengths.count * memory.width)
            window = Kernels.Window.State(strengths: strengths, values: values)
            let numbers = try snapshot.array(memory.array("entries"), count: strengths.count)
            let done = try snapshot.array(memory.array("steps"), count: 1)[0]
            guard ([done] + numbers).allSatisfy({ abs($0) <= 0x1p62 }) else {
                throw UsageError(
                    "Snapshot", "\(memory.array("steps")) or \(memory.array("entries")) has a number that is no count")
            }
            past = Past(steps: Int(done), entries: numbers.map { Int($0) })
            steps = memory.carriedSteps(entries: strengths.count)
        }
    }

    /// The number of an entry, counted over all steps of the episode.
    private func number(_ entry: Int, _ sequence: Int) -> Int {
        guard pasts.indices ~= sequence else { return entry }
        let past = pasts[sequence]
        return entry < firstStep * ends
            ? (past.entries.indices ~= entry ? past.entries[entry] : -1)
            : entry + (past.steps - firstStep) * ends
    }

    func save(sequence: Int, to snapshot: inout Snapshot) {
        let state = window.save(element: sequence, values: values.pointer)
        let before = pasts.indices ~= sequence ? pasts[sequence].steps : 0
        snapshot.set(memory.array("strengths"), state.strengths)
        snapshot.set(memory.array("values"), state.values)
        snapshot.set(memory.array("entries"), window.entries(sequence).map { Float(number($0.number, sequence)) })
        snapshot.set(memory.array("steps"), [Float(before + done)])
    }

    var carriedSteps: Int { memory.carriedSteps(entries: window.live(Array(0..<batch))) }

    // MARK: Steps

    /// The rows from one on in a buffer that has `columns` numbers a row.
    private func rows(_ buffer: FloatBuffer, _ columns: Int, from row: Int) -> Rows {
        Rows(buffer.pointer, stride: columns).advanced(by: row)
    }

    func forward(steps range: Range<Int>) {
        guard let ports else { return }
        let first = firstStep + range.lowerBound
        let raw = ports.interface.advanced(by: range.lowerBound * batch)
        let (row, count) = (first * batch, range.count * batch)
        Kernels.sigmoid(raw, into: rows(strengths, 2 * ends, from: row), rows: count, columns: 2 * ends)
        Kernels.tanh(
            raw.columns(from: 2 * ends), into: rows(values, readSize, from: row), rows: count, columns: readSize)
        window.forward(
            steps: first..<first + range.count, strengths: strengths.pointer,
            values: values.pointer, reads: ports.reads.advanced(by: batch - firstStep * batch))
        done = range.upperBound
    }

    func beginBackward(_ gradients: MemoryPorts) {
        self.gradients = gradients
        strengthGradients.reserve(steps * batch * 2 * ends)
        valueGradients.reserve(steps * batch * readSize)
        window.beginBackward(valueGradients: valueGradients.pointer)
    }

    func backward(steps range: Range<Int>) {
        guard let gradients else { return }
        let first = firstStep + range.lowerBound
        window.backward(
            steps: first..<first + range.count, values: values.pointer,
            readGradients: gradients.reads.advanced(by: batch - firstStep * batch),
            strengthGradients: strengthGradients.pointer, valueGradients: valueGradients.pointer)
        let (row, count) = (first * batch, range.count * batch)
        let raw = gradients.interface.advanced(by: range.lowerBound * batch)
        Kernels.sigmoidBackward(
            y: rows(strengths, 2 * ends, from: row), dy: rows(strengthGradients, 2 * ends, from: row), into: raw,
            rows: count, columns: 2 * ends)
        Kernels.tanhBackward(
            y: rows(values, readSize, from: row), dy: rows(valueGradients, readSize, from: row),
            into: raw.columns(from: 2 * ends), rows: count, columns: readSize)
    }

    func accumulateGradients(into gradients: ParameterBuffer) {}

    // MARK: Looking at it

    func value(of signal: Int, sequence: Int) -> SignalValue {
        let row = rows(strengths, 2 * ends, from: (firstStep + done - 1) * batch + sequence).pointer
        let end = signal % ends
        // Pops are before pushes in the array.
        if signal < ends { return SignalValue(row[ends + end]) }
        if signal < 2 * ends { return SignalValue(row[end]) }
        let entries = window.entries(sequence)
        switch signal - 2 * ends {
        case 0: return SignalValue(Float(entries.reduce(0) { $0 + $1.strength }))
        case 1...ends:
            let weights = window.readWeights(sequence, end: signal - 2 * ends - 1)
            return SignalValue(
                weights.map(\.weight), indices: weights.map { number($0.number, sequence) })
        case ends + 1...2 * ends:
            let row = rows(values, readSize, from: (firstStep + done - 1) * batch + sequence)
            let pushed = row.columns(from: (signal - 3 * ends - 1) * memory.width).pointer
            return SignalValue(Array(UnsafeBufferPointer(start: pushed, count: memory.width)))
        default:
            let state = window.save(element: sequence, values: values.pointer)
            return SignalValue(
                signal == 4 * ends + 1 ? state.strengths : state.values,
                indices: entries.map { number($0.number, sequence) })
        }
    }
}

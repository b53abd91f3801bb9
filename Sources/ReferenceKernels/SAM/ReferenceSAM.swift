// ReferenceSAM.swift: the sparse access memory, as the paper prints it, for one batch element; with links, the memory
// of the sparse differentiable neural computer.
//
// What it is: Rae et al. 2016 ("Scaling memory-augmented neural networks with sparse reads and writes"), in Double, with
// weightings as vectors of N, and every state kept.
// What it is not: fast, or sparse: each step goes through all N rows.

/// A sparse access memory: N rows of M columns, P heads, each of which writes and reads.
///
/// In each step all heads write, one after the other; then all heads read what the memory holds. With links each head
/// also reads along the order of its own writes, see `ReferenceSAM+Links.swift`.
public struct ReferenceSAM: Sendable {
    /// N, the number of memory rows.
    public let rows: Int
    /// M, the number of memory columns.
    public let columns: Int
    /// P, the number of heads.
    public let heads: Int
    /// K, the number of rows that a head reads.
    public let neighbors: Int
    /// delta: a row counts as accessed where it is written or read with a larger weight.
    public let accessThreshold: Double
    /// K_L, the links that each row keeps in each direction; 0 for none at all.
    public let links: Int

    /// All that a step depends on but its interface vector.
    public struct State: Sendable, Equatable {
        /// M, shape (N, M).
        public var memory: [Double]
        /// w^R of the last step, shape (P, N).
        public var readWeightings: [Double]
        /// The number of the step that accessed each row last, counted from any number below 0 for steps before the
        /// episode; nil for rows that were never accessed.
        public var lastAccess: [Int?]
        /// L, shape (P, N, N); empty without links.
        public var links: [Double]
        /// p, shape (P, N); empty without links.
        public var precedence: [Double]

        /// Takes the arrays as they are; `ReferenceSAM` checks their counts when it uses them.
        public init(
            memory: [Double], readWeightings: [Double], lastAccess: [Int?], links: [Double] = [],
            precedence: [Double] = []
        ) {
            self.memory = memory
            self.readWeightings = readWeightings
            self.lastAccess = lastAccess
            self.links = links
            self.precedence = precedence
        }
    }

    /// What one episode feeds in.
    public struct Inputs: Sendable {
        /// Raw interface vectors, shape (T, interfaceSize).
        public var interface: [Double]
        /// The state before the first step.
        public var initial: State

        /// Takes the arrays as they are; `ReferenceSAM` checks their counts when it uses them.
        public init(interface: [Double], initial: State) {
            self.interface = interface
            self.initial = initial
        }
    }

    /// Gradients of a scalar loss, shaped like the numbers of `Inputs`.
    public struct Gradients: Sendable {
        /// dL/d(raw interface), shape (T, interfaceSize).
        public var interface: [Double] = []
        /// dL/dM_0, shape (N, M).
        public var memory: [Double]
        /// dL/d(first read weightings), shape (P, N).
        public var readWeightings: [Double]
    }

    /// The rows that a head chose in one step, which derivatives take as given.
    public struct Choice: Sendable, Equatable {
        /// U, the row that was least recently accessed.
        public var written: Int
        /// The K rows nearest to the key, the nearest first.
        public var read: [Int]
        /// The at most K rows that are read backward along the links, the strongest first.
        public var backward: [Int]
        /// The same, forward.
        public var forward: [Int]

        /// A choice of rows.
        public init(written: Int, read: [Int], backward: [Int] = [], forward: [Int] = []) {
            self.written = written
            self.read = read
            self.backward = backward
            self.forward = forward
        }
    }

    /// What one head computes in a step.
    public struct Stages: Sendable {
        /// The parameters after their activations.
        public var parameters: Parameters
        /// What the head chose.
        public var choice: Choice
        /// w^W, N numbers.
        public var writeWeighting: [Double]
        /// The memory before this head's write, shape (N, M).
        public var memoryBefore: [Double]
        /// cos(q, M(i)), N numbers.
        public var similarity: [Double]
        /// c, N numbers: the softmax over the K nearest rows.
        public var content: [Double] = []
        /// L after this head's write, shape (N, N).
        public var links: [Double] = []
        /// b, of which K at most are not 0.
        public var backward: [Double] = []
        /// f, of which K at most are not 0.
        public var forward: [Double] = []
        /// w^R, N numbers, of which K at most are not 0, or 3K with links.
        public var readWeighting: [Double]
        /// How far what was cut is from another cut, as a share of the numbers compared.
        var cutMargin = Double.infinity
    }

    /// What the forward pass gives, and what the backward pass needs of it.
    public struct Trace: Sendable {
        /// Read vectors, shape (T, P * M).
        public var reads: [Double] = []
        /// The state before the first step and after each; step t leads from element t to element t + 1.
        public var states: [State]
        /// What each head computed in each step.
        public var stages: [[Stages]] = []
        /// How far all steps stay from any other choice, see `margin(of:)`.
        public var margin = Double.infinity

        /// The state after all steps, from which another episode can go on.
        public var finalState: State { states[states.count - 1] }
        /// All heads' choices in all steps.
        public var choices: [[Choice]] { stages.map { $0.map(\.choice) } }
    }

    /// A memory of this shape; N, M, P, K >= 1, K and P <= N.
    public init(
        rows: Int, columns: Int, heads: Int = 1, neighbors: Int, accessThreshold: Double = 0.005, links: Int = 0
    ) {
        precondition(rows >= 1 && columns >= 1 && heads >= 1 && neighbors >= 1, "sizes must be at least 1")
        precondition(neighbors <= rows && heads <= rows, "there must be a row for each neighbor, and for each head")
        self.rows = rows
        self.columns = columns
        self.heads = heads
        self.neighbors = neighbors
        self.accessThreshold = accessThreshold
        self.links = links
    }

    /// The usual start: rows that are all `value`, nothing read, nothing accessed.
    public func initialState(_ value: Double) -> State {
        State(
            memory: Array(repeating: value, count: rows * columns),
            readWeightings: Array(repeating: 0, count: heads * rows),
            lastAccess: Array(repeating: nil, count: rows),
            links: Array(repeating: 0, count: links > 0 ? heads * rows * rows : 0),
            precedence: Array(repeating: 0, count: links > 0 ? heads * rows : 0))
    }

    /// Runs one episode.
    ///
    /// The number of steps follows from the number of interface vectors.
    ///
    /// - `choices`: The rows that each head is to choose in each step; its own choice unless given.
    /// - `links`: L of each head in each step, which gradients take as given; its own unless given.
    /// - `rounded`: Goes over the result of every stage. It changes nothing, unless somebody wants to learn what
    ///   rounding every stage would do, see `ErrorBound.conditioned`.
    public func forward(
        _ inputs: Inputs, choices: [[Choice]]? = nil, links: [[[Double]]]? = nil,
        rounded: ([Double]) -> [Double] = { $0 }
    ) -> Trace {
        var trace = Trace(states: [inputs.initial])
        for step in 0..<checkedSteps(inputs) {
            let raw = inputs.interface[step * interfaceSize..<(step + 1) * interfaceSize]
            let (stages, state) = advance(trace.finalState, activated(raw), step, choices?[step], links?[step], rounded)
            trace.margin = min(trace.margin, margin(of: stages))
            trace.stages.append(stages)
            trace.states.append(state)
            for head in stages { trace.reads += rounded(read(state.memory, head.readWeighting)) }
        }
        return trace
    }

    /// Differentiates `forward`, step by step from the last to the first, with all choices as they were.
    ///
    /// - `readGradients`: dL/dr, shape (T, P * M).
    public func backward(_ inputs: Inputs, _ trace: Trace, readGradients: [Double]) -> Gradients {
        let (steps, readSize) = (checkedSteps(inputs), heads * columns)
        precondition(readGradients.count == steps * readSize, "readGradients has the wrong count")
        var gradients = Gradients(
            memory: inputs.initial.memory.map { _ in 0 }, readWeightings: inputs.initial.readWeightings.map { _ in 0 })
        var dRaw: [[Double]] = []
        for step in (0..<steps).reversed() {
            let dReads = readGradients[step * readSize..<(step + 1) * readSize]
            let dParameters = advanceBackward(
                trace.states[step], trace.states[step + 1], trace.stages[step], Array(dReads), &gradients)
            dRaw.append(activatedBackward(trace.stages[step].map(\.parameters), dParameters))
        }
        gradients.interface = dRaw.reversed().flatMap { $0 }
        return gradients
    }

    /// T, after checking that all arrays fit.
    private func checkedSteps(_ inputs: Inputs) -> Int {
        let steps = inputs.interface.count / interfaceSize
        precondition(inputs.interface.count == steps * interfaceSize, "interface is not (T, \(interfaceSize))")
        let state = inputs.initial
        precondition(state.memory.count == rows * columns, "memory is not (\(rows), \(columns))")
        precondition(state.readWeightings.count == heads * rows, "readWeightings are not (\(heads), \(rows))")
        precondition(state.lastAccess.count == rows, "lastAccess is not (\(rows))")
        precondition(state.precedence.count == (links > 0 ? heads * rows : 0), "precedence has the wrong count")
        precondition(state.links.count == state.precedence.count * rows, "links have the wrong count")
        return steps
    }
}

// MARK: - One step

extension ReferenceSAM {
    /// From one state to the next: the heads' writes in order, then their reads.
    private func advance(
        _ state: State, _ parameters: [Parameters], _ step: Int, _ choices: [Choice]?, _ links: [[Double]]?,
        _ rounded: ([Double]) -> [Double]
    ) -> ([Stages], State) {
        var next = state
        var stages: [Stages] = []
        for head in 0..<heads {
            let row = choices?[head].written ?? leastRecent(next.lastAccess, but: stages.map(\.choice.written))
            let weighting = rounded(
                writeWeighting(parameters[head], weighting(head, of: state.readWeightings), row))
            stages.append(
                Stages(
                    parameters: parameters[head], choice: Choice(written: row, read: []), writeWeighting: weighting,
                    memoryBefore: next.memory, similarity: [], readWeighting: []))
            next.memory = rounded(written(next.memory, weighting, parameters[head].add, erased: row))
            access(&next.lastAccess, weighting, step)
            if self.links > 0 { link(&next, &stages[head], head, given: links?[head], rounded) }
        }
        for head in 0..<heads {
            stages[head].similarity = rounded(
                (0..<rows).map { Self.similarity(parameters[head].key, self.row($0, of: next.memory)) })
            stages[head].choice.read = choices?[head].read ?? nearest(stages[head].similarity)
            stages[head].content = rounded(contentWeighting(stages[head]))
            if self.links > 0 {
                followLinks(&stages[head], weighting(head, of: state.readWeightings), choices?[head], rounded)
            } else {
                stages[head].readWeighting = stages[head].content
            }
        }
        next.readWeightings = stages.flatMap(\.readWeighting)
        for head in stages { access(&next.lastAccess, head.readWeighting, step) }
        return (stages, next)
    }

    /// Differentiates `advance` and the reads after it: takes the gradients of memory and read weightings after the
    /// step, without what the reads give, to those before it, and returns those of the parameters.
    private func advanceBackward(
        _ before: State, _ after: State, _ stages: [Stages], _ dReads: [Double], _ gradients: inout Gradients
    ) -> [Parameters] {
        var dParameters = stages.map { Parameters(zeroLike: $0.parameters) }
        for head in 0..<heads {
            let dRead = Array(dReads[head * columns..<(head + 1) * columns])
            var dWeighting = weighting(head, of: gradients.readWeightings)
            readBackward(after.memory, stages[head].readWeighting, dRead, &dWeighting, &gradients.memory)
            let (dContent, dPrevious) =
                links > 0
                ? followLinksBackward(
                    stages[head], weighting(head, of: before.readWeightings), dWeighting, &dParameters[head])
                : (dWeighting, Array(repeating: 0, count: rows))
            contentWeightingBackward(after.memory, stages[head], dContent, &dParameters[head], &gradients.memory)
            gradients.readWeightings.replaceSubrange(head * rows..<(head + 1) * rows, with: dPrevious)
        }
        for head in (0..<heads).reversed() {
            let dWeighting = writtenBackward(stages[head], &dParameters[head], &gradients.memory)
            let previous = weighting(head, of: before.readWeightings)
            let dPrevious = writeWeightingBackward(stages[head], previous, dWeighting, &dParameters[head])
            for row in 0..<rows { gradients.readWeightings[head * rows + row] += dPrevious[row] }
        }
        return dParameters
    }

    /// A head's weighting of all (P, N).
    private func weighting(_ head: Int, of weightings: [Double]) -> [Double] {
        Array(weightings[head * rows..<(head + 1) * rows])
    }

    /// M(i).
    func row(_ row: Int, of memory: [Double]) -> [Double] { Array(memory[row * columns..<(row + 1) * columns]) }
}

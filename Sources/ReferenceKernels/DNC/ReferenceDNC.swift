// ReferenceDNC.swift: the differentiable neural computer's memory, as the paper prints it, for one batch element.
//
// What it is: Graves et al. 2016 (Nature 538, 471), in Double, with every state and every intermediate vector kept;
// and, as settings, what the authors' published code does otherwise, and the repairs of Csordás & Schmidhuber 2019.
// What it is not: fast, or fused like a kernel.

/// The memory of a differentiable neural computer: N rows of W columns, R read heads and one write head.
///
/// A step updates usage, allocates, writes, updates the links, and reads what the memory then holds.
public struct ReferenceDNC: Sendable {
    /// N, the number of memory rows.
    public let rows: Int
    /// W, the number of memory columns.
    public let columns: Int
    /// R, the number of read heads.
    public let readHeads: Int
    /// Where it departs from the paper.
    public let settings: Settings

    /// Departures from the paper, all off by default.
    public struct Settings: Sendable, Equatable {
        /// As in the published code, usage gives the write weighting of the step before no gradient.
        public var stopsUsageGradient = false
        /// As in the published code, allocation sees epsilon + (1 - epsilon) u for u, with epsilon = 1e-6.
        public var floorsUsage = false
        /// As in the published code, the cosine adds 1e-6 under the root of each norm and to the product of norms.
        public var smoothsCosine = false
        /// Each key has a mask m = sigma(m^) of W numbers, and the cosine is that of m k and m M(i).
        public var masksKeys = false
        /// The rows that the free gates free are emptied: M_{t-1}(i) is multiplied by psi_t(i) before the write.
        public var deallocates = false
        /// What a head reads along the links is raised to a power s = oneplus(s^) and normalised; each head has one
        /// s for each direction.
        public var sharpensLinks = false

        /// The paper, but for what is said.
        public init(
            stopsUsageGradient: Bool = false, floorsUsage: Bool = false, smoothsCosine: Bool = false,
            masksKeys: Bool = false, deallocates: Bool = false, sharpensLinks: Bool = false
        ) {
            self.stopsUsageGradient = stopsUsageGradient
            self.floorsUsage = floorsUsage
            self.smoothsCosine = smoothsCosine
            self.masksKeys = masksKeys
            self.deallocates = deallocates
            self.sharpensLinks = sharpensLinks
        }
    }

    /// All that a step depends on but its interface vector, or the gradients with respect to it.
    public struct State: Sendable, Equatable {
        /// M, shape (N, W).
        public var memory: [Double]
        /// u, N numbers in [0, 1].
        public var usage: [Double]
        /// p, N numbers >= 0 of sum <= 1.
        public var precedence: [Double]
        /// L, shape (N, N): L[i, j] is how far row i was written right after row j.
        ///
        /// What stands on the diagonal does not matter.
        public var links: [Double]
        /// w^w, N numbers >= 0 of sum <= 1.
        public var writeWeighting: [Double]
        /// w^r, shape (R, N), each like w^w.
        public var readWeightings: [Double]

        /// Takes the arrays as they are; `ReferenceDNC` checks their counts when it uses them.
        public init(
            memory: [Double], usage: [Double], precedence: [Double], links: [Double], writeWeighting: [Double],
            readWeightings: [Double]
        ) {
            self.memory = memory
            self.usage = usage
            self.precedence = precedence
            self.links = links
            self.writeWeighting = writeWeighting
            self.readWeightings = readWeightings
        }
    }

    /// What one episode feeds in.
    public struct Inputs: Sendable {
        /// Raw interface vectors, shape (T, interfaceSize).
        public var interface: [Double]
        /// The state before the first step.
        public var initial: State

        /// Takes the arrays as they are; `ReferenceDNC` checks their counts when it uses them.
        public init(interface: [Double], initial: State) {
            self.interface = interface
            self.initial = initial
        }
    }

    /// Gradients of a scalar loss, shaped like `Inputs`.
    public typealias Gradients = Inputs

    /// What one step computes between its interface vector and the state after it; each array has N numbers.
    public struct Stages: Sendable {
        /// The parameters it was made with.
        public var parameters: Parameters
        /// psi, how much of each row the free gates leave in use.
        public var retention: [Double]
        /// phi, the rows in ascending order of usage; of equal ones the first row comes first.
        public var order: [Int]
        /// a, by row.
        public var allocation: [Double]
        /// The write head's lookup in M_{t-1}.
        public var writeContent: Content
        /// How each read head came to its weighting.
        public var readings: [Reading]
    }

    /// What the forward pass gives, and what the backward pass needs of it.
    public struct Trace: Sendable {
        /// Read vectors, shape (T, R * W).
        public var reads: [Double] = []
        /// The state before the first step and after each; step t leads from element t to element t + 1.
        public var states: [State]
        /// What each step computed.
        public var stages: [Stages] = []

        /// The state after all steps, from which another episode can go on.
        public var finalState: State { states[states.count - 1] }

        /// The least distance of two rows' usages after any step of `steps`; infinite where there is one row.
        ///
        /// Where usages cross, the order of allocation changes and results jump.
        public func usageMargin(steps: Range<Int>) -> Double {
            steps.map { step in
                let sorted = stages[step].order.map { states[step + 1].usage[$0] }
                return zip(sorted.dropFirst(), sorted).map { $0 - $1 }.min() ?? .infinity
            }.min() ?? .infinity
        }
    }

    /// A memory of this shape; N, W, R >= 1.
    public init(rows: Int, columns: Int, readHeads: Int = 1, settings: Settings = Settings()) {
        precondition(rows >= 1 && columns >= 1 && readHeads >= 1, "rows, columns and readHeads must be at least 1")
        self.rows = rows
        self.columns = columns
        self.readHeads = readHeads
        self.settings = settings
    }

    /// The usual start: this memory of shape (N, W), and all else 0.
    public func initialState(memory: [Double]) -> State {
        func zeros(_ count: Int) -> [Double] { Array(repeating: 0, count: count) }
        return State(
            memory: memory, usage: zeros(rows), precedence: zeros(rows), links: zeros(rows * rows),
            writeWeighting: zeros(rows), readWeightings: zeros(readHeads * rows))
    }

    /// Runs one episode.
    ///
    /// The number of steps follows from the number of interface vectors.
    ///
    /// - `rounded`: Goes over the result of every stage. It changes nothing, unless somebody wants to learn what
    ///   rounding every stage would do, see `ErrorBound.conditioned`.
    public func forward(_ inputs: Inputs, rounded: ([Double]) -> [Double] = { $0 }) -> Trace {
        var trace = Trace(states: [inputs.initial])
        for step in 0..<checkedSteps(inputs) {
            let (stages, state) = advance(trace.finalState, activated(raw(inputs, step)), rounded)
            trace.stages.append(stages)
            trace.states.append(state)
            for head in 0..<readHeads {
                trace.reads += rounded(read(state.memory, weighting(head, of: state.readWeightings)))
            }
        }
        return trace
    }

    /// Differentiates `forward`, step by step from the last to the first, with the order of allocation as it was.
    ///
    /// - `readGradients`: dL/dr, shape (T, R * W).
    ///
    /// Returns dL/d(raw interface) and dL/d(initial state).
    public func backward(_ inputs: Inputs, _ trace: Trace, readGradients: [Double]) -> Gradients {
        let steps = checkedSteps(inputs)
        let readSize = readHeads * columns
        precondition(readGradients.count == steps * readSize, "readGradients has the wrong count")
        var gradients = Gradients(interface: [], initial: initialState(memory: inputs.initial.memory.map { _ in 0 }))
        var dRaw: [[Double]] = []
        for step in (0..<steps).reversed() {
            let dReads = Array(readGradients[step * readSize..<(step + 1) * readSize])
            let (before, after) = (trace.states[step], trace.states[step + 1])
            for head in 0..<readHeads {
                readBackward(head, after, dReads, &gradients.initial)
            }
            let dParameters = advanceBackward(before, after, trace.stages[step], &gradients.initial)
            dRaw.append(activatedBackward(trace.stages[step].parameters, dParameters))
        }
        gradients.interface = dRaw.reversed().flatMap { $0 }
        return gradients
    }

    /// The raw interface vector of step `step`.
    private func raw(_ inputs: Inputs, _ step: Int) -> ArraySlice<Double> {
        inputs.interface[step * interfaceSize..<(step + 1) * interfaceSize]
    }

    /// T, after checking that all arrays fit.
    private func checkedSteps(_ inputs: Inputs) -> Int {
        let steps = inputs.interface.count / interfaceSize
        precondition(inputs.interface.count == steps * interfaceSize, "interface is not (T, \(interfaceSize))")
        let state = inputs.initial
        precondition(state.memory.count == rows * columns, "memory is not (\(rows), \(columns))")
        precondition(state.links.count == rows * rows, "links are not (\(rows), \(rows))")
        precondition(state.readWeightings.count == readHeads * rows, "readWeightings are not (\(readHeads), \(rows))")
        precondition(
            [state.usage, state.precedence, state.writeWeighting].allSatisfy { $0.count == rows },
            "usage, precedence or writeWeighting is not (\(rows))")
        return steps
    }
}

// MARK: - One step

extension ReferenceDNC {
    /// From one state to the next.
    private func advance(
        _ state: State, _ parameters: Parameters, _ rounded: ([Double]) -> [Double]
    ) -> (Stages, State) {
        let retention = rounded(retention(parameters.freeGates, state.readWeightings))
        let usage = rounded(nextUsage(state, retention))
        let order = Self.order(of: usage)
        let allocation = rounded(allocation(of: usage, in: order))
        let writeContent = content(state.memory, parameters.writeQuery, rounded)
        let weighting = rounded(writeWeighting(allocation, writeContent.weights, parameters))
        let memory = rounded(written(state.memory, weighting, retention, parameters))
        let links = rounded(nextLinks(state, weighting))
        let precedence = rounded(nextPrecedence(state.precedence, weighting))
        let readings = (0..<readHeads).map { head in
            reading(
                memory, links, previous: self.weighting(head, of: state.readWeightings), parameters, head: head,
                rounded)
        }
        let stages = Stages(
            parameters: parameters, retention: retention, order: order, allocation: allocation,
            writeContent: writeContent, readings: readings)
        let next = State(
            memory: memory, usage: usage, precedence: precedence, links: links, writeWeighting: weighting,
            readWeightings: readings.flatMap(\.weighting))
        return (stages, next)
    }

    /// Differentiates `advance`: takes the gradient of the state after it to that of the state before it, and returns
    /// that of the parameters.
    private func advanceBackward(
        _ before: State, _ after: State, _ stages: Stages, _ dState: inout State
    ) -> Parameters {
        var dParameters = Parameters(zeroLike: stages.parameters)
        var dBefore = initialState(memory: before.memory.map { _ in 0 })
        for head in 0..<readHeads {
            readingBackward(head, before, after, stages, &dState, &dParameters, &dBefore)
        }
        nextPrecedenceBackward(before.precedence, after.writeWeighting, &dState, &dBefore)
        nextLinksBackward(before, after.writeWeighting, &dState, &dBefore)

        var dRetention = writtenBackward(before, after, stages, &dState, &dParameters, &dBefore)
        let (dAllocation, dContent) = writeWeightingBackward(stages, dState.writeWeighting, &dParameters)
        contentBackward(
            before.memory, stages.parameters.writeQuery, stages.writeContent, dContent, &dParameters.writeQuery,
            dMemory: &dBefore.memory)
        allocationBackward(after.usage, stages.order, dAllocation, dUsage: &dState.usage)
        nextUsageBackward(before, stages.retention, dState.usage, &dRetention, &dBefore)
        retentionBackward(before, stages.parameters.freeGates, dRetention, &dParameters, &dBefore)
        dState = dBefore
        return dParameters
    }

    /// A read head's weighting of all (R, N).
    func weighting(_ head: Int, of readWeightings: [Double]) -> [Double] {
        Array(readWeightings[head * rows..<(head + 1) * rows])
    }
}

// MARK: - Reads and writes

extension ReferenceDNC {
    /// r = sum_i w(i) M(i).
    private func read(_ memory: [Double], _ weights: [Double]) -> [Double] {
        (0..<columns).map { column in
            (0..<rows).reduce(0) { $0 + weights[$1] * memory[$1 * columns + column] }
        }
    }

    /// Differentiates one head's `read`: adds to dL/dM and dL/dw.
    private func readBackward(_ head: Int, _ state: State, _ dReads: [Double], _ dState: inout State) {
        for row in 0..<rows {
            for column in 0..<columns {
                let position = row * columns + column
                let dRead = dReads[head * columns + column]
                dState.readWeightings[head * rows + row] += dRead * state.memory[position]
                dState.memory[position] += dRead * state.readWeightings[head * rows + row]
            }
        }
    }

    /// M'(i) = M(i) (1 - w(i) e) + w(i) v, column by column; with de-allocation, psi(i) M(i) for M(i).
    private func written(
        _ memory: [Double], _ weights: [Double], _ retention: [Double], _ parameters: Parameters
    ) -> [Double] {
        var result = memory
        for row in 0..<rows {
            for column in 0..<columns {
                let position = row * columns + column
                let old = (settings.deallocates ? retention[row] : 1) * memory[position]
                result[position] =
                    old * (1 - weights[row] * parameters.erase[column]) + weights[row] * parameters.write[column]
            }
        }
        return result
    }

    /// Differentiates `written`: adds to dL/dw, dL/de, dL/dv and dL/dM, returns dL/dpsi.
    private func writtenBackward(
        _ before: State, _ after: State, _ stages: Stages, _ dState: inout State, _ dParameters: inout Parameters,
        _ dBefore: inout State
    ) -> [Double] {
        var dRetention = Array(repeating: 0.0, count: rows)
        let (erase, write) = (stages.parameters.erase, stages.parameters.write)
        for row in 0..<rows {
            let weight = after.writeWeighting[row]
            let kept = settings.deallocates ? stages.retention[row] : 1
            for column in 0..<columns {
                let position = row * columns + column
                let (old, dResult) = (kept * before.memory[position], dState.memory[position])
                dState.writeWeighting[row] += dResult * (write[column] - erase[column] * old)
                dParameters.erase[column] -= dResult * weight * old
                dParameters.write[column] += dResult * weight
                let dOld = dResult * (1 - weight * erase[column])
                dBefore.memory[position] += dOld * kept
                dRetention[row] += settings.deallocates ? dOld * before.memory[position] : 0
            }
        }
        return dRetention
    }
}

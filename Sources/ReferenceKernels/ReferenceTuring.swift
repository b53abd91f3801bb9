// ReferenceTuring.swift: the Neural Turing machine's memory, as the paper prints it, for one batch element.
//
// What it is: Graves et al. 2014, sections 3.1 to 3.3, in Double, with every memory and every intermediate vector kept.
// What it is not: fast, or the fused and replaying C kernel. It shares the kernel's conventions (the order of heads and
// of raw parameters, the two floors), which CKernels/include/ck_turing.h states, and nothing else.

/// The memory of a Neural Turing machine: N rows of M columns, and P pairs of a read head and a write head.
///
/// Heads act in the order read 1, write 1, read 2, write 2, ...; each read sees every write made before it. Head 2p
/// reads, head 2p + 1 writes. S = 2n + 1 is the number of shifts.
public struct ReferenceTuring: Sendable {
    /// N, the number of memory rows.
    public let rows: Int
    /// M, the number of memory columns.
    public let columns: Int
    /// P, the number of pairs of heads.
    public let pairs: Int
    /// n, the largest shift; 2n + 1 <= N.
    public let maxShift: Int
    /// Raw head parameters are limited to this size; 0 means no limit.
    public let clip: Double

    /// What one episode feeds in.
    public struct Inputs: Sendable {
        /// Raw interface vectors, shape (T, interfaceSize); per pair [read head | write head].
        public var interface: [Double]
        /// M_0, shape (N, M).
        public var memory: [Double]
        /// Every head's focus before the first step, shape (2P, N), each on the simplex.
        public var focus: [Double]

        /// Takes the arrays as they are; `ReferenceTuring` checks their counts when it uses them.
        public init(interface: [Double], memory: [Double], focus: [Double]) {
            self.interface = interface
            self.memory = memory
            self.focus = focus
        }
    }

    /// Gradients of a scalar loss, shaped like `Inputs`.
    public typealias Gradients = Inputs

    /// What the forward pass gives, and what the backward pass needs of it.
    public struct Trace: Sendable {
        /// Read vectors, shape (T, P * M).
        public var reads: [Double] = []
        /// The memory before every write and after the last, each (N, M); write p of step t sees element t * P + p.
        public var memories: [[Double]]
        /// Head h's addressing in step t at t * 2P + h.
        public var addressings: [Addressing] = []

        /// The memory after all steps.
        public var finalMemory: [Double] { memories[memories.count - 1] }
    }

    /// A memory of this shape; N, M, P >= 1.
    public init(rows: Int, columns: Int, pairs: Int = 1, maxShift: Int = 1, clip: Double = 0) {
        precondition(rows >= 1 && columns >= 1 && pairs >= 1, "rows, columns and pairs must be at least 1")
        precondition(maxShift >= 0 && 2 * maxShift + 1 <= rows, "maxShift is \(maxShift), with \(rows) rows")
        precondition(clip >= 0, "clip is \(clip), must be at least 0")
        self.rows = rows
        self.columns = columns
        self.pairs = pairs
        self.maxShift = maxShift
        self.clip = clip
    }

    /// S, the number of shifts.
    public var shifts: Int { 2 * maxShift + 1 }
    /// Raw parameters of a read head: k, beta, g, s, gamma.
    public var readHeadSize: Int { columns + 2 + shifts + 1 }
    /// Raw parameters of a write head: a read head's, then e and a.
    public var writeHeadSize: Int { readHeadSize + 2 * columns }
    /// Raw parameters of one step.
    public var interfaceSize: Int { pairs * (readHeadSize + writeHeadSize) }

    /// Runs one episode.
    ///
    /// The number of steps follows from the number of interface vectors.
    ///
    /// - `rounded`: Goes over the result of every stage. It changes nothing, unless somebody wants to learn what
    ///   rounding every stage would do, see `ErrorBound.conditioned`.
    public func forward(_ inputs: Inputs, rounded: ([Double]) -> [Double] = { $0 }) -> Trace {
        let steps = checkedSteps(inputs)
        var trace = Trace(memories: [inputs.memory])
        for step in 0..<steps {
            for pair in 0..<pairs {
                let memory = trace.finalMemory
                let reading = address(inputs, trace, step, head: 2 * pair, rounded)
                let writing = address(inputs, trace, step, head: 2 * pair + 1, rounded)
                trace.addressings += [reading, writing]
                trace.reads += rounded(read(memory, reading.weights))
                trace.memories.append(rounded(written(memory, writing.weights, writing.parameters)))
            }
        }
        return trace
    }

    /// Differentiates `forward`, step by step from the last to the first.
    ///
    /// - `readGradients`: dL/dr, shape (T, P * M).
    ///
    /// Returns dL/d(raw interface), dL/dM_0 and dL/d(first focus).
    public func backward(_ inputs: Inputs, _ trace: Trace, readGradients: [Double]) -> Gradients {
        let steps = checkedSteps(inputs)
        precondition(readGradients.count == steps * pairs * columns, "readGradients has the wrong count")
        var gradients = Gradients(
            interface: Array(repeating: 0, count: inputs.interface.count),
            memory: Array(repeating: 0, count: inputs.memory.count),
            focus: Array(repeating: 0, count: inputs.focus.count))
        for step in (0..<steps).reversed() {
            for pair in (0..<pairs).reversed() {
                let position = step * pairs + pair
                let memory = trace.memories[position]

                let writing = trace.addressings[2 * position + 1]
                var dWriting = HeadParameters(zeroLike: writing.parameters)
                let dWriteWeights = writeBackward(
                    memory, writing.weights, writing.parameters, dMemory: &gradients.memory, &dWriting)
                addressBackward(
                    inputs, trace, step, head: 2 * pair + 1, dWeights: dWriteWeights, &dWriting, &gradients)

                let reading = trace.addressings[2 * position]
                var dReading = HeadParameters(zeroLike: reading.parameters)
                let dRead = Array(readGradients[position * columns..<(position + 1) * columns])
                let dReadWeights = readBackward(memory, reading.weights, dRead, dMemory: &gradients.memory)
                addressBackward(inputs, trace, step, head: 2 * pair, dWeights: dReadWeights, &dReading, &gradients)
            }
        }
        return gradients
    }

    /// T, after checking that all arrays fit.
    private func checkedSteps(_ inputs: Inputs) -> Int {
        let steps = inputs.interface.count / interfaceSize
        precondition(inputs.interface.count == steps * interfaceSize, "interface is not (T, \(interfaceSize))")
        precondition(inputs.memory.count == rows * columns, "memory is not (\(rows), \(columns))")
        precondition(inputs.focus.count == 2 * pairs * rows, "focus is not (\(2 * pairs), \(rows))")
        return steps
    }
}

// MARK: - Reads and writes

extension ReferenceTuring {
    /// r = sum_i w(i) M(i).
    private func read(_ memory: [Double], _ weights: [Double]) -> [Double] {
        (0..<columns).map { column in
            (0..<rows).reduce(0) { $0 + weights[$1] * memory[$1 * columns + column] }
        }
    }

    /// Differentiates `read`: adds to dL/dM, returns dL/dw.
    private func readBackward(
        _ memory: [Double], _ weights: [Double], _ dRead: [Double], dMemory: inout [Double]
    ) -> [Double] {
        var dWeights = Array(repeating: 0.0, count: rows)
        for row in 0..<rows {
            for column in 0..<columns {
                let position = row * columns + column
                dWeights[row] += dRead[column] * memory[position]
                dMemory[position] += weights[row] * dRead[column]
            }
        }
        return dWeights
    }

    /// M'(i) = M(i) (1 - w(i) e) + w(i) a, column by column.
    private func written(_ memory: [Double], _ weights: [Double], _ head: HeadParameters) -> [Double] {
        var result = memory
        for row in 0..<rows {
            for column in 0..<columns {
                let kept = 1 - weights[row] * head.erase[column]
                result[row * columns + column] *= kept
                result[row * columns + column] += weights[row] * head.add[column]
            }
        }
        return result
    }

    /// Differentiates `written`: takes dL/dM' to dL/dM in place, adds to dL/de and dL/da, returns dL/dw.
    private func writeBackward(
        _ memory: [Double], _ weights: [Double], _ head: HeadParameters, dMemory: inout [Double],
        _ dHead: inout HeadParameters
    ) -> [Double] {
        var dWeights = Array(repeating: 0.0, count: rows)
        for row in 0..<rows {
            for column in 0..<columns {
                let position = row * columns + column
                let dResult = dMemory[position]
                dWeights[row] += dResult * (head.add[column] - head.erase[column] * memory[position])
                dHead.erase[column] -= dResult * weights[row] * memory[position]
                dHead.add[column] += dResult * weights[row]
                dMemory[position] = dResult * (1 - weights[row] * head.erase[column])
            }
        }
        return dWeights
    }
}

// MARK: - One head of one step

extension ReferenceTuring {
    /// Where head `head`'s raw parameters of step `step` stand in the interface array.
    private func rawRange(_ step: Int, head: Int) -> Range<Int> {
        let pairStart = step * interfaceSize + head / 2 * (readHeadSize + writeHeadSize)
        return head % 2 == 0
            ? pairStart..<pairStart + readHeadSize
            : pairStart + readHeadSize..<pairStart + readHeadSize + writeHeadSize
    }

    /// The head's focus before step `step`.
    private func previousFocus(_ inputs: Inputs, _ trace: Trace, _ step: Int, head: Int) -> [Double] {
        step == 0
            ? Array(inputs.focus[head * rows..<(head + 1) * rows])
            : trace.addressings[(step - 1) * 2 * pairs + head].weights
    }

    /// The head's addressing on the memory as it stands.
    private func address(
        _ inputs: Inputs, _ trace: Trace, _ step: Int, head: Int, _ rounded: ([Double]) -> [Double]
    ) -> Addressing {
        let parameters = activated(inputs.interface[rawRange(step, head: head)])
        return addressing(
            trace.finalMemory, parameters, previous: previousFocus(inputs, trace, step, head: head), rounded)
    }

    /// Differentiates `address`.
    ///
    /// `dWeights` is what this step's read or write gives the focus; what the next step gives it stands in
    /// `gradients.focus`, which ends as the gradient of the previous focus. Adds to dL/dM.
    private func addressBackward(
        _ inputs: Inputs, _ trace: Trace, _ step: Int, head: Int, dWeights: [Double], _ dHead: inout HeadParameters,
        _ gradients: inout Gradients
    ) {
        let pair = head / 2
        let focus = head * rows..<(head + 1) * rows
        let dTotal = zip(dWeights, gradients.focus[focus]).map { $0 + $1 }
        let dPrevious = addressingBackward(
            trace.memories[step * pairs + pair], trace.addressings[step * 2 * pairs + head],
            previous: previousFocus(inputs, trace, step, head: head), dWeights: dTotal, &dHead,
            dMemory: &gradients.memory)
        gradients.focus.replaceSubrange(focus, with: dPrevious)
        let raw = rawRange(step, head: head)
        gradients.interface.replaceSubrange(raw, with: activatedBackward(inputs.interface[raw], dHead))
    }
}

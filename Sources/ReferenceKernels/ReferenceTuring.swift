// ReferenceTuring.swift: the Neural Turing machine's memory, as the paper prints it, for one batch element.
//
// What it is: Graves et al. 2014, sections 3.1 to 3.3, in Double, with every memory and every intermediate vector kept.
// What it is not: fast, or the fused and replaying C kernel. It shares the kernel's conventions (the order of heads and
// of raw parameters, the two floors), which CKernels/include/ck_turing.h states, and nothing else.

/// The memory of a Neural Turing machine: N rows of M columns, R read heads and W write heads.
///
/// Heads act one after the other, in the order read 1, write 1, read 2, write 2, ... (see `order`); each read sees
/// every write made before it. H = R + W is the number of heads, S = 2n + 1 that of shifts.
public struct ReferenceTuring: Sendable {
    /// N, the number of memory rows.
    public let rows: Int
    /// M, the number of memory columns.
    public let columns: Int
    /// R, the number of read heads.
    public let readHeads: Int
    /// W, the number of write heads.
    public let writeHeads: Int
    /// What each head does, in the order in which they act: this is also their order in all arrays.
    ///
    /// Before write w comes read w. Before the last write come all reads that are left; where reads are fewer, writes
    /// come last.
    public let order: [Head]
    /// n, the largest shift; 2n + 1 <= N.
    public let maxShift: Int
    /// Raw head parameters are limited to this size; 0 means no limit.
    public let clip: Double

    /// What a head does.
    public enum Head: Sendable {
        /// Reads the memory as it stands.
        case read
        /// Changes it.
        case write
    }

    /// What one episode feeds in.
    public struct Inputs: Sendable {
        /// Raw interface vectors, shape (T, interfaceSize); head after head.
        public var interface: [Double]
        /// M_0, shape (N, M).
        public var memory: [Double]
        /// Every head's focus before the first step, shape (H, N), each on the simplex.
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
        /// Read vectors, shape (T, R * M).
        public var reads: [Double] = []
        /// The memory before every write and after the last, each (N, M); write w of step t sees element t * W + w.
        public var memories: [[Double]]
        /// Head h's addressing in step t at t * H + h.
        public var addressings: [Addressing] = []

        /// The memory after all steps.
        public var finalMemory: [Double] { memories[memories.count - 1] }
    }

    /// A memory of this shape with as many read heads as write heads; N, M, P >= 1.
    public init(rows: Int, columns: Int, pairs: Int = 1, maxShift: Int = 1, clip: Double = 0) {
        self.init(
            rows: rows, columns: columns, readHeads: pairs, writeHeads: pairs, maxShift: maxShift, clip: clip)
    }

    /// A memory of this shape; N, M, R, W >= 1.
    public init(
        rows: Int, columns: Int, readHeads: Int, writeHeads: Int, maxShift: Int = 1, clip: Double = 0
    ) {
        precondition(rows >= 1 && columns >= 1, "rows and columns must be at least 1")
        precondition(readHeads >= 1 && writeHeads >= 1, "there must be a read head and a write head")
        precondition(maxShift >= 0 && 2 * maxShift + 1 <= rows, "maxShift is \(maxShift), with \(rows) rows")
        precondition(clip >= 0, "clip is \(clip), must be at least 0")
        self.rows = rows
        self.columns = columns
        self.readHeads = readHeads
        self.writeHeads = writeHeads
        order = Self.order(readHeads, writeHeads)
        self.maxShift = maxShift
        self.clip = clip
    }

    private static func order(_ readHeads: Int, _ writeHeads: Int) -> [Head] {
        var order: [Head] = []
        for write in 1...writeHeads {
            let read = order.count { $0 == .read }
            let upTo = write == writeHeads ? readHeads : min(write, readHeads)
            order += Array(repeating: .read, count: upTo - read) + [.write]
        }
        return order
    }

    /// H, the number of heads.
    public var heads: Int { readHeads + writeHeads }
    /// S, the number of shifts.
    public var shifts: Int { 2 * maxShift + 1 }
    /// Raw parameters of a read head: k, beta, g, s, gamma.
    public var readHeadSize: Int { columns + 2 + shifts + 1 }
    /// Raw parameters of a write head: a read head's, then e and a.
    public var writeHeadSize: Int { readHeadSize + 2 * columns }
    /// Raw parameters of one step.
    public var interfaceSize: Int { readHeads * readHeadSize + writeHeads * writeHeadSize }

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
            for (head, kind) in order.enumerated() {
                let memory = trace.finalMemory
                let addressing = address(inputs, trace, step, head: head, rounded)
                trace.addressings.append(addressing)
                switch kind {
                case .read: trace.reads += rounded(read(memory, addressing.weights))
                case .write:
                    trace.memories.append(rounded(written(memory, addressing.weights, addressing.parameters)))
                }
            }
        }
        return trace
    }

    /// Differentiates `forward`, step by step from the last to the first.
    ///
    /// - `readGradients`: dL/dr, shape (T, R * M).
    ///
    /// Returns dL/d(raw interface), dL/dM_0 and dL/d(first focus).
    public func backward(_ inputs: Inputs, _ trace: Trace, readGradients: [Double]) -> Gradients {
        let steps = checkedSteps(inputs)
        precondition(readGradients.count == steps * readHeads * columns, "readGradients has the wrong count")
        var gradients = Gradients(
            interface: Array(repeating: 0, count: inputs.interface.count),
            memory: Array(repeating: 0, count: inputs.memory.count),
            focus: Array(repeating: 0, count: inputs.focus.count))
        for step in (0..<steps).reversed() {
            for (head, kind) in order.enumerated().reversed() {
                let (memory, addressing) = (memory(trace, step, head: head), trace.addressings[step * heads + head])
                var dHead = HeadParameters(zeroLike: addressing.parameters)
                let dWeights: [Double]
                switch kind {
                case .read:
                    let read = (step * readHeads + count(.read, before: head)) * columns
                    dWeights = readBackward(
                        memory, addressing.weights, Array(readGradients[read..<read + columns]),
                        dMemory: &gradients.memory)
                case .write:
                    dWeights = writeBackward(
                        memory, addressing.weights, addressing.parameters, dMemory: &gradients.memory, &dHead)
                }
                addressBackward(inputs, trace, step, head: head, dWeights: dWeights, &dHead, &gradients)
            }
        }
        return gradients
    }

    /// T, after checking that all arrays fit.
    private func checkedSteps(_ inputs: Inputs) -> Int {
        let steps = inputs.interface.count / interfaceSize
        precondition(inputs.interface.count == steps * interfaceSize, "interface is not (T, \(interfaceSize))")
        precondition(inputs.memory.count == rows * columns, "memory is not (\(rows), \(columns))")
        precondition(inputs.focus.count == heads * rows, "focus is not (\(heads), \(rows))")
        return steps
    }

    /// How many heads of a kind act before a head.
    private func count(_ kind: Head, before head: Int) -> Int { order[..<head].count { $0 == kind } }

    /// The memory that a head sees.
    private func memory(_ trace: Trace, _ step: Int, head: Int) -> [Double] {
        trace.memories[step * writeHeads + count(.write, before: head)]
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
        let before = count(.read, before: head) * readHeadSize + count(.write, before: head) * writeHeadSize
        let start = step * interfaceSize + before
        return start..<start + (order[head] == .read ? readHeadSize : writeHeadSize)
    }

    /// The head's focus before step `step`.
    private func previousFocus(_ inputs: Inputs, _ trace: Trace, _ step: Int, head: Int) -> [Double] {
        step == 0
            ? Array(inputs.focus[head * rows..<(head + 1) * rows])
            : trace.addressings[(step - 1) * heads + head].weights
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
        let focus = head * rows..<(head + 1) * rows
        let dTotal = zip(dWeights, gradients.focus[focus]).map { $0 + $1 }
        let dPrevious = addressingBackward(
            memory(trace, step, head: head), trace.addressings[step * heads + head],
            previous: previousFocus(inputs, trace, step, head: head), dWeights: dTotal, &dHead,
            dMemory: &gradients.memory)
        gradients.focus.replaceSubrange(focus, with: dPrevious)
        let raw = rawRange(step, head: head)
        gradients.interface.replaceSubrange(raw, with: activatedBackward(inputs.interface[raw], dHead))
    }
}

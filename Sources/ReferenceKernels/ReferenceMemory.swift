// ReferenceMemory.swift: neural stack, queue and deque, as the paper prints them, for one batch element.
//
// What it is: equations 1-3 of Grefenstette et al. 2015, "Learning to Transduce with Unbounded Memory", in Double.
// Every step visits every row ever pushed and keeps all strengths; O(T^2) time. What it is not: fast, or the live
// window of the C kernels. It knows nothing of that trick, so that it can judge it.

/// A neural stack, queue or deque over vectors of `width` numbers.
///
/// Sizes: T steps, E ends with strengths and values of their own (1, or 2 for the deque, top before bottom), M width.
/// Every step pops, then pushes, then reads; the deque pops top, pops bottom, pushes both, reads both.
/// Rows are numbered from the bottom (the oldest row of a stack or queue) to the top.
public struct ReferenceMemory: Sendable {
    /// Which of the three memories it is.
    public enum Kind: Sendable, CaseIterable {
        /// Read and popped where it was pushed.
        case stack
        /// Read and popped at the other end.
        case queue
        /// Read, popped and pushed at both ends.
        case deque
    }

    /// The two ends of the list of rows.
    enum End {
        case top, bottom
    }

    /// What one episode feeds in.
    public struct Inputs: Sendable {
        /// Pop strengths u, shape (T, E), each >= 0.
        public var pops: [Double]
        /// Push strengths d, shape (T, E), each >= 0.
        public var pushes: [Double]
        /// Pushed vectors v, shape (T, E, M).
        public var values: [Double]

        /// Takes the arrays as they are; `ReferenceMemory` checks their counts when it uses them.
        public init(pops: [Double], pushes: [Double], values: [Double]) {
            self.pops = pops
            self.pushes = pushes
            self.values = values
        }
    }

    /// What the forward pass gives, and what the backward pass needs of it.
    public struct Trace: Sendable {
        /// Read vectors r, shape (T, E * M).
        public var reads: [Double]
        /// s_t: element t holds the strength of every row after step t's pushes, from bottom to top; (t + 1) * E rows.
        public var strengths: [[Double]]
        /// The smallest distance between the two arguments of any max or min that a small change of the inputs could
        /// bring to matter.
        ///
        /// Finite differences with steps far below it stay within one linear piece.
        public var margin: Double
    }

    /// Gradients of a scalar loss, shaped like `Inputs`.
    public typealias Gradients = Inputs

    /// Which memory.
    public let kind: Kind
    /// M, the length of one pushed vector.
    public let width: Int

    /// A memory of the given kind; `width` >= 1.
    public init(_ kind: Kind, width: Int) {
        precondition(width >= 1, "width is \(width), must be at least 1")
        self.kind = kind
        self.width = width
    }

    /// E, the number of ends with strengths and values of their own.
    public var ends: Int { kind == .deque ? 2 : 1 }

    /// The ends that pop and read, in the order of the arrays.
    private var activeEnds: [End] {
        switch kind {
        case .stack: [.top]
        case .queue: [.bottom]
        case .deque: [.top, .bottom]
        }
    }

    /// The entry that stands in `row` after step `step`: the number step' * E + end of the push that made it.
    public func entry(row: Int, after step: Int) -> Int {
        guard kind == .deque else { return row }
        return row <= step ? 2 * (step - row) + 1 : 2 * (row - step - 1)
    }

    /// Runs one episode from an empty memory.
    ///
    /// The number of steps follows from the number of pops.
    public func forward(_ inputs: Inputs) -> Trace {
        let steps = checkedSteps(inputs)
        var trace = Trace(reads: [], strengths: [], margin: .infinity)
        var strengths: [Double] = []
        for step in 0..<steps {
            for (index, end) in activeEnds.enumerated() {
                let amount = inputs.pops[step * ends + index]
                trace.margin = min(trace.margin, Self.popMargin(strengths, amount, from: end))
                strengths = Self.pop(strengths, amount, from: end)
            }
            strengths = pushed(strengths, inputs, step)
            for end in activeEnds {
                trace.margin = min(trace.margin, Self.readMargin(strengths, from: end))
                trace.reads += read(strengths, inputs.values, after: step, from: end)
            }
            trace.strengths.append(strengths)
        }
        return trace
    }

    /// Differentiates `forward`, step by step from the last to the first.
    ///
    /// - `readGradients`: dL/dr, shape (T, E * M).
    ///
    /// Returns dL/du, dL/dd and dL/dv. At ties the derivative is that of the left argument of max and min.
    public func backward(_ inputs: Inputs, _ trace: Trace, readGradients: [Double]) -> Gradients {
        let steps = checkedSteps(inputs)
        precondition(readGradients.count == steps * ends * width, "readGradients has the wrong count")
        var gradients = Gradients(
            pops: Array(repeating: 0, count: inputs.pops.count),
            pushes: Array(repeating: 0, count: inputs.pushes.count),
            values: Array(repeating: 0, count: inputs.values.count))
        // dL/ds_t, from the steps after t.
        var dStrengths = Array(repeating: 0.0, count: steps * ends)
        for step in stride(from: steps - 1, through: 0, by: -1) {
            for (index, end) in activeEnds.enumerated() {
                let first = (step * ends + index) * width
                readBackward(
                    trace.strengths[step], inputs.values, after: step, from: end,
                    dRead: readGradients[first..<first + width], &dStrengths, &gradients.values)
            }
            takePushes(&dStrengths, &gradients.pushes, step)
            popsBackward(inputs, trace, step, &dStrengths, &gradients.pops)
        }
        return gradients
    }
}

// MARK: - Pops and pushes

extension ReferenceMemory {
    /// The rows' order from an end inwards.
    private static func inwards(from end: End, count: Int) -> StrideThrough<Int> {
        end == .top
            ? stride(from: count - 1, through: 0, by: -1)
            : stride(from: 0, through: count - 1, by: 1)
    }

    /// The rows that stand between an end and `row`.
    private static func rowsBefore(_ row: Int, from end: End, count: Int) -> Range<Int> {
        end == .top ? row + 1..<count : 0..<row
    }

    /// s'[i] = max(0, s[i] - max(0, u - sum of s[j] over the rows j before i)).
    private static func pop(_ strengths: [Double], _ amount: Double, from end: End) -> [Double] {
        var result = strengths
        var sum = 0.0
        for row in inwards(from: end, count: strengths.count) {
            result[row] = max(0, strengths[row] - max(0, amount - sum))
            sum += strengths[row]
        }
        return result
    }

    /// Differentiates `pop`: takes dL/ds' to dL/ds in place, returns dL/du.
    private static func popBackward(
        _ strengths: [Double], _ amount: Double, from end: End, _ gradient: inout [Double]
    ) -> Double {
        let dResult = gradient
        var dAmount = 0.0
        var sum = 0.0
        for row in inwards(from: end, count: strengths.count) {
            gradient[row] = 0
            if strengths[row] - max(0, amount - sum) > 0 {
                gradient[row] = dResult[row]
                if amount - sum > 0 {
                    dAmount -= dResult[row]
                    for nearer in rowsBefore(row, from: end, count: strengths.count) {
                        gradient[nearer] += dResult[row]
                    }
                }
            }
            sum += strengths[row]
        }
        return dAmount
    }

    /// How far the pop is from a kink.
    ///
    /// Rows of strength 0 do not count: they stay 0 whatever is popped.
    private static func popMargin(_ strengths: [Double], _ amount: Double, from end: End) -> Double {
        var margin = Double.infinity
        var sum = 0.0
        for row in inwards(from: end, count: strengths.count) {
            if strengths[row] > 0 {
                margin = min(margin, abs(amount - sum), abs(strengths[row] - max(0, amount - sum)))
            }
            sum += strengths[row]
        }
        return margin
    }

    /// The rows with step `step`'s new ones: on top, and for the deque at the bottom too.
    private func pushed(_ strengths: [Double], _ inputs: Inputs, _ step: Int) -> [Double] {
        let top = inputs.pushes[step * ends]
        return kind == .deque ? [inputs.pushes[step * 2 + 1]] + strengths + [top] : strengths + [top]
    }

    /// Differentiates `pushed`: the new rows' gradients are the push strengths', and the new rows go.
    private func takePushes(_ dStrengths: inout [Double], _ dPushes: inout [Double], _ step: Int) {
        dPushes[step * ends] = dStrengths.removeLast()
        if kind == .deque {
            dPushes[step * 2 + 1] = dStrengths.removeFirst()
        }
    }

    /// Differentiates step `step`'s pops, the last one first.
    private func popsBackward(
        _ inputs: Inputs, _ trace: Trace, _ step: Int, _ dStrengths: inout [Double], _ dPops: inout [Double]
    ) {
        // The strengths that each pop of the step saw.
        var seen = [step == 0 ? [] : trace.strengths[step - 1]]
        for (index, end) in activeEnds.enumerated() {
            seen.append(Self.pop(seen[index], inputs.pops[step * ends + index], from: end))
        }
        for (index, end) in activeEnds.enumerated().reversed() {
            let position = step * ends + index
            dPops[position] = Self.popBackward(seen[index], inputs.pops[position], from: end, &dStrengths)
        }
    }
}

// MARK: - Reads

extension ReferenceMemory {
    /// r = sum over the rows i of min(s[i], max(0, 1 - sum of s[j] over the rows j before i)) V[i].
    private func read(_ strengths: [Double], _ values: [Double], after step: Int, from end: End) -> [Double] {
        var result = Array(repeating: 0.0, count: width)
        var sum = 0.0
        for row in Self.inwards(from: end, count: strengths.count) {
            let weight = min(strengths[row], max(0, 1 - sum))
            let first = entry(row: row, after: step) * width
            for column in 0..<width {
                result[column] += weight * values[first + column]
            }
            sum += strengths[row]
        }
        return result
    }

    /// Differentiates `read`: adds to dL/ds and dL/dV.
    private func readBackward(
        _ strengths: [Double], _ values: [Double], after step: Int, from end: End, dRead: ArraySlice<Double>,
        _ dStrengths: inout [Double], _ dValues: inout [Double]
    ) {
        var sum = 0.0
        for row in Self.inwards(from: end, count: strengths.count) {
            let room = max(0, 1 - sum)
            let weight = min(strengths[row], room)
            let first = entry(row: row, after: step) * width
            var dWeight = 0.0
            for column in 0..<width {
                let dColumn = dRead[dRead.startIndex + column]
                dWeight += dColumn * values[first + column]
                dValues[first + column] += weight * dColumn
            }
            if strengths[row] <= room {
                dStrengths[row] += dWeight
            } else if 1 - sum > 0 {
                for nearer in Self.rowsBefore(row, from: end, count: strengths.count) {
                    dStrengths[nearer] -= dWeight
                }
            }
            sum += strengths[row]
        }
    }

    /// How far the read is from a kink.
    ///
    /// Rows of strength 0 do not count: their weight is 0 wherever they stand.
    private static func readMargin(_ strengths: [Double], from end: End) -> Double {
        var margin = Double.infinity
        var sum = 0.0
        for row in inwards(from: end, count: strengths.count) {
            if strengths[row] > 0 {
                margin = min(margin, abs(1 - sum), abs(strengths[row] - max(0, 1 - sum)))
            }
            sum += strengths[row]
        }
        return margin
    }

    /// T, after checking that all arrays have it.
    private func checkedSteps(_ inputs: Inputs) -> Int {
        let steps = inputs.pops.count / ends
        precondition(inputs.pops.count == steps * ends, "pops has \(inputs.pops.count) elements, not T * \(ends)")
        precondition(inputs.pushes.count == inputs.pops.count, "pushes and pops differ in count")
        precondition(inputs.values.count == steps * ends * width, "values is not (T, \(ends), \(width))")
        return steps
    }
}

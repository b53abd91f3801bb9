// The live window of stack, queue and deque; contract in ck_window.h.

import CKernels

extension Kernels {
    /// The window kernels for one shape, with the workspace they keep between forward and backward.
    package final class Window {
        private var shape: ck_window_shape
        private let workspace = Workspace()

        /// `kind`: "stack", "queue" or "deque".
        package init(kind: String, width: Int) {
            let kernelKind = ["stack": CK_STACK, "queue": CK_QUEUE, "deque": CK_DEQUE][kind]
            guard let kernelKind else { preconditionFailure("no window kernel for \(kind)") }
            shape = ck_window_shape(kind: kernelKind, steps: 0, batch: 0, width: width)
        }

        /// The number of ends with strengths and values of their own: 1, or 2 for the deque.
        package var ends: Int { ck_window_ends(shape.kind) }

        /// The most steps that an episode may have.
        package var mostSteps: Int { ck_window_max_steps(shape.kind) }

        /// Bytes of the workspace for an episode, also for one with more steps than the kernels count.
        package func workspaceBytes(steps: Int, batch: Int) -> Double {
            var one = shape
            one.steps = min(steps, mostSteps)
            one.batch = 1
            return Double(ck_window_workspace_size(one)) * Double(batch) * Double(steps) / Double(max(1, one.steps))
        }

        package func begin(steps: Int, batch: Int) {
            shape.steps = steps
            shape.batch = batch
            workspace.reserve(bytes: ck_window_workspace_size(shape))
            ck_window_begin(shape, workspace.pointer)
        }

        /// A pushed vector that is not fully popped.
        package struct Entry {
            /// step · E + end; end 0 is the top, or all there is, and 1 the bottom.
            package let number: Int
            package let strength: Double
        }

        /// The live entries of a batch element, from bottom to top.
        package func entries(_ element: Int) -> [Entry] {
            let count = ck_window_entries(shape, workspace.pointer, element, 0, nil, nil)
            var numbers = [Int32](repeating: 0, count: count)
            var strengths = [Float](repeating: 0, count: count)
            _ = ck_window_entries(shape, workspace.pointer, element, count, &numbers, &strengths)
            return zip(numbers, strengths).map { Entry(number: Int($0), strength: Double($1)) }
        }

        /// Whether an end's read starts at the bottom: of a queue, and of a deque's second end.
        package func readsBottom(end: Int) -> Bool { shape.kind == CK_QUEUE || end == 1 }

        /// The entries alive of the fullest of some batch elements.
        package func live(_ rows: [Int]) -> Int {
            rows.map { ck_window_entries(shape, workspace.pointer, $0, 0, nil, nil) }.max() ?? 0
        }

        package func forward(
            steps: Range<Int>, strengths: UnsafePointer<Float>, values: UnsafePointer<Float>,
            reads: Rows
        ) {
            ck_window_forward(
                shape, workspace.pointer, ck_span(steps, 0..<shape.batch), strengths, values, reads.pointer,
                reads.stride)
        }

        package func beginBackward(valueGradients: UnsafeMutablePointer<Float>) {
            ck_window_begin_backward(shape, workspace.pointer, valueGradients)
        }

        package func backward(
            steps: Range<Int>, values: UnsafePointer<Float>, readGradients: Rows,
            strengthGradients: UnsafeMutablePointer<Float>, valueGradients: UnsafeMutablePointer<Float>
        ) {
            ck_window_backward(
                shape, workspace.pointer, ck_span(steps, 0..<shape.batch), values, readGradients.pointer,
                readGradients.stride, strengthGradients, valueGradients)
        }
    }
}

// MARK: - State of one sequence

extension Kernels.Window {
    /// Everything that the next steps of one sequence depend on: the L live entries, from bottom to top.
    package struct State: Equatable, Sendable {
        /// Strengths (L) and vectors (L, M).
        package var strengths, values: [Float]

        package init(strengths: [Float], values: [Float]) {
            self.strengths = strengths
            self.values = values
        }
    }

    /// The state of a sequence after the steps done.
    ///
    /// `values` are those of the episode, (T, B, E, M).
    package func save(element: Int, values: UnsafePointer<Float>) -> State {
        let entries = entries(element)
        return State(
            strengths: entries.map { Float($0.strength) },
            values: entries.flatMap {
                UnsafeBufferPointer(start: values + place(of: $0.number, element), count: shape.width)
            })
    }

    /// Gives a sequence this state: its entries count as pushed in steps 0..<carried, E a step, and their vectors are
    /// copied to the rows of these steps in `values` (T, B, E, M).
    ///
    /// Its next step is number `carried`.
    package func restore(
        _ state: State, element: Int, carried: Int, values: UnsafeMutablePointer<Float>
    ) {
        let count = state.strengths.count
        precondition(state.values.count == count * shape.width, "the state is of another width")
        precondition(count <= carried * ends && carried < shape.steps, "the entries do not fit into \(carried) steps")
        ck_window_restore(shape, workspace.pointer, element, carried, count, state.strengths)
        state.values.withUnsafeBufferPointer { vectors in
            guard let start = vectors.baseAddress else { return }
            for number in 0..<count {
                (values + place(of: number, element)).update(from: start + number * shape.width, count: shape.width)
            }
        }
    }

    /// Where the vector of an entry begins among values (T, B, E, M).
    private func place(of number: Int, _ element: Int) -> Int {
        ((number / ends * shape.batch + element) * ends + number % ends) * shape.width
    }
}

// MARK: - Inspection

extension Kernels.Window {
    /// What a read took of an entry.
    package struct ReadWeight: Equatable, Sendable {
        /// As of `Entry`.
        package let number: Int
        package let weight: Float
    }

    /// What the last read of a sequence at an end took, in the order of reading; end 0 is the top, or all there is.
    package func readWeights(_ element: Int, end: Int) -> [ReadWeight] {
        let count = ck_window_read_weights(shape, workspace.pointer, element, end, 0, nil, nil)
        var numbers = [Int32](repeating: 0, count: count)
        var weights = [Float](repeating: 0, count: count)
        _ = ck_window_read_weights(shape, workspace.pointer, element, end, count, &numbers, &weights)
        return zip(numbers, weights).map { ReadWeight(number: Int($0), weight: $1) }
    }
}

// The memory of the differentiable neural computer; contract in ck_dnc.h.

import CKernels

extension Kernels {
    /// The DNC's kernels for one shape, with the workspace they keep between forward and backward.
    package final class DNC {
        /// N, M and R, and what departs from the paper.
        package struct Shape: Sendable {
            package var rows, columns, readHeads: Int
            package var stopsUsageGradient = false
            package var floorsUsage = false
            package var smoothsCosine = false
            package var masksKeys = false
            package var deallocates = false
            package var sharpensLinks = false

            package init(rows: Int, columns: Int, readHeads: Int) {
                self.rows = rows
                self.columns = columns
                self.readHeads = readHeads
            }
        }

        private var shape: ck_dnc_shape
        private let workspace = Workspace()

        package init(_ shape: Shape) {
            func number(_ isOn: Bool) -> Int32 { isOn ? 1 : 0 }
            self.shape = ck_dnc_shape(
                steps: 0, batch: 0, rows: shape.rows, columns: shape.columns, heads: shape.readHeads, segment: 1,
                stops_usage_gradient: number(shape.stopsUsageGradient), floors_usage: number(shape.floorsUsage),
                smooths_cosine: number(shape.smoothsCosine), masks: number(shape.masksKeys),
                deallocates: number(shape.deallocates), sharpens: number(shape.sharpensLinks))
        }

        package var interfaceSize: Int { ck_dnc_interface_size(shape) }

        /// The most steps that an episode may have.
        package static let mostSteps = Int(Int32.max)

        /// Bytes of the workspace for an episode; without a tape (segment 0) they do not depend on `steps`.
        ///
        /// Where there are more than the kernels count, it is those of the largest arrays.
        package func workspaceBytes(steps: Int, batch: Int, segment: Int) -> Double {
            let (rows, columns) = (Double(shape.rows), Double(shape.columns))
            let kept = segment == 0 ? 2 : Double(steps)
            let records = rows * Double(6 * shape.heads + 9)
            let states = segment == 0 ? 1 : 2 + Double(steps) / Double(segment) + Double(segment)
            let rough = 4 * Double(batch) * (kept * records + states * rows * (rows + columns))
            guard rough < 0x1p56, segment == 0 || steps <= Self.mostSteps else { return rough }
            func size(batch: Int) -> Double {
                var other = shape
                other.steps = steps
                other.batch = batch
                other.segment = segment
                return Double(ck_dnc_workspace_size(other))
            }
            let (one, two) = (size(batch: 1), size(batch: 2))
            guard one > 0, two > 0 else { return rough }
            return one + (two - one) * Double(batch - 1)
        }

        /// Starts an episode of all sequences with `memory` (N, M).
        ///
        /// `segment`: steps between two kept memories; 0 for no tape, and then any number of steps.
        package func begin(steps: Int, batch: Int, segment: Int, memory: UnsafePointer<Float>) {
            reserve(steps: steps, batch: batch, segment: segment)
            ck_dnc_begin(shape, workspace.pointer, memory)
        }

        /// Makes room for an episode; `restore` must be called for each sequence before its first step.
        package func beginRestored(steps: Int, batch: Int, segment: Int) {
            reserve(steps: steps, batch: batch, segment: segment)
        }

        private func reserve(steps: Int, batch: Int, segment: Int) {
            shape.steps = steps
            shape.batch = batch
            shape.segment = segment
            workspace.reserve(bytes: ck_dnc_workspace_size(shape))
        }

        package func forward(steps: Range<Int>, interface: UnsafePointer<Float>, reads: Rows) {
            ck_dnc_forward(
                shape, workspace.pointer, ck_span(steps, 0..<shape.batch), interface, reads.pointer, reads.stride)
        }

        package func beginBackward() { ck_dnc_begin_backward(shape, workspace.pointer) }

        package func backward(
            steps: Range<Int>, interface: UnsafePointer<Float>, readGradients: Rows,
            interfaceGradients: UnsafeMutablePointer<Float>
        ) {
            ck_dnc_backward(
                shape, workspace.pointer, ck_span(steps, 0..<shape.batch), interface, readGradients.pointer,
                readGradients.stride, interfaceGradients)
        }

        /// Adds the gradient of the initial memory (N, M).
        package func finishBackward(memoryGradient: UnsafeMutablePointer<Float>) {
            ck_dnc_finish_backward(shape, workspace.pointer, memoryGradient)
        }
    }
}

// MARK: - State of one sequence

extension Kernels.DNC {
    /// Everything that the next steps of one sequence depend on.
    package struct State: Equatable, Sendable {
        /// Memory (N, M), the norms of its rows (N) as the kernels keep them, links (N, N).
        package var memory, norms, links: [Float]
        /// Usage, precedence and write weighting (N each), read weightings (R, N).
        package var usage, precedence, write, reads: [Float]

        /// The arrays by name, in the order of `ck_dnc_state`.
        package static var arrays: [(name: String, array: WritableKeyPath<State, [Float]>)] {
            [
                ("rows", \.memory), ("norms", \.norms), ("links", \.links), ("usage", \.usage),
                ("precedence", \.precedence), ("write", \.write), ("reads", \.reads)
            ]
        }
    }

    /// A state of zeros.
    package func emptyState() -> State {
        func zeros(_ count: Int) -> [Float] { [Float](repeating: 0, count: count) }
        let rows = shape.rows
        return State(
            memory: zeros(rows * shape.columns), norms: zeros(rows), links: zeros(rows * rows), usage: zeros(rows),
            precedence: zeros(rows), write: zeros(rows), reads: zeros(shape.heads * rows))
    }

    /// The state of a sequence after the steps done.
    package func save(element: Int) -> State {
        var state = emptyState()
        withPointers(to: &state) { ck_dnc_save(shape, workspace.pointer, element, $0) }
        return state
    }

    /// Sets a sequence of an episode before step 0 with this state.
    package func restore(_ state: State, element: Int) {
        let empty = emptyState()
        precondition(
            State.arrays.allSatisfy { state[keyPath: $0.array].count == empty[keyPath: $0.array].count },
            "the state is of another shape")
        var state = state
        withPointers(to: &state) { ck_dnc_restore(shape, workspace.pointer, element, $0) }
    }

    private func withPointers(to state: inout State, _ body: (ck_dnc_state) -> Void) {
        var pointers: [UnsafeMutablePointer<Float>?] = []
        func next(_ rest: ArraySlice<WritableKeyPath<State, [Float]>>, _ state: inout State) {
            guard let path = rest.first else {
                body(
                    ck_dnc_state(
                        memory: pointers[0], norms: pointers[1], links: pointers[2], usage: pointers[3],
                        precedence: pointers[4], write: pointers[5], reads: pointers[6]))
                return
            }
            var array: [Float] = []
            swap(&array, &state[keyPath: path])
            array.withUnsafeMutableBufferPointer {
                pointers.append($0.baseAddress)
                next(rest.dropFirst(), &state)
            }
            swap(&array, &state[keyPath: path])
        }
        next(State.arrays.map(\.array)[...], &state)
    }
}

// MARK: - Inspection

extension Kernels.DNC {
    /// What one step computed for one sequence.
    package struct Step: Sendable {
        /// u, ψ, a, p, w^w (N each).
        package let usage, retention, allocation, precedence, write: [Float]
        /// w^r, b and f of each read head (N each), b and f before they are sharpened.
        package let reads, backward, forward: [[Float]]
        /// k (M), β and, where keys have them, masks (M) of the read heads, then of the write head.
        package let keys: [[Float]]
        package let keyStrengths: [Float]
        package let masks: [[Float]]
        /// e and v (M).
        package let erase, add: [Float]
        /// The free gate of each read head, and its modes: backward, content, forward.
        package let freeGates: [Float]
        package let modes: [[Float]]
        /// What links backward and forward are sharpened by, of each read head; empty where they are not.
        package let sharpness: [[Float]]
        /// g^a and g^w.
        package let allocationGate, writeGate: Float
    }

    /// What a step done computed; without a tape, the last one.
    package func step(_ step: Int, element: Int) -> Step {
        let values = ck_dnc_step(shape, workspace.pointer, step, element)
        let (rows, columns, heads) = (shape.rows, shape.columns, shape.heads)
        func copy(_ start: UnsafePointer<Float>?, _ count: Int) -> [Float] {
            Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
        }
        func split(_ start: UnsafePointer<Float>?, _ count: Int, _ width: Int, stride: Int) -> [[Float]] {
            start.map { start in (0..<count).map { copy(start + $0 * stride, width) } } ?? []
        }
        return Step(
            usage: copy(values.usage, rows), retention: copy(values.retention, rows),
            allocation: copy(values.allocation, rows), precedence: copy(values.precedence, rows),
            write: copy(values.write, rows), reads: split(values.reads, heads, rows, stride: values.stride),
            backward: split(values.backward, heads, rows, stride: values.stride),
            forward: split(values.forward, heads, rows, stride: values.stride),
            keys: split(values.keys, heads + 1, columns, stride: columns),
            keyStrengths: copy(values.key_strengths, heads + 1),
            masks: split(values.masks, heads + 1, columns, stride: columns), erase: copy(values.erase, columns),
            add: copy(values.add, columns), freeGates: copy(values.free_gates, heads),
            modes: split(values.modes, heads, 3, stride: 3),
            sharpness: split(values.sharpness, 2, heads, stride: heads),
            allocationGate: values.allocation_gate, writeGate: values.write_gate)
    }

    /// The memory (N, M) and the links (N, N) of a sequence after the steps done.
    package func matrices(element: Int) -> (memory: [Float], links: [Float]) {
        var state = emptyState()
        ck_dnc_matrices(shape, workspace.pointer, element, &state.memory, &state.links)
        return (state.memory, state.links)
    }
}

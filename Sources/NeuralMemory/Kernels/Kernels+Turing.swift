// The Turing memory; contract in ck_turing.h.

import CKernels

extension Kernels {
    /// The Turing memory's kernels for one shape, with the workspace they keep between forward and backward.
    package final class Turing {
        private var shape: ck_turing_shape
        private let workspace = Workspace()

        package init(
            rows: Int, columns: Int, readHeads: Int, writeHeads: Int, maximumShift: Int, clip: Float
        ) {
            shape = ck_turing_shape(
                steps: 0, batch: 0, rows: rows, columns: columns, reads: readHeads, writes: writeHeads,
                max_shift: maximumShift, segment: 1, clip: clip)
        }

        /// H.
        fileprivate var heads: Int { shape.reads + shape.writes }

        package var interfaceSize: Int { ck_turing_interface_size(shape) }

        /// The most steps that an episode may have.
        package static let mostSteps = Int(Int32.max)

        /// Bytes of the workspace for an episode; without a tape (segment 0) they do not depend on `steps`.
        ///
        /// Where there are more than the kernels count, it is those of the largest arrays.
        package func workspaceBytes(steps: Int, batch: Int, segment: Int) -> Double {
            let kept = segment == 0 ? 1 : steps
            let focuses = 2 * Double(heads) * Double(shape.rows)
            let memories = Double(shape.rows) * Double(shape.columns + 1) / Double(max(1, segment))
            let records = Double(heads) * Double(2 * shape.columns + 2 * shape.max_shift)
            let rough = 4 * Double(kept) * Double(batch) * (focuses + memories + records)
            guard rough < 0x1p56, kept <= Self.mostSteps else { return rough }
            func size(batch: Int) -> Double {
                var other = shape
                other.steps = steps
                other.batch = batch
                other.segment = segment
                return Double(ck_turing_workspace_size(other))
            }
            let (one, two) = (size(batch: 1), size(batch: 2))
            guard one > 0, two > 0 else { return rough }
            return one + (two - one) * Double(batch - 1)
        }

        /// `segment`: steps between two kept memories; 0 for no tape, and then any number of steps.
        ///
        /// `memory` (N, M) and `focus` (H, N) are where all sequences start.
        package func begin(
            steps: Int, batch: Int, segment: Int, memory: UnsafePointer<Float>, focus: UnsafePointer<Float>
        ) {
            reserve(steps: steps, batch: batch, segment: segment)
            ck_turing_begin(shape, workspace.pointer, memory, focus)
        }

        /// Makes room for an episode; `restore` must be called for each sequence before its first step.
        package func beginRestored(steps: Int, batch: Int, segment: Int) {
            reserve(steps: steps, batch: batch, segment: segment)
        }

        private func reserve(steps: Int, batch: Int, segment: Int) {
            shape.steps = steps
            shape.batch = batch
            shape.segment = segment
            workspace.reserve(bytes: ck_turing_workspace_size(shape))
        }

        package func forward(
            steps: Range<Int>, interface: UnsafePointer<Float>, reads: Rows
        ) {
            ck_turing_forward(
                shape, workspace.pointer, ck_span(steps, 0..<shape.batch), interface, reads.pointer, reads.stride)
        }

        package func beginBackward() { ck_turing_begin_backward(shape, workspace.pointer) }

        package func backward(
            steps: Range<Int>, interface: UnsafePointer<Float>, readGradients: Rows,
            interfaceGradients: UnsafeMutablePointer<Float>
        ) {
            ck_turing_backward(
                shape, workspace.pointer, ck_span(steps, 0..<shape.batch), interface, readGradients.pointer,
                readGradients.stride, interfaceGradients)
        }

        /// Adds the gradients of the initial memory (N, M) and focus (H, N), where they are asked for.
        package func finishBackward(
            memoryGradient: UnsafeMutablePointer<Float>?, focusGradient: UnsafeMutablePointer<Float>?
        ) {
            ck_turing_finish_backward(shape, workspace.pointer, memoryGradient, focusGradient)
        }

        /// The N focus weights of a head after a step, without a tape after the last one.
        ///
        /// Heads are in the order in which they act, as ck_turing.h has it.
        package func focus(step: Int, element: Int, head: Int) -> UnsafeBufferPointer<Float> {
            UnsafeBufferPointer(
                start: ck_turing_focus(shape, workspace.pointer, step, element, head), count: shape.rows)
        }
    }
}

// MARK: - State of one sequence

extension Kernels.Turing {
    /// Everything that the next steps of one sequence depend on.
    package struct State: Equatable, Sendable {
        /// Memory (N, M), the norms of its rows (N) as the kernels keep them, focus weights (H, N).
        package var memory, norms, focus: [Float]

        package init(memory: [Float], norms: [Float], focus: [Float]) {
            self.memory = memory
            self.norms = norms
            self.focus = focus
        }
    }

    /// The state of a sequence after the steps done.
    package func save(element: Int) -> State {
        var state = State(
            memory: zeros(shape.rows * shape.columns), norms: zeros(shape.rows),
            focus: zeros(heads * shape.rows))
        ck_turing_save(shape, workspace.pointer, element, &state.memory, &state.norms, &state.focus)
        return state
    }

    /// Sets a sequence of an episode before step 0 with this state.
    package func restore(_ state: State, element: Int) {
        precondition(
            state.memory.count == shape.rows * shape.columns && state.norms.count == shape.rows
                && state.focus.count == heads * shape.rows, "the state is of another shape")
        ck_turing_restore(shape, workspace.pointer, element, state.memory, state.norms, state.focus)
    }

    private func zeros(_ count: Int) -> [Float] { [Float](repeating: 0, count: count) }
}

// MARK: - Inspection

extension Kernels.Turing {
    /// What one head computed in one step.
    package struct Head: Sendable {
        /// k (M), s (S), the shift by +n first, and K(i) (N), the similarities of key and rows.
        package let key, shift, similarity: [Float]
        /// e and a (M); empty for a read head.
        package let erase, add: [Float]
        /// β, g and γ.
        package let keyStrength, gate, sharpening: Float
    }

    /// What a head computed in a step done; without a tape, in the last one.
    package func head(step: Int, element: Int, head: Int) -> Head {
        let parameters = ck_turing_head(shape, workspace.pointer, step, element, head)
        func copy(_ start: UnsafePointer<Float>?, _ count: Int) -> [Float] {
            start.map { Array(UnsafeBufferPointer(start: $0, count: count)) } ?? []
        }
        return Head(
            key: copy(parameters.key, shape.columns), shift: copy(parameters.shift, 2 * shape.max_shift + 1),
            similarity: copy(parameters.similarity, shape.rows), erase: copy(parameters.erase, shape.columns),
            add: copy(parameters.add, shape.columns), keyStrength: parameters.strength, gate: parameters.gate,
            sharpening: parameters.sharpening)
    }

    /// The memory (N, M) of a sequence after the steps done.
    package func memory(element: Int) -> [Float] {
        var memory = zeros(shape.rows * shape.columns)
        ck_turing_memory(shape, workspace.pointer, element, &memory)
        return memory
    }
}

// The Turing memory; contract in ck_turing.h.

import CKernels

extension Kernels {
    /// The Turing memory's kernels for one shape, with the workspace they keep between forward and backward.
    package final class Turing {
        private var shape: ck_turing_shape
        private var workspace = Workspace()
        /// Where the next stretch of an episode is set up; then the two change places.
        private var spare = Workspace()

        package init(rows: Int, columns: Int, pairs: Int, maximumShift: Int, clip: Float) {
            shape = ck_turing_shape(
                steps: 0, batch: 0, rows: rows, columns: columns, pairs: pairs, max_shift: maximumShift, segment: 1,
                clip: clip)
        }

        package var interfaceSize: Int { ck_turing_interface_size(shape) }

        /// The most steps that an episode may have.
        package static let mostSteps = Int(Int32.max)

        /// Bytes of the workspace for an episode. Where there are more than the kernels count, it is those of the arrays that
        /// grow with the steps.
        package func workspaceBytes(steps: Int, batch: Int, segment: Int) -> Double {
            let focuses = 4 * Double(shape.pairs) * Double(shape.rows)
            let memories = Double(shape.rows) * Double(shape.columns + 1) / Double(max(1, segment))
            let records = Double(shape.pairs) * Double(4 * shape.columns + 4 * shape.max_shift)
            let rough = 4 * Double(steps) * Double(batch) * (focuses + memories + records)
            guard rough < 0x1p56, steps <= Self.mostSteps else { return rough }
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

        /// `segment`: steps between two kept memories. `memory` (N, M) and `focus` (2P, N) are where all sequences start.
        package func begin(
            steps: Int, batch: Int, segment: Int, memory: UnsafePointer<Float>, focus: UnsafePointer<Float>
        ) {
            shape.steps = steps
            shape.batch = batch
            shape.segment = segment
            workspace.reserve(bytes: ck_turing_workspace_size(shape))
            ck_turing_begin(shape, workspace.pointer, memory, focus)
        }

        /// Goes on from what batch elements `rows` have now, at step `segment` of at most `steps`.
        package func proceed(steps: Int, segment: Int, rows: [Int]) {
            var next = shape
            next.steps = steps
            next.batch = rows.count
            next.segment = segment
            spare.reserve(bytes: ck_turing_workspace_size(next))
            ck_turing_continue(shape, workspace.pointer, next, spare.pointer, rows)
            shape = next
            swap(&workspace, &spare)
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

        /// Adds the gradients of the initial memory (N, M) and focus (2P, N), where they are asked for.
        package func finishBackward(
            memoryGradient: UnsafeMutablePointer<Float>?, focusGradient: UnsafeMutablePointer<Float>?
        ) {
            ck_turing_finish_backward(shape, workspace.pointer, memoryGradient, focusGradient)
        }

        /// The N focus weights of a head after a step; head 2p reads, head 2p+1 writes.
        package func focus(step: Int, element: Int, head: Int) -> UnsafeBufferPointer<Float> {
            UnsafeBufferPointer(
                start: ck_turing_focus(shape, workspace.pointer, step, element, head), count: shape.rows)
        }
    }
}

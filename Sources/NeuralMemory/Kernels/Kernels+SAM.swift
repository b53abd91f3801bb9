// The sparse access memory; contract in ck_sam.h.

import CKernels

extension Kernels {
    /// The sparse access memory's kernels for one shape, with the workspace they keep between forward and backward.
    package final class SAM {
        private var shape: ck_sam_shape
        private let workspace = Workspace()

        /// - `accessThreshold`: A larger weight is an access.
        /// - `initial`: What all numbers of all rows are at the start.
        package init(
            rows: Int, columns: Int, heads: Int, neighbors: Int, accessThreshold: Float, initial: Float
        ) {
            shape = ck_sam_shape(
                steps: 0, batch: 0, rows: rows, columns: columns, heads: heads, neighbors: neighbors, has_tape: 1,
                threshold: accessThreshold, initial: initial, links: 0)
        }

        package var interfaceSize: Int { ck_sam_interface_size(shape) }

        /// The most steps that an episode may have.
        package static let mostSteps = Int(Int32.max)

        /// How many rows a step can touch that were not touched before.
        package var rowsOfStep: Int { shape.heads * (shape.neighbors + 1) }

        /// Bytes of the workspace for an episode.
        ///
        /// Where there are more than the kernels count, it is those of the largest arrays.
        package func workspaceBytes(steps: Int, batch: Int, hasTape: Bool) -> Double {
            let stored = min(Double(shape.rows), Double(steps) * Double(rowsOfStep))
            let logged = hasTape ? Double(steps) * Double(rowsOfStep) + stored : 0
            let rough = 4 * Double(batch) * Double(shape.columns + 3) * (stored + logged)
            guard rough < 0x1p56, steps <= Self.mostSteps else { return rough }
            func size(batch: Int) -> Double {
                var other = shape
                other.steps = steps
                other.batch = batch
                other.has_tape = hasTape ? 1 : 0
                return Double(ck_sam_workspace_size(other))
            }
            let (one, two) = (size(batch: 1), size(batch: 2))
            guard one > 0, two > 0 else { return rough }
            return one + (two - one) * Double(batch - 1)
        }

        /// Starts an episode, with room for the way back where it has a tape.
        package func begin(steps: Int, batch: Int, hasTape: Bool) {
            reserve(steps: steps, batch: batch, hasTape: hasTape)
            ck_sam_begin(shape, workspace.pointer)
        }

        /// Starts an episode at saved states, one for each sequence; `steps` includes the room that these take.
        package func begin(_ states: [State], steps: Int, hasTape: Bool) {
            reserve(steps: steps, batch: states.count, hasTape: hasTape)
            for (element, state) in states.enumerated() {
                precondition(state.fits(shape), "the state is of another shape")
                ck_sam_restore(
                    shape, workspace.pointer, element, state.norms.count, state.memory, state.norms, state.ranks,
                    state.neighbors, state.weights)
            }
        }

        private func reserve(steps: Int, batch: Int, hasTape: Bool) {
            shape.steps = steps
            shape.batch = batch
            shape.has_tape = hasTape ? 1 : 0
            workspace.reserve(bytes: ck_sam_workspace_size(shape))
        }

        package func forward(steps: Range<Int>, interface: UnsafePointer<Float>, reads: Rows) {
            ck_sam_forward(
                shape, workspace.pointer, ck_span(steps, 0..<shape.batch), interface, reads.pointer, reads.stride)
        }

        package func beginBackward() { ck_sam_begin_backward(shape, workspace.pointer) }

        package func backward(
            steps: Range<Int>, interface: UnsafePointer<Float>, readGradients: Rows,
            interfaceGradients: UnsafeMutablePointer<Float>
        ) {
            ck_sam_backward(
                shape, workspace.pointer, ck_span(steps, 0..<shape.batch), interface, readGradients.pointer,
                readGradients.stride, interfaceGradients)
        }
    }
}

// MARK: - State of one sequence

extension Kernels.SAM {
    /// Everything that the next steps of one sequence depend on.
    package struct State: Equatable, Sendable {
        /// The touched rows (R, M), which are the first ones, and their norms (R) as the kernels keep them.
        package var memory, norms: [Float]
        /// The order of the rows' last accesses (R), from 1 for the least recent one; 0 for a row without any.
        package var ranks: [Int32]
        /// The rows of each head's last read (P, K), −1 before the first step.
        package var neighbors: [Int32]
        /// The weights of these.
        package var weights: [Float]

        package init(memory: [Float], norms: [Float], ranks: [Int32], neighbors: [Int32], weights: [Float]) {
            self.memory = memory
            self.norms = norms
            self.ranks = ranks
            self.neighbors = neighbors
            self.weights = weights
        }

        /// Whether the kernels may go on from it: whether counts are those of the shape, and rows exist, once each.
        fileprivate func fits(_ shape: ck_sam_shape) -> Bool {
            let (touched, reads) = (norms.count, shape.heads * shape.neighbors)
            return touched <= shape.rows && memory.count == touched * shape.columns && ranks.count == touched
                && neighbors.count == reads && weights.count == reads && hasOrder
                && (0..<shape.heads).allSatisfy { head in
                    let rows = neighbors[head * shape.neighbors..<(head + 1) * shape.neighbors]
                    return rows.allSatisfy { $0 == -1 }
                        || Set(rows).count == rows.count && rows.allSatisfy { 0 <= $0 && Int($0) < touched }
                }
        }

        /// Whether the ranks above 0 count from 1 without gaps.
        private var hasOrder: Bool {
            let ranked = ranks.filter { $0 != 0 }
            return ranked.allSatisfy { $0 >= 1 && $0 <= ranked.count } && Set(ranked).count == ranked.count
        }
    }

    /// Whether a sequence can go on from a state.
    package func accepts(_ state: State) -> Bool { state.fits(shape) }

    /// How many rows a sequence has touched.
    package func touched(element: Int) -> Int { ck_sam_touched(shape, workspace.pointer, element) }

    /// The state of a sequence after the steps done.
    package func save(element: Int) -> State {
        let (touched, reads) = (touched(element: element), shape.heads * shape.neighbors)
        var state = State(
            memory: [Float](repeating: 0, count: touched * shape.columns),
            norms: [Float](repeating: 0, count: touched), ranks: [Int32](repeating: 0, count: touched),
            neighbors: [Int32](repeating: 0, count: reads), weights: [Float](repeating: 0, count: reads))
        ck_sam_save(
            shape, workspace.pointer, element, &state.memory, &state.norms, &state.ranks, &state.neighbors,
            &state.weights)
        return state
    }
}

// MARK: - Inspection

extension Kernels.SAM {
    /// What one head computed in one step.
    package struct Head: Sendable {
        /// β, α and γ.
        package let keyStrength, writeGate, interpolationGate: Float
        /// w^R and w^W (N).
        package let readWeighting, writeWeighting: [Float]
    }

    /// What a head computed in a step done; without a tape, in the last one.
    package func head(step: Int, element: Int, head: Int) -> Head {
        let now = ck_sam_head(shape, workspace.pointer, step, element, head)
        let last = ck_sam_head(shape, workspace.pointer, step - 1, element, head)
        var (read, write) = ([Float](repeating: 0, count: shape.rows), [Float](repeating: 0, count: shape.rows))
        for place in 0..<shape.neighbors {
            read[Int(now.neighbors[place])] = now.weights[place]
            guard last.neighbors[place] >= 0 else { continue }
            write[Int(last.neighbors[place])] = now.write_gate * now.interpolation_gate * last.weights[place]
        }
        write[now.written] += now.write_gate * (1 - now.interpolation_gate)
        return Head(
            keyStrength: now.strength, writeGate: now.write_gate, interpolationGate: now.interpolation_gate,
            readWeighting: read, writeWeighting: write)
    }

    /// The memory (N, M) of a sequence after the steps done.
    package func memory(element: Int) -> [Float] {
        var memory = [Float](repeating: 0, count: shape.rows * shape.columns)
        memory.withUnsafeMutableBufferPointer { memory in
            guard let start = memory.baseAddress else { return }
            for row in 0..<shape.rows {
                ck_sam_row(shape, workspace.pointer, element, row, start + row * shape.columns)
            }
        }
        return memory
    }
}

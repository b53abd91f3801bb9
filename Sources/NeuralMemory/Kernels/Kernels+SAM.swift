// The sparse access memory, and that with links; contract in ck_sam.h.

import CKernels

extension Kernels {
    /// The sparse access memory's kernels for one shape, with the workspace they keep between forward and backward.
    package final class SAM {
        private var shape: ck_sam_shape
        private let workspace = Workspace()

        /// - `accessThreshold`: A larger weight is an access.
        /// - `initial`: What all numbers of all rows are at the start.
        /// - `links`: What a row keeps of them in each direction; 0 for none at all.
        package init(
            rows: Int, columns: Int, heads: Int, neighbors: Int, accessThreshold: Float, initial: Float, links: Int
        ) {
            shape = ck_sam_shape(
                steps: 0, batch: 0, rows: rows, columns: columns, heads: heads, neighbors: neighbors, has_tape: 1,
                threshold: accessThreshold, initial: initial, links: links)
        }

        package var interfaceSize: Int { ck_sam_interface_size(shape) }

        /// The most steps that an episode may have.
        package static let mostSteps = Int(Int32.max)

        /// S, the most rows that a head reads in a step.
        package var readsOfHead: Int { ck_sam_reads(shape) }

        /// The most links that a row can keep.
        package static let mostLinks = Int(CK_SAM_MOST_LINKS)

        /// How many rows a step can touch that were not touched before.
        package var rowsOfStep: Int { shape.heads * (shape.neighbors + 1) }

        /// Bytes of the workspace for an episode.
        ///
        /// Where there are more than the kernels count, it is those of the largest arrays.
        package func workspaceBytes(steps: Int, batch: Int, hasTape: Bool) -> Double {
            let stored = min(Double(shape.rows), Double(steps) * Double(rowsOfStep))
            let logged = hasTape ? Double(steps) * Double(shape.heads * (readsOfHead + 1)) + stored : 0
            let linked = stored * Double(shape.heads) * Double(3 * shape.links)
            let rough = 4 * Double(batch) * (Double(shape.columns + 3) * (stored + logged) + linked)
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
                guard shape.links > 0 else { continue }
                ck_sam_restore_links(
                    shape, workspace.pointer, element, state.links, state.linkWeights, state.precedence,
                    state.precedenceWeights)
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
        /// The rows of each head's last read (P, S), −1 before the first step, and where a head read fewer.
        package var neighbors: [Int32]
        /// The weights of these.
        package var weights: [Float]
        /// Each head's and row's links (P, R, K_L), as the rows that this one was written after, −1 after the last;
        /// empty without links.
        package var links: [Int32] = []
        /// The weights of these.
        package var linkWeights: [Float] = []
        /// The rows of each head's precedence (P, K_L), −1 after the last; empty without links.
        package var precedence: [Int32] = []
        /// The weights of these.
        package var precedenceWeights: [Float] = []

        package init(memory: [Float], norms: [Float], ranks: [Int32], neighbors: [Int32], weights: [Float]) {
            self.memory = memory
            self.norms = norms
            self.ranks = ranks
            self.neighbors = neighbors
            self.weights = weights
        }

        /// Whether the kernels may go on from it: whether counts are those of the shape, and rows exist, once each.
        fileprivate func fits(_ shape: ck_sam_shape) -> Bool {
            let (touched, reads) = (norms.count, ck_sam_reads(shape))
            return touched <= shape.rows && memory.count == touched * shape.columns && ranks.count == touched
                && neighbors.count == shape.heads * reads && weights.count == neighbors.count && hasOrder
                && linksFit(shape)
                && (0..<shape.heads).allSatisfy { head in
                    let rows = neighbors[head * reads..<(head + 1) * reads]
                    return rows.allSatisfy { $0 == -1 }
                        || Self.areRows(rows, below: touched) && !rows.prefix(shape.neighbors).contains(-1)
                }
        }

        /// Whether no list has gaps or a row twice, and as many rows follow a row as it has room for.
        private func linksFit(_ shape: ck_sam_shape) -> Bool {
            let (touched, most) = (norms.count, shape.links)
            guard links.count == shape.heads * touched * most, linkWeights.count == links.count,
                precedence.count == shape.heads * most, precedenceWeights.count == precedence.count
            else { return false }
            func lists(_ rows: [Int32]) -> [ArraySlice<Int32>] {
                most == 0 ? [] : stride(from: 0, to: rows.count, by: most).map { rows[$0..<$0 + most] }
            }
            return lists(links + precedence).allSatisfy { list in
                Self.areRows(list, below: touched) && list.drop { $0 >= 0 }.allSatisfy { $0 == -1 }
            }
                && (0..<shape.heads).allSatisfy { head in
                    let own = links[head * touched * most..<(head + 1) * touched * most]
                    let followers = Dictionary(grouping: own.filter { $0 >= 0 }) { $0 }
                    return followers.values.allSatisfy { $0.count <= most }
                }
        }

        /// Whether all of these are rows, each once, or −1.
        private static func areRows(_ rows: ArraySlice<Int32>, below count: Int) -> Bool {
            let named = rows.filter { $0 != -1 }
            return Set(named).count == named.count && named.allSatisfy { 0 <= $0 && Int($0) < count }
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
        let (touched, reads) = (touched(element: element), shape.heads * readsOfHead)
        var state = State(
            memory: [Float](repeating: 0, count: touched * shape.columns),
            norms: [Float](repeating: 0, count: touched), ranks: [Int32](repeating: 0, count: touched),
            neighbors: [Int32](repeating: 0, count: reads), weights: [Float](repeating: 0, count: reads))
        ck_sam_save(
            shape, workspace.pointer, element, &state.memory, &state.norms, &state.ranks, &state.neighbors,
            &state.weights)
        guard shape.links > 0 else { return state }
        let (linked, preceding) = (shape.heads * touched * shape.links, shape.heads * shape.links)
        state.links = [Int32](repeating: 0, count: linked)
        state.linkWeights = [Float](repeating: 0, count: linked)
        state.precedence = [Int32](repeating: 0, count: preceding)
        state.precedenceWeights = [Float](repeating: 0, count: preceding)
        ck_sam_save_links(
            shape, workspace.pointer, element, &state.links, &state.linkWeights, &state.precedence,
            &state.precedenceWeights)
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
        /// π: backward, content and forward; empty without links.
        package let modes: [Float]
        /// b and f (N); empty without links.
        package let backwardWeighting, forwardWeighting: [Float]
    }

    /// What a head computed in a step done; without a tape, in the last one.
    package func head(step: Int, element: Int, head: Int) -> Head {
        let now = ck_sam_head(shape, workspace.pointer, step, element, head)
        let last = ck_sam_head(shape, workspace.pointer, step - 1, element, head)
        var (read, write) = ([Float](repeating: 0, count: shape.rows), [Float](repeating: 0, count: shape.rows))
        for place in 0..<readsOfHead {
            if now.neighbors[place] >= 0 { read[Int(now.neighbors[place])] = now.weights[place] }
            guard last.neighbors[place] >= 0 else { continue }
            write[Int(last.neighbors[place])] = now.write_gate * now.interpolation_gate * last.weights[place]
        }
        write[now.written] += now.write_gate * (1 - now.interpolation_gate)
        return Head(
            keyStrength: now.strength, writeGate: now.write_gate, interpolationGate: now.interpolation_gate,
            readWeighting: read, writeWeighting: write,
            modes: shape.links > 0 ? (0..<3).map { now.modes[$0] } : [],
            backwardWeighting: linked(now, from: 0), forwardWeighting: linked(now, from: shape.neighbors))
    }

    /// b or f of a head, of which the K places from `first` on tell.
    private func linked(_ head: ck_sam_head_step, from first: Int) -> [Float] {
        guard shape.links > 0 else { return [] }
        var weighting = [Float](repeating: 0, count: shape.rows)
        for place in first..<first + shape.neighbors where head.places[place] >= 0 {
            weighting[Int(head.neighbors[Int(head.places[place])])] = head.linked[place]
        }
        return weighting
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

// DNCWorkspace.swift: a workspace of the differentiable neural computer's kernels between guards, and the states that
// are saved from it.

import CKernels
import ReferenceKernels
import Testing

/// The state of one batch element, as in ck_dnc_state.
struct DNCState {
    /// (N, M), (N), (N, N), (N), (N), (N), (R, N).
    var memory, norms, links, usage, precedence, write, reads: [Float]

    /// All of its arrays.
    static var parts: [WritableKeyPath<DNCState, [Float]>] {
        [\.memory, \.norms, \.links, \.usage, \.precedence, \.write, \.reads]
    }

    var everything: [Float] { Self.parts.flatMap { self[keyPath: $0] } }
}

extension DNCState {
    /// The reference's state, with the norms that the kernels keep beside it.
    init(_ state: ReferenceDNC.State, of memory: ReferenceDNC) {
        let columns = memory.columns
        let norms = (0..<memory.rows).map { row in
            let numbers = state.memory[row * columns..<(row + 1) * columns]
            return (numbers.reduce(0) { $0 + $1 * $1 } + (memory.settings.smoothsCosine ? 1e-6 : 0)).squareRoot()
        }
        self.init(
            memory: state.memory.floats, norms: norms.floats, links: state.links.floats, usage: state.usage.floats,
            precedence: state.precedence.floats, write: state.writeWeighting.floats, reads: state.readWeightings.floats)
    }
}

/// Room for a state, between guards.
private struct GuardedState {
    let arrays: [GuardedArray<Float>]

    init(_ arrays: [GuardedArray<Float>]) { self.arrays = arrays }

    var kernel: ck_dnc_state {
        ck_dnc_state(
            memory: arrays[0].pointer, norms: arrays[1].pointer, links: arrays[2].pointer, usage: arrays[3].pointer,
            precedence: arrays[4].pointer, write: arrays[5].pointer, reads: arrays[6].pointer)
    }
}

/// The workspace of one shape; may be used for one episode after another.
final class DNCWorkspace {
    let shape: ck_dnc_shape
    private let allocation: GuardedArray<UInt64>
    let pointer: UnsafeMutableRawPointer

    init(_ shape: ck_dnc_shape) {
        self.shape = shape
        let words = (ck_dnc_workspace_size(shape) + 7) / 8
        // Every byte set: not a number in any array, so that what is not initialised shows.
        allocation = GuardedArray(Array(repeating: UInt64.max, count: words + 1))
        // The guarded array starts 8 bytes off a boundary of 64; the contract promises 16.
        pointer = UnsafeMutableRawPointer(allocation.pointer + 1)
        precondition(Int(bitPattern: pointer) % 16 == 0)
    }

    var isIntact: Bool { allocation.isIntact }

    // MARK: Starts and states

    /// Starts all batch elements as the episode says.
    func begin(_ episode: DNCBatch) {
        switch episode.start {
        case .usual:
            ck_dnc_begin(shape, pointer, episode.elements[0].inputs.initial.memory.floats)
        case .restored:
            for (place, element) in episode.elements.enumerated() {
                restore(place, DNCState(element.inputs.initial, of: episode.reference))
            }
        }
    }

    func save(_ element: Int) -> DNCState {
        let (n, m, r) = (shape.rows, shape.columns, shape.heads)
        let state = GuardedState([n * m, n, n * n, n, n, n, r * n].map { .output(columns: $0) })
        ck_dnc_save(shape, pointer, element, state.kernel)
        #expect(state.arrays.allSatisfy { $0.isIntact } && isIntact, "saved beyond an array")
        let saved = state.arrays.map(\.contents)
        return DNCState(
            memory: saved[0], norms: saved[1], links: saved[2], usage: saved[3], precedence: saved[4],
            write: saved[5], reads: saved[6])
    }

    func restore(_ element: Int, _ state: DNCState) {
        let given = GuardedState(DNCState.parts.map { GuardedArray(state[keyPath: $0]) })
        ck_dnc_restore(shape, pointer, element, given.kernel)
        #expect(given.arrays.allSatisfy { $0.isUnchanged } && isIntact, "restored beyond an array")
    }

    // MARK: Steps

    /// Runs some steps, and returns their reads, (steps, B, R * M).
    ///
    /// - `interface`: (steps, B, I), with the workspace's B: of the steps from `first` on.
    func forward(
        _ interface: [Float], from first: Int = 0, stepsPerCall: Int = .max, elementsPerCall: Int = .max
    ) -> [Float] {
        let (batch, width, size) = (shape.batch, shape.heads * shape.columns, ck_dnc_interface_size(shape))
        let count = interface.count / batch / size
        let input = GuardedArray(interface)
        let reads = GuardedArray<Float>.output(rows: count * batch, columns: width, leadingDimension: width + 3)
        for elements in runs(of: batch, size: min(elementsPerCall, batch)) {
            for steps in runs(of: count, size: min(stepsPerCall, count)) {
                let span = ck_span(first + steps.lowerBound..<first + steps.upperBound, elements)
                ck_dnc_forward(
                    shape, pointer, span, input.pointer - first * batch * size,
                    reads.pointer - first * batch * (width + 3), width + 3)
            }
        }
        expectUnchanged(input, context: "forward")
        expectIntact(reads, context: "forward")
        #expect(isIntact, "steps write beyond the workspace")
        return reads.contents
    }

    /// Undoes all of `steps`, the last first, and returns dL/d(raw interface), (steps, B, I).
    ///
    /// - `interface`, `readGradients`: Of these steps, as for `forward`.
    func backward(
        _ steps: Range<Int>, _ interface: [Float], _ readGradients: [Float], stepsPerCall: Int = .max,
        elementsPerCall: Int = .max
    ) -> [Float] {
        let (batch, width, size) = (shape.batch, shape.heads * shape.columns, ck_dnc_interface_size(shape))
        let input = GuardedArray(interface)
        let dReads = GuardedArray(
            rows: steps.count * batch, columns: width, leadingDimension: width + 1, contents: readGradients)
        let dInterface = GuardedArray<Float>.output(columns: steps.count * batch * size)
        let before = steps.lowerBound * batch
        ck_dnc_begin_backward(shape, pointer)
        for elements in runs(of: batch, size: min(elementsPerCall, batch)) {
            for part in runs(of: steps.count, size: min(stepsPerCall, steps.count)).reversed() {
                let first = steps.lowerBound
                ck_dnc_backward(
                    shape, pointer, ck_span(first + part.lowerBound..<first + part.upperBound, elements),
                    input.pointer - before * size, dReads.pointer - before * (width + 1), width + 1,
                    dInterface.pointer - before * size)
            }
        }
        expectUnchanged(input, dReads, context: "backward")
        expectIntact(dInterface, context: "backward")
        #expect(isIntact, "the backward pass writes beyond the workspace")
        return dInterface.contents
    }

    // MARK: Inspection

    /// M (B, N, M) and L (B, N, N) as they are now.
    func matrices() -> (memory: [Float], links: [Float]) {
        var all: (memory: [Float], links: [Float]) = ([], [])
        for element in 0..<shape.batch {
            let memory = GuardedArray<Float>.output(columns: shape.rows * shape.columns)
            let links = GuardedArray<Float>.output(columns: shape.rows * shape.rows)
            ck_dnc_matrices(shape, pointer, element, memory.pointer, links.pointer)
            ck_dnc_matrices(shape, pointer, element, nil, nil)
            expectIntact(memory, links, context: "matrices")
            all.memory += memory.contents
            all.links += links.contents
        }
        return all
    }

    /// What step `step` computed for a batch element.
    func values(_ step: Int, _ element: Int) -> ck_dnc_values { ck_dnc_step(shape, pointer, step, element) }

    /// One of these signals in a step.
    func signal(_ signal: DNCSignal, _ step: Int, _ element: Int = 0) -> [Float] {
        signal.of(values(step, element), rows: shape.rows, heads: shape.heads)
    }

    /// phi.
    func order(_ step: Int, _ element: Int = 0) -> [Int] {
        UnsafeBufferPointer(start: values(step, element).order, count: shape.rows).map(Int.init)
    }
}

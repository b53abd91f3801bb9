// TuringRun.swift: one episode through the Turing memory's kernels, between guards, for the tests.

import CKernels
import TestSupport
import Testing

/// Everything that the kernels give for one episode.
struct TuringRun: Equatable {
    /// r, shape (T, B, R * M).
    var reads: [Float] = []
    /// w after every step, shape (T, B, R + W, N).
    var focus: [Float] = []
    /// The memory after the last step, shape (B, N, M).
    var memory: [Float] = []
    /// The memory as the whole backward pass leaves it, shape (B, N, M).
    var undoneMemory: [Float] = []
    /// dL/d(raw interface), shape (T, B, I).
    var dInterface: [Float] = []
    /// dL/dM_0, shape (N, M), and dL/d(first focus), shape (R + W, N), both summed over the batch.
    var dMemory: [Float] = []
    var dFocus: [Float] = []

    /// All numbers, for comparisons of bits.
    var everything: [Float] {
        reads + focus + memory + undoneMemory + dInterface + dMemory + dFocus
    }
}

/// The workspace of one shape; may be used for one episode after another.
final class TuringWorkspace {
    let shape: ck_turing_shape
    private let allocation: GuardedArray<UInt64>
    var pointer: UnsafeMutableRawPointer

    /// - `segment`: K.
    /// - `steps`: T, where it is to exceed the episode's own.
    init(_ episode: TuringCase, segment: Int, steps: Int? = nil) {
        shape = ck_turing_shape(
            steps: steps ?? episode.steps, batch: episode.batch, rows: episode.rows, columns: episode.columns,
            reads: episode.reads, writes: episode.writes, max_shift: episode.maxShift, segment: segment,
            clip: episode.clip)
        let words = (ck_turing_workspace_size(shape) + 7) / 8
        // Every byte set: not a number in any array, so that what is not initialised shows.
        allocation = GuardedArray(Array(repeating: UInt64.max, count: words + 1))
        // The guarded array starts 8 bytes off a boundary of 64; the contract promises 16.
        pointer = UnsafeMutableRawPointer(allocation.pointer + 1)
        precondition(Int(bitPattern: pointer) % 16 == 0)
    }

    var isIntact: Bool { allocation.isIntact }
}

extension TuringCase {
    /// Runs the episode forward and backward.
    ///
    /// - `segment`: K.
    /// - `stepsPerCall`: Steps in one kernel call; all of them unless given.
    /// - `elementsPerCall`: Batch elements in one kernel call, which go through all steps before the next ones begin;
    ///   all of them unless given.
    /// - `workspace`: Where to run; one of its own unless given.
    func run(
        segment: Int = 2, stepsPerCall: Int? = nil, elementsPerCall: Int? = nil, workspace given: TuringWorkspace? = nil
    ) -> TuringRun {
        let workspace = given ?? TuringWorkspace(self, segment: segment)
        let shape = workspace.shape
        let spans = runs(of: batch, size: elementsPerCall ?? batch).flatMap { elements in
            runs(of: steps, size: stepsPerCall ?? steps).map { ck_span($0, elements) }
        }

        let interface = GuardedArray(self.interface)
        let memory = GuardedArray(self.memory)
        let focus = GuardedArray(self.focus)
        let reads = GuardedArray<Float>.output(
            rows: steps * batch, columns: readSize, leadingDimension: readSize + 3)
        var run = TuringRun()
        ck_turing_begin(shape, workspace.pointer, memory.pointer, focus.pointer)
        for span in spans {
            ck_turing_forward(shape, workspace.pointer, span, interface.pointer, reads.pointer, readSize + 3)
        }
        run.reads = reads.contents
        run.memory = currentMemory(workspace)
        for step in 0..<steps {
            for element in 0..<batch {
                for head in 0..<heads {
                    let weights = ck_turing_focus(shape, workspace.pointer, step, element, head)
                    run.focus += UnsafeBufferPointer(start: weights, count: rows)
                }
            }
        }

        let readGradients = GuardedArray(
            rows: steps * batch, columns: readSize, leadingDimension: readSize + 1, contents: self.readGradients)
        let dInterface = GuardedArray<Float>.output(columns: self.interface.count)
        let dMemory = GuardedArray<Float>(Array(repeating: 0, count: self.memory.count))
        let dFocus = GuardedArray<Float>(Array(repeating: 0, count: self.focus.count))
        ck_turing_begin_backward(shape, workspace.pointer)
        for span in spans.reversed() {
            ck_turing_backward(
                shape, workspace.pointer, span, interface.pointer, readGradients.pointer, readSize + 1,
                dInterface.pointer)
        }
        ck_turing_finish_backward(shape, workspace.pointer, dMemory.pointer, dFocus.pointer)
        run.dInterface = dInterface.contents
        run.dMemory = dMemory.contents
        run.dFocus = dFocus.contents
        run.undoneMemory = currentMemory(workspace)

        expectUnchanged(interface, memory, focus, readGradients, context: description)
        expectIntact(reads, dInterface, dMemory, dFocus, context: description)
        expectNone(workspace.isIntact ? nil : "written beyond its bounds", "workspace", description)
        return run
    }

    /// What the kernels hold as memory now, shape (B, N, M).
    private func currentMemory(_ workspace: TuringWorkspace) -> [Float] {
        (0..<batch).flatMap { element in
            let memory = GuardedArray<Float>.output(columns: rows * columns)
            ck_turing_memory(workspace.shape, workspace.pointer, element, memory.pointer)
            expectIntact(memory, context: description)
            return memory.contents
        }
    }
}

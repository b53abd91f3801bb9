// DNCRun.swift: one episode through the differentiable neural computer's kernels, forward and backward, for the tests.

import CKernels
import TestSupport
import Testing

/// Everything that the kernels give for one episode.
struct DNCRun {
    /// r, shape (T, B, R * M).
    var reads: [Float] = []
    /// Each of `DNCSignal.all` after every step, (T, B, N) or (T, B, R, N).
    var signals: [[Float]] = []
    /// phi, (T, B, N).
    var order: [Int] = []
    /// After the last step, (B, N, M) and (B, N, N).
    var memory: [Float] = []
    var links: [Float] = []
    /// As the whole backward pass leaves them.
    var undoneMemory: [Float] = []
    var undoneLinks: [Float] = []
    /// dL/d(raw interface), shape (T, B, I).
    var dInterface: [Float] = []
    /// dL/dM_0 summed over the batch, (N, M).
    var dMemory: [Float] = []

    /// All numbers, for comparisons of bits.
    var everything: [Float] {
        reads + signals.flatMap { $0 } + order.map { Float($0) } + memory + links + undoneMemory + undoneLinks
            + dInterface + dMemory
    }
}

extension DNCBatch {
    /// Runs the episode forward and backward.
    ///
    /// - `segment`: K.
    /// - `stepsPerCall`: Steps in one kernel call; all of them unless given.
    /// - `elementsPerCall`: Batch elements in one kernel call, which go through all steps before the next ones begin;
    ///   all of them unless given.
    /// - `workspace`: Where to run; one of its own unless given.
    func run(
        segment: Int = 2, stepsPerCall: Int = .max, elementsPerCall: Int = .max, workspace given: DNCWorkspace? = nil
    ) -> DNCRun {
        let workspace = given ?? DNCWorkspace(shape(segment: segment))
        let interface = interface
        var run = DNCRun()
        workspace.begin(self)
        run.reads = workspace.forward(interface, stepsPerCall: stepsPerCall, elementsPerCall: elementsPerCall)
        (run.memory, run.links) = workspace.matrices()
        let places = (0..<steps).flatMap { step in (0..<batch).map { (step, $0) } }
        run.signals = DNCSignal.all.map { signal in places.flatMap { workspace.signal(signal, $0, $1) } }
        run.order = places.flatMap { workspace.order($0, $1) }

        run.dInterface = workspace.backward(
            0..<steps, interface, readGradients, stepsPerCall: stepsPerCall, elementsPerCall: elementsPerCall)
        (run.undoneMemory, run.undoneLinks) = workspace.matrices()
        let dMemory = GuardedArray<Float>(Array(repeating: 0, count: rows * columns))
        ck_dnc_finish_backward(workspace.shape, workspace.pointer, dMemory.pointer)
        expectIntact(dMemory, context: description)
        run.dMemory = dMemory.contents
        return run
    }
}

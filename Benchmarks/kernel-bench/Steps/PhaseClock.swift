// Where the time of a step goes: a clock, and a controller and a memory that tell it what begins.
//
// The network knows nothing of it. Each part of a step lies between two calls of the controller or the memory, so
// wrapping these two is enough; a network that is only timed as a whole is made without them.

import Foundation
import NeuralMemory

/// Adds up the time that the thread that made it spends in each phase.
///
/// Reading the clock costs some 30 ns a phase.
final class PhaseClock: @unchecked Sendable {
    enum Phase: String, CaseIterable {
        /// Encoding the inputs and their products, for all steps at once; the start of an episode.
        case inputs
        case controllerForward = "controller_forward"
        /// The projection and the interface layer.
        case interfaceForward = "interface_forward"
        case memoryForward = "memory_forward"
        /// Output layers and loss, forward and backward, for all steps at once.
        case outputs
        case memoryBackward = "memory_backward"
        case interfaceBackward = "interface_backward"
        case controllerBackward = "controller_backward"
        /// Of all layers, and gradients of the inputs, for all steps at once.
        case weightGradients = "weight_gradients"
        /// Zeroing and clipping gradients, and the optimiser.
        case optimizer

        var isMemory: Bool { self == .memoryForward || self == .memoryBackward }
    }

    private var current = Phase.optimizer
    private var mark = DispatchTime.now().uptimeNanoseconds
    private var nanoseconds: [Phase: UInt64] = [:]
    /// Threads go through the phases with shards of their own, at about the same time: one of them tells the clock.
    private let thread = pthread_self()

    /// What follows belongs to this phase.
    func enter(_ phase: Phase) {
        guard pthread_equal(pthread_self(), thread) != 0 else { return }
        let now = DispatchTime.now().uptimeNanoseconds
        nanoseconds[current, default: 0] += now - mark
        current = phase
        mark = now
    }

    /// Forgets all times so far; what follows belongs to `phase`.
    func restart(_ phase: Phase) {
        enter(phase)
        nanoseconds = [:]
    }

    /// Milliseconds since the restart, of the phases that took any, in the order of a step.
    func milliseconds() -> [(phase: Phase, value: Double)] {
        enter(current)
        return Phase.allCases.compactMap { phase in nanoseconds[phase].map { (phase, Double($0) * 1e-6) } }
    }
}

// MARK: - Controller

/// Makes another kind's controller, under the clock.
struct ClockedController: ControllerKind {
    static let kind = "clocked"
    static let summary = "another kind's controller, under a clock"
    private var base: any ControllerKind = LSTM()
    private var clock = PhaseClock()

    init() {}

    init(_ base: any ControllerKind, _ clock: PhaseClock) {
        self.base = base
        self.clock = clock
    }

    // Never in a file.
    init(from decoder: any Decoder) throws { self.init() }
    func encode(to encoder: any Encoder) throws {}

    func makeController(
        _ layout: inout ParameterLayout, inputSize: Int, readSize: Int
    ) throws -> any Controller {
        Clocked(
            base: try base.makeController(&layout, inputSize: inputSize, readSize: readSize), clock: clock)
    }

    private struct Clocked: Controller {
        let base: any Controller
        let clock: PhaseClock

        var outputSize: Int { base.outputSize }
        var stepWeights: Int { base.stepWeights }

        func footprint(steps: Int, batch: Int) -> Footprint { base.footprint(steps: steps, batch: batch) }

        func makeState(_ parameters: ParameterBuffer) -> any ControllerState {
            ClockedState(base.makeState(parameters), clock)
        }
    }

    private final class ClockedState: ControllerState {
        private let base: any ControllerState
        private let clock: PhaseClock

        init(_ base: any ControllerState, _ clock: PhaseClock) {
            self.base = base
            self.clock = clock
        }

        var outputs: Rows { base.outputs }
        var outputGradients: Rows { base.outputGradients }
        var reads: Rows { base.reads }
        var readGradients: Rows { base.readGradients }

        func begin(steps: Int, batch: Int, from snapshots: [Snapshot]?) throws {
            clock.enter(.inputs)
            try base.begin(steps: steps, batch: batch, from: snapshots)
        }

        func prepare(steps: Range<Int>, inputs: Rows) { base.prepare(steps: steps, inputs: inputs) }

        func forward(step: Int) {
            clock.enter(.controllerForward)
            base.forward(step: step)
            clock.enter(.interfaceForward)
        }

        func save(sequence: Int, after done: Int, to snapshot: inout Snapshot) {
            base.save(sequence: sequence, after: done, to: &snapshot)
        }

        func beginBackward() { base.beginBackward() }

        func backward(step: Int) {
            clock.enter(.controllerBackward)
            base.backward(step: step)
            clock.enter(.weightGradients)
        }

        func accumulateGradients(inputs: Rows, inputGradients: Rows?, into gradients: ParameterBuffer) {
            clock.enter(.weightGradients)
            base.accumulateGradients(inputs: inputs, inputGradients: inputGradients, into: gradients)
        }
    }
}

// MARK: - Memory

/// Makes another kind's memory, under the clock.
struct ClockedMemory: MemoryKind {
    static let kind = "clocked"
    static let summary = "another kind's memory, under a clock"
    private var base: any MemoryKind = NoMemory()
    private var clock = PhaseClock()

    init() {}

    init(_ base: any MemoryKind, _ clock: PhaseClock) {
        self.base = base
        self.clock = clock
    }

    // Never in a file.
    init(from decoder: any Decoder) throws { self.init() }
    func encode(to encoder: any Encoder) throws {}

    func makeMemory(_ layout: inout ParameterLayout) throws -> any Memory {
        Clocked(base: try base.makeMemory(&layout), clock: clock)
    }

    private struct Clocked: Memory {
        let base: any Memory
        let clock: PhaseClock

        var interfaceSize: Int { base.interfaceSize }
        var readSize: Int { base.readSize }
        var interfaceBias: [Float] { base.interfaceBias }
        var operations: Int { base.operations }
        var mostSteps: Int { base.mostSteps }

        func footprint(steps: Int, batch: Int, mode: EpisodeMode) -> Footprint {
            base.footprint(steps: steps, batch: batch, mode: mode)
        }

        func makeState(_ parameters: ParameterBuffer) -> any MemoryState {
            ClockedState(base.makeState(parameters), clock)
        }
    }

    private final class ClockedState: MemoryState {
        private let base: any MemoryState
        private let clock: PhaseClock

        init(_ base: any MemoryState, _ clock: PhaseClock) {
            self.base = base
            self.clock = clock
        }

        func begin(
            steps: Int, batch: Int, mode: EpisodeMode, _ ports: MemoryPorts, from snapshots: [Snapshot]?
        ) throws {
            clock.enter(.memoryForward)
            try base.begin(steps: steps, batch: batch, mode: mode, ports, from: snapshots)
            clock.enter(.inputs)
        }

        func forward(steps: Range<Int>) {
            clock.enter(.memoryForward)
            base.forward(steps: steps)
            clock.enter(.outputs)
        }

        func save(sequence: Int, to snapshot: inout Snapshot) { base.save(sequence: sequence, to: &snapshot) }

        func beginBackward(_ gradients: MemoryPorts) {
            clock.enter(.memoryBackward)
            base.beginBackward(gradients)
            clock.enter(.outputs)
        }

        func backward(steps: Range<Int>) {
            clock.enter(.memoryBackward)
            base.backward(steps: steps)
            clock.enter(.interfaceBackward)
        }

        func accumulateGradients(into gradients: ParameterBuffer) {
            clock.enter(.memoryBackward)
            base.accumulateGradients(into: gradients)
            clock.enter(.optimizer)
        }
    }
}

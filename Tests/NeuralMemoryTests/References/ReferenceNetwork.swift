// ReferenceNetwork.swift: a whole network in Double, forward only, rebuilt from a network's settings and named
// parameters.
//
// What it is: the equations that the library's sources state, one sequence and one step after the other, over the
// literal memories of ReferenceKernels. What it is not: fast (each step runs its memory again from the start), or able
// to differentiate; its finite differences judge the library's gradients.

import Foundation
import NeuralMemory
import ReferenceKernels
import TestSupport

struct ReferenceNetwork {
    /// What one pass over a batch gives.
    struct Result {
        /// Outputs before the last nonlinearity, (T, B, size).
        var logits: [Double]
        /// Σ −ln p, or of numbers ½ (y − t)², over the outputs that count, divided by their number.
        var loss: Double
        /// How far the memories stay from the kinks of their max and min; finite differences must stay well within it.
        var margin: Double
    }

    /// By name, row-major; free to be changed between runs.
    var parameters: [String: [Double]] = [:]
    private let configuration: NetworkConfiguration
    private let signature: Signature
    private let cells: [Cell]
    private var memory: ReferenceNetworkMemory

    /// A layer of the controller: what it is named, and what it does to its preactivations.
    private struct Cell {
        enum Kind { case linear, tanh, elman, lstm }
        let name: String
        let kind: Kind
        var isRecurrent: Bool { kind == .elman || kind == .lstm }
    }

    /// h and c of a cell.
    private struct State {
        var hidden: [Double]
        var cell: [Double]
    }

    init(_ network: Network) throws {
        configuration = network.configuration
        signature = network.signature
        cells = Self.cells(of: configuration.controller)
        memory = ReferenceNetworkMemory(configuration.memory)
        for slice in network.parameters.layout.parameters {
            parameters[slice.name] = try network.parameters.values(of: slice).doubles
        }
    }

    private static func cells(of controller: any ControllerKind) -> [Cell] {
        switch controller {
        case let lstm as LSTM:
            let layers = (0..<lstm.layers).map { Cell(name: "controller.layer\($0)", kind: .lstm) }
            return lstm.inputLayer ? [Cell(name: "controller.input", kind: .linear)] + layers : layers
        case is ElmanRNN: return [Cell(name: "controller.layer0", kind: .elman)]
        case let forward as FeedForward:
            return (0..<forward.layers).map { Cell(name: "controller.layer\($0)", kind: .tanh) }
        default: preconditionFailure("the reference knows no controller \(controller.kind)")
        }
    }

    /// This network, with the links that its memory has in a run of a batch in all further runs of it.
    func holdingLinks(of batch: Batch) -> ReferenceNetwork {
        var held = self
        held.memory = memory.holdingLinks()
        _ = held.run(batch)
        return held
    }

    // MARK: A batch

    /// Runs a batch, each of its sequences on its own.
    func run(_ batch: Batch) -> Result {
        memory.beginRun()
        let size = signature.outputs.size
        var result = Result(
            logits: Array(repeating: 0, count: batch.steps * batch.count * size), loss: 0, margin: .infinity)
        var auxiliary: [[[String: [Double]]]] = []
        for b in 0..<batch.count {
            let inputs = (0..<batch.steps).map { encode(batch.inputs, row: $0 * batch.count + b) }
            let sequence = runSequence(inputs)
            for (step, row) in sequence.logits.enumerated() {
                let first = (step * batch.count + b) * size
                result.logits.replaceSubrange(first..<first + size, with: row)
            }
            result.margin = min(result.margin, sequence.margin)
            auxiliary.append(sequence.sources)
        }
        result.loss = loss(batch, result.logits) + reconstructionLoss(batch, auxiliary)
        return result
    }

    /// x_t of one sequence.
    private func encode(_ inputs: Batch.Inputs, row: Int) -> [Double] {
        switch (inputs, signature.inputs) {
        case (.vectors(let values), .vectors(let size)): return values[row * size..<(row + 1) * size].map { Double($0) }
        case (.symbols(let ids), .symbols(let alphabet)):
            let id = Int(ids[row])
            if let table = parameters["embedding.weight"] {
                return ReferenceDense.embedding(columns: table.count / alphabet, table: table, ids: [id])
            }
            return (0..<alphabet).map { $0 == id ? 1 : 0 }
        default: preconditionFailure("the batch does not fit the signature")
        }
    }

    private func loss(_ batch: Batch, _ logits: [Double]) -> Double {
        let rows = batch.steps * batch.count
        let mask = batch.mask.doubles
        let steps = mask.reduce(0, +)
        switch (batch.targets, signature.outputs) {
        case (.symbols(let targets), .symbols(let classes)):
            let result = ReferenceLosses.softmaxCrossEntropy(
                rows: rows, classes: classes, logits: logits, targets: targets.map { Int($0) }, mask: mask, scale: 1)
            return result.loss.reduce(0, +) / steps
        case (.bits(let targets), .bits(let bits)):
            let result = ReferenceLosses.sigmoidCrossEntropy(
                rows: rows, bits: bits, logits: logits, targets: targets.doubles, mask: mask, scale: 1)
            return result.loss.reduce(0, +) / (steps * Double(bits))
        case (.bits(let targets), .choices(let choices, let classes)):
            // Each choice is a row of its own; it counts where a bit is 1.
            let symbols = (0..<rows * choices).map { choice in
                (0..<classes).first { targets[choice * classes + $0] == 1 }
            }
            let counts = symbols.enumerated().map { $1 == nil ? 0 : mask[$0 / choices] }
            let result = ReferenceLosses.softmaxCrossEntropy(
                rows: rows * choices, classes: classes, logits: logits, targets: symbols.map { $0 ?? 0 }, mask: counts,
                scale: 1)
            return result.loss.reduce(0, +) / max(counts.reduce(0, +), 1)
        case (.numbers(let targets), .numbers(let numbers)):
            let result = ReferenceLosses.squaredError(
                rows: rows, numbers: numbers, outputs: logits, targets: targets.doubles, mask: mask, scale: 1)
            return result.loss.reduce(0, +) / (steps * Double(numbers))
        default: preconditionFailure("the batch does not fit the signature")
        }
    }

    /// The weight times Σ over h_t and o'_t of the mean of −ln p(x_{t−1}), from a sequence's second step to its last
    /// output that counts.
    private func reconstructionLoss(_ batch: Batch, _ sources: [[[String: [Double]]]]) -> Double {
        guard configuration.reconstruction.weight > 0, case .symbols(let ids) = batch.inputs else { return 0 }
        var total = 0.0
        var count = 0.0
        for b in 0..<batch.count {
            guard let last = (0..<batch.steps).last(where: { batch.mask[$0 * batch.count + b] > 0 }), last > 0
            else { continue }
            for step in 1...last {
                count += 1
                for (name, source) in sources[b][step] {
                    let logits = affine("reconstruction.\(name)", source)
                    let result = ReferenceLosses.softmaxCrossEntropy(
                        rows: 1, classes: logits.count, logits: logits,
                        targets: [Int(ids[(step - 1) * batch.count + b])], mask: [1], scale: 1)
                    total += result.loss[0]
                }
            }
        }
        return configuration.reconstruction.weight * total / max(count, 1)
    }

    // MARK: A sequence

    /// The outputs of each step, the memory's margin, and each step's h_t and o'_t.
    private func runSequence(
        _ inputs: [[Double]]
    ) -> (logits: [[Double]], margin: Double, sources: [[String: [Double]]]) {
        var sources: [[String: [Double]]] = []
        var states = cells.map(initialState)
        var interface: [[Double]] = []
        var read = memory.firstRead(parameters)
        var margin = Double.infinity
        var logits: [[Double]] = []
        for x in inputs {
            var driving = advanceController(x, read, &states)
            sources.append(["controller": driving])
            if configuration.controllerOutputSize != nil {
                driving = affine("projection", driving).map { tanh($0) }
                sources[sources.count - 1]["projection"] = driving
            }
            if !memory.isEmpty {
                interface.append(affine("interface", driving))
                (read, margin) = memory.read(after: interface, parameters)
            }
            logits.append(output(driving, read))
        }
        return (logits, margin, sources)
    }

    private func initialState(_ cell: Cell) -> State {
        let gates = cell.kind == .lstm ? 4 : 1
        let zeros = Array(repeating: 0.0, count: parameters["\(cell.name).bias"]!.count / gates)
        return State(hidden: parameters["\(cell.name).h0"] ?? zeros, cell: parameters["\(cell.name).c0"] ?? zeros)
    }

    /// Whether every layer gets x_t, and all their h_t side by side are the controller's.
    private var hasSkipConnections: Bool { (configuration.controller as? LSTM)?.skipConnections ?? false }

    /// h_t of the top layer, from z = [x_t or the layer below ; r_{t-1} in the lowest layer ; h_{t-1}] W + b.
    ///
    /// With skip connections h_t of all layers, where z of the higher ones begins with x_t.
    private func advanceController(_ x: [Double], _ read: [Double], _ states: inout [State]) -> [Double] {
        var below = x + read
        for (index, cell) in cells.enumerated() {
            let z = affine(cell.name, below + (cell.isRecurrent ? states[index].hidden : []))
            switch cell.kind {
            case .linear: states[index].hidden = z
            case .tanh, .elman: states[index].hidden = z.map { tanh($0) }
            case .lstm:
                let step = ReferenceLSTM.forward(
                    batch: 1, units: z.count / 4, preactivations: z, previousCell: states[index].cell)
                states[index] = State(hidden: step.hidden, cell: step.cell)
            }
            below = (hasSkipConnections ? x : []) + states[index].hidden
        }
        return hasSkipConnections ? states.flatMap(\.hidden) : below
    }

    private func output(_ driving: [Double], _ read: [Double]) -> [Double] {
        var sources = configuration.output.source == .controllerAndReads ? driving + read : driving
        if configuration.output.hiddenSize != nil { sources = affine("output.hidden", sources).map { tanh($0) } }
        return affine("output", sources)
    }

    /// x W + b of a named layer.
    private func affine(_ name: String, _ x: [Double]) -> [Double] {
        let bias = parameters["\(name).bias"]!
        return ReferenceDense.forward(
            rows: 1, inputs: x.count, outputs: bias.count, x: x, weights: parameters["\(name).weight"]!, bias: bias)
    }
}

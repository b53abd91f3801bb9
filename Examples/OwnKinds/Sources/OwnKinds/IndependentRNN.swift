// A controller: h_t = tanh([x_t ; r_{t-1}] W + u ∘ h_{t-1} + b), in which a unit sees its own state alone (IndRNN, Li
// et al. 2018, equation 2).

import Foundation
import NeuralMemory

/// Settings of an independently recurrent network.
struct IndependentRNN: ControllerKind {
    static let kind = "independent-rnn"
    static let summary = "recurrent network whose units do not see each other's states"

    /// H.
    var units = 32

    func makeController(
        _ layout: inout ParameterLayout, inputSize: Int, readSize: Int
    ) throws -> any Controller {
        try require("network.controller.units", units, in: 1...10_000)
        let inputs = inputSize + readSize
        return IndependentRNNController(
            outputSize: units, inputSize: inputSize, readSize: readSize,
            weight: try layout.declare("controller.weight", [inputs, units], .weight(inputs: inputs)),
            recurrent: try layout.declare("controller.recurrent", [units], .constant(0.9)),
            bias: try layout.declare("controller.bias", [units], .zeros))
    }
}

private struct IndependentRNNController: Controller {
    let outputSize: Int
    let inputSize: Int
    let readSize: Int
    let weight: Parameter
    let recurrent: Parameter
    let bias: Parameter

    var stepWeights: Int { (readSize + 1) * outputSize }

    func footprint(steps: Int, batch: Int) -> Footprint {
        Footprint(rows: (Double(steps) + 1) * Double(batch), columns: outputSize + readSize)
    }

    func makeState(_ parameters: ParameterBuffer) -> any ControllerState { IndependentRNNState(self, parameters) }

    var signals: [Signal] { [Signal("h", .vector, [.columns(outputSize)])] }
}

private final class IndependentRNNState: ControllerState {
    private let controller: IndependentRNNController
    private let parameters: ParameterBuffer
    /// ((T+1)·B, R) and ((T+1)·B, H): rows 0..<B are the initial state.
    private let readTape = Tape()
    private let hiddenTape = Tape()
    private var inputs: Rows?
    private var steps = 0
    private var batch = 0

    init(_ controller: IndependentRNNController, _ parameters: ParameterBuffer) {
        self.controller = controller
        self.parameters = parameters
    }

    var outputs: Rows { hiddenTape.rows.advanced(by: batch) }
    var outputGradients: Rows { hiddenTape.gradients.advanced(by: batch) }
    var reads: Rows { readTape.rows }
    var readGradients: Rows { readTape.gradients }

    func begin(steps: Int, batch: Int, from snapshots: [Snapshot]?) throws {
        (self.steps, self.batch) = (steps, batch)
        readTape.reserve(rows: (steps + 1) * batch, columns: controller.readSize)
        hiddenTape.reserve(rows: (steps + 1) * batch, columns: controller.outputSize)
        for b in 0..<batch {
            let h = hiddenTape.rows.advanced(by: b).pointer
            guard let snapshot = snapshots?[b] else {
                h.update(repeating: 0, count: controller.outputSize)
                continue
            }
            h.update(
                from: try snapshot.array("controller/h", count: controller.outputSize), count: controller.outputSize)
            reads.advanced(by: b).pointer.update(
                from: try snapshot.array("controller/reads", count: controller.readSize), count: controller.readSize)
        }
    }

    func save(sequence: Int, after done: Int, to snapshot: inout Snapshot) {
        func row(_ rows: Rows, _ count: Int) -> [Float] {
            Array(UnsafeBufferPointer(start: rows.advanced(by: done * batch + sequence).pointer, count: count))
        }
        snapshot.set("controller/h", row(hiddenTape.rows, controller.outputSize))
        snapshot.set("controller/reads", row(reads, controller.readSize))
    }

    func value(of signal: Int, step: Int, sequence: Int) -> SignalValue {
        let h = outputs.advanced(by: step * batch + sequence).pointer
        return SignalValue(Array(UnsafeBufferPointer(start: h, count: controller.outputSize)))
    }

    func prepare(steps: Range<Int>, inputs: Rows) { self.inputs = inputs }

    /// The numbers of [x_t ; r_{t-1}] in a row.
    private func sources(_ row: Int) -> [(rows: Rows, first: Int, count: Int)] {
        guard let inputs else { return [] }
        return [
            (inputs.advanced(by: row), 0, controller.inputSize),
            (reads.advanced(by: row), controller.inputSize, controller.readSize)
        ]
    }

    func forward(step: Int) {
        let (weight, recurrent) = (parameters[controller.weight], parameters[controller.recurrent])
        let (bias, units) = (parameters[controller.bias], controller.outputSize)
        for row in step * batch..<(step + 1) * batch {
            let (before, h) = (hiddenTape.rows.advanced(by: row).pointer, outputs.advanced(by: row).pointer)
            for unit in 0..<units { h[unit] = bias[unit] + recurrent[unit] * before[unit] }
            for source in sources(row) {
                for index in 0..<source.count {
                    let (x, w) = (source.rows.pointer[index], weight + (source.first + index) * units)
                    for unit in 0..<units { h[unit] += x * w[unit] }
                }
            }
            for unit in 0..<units { h[unit] = tanh(h[unit]) }
        }
    }

    func beginBackward() {
        readTape.beginGradients(zero: true)
        hiddenTape.beginGradients(zero: true)
    }

    /// Leaves dL/d(preactivation) in the place of dL/dh.
    func backward(step: Int) {
        let (weight, recurrent) = (parameters[controller.weight], parameters[controller.recurrent])
        let units = controller.outputSize
        for row in step * batch..<(step + 1) * batch {
            let (h, dz) = (outputs.advanced(by: row).pointer, outputGradients.advanced(by: row).pointer)
            let before = hiddenTape.gradients.advanced(by: row).pointer
            for unit in 0..<units {
                dz[unit] *= 1 - h[unit] * h[unit]
                before[unit] += recurrent[unit] * dz[unit]
            }
            let dread = readGradients.advanced(by: row).pointer
            for index in 0..<controller.readSize {
                let w = weight + (controller.inputSize + index) * units
                for unit in 0..<units { dread[index] += dz[unit] * w[unit] }
            }
        }
    }

    func accumulateGradients(inputs: Rows, inputGradients: Rows?, into gradients: ParameterBuffer) {
        let (weight, recurrent) = (gradients[controller.weight], gradients[controller.recurrent])
        let (bias, units) = (gradients[controller.bias], controller.outputSize)
        for row in 0..<steps * batch {
            let dz = outputGradients.advanced(by: row).pointer
            let before = hiddenTape.rows.advanced(by: row).pointer
            for unit in 0..<units {
                bias[unit] += dz[unit]
                recurrent[unit] += dz[unit] * before[unit]
            }
            for source in sources(row) {
                for index in 0..<source.count {
                    let (x, dw) = (source.rows.pointer[index], weight + (source.first + index) * units)
                    for unit in 0..<units { dw[unit] += x * dz[unit] }
                }
            }
            guard let dx = inputGradients?.advanced(by: row).pointer else { continue }
            for index in 0..<controller.inputSize {
                let w = parameters[controller.weight] + index * units
                dx[index] = (0..<units).reduce(0) { $0 + dz[$1] * w[$1] }
            }
        }
    }
}

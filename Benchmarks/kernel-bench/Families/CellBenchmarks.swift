// Recurrent cells; contracts in ck_cells.h.

import CKernels
import NeuralMemory
import ReferenceKernels

extension Families {
    static var cellBenchmarks: [Benchmark] {
        cellSizes.map(lstmForward) + cellSizes.map(lstmBackward)
    }

    /// Batch and units of the published controllers.
    private static let cellSizes = [(1, 100), (10, 256), (64, 512)]

    private static func lstmForward(batch: Int, units: Int) -> Benchmark {
        let count = batch * units
        let flops = (3 * Work.sigmoid + 2 * Work.tanh + 4) * count
        return Benchmark("lstm_forward", "B \(batch), H \(units)", floats: 11 * count, flops: flops) {
            let z = FloatBuffer(4 * count, -3, 3, seed: 1)
            let previous = FloatBuffer(count, -2, 2, seed: 2)
            let gates = FloatBuffer(zeros: 4 * count)
            let cell = FloatBuffer(zeros: count)
            let hidden = FloatBuffer(zeros: count)
            let (zDoubles, previousDoubles) = (z.doubles, previous.doubles)
            return Trial(
                reset: { gates.copy(z) },
                run: {
                    ck_lstm_forward(
                        batch, units, gates.pointer, 4 * units, previous.pointer, cell.pointer, hidden.pointer, units)
                },
                reference: { nudged in
                    let step = ReferenceLSTM.forward(
                        batch: batch, units: units, preactivations: nudged(zDoubles),
                        previousCell: nudged(previousDoubles))
                    return [step.gates, step.cell, step.hidden]
                },
                outputs: [Output("gates", gates), Output("c", cell), Output("h", hidden)],
                factor: ErrorBound.Factor.cells)
        }
    }

    private static func lstmBackward(batch: Int, units: Int) -> Benchmark {
        let count = batch * units
        let flops = (Work.tanh + 22) * count
        return Benchmark("lstm_backward", "B \(batch), H \(units)", floats: 13 * count, flops: flops) {
            let gates = FloatBuffer(4 * count, -0.9, 0.9, seed: 1)
            let previous = FloatBuffer(count, -2, 2, seed: 2)
            let cell = FloatBuffer(count, -2, 2, seed: 3)
            let dHidden = FloatBuffer(count, -1, 1, seed: 4)
            let dNextCell = FloatBuffer(count, -1, 1, seed: 5)
            let dCell = FloatBuffer(zeros: count)
            let dGates = FloatBuffer(zeros: 4 * count)
            var step = ReferenceLSTM.forward(
                batch: batch, units: units, preactivations: gates.doubles, previousCell: previous.doubles)
            (step.gates, step.cell) = (gates.doubles, cell.doubles)
            let (previousDoubles, dh, dc) = (previous.doubles, dHidden.doubles, dNextCell.doubles)
            return Trial(
                reset: { dCell.copy(dNextCell) },
                run: {
                    ck_lstm_backward(
                        batch, units, gates.pointer, 4 * units, previous.pointer, cell.pointer, dHidden.pointer, units,
                        dCell.pointer, dGates.pointer, 4 * units)
                },
                reference: { [step] nudged in
                    var step = step
                    (step.gates, step.cell) = (nudged(step.gates), nudged(step.cell))
                    let gradients = ReferenceLSTM.backward(
                        batch: batch, units: units, step: step, previousCell: nudged(previousDoubles),
                        dHidden: nudged(dh), dCell: nudged(dc))
                    return [gradients.dPreactivations, gradients.dPreviousCell]
                },
                outputs: [Output("dgates", dGates), Output("dc", dCell)], factor: ErrorBound.Factor.cells)
        }
    }
}

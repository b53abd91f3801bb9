// CellTests.swift: the LSTM cell against the reference.

import CKernels
import ReferenceKernels
import TestSupport
import Testing

/// One step with its gradients.
private struct LSTMCase: CustomStringConvertible {
    var batch, units: Int
    var preactivations, previousCell, dHidden, dCell: [Float]
    let seed: UInt64
    var description: String

    init(batch: Int, units: Int, limit: Float, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        self.batch = batch
        self.units = units
        self.seed = seed
        preactivations = random.floats(batch * 4 * units, limit: limit)
        previousCell = random.floats(batch * units, limit: 2)
        dHidden = random.floats(batch * units)
        dCell = random.floats(batch * units)
        description = "batch \(batch) units \(units) limit \(limit) seed \(seed)"
    }

    /// What the kernels make of it, forward and backward.
    struct Outcome {
        var gates, cell, hidden, dPreactivations, dPreviousCell: [Float]
        var all: [Float] { gates + cell + hidden + dPreactivations + dPreviousCell }
    }

    func run(gap: Int = 0) -> Outcome {
        let gates = GuardedArray(
            rows: batch, columns: 4 * units, leadingDimension: 4 * units + 3 * gap, contents: preactivations)
        let previousCell = GuardedArray(self.previousCell)
        let cell = GuardedArray.output(columns: batch * units)
        let hidden = GuardedArray.output(rows: batch, columns: units, leadingDimension: units + gap)
        ck_lstm_forward(
            batch, units, gates.pointer, gates.leadingDimension, previousCell.pointer, cell.pointer, hidden.pointer,
            hidden.leadingDimension)
        expectUnchanged(previousCell, context: description)
        expectIntact(gates, cell, hidden, context: description)

        let keptGates = GuardedArray(
            rows: batch, columns: 4 * units, leadingDimension: gates.leadingDimension, contents: gates.contents)
        let keptCell = GuardedArray(cell.contents)
        let dHidden = GuardedArray(
            rows: batch, columns: units, leadingDimension: units + 2 * gap, contents: self.dHidden)
        let dCell = GuardedArray(self.dCell)
        let dGates = GuardedArray.output(rows: batch, columns: 4 * units, leadingDimension: 4 * units + gap)
        ck_lstm_backward(
            batch, units, keptGates.pointer, keptGates.leadingDimension, previousCell.pointer, keptCell.pointer,
            dHidden.pointer, dHidden.leadingDimension, dCell.pointer, dGates.pointer, dGates.leadingDimension)
        expectUnchanged(keptGates, previousCell, keptCell, dHidden, context: description)
        expectIntact(dCell, dGates, context: description)
        return Outcome(
            gates: gates.contents, cell: cell.contents, hidden: hidden.contents, dPreactivations: dGates.contents,
            dPreviousCell: dCell.contents)
    }

    func expectReference(_ actual: Outcome) {
        let (expected, bounds) = ErrorBound.conditioned(ErrorBound.Factor.cells, seed: seed) { nudged in
            let previousCell = nudged(previousCell.doubles)
            let step = ReferenceLSTM.forward(
                batch: batch, units: units, preactivations: nudged(preactivations.doubles), previousCell: previousCell)
            // The way back starts from rounded gates. Where one is all but shut or open, what is left of it is rounded
            // most.
            var kept = step
            kept.gates = nudged(step.gates)
            kept.cell = nudged(step.cell)
            let gradients = ReferenceLSTM.backward(
                batch: batch, units: units, step: kept, previousCell: previousCell, dHidden: nudged(dHidden.doubles),
                dCell: nudged(dCell.doubles))
            return [step.gates, step.cell, step.hidden, gradients.dPreactivations, gradients.dPreviousCell]
        }
        let results = [actual.gates, actual.cell, actual.hidden, actual.dPreactivations, actual.dPreviousCell]
        for (index, name) in ["gates", "c", "h", "dgates", "dc"].enumerated() {
            expectClose(results[index], expected[index], within: bounds[index], name, description)
        }
    }
}

extension KernelSuites {
    @Suite struct CellTests {
        @Test(arguments: [Float(1), 6])
        func matchesTheReference(_ limit: Float) {
            for batch in [1, 2, 5] {
                for units in [1, 3, 8, 17, 63, 64, 65, 130] {
                    let example = LSTMCase(
                        batch: batch, units: units, limit: limit, seed: caseSeed(80, batch, units))
                    example.expectReference(example.run())
                    example.expectReference(example.run(gap: 3))
                }
            }
        }

        @Test func threadsGiveTheSameBits() {
            for (batch, units) in [(1, 7), (1, 1025), (3, 700), (64, 129)] {
                let example = LSTMCase(batch: batch, units: units, limit: 3, seed: caseSeed(81, batch, units))
                expectSameBitsForAnyThreads("all outputs", example.description) { example.run().all }
            }
        }

        /// Gates far open or far shut: exact, and their gradients vanish instead of overflowing.
        @Test func saturatedGates() {
            var example = LSTMCase(batch: 1, units: 4, limit: 1, seed: caseSeed(82))
            let shut: Float = -1e4, open: Float = 1e4
            // Input, forget, candidate, output; unit by unit: keep, take, forget both, keep in silence.
            example.preactivations = [
                shut, open, shut, shut,
                open, shut, shut, open,
                open, open, shut, 0,
                open, open, open, shut
            ]
            let outcome = example.run()
            #expect(outcome.cell == [example.previousCell[0], 1, 0, example.previousCell[3]])
            #expect(outcome.hidden[2] == 0 && outcome.hidden[3] == 0)
            #expect(outcome.all.allSatisfy { $0.isFinite })
            example.expectReference(outcome)
        }
    }
}

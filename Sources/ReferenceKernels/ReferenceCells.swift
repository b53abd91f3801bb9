// ReferenceCells.swift: one step of an LSTM cell and of an Elman cell, in Double.
//
// What it is: the cells' own equations. The LSTM starts from its preactivations, as the kernel does: the products with
// weights are ReferenceDense's. What it is not: a loop over time.

import Foundation

/// LSTM with a forget gate, without peepholes.
///
/// Hochreiter & Schmidhuber 1997; Gers et al. 2000. Gate order i, f, g, o.
public enum ReferenceLSTM {
    /// What one step gives.
    public struct Step: Sendable {
        /// The gates' activations, shape (B, 4H): sigma, sigma, tanh, sigma.
        public var gates: [Double]
        /// c = f c_prev + i g, shape (B, H).
        public var cell: [Double]
        /// h = o tanh(c), shape (B, H).
        public var hidden: [Double]
    }

    /// One step: preactivations z (B, 4H) and c_prev (B, H).
    public static func forward(batch: Int, units: Int, preactivations: [Double], previousCell: [Double]) -> Step {
        precondition(preactivations.count == batch * 4 * units, "preactivations is not (\(batch), 4 * \(units))")
        precondition(previousCell.count == batch * units, "previousCell is not (\(batch), \(units))")
        var step = Step(gates: preactivations, cell: previousCell, hidden: previousCell)
        for row in 0..<batch {
            for unit in 0..<units {
                let (i, f, g, o) = gatePositions(row, unit, units)
                step.gates[i] = ReferenceActivations.sigmoid(preactivations[i])
                step.gates[f] = ReferenceActivations.sigmoid(preactivations[f])
                step.gates[g] = tanh(preactivations[g])
                step.gates[o] = ReferenceActivations.sigmoid(preactivations[o])
                let position = row * units + unit
                let cell = step.gates[f] * previousCell[position] + step.gates[i] * step.gates[g]
                step.cell[position] = cell
                step.hidden[position] = step.gates[o] * tanh(cell)
            }
        }
        return step
    }

    /// The gradients of `forward`.
    ///
    /// - `dHidden`: dL/dh, shape (B, H).
    /// - `dCell`: dL/dc from the next step, shape (B, H).
    ///
    /// Returns dL/dz, shape (B, 4H), and dL/dc_prev, shape (B, H).
    public static func backward(
        batch: Int, units: Int, step: Step, previousCell: [Double], dHidden: [Double], dCell: [Double]
    ) -> (dPreactivations: [Double], dPreviousCell: [Double]) {
        var dPreactivations = step.gates
        var dPreviousCell = previousCell
        for row in 0..<batch {
            for unit in 0..<units {
                let (i, f, g, o) = gatePositions(row, unit, units)
                let position = row * units + unit
                let squashed = tanh(step.cell[position])
                let dOutput = dHidden[position] * squashed
                let dc = dCell[position] + dHidden[position] * step.gates[o] * (1 - squashed * squashed)
                dPreactivations[i] = dc * step.gates[g] * step.gates[i] * (1 - step.gates[i])
                dPreactivations[f] = dc * previousCell[position] * step.gates[f] * (1 - step.gates[f])
                dPreactivations[g] = dc * step.gates[i] * (1 - step.gates[g] * step.gates[g])
                dPreactivations[o] = dOutput * step.gates[o] * (1 - step.gates[o])
                dPreviousCell[position] = dc * step.gates[f]
            }
        }
        return (dPreactivations, dPreviousCell)
    }

    private static func gatePositions(_ row: Int, _ unit: Int, _ units: Int) -> (i: Int, f: Int, g: Int, o: Int) {
        let first = row * 4 * units + unit
        return (first, first + units, first + 2 * units, first + 3 * units)
    }
}

/// Elman's cell (1990): h = tanh(x W_x + h_prev W_h + b).
public enum ReferenceElman {
    /// One step: x (B, inputs), h_prev (B, H), W_x (inputs, H), W_h (H, H), b (H) give h (B, H).
    public static func forward(
        batch: Int, inputs: Int, units: Int, x: [Double], previous: [Double], inputWeights: [Double],
        hiddenWeights: [Double], bias: [Double]
    ) -> [Double] {
        let fromInput = ReferenceDense.forward(
            rows: batch, inputs: inputs, outputs: units, x: x, weights: inputWeights, bias: bias)
        let fromHidden = ReferenceDense.product(m: batch, n: units, k: units, previous, hiddenWeights)
        return zip(fromInput, fromHidden).map { tanh($0 + $1) }
    }

    /// What `backward` gives, each shaped like what it is the gradient of.
    public struct Gradients: Sendable {
        /// dL/dx, (B, I).
        public var dx: [Double]
        /// dL/dh of the step before, (B, H).
        public var dPrevious: [Double]
        /// dL/dW from input to units, (I, H).
        public var dInputWeights: [Double]
        /// dL/dW from units to units, (H, H).
        public var dHiddenWeights: [Double]
        /// dL/db, (H).
        public var dBias: [Double]
    }

    /// The gradients of `forward`: h its output, dh = dL/dh, both (B, H).
    public static func backward(
        batch: Int, inputs: Int, units: Int, x: [Double], previous: [Double], inputWeights: [Double],
        hiddenWeights: [Double], h: [Double], dh: [Double]
    ) -> Gradients {
        let dz = ReferenceActivations.tanhBackward(y: h, dy: dh)
        let fromInput = ReferenceDense.backward(
            rows: batch, inputs: inputs, outputs: units, x: x, weights: inputWeights, dy: dz)
        let fromHidden = ReferenceDense.backward(
            rows: batch, inputs: units, outputs: units, x: previous, weights: hiddenWeights, dy: dz)
        return Gradients(
            dx: fromInput.dx, dPrevious: fromHidden.dx, dInputWeights: fromInput.dWeights,
            dHiddenWeights: fromHidden.dWeights, dBias: fromInput.dBias)
    }
}

// Recurrent cells; contracts in ck_cells.h.

import CKernels

extension Kernels {
    package static func lstm(
        gates: Rows, previousCell: UnsafePointer<Float>, cell: UnsafeMutablePointer<Float>,
        hidden: Rows, batch: Int, units: Int
    ) {
        ck_lstm_forward(
            batch, units, gates.pointer, gates.stride, previousCell, cell, hidden.pointer, hidden.stride)
    }

    package static func lstmBackward(
        gates: Rows, previousCell: UnsafePointer<Float>, cell: UnsafePointer<Float>,
        hiddenGradient: Rows, cellGradient: UnsafeMutablePointer<Float>, gateGradients: Rows,
        batch: Int, units: Int
    ) {
        ck_lstm_backward(
            batch, units, gates.pointer, gates.stride, previousCell, cell, hiddenGradient.pointer,
            hiddenGradient.stride, cellGradient, gateGradients.pointer, gateGradients.stride)
    }
}

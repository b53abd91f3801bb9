// Recurrent cells; contracts in ck_cells.h.

import CKernels

extension Kernels {
    package static func lstm(
        gates: UnsafeMutablePointer<Float>, previousCell: UnsafePointer<Float>, cell: UnsafeMutablePointer<Float>,
        hidden: Rows, batch: Int, units: Int
    ) {
        ck_lstm_forward(batch, units, gates, previousCell, cell, hidden.pointer, hidden.stride)
    }

    package static func lstmBackward(
        gates: UnsafePointer<Float>, previousCell: UnsafePointer<Float>, cell: UnsafePointer<Float>,
        hiddenGradient: Rows, cellGradient: UnsafeMutablePointer<Float>, gateGradients: UnsafeMutablePointer<Float>,
        batch: Int, units: Int
    ) {
        ck_lstm_backward(
            batch, units, gates, previousCell, cell, hiddenGradient.pointer, hiddenGradient.stride, cellGradient,
            gateGradients)
    }
}

// ReferenceActivations.swift: tanh and the logistic sigmoid with their derivatives, in Double, on whole arrays.

import Foundation

/// Elementwise functions.
///
/// Backward functions take the forward's output y, as the kernels do.
public enum ReferenceActivations {
    /// 1 / (1 + exp(-x)), for any x; the exponential never overflows.
    public static func sigmoid(_ x: Double) -> Double {
        if x >= 0 {
            return 1 / (1 + exp(-x))
        }
        let e = exp(x)
        return e / (1 + e)
    }

    /// y = tanh(x).
    public static func tanhForward(_ x: [Double]) -> [Double] {
        x.map { tanh($0) }
    }

    /// dx = dy (1 - y^2).
    public static func tanhBackward(y: [Double], dy: [Double]) -> [Double] {
        zip(y, dy).map { y, dy in dy * (1 - y * y) }
    }

    /// y = 1 / (1 + exp(-x)).
    public static func sigmoidForward(_ x: [Double]) -> [Double] {
        x.map { sigmoid($0) }
    }

    /// dx = dy y (1 - y).
    public static func sigmoidBackward(y: [Double], dy: [Double]) -> [Double] {
        zip(y, dy).map { y, dy in dy * y * (1 - y) }
    }
}

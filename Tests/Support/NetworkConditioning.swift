// NetworkConditioning.swift: bounds for what rounding makes of a network's results.

import NeuralMemory
import ReferenceKernels

extension Network {
    /// `ErrorBound.conditioned` with the parameters as inputs; `compute` runs this network.
    ///
    /// The parameters are put back.
    package func conditioned(
        _ factor: Double, seed: UInt64, of compute: () throws -> [[Double]]
    ) throws -> (results: [[Double]], bounds: [ErrorBound]) {
        let values = try parameters.layout.parameters.map { try parameters.values(of: $0) }
        func set(_ nudged: ([Double]) -> [Double]) throws {
            for (slice, value) in zip(parameters.layout.parameters, values) {
                try parameters.setValues(nudged(value.doubles).floats, of: slice)
            }
        }
        let result = try ErrorBound.conditioned(factor, seed: seed) { nudged in
            try set(nudged)
            return try compute()
        }
        try set { $0 }
        return result
    }
}

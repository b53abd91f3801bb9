// From what a batch holds to the vectors x_t that a controller takes.

import Foundation

/// Turns symbols into embeddings or one-hot vectors; passes vectors on.
final class InputEncoder {
    /// E, the width of x_t.
    let size: Int
    private let takesVectors: Bool
    private let embedding: Parameter?
    /// (T, B, E), and gradients.
    private let encoded = FloatBuffer()
    private let gradients = FloatBuffer()
    private var symbols: [Int32] = []
    private var batch = 0
    private var steps = 0

    init(_ parameters: Parameters, _ configuration: InputConfiguration, _ signature: Signature.Inputs) throws {
        takesVectors = if case .vectors = signature { true } else { false }
        switch (signature, configuration.encoding) {
        case (.vectors(let width), _):
            size = width
            embedding = nil
        case (.symbols(let count), .oneHot):
            size = count
            embedding = nil
        case (.symbols(let count), .embedding):
            try require("network.input.embeddingSize", configuration.embeddingSize, in: 1...largestSize)
            size = configuration.embeddingSize
            embedding = try parameters.declare("embedding.weight", [count, size], .weight(inputs: 1))
        }
    }

    /// Row t·B + b is x_t.
    var rows: Rows { Rows(encoded.pointer, stride: size) }

    func footprint(rows: Double) -> Footprint {
        let gradients = embedding == nil ? 0 : rows * Double(size)
        return Footprint(floats: rows * Double(size + 1), gradients: gradients)
    }

    func begin(steps: Int, batch: Int) {
        self.steps = steps
        self.batch = batch
        encoded.reserve(steps * batch * size)
        symbols = Array(repeating: 0, count: steps * batch)
    }

    /// Encodes the inputs of a range of steps; `inputs` holds these steps alone, and is of the network's signature.
    func encode(_ inputs: Batch.Inputs, steps range: Range<Int>) {
        let first = range.lowerBound * batch
        let count = range.count * batch
        let target = rows.advanced(by: first)
        switch inputs {
        case .vectors(let values): target.pointer.update(from: values, count: count * size)
        case .symbols(let ids):
            symbols.replaceSubrange(first..<first + count, with: ids)
            encodeSymbols(ids, into: target)
        }
    }

    /// Whether the steps encoded so far are these inputs of sequences `range`, of `count` in all, to the last bit.
    func holds(_ inputs: Batch.Inputs, _ range: Range<Int>, of count: Int, steps: Int) -> Bool {
        func isSame<Value>(_ own: UnsafePointer<Value>, _ values: [Value], width: Int) -> Bool {
            let bytes = batch * width * MemoryLayout<Value>.stride
            return values.withUnsafeBufferPointer { values in
                guard let start = values.baseAddress, values.count == steps * count * width else { return false }
                return (0..<steps).allSatisfy { step in
                    memcmp(own + step * batch * width, start + (step * count + range.lowerBound) * width, bytes) == 0
                }
            }
        }
        return switch inputs {
        case .vectors(let values): takesVectors && isSame(encoded.pointer, values, width: size)
        case .symbols(let ids): !takesVectors && isSame(symbols, ids, width: 1)
        }
    }

    private func encodeSymbols(_ ids: [Int32], into target: Rows) {
        if let embedding {
            return Kernels.gather(embedding.value, ids, into: target, rows: ids.count, columns: size)
        }
        target.pointer.update(repeating: 0, count: ids.count * size)
        for (row, id) in ids.enumerated() { target.pointer[row * size + Int(id)] = 1 }
    }

    /// Where dL/dx belongs, if anybody here is trained by it.
    func gradientRows() -> Rows? {
        guard embedding != nil else { return nil }
        gradients.reserve(steps * batch * size)
        return Rows(gradients.pointer, stride: size)
    }

    func finishBackward() {
        guard let embedding else { return }
        Kernels.scatterAdd(
            Rows(gradients.pointer, stride: size), symbols, into: embedding.gradient, rows: steps * batch,
            columns: size)
    }
}

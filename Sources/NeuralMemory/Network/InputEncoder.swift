// From what a batch holds to the vectors x_t that a controller takes.

/// Turns symbols into embeddings or one-hot vectors.
///
/// Vectors stay as they are.
struct InputEncoder: Sendable {
    /// E, the width of x_t.
    let size: Int
    fileprivate let embedding: Parameter?

    init(
        _ layout: inout ParameterLayout, _ configuration: InputConfiguration, _ signature: Signature.Inputs
    ) throws {
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
            embedding = try layout.declare("embedding.weight", [count, size], .weight(inputs: 1))
        }
    }

    func footprint(rows: Double) -> Footprint {
        let gradients = embedding == nil ? 0 : rows * Double(size)
        return Footprint(floats: rows * Double(size + 1), gradients: gradients)
    }
}

/// The encoded inputs of one shard.
final class InputEncoderState {
    private let encoder: InputEncoder
    private let parameters: ParameterBuffer
    /// (T, B, E), and gradients.
    private let encoded = FloatBuffer()
    private let gradients = FloatBuffer()
    private var symbols: [Int32] = []
    private var batch = 0
    private var steps = 0

    init(_ encoder: InputEncoder, _ parameters: ParameterBuffer) {
        self.encoder = encoder
        self.parameters = parameters
    }

    private var size: Int { encoder.size }

    /// Row t·B + b is x_t.
    var rows: Rows { Rows(encoded.pointer, stride: size) }

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

    private func encodeSymbols(_ ids: [Int32], into target: Rows) {
        if let embedding = encoder.embedding {
            return Kernels.gather(parameters[embedding], ids, into: target, rows: ids.count, columns: size)
        }
        target.pointer.update(repeating: 0, count: ids.count * size)
        for (row, id) in ids.enumerated() { target.pointer[row * size + Int(id)] = 1 }
    }

    /// The rows for dL/dx; `nil` without an embedding, because nothing is trained by dL/dx then.
    func gradientRows() -> Rows? {
        guard encoder.embedding != nil else { return nil }
        gradients.reserve(steps * batch * size)
        return Rows(gradients.pointer, stride: size)
    }

    /// Adds the embedding's gradients to `target`.
    func accumulateGradients(into target: ParameterBuffer) {
        guard let embedding = encoder.embedding else { return }
        Kernels.scatterAdd(
            Rows(gradients.pointer, stride: size), symbols, into: target[embedding], rows: steps * batch,
            columns: size)
    }
}

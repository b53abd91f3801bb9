// From what a batch holds to the vectors x_t that a controller takes.

/// Turns symbols into embeddings or one-hot vectors; passes vectors on.
final class InputEncoder {
    /// E, the width of x_t.
    let size: Int
    private let signature: Signature.Inputs
    private let embedding: Parameter?
    /// (T, B, E), and gradients.
    private let encoded = FloatBuffer()
    private let gradients = FloatBuffer()
    private var symbols: [Int32] = []
    private var batch = 0
    private var steps = 0

    init(_ parameters: Parameters, _ configuration: InputConfiguration, _ signature: Signature.Inputs) throws {
        self.signature = signature
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
            embedding = parameters.declare("embedding.weight", [count, size], .weight(inputs: 1))
        }
    }

    /// Row t·B + b is x_t.
    var rows: Rows { Rows(encoded.pointer, stride: size) }

    func begin(steps: Int, batch: Int) {
        self.steps = steps
        self.batch = batch
        encoded.reserve(steps * batch * size)
        symbols = Array(repeating: 0, count: steps * batch)
    }

    /// Encodes the inputs of a range of steps; `inputs` holds these steps alone.
    func encode(_ inputs: Batch.Inputs, steps range: Range<Int>) {
        let first = range.lowerBound * batch
        let count = range.count * batch
        let target = rows.advanced(by: first)
        switch (inputs, signature) {
        case (.vectors(let values), .vectors):
            precondition(values.count == count * size, "inputs must be (steps, count, \(size))")
            target.pointer.update(from: values, count: values.count)
        case (.symbols(let ids), .symbols(let alphabet)):
            precondition(ids.count == count, "inputs must be (steps, count)")
            precondition(ids.allSatisfy { 0..<alphabet ~= Int($0) }, "input symbols must be below \(alphabet)")
            symbols.replaceSubrange(first..<first + count, with: ids)
            encodeSymbols(ids, into: target)
        default: preconditionFailure("the batch's inputs do not fit the network's signature")
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

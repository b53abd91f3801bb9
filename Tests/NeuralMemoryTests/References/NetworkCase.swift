// NetworkCase.swift: the networks and batches that tests of the mathematics run over.

import NeuralMemory

/// One choice of all settings that change a network's equations, at sizes that are small, odd and all different.
struct NetworkCase: CustomStringConvertible {
    var controller: (name: String, kind: any ControllerKind)
    var memory: (name: String, kind: any MemoryKind)
    var output: OutputConfiguration
    var controllerOutputSize: Int?
    var input: (name: String, configuration: InputConfiguration, signature: Signature.Inputs)
    var outputs: Signature.Outputs
    /// Of reconstruction losses; 0 where inputs are vectors.
    var reconstruction: Double

    /// The settings by name; tests check that all pairs of them occur.
    var settings: [String] {
        [
            controller.name, memory.name, "output from \(output.source.rawValue)", "hidden \(output.hiddenSize ?? 0)",
            "projection \(controllerOutputSize ?? 0)", input.name, "\(outputs)",
            "reconstruction \(reconstruction)"
        ]
    }

    var description: String { settings.joined(separator: ", ") }

    var configuration: NetworkConfiguration {
        var configuration = NetworkConfiguration(controller: controller.kind, memory: memory.kind)
        configuration.input = input.configuration
        configuration.controllerOutputSize = controllerOutputSize
        configuration.output = output
        configuration.reconstruction.weight = reconstruction
        return configuration
    }

    var signature: Signature { Signature(inputs: input.signature, outputs: outputs) }

    /// A network of this case, every parameter random: biases and initial states as well, so that nothing is hidden by
    /// a 0.
    func network(using generator: inout RandomGenerator) throws -> Network {
        let network = try Network(configuration, signature: signature, seed: generator.next())
        for slice in network.parameters.layout.parameters {
            try network.parameters.setValues((0..<slice.count).map { _ in Float(0.7 * generator.normal()) }, of: slice)
        }
        return network
    }
}

// MARK: All cases

extension NetworkCase {
    static let controllers: [(name: String, kind: any ControllerKind)] = [
        ("lstm", LSTM(units: 4)), ("lstm, 2 layers", LSTM(units: 3, layers: 2)),
        ("lstm with input layer", lstm(inputLayer: true)), ("lstm from zero", lstm(trainsInitialState: false)),
        ("lstm, 3 layers, skipping", lstm(layers: 3, skipConnections: true)),
        ("lstm with input layer, skipping", lstm(inputLayer: true, skipConnections: true)),
        ("rnn", ElmanRNN(units: 5)), ("rnn from zero", elmanFromZero), ("feedforward", FeedForward(units: 6)),
        ("feedforward, 2 layers", FeedForward(units: 4, layers: 2))
    ]

    static let memories: [(name: String, kind: any MemoryKind)] = [
        ("stack", NeuralStack(width: 3)), ("queue", NeuralQueue(width: 3)), ("deque", NeuralDeque(width: 2)),
        ("ntm", TuringMemory(rows: 5, columns: 3)), ("ntm, all learned", turingAllLearned),
        ("ntm, 3 read heads", turingReads),
        ("ntm, 2 write heads", TuringMemory(rows: 4, columns: 2, readHeads: 1, writeHeads: 2)),
        ("dnc", dnc), ("dnc, all learned and repaired", dncRepaired), ("none", NoMemory()),
        ("sam", SparseMemory(rows: 6, columns: 3, neighbors: 2)),
        ("sam, 2 heads", SparseMemory(rows: 5, columns: 2, heads: 2, neighbors: 1)),
        ("sdnc", SparseDNC(rows: 4, columns: 4, neighbors: 1, links: 2)),
        ("sdnc, 1 link", SparseDNC(rows: 3, columns: 3, neighbors: 1, links: 1))
    ]

    static let inputs: [(name: String, configuration: InputConfiguration, signature: Signature.Inputs)] = [
        ("embedding", InputConfiguration(encoding: .embedding, embeddingSize: 3), .symbols(7)),
        ("one-hot", InputConfiguration(encoding: .oneHot), .symbols(6)),
        ("vectors", InputConfiguration(), .vectors(5))
    ]

    private static func lstm(
        layers: Int = 1, inputLayer: Bool = false, trainsInitialState: Bool = true, skipConnections: Bool = false
    ) -> LSTM {
        var lstm = LSTM(units: 4, layers: layers)
        lstm.skipConnections = skipConnections
        lstm.inputLayer = inputLayer
        lstm.trainsInitialState = trainsInitialState
        return lstm
    }

    private static var turingAllLearned: TuringMemory {
        var turing = TuringMemory(rows: 4, columns: 2, heads: 2)
        turing.initialMemory = .learned
        turing.initialFocus = .learned
        turing.initialReads = .learned
        return turing
    }

    private static var turingReads: TuringMemory {
        var turing = TuringMemory(rows: 4, columns: 2, readHeads: 3, writeHeads: 1)
        turing.initialFocus = .learned
        turing.initialReads = .learned
        return turing
    }

    /// From rows that differ: of rows that are alike, roundings would decide which is freest.
    private static var dnc: DNC {
        var dnc = DNC(rows: 4, columns: 3, readHeads: 2)
        dnc.initialMemory = .random
        return dnc
    }

    private static var dncRepaired: DNC {
        var dnc = DNC(rows: 3, columns: 2)
        dnc.initialMemory = .learned
        dnc.initialReads = .learned
        dnc.floorsUsage = true
        dnc.smoothsCosine = true
        dnc.masksKeys = true
        dnc.deallocates = true
        dnc.sharpensLinks = true
        return dnc
    }

    private static var elmanFromZero: ElmanRNN {
        var rnn = ElmanRNN(units: 5)
        rnn.trainsInitialState = false
        return rnn
    }

    static let outputs: [Signature.Outputs] = [.symbols(4), .bits(3), .numbers(2), .choices(2, of: 3)]

    /// Each memory with each controller twice, outputs of each kind in turn, the other settings drawn by a fixed seed.
    static let all: [NetworkCase] = {
        var generator = RandomGenerator(seed: 1)
        return (0..<2).flatMap { round in
            memories.enumerated().flatMap { place, memory in
                controllers.enumerated().map { number, controller in
                    let input = inputs[generator.integer(in: 0...2)]
                    let reconstruction = input.name != "vectors" && generator.bernoulli() ? 0.5 : 0
                    return NetworkCase(
                        controller: controller, memory: memory,
                        output: OutputConfiguration(
                            source: generator.bernoulli() ? .controller : .controllerAndReads,
                            hiddenSize: generator.bernoulli() ? 5 : nil),
                        controllerOutputSize: generator.bernoulli() ? 7 : nil,
                        input: input, outputs: outputs[(round + place + number) % outputs.count],
                        reconstruction: reconstruction)
                }
            }
        }
    }()
}

// MARK: Batches

extension Batch {
    /// Random inputs and targets for ragged sequences: each has a length of its own, a mask of zeros and ones up to it,
    /// and zeros after it.
    ///
    /// Padding is random too, as nothing may depend on it. At least one output counts.
    static func random(_ signature: Signature, steps: Int, count: Int, using generator: inout RandomGenerator) -> Batch
    {
        let rows = steps * count
        var mask = [Float](repeating: 0, count: rows)
        for b in 0..<count {
            let length = b == 0 ? steps : generator.integer(in: 1...steps)
            for step in 0..<length { mask[step * count + b] = step == length - 1 || generator.bernoulli(0.7) ? 1 : 0 }
        }
        return Batch(
            checked: steps, count: count, inputs: .random(signature.inputs, rows: rows, using: &generator),
            targets: .random(signature.outputs, rows: rows, using: &generator), mask: mask)
    }

    /// One sequence of the batch alone, cut off after `steps` steps.
    func sequence(_ b: Int, steps: Int) -> Batch {
        let rows = (0..<steps).map { $0 * count + b }
        return Batch(
            checked: steps, count: 1, inputs: inputs.rows(rows, of: self.steps * count),
            targets: targets.rows(rows, of: self.steps * count), mask: rows.map { mask[$0] })
    }

    /// The number of steps of a sequence up to its last output that counts.
    func length(of b: Int) -> Int { (0..<steps).last { mask[$0 * count + b] > 0 }.map { $0 + 1 } ?? 0 }
}

extension Batch.Inputs {
    static func random(_ signature: Signature.Inputs, rows: Int, using generator: inout RandomGenerator) -> Self {
        switch signature {
        case .symbols(let alphabet): .symbols((0..<rows).map { _ in Int32(generator.integer(in: 0...alphabet - 1)) })
        case .vectors(let size): .vectors((0..<rows * size).map { _ in Float(generator.normal()) })
        }
    }

    /// Some rows of all.
    func rows(_ rows: [Int], of all: Int) -> Self {
        switch self {
        case .symbols(let ids): .symbols(rows.map { ids[$0] })
        case .vectors(let values): .vectors(gather(rows, of: all, values))
        }
    }
}

extension Batch.Targets {
    static func random(_ signature: Signature.Outputs, rows: Int, using generator: inout RandomGenerator) -> Self {
        switch signature {
        case .symbols(let classes): .symbols((0..<rows).map { _ in Int32(generator.integer(in: 0...classes - 1)) })
        case .bits(let bits): .bits((0..<rows * bits).map { _ in generator.bernoulli() ? 1 : 0 })
        case .numbers(let size): .numbers((0..<rows * size).map { _ in Float(generator.normal()) })
        // A fifth of the choices do not count.
        case .choices(let count, let symbols):
            .bits(
                (0..<rows * count).flatMap { _ -> [Float] in
                    let symbol = generator.bernoulli(0.2) ? -1 : generator.integer(in: 0...symbols - 1)
                    return (0..<symbols).map { $0 == symbol ? 1 : 0 }
                })
        }
    }

    /// Some rows of all.
    func rows(_ rows: [Int], of all: Int) -> Self {
        switch self {
        case .symbols(let ids): .symbols(rows.map { ids[$0] })
        case .bits(let values): .bits(gather(rows, of: all, values))
        case .numbers(let values): .numbers(gather(rows, of: all, values))
        }
    }
}

/// Some rows of a matrix of `all` rows.
private func gather(_ rows: [Int], of all: Int, _ values: [Float]) -> [Float] {
    let columns = values.count / all
    return rows.flatMap { values[$0 * columns..<($0 + 1) * columns] }
}

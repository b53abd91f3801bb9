// OptimizerSubject.swift: parameters of a small network, with values and gradients that a test sets.

import NeuralMemory

struct OptimizerSubject {
    let parameters: ParameterBuffer
    let gradients: ParameterBuffer
    /// Where the parameters' numbers stand in the flat buffers.
    private let places: [Int]

    init() throws {
        let signature = Signature(inputs: .symbols(3), outputs: .symbols(2))
        let configuration = NetworkConfiguration(controller: ElmanRNN(units: 3), memory: NoMemory())
        parameters = try Network(configuration, signature: signature, seed: 1).parameters
        gradients = ParameterBuffer(zeros: parameters.layout)
        places = parameters.layout.parameters.flatMap { $0.offset..<$0.offset + $0.count }
    }

    var count: Int { places.count }

    var values: [Float] { places.map { parameters.floats[$0] } }

    /// What stands between the parameters, in all buffers.
    func padding(of optimizer: Optimizer) -> [Float] {
        let padding = Set(0..<parameters.floats.count).subtracting(places)
        let states = optimizer.state.map(\.values.pointer)
        return padding.flatMap { index in
            [parameters.floats[index], gradients.floats[index]] + states.map { $0[index] }
        }
    }

    func set(values: [Float]) {
        for (place, value) in zip(places, values) { parameters.floats[place] = value }
    }

    /// The first gradients; all others become 0.
    func set(gradients: [Float]) {
        self.gradients.zero()
        for (place, gradient) in zip(places, gradients) { self.gradients.floats[place] = gradient }
    }
}

extension SGD {
    /// w −= g, so that what a chain makes of gradients can be read from the values.
    static let plain = {
        var rule = SGD(learningRate: 1)
        rule.momentum = 0
        return rule
    }()
}

// FreezingTests.swift: updates that leave some parameters as they are.

import NeuralMemory
import TestSupport
import Testing

@Suite struct FreezingTests {
    private let subject: OptimizerSubject

    init() throws { subject = try OptimizerSubject() }

    /// Frozen parameters keep their bits, and their gradients count neither for the norm nor for what is skipped.
    @Test func frozenParametersAreLeftOut() throws {
        let layout = subject.parameters.layout
        let frozen = try ["controller.layer0.weight", "output.bias"].map { try #require(layout[$0]) }
        let chain = OptimizerChain(SGD.plain, clipping: GradientClipping(norm: 1), weightDecay: 0.5)
        let optimizer = try Optimizer(chain, for: subject.parameters, freezing: frozen)
        let (before, after) = (try numbers(), try update(optimizer, frozen))
        for parameter in layout.parameters {
            let name = parameter.name
            guard !frozen.contains(parameter) else {
                #expect(before[name] == after[name], "\(name)")
                continue
            }
            // The norm of the others' gradients is 1: only the decay and the gradients themselves change them.
            let share = 1 / Float(layout.count - frozen.reduce(0) { $0 + $1.count }).squareRoot()
            for (old, new) in zip(try #require(before[name]), try #require(after[name])) {
                #expect(abs(new - (0.5 * old - share)) < 1e-6, "\(name)")
            }
        }
        #expect(subject.padding(of: optimizer).allSatisfy { $0 == 0 })
    }

    private func numbers() throws -> [String: [Float]] {
        try subject.parameters.layout.parameters.reduce(into: [:]) {
            $0[$1.name] = try subject.parameters.values(of: $1)
        }
    }

    /// All gradients are 3, and those of frozen parameters infinite.
    private func update(_ optimizer: Optimizer, _ frozen: [Parameter]) throws -> [String: [Float]] {
        for parameter in subject.parameters.layout.parameters {
            let gradient: Float = frozen.contains(parameter) ? .infinity : 3
            try subject.gradients.setValues([Float](repeating: gradient, count: parameter.count), of: parameter)
        }
        let outcome = try optimizer.update(subject.gradients)
        let trained = subject.count - frozen.reduce(0) { $0 + $1.count }
        #expect(outcome.isApplied && abs(outcome.gradientNorm - 3 * Double(trained).squareRoot()) < 1e-4)
        return try numbers()
    }

    @Test func aParameterOfAnotherNetworkCannotBeFrozen() throws {
        let other = try Network(
            NetworkConfiguration(controller: ElmanRNN(units: 4), memory: NoMemory()),
            signature: Signature(inputs: .symbols(3), outputs: .symbols(2)), seed: 1)
        #expect(throws: UsageError.self) {
            try Optimizer(
                OptimizerChain(SGD.plain), for: subject.parameters,
                freezing: [other.parameters.layout.parameters[1]])
        }
    }
}

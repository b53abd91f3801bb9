// ParameterTests.swift: names, shapes and counts of parameters, how they start, and what buffers of them do.

import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct ParameterTests {
        private func network(
            _ controller: any ControllerKind, _ memory: any MemoryKind, seed: UInt64 = 1,
            _ change: (inout NetworkConfiguration) -> Void = { _ in }
        ) throws -> Network {
            var configuration = NetworkConfiguration(controller: controller, memory: memory)
            change(&configuration)
            return try Network(
                configuration, signature: Signature(inputs: .symbols(10), outputs: .symbols(9)), seed: seed)
        }

        private func shapes(_ network: Network) -> [String] {
            network.parameters.layout.parameters.map { "\($0.name) \($0.shape)" }
        }

        /// A parameter's numbers.
        private func values(_ network: Network, _ name: String) throws -> [Float] {
            try network.parameters.values(of: #require(network.parameters.layout[name], "no \(name)"))
        }

        // MARK: Names and shapes

        @Test func namesAndShapes() throws {
            let full = try network(LSTM(units: 5, layers: 2), NeuralDeque(width: 3)) {
                $0.input.embeddingSize = 4
                $0.controllerOutputSize = 7
                $0.output = OutputConfiguration(source: .controllerAndReads, hiddenSize: 6)
            }
            #expect(
                shapes(full) == [
                    "embedding.weight [10, 4]",
                    "controller.layer0.weight [15, 20]", "controller.layer0.bias [20]",
                    "controller.layer0.h0 [5]", "controller.layer0.c0 [5]",
                    "controller.layer1.weight [10, 20]", "controller.layer1.bias [20]",
                    "controller.layer1.h0 [5]", "controller.layer1.c0 [5]",
                    "projection.weight [5, 7]", "projection.bias [7]",
                    "interface.weight [7, 10]", "interface.bias [10]",
                    "output.hidden.weight [13, 6]", "output.hidden.bias [6]",
                    "output.weight [6, 9]", "output.bias [9]"
                ])
            let small = try network(FeedForward(units: 5, layers: 2), NoMemory()) { $0.input.encoding = .oneHot }
            #expect(
                shapes(small) == [
                    "controller.layer0.weight [10, 5]", "controller.layer0.bias [5]",
                    "controller.layer1.weight [5, 5]", "controller.layer1.bias [5]",
                    "output.weight [5, 9]", "output.bias [9]"
                ])
            var lstm = LSTM(units: 5)
            lstm.inputLayer = true
            lstm.trainsInitialState = false
            let withInputLayer = try network(lstm, NeuralQueue(width: 3)) { $0.input.encoding = .oneHot }
            #expect(
                shapes(withInputLayer) == [
                    "controller.input.weight [13, 5]", "controller.input.bias [5]",
                    "controller.layer0.weight [10, 20]", "controller.layer0.bias [20]",
                    "interface.weight [5, 5]", "interface.bias [5]", "output.weight [5, 9]", "output.bias [9]"
                ])
        }

        @Test func parametersFillTheBufferInOrder() throws {
            for networkCase in NetworkCase.all {
                let values = try Network(networkCase.configuration, signature: networkCase.signature, seed: 1)
                    .parameters
                let layout = values.layout
                #expect(values.floats.count == layout.bufferCount)
                var end = 0
                for parameter in layout.parameters {
                    #expect(parameter.offset % 16 == 0 && end..<end + 16 ~= parameter.offset)
                    #expect((end..<parameter.offset).allSatisfy { values.floats[$0] == 0 })
                    #expect(parameter.count == parameter.shape.reduce(1, *))
                    #expect(parameter.columns == parameter.shape.last)
                    #expect(layout[parameter.name] == parameter)
                    let place = parameter.offset..<parameter.offset + parameter.count
                    #expect(try values.values(of: parameter) == Array(values.floats[place]))
                    end = parameter.offset + parameter.count
                }
                #expect(layout.count == layout.parameters.reduce(0) { $0 + $1.count })
                #expect(layout.bufferCount % 16 == 0 && end..<end + 16 ~= layout.bufferCount)
                #expect(Set(layout.parameters.map(\.name)).count == layout.parameters.count)
            }
        }

        /// What a network would have can be known without making it.
        @Test func aModelHasTheLayout() throws {
            for networkCase in NetworkCase.all {
                let model = try NetworkModel(networkCase.configuration, signature: networkCase.signature)
                let network = try Network(networkCase.configuration, signature: networkCase.signature, seed: 1)
                #expect(model.layout.parameters == network.parameters.layout.parameters, "\(networkCase)")
                #expect(model.signals == network.signals, "\(networkCase)")
                let gradients = network.makeGradients()
                #expect(gradients.layout.parameters == model.layout.parameters && gradients.norm == 0)
            }
        }

        /// Parameters without embedding and softmax matrices, of Grefenstette and others 2015, table 1.
        @Test func countsAreThePapers() throws {
            func count(_ units: Int, _ memory: any MemoryKind) throws -> Int {
                let network = try network(LSTM(units: units), memory) { $0.output.hiddenSize = 64 }
                let left = ["embedding.weight", "output.weight", "output.bias"]
                return network.parameters.layout.parameters.reduce(0) { $0 + (left.contains($1.name) ? 0 : $1.count) }
            }
            let published: [(units: Int, memory: any MemoryKind, count: Double, lastDigit: Double)] = [
                (256, NeuralStack(width: 256), 6.7e5, 1e4), (512, NeuralStack(width: 256), 1.9e6, 1e5),
                (256, NeuralQueue(width: 256), 6.7e5, 1e4), (512, NeuralQueue(width: 256), 1.9e6, 1e5),
                (256, NeuralDeque(width: 256), 1.0e6, 1e5), (512, NeuralDeque(width: 256), 2.5e6, 1e5)
            ]
            for row in published {
                let actual = try Double(count(row.units, row.memory))
                #expect(
                    (actual / row.lastDigit).rounded() == (row.count / row.lastDigit).rounded(),
                    "\(row.memory.kind), \(row.units) units: \(actual), published \(row.count)")
            }
        }

        // MARK: Start

        @Test func theSameSeedGivesTheSameBits() throws {
            for networkCase in NetworkCase.all {
                func parameters(seed: UInt64) throws -> ParameterBuffer {
                    try Network(networkCase.configuration, signature: networkCase.signature, seed: seed).parameters
                }
                let (x, y, other) = (try parameters(seed: 11), try parameters(seed: 11), try parameters(seed: 12))
                for parameter in x.layout.parameters {
                    let numbers = try [x, y, other].map { try $0.values(of: parameter) }
                    #expect(sameBits(numbers[0], numbers[1]), "\(parameter.name) of \(networkCase)")
                    let isDrawn = !parameter.name.hasSuffix("bias")
                    #expect(sameBits(numbers[0], numbers[2]) != isDrawn, "\(parameter.name) of \(networkCase)")
                }
            }
        }

        @Test func biasesStartWhereTheyShould() throws {
            let stack = try network(LSTM(units: 2, layers: 2), NeuralStack(width: 3)) { $0.output.hiddenSize = 4 }
            #expect(try values(stack, "interface.bias") == [-1, 0, 0, 0, 0])
            for layer in 0...1 {
                #expect(try values(stack, "controller.layer\(layer).bias") == [0, 0, 1, 1, 0, 0, 0, 0])
            }
            #expect(try values(stack, "output.bias").allSatisfy { $0 == 0 })
            #expect(try values(stack, "output.hidden.bias").allSatisfy { $0 == 0 })
            var kind = NeuralDeque(width: 2)
            kind.popBias = -2
            kind.pushBias = 0.5
            var lstm = LSTM(units: 2)
            lstm.forgetBias = 3
            let deque = try network(lstm, kind)
            #expect(try values(deque, "interface.bias") == [-2, -2, 0.5, 0.5, 0, 0, 0, 0])
            #expect(try values(deque, "controller.layer0.bias") == [0, 0, 3, 3, 0, 0, 0, 0])
            var sparse = SparseMemory(rows: 9, columns: 2, heads: 2)
            sparse.strengthBias = 8
            sparse.interpolationBias = -4
            // Of each head key, add vector, strength, write gate and interpolation gate.
            let head: [Float] = [0, 0, 0, 0, 8, 0, -4]
            #expect(try values(network(lstm, sparse), "interface.bias") == head + head)
            var linked = SparseDNC(rows: 9, columns: 2, heads: 2)
            linked.strengthBias = 8
            linked.interpolationBias = -4
            let modes: [Float] = [0, 0, 0]
            #expect(try values(network(lstm, linked), "interface.bias") == head + modes + head + modes)
        }

        @Test func weightsStartWithinTheirLimits() throws {
            func check(_ weights: WeightInitialization, _ name: String, limit: Double) throws {
                let network = try network(LSTM(units: 40), NeuralStack(width: 24), seed: testSeed(1)) {
                    $0.weights = weights
                    $0.input.embeddingSize = 36
                }
                let numbers = try values(network, name).doubles
                #expect(numbers.allSatisfy { abs($0) <= limit }, "\(name)")
                // Of n numbers none comes within a 20th of the limit with a probability of 0.95^n, 4e-22 for 960.
                #expect(numbers.contains { abs($0) >= 0.95 * limit }, "\(name)\(seedNote)")
                // Six standard deviations.
                let mean = numbers.reduce(0, +) / Double(numbers.count)
                #expect(abs(mean) <= 6 * limit / (3 * Double(numbers.count)).squareRoot(), "\(name)\(seedNote)")
            }
            // 36 inputs, 24 reads, 40 units feed the layer.
            try check(WeightInitialization(), "controller.layer0.weight", limit: 0.1)
            try check(WeightInitialization(scheme: .fanIn, scale: 3), "controller.layer0.weight", limit: 0.3)
            try check(WeightInitialization(scheme: .uniform, scale: 0.2), "controller.layer0.weight", limit: 0.2)
            try check(WeightInitialization(), "interface.weight", limit: 1 / 40.0.squareRoot())
            try check(WeightInitialization(), "embedding.weight", limit: 1)
        }

        // MARK: Gradients

        @Test func gradientsAddUpUntilZeroed() throws {
            let sample = try NetworkSample(NetworkCase.all[0], test: 8, number: 0, steps: 5, sequences: 2)
            let network = sample.network
            let gradients = network.makeGradients()
            func addGradients() throws {
                try network.forward(sample.batch).loss().backward(into: gradients)
            }
            #expect(gradients.floats.allSatisfy { $0 == 0 } && gradients.norm == 0)
            let (once, bounds) = try network.conditioned(ErrorBound.Factor.evaluations, seed: sample.seed) {
                gradients.zero()
                try addGradients()
                return [Array(gradients.floats).doubles]
            }
            gradients.zero()
            #expect(gradients.floats.allSatisfy { $0 == 0 })
            try addGradients()
            let first = Array(gradients.floats)
            try addGradients()
            expectClose(
                Array(gradients.floats), once[0].map { 2 * $0 }, within: bounds[0] + bounds[0], "gradients",
                "seed \(sample.seed)")
            // Buffers add up as well; twice a number is exact.
            let (sum, other) = (network.makeGradients(), network.makeGradients())
            for (place, number) in first.enumerated() {
                sum.floats[place] = number
                other.floats[place] = number
            }
            GradientReducer(nil).reduce([sum, other], of: 0..<2, outOf: 2)
            #expect(sameBits(Array(sum.floats), first.map { 2 * $0 }))
        }

        @Test func clipping() throws {
            var generator = RandomGenerator(seed: testSeed(9))
            let networkCase = NetworkCase.all[0]
            let network = try networkCase.network(using: &generator)
            let batch = Batch.random(networkCase.signature, steps: 5, count: 2, using: &generator)
            let gradients = network.makeGradients()
            func numbers() -> [Double] { Array(gradients.floats).doubles }
            try network.forward(batch).loss().backward(into: gradients)
            let before = numbers()
            let norm = before.reduce(0) { $0 + $1 * $1 }.squareRoot()
            // Summed in double, in whatever order.
            expectClose(
                [gradients.norm], [norm], within: .rounding(before.count, of: norm, .double), "norm", "global")
            try gradients.clip(norm: Float(2 * norm))
            #expect(numbers() == before)
            // The norm is known already, and so small that nothing is to be done.
            try gradients.clip(norm: Float(norm / 4), present: norm / 8)
            #expect(numbers() == before)
            try gradients.clip(norm: Float(norm / 4))
            // The limit as a Float, the factor, and the product.
            expectClose(
                numbers(), before.map { $0 / 4 }, within: .rounding(3, of: before.map { abs($0) / 4 }), "gradients",
                "clipped")
            let limit = numbers().reduce(0) { max($0, abs($1)) } / 2
            let expected = numbers().map { min(max($0, -Double(Float(limit))), Double(Float(limit))) }
            try gradients.clip(value: Float(limit))
            #expect(numbers() == expected)
            for limit in [-1, -Float.leastNonzeroMagnitude, .nan] {
                let error = #expect(throws: UsageError.self) { try gradients.clip(norm: limit) }
                #expect(error?.description == "ParameterBuffer.clip: norm is \(limit); it must be at least 0")
                let other = #expect(throws: UsageError.self) { try gradients.clip(value: limit) }
                #expect(other?.description == "ParameterBuffer.clip: value is \(limit); it must be at least 0")
            }
            #expect(numbers() == expected)
        }

        @Test func whatIsNotFiniteIsFoundByName() throws {
            let parameters = try network(ElmanRNN(units: 4), NeuralStack(width: 2)).parameters
            #expect(parameters.firstNonFinite() == nil)
            for bad in [Float.nan, .infinity, -.infinity] {
                for parameter in parameters.layout.parameters.reversed() {
                    for index in Set([0, parameter.count - 1]) {
                        let kept = try parameters.values(of: parameter)
                        var values = kept
                        values[index] = bad
                        try parameters.setValues(values, of: parameter)
                        #expect(parameters.firstNonFinite() == parameter)
                        try parameters.setValues(kept, of: parameter)
                    }
                }
            }
            #expect(parameters.firstNonFinite() == nil)
        }
    }
}

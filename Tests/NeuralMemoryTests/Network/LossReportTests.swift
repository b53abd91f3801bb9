// LossReportTests.swift: accuracies and losses as a batch's outputs define them, counted again here, literally.

import Foundation
import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing

extension NetworkSuites {
    @Suite struct LossReportTests {
        /// Without memory, with constant logits: outputs that a test can choose, through the output bias.
        private func network(_ outputs: Signature.Outputs, bias: [Float]) throws -> Network {
            let network = try Network(
                NetworkConfiguration(controller: FeedForward(units: 2), memory: NoMemory()),
                signature: Signature(inputs: .vectors(1), outputs: outputs), seed: 1)
            for slice in network.parameters.layout.parameters {
                let zeros = [Float](repeating: 0, count: slice.count)
                try network.parameters.setValues(slice.name == "output.bias" ? bias : zeros, of: slice)
            }
            return network
        }

        @Test func symbols() throws {
            // Symbol 1 is always given. Sequences of lengths 4, 2 and 3: one right, one wrong at its end, one at its
            // start.
            let network = try network(.symbols(3), bias: [0, 2, 1])
            let targets: [Int32] = [1, 1, 0, /**/ 1, 2, 1, /**/ 1, 0, 1, /**/ 1, 0, 0]
            let mask: [Float] = [1, 1, 1, /**/ 1, 1, 1, /**/ 1, 0, 1, /**/ 1, 0, 0]
            let batch = try Batch(
                steps: 4, count: 3, inputs: .vectors(Array(repeating: 0, count: 12)), targets: .symbols(targets),
                mask: mask)
            let report = try network.evaluate(batch)
            let normaliser = log(1 + exp(2.0) + exp(1.0))
            let nats = 7 * (normaliser - 2) + (normaliser - 1) + (normaliser - 0)
            // Softmax losses over three classes, as the kernels' tests bound them.
            expectClose([report.nats], [nats], within: .rounding(10, of: nats + 9 * (1 + log(3))), "nats", "symbols")
            #expect(report.outputs == 9 && report.sequences == 3)
            #expect(report.rightSequences == 1 && report.wrongOutputs == 2)
            #expect(report.coarse == 1.0 / 3 && report.wrong == 2.0 / 3)
            let few = ErrorBound.rounding(4, of: 100, .double)
            expectClose(
                [report.fine, report.mean, report.bits],
                [(1 + 0.5 + 0) / 3, report.nats / 9, report.nats / log(2) / 3], within: few, "means", "symbols")
        }

        @Test func bits() throws {
            // Bits 1, 0 are always given.
            let network = try network(.bits(2), bias: [1, -2])
            let targets: [Float] = [1, 0, 1, 1, /**/ 1, 0, 0, 1]
            let batch = try Batch(
                steps: 2, count: 2, inputs: .vectors([0, 0, 0, 0]), targets: .bits(targets), mask: [1, 1, 1, 1])
            let report = try network.evaluate(batch)
            let (first, second) = (log(1 + exp(-1.0)), log(1 + exp(-2.0)))
            // Of 8 bits; targets of 0 and 1 make products exact.
            let nats = 4 * first + 1 + 4 * second + 4
            expectClose([report.nats], [nats], within: .rounding(10, of: nats + 8), "nats", "bits")
            #expect(report.outputs == 8 && report.sequences == 2)
            #expect(report.rightSequences == 1 && report.wrongOutputs == 3)
            #expect(report.rightPrefixes == 1)
        }

        /// Symbols 1 and 0 are always given, by two choices of three.
        @Test func choices() throws {
            let network = try network(.choices(2, of: 3), bias: [0, 2, 1, 1, 0, 0])
            // Right; wrong in the second choice; right in the only one that counts; a step that does not count.
            let targets: [Float] = [
                0, 1, 0, 1, 0, 0, /**/ 0, 1, 0, 0, 0, 1, /**/ 0, 1, 0, 0, 0, 0, /**/ 1, 0, 0, 0, 1, 0
            ]
            let batch = try Batch(
                steps: 2, count: 2, inputs: .vectors([0, 0, 0, 0]), targets: .bits(targets), mask: [1, 1, 1, 0])
            let report = try network.evaluate(batch)
            let (first, second) = (log(1 + exp(2.0) + exp(1.0)), log(exp(1.0) + 2))
            let nats = 3 * (first - 2) + (second - 1) + second
            expectClose([report.nats], [nats], within: .rounding(10, of: nats + 5 * (1 + log(3))), "nats", "choices")
            #expect(report.outputs == 5 && report.sequences == 2)
            #expect(report.rightSequences == 1 && report.wrongOutputs == 1 && report.rightPrefixes == 1)
        }

        /// 1 and −2 are always given; the last step's targets do not count.
        private func numbers(_ targets: [Float], mask: [Float]) throws -> LossReport {
            let network = try network(.numbers(2), bias: [1, -2])
            let batch = try Batch(
                steps: mask.count, count: 1, inputs: .vectors(mask.map { _ in 0 }), targets: .numbers(targets),
                mask: mask)
            return try network.evaluate(batch)
        }

        /// All of these are exact.
        @Test func numbers() throws {
            let report = try numbers([1, 0, /**/ 4, -2.5, /**/ 100, 100], mask: [1, 1, 0])
            #expect(report.outputs == 4 && report.sequences == 1)
            #expect(report.nats == (4 + 9 + 0.25) / 2 && report.absoluteError == 2 + 3 + 0.5)
            #expect(report.rmse == (13.25 / 4).squareRoot() && report.mae == 5.5 / 4)
            // Numbers are neither right nor wrong.
            #expect(report.rightSequences == 0 && report.rightPrefixes == 0 && report.wrongOutputs == 0)
            #expect(report.coarse.isNaN && report.fine.isNaN && report.wrong.isNaN)
        }

        @Test func reportsOfNumbersAdd() throws {
            let (x, y) = (try numbers([2, -2], mask: [1]), try numbers([1, 1, /**/ 1, -2], mask: [1, 1]))
            let sum = x.adding(y)
            #expect(sum.absoluteError == 4 && sum.nats == 5 && sum.outputs == 6)
            #expect(sum.rmse == (10.0 / 6).squareRoot() && y.adding(x) == sum)
            // Of nothing and something too; and a report without errors stays one.
            #expect(LossReport.empty.adding(x).mae == x.mae && x.adding(.empty).mae == x.mae)
            #expect(LossReport.empty.adding(.empty).rmse == nil)
        }

        @Test func reportsAdd() throws {
            func report(targets: [Int32], mask: [Float]) throws -> LossReport {
                let network = try network(.symbols(3), bias: [0, 2, 1])
                let batch = try Batch(
                    steps: 1, count: targets.count, inputs: .vectors(targets.map { _ in 0 }),
                    targets: .symbols(targets), mask: mask)
                return try network.evaluate(batch)
            }
            let x = try report(targets: [1, 0, 2], mask: [1, 1, 1])
            let y = try report(targets: [2, 1], mask: [0, 1])
            let sum = x.adding(y)
            #expect(sum.nats == x.nats + y.nats && sum.outputs == 4 && sum.sequences == 5)
            #expect(sum.rightSequences == 3 && sum.rightPrefixes == 3 && sum.wrongOutputs == 2)
            #expect(sum.coarse == 0.6 && sum.fine == 0.6 && sum.wrong == 0.4 && sum.mean == sum.nats / 4)
            #expect(y.adding(x) == sum)
        }
    }
}

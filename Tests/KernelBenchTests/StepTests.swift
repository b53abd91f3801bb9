// `kernel-bench step`: what its report holds, for every memory and controller there is, and what it refuses.

import Foundation
import NeuralMemory
import ReferenceKernels
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct StepTests {
    private static let small = ["step", "--batch", "2", "--length", "3", "--blocks", "1", "--threads", "1"]

    private func number(_ report: [String: Any], _ names: String...) throws -> Double {
        var value: Any = report
        for name in names { value = try #require((value as? [String: Any])?[name], "no \(name)") }
        return try #require(value as? Double)
    }

    /// All memories, and all controllers, as each comes to be registered.
    private static let networks =
        Registry.standard.memories.names.map { ($0, "lstm") }
        + Registry.standard.controllers.names.map { ("stack", $0) }

    @Test(arguments: networks)
    func theReportAddsUp(memory: String, controller: String) throws {
        let report = try reportOfKernelBench(
            Self.small + ["--task", "copy-bits", "--memory", memory, "--controller", controller])
        let median = try number(report, "milliseconds", "median")
        #expect(try number(report, "milliseconds", "min") > 0)
        #expect(try number(report, "milliseconds", "min") <= median)
        #expect(try number(report, "milliseconds", "max") >= median)
        let few = ErrorBound.rounding(10, of: 1, .double)
        expectClose(
            [try number(report, "sequences_per_second") * median / 2000], [1], within: few, "sequences per second",
            memory)
        #expect(try number(report, "peak_bytes") > 1e6)
        let share = try number(report, "gflops") / number(report, "matmul", "gflops")
        expectClose([try number(report, "share_of_matmul") / share], [1], within: few, "share", memory)
        let phases = try #require(report["phases"] as? [String: Double])
        let common = [
            "inputs", "controller_forward", "controller_backward", "outputs", "weight_gradients", "optimizer"
        ]
        for phase in common + (memory == "none" ? [] : ["memory_forward", "memory_backward"]) {
            #expect(try #require(phases[phase], "no \(phase)") >= 0)
        }
        // How long they take beside the median is for an idle machine to say: they come from another run.
        #expect(phases.values.reduce(0, +) > 0)
    }

    /// 5 steps (two vectors, the mark, two answers) of 2 sequences through a layer of 9 + 3 inputs and 3 units, and an
    /// output layer of 3 x 8.
    @Test func operationsAreThoseOfTheProducts() throws {
        let report = try reportOfKernelBench([
            "step", "--task", "copy-bits", "--memory", "none", "--controller", "rnn", "--units", "3", "--batch", "2",
            "--length", "2", "--blocks", "1", "--threads", "1"
        ])
        let rows = 10.0
        let operations = rows * (6.0 * (12 * 3 + 3 * 8) - 2 * 9 * 3)
        let counted = try number(report, "gflops") * number(report, "milliseconds", "median") * 1e6
        expectClose([counted / operations], [1], within: .rounding(10, of: 1, .double), "operations", "rnn")
    }

    @Test(arguments: ["stack", "queue", "deque", "ntm", "dnc", "sam", "sdnc"])
    func aMemoryAloneHasTwoPhases(memory: String) throws {
        let report = try reportOfKernelBench(Self.small + ["--memory", memory, "--memory-only", "--length", "50"])
        let phases = try #require(report["phases"] as? [String: Double])
        #expect(Set(phases.keys) == ["memory_forward", "memory_backward"])
        #expect(try number(report, "gflops") > 0)
    }

    /// Of ranks that messages cost nothing, the step takes what its largest share takes, and the optimiser.
    @Test func ranksArePredicted() throws {
        let arguments = [
            "step", "--task", "copy-bits", "--memory", "ntm", "--batch", "64", "--length", "10", "--blocks", "1",
            "--threads", "1", "--ranks", "5"
        ]
        let free = try reportOfKernelBench(arguments + ["--latency", "0", "--bandwidth", "1000000"])
        let one = try number(free, "milliseconds", "median")
        let predictions = try #require(free["predictions"] as? [[String: Any]])
        #expect(predictions.map { $0["ranks"] as? Int } == [2, 4, 5])
        for prediction in predictions {
            let ranks = try #require(prediction["ranks"] as? Int)
            let (time, efficiency) = (
                try number(prediction, "milliseconds"), try number(prediction, "efficiency")
            )
            #expect(time >= one / Double(ranks) && time <= one)
            expectClose(
                [efficiency * time * Double(ranks) / one], [1], within: .rounding(10, of: 1, .double), "efficiency",
                "\(ranks)")
        }
        // 2 for each doubling, and 2 to each other rank; each of them costs its latency.
        #expect(predictions.map { $0["messages"] as? Int } == [4, 10, 14])
        let slow = try reportOfKernelBench(arguments + ["--latency", "100000", "--bandwidth", "1000000"])
        let slowest = try #require(slow["predictions"] as? [[String: Any]])
        for (prediction, messages) in zip(slowest, [4.0, 10, 14]) {
            let time = try number(prediction, "milliseconds")
            let most = try 100 * messages + number(slow, "milliseconds", "median") + 1
            #expect(time >= 100 * messages && time <= most)
        }
    }

    @Test func keysCanBeNearestToUntouchedRows() throws {
        let arguments = Self.small + ["--memory", "sam", "--memory-only", "--length", "50"]
        let subjects = try [[], ["--untouched-rows"]].map {
            try #require(try reportOfKernelBench(arguments + $0)["subject"] as? String)
        }
        #expect(subjects.map { $0.contains("untouched") } == [false, true])
    }

    @Test(arguments: [
        (["--memory", "stack", "--rows", "128"], "network.memory.rows"), (["--memory", "heap"], "heap"),
        (["--ranks", "1"], "--ranks is 1"), (["--ranks", "2", "--latency", "-1"], "--latency is -1"),
        (["--ranks", "2", "--bandwidth", "0"], "--bandwidth is 0"), (["--ranks", "2", "--memory-only"], "--ranks"),
        (["--batch", "0"], "training.batchSize"), (["--batch", "two"], "two"), (["--units", "-1"], "--units"),
        (["--length", "0"], "--length"), (["--length", "2000000"], "--length"),
        (["--memory", "none", "--memory-only"], "--memory-only"), (["--blocks", "0"], "--blocks"),
        (["--task", "copy-bits", "--vocabulary", "5"], "task.symbols"), (["--only", "0"], "--only"),
        (["--width", "1000000", "--length", "1000000", "--memory-only"], "--length"),
        (["--json", "/nowhere/step.json"], "/nowhere/step.json"), (["--threads", "0"], "--threads"),
        (["--memory", "sam", "--untouched-rows"], "--untouched-rows"),
        (["--memory", "ntm", "--memory-only", "--untouched-rows"], "--untouched-rows")
    ])
    func badSettingsAreNamedBeforeAnythingRuns(_ arguments: [String], _ name: String) throws {
        let result = try runKernelBench(["step"] + arguments)
        #expect(result.status == 64)
        #expect(result.errors.contains(name), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test func onlyStepsPrintNothing() throws {
        let result = try runKernelBench(["step", "--only", "3", "--length", "3", "--units", "4", "--batch", "1"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.isEmpty)
    }
}

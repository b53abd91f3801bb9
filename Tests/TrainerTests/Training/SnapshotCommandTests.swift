// Commands that take a trained network, on a checkpoint that was kept during a run.

import Foundation
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct SnapshotCommandTests {
    @Test func commandsTakeASnapshot() throws {
        let folder = try TemporaryFolder()
        func run(_ arguments: [String], input: String = "") throws -> TrainerProcess.Result {
            let result = try TrainerProcess.run(arguments, in: folder.url, input: input)
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
            return result
        }
        _ = try run([
            "train", "--preset", "fast/reversal-stack", "--threads", "1", "--steps", "20", "--output", "run",
            "--set", "training.snapshots=10", "--set", "task.maximumLength=4", "--set",
            "training.evaluation.episodes=2",
            "--set", "training.evaluation.lengths=[8]"
        ])
        #expect(try RunReader(folder.file("run")).snapshots().map(\.step) == [0, 10, 20])
        let snapshot = "run/checkpoints/step-10.safetensors"
        #expect(try run(["evaluate", snapshot, "--episodes", "2", "--length", "3"]).output.contains("step-10"))
        #expect(try run(["inspect", snapshot, "--length", "3"]).output.hasPrefix(snapshot))
        #expect(try run(["predict", snapshot], input: "a b\n").output.isEmpty == false)
        let latest = try run(["inspect", "run/checkpoints/step-20.safetensors", "--length", "3"]).output
        let trained = try run(["inspect", "run/checkpoints/latest.safetensors", "--length", "3"]).output
        #expect(latest.split(separator: "\n").dropFirst() == trained.split(separator: "\n").dropFirst())
    }
}

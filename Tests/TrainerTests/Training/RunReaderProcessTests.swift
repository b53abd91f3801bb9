// A run that is read as fast as possible while another process trains it, is killed, and resumes.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct RunReaderProcessTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func arguments(_ run: String) -> [String] {
        [
            "train", "--preset", "fast/reversal-lstm", "--threads", "1", "--steps", "600", "--output", run,
            "--batch-size", "2", "--set", "task.maximumLength=4", "--set", "network.controller.units=16",
            "--set", "training.evaluation.interval=20", "--set", "training.evaluation.episodes=2",
            "--set", "training.evaluation.lengths=[8]", "--set", "training.solved.coarse=0",
            "--set", "training.solved.longCoarse=0"
        ]
    }

    private func entries(_ run: String, _ checkpoint: String) throws -> [SafetensorsEntry] {
        try Safetensors.read(from: folder.file("\(run)/checkpoints/\(checkpoint).safetensors")).entries
    }

    /// What somebody who looks on has seen, and whether it makes sense.
    private struct Onlooker {
        let reader: RunReader
        var follower: MetricsFollower
        var looks = 0
        var latest = 0

        init(_ url: URL) {
            reader = RunReader(url)
            follower = reader.follower
        }

        mutating func look() throws {
            looks += 1
            let before = follower.records
            let kept = try follower.update()
            let records = follower.records
            #expect(Array(before.prefix(kept)) == Array(records.prefix(kept)))
            // No line is lost or torn: there is one for each interval.
            #expect(records.map(\.step) == records.indices.map { 20 * ($0 + 1) })
            #expect(records.allSatisfy { $0.evaluations.map(\.lengths) == [1...4, 8...8] })
            let step = try reader.latestCheckpoint()?.step ?? 0
            // A checkpoint never comes before its record, and never goes back.
            #expect(step % 20 == 0 && step >= latest)
            #expect(try reader.records().count >= step / 20)
            latest = step
            if let best = try reader.bestCheckpoint() { #expect(best.step % 20 == 0 && best.step > 0) }
            if step > 0 { #expect(try reader.configuration()?.training.steps == 600) }
        }
    }

    @Test func aRunThatIsKilledAndResumed() throws {
        var onlooker = Onlooker(folder.file("run"))
        for (records, arguments) in [
            (5, arguments("run")), (14, ["train", "--resume", "run", "--threads", "1"]),
            (30, ["train", "--resume", "run", "--threads", "1"])
        ] {
            let process = try TrainerProcess(arguments, in: folder.url)
            var wasTraining = false
            while process.isRunning && (records == 30 || onlooker.follower.records.count < records) {
                try onlooker.look()
                wasTraining = try onlooker.reader.isTraining() || wasTraining
            }
            process.send(SIGKILL)
            let result = try process.wait()
            #expect(result.status == (records == 30 ? 0 : -SIGKILL), "\(result)")
            #expect(try wasTraining && !onlooker.reader.isTraining())
            try onlooker.look()
        }
        #expect(onlooker.looks > 10 && onlooker.follower.records.count == 30 && onlooker.latest == 600)
        let undisturbed = try TrainerProcess.run(arguments("whole"), in: folder.url)
        #expect(undisturbed.status == 0, "\(undisturbed)")
        for name in ["latest", "best"] { #expect(try entries("run", name) == entries("whole", name)) }
        func names(_ run: String) -> [String] {
            folder.names.filter { $0.hasPrefix(run) }.map { String($0.dropFirst(run.count)) }
        }
        #expect(names("run/") == names("whole/"))
        // All but the times is the same.
        let whole = try RunReader(folder.file("whole")).records()
        let read = onlooker.follower.records
        #expect(whole.map(\.evaluations) == read.map(\.evaluations) && whole.map(\.loss) == read.map(\.loss))
        #expect(whole.map(\.gradientNorm) == read.map(\.gradientNorm) && whole.map(\.step) == read.map(\.step))
    }
}

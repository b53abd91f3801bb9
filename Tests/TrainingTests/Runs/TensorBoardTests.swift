// Event files of TensorBoard: their bytes, and what a run writes into them. `make test-tensorboard` reads them with
// TensorBoard's own readers.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct TensorBoardTests {
    private let folder: TemporaryFolder
    private var run: URL { folder.file("run") }

    init() throws { folder = try TemporaryFolder() }

    /// RFC 3720, appendix B.4, and the check value of the usual catalogues.
    @Test func checksums() {
        #expect(CRC32C.checksum(of: Data("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum(of: Data(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum(of: Data(repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(of: Data(0..<32)) == 0x46DD_794E)
        #expect(CRC32C.checksum(of: Data()) == 0)
    }

    private func record(_ step: Int) throws -> MetricsRecord {
        let line = """
            {"step":\(step),"sequences":15,"loss":1.25,"bits":3e-07,"coarse":0.0,"fine":0.1,"gradient_norm":null,\
            "skipped":2,"learning_rate":0.01,"longest_length":4,"sequences_per_second":null,"elapsed_seconds":0.125,"evaluations":\
            [{"lengths":[1,4],"episodes":4,"coarse":0.5,"fine":0.75,"bits":2.5,"wrong_bits":1.5,"optimal_bits":2.0,\
            "excess_bits":0.5},{"lengths":[8,8],"episodes":3,"coarse":0.0,"fine":0.0,"bits":null,"optimal_bits":2.0,\
            "excess_bits":null},{"lengths":[1,4],"episodes":9,"coarse":0.0,"fine":0.0,"bits":9.0}]}
            """
        return try JSONDecoder().decode(MetricsRecord.self, from: Data(line.utf8))
    }

    /// What TensorBoard's own writer makes of the same events, in base 64.
    ///
    /// Numbers that are null are left out, and so is a second evaluation at the same lengths.
    private static let written = """
        GAAAAAAAAACjf0siCQAAAAAASpNAGg1icmFpbi5FdmVudDoyZbjT+xAAAAAAAAAAlfv+GAkAAAAAAEqTQBCtAjoCCAHAKJOlkwIA\
        AAAAAAATWcmJCQAAAAAASpNAEPQDKoQFChYKD3RyYWluL3NlcXVlbmNlcxUAAHBBChEKCnRyYWluL2xvc3MVAACgPwoRCgp0cmFp\
        bi9iaXRzFbAPoTQKEwoMdHJhaW4vY29hcnNlFQAAAAAKEQoKdHJhaW4vZmluZRXNzMw9ChQKDXRyYWluL3NraXBwZWQVAAAAQAoa\
        ChN0cmFpbi9sZWFybmluZ19yYXRlFQrXIzwKGwoUdHJhaW4vbG9uZ2VzdF9sZW5ndGgVAACAQAocChV0cmFpbi9lbGFwc2VkX3Nl\
        Y29uZHMVAAAAPgoeChdldmFsdWF0aW9uLzEtNC9lcGlzb2RlcxUAAIBAChwKFWV2YWx1YXRpb24vMS00L2NvYXJzZRUAAAA/ChoK\
        E2V2YWx1YXRpb24vMS00L2ZpbmUVAABAPwoaChNldmFsdWF0aW9uLzEtNC9iaXRzFQAAIEAKIAoZZXZhbHVhdGlvbi8xLTQvd3Jv\
        bmdfYml0cxUAAMA/CiIKG2V2YWx1YXRpb24vMS00L29wdGltYWxfYml0cxUAAABACiEKGmV2YWx1YXRpb24vMS00L2V4Y2Vzc19i\
        aXRzFQAAAD8KHAoVZXZhbHVhdGlvbi84L2VwaXNvZGVzFQAAQEAKGgoTZXZhbHVhdGlvbi84L2NvYXJzZRUAAAAAChgKEWV2YWx1\
        YXRpb24vOC9maW5lFQAAAAAKIAoZZXZhbHVhdGlvbi84L29wdGltYWxfYml0cxUAAABACloKFWdyYWRpZW50cy9vdXRwdXQuYmlh\
        cypBCQAAAAAAAOC/EQAAAAAAAOC/GQAAAAAAAAhAIQAAAAAAAPi/KQAAAAAAAOg/MggAAAAAAADgvzoIAAAAAAAACEBcKJS0
        """

    @Test func aFileAsTensorBoardWouldWriteIt() throws {
        let sink = TensorBoardFolder(folder.file("board"), histograms: true) { 1234.5 }
        try sink.rewind(to: 300)
        #expect(folder.names == ["board"])
        let histogram = try #require(GradientHistogram("output.bias", [-0.5, .nan, -0.5, .infinity, -0.5]))
        try sink.append(record(500), gradients: [histogram])
        let bytes = try Data(contentsOf: folder.file("board/events.out.tfevents.000001"))
        #expect(bytes == Data(base64Encoded: Self.written))
        try sink.append(record(1000))
        #expect(try Data(contentsOf: folder.file("board/events.out.tfevents.000001")).starts(with: bytes))
    }

    @Test func figuresByTag() throws {
        let tagged = try record(5).taggedFigures
        #expect(tagged.count == 20 && tagged.first { $0.tag == "train/bits" }?.value == 3e-07)
        #expect(
            tagged.map(\.tag).suffix(4) == ["episodes", "coarse", "fine", "optimal_bits"].map { "evaluation/8/" + $0 })
        #expect(tagged.first { $0.tag == "evaluation/1-4/episodes" }?.value == 4)
    }

    @Test func aSessionIsAFile() throws {
        let names = ["events.out.tfevents.000009", "events.out.tfevents.old", "notes"]
        let sink = TensorBoardFolder(folder.file("a/board"))
        let early = #expect(throws: UsageError.self) { try sink.append(record(1)) }
        #expect(early?.problem.contains("call rewind(to:) first") == true && folder.names.isEmpty)
        try sink.rewind(to: 0)
        for name in names { try Data("mine".utf8).write(to: folder.file("a/board/" + name)) }
        try sink.append(record(1))
        try sink.append(record(2))
        try sink.rewind(to: 1)
        try sink.append(record(2))
        let new = ["events.out.tfevents.000010", "events.out.tfevents.000011"]
        #expect(folder.names == (["a", "a/board"] + (names + new).map { "a/board/" + $0 }).sorted())
        for name in names { #expect(try Data(contentsOf: folder.file("a/board/" + name)) == Data("mine".utf8)) }
    }

    // MARK: In a run

    private func configuration(histograms: Bool) -> RunConfiguration {
        var configuration = smallConfiguration()
        configuration.training.tensorboard = true
        configuration.training.gradientHistograms = histograms
        return configuration
    }

    /// The numbers of records in each file.
    ///
    /// Each record's length is where the framing says it is.
    private func recordCounts(_ run: URL) throws -> [Int] {
        let board = run.appendingPathComponent("tensorboard")
        let names = try FileManager.default.contentsOfDirectory(atPath: board.path).sorted()
        return try names.map { name in
            var rest = try Data(contentsOf: board.appendingPathComponent(name))
            var count = 0
            while rest.count > 16 {
                let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(16 + length)
                count += 1
            }
            #expect(rest.isEmpty)
            return count
        }
    }

    @Test func aRunThatIsResumedHasAFileForEachSession() throws {
        var training: TrainingRun? = try TrainingRun.start(configuration(histograms: true), at: run)
        _ = try training?.run(ScriptedObserver(stopsAt: 7))
        training = nil
        training = try TrainingRun.resume(at: run)
        _ = try training?.run()
        let trained = try arrays(of: #require(training?.trainer))
        training = nil
        // Version, start and the intervals. A session without an interval has no file.
        #expect(try recordCounts(run) == [3, 4])
        _ = try TrainingRun.resume(at: run).run()
        #expect(try recordCounts(run) == [3, 4])
        let without = try TrainingRun.start(smallConfiguration(), at: folder.file("without"))
        _ = try without.run()
        #expect(try arrays(of: without.trainer) == trained)
        #expect(!folder.names.contains("without/tensorboard"))
    }

    @Test func aFolderThatCannotBeMadeIsAnError() throws {
        _ = try TrainingRun.start(smallConfiguration(), at: run)
        try Data().write(to: run.appendingPathComponent("tensorboard"))
        let overrides = [SettingOverride(path: "training.tensorboard", value: "true", option: "--tensorboard")]
        let error = #expect(throws: FileError.self) { try TrainingRun.resume(at: run, overrides: overrides) }
        #expect(error?.description.contains("run/tensorboard: this is there already, and is not a folder") == true)
    }

    @Test func settings() throws {
        let yaml = smallConfiguration().yaml(comment: "")
        #expect(yaml.contains("\n  tensorboard: false\n  gradientHistograms: false\n"))
        let file = folder.file("old.yaml")
        let old = yaml.split(separator: "\n").filter { !$0.contains("tensorboard") && !$0.contains("gradientHist") }
        try Data(old.joined(separator: "\n").utf8).write(to: file)
        #expect(try RunConfiguration(contentsOf: file).yaml(comment: "") == yaml)
        var configuration = configuration(histograms: true)
        configuration.training.tensorboard = false
        let text = message { try configuration.validate() }
        #expect(
            text.contains("training.gradientHistograms is true; it must be false where training.tensorboard is false"))
    }
}

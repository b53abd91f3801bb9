// Checkpoints whose checksum is right and whose contents no run has: refused, by name, before they do harm.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct HostileCheckpointTests {
    private let folder: TemporaryFolder
    private var file: URL { folder.file("a.safetensors") }

    init() throws { folder = try TemporaryFolder() }

    /// What reading says of a run's checkpoint that was changed under a right checksum; "no error" where it says
    /// nothing.
    private func message(
        _ configuration: RunConfiguration = smallConfiguration(), _ change: (inout Safetensors) -> Void
    ) throws -> String {
        let trainer = try Trainer(configuration)
        for _ in 0..<2 { _ = try trainer.step() }
        try Checkpoint(trainer).write(to: file)
        var contents = try Safetensors.read(from: file)
        change(&contents)
        contents.metadata["checksum"] = contents.checksum
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
        do {
            let checkpoint = try Checkpoint.read(from: file)
            _ = try checkpoint.makeNetwork()
            let trainer = try checkpoint.makeTrainer()
            for _ in 0..<4 { _ = try trainer.step() }
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    /// What a run that may go back to its average keeps of its losses.
    @Test(arguments: [("recent", "-1"), ("usual", "1e999"), ("usual", "-0.5"), ("batches", "9007199254740993")])
    func lossLevels(_ name: String, _ number: String) throws {
        var configuration = smallConfiguration()
        configuration.training.averaging = 0.9
        configuration.training.curriculum.start = nil
        configuration.training.rewind.factor = 3
        let text = try message(configuration) { contents in
            let state = contents.metadata["state"] ?? ""
            let start = state.range(of: "\"lossLevels\":{")?.upperBound ?? state.endIndex
            let field = try? Regex("\"\(name)\":[0-9.e+-]+")
            contents.metadata["state"] = field.map {
                let levels = state[start...].replacing($0, with: "\"\(name)\":\(number)", maxReplacements: 1)
                return String(state[..<start]) + String(levels)
            }
            #expect(contents.metadata["state"] != state, "\(name) is not there")
        }
        #expect(text.contains("its state"), "\(name): \(text)")
    }

    /// Each number of the state, replaced by what no run has come to.
    @Test(arguments: ["9223372036854775807", "9007199254740993", "-1", "9223372036854775808", "1e300"])
    func numbersOfTheState(_ number: String) throws {
        for name in [
            "step", "sequences", "skipped", "skippedInARow", "solvedEvaluations", "evaluationsSinceBest", "longest",
            "restarts", "rewinds", "batches", "restartStep", "metStep",
            "outputs", "rightSequences", "wrongOutputs"
        ] {
            let text = try message { contents in
                let state = contents.metadata["state"] ?? ""
                let field = try? Regex("\"\(name)\":([0-9]+|null)")
                contents.metadata["state"] = field.map { state.replacing($0, with: "\"\(name)\":\(number)") }
                #expect(contents.metadata["state"] != state, "\(name) is not there")
            }
            #expect(text.contains("its state") && text.contains(name), "\(name): \(text)")
        }
    }

    @Test(arguments: [
        ("longest", "0"), ("longest", "-1"), ("longest", "9223372036854775807"), ("checksums", "[]"),
        ("source", "[]"), ("target", "[\"\"]"), ("target", "[\"a\",\"a\"]"), ("isShared", "true"),
        ("takesUnknown", "false")
    ])
    func factsOfTheData(_ name: String, _ value: String) throws {
        let data = folder.file("pairs.tsv")
        try Data((1...20).map { "s\($0 % 4) a\ta\n" }.joined().utf8).write(to: data)
        var configuration = smallConfiguration()
        configuration.training.curriculum.start = nil
        configuration.training.evaluation.lengths = []
        var pairs = Pairs()
        pairs.data = data.path
        configuration.task = pairs
        let text = try message(configuration) { contents in
            let before = contents.metadata["configuration"] ?? ""
            let field = try? Regex("\"\(name)\":(\\[[^\\]]*\\]|[a-z0-9]+)")
            contents.metadata["configuration"] = field.map { before.replacing($0, with: "\"\(name)\":\(value)") }
            #expect(contents.metadata["configuration"] != before, "\(name) is not there")
        }
        #expect(text.contains("its configuration") && text.contains("task.facts"), "\(text)")
    }

    /// A network that has diverged is not used, whatever for; the first bad parameter is named, or else the first bad
    /// state of the optimiser.
    @Test(arguments: [Float.nan, .infinity, -.infinity, -.nan, .signalingNaN])
    func numbersThatAreNotFinite(_ bad: Float) throws {
        func spoilt(_ names: String...) throws -> String {
            try message { contents in
                contents.entries = contents.entries.map { entry in
                    guard names.contains(entry.name), var values = entry.floats else { return entry }
                    values[values.count - 1] = bad
                    return SafetensorsEntry(name: entry.name, shape: entry.shape, values: values)
                }
            }
        }
        let parameter = try spoilt("param/output.bias")
        #expect(parameter.contains("param/output.bias holds a number that is not finite"), "\(parameter)")
        let state = try spoilt("optimizer/square/interface.weight")
        #expect(state.contains("optimizer/square/interface.weight holds a number that is not finite"), "\(state)")
        let both = try spoilt("optimizer/average/output.bias", "param/output.bias", "param/output.weight")
        #expect(both.contains("param/output.bias holds") && both.contains("do 2 others"), "\(both)")
    }

    /// Texts of a few kilobytes that ask for gigabytes: the arrays are compared before there is a network.
    @Test(arguments: [
        ("units", "1000000"), ("embeddingSize", "1000000"), ("width", "1000000"), ("hiddenSize", "1000000"),
        ("controllerOutputSize", "1000000"), ("symbols", "65000")
    ])
    func sizesThatTheArraysDoNotHave(_ name: String, _ size: String) throws {
        let text = try message { contents in
            let before = contents.metadata["configuration"] ?? ""
            let field = try? Regex("\"\(name)\":([0-9]+|null)")
            contents.metadata["configuration"] = field.map { before.replacing($0, with: "\"\(name)\":\(size)") }
            #expect(contents.metadata["configuration"] != before, "\(name) is not there")
        }
        #expect(text.contains("this network needs") && text.utf8.count < 1000, "\(text)")
    }

    @Test func aTuringMemoryThatTheArraysDoNotHave() throws {
        let text = try message { contents in
            let before = contents.metadata["configuration"] ?? ""
            contents.metadata["configuration"] = before.replacing(
                /"memory":\{"kind"[^}]*\}/,
                with: "\"memory\":{\"kind\":\"ntm\",\"rows\":1000000,\"columns\":1000,\"heads\":256,"
                    + "\"maximumShift\":400000,\"initialMemory\":\"random\"}")
        }
        #expect(text.contains("this network needs"), "\(text)")
    }

    @Test func veryManyOfEverything() throws {
        let many = try message { contents in
            let tail = String(repeating: "x", count: 500)
            contents.entries += (0..<5000).map {
                SafetensorsEntry(name: "param/\($0)\(tail)", shape: [], values: [Float(0)])
            }
        }
        #expect(many.contains("this network has no param/0x") && many.contains("more"), "\(many)")
        #expect(many.utf8.count < 1000)
        for key in ["format", "version", "configuration", "state"] {
            let long = try message { $0.metadata[key] = String(repeating: "\u{1B}[2J", count: 300_000) }
            #expect(long.utf8.count < 1000 && !long.contains("\u{1B}") && long != "no error", "\(long)")
        }
    }
}

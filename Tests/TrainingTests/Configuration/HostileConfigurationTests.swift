// Configurations that are small and ask for much: refused in a few words, before anything is made of them.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct HostileConfigurationTests {
    private let folder: TemporaryFolder
    private var file: URL { folder.file("a.yaml") }

    init() throws { folder = try TemporaryFolder() }

    private func refusal(of bytes: Data) throws -> String {
        try bytes.write(to: file)
        return message { _ = try RunConfiguration.resolve(file: file) }
    }

    /// Nine values, each of which is nine of those before it, and so on.
    private func bomb(_ levels: Int, _ open: String = "[", _ close: String = "]") -> String {
        let first = "a0: &a0 \(open)x\(close)\n"
        return (1...levels).reduce(first) { text, level in
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            return text + "a\(level): &a\(level) \(open)\(aliases)\(close)\n"
        }
    }

    @Test func aliasesThatStandForVeryMuch() throws {
        for text in [
            bomb(9), bomb(6), bomb(30), bomb(9) + "training: *a9\n", bomb(9) + "? *a9\n: 1\n", bomb(9) + "{*a9: 1}\n",
            bomb(9) + "? [*a9, *a8]\n: 1\n", bomb(9) + "training: {steps: *a9}\n"
        ] {
            let error = try refusal(of: Data(text.utf8))
            #expect(error.contains("more than 262144 values"), "\(error)")
            #expect(error.contains("a.yaml, line ") && error.utf8.count < 1000, "\(error)")
        }
        // Few enough to be read, and then what they are is refused.
        let few = try refusal(of: Data("training: {steps: &a [1, 2, 3], batchSize: [*a, *a, *a, *a, *a, *a]}\n".utf8))
        #expect(few.contains("training.steps is [1, 2, 3]"), "\(few)")
        let list = try refusal(of: Data((bomb(3) + "task: *a3\n").replacing("a0:", with: "task:").utf8))
        #expect(list.utf8.count < 1000, "\(list)")
    }

    /// An alias may stand for something, as in any YAML.
    @Test func aliasesAreRead() throws {
        let yaml = "training:\n  steps: &n 7\n  batchSize: *n\n  evaluation: {interval: *n}\n"
        #expect(try refusal(of: Data(yaml.utf8)) == "no error")
        let training = try RunConfiguration.resolve(file: file).training
        #expect(training.steps == 7 && training.batchSize == 7 && training.evaluation.interval == 7)
    }

    @Test func deepNesting() throws {
        for count in [65, 1000, 100_000] {
            let flow = String(repeating: "[", count: count) + String(repeating: "]", count: count)
            let mapping = String(repeating: "{a: ", count: count) + "1" + String(repeating: "}", count: count)
            let block = String(repeating: "- ", count: count) + "a\n"
            let keys = String(repeating: "? ", count: count) + "a\n"
            let chain = (1...count).reduce(into: "a0: &a0 [x]\n") { $0 += "a\($1): &a\($1) [*a\($1 - 1)]\n" }
            for text in [flow, mapping, block, keys, count < 10_000 ? chain : flow] {
                let error = try refusal(of: Data(text.utf8))
                #expect(error.contains("64 deep") || error.contains("not YAML"), "\(error)")
                #expect(error.utf8.count < 1000, "\(error)")
            }
            let option = message {
                _ = try RunConfiguration.resolve(
                    overrides: [SettingOverride(assignment: "training.steps=\(String(flow.prefix(60_000)))")])
            }
            #expect(option.contains("training.steps=[[[") && option.utf8.count < 1000, "\(option)")
        }
    }

    @Test func deepPaths() throws {
        for path in [String(repeating: "a.", count: 60_000), String(repeating: ".", count: 120_000)] {
            let error = message {
                _ = try RunConfiguration.resolve(overrides: [SettingOverride(assignment: path + "=1")])
            }
            #expect(error.contains("no section is so deep") && error.utf8.count < 1000, "\(error)")
        }
    }

    @Test func whatIsLongIsNotShownWhole() throws {
        let long = String(repeating: "x\u{1B}", count: 200_000)
        let plain = String(repeating: "x", count: 400_000)
        for text in [
            "training: {steps: \(plain)}\n", "\(plain): 1\n", "training: {\(plain): 1}\n", "extends: \(plain)\n",
            "task: {kind: \(plain)}\n", "training: [\(plain)]\n", "network: {output: {source: \"\(plain)\"}}\n",
            "training: {evaluation: {lengths: [\(plain)]}}\n", "task: {kind: grammar, grammar: \(plain)}\n",
            "task: {kind: grammar, grammar: \"start: A\\nrules: {A: [\(plain)]}\"}\n",
            "task: {kind: grammar, grammar: \"start: \(plain)\\nrules: {A: [a | b]}\"}\n",
            "a: 1\na: 2\n# \(plain)", "- ? \(plain)"
        ] {
            let error = try refusal(of: Data(text.utf8))
            #expect(error.utf8.count < 1000 && error != "no error", "\(error)")
        }
        for (path, value) in [("training.steps", long), (long, "1"), ("task.kind", long), ("training.optimizer", long)]
        {
            let error = message {
                _ = try RunConfiguration.resolve(
                    overrides: [SettingOverride(path: path, text: value, option: "--set \(path)=\(value)")])
            }
            #expect(error.utf8.count < 1000 && !error.contains("\u{1B}") && error != "no error", "\(error)")
        }
        let preset = message { _ = try Presets.load(long) }
        #expect(preset.utf8.count < 1000 && preset.contains("trainer presets lists all"), "\(preset)")
    }

    @Test func filesThatAreNoText() throws {
        #expect(
            try refusal(of: Data("training: {steps: \"".utf8) + Data([0xC3, 0x28]) + Data("\"}\n".utf8)).contains(
                "UTF-8"))
        #expect(try refusal(of: Data("training:\0 1\n".utf8)).contains("not YAML"))
        #expect(try refusal(of: Data(count: 1000)).contains("not YAML"))
        #expect(try refusal(of: Data(repeating: UInt8(ascii: "#"), count: 1 << 20)) == "no error")
        #expect(
            try refusal(of: Data(repeating: UInt8(ascii: "#"), count: 1 << 20 + 1)).contains(
                "longer than 1048576 bytes"))
        #expect(try refusal(of: Data("\u{FEFF}training: {steps: 5}\n".utf8)) == "no error")
        #expect(try RunConfiguration.resolve(file: file).training.steps == 5)
        try FileManager.default.removeItem(at: file)
        #expect(mkfifo(file.path, 0o600) == 0)
        let pipe = message { _ = try RunConfiguration.resolve(file: file) }
        #expect(pipe.contains("this is a pipe, and must be a regular file"), "\(pipe)")
    }

    /// Whatever characters a text has, the configuration that is written is read back.
    @Test func anyTextIsWrittenAndReadBack() throws {
        for text in [
            "\u{7F}\u{85}\u{9F}\u{A0}\u{2028}\u{2029}\u{FEFF}\u{FFFE}\u{FFFF}😀\u{10FFFF}", "\0\u{1}\u{1F}",
            "a\nb\u{85}\n"
        ] {
            var pairs = Pairs()
            pairs.data = text
            var configuration = RunConfiguration()
            configuration.task = pairs
            try Data(configuration.yaml(comment: "a").utf8).write(to: file)
            let back = try RunConfiguration.resolve(file: file).task as? Pairs
            #expect(back?.data.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
        }
    }
}

// `trainer tasks`, `trainer presets`, and the help of all commands but train.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct ListTests {
    private func trainer(_ arguments: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(arguments, in: FileManager.default.temporaryDirectory)
    }

    /// As a file that gives the preset again.
    @Test func showsAPreset() throws {
        let folder = try TemporaryFolder()
        let result = try trainer("presets", "--show", "paper/copy-ntm")
        #expect(result.status == 0 && result.output.contains("# Published: 67561 parameters"), "\(result)")
        try Data(result.output.utf8).write(to: folder.file("shown.yaml"))
        let again = try RunConfiguration.resolve(file: folder.file("shown.yaml"))
        let preset = try RunConfiguration.resolve(preset: "paper/copy-ntm")
        #expect(again.yaml(comment: "") == preset.yaml(comment: ""))
        let wrong = try trainer("presets", "--show", "paper/copy-nmt")
        #expect(wrong.status == 64 && wrong.errors.contains("--show paper/copy-nmt"), "\(wrong)")
        #expect(wrong.errors.contains("did you mean paper/copy-ntm?") && wrong.errors.utf8.count < 1000)
    }

    /// The first word of each line; each line must have more.
    private func names(_ output: String) -> [String] {
        let lines = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.allSatisfy { $0.count > 3 })
        return lines.map { $0[0] }
    }

    @Test func listsTasks() throws {
        let result = try trainer("tasks")
        #expect(result.status == 0 && names(result.output) == Registry.standard.tasks.names)
    }

    @Test func listsPresets() throws {
        let result = try trainer("presets")
        #expect(try result.status == 0 && names(result.output) == Presets.names)
        #expect(try Presets.names.contains("fast/reversal-stack"))
    }

    @Test func showsEachTask() throws {
        for name in Registry.standard.tasks.names {
            let result = try trainer("tasks", "--show", name)
            #expect(result.status == 0 && result.output.hasPrefix("\(name): "))
            #expect(result.output.contains("\ninput ") && result.output.contains("\ntarget "))
            #expect(result.output.contains("\ntask:\n  kind: \(name)\n"))
        }
        #expect(try trainer("tasks", "--show", "reversal").output.contains("  symbols: 128\n"))
    }

    /// Mistakes in a grammar are a wrong option, with file and line.
    @Test func showsAGrammarOfOnesOwn() throws {
        let folder = try TemporaryFolder()
        try Data("start: A\nrules:\n  A:\n    - one <A> | eins <A>\n    - two | zwei\n".utf8).write(
            to: folder.file("my.yaml"))
        func show(_ name: String) throws -> TrainerProcess.Result {
            try TrainerProcess.run(
                [
                    "tasks", "--show", "grammar", "--set", "task.grammar=\(name)", "--set", "task.minimumLength=2",
                    "--seed", "4"
                ], in: folder.url)
        }
        let shown = try show("my.yaml")
        #expect(shown.status == 0 && shown.output.contains("eins") && shown.output.contains("    start: A\n"))
        try Data("start: A\nrules:\n  A:\n    - one <B> | eins <B>\n".utf8).write(to: folder.file("my.yaml"))
        let wrong = try show("my.yaml")
        #expect(wrong.status == 64 && wrong.errors.contains("my.yaml, line 4: <B>"), "\(wrong)")
        let missing = try show("your.yaml")
        #expect(missing.status == 64 && missing.errors.contains("--set task.grammar=your.yaml"), "\(missing)")
        #expect(try trainer("tasks", "--set", "task.symbols=3").status == 64)
    }

    @Test func namesTheTasksThereAre() throws {
        let result = try trainer("tasks", "--show", "revers")
        #expect(result.status == 64 && result.errors.contains("--show revers") && result.errors.contains("reversal"))
    }

    /// 130 × 400 of the cells, 101 × 92 of the heads, 121 × 8 of the outputs, which see the reads: what train would
    /// train.
    @Test func countsParameters() throws {
        let result = try trainer(
            "parameters", "--task", "copy-bits", "--memory", "ntm", "--set", "network.controller.units=100", "--set",
            "network.controller.trainsInitialState=false")
        let rows = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.first == ["parameter", "shape", "count"])
        #expect(rows.contains(["controller.layer0.weight", "129×400", "51600"]))
        #expect(rows.last == ["total", "62260"])
        let wrong = try trainer("parameters", "--memory", "heap")
        #expect(wrong.status == 64 && wrong.errors.contains("--memory heap"))
    }

    @Test(arguments: ["evaluate", "predict", "dump", "gradcheck", "tasks", "presets", "parameters"])
    func helpTeaches(command: String) throws {
        let result = try trainer(command, "--help")
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(result.output.contains("Example") && result.output.contains("  trainer \(command)"))
        #expect(try trainer("--help").output.contains("  \(command) "))
    }
}

// The program elsewhere than where it was built: with its files, without them, behind a link, installed; and what
// shells complete.

import Foundation
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct InstallTests {
    private let folder: TemporaryFolder
    private let built = TrainerProcess.program.resolvingSymlinksInPath().deletingLastPathComponent()
    private static let scripts = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("scripts")

    init() throws { folder = try TemporaryFolder() }

    /// Runs any program, with its output and errors together.
    private func run(_ program: String, _ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder.url
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// The program at a place below the folder.
    private func copyProgram(to name: String) throws -> String {
        let file = folder.file(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: built.appendingPathComponent("trainer"), to: file)
        return file.path
    }

    private func copyResources(to name: String) throws {
        try FileManager.default.createDirectory(at: folder.file(name), withIntermediateDirectories: true)
        for module in ["NeuralMemoryTasks", "NeuralMemoryTraining"] {
            let resources = "NeuralMemory_\(module).resources"
            try FileManager.default.copyItem(
                at: built.appendingPathComponent(resources),
                to: folder.file(name).appendingPathComponent(resources))
        }
    }

    @Test(arguments: ["presets", "tasks --show grammar", "train --task copy", "evaluate nowhere"])
    func aloneItSaysWhatIsMissing(_ command: String) throws {
        let program = try copyProgram(to: "alone/trainer")
        let words = ["-c", "exec \"$0\" \(command)", program]
        let result = try run("/bin/sh", words[0], words[1], words[2])
        let missing = folder.file("alone/NeuralMemory_NeuralMemoryTasks.resources/Grammars").path
        #expect(result.status == 1 && result.output.contains("\(missing): this folder of the program's own files"))
        #expect(result.output.contains("make install"), "\(result)")
        #expect(try run(program, "--version").status == 0 && run(program, "--help").status == 0)
    }

    @Test func withItsFilesItWorks() throws {
        let program = try copyProgram(to: "there/bin/trainer")
        try copyResources(to: "there/bin")
        let names = try Presets.names
        #expect(try run(program, "presets").output.split(separator: "\n").count == names.count)
        let link = folder.file("link")
        try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "there/bin/trainer")
        #expect(try run(link.path, "tasks", "--show", "grammar").status == 0)
    }

    @Test func installsAndRemoves() throws {
        let script = Self.scripts.appendingPathComponent("install-program").path
        let target = folder.file("usr")
        let installed = try run(script, built.path, target.path)
        #expect(installed.status == 0, "\(installed)")
        let names = try #require(FileManager.default.enumerator(atPath: target.path)).compactMap { $0 as? String }
        for name in [
            "bin/trainer", "share/bash-completion/completions/trainer", "share/zsh/site-functions/_trainer",
            "share/fish/vendor_completions.d/trainer.fish", "share/man/man1/trainer.1", "share/man/man1/trainer-train.1"
        ] {
            #expect(names.contains(name), "\(name)")
        }
        #expect(!names.contains { $0.contains("Tests.resources") })
        let page = try String(
            contentsOf: target.appendingPathComponent("share/man/man1/trainer-train.1"), encoding: .utf8)
        #expect(
            page.contains(".SH OPTIONS") && page.contains("\\-\\-learning\\-rate") && page.contains("trainer train"))
        #expect(try run(target.appendingPathComponent("bin/trainer").path, "presets").status == 0)
        try Data().write(to: target.appendingPathComponent("bin/other"))
        #expect(try run(script, "--remove", built.path, target.path).status == 0)
        let left = try #require(FileManager.default.enumerator(atPath: target.path)).compactMap { $0 as? String }
        #expect(Set(left) == ["bin", "bin/other", "lib", "share"], "what others installed stays, and nothing else")
    }

    #if os(Linux)
        /// Where there is no Swift, its libraries are found beside the program.
        @Test func bringsTheLibrariesOfSwift() throws {
            let script = Self.scripts.appendingPathComponent("install-program").path
            let target = folder.file("usr")
            #expect(try run(script, built.path, target.path).status == 0)
            let program = target.appendingPathComponent("bin/trainer").path
            let library = target.appendingPathComponent("lib/neuralmemory").path
            let bytes = try Data(contentsOf: URL(fileURLWithPath: program))
            #expect(bytes.range(of: Data("$ORIGIN".utf8)) != nil, "the loader looks beside the program")
            // Where the loader looks first, all that comes with Swift must be found.
            let shown = try run("/usr/bin/env", "LD_LIBRARY_PATH=\(library)", "ldd", program)
            let ofSwift = shown.output.split(separator: "\n").filter {
                $0.contains("wift") || $0.contains("Foundation")
            }
            #expect(shown.status == 0 && ofSwift.count > 5)
            for line in ofSwift { #expect(line.contains("=> \(library)/"), "\(line)") }
        }
    #endif

    /// What bash offers for the last word of a line.
    private func completions(_ line: String) throws -> [String] {
        let completion = folder.file("completion.bash")
        if !FileManager.default.fileExists(atPath: completion.path) {
            try Data(run(TrainerProcess.program.path, "--generate-completion-script", "bash").output.utf8).write(
                to: completion)
        }
        let script = """
            source "$0"; program=$1; IFS=' ' read -ra words <<<"$2"; [[ $2 = *" " ]] && words+=("")
            COMP_WORDS=("$program" "${words[@]}"); COMP_CWORD=${#words[@]}; COMP_LINE="$program $2"
            COMP_POINT=${#COMP_LINE}; _trainer "$program" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}" 2>/dev/null
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let result = try run("/bin/bash", "-c", script, completion.path, TrainerProcess.program.path, line)
        return result.output.split(separator: "\n").map(String.init)
    }

    @Test func shellsCompletePresetsTasksSettingsAndFiles() throws {
        try Data().write(to: folder.file("my.yaml"))
        try Data().write(to: folder.file("other.txt"))
        #expect(
            try completions("train --preset fast/reversal-")
                == ["fast/reversal-deque", "fast/reversal-lstm", "fast/reversal-stack"])
        #expect(try completions("train --task cop") == ["copy", "copy-bits"])
        #expect(try completions("train --memory st") == ["stack"])
        #expect(try completions("train --set network.memory.wid") == ["network.memory.width="])
        #expect(try completions("train --set training.schedule.").contains("training.schedule.kind="))
        #expect(try completions("evaluate --set ").allSatisfy { $0.hasPrefix("task.") })
        #expect(try completions("train --config ") == ["my.yaml"])
        #expect(try completions("eva") == ["evaluate"])
        #expect(try completions("settings network.memory.wid") == ["network.memory.width"])
        try FileManager.default.createDirectory(at: folder.file("runs/one"), withIntermediateDirectories: true)
        for command in ["report", "explore", "evaluate", "train --resume"] {
            #expect(try completions("\(command) ru") == ["runs"], "\(command)")
        }
    }

    /// Behind `KEY=` a value follows, and no space.
    @Test(arguments: [("bash", "compopt -o nospace"), ("zsh", "compadd -S ''"), ("fish", "complete -c 'trainer'")])
    func scriptsPutNoSpaceBehindKeys(_ shell: String, _ line: String) throws {
        let result = try run(TrainerProcess.program.path, "--generate-completion-script", shell)
        #expect(result.status == 0 && result.output.contains(line))
        #expect(!result.output.contains("-F _trainer trainer"))
    }
}

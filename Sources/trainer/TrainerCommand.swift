// The entry of the command line: which commands there are, and what exit codes mean. Each command is a file of its own.

import ArgumentParser
import CVersion
import Foundation
import NeuralMemory
import NeuralMemoryMPI
import NeuralMemoryTasks
import NeuralMemoryTraining

@main
struct TrainerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trainer",
        abstract: """
            Train and use networks with differentiable memory: \
            \(Registry.standard.memories.names.filter { $0 != NoMemory.kind }.joined(separator: ", ")).
            """,
        discussion: """
            Begin with:
              trainer train --preset fast/reversal-stack
            It trains a network to reverse sequences with a neural stack, and then says what to try next.

            Environment variables: NEURALMEMORY_ISA chooses the vector instructions (one of \
            \(InstructionLevel.allCases.map(\.rawValue).joined(separator: ", ")); by default the best that the processor \
            has), OMP_NUM_THREADS the number of threads, NEURALMEMORY_CACHE the folder for what was found in large files \
            of sequences (by default neuralmemory in XDG_CACHE_HOME or ~/.cache; 0 for none).

            \(ExitStatus.help)
            """,
        version: "trainer \(BuildInformation.summary)",
        subcommands: [
            Train.self, Evaluate.self, Predict.self, Sample.self, Inspect.self, Report.self, Explore.self, Export.self,
            Import.self, Dump.self, GradCheck.self, Study.self, ListTasks.self, ListPresets.self, ListStudies.self,
            Settings.self,
            ListParameters.self, DataCommand.self, Seal.self
        ])

    /// As the package's own, but that no message is long: options come back in them, and these may be of any length.
    static func main() {
        openStandardDescriptors()
        BuildInformation.setCommit(String(cString: cv_commit()))
        do {
            do { try Runtime.checkEnvironment() } catch { throw ValidationError("\(error).") }
            var command = try parseAsRoot()
            // Before any work of a command. Help, which is a command too, works without its files.
            if configuration.subcommands.contains(where: { $0 == type(of: command) }) {
                _ = try (Grammar.names, Presets.names)
            }
            try Ranks.requireOneProcess(command)
            try command.run()
            Ranks.current?.end(.success)
        } catch {
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if code.isSuccess, CommandLine.arguments.contains(where: { $0.hasPrefix("--generate-completion-script") }) {
                print(CompletionScript.withoutSpaceBehindKeys(message))
                return
            }
            // Help is no message, and what has ended with a code has said why.
            guard !code.isSuccess, !message.isEmpty else {
                Ranks.current?.end(code)
                exit(withError: error)
            }
            // What ranks find before they have joined, all of them do.
            if Ranks.current != nil || MPIGroup.launchedRank == 0 { complain(namingOurOption(message)) }
            if let ranks = Ranks.current { ranks.end(code) } else if !(error is MPIGroup.Unusable) { Ranks.meet() }
            exit(withError: code)
        }
    }

    /// Options that people know from other programs, and ours.
    ///
    /// Names as different as these are not found by how they are spelt.
    private static let otherNames = [
        "--lr": "--learning-rate", "--bs": "--batch-size", "--epochs": "--steps", "--iterations": "--steps",
        "--out": "--output", "--dataset": "--data"
    ]

    /// A message that an option is unknown, with ours of the same meaning in place of the guess.
    private static func namingOurOption(_ message: String) -> String {
        for (other, ours) in otherNames {
            let beginning = "Error: Unknown option '\(other)'"
            guard message.hasPrefix(beginning), let end = message.firstIndex(of: "\n") else { continue }
            return "\(beginning). Did you mean '\(ours)'?" + message[end...]
        }
        return message
    }

    /// Where the parent closed standard input, output or errors, the next file that is opened would get that
    /// descriptor, and what is printed would go into it.
    ///
    /// Opened the wrong way round, they fail as closed ones do.
    private static func openStandardDescriptors() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

/// What the exit codes of all commands mean; scripts may rely on them.
enum ExitStatus {
    /// Stopped by a signal, and saved: it can be resumed.
    static let stopped = ExitCode(75)
    /// A loss, gradient or parameter became NaN or infinite.
    static let diverged = ExitCode(70)

    static let help = """
        Exit codes: 0 done; 1 an error, which standard error describes; 64 options or environment variables that \
        cannot be used; 70 training diverged (a number became NaN or infinite); 75 training was stopped by a signal \
        and saved, and can be resumed. What a signal ends at once ends as that signal does.
        """
}

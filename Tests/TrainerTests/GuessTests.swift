// Options and names that are nearly right: the message says what was meant.

import Foundation
import TestSupport
import Testing

@Suite struct GuessTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func errors(_ command: String) throws -> String {
        let result = try TrainerProcess.run(command.split(separator: " ").map(String.init), in: folder.url)
        #expect(result.status == 64 && result.output.isEmpty, "\(result)")
        return result.errors
    }

    @Test(arguments: [
        ("train --lr 0.1", "Unknown option '--lr'. Did you mean '--learning-rate'?"),
        ("train --lr=0.1", "Unknown option '--lr'. Did you mean '--learning-rate'?"),
        ("train --epochs 3", "Unknown option '--epochs'. Did you mean '--steps'?"),
        ("train --preset copy-ntm", "did you mean fast/copy-ntm or paper/copy-ntm?"),
        ("train --preset copy-nmt", "did you mean fast/copy-ntm or paper/copy-ntm?"),
        ("train --preset paper/copy-nmt", "did you mean paper/copy-ntm?"),
        ("train --preset reversal", "did you mean fast/reversal-deque or fast/reversal-lstm or fast/reversal-stack"),
        ("presets --show dyck-stak", "did you mean fast/dyck-stack?"),
        ("train --data x.tsv", "--data x.tsv is for --task pairs, sequences or text; add one of them."),
        ("train --characters", "--characters is for --task pairs; add --task pairs."),
        (
            "parameters --data x.tsv --memory queue",
            "--data x.tsv is for --task pairs, sequences or text; add one of them."
        ),
        (
            "train --data x.tsv --task copy",
            "--data x.tsv is for --task pairs, sequences or text, and --task copy was given"
        ),
        ("train --data x.tsv --preset fast/copy-queue", "--preset fast/copy-queue has task copy; give --task pairs")
    ])
    func saysWhatWasMeant(_ command: String, _ message: String) throws {
        let errors = try errors(command)
        #expect(errors.contains(message), "\(errors)")
        #expect(errors.utf8.count < 500, "\(errors)")
    }

    @Test func aNameThatIsLikeNoneGetsNoGuess() throws {
        #expect(try !errors("train --preset something-else-altogether").contains("did you mean"))
    }

    /// Data go with presets of pairs, with the task alone, and on resuming.
    @Test(arguments: ["--preset fast/pairs-stack", "--task pairs", "--set task.kind=pairs"])
    func dataGoWithPairs(_ options: String) throws {
        let lines = (0..<40).map { "a b c\tc b a \($0 % 2 == 0 ? "a" : "b")\n" }.joined()
        try Data(lines.utf8).write(to: folder.file("x.tsv"))
        let arguments = ["train", "--data", "x.tsv", "--steps", "2", "--output", "run"]
        let result = try TrainerProcess.run(
            arguments + options.split(separator: " ").map(String.init), in: folder.url)
        #expect(result.status == 0, "\(result)")
        let again = try TrainerProcess.run(
            ["train", "--resume", "run", "--data", "x.tsv", "--steps", "3"], in: folder.url)
        #expect(again.status == 0, "\(again)")
    }
}

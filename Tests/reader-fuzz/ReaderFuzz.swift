// `reader-fuzz`: gives the readers of files and input what nobody would write, and watches what they do.
//
// Each kind of input is read by a process of its own, one input after the other, each decided by the seed and its
// number alone. This process looks on: where the other one dies, or takes too long over one input, it knows its number,
// and goes on with the next. `make fuzz` runs it.

import ArgumentParser
import Foundation
import NeuralMemory

@main
struct ReaderFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reader-fuzz",
        abstract: "Read mutated checkpoints, configurations, grammars, data, standard input and options.",
        discussion: """
            Of each input it is asked that the process lives, that it takes less than \(Limits.seconds) seconds and \
            \(Limits.megabytes) MB, and that what is refused is refused with a message of at most \(Limits.messageBytes) bytes \
            without control characters. An input that fails is named by kind, seed and number, and --only prints it.

            Examples:
              reader-fuzz --count 1000000 --seconds 600
              reader-fuzz --kinds grammar,data --seed 7
              reader-fuzz --kinds checkpoint --seed 1 --only 4711 > bad.safetensors
            """)

    @Option(help: "Kinds of input, separated by commas: \(Subjects.names.joined(separator: ", ")).")
    var kinds = Subjects.names.joined(separator: ",")

    @Option(help: "Inputs of each kind.")
    var count: UInt64 = 100_000

    @Option(help: "Seconds for each kind, after which the rest is left out.")
    var seconds = 50.0

    @Option(help: "Decides the inputs.")
    var seed: UInt64 = 1

    @Option(help: "Prints the input of this number instead of reading any; with one kind.")
    var only: UInt64?

    @Option(help: .hidden)
    var worker: String?

    @Option(help: .hidden)
    var first: UInt64 = 0

    func validate() throws {
        for name in names where !Subjects.names.contains(name) {
            throw ValidationError("--kinds: there is no kind \(name); there are \(Subjects.names.listed()).")
        }
        if only != nil, names.count != 1 { throw ValidationError("--only needs --kinds with one kind.") }
    }

    private var names: [String] { kinds.split(separator: ",").map(String.init) }

    func run() throws {
        if let worker {
            let progress = try SharedProgress(URL(fileURLWithPath: worker))
            return try Worker(Subjects.make(names[0]), seed: seed, progress).run(first..<count)
        }
        if let only {
            let input = try Subjects.make(names[0]).input(Cases.generator(seed, names[0], only))
            return FileHandle.standardOutput.write(input)
        }
        print("kind             inputs   accepted   refused  seconds     per second  MB  failures")
        var failures = 0
        for name in names {
            let report = try Supervisor(name, count: count, seconds: seconds, seed: seed).run()
            print(report.line)
            failures += report.failures
        }
        if failures > 0 { throw ExitCode.failure }
    }
}

/// What is asked of each input.
enum Limits {
    static let seconds = 10.0
    static let megabytes = 1024
    static let messageBytes = 1000
}

/// How an input comes about.
enum Cases {
    /// The randomness of one input, which nothing but seed, kind and number decide.
    static func generator(_ seed: UInt64, _ kind: String, _ number: UInt64) -> RandomGenerator {
        var hash = FNV1a()
        hash.add(Data(kind.utf8))
        return RandomGenerator(seed: seed ^ hash.value, stream: number)
    }
}

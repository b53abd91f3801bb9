// `trainer sample`: a network that was trained on a text writes some.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Sample: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write text with a network that was trained on a text.",
        discussion: """
            The network hears the prompt, or else the end of a line, and then its own symbols: each is drawn by the \
            probabilities that the network gives. The same seed gives the same text.

            Examples:
              trainer sample runs/text-lstm-1
              trainer sample runs/text-lstm-1 --prompt "The licence " --length 500
              trainer sample runs/text-lstm-1 --temperature 0.7 --top-k 20 --seed 3

            A low temperature gives common and repeated text, a high one rare and faulty text; 0 always takes the \
            likeliest symbol.
            """)

    @OptionGroup var trained: TrainedNetwork

    @Option(help: "The beginning, which is printed too. (default: none)")
    var prompt = ""

    @Option(parsing: .unconditional, help: "Symbols to write, as the network was trained: characters, bytes or words.")
    var length = 400

    @Option(parsing: .unconditional, help: "By what logits are divided, from 0 to 100.")
    var temperature = 1.0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Draw only among so many of the likeliest symbols. (default: all)", valueName: "k"))
    var topK: Int?

    @Option(parsing: .unconditional, help: "Decides the text.")
    var seed: UInt64 = 1

    func validate() throws {
        try requireOption("--length", length, in: 1...1_000_000_000)
        if let topK { try requireOption("--top-k", topK, in: 1...largestSize) }
        guard 0...100 ~= temperature else {
            throw ValidationError("--temperature is \(temperature); it must be from 0 to 100.")
        }
    }

    func run() throws {
        let (file, configuration, network) = try trained.load()
        guard let task = configuration.task as? TextTask else {
            throw FileError(
                file,
                "this was trained on \(configuration.task.kind), and sample writes text; take a network that was trained on "
                    + "task text")
        }
        try trained.requireMemory(configuration, network, options: []) { _ in InferenceEpisode.uses }
        let heard = try promptNumbers(task)
        let names = task.inputNames
        var writer = TextWriter(task.unit)
        try write(heard.flatMap { writer.bytes(of: names[Int($0)]) })
        let first = heard.isEmpty ? [task.firstSymbol] : heard
        let episode = try InferenceEpisode(network)
        var logits = Array(try episode.advance(.symbols(first), steps: first.count).suffix(names.count))
        // `<unk>` stands for symbols that nobody could write.
        var sampler = try Sampler(temperature: temperature, most: topK, excluding: [0], seed: seed)
        for _ in 0..<length {
            let symbol = try sampler.draw(logits)
            try write(writer.bytes(of: names[symbol]))
            logits = try episode.advance(.symbols([Int32(symbol)]), steps: 1)
        }
        try write("\n")
    }

    private func promptNumbers(_ task: TextTask) throws -> [Int32] {
        do {
            return try task.numbers(of: prompt)
        } catch let error as UsageError {
            throw ValidationError("--prompt cannot be used: \(error.problem).")
        }
    }
}

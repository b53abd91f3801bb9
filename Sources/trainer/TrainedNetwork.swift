// What commands that use a trained network have in common: where it is, and how many threads it runs on.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// The argument that names a checkpoint, and the options for memory rows and threads.
struct TrainedNetwork: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "A run's folder, whose best checkpoint is taken, or a checkpoint file.", valueName: "dir-or-checkpoint"),
        completion: .file(extensions: ["safetensors"]))
    var path: String

    @OptionGroup var options: NetworkOptions

    /// Finds and reads the checkpoint, and makes its network.
    func load() throws -> (file: URL, configuration: RunConfiguration, network: Network) {
        let file = try RunDirectory.locateCheckpoint(path)
        let (configuration, network) = try options.load(file)
        return (file, configuration, network)
    }

    /// As that of the options.
    func requireMemory(
        _ configuration: RunConfiguration, _ network: Network, options: [(name: String, value: Int)],
        copies: Double = 0, besides: @escaping (NetworkModel, [NetworkUse]) -> Double = { _, _ in 0 },
        uses: @escaping ([Int]) -> [NetworkUse]
    ) throws {
        try self.options.requireMemory(
            configuration, network, options: options, copies: copies, besides: besides, uses: uses)
    }
}

/// The options of a trained network: memory rows and threads.
struct NetworkOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: """
            Another number of memory rows than the network was trained with; for memories of kind \
            \(Registry.standard.memoriesWithRows.joined(separator: ", ")).
            """)
    var rows: Int?

    @OptionGroup var threads: ThreadOption

    func validate() throws {
        if let rows { try requireOption("--rows", rows, in: 1...largestSize) }
    }

    /// Reads a checkpoint, and makes its network.
    ///
    /// `change` may change what does not touch parameters.
    func load(
        _ file: URL, _ change: (RunConfiguration) throws -> RunConfiguration = { $0 }
    ) throws -> (configuration: RunConfiguration, network: Network) {
        try makeNetwork(of: Checkpoint.read(from: file), change)
    }

    /// Makes the network of a checkpoint, as `load` does.
    func makeNetwork(
        of checkpoint: Checkpoint, _ change: (RunConfiguration) throws -> RunConfiguration = { $0 }
    ) throws -> (configuration: RunConfiguration, network: Network) {
        threads.apply()
        var configuration = try change(checkpoint.configuration)
        if let rows { configuration = try configuration.withMemoryRows(rows) }
        return (configuration, try checkpoint.makeNetwork(configuration))
    }
}

extension NetworkOptions {
    /// Throws `ConfigurationError`, which names an option, unless there is memory for what a command does with its
    /// network.
    ///
    /// - `options`: numbers that could be smaller.
    /// - `copies`: how many copies of parameters and gradients are made besides.
    /// - `uses`: what is done where the options have these values.
    func requireMemory(
        _ configuration: RunConfiguration, _ network: Network, options: [(name: String, value: Int)],
        copies: Double = 0, besides: @escaping (NetworkModel, [NetworkUse]) -> Double = { _, _ in 0 },
        uses: @escaping ([Int]) -> [NetworkUse]
    ) throws {
        let values = options.map(\.value)
        // The network's parameters are there already.
        func bytes(_ model: NetworkModel, _ values: [Int]) -> Double {
            let uses = uses(values)
            return RunConfiguration.bytes(model, uses) + (copies - 1) * model.parameterBytes + besides(model, uses)
        }
        let levers = options.enumerated().map { index, option in
            MemoryLever(option.name, option.value) { value in
                var changed = values
                changed[index] = value
                return bytes(network.model, changed)
            }
        }
        let rowsLever = configuration.network.memory.rowCount.map { rows in
            MemoryLever("--rows", rows) { rows in
                guard let changed = try? configuration.withMemoryRows(rows).network else { return nil }
                return (try? NetworkModel(changed, signature: network.signature)).map { bytes($0, values) }
            }
        }
        try MemoryCheck.require(bytes(network.model, values), levers: levers + [rowsLever].compactMap { $0 })
    }
}

/// `--threads`.
struct ThreadOption: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: """
            Threads of the kernels, 1 to \(Runtime.mostThreads). (default: all processors, fewer in training while others use them)
            """)
    var threads: Int?

    func validate() throws {
        if let threads { try requireOption("--threads", threads, in: 1...Runtime.mostThreads) }
    }

    func apply() {
        if let threads { Runtime.threads = threads }
    }
}

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// Throws a `ValidationError` that names the option, unless its value is in the range.
func requireOption(_ option: String, _ value: Int, in range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
        throw ValidationError("\(option) is \(value); it must be from \(range.lowerBound) to \(range.upperBound).")
    }
}

/// Writes text to standard output, unbuffered, so that a program at the other end of a pipe gets it at once.
///
/// Throws `FileError` where it cannot be written, as on a full disk: lost results must not look like success.
func write(_ text: String) throws { try write(Array(text.utf8)) }

/// Writes bytes as `write` does text.
func write(_ bytes: [UInt8]) throws {
    do {
        try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    } catch {
        throw FileError(URL(fileURLWithPath: "/dev/stdout"), "cannot write: \(error.localizedDescription)")
    }
}

/// Writes a line to standard error, cut where it is very long.
///
/// Where even that cannot be written, there is nobody left to tell.
func complain(_ message: String) {
    try? FileHandle.standardError.write(contentsOf: Data("\(message.asMessage)\n".utf8))
}

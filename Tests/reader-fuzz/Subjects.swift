// What is read, and what inputs are made of. Checkpoints, files of networks and sequences are in files of their own.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// One kind of input and what reads it.
protocol Subject {
    var name: String { get }
    /// An input that the generator decides.
    func input(_ generator: RandomGenerator) throws -> Data
    /// Reads it as a command would, and goes on to the first use of what was read. Throws what is thrown.
    func read(_ input: Data) throws
}

enum Subjects {
    static let names = [
        "checkpoint", "parameters", "state", "configuration", "grammar", "map", "data", "sequences", "input", "option"
    ]

    static func make(_ name: String) throws -> any Subject {
        switch name {
        case "checkpoint": try CheckpointSubject()
        case "parameters": try ParametersSubject()
        case "state": try StreamStateSubject()
        case "configuration": try ConfigurationSubject()
        case "grammar": GrammarSubject()
        case "map": MapSubject()
        case "data": try DataSubject()
        case "sequences": try SequencesSubject()
        case "input": try InputSubject()
        default: OptionSubject()
        }
    }
}

/// A kind whose inputs are mutations of texts.
protocol TextSubject: Subject {
    var seeds: [[UInt8]] { get }
    var mutator: Mutator { get }
}

extension TextSubject {
    func input(_ generator: RandomGenerator) -> Data {
        var generator = generator
        let seed = seeds[generator.integer(in: 0...seeds.count - 1)]
        return Data(mutator.mutated(seed, seeds, &generator))
    }
}

extension [String] {
    var seeds: [[UInt8]] { map { [UInt8]($0.utf8) } }
}

/// What config.yaml may hold.
struct ConfigurationSubject: TextSubject {
    let name = "configuration"
    let seeds: [[UInt8]]
    let mutator = Mutator(words: [
        "&a ", "*a", "*a, *a, *a, *a", "? ", ": ", "- ", "|\n ", ">\n ", "!!int ", "<<: *a", "---\n", "...\n",
        "%YAML 1.1\n",
        "'", "\"", "[", "]", "{", "}", "# ", "\t", "~", "true", "kind: ntm", "kind: pairs", "kind: grammar",
        "kind: adam",
        "extends: fast/copy-ntm\n", "task:\n", "network:\n", "training:\n", "\u{FEFF}", "\u{2028}", "\r\n",
        "lengths: [64, 65-128]"
    ])

    init() throws {
        let presets = [
            "fast/reversal-stack", "fast/copy-ntm", "paper/svo-sov-queue", "fast/dyck-stack", "paper/n-grams-ntm",
            "paper/copy-deque"
        ]
        let whole = try presets.map { try RunConfiguration.resolve(preset: $0).yaml(comment: "a comment") }
        seeds =
            (whole + [
                "extends: fast/reversal-stack\ntraining: {steps: 7, evaluation: {lengths: [8, 9-12]}}\n",
                "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntraining: {steps: *c}\n",
                "task: {kind: pairs, data: \"a\\tb\", holdOut: 2}\nnetwork: {memory: {kind: none}}\n",
                "task:\n  kind: grammar\n  grammar: |\n    start: A\n    rules:\n      A: [a | b]\n"
            ]).seeds
    }

    func read(_ input: Data) throws {
        let configuration = try RunConfiguration(yaml: input, source: "config.yaml")
        try configuration.validate()
        _ = try NetworkModel(configuration.network, signature: configuration.task.signature)
        // What is written for a run must be what it was.
        let yaml = configuration.yaml(comment: "")
        let back = try RunConfiguration(yaml: Data(yaml.utf8), source: "config.yaml")
        precondition(back.yaml(comment: "") == yaml, "the configuration written is not the one read")
    }
}

/// What a grammar file may hold.
struct GrammarSubject: TextSubject {
    let name = "grammar"
    let seeds = [
        "start: A\nwords:\n  N: {source: n, target: m, count: 3}\nrules:\n  A:\n    - the <B> | la <B>\n  B:\n"
            + "    - 3: <N> | <N>\n    - 1/2: red <B> | <B> rouge\n",
        "start: A\nrules:\n  A: [9: <A> | <A>, w | w]\n",
        "start: S\nrules:\n  S: [<S:1> <S:2> | <S:2> <S:1>, a | b, <T> | <T>]\n  T: [x <S> y | <S>, \" | \"]\n",
        "start: A0\nrules:\n" + (0..<20).map { "  A\($0): [x <A\($0 + 1)> | <A\($0 + 1)>]\n" }.joined()
            + "  A20: [y | y]\n"
    ].seeds
    let mutator = Mutator(words: [
        "<A>", "<A:1>", "<B> <B>", " | ", "|", "1e9: ", "0: ", "1/3: ", "nan: ", "- ", "start: A\n", "rules:\n",
        "words:\n",
        "N: {source: n, target: m, count: 65536}\n", "count: 65536", "{", "}", "[", "]", "&a ", "*a", "<", ">", "<<A>>",
        "\u{FEFF}",
        "  A:\n    - <A> <A> | <A> <A>\n", "    - a | b\n"
    ])

    func read(_ input: Data) throws {
        let grammar = try Grammar(text: String(decoding: input, as: UTF8.self), source: "grammar.yaml")
        let task = GrammarTask(grammar, lengths: 1...32)
        try task.validate()
        var generator = RandomGenerator(seed: 1)
        _ = try task.batch(count: 2, lengths: task.lengths, using: &generator)
    }
}

/// What a map of stations and lines may hold.
struct MapSubject: TextSubject {
    let name = "map"
    let seeds = [
        "line,Red,both,North,Centre,South\nline,Ring,one,North,East,South,West,North\n",
        "\u{FEFF}station,A\r\nstation,B\r\n\r\n# a comment\r\nline,X,both,A,B,,\r\n",
        "line,\"X, Y\",one,\"A\"\"\",B",
        "line,L,both," + (0..<200).map { "s\($0)" }.joined(separator: ",") + "\n"
    ].seeds
    let mutator = Mutator(words: [
        "line,", "station,", "both", "one", ",", ",,", "\"", "\"\"", "#", "\n", "\r\n", "\r", " ", "\u{FEFF}",
        "\u{2028}", "\0", "A,A", "line,X,both,A,B,C,A\n", "e\u{301}"
    ])

    func read(_ input: Data) throws {
        let map = try StationMap(text: String(decoding: input, as: UTF8.self), source: "map.csv")
        let again = try StationMap(setting: map.text)
        precondition(again.text == map.text, "the text written is not the one read")
        var task = ShortestPath()
        task.map = map
        (task.minimumLength, task.maximumLength) = (2, map.stations.count)
        try task.validate()
        var generator = RandomGenerator(seed: 1)
        _ = try task.batch(count: 2, lengths: task.lengths, using: &generator)
    }
}

/// What `--data` may hold, through a file, as it is read.
struct DataSubject: TextSubject {
    let name = "data"
    let seeds = [
        "a b c\tc b a\nb a\ta b\n", "\u{FEFF}one\t1\r\ntwo\t2\r\n", "e\u{301} 👩‍👩‍👧\t🇩🇪\nü\tu\n",
        (1...30).map { "w\($0) w\($0 % 7)\tv\($0)\n" }.joined(), "a\tb"
    ].seeds
    let mutator = Mutator(words: [
        "\t", "\n", "\r\n", "\r", " ", "\0", "\u{FEFF}", "a ", "\n\n", "\t\t", "\u{301}", "\u{200D}"
    ])
    private let file = ScratchFile()

    init() throws {}

    func read(_ input: Data) throws {
        try file.write(input)
        var pairs = Pairs()
        pairs.data = file.url.path
        pairs.characters = input.count % 2 == 0
        pairs.holdOut = 3
        pairs.maximumLength = 64
        try pairs.validate()
        try pairs.open(progress: { _ in })
        _ = try pairs.notes(progress: { _ in })
        _ = try pairs.trainingBatch(count: 2, after: 2, seed: 1)
        _ = try pairs.evaluationBatch([0, pairs.evaluationCount - 1])
    }
}

/// What `predict` may read from standard input, line by line and as a stream.
struct InputSubject: TextSubject {
    let name = "input"
    let seeds = [
        "a b c d\nd c\n", "<s> a b ||| b a\n<s> c\n", "( [ ] )\n( )\n", "0 1 0.5\n1 0 -1e3\n", "three\ntree\n",
        "si1 vi2 oi3\n"
    ].seeds
    let mutator = Mutator(words: [
        " ", "\n", "\r\n", "\t", "\0", "<s>", "|||", "</s>", "<unk>", "a", "(", ")", "0x1p3", "\u{FEFF}"
    ])
    private let file = ScratchFile()
    private let readers: [SymbolReader]
    private let streams: [any NamedSymbols]

    init() throws {
        let copy = Copy(symbols: 4, lengths: 1...4)
        var pairs = Pairs()
        pairs.characters = true
        readers = [copy.symbolReader, GrammarTask().symbolReader, Pairs().symbolReader, pairs.symbolReader]
        streams = [copy, Dyck(), Pairs()]
    }

    func read(_ input: Data) throws {
        try file.write(input)
        var first: (any Error)?
        func keep(_ body: () throws -> Void) {
            do { try body() } catch { first = first ?? error }
        }
        let descriptor = try file.open()
        defer { close(descriptor) }
        var lines = LineReader(descriptor, limit: 1 << 16)
        while let line = try lines.next() {
            guard case .text(let text) = line else { continue }
            for reader in readers { keep { _ = try reader.numbers(of: text) } }
        }
        let coders: [any StepCoder] =
            streams.map { SymbolCoder(reader: $0.streamReader) } + [VectorCoder(size: 3)]
        for var coder in coders {
            lseek(descriptor, 0, SEEK_SET)
            var scanner = WordScanner(descriptor)
            while let tokens = try scanner.next() {
                for case .word(let word) in tokens {
                    keep { _ = try coder.inputs(Array(repeating: word, count: coder.wordsPerStep)) }
                }
            }
        }
        if let first { throw first }
    }
}

/// What options may be given: one on each line, after its name.
struct OptionSubject: TextSubject {
    let name = "option"
    let seeds = [
        "set network.memory.width=3\nset training.optimizer.kind=adam",
        "set task.kind=grammar\nset task.grammar=gender",
        "set training.evaluation.lengths=[8, 9-12]", "set network.memory={kind: ntm, rows: 5}", "seeds 1-10",
        "seeds 1,3,7",
        "lengths 1-16", "lengths 64", "preset fast/copy-ntm", "preset paper/gender-lstm-8",
        "set network.controller.units=4\nset network.controller.kind=rnn"
    ].seeds
    let mutator = Mutator(words: [
        "=", ".", ",", "-", "\nset ", "\nseeds ", "\nlengths ", "\npreset ", "training.", "network.", "task.", "kind=",
        "ntm", "stack",
        "[", "]", "{", "}", "\"", "&a ", "*a", ": ", "18446744073709551615", "../", "\u{1B}[2J"
    ])

    func read(_ input: Data) throws {
        var overrides: [SettingOverride] = []
        for line in String(decoding: input, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let value = parts.count > 1 ? parts[1] : ""
            switch parts[0] {
            case "seeds": _ = try SeedList(value)
            case "lengths": _ = LengthRange(value)
            case "preset": _ = try Presets.load(value)
            default: overrides.append(try SettingOverride(assignment: value))
            }
        }
        try RunConfiguration().applying(overrides).validate()
    }
}

/// A file that holds one input after the other.
final class ScratchFile {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("reader-fuzz-\(UUID().uuidString)")
    private var descriptor: Int32 = -1

    func write(_ bytes: Data) throws {
        if descriptor < 0 { descriptor = Foundation.open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard written == bytes.count, ftruncate(descriptor, off_t(bytes.count)) == 0 else {
            throw FileError(url, failed: "write")
        }
    }

    /// Another descriptor, at the start of the file.
    func open() throws -> Int32 {
        let descriptor = Foundation.open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(url, failed: "open") }
        return descriptor
    }

    deinit {
        close(descriptor)
        unlink(url.path)
    }
}

// Pairs from files: what is read, what is refused and how, what is held out, and the order of training.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct PairsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ bytes: Data, _ name: String = "train.tsv") throws -> String {
        let file = folder.file(name)
        try bytes.write(to: file)
        return file.path
    }

    private func write(_ text: String, _ name: String = "train.tsv") throws -> String {
        try write(Data(text.utf8), name)
    }

    private func pairs(_ text: String, _ change: (inout Pairs) -> Void = { _ in }) throws -> Pairs {
        var pairs = Pairs()
        pairs.data = try write(text)
        change(&pairs)
        try pairs.validate()
        try pairs.open(progress: { _ in })
        return pairs
    }

    /// The pairs of a batch as text; "?" for unknown symbols.
    private func texts(_ batch: Batch, _ vocabulary: Vocabulary) -> [String] {
        guard case .symbols(let inputs) = batch.inputs else { return [] }
        let names = vocabulary.source + vocabulary.target + ["?"]
        return (0..<batch.count).map { b in
            let steps = (0..<batch.steps).filter { step in
                // Up to the end mark; padding repeats the start mark.
                step == 0 || inputs[step * batch.count + b] != Vocabulary.start
            }
            return steps.dropFirst().map { step in
                let input = Int(inputs[step * batch.count + b])
                return input == 1 ? ">" : names[input - 2]
            }.joined(separator: " ")
        }
    }

    private func held(_ pairs: Pairs) throws -> [String] {
        texts(try pairs.evaluationBatch(Array(0..<pairs.evaluationCount)), pairs.vocabulary)
    }

    /// So many training batches in order.
    private func trained(_ pairs: Pairs, batches: Int, of count: Int, seed: UInt64 = 1) throws -> [[String]] {
        try (0..<batches).map {
            texts(try pairs.trainingBatch(count: count, after: $0 * count, seed: seed), pairs.vocabulary)
        }
    }

    // MARK: Reading

    @Test func readsWords() throws {
        let pairs = try pairs("b  a\tx\n c c \ty x\n")
        #expect(pairs.vocabulary == Vocabulary(source: ["a", "b", "c"], target: ["x", "y"], takesUnknown: true))
        #expect(pairs.lengths == 1...2 && pairs.signature.inputs.size == 2 + 3 + 2 + 1)
        #expect(try Set(trained(pairs, batches: 1, of: 2)[0]) == ["b a > x", "c c > y x"])
    }

    /// A letter with its accent is one character, written in one code point or two; spaces are characters.
    @Test func readsCharacters() throws {
        let pairs = try pairs("e\u{301}a \tx\n\u{E9}👩‍👩‍👧\t🇩🇪y\n") { $0.characters = true }
        #expect(pairs.vocabulary.source == [" ", "a", "e\u{301}", "👩‍👩‍👧"])
        #expect(pairs.vocabulary.target == ["x", "y", "🇩🇪"])
        #expect(try pairs.symbolReader.numbers(of: "a\u{E9} z") == [1, 2, 0, Vocabulary.unknown])
    }

    @Test(arguments: [
        "a\tx\r\nb\ty\r\n", "a\tx\nb\ty", "\u{FEFF}a\tx\nb\ty\n", "\u{FEFF}a\tx\r\nb\ty"
    ])
    func lineEndsAndByteOrderMarks(_ text: String) throws {
        let pairs = try pairs(text)
        #expect(pairs.vocabulary == Vocabulary(source: ["a", "b"], target: ["x", "y"], takesUnknown: true))
        #expect(try Set(held(pairs)) == ["a > x", "b > y"])
    }

    @Test(arguments: [
        ("a\tx\nb y\n", 2, "there is no tab"), ("a\tx\nb\ty\tz\n", 2, "there are 2 tabs"),
        ("a\tx\n\ty\n", 2, "the source is empty"), ("a\tx\nb\t\n", 2, "the target is empty"),
        ("a\tx\nb\t  \n", 2, "the target is empty"), ("a\tx\n\nb\ty\n", 2, "the line is empty"),
        ("a\tx\n\n", 2, "the line is empty"), ("a\tx\nb\ty\r", nil, ""), ("", nil, "the file has no lines"),
        ("\u{FEFF}", nil, "the file has no lines"),
        ("a\tx\na b c d e\ty\n", 2, "the source has 5 symbols; task.maximumLength allows 4"),
        ("a\ta b c d e", 1, "the target has 5 symbols; task.maximumLength allows 4")
    ])
    func refusals(_ text: String, _ line: Int?, _ reason: String) throws {
        guard !reason.isEmpty else {
            _ = try pairs(text)
            return
        }
        let error = #expect(throws: DataError.self) { try pairs(text) { $0.maximumLength = 4 } }
        #expect(error?.line == line && error?.reason.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains("train.tsv") == true)
    }

    @Test func brokenTextIsRefused() throws {
        var pairs = Pairs()
        pairs.data = try write(Data("a\tx\nb\t".utf8) + Data([0xC3, 0x28]) + Data("\n".utf8))
        let error = #expect(throws: DataError.self) { try pairs.open(progress: { _ in }) }
        #expect(error?.line == 2 && error?.reason.contains("UTF-8") == true)
        #expect(!pairs.isOpen)
        pairs.data = try write(Data("a\tx\nb\t\0\n".utf8))
        let other = #expect(throws: DataError.self) { try pairs.open(progress: { _ in }) }
        #expect(other?.line == 2 && other?.reason.contains("NUL") == true)
    }

    /// Of a line that is as long as the limit and one that is longer nothing is kept twice, nor searched twice.
    @Test func veryLongLines() throws {
        var pairs = Pairs()
        pairs.maximumLength = 1 << 18
        let longest = 128 * pairs.maximumLength
        for (symbol, isWord) in [("a", true), ("a ", false)] {
            let side = Data(String(repeating: symbol, count: (longest - 2) / symbol.utf8.count).utf8)
            pairs.data = try write(Data("a\tb\n".utf8) + side + Data("\tb\n".utf8))
            if isWord {
                try pairs.open(progress: { _ in })
                #expect(pairs.vocabulary.source.count == 2)
            } else {
                let error = #expect(throws: DataError.self) { try pairs.open(progress: { _ in }) }
                #expect(
                    error?.line == 2 && error?.reason.contains("16777215 symbols") == true,
                    "\(String(describing: error))")
            }
        }
        pairs.data = try write(Data("a\tb\n".utf8) + Data(repeating: 0x61, count: longest + (1 << 21)))
        let error = #expect(throws: DataError.self) { try pairs.open(progress: { _ in }) }
        #expect(error?.line == 2 && error?.reason.contains("longer than \(longest) bytes") == true)
        #expect("\(error?.description ?? "")".utf8.count < 1000)
    }

    @Test func aLineOfAMillionSymbolsIsRefused() throws {
        let long = String(repeating: "a ", count: 1_000_000)
        let error = #expect(throws: DataError.self) { try pairs("a\tx\n\(long)\tx\n") }
        #expect(error?.line == 2 && error?.reason.contains("1000") == true)
        _ = try pairs("a\tx\n\(long)\tx\n") { $0.maximumLength = 1_000_000 }
        // Without any line end in sight.
        let endless = String(repeating: "a", count: 5_000_000)
        let other = #expect(throws: DataError.self) { try pairs("a\tx\n\(endless)") }
        #expect(other?.line == 2 && other?.reason.contains("longer than") == true)
    }

    @Test func filesThatAreNoFiles() throws {
        var pairs = Pairs()
        #expect(throws: ConfigurationError.self) { try pairs.open(progress: { _ in }) }
        pairs.data = folder.file("nowhere.tsv").path
        #expect(throws: FileError.self) { try pairs.open(progress: { _ in }) }
        pairs.data = "/dev/null"
        #expect(throws: FileError.self) { try pairs.open(progress: { _ in }) }
        pairs.data = folder.url.path
        #expect(throws: FileError.self) { try pairs.open(progress: { _ in }) }
        pairs.data = folder.file("pipe").path
        #expect(mkfifo(pairs.data, 0o600) == 0)
        let error = #expect(throws: FileError.self) { try pairs.open(progress: { _ in }) }
        #expect(error?.reason.contains("a pipe") == true)
    }

    // MARK: Held out

    private func numbered(_ range: ClosedRange<Int>) -> String { range.map { "s\($0)\tt\($0)\n" }.joined() }

    @Test func everyTenthLineIsHeldOut() throws {
        let pairs = try pairs(numbered(1...35))
        #expect(try Set(held(pairs)) == ["? > ?"] && pairs.evaluationCount == 3)
        #expect(!pairs.vocabulary.source.contains("s10") && pairs.vocabulary.source.count == 32)
        let notes = try pairs.notes(progress: { _ in })
        #expect(notes.count == 4 && notes[0].contains("every 10th line is held out") && notes[0].contains("3 of 35"))
        #expect(notes[1].contains("3 of 3 sources") && notes[2].contains("3 of 3 targets"))
        #expect(notes[3].hasPrefix("32 of 32 target symbols are there once; of a name"))
    }

    @Test func aShortFileIsEvaluatedOnItself() throws {
        let pairs = try pairs(numbered(1...9))
        #expect(pairs.evaluationCount == 9)
        let notes = try pairs.notes(progress: { _ in })
        #expect(notes.count == 2 && notes[0].contains("no pairs are held out"))
    }

    /// Where at most half of them are rare, nothing is said.
    @Test func rareTargetsAreNoted() throws {
        func isNoted(_ text: String) throws -> Bool {
            try pairs(text) { $0.holdOut = 0 }.notes(progress: { _ in }).contains { $0.contains("there once") }
        }
        #expect(try isNoted("a\t1 2 3\nb\t3 3\n"))
        #expect(
            try pairs("a\t1.5\nb\t2\n").notes(progress: { _ in }).last
                == "2 of 2 target symbols are there once; they are numbers, and each is a name of its own: task sequences "
                + "learns numbers")
        #expect(try !isNoted("a\t1 2 3\nb\t3 2\n"))
        #expect(try !isNoted("a\t1 2 3 4\nb\t3 2\n"))
    }

    @Test func aValidationFileIsHeldOutAlone() throws {
        let validation = try write("s1\tt2\ns3 new\tt4\n", "dev.tsv")
        let pairs = try pairs(numbered(1...20)) { $0.validation = validation }
        #expect(pairs.vocabulary.source.count == 20)
        #expect(try held(pairs) == ["s1 > t2", "s3 ? > t4"])
        #expect(try (0..<2).map(pairs.evaluationSteps) == [4, 5])
        let notes = try pairs.notes(progress: { _ in })
        #expect(notes.count == 2 && notes[0].contains("1 of 2 sources"))
    }

    /// No answer to a target with an unknown symbol is right, and the symbol is no part of the loss.
    @Test func unknownTargetsAreWrong() throws {
        let vocabulary = Vocabulary(source: ["a"], target: ["x", "y"], takesUnknown: true)
        let network = try Network(NetworkConfiguration(), signature: vocabulary.signature, seed: 1)
        let (a, x, unknown) = (0, 0, Vocabulary.unknown)
        let batch = try vocabulary.batch([
            Transduction(source: [a, unknown], target: [x, unknown, x]), Transduction(source: [a], target: [x])
        ])
        guard case .symbols(let targets) = batch.targets, case .symbols(let inputs) = batch.inputs else { return }
        #expect(targets.filter { $0 == Batch.noSymbol }.count == 1)
        #expect(inputs.filter { $0 == 5 }.count == 2)
        let gradients = network.makeGradients()
        let loss = try network.forward(batch).loss()
        let report = loss.report
        try loss.backward(into: gradients)
        #expect(report.outputs == 5 && report.nats.isFinite && report.rightSequences <= 1 && report.wrongOutputs >= 1)
        #expect(gradients.firstNonFinite() == nil)
        // A network that always says x is right at the first symbol, and never at the second.
        for name in ["output.weight", "output.bias"] {
            let slice = try #require(network.parameters.layout[name])
            try network.parameters.setValues(Array(repeating: 0, count: slice.count), of: slice)
        }
        let bias = try #require(network.parameters.layout["output.bias"])
        try network.parameters.setValues([0, 9, 0], of: bias)
        let second = try network.evaluate(batch)
        #expect(second.rightSequences == 0 && second.fine == (0.25 + 0.5) / 2 && second.wrongOutputs == 3)
    }

    // MARK: Order

    /// Every pass takes each pair once, in another order; the order depends on the seed and the place alone.
    @Test func passesTakeEachPairOnce() throws {
        // 96 lines of lengths 1 to 8, in passes of 8 batches of 12.
        let text = (0..<96).map { n in "s\(n)" + String(repeating: " f", count: n % 8) + "\tt\n" }.joined()
        let pairs = try pairs(text) { $0.holdOut = 0 }
        let batches = try trained(pairs, batches: 24, of: 12)
        let passes = (0..<3).map { batches[$0 * 8..<$0 * 8 + 8].flatMap { $0 } }
        #expect(passes.allSatisfy { Set($0).count == 96 })
        #expect(passes[0] != passes[1] && passes[1] != passes[2])
        #expect(try trained(pairs, batches: 24, of: 12) == batches)
        #expect(try trained(pairs, batches: 24, of: 12, seed: 2) != batches)
        // From any place, by an object that has seen none of those before.
        let again = try self.pairs(text) { $0.holdOut = 0 }
        for place in [23, 9, 10, 0, 17] {
            let batch = try again.trainingBatch(count: 12, after: place * 12, seed: 1)
            #expect(texts(batch, again.vocabulary) == batches[place])
        }
    }

    /// Padding is a small part of a batch: pairs of similar length are together.
    @Test func batchesAreOfSimilarLength() throws {
        var generator = RandomGenerator(seed: 1)
        let lines = (0..<2000).map { _ in
            String(repeating: "a ", count: generator.integer(in: 1...50)) + "\tx\n"
        }
        let pairs = try pairs(lines.joined()) { $0.holdOut = 0 }
        var (rows, used) = (0, 0)
        for number in 0..<62 {
            let batch = try pairs.trainingBatch(count: 32, after: number * 32, seed: 1)
            guard case .symbols(let inputs) = batch.inputs else { continue }
            rows += inputs.count
            used += inputs.filter { $0 != Vocabulary.start }.count + batch.count
        }
        #expect(Double(used) / Double(rows) > 0.9, "\(used) of \(rows)")
    }

    @Test func moreInABatchThanThereAre() throws {
        let pairs = try pairs(numbered(1...3))
        let batches = try trained(pairs, batches: 3, of: 8).flatMap { $0 }
        #expect(batches.count == 24)
        #expect(Set(batches).count == 3 && Set(batches).allSatisfy { pair in batches.filter { $0 == pair }.count == 8 })
    }

    // MARK: Changes

    @Test func aFileThatChangesWhileInUseIsNoticed() throws {
        let pairs = try pairs(numbered(1...20))
        let handle = try FileHandle(forWritingTo: folder.file("train.tsv"))
        try handle.write(contentsOf: Data("zz".utf8))
        try handle.truncate(atOffset: 10)
        let error = #expect(throws: DataError.self) { try pairs.trainingBatch(count: 4, after: 0, seed: 1) }
        #expect(error?.reason.contains("changed") == true)
    }

    /// What a checkpoint has of a task is enough to use its network, and to know the data again.
    @Test func factsOutliveTheFiles() throws {
        let opened = try pairs(numbered(1...20))
        var again = try JSONDecoder().decode(Pairs.self, from: JSONEncoder().encode(opened))
        #expect(!again.isOpen && again.vocabulary == opened.vocabulary && again.lengths == opened.lengths)
        try again.open(progress: { _ in })
        _ = try write(numbered(1...21))
        var changed = try JSONDecoder().decode(Pairs.self, from: JSONEncoder().encode(opened))
        let error = #expect(throws: DataError.self) { try changed.open(progress: { _ in }) }
        #expect(error?.reason.contains("not the one that this run began with") == true)
    }
}

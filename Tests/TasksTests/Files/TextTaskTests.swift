// Texts from files: what their symbols are, how streams are cut, and what is refused.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import TestSupport
import Testing

@Suite struct TextTaskTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ bytes: [UInt8], _ name: String = "text.txt") throws -> String {
        try Data(bytes).write(to: folder.file(name))
        return folder.file(name).path
    }

    /// None is held out.
    private func text(_ bytes: [UInt8], _ change: (inout TextTask) -> Void = { _ in }) throws -> TextTask {
        var task = TextTask()
        task.data = try write(bytes)
        task.holdOut = 0
        task.length = 4
        change(&task)
        try task.validate()
        try task.open(progress: { _ in })
        return task
    }

    private func text(_ text: String, _ change: (inout TextTask) -> Void = { _ in }) throws -> TextTask {
        try self.text(Array(text.utf8), change)
    }

    /// What is refused, without the file's name.
    private func fault(_ bytes: [UInt8], _ change: (inout TextTask) -> Void = { _ in }) -> String {
        do {
            _ = try text(bytes, change)
            return "nothing is refused"
        } catch {
            return "\(error)".replacing(folder.file("text.txt").path, with: "FILE")
        }
    }

    private func symbols(_ values: Batch.Targets) -> [Int32] {
        if case .symbols(let numbers) = values { numbers } else { [] }
    }
    private func symbols(_ values: Batch.Inputs) -> [Int32] {
        if case .symbols(let numbers) = values { numbers } else { [] }
    }

    // MARK: Symbols

    /// The most frequent first, equally frequent ones by their bytes.
    @Test func charactersAreUnicodes() throws {
        let task = try text("ééa\u{1F600}a b\r\né")
        #expect(task.inputNames == ["<unk>", "é", "a", "<0D>", "<eol>", "<space>", "b", "\u{1F600}"])
        #expect(task.signature == Signature(inputs: .symbols(8), outputs: .symbols(8)))
        #expect(try task.numbers(of: "é b?\n") == [1, 5, 6, 0, 4])
        #expect(task.outputUnit == "character" && task.firstSymbol == 4)
    }

    @Test func bytesAreOfAnyFile() throws {
        let task = try text([0, 0xFF, 0xFF, 10, 97, 32, 0xFF]) { $0.unit = .bytes }
        #expect(task.inputNames == ["<unk>", "<FF>", "<00>", "<eol>", "<space>", "a"])
        var writer = TextWriter(.bytes)
        #expect(task.inputNames.dropFirst().flatMap { writer.bytes(of: $0) } == [0xFF, 0, 10, 32, 97])
    }

    @Test func wordsStandBetweenWhiteSpace() throws {
        let task = try text("the cat\tthe  dog\r\n\nthe <unk> end") { $0.unit = .words }
        #expect(task.inputNames == ["<unk>", "the", "<eol>", "cat", "dog", "end"])
        #expect(try task.numbers(of: "the end\n of") == [1, 5, 2, 0])
        var writer = TextWriter(.words)
        let written = ["the", "cat", "<eol>", "<eol>", "the", "end"].flatMap { writer.bytes(of: $0) }
        #expect(String(decoding: written, as: UTF8.self) == "the cat\n\nthe end")
    }

    /// What is written is what was read, whatever the text.
    @Test func textsComeBack() throws {
        let source = "A line, ünïcödé \u{7}\n\n  and <0D> another.\t\n"
        for unit in [TextUnit.characters, .bytes] {
            let task = try text(source) { $0.unit = unit }
            var writer = TextWriter(unit)
            let back = try task.numbers(of: source).flatMap { writer.bytes(of: task.inputNames[Int($0)]) }
            #expect(String(decoding: back, as: UTF8.self) == source, "\(unit)")
        }
    }

    @Test func rareSymbolsAreUnknown() throws {
        let task = try text("aaabbc") { $0.symbols = 2 }
        #expect(task.inputNames == ["<unk>", "a", "b"])
        #expect(try task.numbers(of: "abc") == [1, 2, 0])
    }

    @Test func aByteOrderMarkIsSkipped() throws {
        let task = try text([0xEF, 0xBB, 0xBF] + Array("ab".utf8) + Array("ababababab".utf8))
        #expect(task.inputNames == ["<unk>", "a", "b"])
        #expect(try symbols(task.evaluationBatch([0]).inputs) == [1, 2, 1, 2])
    }

    // MARK: Streams

    /// Stream b of two begins at symbol 10·b; a stretch has four steps, and the last two symbols of a stream are left.
    @Test func batchesHaveTheNextStretchOfEachStream() throws {
        let letters = (0..<21).map { UInt8(97 + $0) }
        let task = try text(letters)
        func places(_ batch: Batch, _ shift: Int) -> [[String]] {
            let numbers = shift == 0 ? symbols(batch.inputs) : symbols(batch.targets)
            return (0..<2).map { stream in (0..<4).map { task.inputNames[Int(numbers[2 * $0 + stream])] } }
        }
        var generator = RandomGenerator(seed: 1)
        for (number, first) in [(0, 0), (1, 4), (2, 0), (3, 4)] {
            let batch = try task.trainingBatch(
                count: 2, lengths: task.lengths, after: 2 * number, seed: 7, using: &generator)
            for shift in [0, 1] {
                let expected = [0, 10].map { start in
                    (0..<4).map { String(UnicodeScalar(letters[start + first + $0 + shift])) }
                }
                #expect(places(batch, shift) == expected, "batch \(number)")
            }
            #expect(batch.mask.allSatisfy { $0 == 1 })
            #expect(task.continues(after: 2 * number, count: 2) == (first > 0))
        }
        #expect(task.hasStreams && !task.drawsSequences && task.lengths == 4...4)
    }

    /// Whatever the stretch, and wherever symbols of several bytes fall on the blocks that are read.
    @Test func everyStretchIsThatOfTheText() throws {
        var random = SeededGenerator(seed: caseSeed(770))
        let scalars = ["a", "b", " ", "\n", "é", "€", "\u{1F600}"]
        let names = ["a", "b", "<space>", "<eol>", "é", "€", "\u{1F600}"]
        let drawn = (0..<3000).map { _ in random.integer(0..<scalars.count) }
        let task = try text(drawn.map { scalars[$0] }.joined()) { $0.length = 37 }
        #expect(task.evaluationCount == 2999 / 37)
        for number in 0..<task.evaluationCount {
            let found = try symbols(task.evaluationBatch([number]).targets).map { task.inputNames[Int($0)] }
            #expect(found == (0..<37).map { names[drawn[37 * number + $0 + 1]] }, "stretch \(number)")
        }
    }

    @Test func theEndIsHeldOut() throws {
        let task = try text((0..<25).map { UInt8(97 + $0 % 20) }) { $0.holdOut = 5 }
        #expect(try symbols(task.evaluationBatch([0]).inputs).map { task.inputNames[Int($0)] } == ["a", "b", "c", "d"])
        #expect(task.evaluationCount == 1)
        #expect(
            try task.notes(progress: { _ in })[0].hasPrefix("20 characters to train on, of 20 kinds; no --validation"))
        let other = try text((0..<25).map { UInt8(97 + $0) }) {
            $0.validation = (try? write(Array("zzzzzabc".utf8), "other.txt")) ?? ""
        }
        #expect(
            try symbols(other.evaluationBatch([0]).targets).map { other.inputNames[Int($0)] } == [
                "<unk>", "<unk>", "<unk>", "<unk>"
            ])
    }

    /// The vocabulary is that of the text trained on, wherever the other text is; and it is said what that lacks.
    @Test func whatIsNotTrainedOnIsUnknown() throws {
        let (start, end) = ("bbbbaaacc\n", "ccé😀cab\n")
        func note(_ task: TextTask) throws -> String? {
            try task.notes(progress: { _ in }).first { $0.contains("not among those known") }
        }
        let said = " to evaluate on are not among those known; they count as <unk>"
        for unit in [TextUnit.characters, .bytes] {
            let part = try text(String(repeating: start, count: 5) + end) {
                $0.unit = unit
                $0.length = 2
                $0.holdOut = unit == .bytes ? 5 : 7
            }
            let other = try text(String(repeating: start, count: 5)) {
                $0.unit = unit
                $0.validation = (try? write(Array(end.utf8), "other.txt")) ?? ""
            }
            var evaluated = other
            try evaluated.open(evaluating: folder.file("other.txt"), progress: { _ in })
            #expect(part.inputNames == ["<unk>", "b", "a", "c", "<eol>"] && other.inputNames == part.inputNames)
            let expected = (unit == .bytes ? "6 of 12 bytes" : "2 of 8 characters") + said
            for task in [part, other, evaluated] { #expect(try note(task) == expected) }
        }
        #expect(try note(text("aaabbbccc")) == nil)
        #expect(try note(text("aaabbc") { $0.symbols = 2 })?.hasPrefix("1 of 6 characters") == true)
    }

    /// A file to evaluate on is looked at as a whole, before anything runs.
    @Test func otherFilesAreLookedAt() throws {
        var task = try text("aabbaabb")
        let bad = folder.file("bad.txt")
        try Data(Array("aaaa\nbbb\n".utf8) + [0xFF, 0xFE]).write(to: bad)
        let error = #expect(throws: DataError.self) { try task.open(evaluating: bad, progress: { _ in }) }
        #expect(error?.line == 3 && error!.reason.contains("this is not UTF-8"))
        try Data("abab".utf8).write(to: bad)
        let short = #expect(throws: DataError.self) { try task.open(evaluating: bad, progress: { _ in }) }
        #expect(short?.reason.hasPrefix("there are 4 characters to evaluate on; a stretch takes 5.") == true)
        #expect(fault(Array("aabbaabbaab".utf8)) { $0.holdOut = 5 }.contains("there are 2 characters to evaluate on"))
    }

    /// Streams side by side are evaluated from their beginnings on; each stretch once.
    @Test func evaluationGoesThroughStreams() throws {
        let task = try text((0..<100).map { _ in 97 } + (0..<101).map { _ in 98 })
        for (wanted, batchSize, expected) in [
            (nil, 100, [16, 3]), (nil, 2, [2, 25]), (5, 100, [5, 1]), (40, 100, [16, 3])
        ]
            as [(Int?, Int, [Int])]
        {
            let set = try task.evaluationSets([task.lengths], count: wanted, seed: 1)[0]
            var batches: [Batch] = []
            try set.forEachBatch({ _ in batchSize }) { batches.append($0) }
            #expect([batches[0].count, batches.count] == expected, "\(String(describing: wanted))")
            #expect(set.isStream && (batchSize == 2 || set.count == batches.reduce(0) { $0 + $1.count }))
        }
        #expect(try task.evaluationSets([task.lengths], count: nil, seed: 1)[0].sample(2).batch.steps == 4)
    }

    // MARK: Bad input

    @Test func whatIsRefused() throws {
        let bad = fault(Array("one\ntwo \n".utf8) + [0xC3, 0x28, 10])
        #expect(
            bad == "FILE, line 3: this is not UTF-8; convert the file, or set task.unit to bytes, which takes any file")
        #expect(fault(Array("abc".utf8) + [0xE2, 0x82]).contains("line 1: the text ends in the middle of a character"))
        #expect(fault(Array("a b".utf8) + [0xFF]) { $0.unit = .words }.contains("line 1: this is not UTF-8"))
        let long = fault([UInt8](repeating: 97, count: 70_000)) { $0.unit = .words }
        #expect(long.contains("a word is longer than 65536 bytes; set task.unit to characters or bytes"))
        #expect(fault([97]) { $0.holdOut = 1 }.contains("task.holdOut"))
        #expect(fault([97]) { $0.symbols = 0 }.contains("task.symbols"))
        let short = try text("abcdefgh")
        #expect(throws: DataError.self) { _ = try short.trainingBatch(count: 2, after: 0, seed: 1) }
        #expect(fault(Array("abc".utf8)).hasPrefix("FILE: there are 3 characters to evaluate on; a stretch takes 5."))
        expectUsageError("the data are not open") { _ = try TextTask().trainingBatch(count: 1, after: 0, seed: 1) }
        expectUsageError("stretch 9 is asked for; there are 1") { _ = try short.evaluationBatch([9]) }
    }

    @Test func aFileThatChangesIsRefused() throws {
        let task = try text(String(repeating: "abcd", count: 100))
        let handle = try FileHandle(forWritingTo: folder.file("text.txt"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("x".utf8))
        try handle.close()
        #expect(throws: DataError.self) { _ = try task.evaluationBatch([0]) }
    }
}

// The data of a task of pairs, open for reading: the pairs of two files, or of one file in two parts.

import Foundation
import NeuralMemory

/// What a run keeps of its data, so that the network can be used without them, and the same data known again.
struct PairFacts: Codable, Sendable, Equatable {
    let vocabulary: Vocabulary
    /// The longest side of a pair, in symbols.
    let longest: Int
    /// 64-bit FNV-1a of the training file, and of the validation file where there is one.
    let checksums: [String]

    /// Throws `ConfigurationError` for what no data can have told: a checkpoint may be anybody's work.
    func validate() throws {
        try require("task.facts.longest", longest, in: 1...largestSize)
        for (side, symbols) in [("source", vocabulary.source), ("target", vocabulary.target)] {
            let field = "task.facts.vocabulary.\(side)"
            guard 1...largestSize ~= symbols.count else {
                throw ConfigurationError(
                    field: field, value: "a list of \(symbols.count) symbols", allowed: "of 1 to \(largestSize) symbols"
                )
            }
            guard Set(symbols).count == symbols.count, !symbols.contains("") else {
                throw ConfigurationError(
                    field: field, value: "a list with an empty symbol, or one that is there twice",
                    allowed: "of symbols that differ")
            }
        }
        guard vocabulary.takesUnknown, !vocabulary.isShared else {
            throw ConfigurationError(
                field: "task.facts.vocabulary", value: "shared, or without unknown symbols",
                allowed: "one with two sides and unknown symbols")
        }
        guard 1...2 ~= checksums.count else {
            throw ConfigurationError(
                field: "task.facts.checksums", value: "a list of \(checksums.count)", allowed: "of 1 or 2 checksums")
        }
    }
}

/// Some of the lines of a file, as pairs of symbol numbers.
///
/// Beside the file's 8 bytes a line, each pair takes 8 bytes: the symbols themselves stay on the disk.
struct PairSet: Sendable {
    /// The numbers of lines, and how many steps their pairs take.
    struct Index: Sendable {
        var numbers: [UInt32] = []
        var steps: [UInt32] = []
        var longest = 1

        mutating func add(_ number: Int, _ pair: PairReader.Pair) {
            numbers.append(UInt32(truncatingIfNeeded: number))
            steps.append(UInt32(pair.source.count + pair.target.count + 2))
            longest = max(longest, pair.source.count, pair.target.count)
        }
    }

    let lines: TextLines
    let index: Index
    let reader: PairReader

    var count: Int { index.numbers.count }

    func place(_ number: Int) -> DataPlace { DataPlace(file: lines.file.path, line: Int(index.numbers[number]) + 1) }

    /// One pair.
    ///
    /// Throws `DataError` or `FileError` where the file cannot be read any more.
    func pair(_ number: Int, _ table: SymbolTable) throws -> Transduction {
        let line = Int(index.numbers[number])
        do {
            return table.numbers(try reader.pair(try lines.bytes(ofLine: line)))
        } catch let fault as PairReader.Fault {
            throw DataError(lines.file, line: line + 1, fault.reason)
        }
    }
}

/// Symbol numbers by their texts; `Vocabulary.unknown` for all others.
struct SymbolTable: Sendable {
    private let source: [String: Int]
    private let target: [String: Int]

    init(_ vocabulary: Vocabulary) {
        source = vocabulary.source.numbered
        target = vocabulary.target.numbered
    }

    func numbers(_ pair: PairReader.Pair) -> Transduction {
        Transduction(
            source: pair.source.map { source[$0] ?? Vocabulary.unknown },
            target: pair.target.map { target[$0] ?? Vocabulary.unknown })
    }
}

extension [String] {
    /// The number of each text; of equal ones the first.
    var numbered: [String: Int] { Dictionary(zip(self, indices), uniquingKeysWith: { first, _ in first }) }
}

extension PairReader {
    /// Reads all pairs of a file.
    ///
    /// Throws `FileError`, or `DataError` that names the line, unless each can be used and there is one.
    func visit(
        _ file: URL, progress: (String) -> Void, _ body: (Int, Pair) throws -> Void
    ) throws -> TextLines {
        let lines = try TextLines(file, limit: byteLimit) {
            progress("reading \(file.lastPathComponent): \(Int(100 * $0)) %")
        } visit: { number, bytes in
            do {
                try body(number, try pair(bytes))
            } catch let fault as Fault {
                throw DataError(file, line: number + 1, fault.reason)
            }
        }
        guard lines.count > 0 else {
            throw DataError(file, "the file has no lines; each must be SOURCE, a tab, TARGET")
        }
        guard lines.count <= UInt32.max else { throw DataError(file, "the file has more than \(UInt32.max) lines") }
        return lines
    }
}

/// Pairs to train on and pairs to evaluate on.
final class PairData: Sendable {
    let facts: PairFacts
    /// `nil` where the data are there to be evaluated only.
    let training: PairSet?
    let heldOut: PairSet
    let schedule: PairSchedule
    private let table: SymbolTable

    /// Pairs to train on, which the vocabulary is made from, and pairs to evaluate on.
    ///
    /// - `validation`: pairs to evaluate on. Without it, every `holdOut`-th line of the training file is held out;
    ///   where that comes to no line, the training pairs are evaluated.
    init(
        _ file: URL, validation: URL?, holdOut: Int, reader: PairReader, progress: (String) -> Void
    ) throws {
        var (source, target): (Set<String>, Set<String>) = ([], [])
        var (kept, out) = (PairSet.Index(), PairSet.Index())
        let lines = try reader.visit(file, progress: progress) { number, pair in
            if validation == nil, holdOut > 0, (number + 1) % holdOut == 0 { return out.add(number, pair) }
            kept.add(number, pair)
            source.formUnion(pair.source)
            target.formUnion(pair.target)
            guard source.count + target.count <= largestSize else {
                throw DataError(
                    file, line: number + 1,
                    "up to here there are more than \(largestSize) different symbols, which no network takes")
            }
        }
        guard !kept.numbers.isEmpty else {
            throw DataError(file, "no line is left to train on, with every \(holdOut)th held out (task.holdOut)")
        }
        let training = PairSet(lines: lines, index: kept, reader: reader)
        self.training = training
        if let validation {
            let lines = try reader.visit(validation, progress: progress) { out.add($0, $1) }
            heldOut = PairSet(lines: lines, index: out, reader: reader)
        } else {
            heldOut = out.numbers.isEmpty ? training : PairSet(lines: lines, index: out, reader: reader)
        }
        let vocabulary = Vocabulary(source: source.inOrder, target: target.inOrder, takesUnknown: true)
        let checksums = [lines.checksum] + (validation == nil ? [] : [heldOut.lines.checksum])
        facts = PairFacts(vocabulary: vocabulary, longest: max(kept.longest, out.longest), checksums: checksums)
        table = SymbolTable(vocabulary)
        schedule = PairSchedule(steps: kept.steps)
    }

    /// All pairs of a file, to evaluate a network on that was trained on others.
    init(evaluating file: URL, facts: PairFacts, reader: PairReader, progress: (String) -> Void) throws {
        var index = PairSet.Index()
        let lines = try reader.visit(file, progress: progress) { index.add($0, $1) }
        self.facts = facts
        training = nil
        heldOut = PairSet(lines: lines, index: index, reader: reader)
        table = SymbolTable(facts.vocabulary)
        schedule = PairSchedule(steps: [])
    }

    func batch(_ numbers: [Int], of set: PairSet) throws -> Batch {
        try facts.vocabulary.batch(numbers.map { try set.pair($0, table) })
    }

    /// How many pairs to evaluate on have a symbol that was not trained on, in the source and in the target.
    func countUnknown(_ progress: (String) -> Void) throws -> (sources: Int, targets: Int) {
        var counts = (sources: 0, targets: 0)
        for number in 0..<heldOut.count {
            let pair = try heldOut.pair(number, table)
            counts.sources += pair.source.contains(Vocabulary.unknown) ? 1 : 0
            counts.targets += pair.target.contains(Vocabulary.unknown) ? 1 : 0
            if number % 4096 == 0 { progress("looking for unknown symbols: \(100 * number / heldOut.count) %") }
        }
        return counts
    }
}

extension Set<String> {
    /// In the order of their bytes.
    fileprivate var inOrder: [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

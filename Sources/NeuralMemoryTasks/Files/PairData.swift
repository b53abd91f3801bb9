// The data of a task of pairs, open for reading: the pairs of two files, or of one file in two parts.

import Foundation
import NeuralMemory

/// What a run keeps of its pairs.
struct PairFacts: LineFacts {
    let vocabulary: Vocabulary
    /// The longest side of a pair, in symbols.
    let longest: Int
    /// 64-bit FNV-1a of the training file, and of the validation file where there is one.
    let checksums: [String]

    func validate() throws {
        try requireLongestAndChecksums()
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
    /// Throws as `TextLines.init(ofSequences:)` does.
    func visit(
        _ file: URL, progress: (String) -> Void, _ body: (Int, Pair) throws -> Void
    ) throws -> TextLines {
        try TextLines(ofSequences: file, limit: byteLimit, form: "SOURCE, a tab, TARGET", progress: progress) {
            try body($0.index, try pair($0.bytes))
        }
    }
}

/// Pairs to train on and pairs to evaluate on.
final class PairData: LineData {
    let facts: PairFacts
    let training: LineSet?
    let heldOut: LineSet
    let schedule: LineSchedule
    /// How many target symbols that were trained on are there once.
    let rareTargets: Int
    private let reader: PairReader
    private let table: SymbolTable

    /// Pairs to train on, which the vocabulary is made from, and pairs to evaluate on.
    ///
    /// - `validation`: pairs to evaluate on. Without it, every `holdOut`-th line of the training file is held out;
    ///   where that comes to no line, the training pairs are evaluated.
    init(
        _ file: URL, validation: URL?, holdOut: Int, reader: PairReader, progress: (String) -> Void
    ) throws {
        var source: Set<String> = []
        var target: [String: Int] = [:]
        var (kept, out) = (LineSet.Index(), LineSet.Index())
        let lines = try reader.visit(file, progress: progress) { number, pair in
            if validation == nil, holdOut > 0, (number + 1) % holdOut == 0 { return out.add(number, pair) }
            kept.add(number, pair)
            source.formUnion(pair.source)
            for symbol in pair.target { target[symbol, default: 0] += 1 }
            guard source.count + target.count <= largestSize else {
                throw DataError(
                    file, line: number + 1,
                    "up to here there are more than \(largestSize) different symbols, which no network takes")
            }
        }
        guard !kept.numbers.isEmpty else {
            throw DataError(file, "no line is left to train on, with every \(holdOut)th held out (task.holdOut)")
        }
        let training = LineSet(lines: lines, index: kept)
        self.training = training
        if let validation {
            let lines = try reader.visit(validation, progress: progress) { out.add($0, $1) }
            heldOut = LineSet(lines: lines, index: out)
        } else {
            heldOut = out.numbers.isEmpty ? training : LineSet(lines: lines, index: out)
        }
        let vocabulary = Vocabulary(source: source.inOrder, target: Set(target.keys).inOrder, takesUnknown: true)
        rareTargets = target.count { $0.value == 1 }
        let checksums = [lines.checksum] + (validation == nil ? [] : [heldOut.lines.checksum])
        facts = PairFacts(vocabulary: vocabulary, longest: max(kept.longest, out.longest), checksums: checksums)
        table = SymbolTable(vocabulary)
        self.reader = reader
        schedule = LineSchedule(steps: kept.steps)
    }

    /// All pairs of a file, to evaluate a network on that was trained on others.
    init(evaluating file: URL, facts: PairFacts, reader: PairReader, progress: (String) -> Void) throws {
        var index = LineSet.Index()
        let lines = try reader.visit(file, progress: progress) { index.add($0, $1) }
        self.facts = facts
        training = nil
        heldOut = LineSet(lines: lines, index: index)
        rareTargets = 0
        table = SymbolTable(facts.vocabulary)
        self.reader = reader
        schedule = LineSchedule(steps: [])
    }

    func batch(_ numbers: [Int], of set: LineSet, isTraining: Bool) throws -> Batch {
        try facts.vocabulary.batch(numbers.map { try pair($0, of: set) })
    }

    func countUnknown(_ progress: (String) -> Void) throws -> UnknownCounts {
        var counts = UnknownCounts()
        try counts.add(0..<heldOut.count, progress) { number in
            let pair = try pair(number, of: heldOut)
            return (pair.source.contains(Vocabulary.unknown), pair.target.contains(Vocabulary.unknown))
        }
        return counts
    }

    private func pair(_ number: Int, of set: LineSet) throws -> Transduction {
        try set.read(number) { table.numbers(try reader.pair($0)) }
    }
}

extension LineSet.Index {
    fileprivate mutating func add(_ number: Int, _ pair: PairReader.Pair) {
        let (source, target) = (pair.source.count, pair.target.count)
        add(number, steps: source + target + 2, length: max(source, target))
    }
}

extension Set<String> {
    /// In the order of their bytes.
    fileprivate var inOrder: [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

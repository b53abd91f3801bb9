// The data of a task of texts, open for reading: two files, or one file in two parts, as streams of symbols.

import Foundation
import NeuralMemory

/// What a run keeps of its text.
struct TextFacts: FileFacts {
    let unit: TextUnit
    /// By number; the first one is `<unk>`.
    let symbols: [String]
    /// 64-bit FNV-1a of the training file, and of the validation file where there is one.
    let checksums: [String]

    func validate() throws {
        try requireChecksums()
        guard 2...largestSize ~= symbols.count, Set(symbols).count == symbols.count, !symbols.contains(""),
            symbols.first == TextUnit.unknown
        else {
            throw ConfigurationError(
                field: "task.facts.symbols", value: "a list of \(symbols.count)",
                allowed: "of 2 to \(largestSize) texts that differ, the first of them \(TextUnit.unknown)")
        }
    }
}

/// A part of a text's symbols.
struct TextPart: Sendable {
    let file: TextFile
    let range: Range<Int>

    /// Some streams of equal length, side by side, which are cut into stretches of `steps` symbols.
    ///
    /// A symbol's target is the next one, so a stream has one symbol more than its stretches have steps.
    func streams(_ count: Int, steps: Int) -> TextStreams {
        let length = max(0, range.count - 1) / count
        return TextStreams(count: count, steps: steps, length: length, stretches: length / steps)
    }

    /// Stretches of `steps` symbols that begin at these places, counted from the beginning of the part.
    func batch(_ places: [Int], steps: Int, _ vocabulary: TextVocabulary) throws -> Batch {
        var inputs = [Int32](repeating: 0, count: steps * places.count)
        var targets = inputs
        for (sequence, place) in places.enumerated() {
            let first = range.lowerBound + place
            let numbers = try file.numbers(first..<first + steps + 1, vocabulary)
            for step in 0..<steps {
                inputs[step * places.count + sequence] = numbers[step]
                targets[step * places.count + sequence] = numbers[step + 1]
            }
        }
        return Batch(
            checked: steps, count: places.count, inputs: .symbols(inputs), targets: .symbols(targets),
            mask: [Float](repeating: 1, count: inputs.count))
    }
}

/// How a part of a text is cut.
struct TextStreams: Sendable {
    let count: Int
    let steps: Int
    /// Symbols of a stream, and whole stretches in it.
    let length, stretches: Int

    /// Where the stretches of a number begin, counted from the beginning of the part.
    func places(_ stretch: Int) -> [Int] { (0..<count).map { $0 * length + stretch * steps } }
}

/// A text to train on and a text to evaluate on.
final class TextData: OpenedFiles {
    let facts: TextFacts
    /// `nil` where the data are there to be evaluated only.
    let training: TextPart?
    let heldOut: TextPart
    let vocabulary: TextVocabulary
    /// How many symbols to evaluate on are not in the vocabulary.
    let unknown: Int

    /// A text to train on, whose symbols the vocabulary has, and a text to evaluate on.
    ///
    /// - `holdOut`: without `validation`, the last one of so many parts is evaluated, and gives no symbols.
    /// - `most`: symbols that the vocabulary may have.
    init(
        _ file: URL, validation: URL?, unit: TextUnit, holdOut: Int, atMost most: Int, progress: (String) -> Void
    ) throws {
        var counts = TextCounts(unit)
        let text = try TextFile(file, unit: unit, progress: progress) { try counts.add($0) }
        var evaluated = TextCounts(unit)
        let other = try validation.map { try TextFile($0, unit: unit, progress: progress) { try evaluated.add($0) } }
        let last = other == nil && holdOut > 0 ? text.count - text.count / holdOut : text.count
        if last < text.count {
            evaluated = try text.counts(last..<text.count)
            counts.subtract(evaluated)
        } else if other == nil {
            evaluated = counts
        }
        training = TextPart(file: text, range: 0..<last)
        heldOut =
            other.map { TextPart(file: $0, range: 0..<$0.count) }
            ?? TextPart(file: text, range: last < text.count ? last..<text.count : 0..<text.count)
        let names = [TextUnit.unknown] + counts.names(atMost: most)
        unknown = evaluated.count(without: Set(names))
        vocabulary = TextVocabulary(unit, names)
        facts = TextFacts(unit: unit, symbols: names, checksums: [text.checksum] + (other.map { [$0.checksum] } ?? []))
    }

    /// All of a file, to evaluate a network on that was trained on another.
    init(evaluating file: URL, facts: TextFacts, progress: (String) -> Void) throws {
        var counts = TextCounts(facts.unit)
        let text = try TextFile(file, unit: facts.unit, progress: progress) { try counts.add($0) }
        unknown = counts.count(without: Set(facts.symbols))
        training = nil
        heldOut = TextPart(file: text, range: 0..<text.count)
        vocabulary = TextVocabulary(facts.unit, facts.symbols)
        self.facts = facts
    }
}

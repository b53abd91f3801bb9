// The index of a large file of sequences: what was found in it, as it is kept between runs.

import Foundation
import NeuralMemory

/// What an index is of.
private struct SequenceIndexKey: Codable {
    let kind: String
    let training: String
    let validation: String?
    let holdOut: Int
    let maximumLength: Int
    let inputs: SequenceInputs?
    let targets: SequenceTargets?
    let alignment: SequenceAlignment?
    let standardize: Bool
    let balance: Bool

    init(_ files: SequenceFiles) {
        kind = Sequences.kind
        training = files.training.standardizedFileURL.path
        validation = files.validation?.standardizedFileURL.path
        holdOut = files.holdOut
        maximumLength = files.options.reader.maximumLength
        inputs = files.options.reader.inputs
        targets = files.options.reader.targets
        alignment = files.options.alignment
        standardize = files.options.standardises
        balance = files.options.balances
    }
}

/// What is kept, but for lengths and steps of all lines.
private struct SequenceIndexHead: Codable {
    let files: [TextLines.Kept]
    let findings: SequenceFindings
}

extension Encodable {
    /// The same bytes for the same value.
    fileprivate func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(self)
    }
}

extension IndexCache {
    /// What was found in the files of a task, where these are what they were; `nil` where it is not kept.
    ///
    /// Throws `FileError` for files that cannot be opened.
    func sequences(_ files: SequenceFiles) throws -> FoundSequences? {
        guard try takes(files), let entry = (try? SequenceIndexKey(files).encoded()).flatMap(entry),
            let head = try? JSONDecoder().decode(SequenceIndexHead.self, from: entry.head)
        else { return nil }
        let urls = [files.training] + (files.validation.map { [$0] } ?? [])
        // Lengths and steps of the first file, then of the second.
        guard head.files.count == urls.count, entry.numbers.count == 2 * urls.count else { return nil }
        var lines: [TextLines] = []
        for (place, url) in urls.enumerated() {
            let (lengths, steps) = (entry.numbers[2 * place], entry.numbers[2 * place + 1])
            guard lengths.count == steps.count, lengths.count > 0,
                let found = try TextLines(url, found: head.files[place], lengths: lengths)
            else { return nil }
            lines.append(found)
        }
        let (training, heldOut) = files.sets(lines, urls.indices.map { entry.numbers[2 * $0 + 1] })
        return FoundSequences(findings: head.findings, training: training, heldOut: heldOut)
    }

    /// Keeps what was found in the files of a task, where they are large.
    ///
    /// Returns why it could not be kept; `nil` where it was, or need not be.
    func keep(_ found: FoundSequences, of files: SequenceFiles) -> String? {
        do {
            guard try takes(files) else { return nil }
            let sets = files.validation == nil ? [found.training] : [found.training, found.heldOut]
            let head = SequenceIndexHead(files: sets.map(\.lines.kept), findings: found.findings)
            var steps = [[UInt32](repeating: 0, count: found.training.lines.count)]
            if files.validation != nil { steps.append(found.heldOut.index.steps) }
            for set in [found.training] + (files.validation == nil ? [found.heldOut] : []) {
                for (number, count) in zip(set.index.numbers, set.index.steps) { steps[0][Int(number)] = count }
            }
            let entry = Entry(
                head: try head.encoded(),
                numbers: zip(sets, steps).flatMap { [$0.lines.lengths, $1] })
            return keep(entry, try SequenceIndexKey(files).encoded())
        } catch {
            return (error as? FileError)?.reason ?? error.localizedDescription
        }
    }

    private func takes(_ files: SequenceFiles) throws -> Bool {
        try FileReader(files.training).size >= leastBytes
    }
}

// An episode as a page gets it: the numbers of the recording, in as few bytes as they need.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining
import Testing

@testable import NeuralMemoryFigures

@Suite struct ReportEpisodeTests {
    private func network(_ task: any SequenceTask, _ memory: any MemoryKind) throws -> Network {
        var configuration = NetworkConfiguration()
        configuration.controller = ElmanRNN(units: 6)
        configuration.memory = memory
        return try Network(configuration, signature: task.signature, seed: 3)
    }

    private func numbers(_ base64: String) throws -> [Float] {
        try #require(Data(base64Encoded: base64)).withUnsafeBytes { bytes in
            bytes.bindMemory(to: UInt16.self).map { half in
                let (exponent, fraction) = (Int(half >> 10 & 31), Float(half & 1023))
                let sign: Float = half & 0x8000 == 0 ? 1 : -1
                if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
                return sign * (exponent == 0 ? fraction / 0x1p24 : (1024 + fraction) * pow(2, Float(exponent - 25)))
            }
        }
    }

    private func integers(_ base64: String?) throws -> [Int] {
        try #require(base64.flatMap { Data(base64Encoded: $0) }).withUnsafeBytes { bytes in
            bytes.bindMemory(to: Int32.self).map { Int($0) }
        }
    }

    private func areClose(_ packed: [Float], _ recorded: [Float]) -> Bool {
        packed.count == recorded.count
            && zip(packed, recorded).allSatisfy { abs($0 - $1) <= max(abs($1) / 2048, 0x1p-25) }
    }

    @Test func denseSignalsHoldTheRecording() throws {
        let task = Reversal(symbols: 4, lengths: 1...5)
        let network = try network(task, NeuralStack(width: 3))
        let inspection = try Inspection(network, task: task, length: 5...5, seed: 2)
        let view = EpisodeView(inspection, of: network, task: task, title: "title")
        #expect(view.inputs == inspection.steps.map(\.input) && view.ends == 1 && view.memory == "stack")
        for signal in view.signals where signal.indices == nil {
            let recorded = inspection.recording.values(signal.name).flatMap(\.numbers)
            #expect(areClose(try numbers(signal.numbers), recorded), "\(signal.name)")
        }
        let groups = Dictionary(uniqueKeysWithValues: view.signals.map { ($0.name, $0.group) })
        #expect(groups["push"] == .memory && groups["output"] == .output)
        #expect(view.signals.contains { $0.group == .controller })
    }

    @Test func entriesAreThereStepByStepAndTheirVectorsOnce() throws {
        let task = Reversal(symbols: 4, lengths: 1...5)
        let network = try network(task, NeuralDeque(width: 3))
        let inspection = try Inspection(network, task: task, length: 5...5, seed: 2)
        let view = EpisodeView(inspection, of: network, task: task, title: "title")
        #expect(view.ends == 2)
        let strengths = try #require(view.signals.first { $0.name == "strengths" })
        let recorded = inspection.recording.values("strengths")
        #expect(try integers(strengths.counts) == recorded.map(\.numbers.count))
        #expect(try integers(strengths.indices) == recorded.flatMap { $0.indices ?? [] })
        #expect(areClose(try numbers(strengths.numbers), recorded.flatMap(\.numbers)))
        let contents = try #require(view.signals.first { $0.name == "contents" })
        let entries = try integers(contents.indices)
        #expect(contents.counts == nil && contents.size == 3)
        #expect(Set(entries) == Set(recorded.flatMap { $0.indices ?? [] }) && Set(entries).count == entries.count)
        let pushed = ["pushed top", "pushed bottom"].map { inspection.recording.values($0) }
        let vectors = try numbers(contents.numbers)
        for (place, entry) in entries.enumerated() {
            let vector = pushed[entry % 2][entry / 2].numbers
            #expect(areClose(Array(vectors[3 * place..<3 * place + 3]), vector), "entry \(entry)")
        }
    }

    /// Bits in and out are signals, too; where no output counts, there are no numbers.
    @Test func vectorsOfTheSequenceAreSignals() throws {
        let task = CopyBits()
        let network = try network(task, TuringMemory(rows: 8, columns: 4))
        let inspection = try Inspection(network, task: task, length: 3...3, seed: 2)
        let view = EpisodeView(inspection, of: network, task: task, title: "title")
        let names = view.signals.filter { $0.group == .sequence }.map(\.name)
        #expect(names == ["inputs", "targets", "output probabilities"])
        let targets = try numbers(view.signals[1].numbers)
        #expect(targets.count == 7 * 8 && targets.prefix(4 * 8).allSatisfy(\.isNaN))
        #expect(targets.suffix(3 * 8).allSatisfy { $0 == 0 || $0 == 1 })
    }

    @Test func longEpisodesAreCutAndSayIt() throws {
        let task = CopyBits()
        let network = try network(task, TuringMemory(rows: 8, columns: 4))
        let extent = EpisodeExtent(network)
        #expect(extent.steps == EpisodeExtent.mostSteps && !extent.omitsContents)
        let batch = try DrawnSequences(task, lengths: 500...500, count: 1, seed: 1).sample(1).batch
        let part = try extent.first(of: batch)
        #expect(part.steps == 200 && part.mask.count == 200)
        let notes = extent.notes(steps: batch.steps)
        #expect(notes.count == 1 && notes[0].contains("first 200 of \(batch.steps) steps"))
        #expect(extent.notes(steps: 200).isEmpty)
        if case (.vectors(let all), .vectors(let cut)) = (batch.inputs, part.inputs) {
            #expect(cut.elementsEqual(all.prefix(cut.count)) && cut.count == 200 * all.count / batch.steps)
        } else {
            Issue.record("inputs are vectors")
        }
    }

    /// Of a memory too large for a page, what is not its contents is shown.
    @Test func largeMemoriesLoseTheirContents() throws {
        let large = EpisodeExtent(try network(CopyBits(), TuringMemory(rows: 2000, columns: 64)))
        #expect(large.omitsContents && large.steps > 1 && !large.isWanted(Signal("memory", .contents)))
        #expect(large.isWanted(Signal("read gate", .gate)) && large.notes(steps: 1).count == 1)
    }

    /// Links are packed without those near 0, whether these were recorded or not.
    @Test func linksNearZeroAreLeftOut() throws {
        let task = CopyBits()
        let network = try network(task, DNC(rows: 4, columns: 3))
        let batch = try DrawnSequences(task, lengths: 6...6, count: 1, seed: 2).sample(1).batch
        let whole = try Inspection(network, task: task, batch)
        let recorded = try Inspection(
            network, task: task, batch, signals: { _ in true }, thresholdOf: PageLinks.threshold)
        let values = whole.recording.values("links").map { $0.sparse(below: PageLinks.least) }
        #expect(values.contains { !$0.numbers.isEmpty && $0.numbers.count < 16 })
        #expect(recorded.recording.values("links") == values)
        #expect(recorded.recording.values("memory") == whole.recording.values("memory"))
        for inspection in [whole, recorded] {
            let view = EpisodeView(inspection, of: network, task: task, title: "title")
            let links = try #require(view.signals.first { $0.role == .links })
            #expect(links.size == 1 && links.least == PageLinks.least && links.group == .memory)
            #expect(try integers(links.counts) == values.map(\.numbers.count))
            #expect(try integers(links.indices) == values.flatMap { $0.indices ?? [] })
            #expect(areClose(try numbers(links.numbers), values.flatMap(\.numbers)))
            #expect(view.signals.allSatisfy { $0.role == .links || $0.least == nil })
        }
    }

    /// A page has room for the links of many rows, and keeps them where it has none for the contents.
    @Test func manyRowsKeepTheirLinks() throws {
        let links = Signal("links", .links, [.rows(256), .rows(256)])
        let extent = EpisodeExtent(try network(CopyBits(), DNC(rows: 256, columns: 16)))
        #expect(extent.steps >= 40 && !extent.omitsContents && extent.isWanted(links))
        let large = EpisodeExtent(try network(CopyBits(), DNC(rows: 256, columns: 256)))
        #expect(large.omitsContents && large.isWanted(links) && !large.isWanted(Signal("memory", .contents)))
    }

    /// Of a large vocabulary, what each step puts out is shown, without the numbers of all that it could have put out.
    @Test(arguments: [256, 257])
    func manyOutputsAreLeftOutAndThePageSaysIt(_ outputs: Int) throws {
        let task = Copy(symbols: outputs - 1, lengths: 1...4)
        let network = try network(task, NeuralStack(width: 3))
        try #require(network.signature.outputs.size == outputs)
        let extent = EpisodeExtent(network)
        let inspection = try Inspection(network, task: task, length: 2...2, seed: 2, signals: extent.isWanted)
        let notes = extent.notes(steps: 1)
        let view = EpisodeView(inspection, of: network, task: task, title: "title", notes: notes)
        let isLeftOut = !view.signals.contains { $0.group == .output }
        #expect(isLeftOut == (outputs > 256) && view.outputNames.isEmpty == isLeftOut)
        #expect(view.outputs.contains { !$0.isEmpty })
        #expect(view.notes.count == (isLeftOut ? 1 : 0) && view.notes.allSatisfy { $0.contains("257 outputs") })
    }
}

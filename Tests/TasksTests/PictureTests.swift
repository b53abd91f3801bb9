// PictureTests.swift: pictures of episodes, by hand and read back, and those in the tasks' documentation.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import Testing

private func picture(_ task: some SequenceTask, seed: UInt64 = 1) -> [String] {
    var generator = RandomGenerator(seed: seed)
    return task.picture(using: &generator).components(separatedBy: "\n")
}

@Suite struct PictureTests {
    /// Of sequences that would take gigabytes, a line says that they are not drawn.
    @Test func whatIsTooLargeIsNotMade() {
        func line(_ task: some SequenceTask) -> String { picture(task).joined(separator: "\n") }
        var copy = CopyBits()
        (copy.minimumLength, copy.maximumLength) = (largestSize, largestSize)
        #expect(line(copy) == "a sequence of length 1048576 has 2097153 steps of 17 numbers: too many to be drawn here")
        var repeats = RepeatCopy()
        (repeats.width, repeats.minimumLength, repeats.maximumLength) = (4096, 1_000_000, 1_000_000)
        repeats.fixedRepeats = 65_536
        #expect(line(repeats).contains("has 65537000002 steps of 8195 numbers: too many"))
        var recall = AssociativeRecall()
        (recall.itemLength, recall.minimumLength, recall.maximumLength) = (4096, 1000, 1000)
        #expect(line(recall).contains("too many to be drawn"))
        var dyck = Dyck(kinds: 1024, lengths: 100_000...200_000)
        #expect(line(dyck).contains("too many to be drawn"))
        dyck = Dyck(kinds: 1024, lengths: 2...50)
        #expect(line(dyck).hasPrefix("input"))
        #expect(line(Reversal(symbols: 4, lengths: largestSize...largestSize)).contains("too many to be drawn"))
        #expect(line(Reversal(symbols: 4, lengths: 1...largestSize)).hasPrefix("input"))
    }

    /// A picture reads back as the episode that the same generator draws.
    @Test func bitsReadBack() {
        var task = AssociativeRecall()
        task.minimumLength = 4
        let lines = picture(task, seed: 9)
        let names = lines.map { $0.prefix(8) }.filter { $0 != "        " }
        #expect(names == ["input   ", "item    ", "query   ", "target  "])
        var generator = RandomGenerator(seed: 9)
        let episode = task.episode(length: 4, using: &generator)
        let values: [Character: Float] = ["#": 1, "·": 0]
        let channels = lines.map { $0.dropFirst(8).map { values[$0] } }
        #expect(channels.count == 8 + 6)
        for t in 0..<episode.inputs.count {
            #expect(channels[..<8].map { $0[t] } == episode.inputs[t].map { Float?.some($0) })
            #expect(channels[8...].map { $0[t] } == episode.targets[t] ?? Array(repeating: nil, count: 6))
        }
    }

    @Test func otherNumbersAreBars() throws {
        var task = PrioritySort()
        (task.minimumLength, task.maximumLength) = (9, 9)
        let line = try #require(picture(task).first { $0.hasPrefix("priority") }).dropFirst(10)
        var generator = RandomGenerator(seed: 1)
        let priorities = task.episode(length: 9, using: &generator).inputs.prefix(9).map { $0[9] }
        let heights = line.prefix(9).compactMap { "▁▂▃▄▅▆▇█".firstIndex(of: $0) }
        #expect(heights.count == 9 && line.dropFirst(9).allSatisfy { $0 == "·" })
        for (a, b) in zip(priorities, heights) {
            for (c, d) in zip(priorities, heights) where a < c { #expect(b <= d) }
        }
        #expect(line.contains("█") || line.contains("▁"))
    }

    @Test func longPicturesAreCut() {
        var task = CopyBits()
        (task.minimumLength, task.maximumLength) = (100, 200)
        for line in picture(task) { #expect(line.count == 8 + 72 + 1 && line.hasSuffix("…")) }
        for task in allTasks { #expect(picture(task).count <= 24, "\(task.kind)") }
    }

    @Test func symbolsStandAboveTheirAnswers() {
        for task in [Copy(symbols: 8, lengths: 3...3), Reversal(symbols: 8, lengths: 3...3)] as [any SequenceTask] {
            let lines = picture(task).map { $0.split(separator: " ").dropFirst().map { String($0) } }
            #expect(lines.count == 2 && lines[0].first == "<s>" && lines[0][4] == "|||" && lines[1].last == "</s>")
            #expect(Array(lines[0][5...]) == Array(lines[1].dropLast()))
            let source = Array(lines[0][1...3])
            #expect(Array(lines[0][5...]) == (task is Copy ? source : source.reversed()))
        }
    }

    /// The documentation shows the picture that seed 1 gives.
    @Test func theDocumentationShowsThem() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let sources = tests.appendingPathComponent("../../Sources/NeuralMemoryTasks").standardized
        for case let task as any VectorTask in allTasks {
            let folder = task is any GraphTask ? "Graphs" : "Vectors"
            let file = sources.appendingPathComponent("\(folder)/\(type(of: task)).swift")
            let text = try String(contentsOf: file, encoding: .utf8)
            let shown = picture(task).map { "///     " + $0 }.joined(separator: "\n")
            #expect(text.contains(shown + "\npublic struct"), "\(task.kind)")
        }
    }
}

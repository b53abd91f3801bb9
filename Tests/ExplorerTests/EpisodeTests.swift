// Episodes as the page gets them: what an inspection of the same checkpoint shows.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining
import TestSupport
import Testing

@testable import NeuralMemoryExplorer

@Suite struct EpisodeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func network(_ run: ExplorerRun, _ name: String) throws -> (network: Network, task: any SequenceTask) {
        let moment = try #require(try run.moments().first { $0.name == name })
        let checkpoint = try Checkpoint.read(from: moment.file)
        return (try checkpoint.makeNetwork(), checkpoint.configuration.task)
    }

    /// The error of a request that cannot be answered.
    private func refusal(_ run: ExplorerRun, _ request: EpisodeRequest) -> String {
        var runner = EpisodeRunner([run])
        let response = runner.response(to: request)
        let object = (try? JSONSerialization.jsonObject(with: response.body)) as? [String: String]
        return "\(response.status.rawValue) \(object?["error"] ?? "no error")"
    }

    /// Each moment of training has a network of its own.
    @Test func typedSymbols() throws {
        let run = try SampleRuns.reversal(in: folder)
        #expect(try run.moments().map(\.name).suffix(3) == ["step-0", "step-3", "step-6"])
        var runner = EpisodeRunner([run])
        for name in ["latest", "step-0"] {
            let answer = try runner.answer(to: EpisodeRequest(run: 0, checkpoint: name, input: "a b c\tc b a"))
            let (network, task) = try network(run, name)
            let given = try #require(try GivenSequence("a b c\tc b a", for: task, network, named: "the input"))
            let inspection = try Inspection(network, task: task, given.batch)
            let outputs = inspection.steps.map(\.output).filter { !$0.isEmpty }
            #expect(
                answer.output == (outputs.last == "</s>" ? outputs.dropLast() : outputs[...]).joined(separator: " "))
            #expect(answer.depth == inspection.recording.values("depth").last?.numbers[0])
            #expect(answer.isRight == inspection.steps.allSatisfy { $0.target == $0.output })
            #expect(answer.step == (name == "latest" ? 6 : 0) && answer.input == "a b c" && answer.vectors == nil)
        }
        // A source alone is answered by the network itself, and its answer comes to an end.
        let alone = try runner.answer(to: EpisodeRequest(run: 0, input: "a b c"))
        #expect(alone.isRight == nil && alone.checkpoint == "best")
    }

    @Test func drawnSymbols() throws {
        for run in [try SampleRuns.reversal(in: folder), try SampleRuns.dyck(in: folder)] {
            var runner = EpisodeRunner([run])
            let answer = try runner.answer(to: EpisodeRequest(run: 0, checkpoint: "latest", length: 4, seed: 9))
            let (network, task) = try network(run, "latest")
            let inspection = try Inspection(network, task: task, length: 4...4, seed: 9)
            let names = Set(try #require(task.names).inputs)
            let symbols = inspection.steps.map(\.input).filter { names.contains($0) && $0 != "<s>" }
            let shown = task is any TransductionTask ? Array(symbols.prefix { $0 != "|||" }) : symbols
            #expect(answer.input == shown.joined(separator: " "))
            #expect(answer.isRight == inspection.steps.allSatisfy { $0.target == $0.output })
            // What the page puts into its field means the same sequence.
            let typed = try runner.answer(to: EpisodeRequest(run: 0, checkpoint: "latest", input: answer.input))
            #expect(typed.input == answer.input)
        }
    }

    /// A network trained on data begins with one of the pairs that were held out, as an inspection does.
    @Test func heldOutPairs() throws {
        let run = try SampleRuns.pairs(in: folder)
        let file = folder.file("pairs.tsv")
        var runner = EpisodeRunner([run])
        var (_, task) = try network(run, "best")
        try task.open { _ in }
        for seed: UInt64 in [1, 2, 3] {
            let answer = try runner.answer(to: EpisodeRequest(run: 0, seed: seed))
            let sample = try task.evaluationSets([task.lengths], count: nil, seed: seed)[0].sample(1)
            let place = try #require(sample.places.first)
            #expect(answer.place == "\(place)" && answer.seed == seed && answer.isRight != nil)
            let line = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")[place.line - 1]
            #expect(answer.input == line.split(separator: "\t").first.map(String.init))
        }
        #expect(try runner.answer(to: EpisodeRequest(run: 0, input: "a b")).place == nil)
        #expect(refusal(run, EpisodeRequest(run: 0, length: 3)).contains("choose by seed"))
        // Without the file somebody is told so, and can type.
        let contents = try Data(contentsOf: file)
        try FileManager.default.removeItem(at: file)
        let text = refusal(run, EpisodeRequest(run: 0))
        #expect(text.contains("400") && text.contains("pairs.tsv") && text.contains("type a sequence"), "\(text)")
        var later = EpisodeRunner([run])
        #expect(try later.answer(to: EpisodeRequest(run: 0, input: "a b")).input == "a b")
        try contents.write(to: file)
        #expect(try later.answer(to: EpisodeRequest(run: 0)).place != nil)
    }

    /// What the page puts into its field is the same sequence, typed.
    @Test func heldOutSequences() throws {
        for areAfter in [false, true] {
            let run = try SampleRuns.sequences(in: folder, areAfter: areAfter)
            var runner = EpisodeRunner([run])
            let answer = try runner.answer(to: EpisodeRequest(run: 0, seed: 1))
            let text = try #require(answer.input)
            let sides = text.split(separator: "\t")
            #expect(sides.count == (areAfter ? 2 : 1) && answer.place != nil && answer.isRight != nil)
            #expect(sides[0].split(separator: " ").allSatisfy { ["a", "b", "c"].contains($0) }, "\(text)")
            let typed = try runner.answer(to: EpisodeRequest(run: 0, input: text))
            #expect(typed.input == text && typed.output == answer.output && typed.isRight == nil)
            let kind = InputKind(try Checkpoint.configuration(of: #require(try run.moments().first).file))
            #expect(kind.symbols?.names == ["a", "b", "c"] && kind.symbols?.takesTarget == true)
        }
    }

    @Test func paintedVectors() throws {
        let run = try SampleRuns.copyBits(in: folder)
        var runner = EpisodeRunner([run])
        let drawn = try runner.answer(to: EpisodeRequest(run: 0, length: 3, seed: 2))
        var vectors = try #require(drawn.vectors)
        #expect(vectors.count == 7 && vectors.allSatisfy { $0.count == 9 } && drawn.isRight != nil)
        // The same vectors are the same sequence, with its target.
        let same = try runner.answer(to: EpisodeRequest(run: 0, length: 3, seed: 2, vectors: vectors))
        #expect(same.isRight == drawn.isRight && same.output == drawn.output)
        vectors[1][4] = 1 - vectors[1][4]
        let painted = try runner.answer(to: EpisodeRequest(run: 0, length: 3, seed: 2, vectors: vectors))
        #expect(painted.vectors == vectors && painted.isRight == nil && painted.depth == nil)
        #expect(painted.output.split(separator: " ").count == 3)
        // Longer than what was drawn: outputs count from there on.
        let longer = vectors + [vectors[0], vectors[0]]
        let more = try runner.answer(to: EpisodeRequest(run: 0, length: 3, seed: 2, vectors: longer))
        #expect(more.output.split(separator: " ").count == 5)
    }

    @Test func whatCannotBeShown() throws {
        let run = try SampleRuns.reversal(in: folder)
        let bits = try SampleRuns.copyBits(in: folder)
        let long = String(repeating: "a ", count: 5000)
        for (request, words) in [
            (EpisodeRequest(run: 0, input: "a x"), ["400", "symbol 2, 'x', is unknown"]),
            (EpisodeRequest(run: 0, input: ""), ["400", "empty"]),
            (EpisodeRequest(run: 0, input: long), ["400", "5002 steps", "at most 2000"]),
            (EpisodeRequest(run: 0, length: 0), ["400", "Length is 0"]),
            (EpisodeRequest(run: 0, length: 100_000), ["400", "up to 999"]),
            (EpisodeRequest(run: 0, length: .max), ["400"]),
            (EpisodeRequest(run: 0, vectors: [[1]]), ["400", "symbols"]),
            (EpisodeRequest(run: 1), ["404", "run 1"]), (EpisodeRequest(run: -1), ["404"]),
            (EpisodeRequest(run: 0, checkpoint: "step-5"), ["404", "step-5"]),
            (EpisodeRequest(run: 0, checkpoint: "../../latest"), ["404"])
        ] {
            let text = refusal(run, request)
            for word in words { #expect(text.contains(word), "\(text)") }
        }
        for (request, words) in [
            (EpisodeRequest(run: 0, input: "1 0"), ["400", "copy-bits"]),
            (EpisodeRequest(run: 0, vectors: []), ["400", "0 vectors"]),
            (EpisodeRequest(run: 0, vectors: [[1, 0]]), ["400", "2 numbers", "9"]),
            (EpisodeRequest(run: 0, vectors: [Array(repeating: .infinity, count: 9)]), ["400", "finite"]),
            (EpisodeRequest(run: 0, vectors: Array(repeating: [0], count: 2001)), ["400", "2001"])
        ] {
            let text = refusal(bits, request)
            for word in words { #expect(text.contains(word), "\(text)") }
        }
    }

    /// A network that has not ended its answer is cut, and somebody is told.
    @Test func theLongestEpisode() throws {
        let run = try SampleRuns.reversal(in: folder)
        let (network, task) = try network(run, "step-0")
        for count in 1...6 {
            let source = String(repeating: "a ", count: count)
            let given = try #require(
                try GivenSequence(source, for: task, network, named: "the input", mostSteps: 8))
            let answer = given.batch.steps - 2 - count
            #expect(given.batch.steps <= 8 && (given.note == nil || answer == 6 - count), "\(count)")
        }
        let text = message {
            _ = try GivenSequence("a a a a a a a", for: task, network, named: "the input", mostSteps: 8)
        }
        #expect(text.contains("at most 8"), "\(text)")
    }

    @Test func networksAreReadOnceAndAgainWhenTheyChange() throws {
        let run = try SampleRuns.reversal(in: folder)
        var cache = NetworkCache()
        let files = try run.moments().map(\.file)
        let first = try cache.network(of: files[0]).network
        #expect(try cache.network(of: files[0]).network === first && cache.count == 1)
        for file in files { _ = try cache.network(of: file) }
        #expect(cache.count == files.count)
        // Replaced as a run replaces it.
        let contents = try Data(contentsOf: files[0])
        try contents.write(to: files[0], options: .atomic)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: files[0].path)
        #expect(try cache.network(of: files[0]).network !== first && cache.count == files.count)
        for number in 0..<20 {
            let copy = folder.file("copy-\(number)")
            try FileManager.default.copyItem(at: files[1], to: copy)
            _ = try cache.network(of: copy)
        }
        #expect(cache.count == 8)
    }
}

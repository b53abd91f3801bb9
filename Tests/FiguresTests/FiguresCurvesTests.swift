// FiguresCurvesTests.swift: learning curves keep what matters of long runs and of groups of seeds.

import Foundation
import NeuralMemory
import NeuralMemoryTraining
import TestSupport
import Testing

@testable import NeuralMemoryFigures

@Suite struct FiguresCurvesTests {
    /// A record as a run's file has it.
    private func record(
        _ step: Int, loss: Double, restarts: Int = 0, rewinds: Int? = nil, evaluations: String = "[]"
    ) throws -> MetricsRecord {
        let text = """
            {"step": \(step), "sequences": \(10 * step), "loss": \(loss), "bits": 1, "coarse": 0.5, "fine": 0.5,
            "gradient_norm": null, "skipped": 0, "restarts": \(restarts), "rewinds": \(rewinds.map(String.init) ?? "null"),
            "learning_rate": 0.001, "longest_length": 5,
            "sequences_per_second": 7, "elapsed_seconds": 1, "evaluations": \(evaluations)}
            """
        return try JSONDecoder().decode(MetricsRecord.self, from: Data(text.utf8))
    }

    private func evaluation(_ lengths: ClosedRange<Int>, coarse: Double) -> String {
        "{\"lengths\": [\(lengths.lowerBound), \(lengths.upperBound)], \"episodes\": 9, \"coarse\": \(coarse), "
            + "\"fine\": 0.9, \"bits\": 3}"
    }

    private func run(_ name: String, _ losses: [Double], group: String? = nil, each: Int = 1) throws -> CurveRun {
        let records = try losses.enumerated().map { try record(($0 + 1) * each, loss: $1) }
        return CurveRun(name: name, group: group, records: records)
    }

    /// The numbers of an attribute, for each line of a figure.
    private func lists(_ attribute: String, _ svg: String) throws -> [[Double]] {
        try SVGContents(svg).elements.filter { $0.name == "polyline" }.map { line in
            try #require(line.attributes[attribute]).split(separator: " ").compactMap { Double($0) }
        }
    }

    @Test func thinningKeepsExtremesAndEnds() {
        var points = (0..<10_000).map { CurvePoint(x: Double($0), y: sin(Double($0) / 300)) }
        points[1234] = CurvePoint(x: 1234, y: 50)
        points[7777] = CurvePoint(x: 7777, y: -50)
        let thinned = CurveSeries.thinned(points)
        #expect(thinned.count <= 500 && thinned.count > 300)
        #expect(thinned.contains(points[1234]) && thinned.contains(points[7777]))
        #expect(thinned.first == points.first && thinned.last == points.last)
        #expect(thinned.map(\.x) == thinned.map(\.x).sorted())
    }

    @Test func thinnedRangesHoldAllOfThem() {
        let ranges = (0..<5000).map { CurveRange(x: Double($0), low: -Double($0 % 7), high: Double($0 % 11)) }
        let thinned = CurveSeries.thinned(ranges)
        #expect(thinned.count <= 251 && thinned.last == ranges.last)
        #expect(thinned.dropLast().allSatisfy { $0.low == -6 && $0.high == 10 })
    }

    /// The second run ends after one record, and the third begins with the second x.
    @Test func mediansOfSeedsThatEndAtDifferentSteps() {
        let numbers: [[(Double, Double)]] = [[(1, 4), (2, 2), (3, 1)], [(1, 8)], [(2, 6), (3, 5)]]
        let runs = numbers.map { $0.map { CurvePoint(x: $0.0, y: $0.1) } }
        let (median, range) = CurveSeries.summary(runs)
        #expect(median == [CurvePoint(x: 1, y: 6), CurvePoint(x: 2, y: 6), CurvePoint(x: 3, y: 5)])
        #expect(range[1] == CurveRange(x: 2, low: 2, high: 8) && range[2] == CurveRange(x: 3, low: 1, high: 8))
    }

    /// An upright line at the last record before each restart, of a run alone.
    @Test func restartsAreShown() throws {
        let records = try [(100, 0), (200, 0), (300, 1), (400, 3), (500, 3)].map {
            try record($0, loss: 1, restarts: $1)
        }
        let run = CurveRun(name: "a", records: records)
        #expect(run.restarts.map(\.step) == [200, 300])
        let svg = LearningCurves(runs: [run]).svg(quantity: .loss)
        func lines(_ svg: String) throws -> Int {
            try SVGContents(svg).elements.filter { $0.attributes["class"] == "frame d1" }.count
        }
        #expect(try lines(svg) == 2 && svg.contains(">anew</text>"))
        let two = LearningCurves(runs: [run, CurveRun(name: "b", records: records)]).svg(quantity: .loss)
        #expect(try lines(two) == 0 && !two.contains("anew"))
    }

    /// An upright line at each record whose interval had a rewind, and a sentence.
    @Test func rewindsAreShown() throws {
        let records = try [(100, 1), (200, 1), (300, 4)].map { try record($0, loss: 1, rewinds: $1) }
        let run = CurveRun(name: "a", records: records)
        #expect(run.rewinds.map(\.step) == [100, 300])
        let svg = LearningCurves(runs: [run]).svg(quantity: .loss)
        let lines = try SVGContents(svg).elements.filter { $0.attributes["class"] == "frame d1" }
        #expect(lines.count == 2 && svg.contains(">back</text>") && !svg.contains("anew"))
        let none = CurveRun(name: "b", records: [try record(100, loss: 1), try record(200, loss: 1, rewinds: 0)])
        #expect(none.rewinds.isEmpty)
    }

    @Test func linesCarryTheirPoints() throws {
        let svg = LearningCurves(runs: [try run("a", [3, 2.5, 0.125], each: 100)]).svg(quantity: .loss)
        #expect(try lists("data-x", svg) == [[100, 200, 300]])
        #expect(try lists("data-y", svg) == [[3, 2.5, 0.125]])
        let plot = try #require(try SVGContents(svg).elements.compactMap { $0.attributes["data-plot"] }.first)
        #expect(plot.split(separator: " ").compactMap { Double($0) }.count == 4)
    }

    @Test func aLogarithmicScaleLeavesOutZero() throws {
        let curves = LearningCurves(runs: [try run("a", [1, 0, 0.01])])
        #expect(try lists("data-y", curves.svg(quantity: .loss, scale: .logarithmic)) == [[1, 0.01]])
    }

    @Test func groupsAreOneLineWithABand() throws {
        let runs = [try run("a 1", [4, 2], group: "a"), try run("a 2", [8, 3], group: "a"), try run("b", [1, 1])]
        let svg = LearningCurves(runs: runs).svg(quantity: .loss)
        #expect(try lists("data-y", svg) == [[6, 2.5], [1, 1]])
        #expect(try SVGContents(svg).elements.filter { $0.name == "polygon" }.count == 1)
        #expect(svg.contains("a, median and range of 2"))
    }

    @Test func longRunsMakeSmallFigures() throws {
        var losses = (0..<3000).map { 1 / Double($0 + 1) }
        losses[1500] = 9
        let svg = LearningCurves(runs: [try run("a", losses)]).svg(quantity: .loss)
        #expect(svg.utf8.count < 40_000)
        #expect(try lists("data-y", svg)[0].contains(9))
    }

    @Test func sourcesAreThoseWithNumbers() throws {
        let evaluations = "[\(evaluation(1...5, coarse: 0.5)), \(evaluation(64...64, coarse: 0.25))]"
        let curves = LearningCurves(
            runs: [CurveRun(name: "a", records: [try record(1, loss: 1, evaluations: evaluations)])])
        #expect(curves.sources(of: .coarse) == [.training, .evaluation(1...5), .evaluation(64...64)])
        #expect(curves.sources(of: .loss) == [.training])
        #expect(curves.sources(of: .gradientNorm).isEmpty && curves.sources(of: .wrongBits).isEmpty)
        #expect(!curves.quantities.contains(.excessBits) && curves.quantities.contains(.speed))
    }

    /// Of several runs each has one line, and the figure says of which sequences it is.
    @Test func oneQuantityOfSeveralRuns() throws {
        let evaluations = "[\(evaluation(1...5, coarse: 0.5))]"
        let record = try record(3, loss: 1, evaluations: evaluations)
        let runs = ["a", "b"].map { CurveRun(name: $0, records: [record]) }
        let svg = try FigureKind.curves.svg(runs: runs, quantity: .bits, axis: .sequences)
        #expect(try lists("data-x", svg) == [[30], [30]] && lists("data-y", svg) == [[1], [1]])
        #expect(svg.contains("bits per sequence, training"))
        let alone = try FigureKind.curves.svg(runs: [runs[0]], quantity: .bits)
        #expect(try lists("data-y", alone) == [[1], [3]] && lists("data-x", alone) == [[3], [3]])
        expectUsageError("wrong-bits") { _ = try FigureKind.curves.svg(runs: runs, quantity: .wrongBits) }
    }

    @Test func accuracyStandsAtTheLongestLength() throws {
        let evaluations = "[\(evaluation(64...64, coarse: 0.25)), \(evaluation(1...5, coarse: 0.5))]"
        let run = CurveRun(name: "a", records: [try record(1, loss: 1, evaluations: evaluations)])
        let svg = AccuracyByLength(runs: [.init(run)]).svg()
        #expect(try lists("data-x", svg) == [[5, 64]])
        #expect(try lists("data-y", svg) == [[0.5, 0.25]])
    }

    @Test func runsWithoutRecordsSayThatThereIsNothing() throws {
        let empty = CurveRun(name: "a", records: [])
        for kind in [FigureKind.curves, .lengths] {
            let svg = try kind.svg(runs: [empty])
            #expect(svg.contains("nothing to show"))
            _ = try SVGContents(svg)
        }
    }

    @Test func hostileNamesAreText() throws {
        let name = "</svg><script>alert('1')</script>\"&\u{202E}"
        let svg = LearningCurves(runs: [try run(name, [1, 2]), try run("b", [2, 1])]).svg(quantity: .loss)
        let contents = try SVGContents(svg)
        #expect(!contents.elements.contains { $0.name == "script" })
        #expect(contents.texts.contains { $0.hasPrefix("</svg><script>alert(") })
        #expect(!svg.contains("\u{202E}"))
    }
}

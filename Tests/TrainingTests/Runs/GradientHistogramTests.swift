// Histograms of gradients, and which sinks get them.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct GradientHistogramTests {
    @Test func binsAndSums() throws {
        let histogram = try #require(GradientHistogram("a", [-1, 0.5, 2, .nan, -.infinity, -1, 1.99]))
        #expect(histogram.parameter == "a" && histogram.minimum == -1 && histogram.maximum == 2)
        #expect(histogram.counts.count == 30 && histogram.counts.reduce(0, +) == 5)
        #expect(histogram.counts[0] == 2 && histogram.counts[15] == 1 && histogram.counts[29] == 2)
        #expect(abs(histogram.sum - 2.49) < 1e-6 && abs(histogram.sumOfSquares - 10.2101) < 1e-6)
        #expect(histogram.upperLimits.count == 30 && histogram.upperLimits.last == 2)
        #expect(abs(histogram.upperLimits[0] + 0.9) < 1e-12 && histogram.upperLimits == histogram.upperLimits.sorted())
    }

    @Test func allTheSameAndNone() throws {
        let same = try #require(GradientHistogram("a", [3, 3]))
        #expect(same.counts == [2] && same.upperLimits == [3] && same.minimum == 3)
        #expect(GradientHistogram("a", [.nan, .infinity]) == nil && GradientHistogram("a", []) == nil)
        // Differences and squares beyond what a float can hold.
        let largest = Float.greatestFiniteMagnitude
        let wide = try #require(GradientHistogram("a", [-largest, largest]))
        #expect(wide.counts[0] == 1 && wide.counts[29] == 1 && wide.sumOfSquares.isFinite)
        let narrow = try #require(GradientHistogram("a", [0, .leastNonzeroMagnitude]))
        #expect(narrow.counts[0] == 1 && narrow.counts[29] == 1)
    }

    private final class Sink: MetricsSink {
        let wantsGradients: Bool
        var gradients: [[GradientHistogram]] = []
        init(wantsGradients: Bool) { self.wantsGradients = wantsGradients }
        func rewind(to step: Int) throws {}
        func append(_ record: MetricsRecord) throws {}
        func append(_ record: MetricsRecord, gradients: [GradientHistogram]) throws { self.gradients.append(gradients) }
    }

    @Test func sinksGetThemWhereOneWantsThem() throws {
        let folder = try TemporaryFolder()
        func gradients(_ name: String, wanted: Bool) throws -> (TrainingRun, [[GradientHistogram]]) {
            let sink = Sink(wantsGradients: wanted)
            let run = try TrainingRun.start(smallConfiguration(), at: folder.file(name), sinks: [sink])
            _ = try run.run()
            return (run, sink.gradients)
        }
        let (run, wanted) = try gradients("wanted", wanted: true)
        let parameters = run.trainer.network.parameters.layout.parameters
        #expect(wanted.count == 3)
        for histograms in wanted {
            #expect(histograms.map(\.parameter) == parameters.map(\.name))
            #expect(histograms.map { $0.counts.reduce(0, +) } == parameters.map(\.count))
            // The norm is clipped to 1.
            let norm = histograms.reduce(0) { $0 + $1.sumOfSquares }.squareRoot()
            #expect(norm > 1e-3 && norm < 1 + 1e-5)
        }
        #expect(try gradients("unwanted", wanted: false).1 == [[], [], []])
    }
}

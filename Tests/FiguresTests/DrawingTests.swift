// DrawingTests.swift: text, axes and heatmaps of figures.

import Foundation
import Testing

@testable import NeuralMemoryFigures

@Suite struct DrawingTests {
    @Test func textIsEscaped() {
        #expect(
            SVGWriter.escaped("<a b='c'>&\"\n\u{0}\u{FFFF}") == "&lt;a b=&#39;c&#39;&gt;&amp;&quot; \u{FFFD}\u{FFFD}")
    }

    @Test func labelsShowWhatWouldTurnTextRound() {
        #expect(TextMeasure.label("a\u{202E}b", atMost: 10) == "a\\u{202e}b")
        #expect(TextMeasure.label("abcdefgh", atMost: 4) == "abc…")
    }

    @Test(arguments: [
        (0.0, "0"), (-0.001, "0"), (1.5, "1.5"), (-2.25, "-2.25"), (0.05, "0.05"), (120, "120"), (.infinity, "0"),
        (.nan, "0")
    ])
    func numbersAreShort(_ number: Double, _ text: String) { #expect(number.svgText == text) }

    @Test func linearTicksAreRoundNumbers() {
        let axis = PlotAxis([0.3, 9.7])
        #expect(axis.range == 0...10)
        #expect(axis.ticks.map(\.label) == ["0", "2", "4", "6", "8", "10"])
        #expect(axis.place(2.5) == 0.25)
        #expect(PlotAxis([0, 0.0034]).ticks.map(\.label) == ["0", "0.001", "0.002", "0.003", "0.004"])
        #expect(PlotAxis([0, 48_000], ticks: 6, isTight: true).ticks.map(\.label) == ["0", "10k", "20k", "30k", "40k"])
    }

    @Test func logarithmicTicksArePowers() {
        let axis = PlotAxis([0.0031, 0.69, 0, -1, .nan], scale: .logarithmic)
        #expect(axis.range == 0.002...1)
        #expect(axis.ticks.map(\.label) == ["0.01", "0.1", "1"])
        #expect(axis.place(0) == nil)
        #expect(PlotAxis([1e-12, 1e7], scale: .logarithmic).ticks.map(\.label).contains("10⁻⁸"))
    }

    /// Whatever the numbers are, an axis has a range, and all its ticks lie in it.
    @Test(arguments: [
        [], [0], [5], [-5], [.nan, .infinity], [1e308, -1e308], [.leastNonzeroMagnitude], [1, 1 + 1e-15], [-1e-9, 1e-9],
        [1e15, 1e15 + 1]
    ])
    func axesOfStrangeNumbers(_ numbers: [Double]) {
        for scale in AxisScale.allCases {
            for isTight in [false, true] {
                let axis = PlotAxis(numbers, scale: scale, isTight: isTight)
                #expect(axis.range.lowerBound < axis.range.upperBound)
                #expect(axis.ticks.count < 12)
                for tick in axis.ticks { #expect(axis.place(tick.value).map { (0...1).contains($0) } == true) }
            }
        }
    }

    @Test func cellsOfALevelAreJoined() {
        var writer = SVGWriter()
        let rows: [[Float?]] = [[1, 1, 0, 1], [nil, 0.5, 0.5, .nan]]
        Heatmap(rows: rows, scale: .upTo(1)).draw(&writer, x: 3, y: 4, cellWidth: 2, cellHeight: 1.5)
        #expect(
            writer.markup == """
                <g class="cells" transform="translate(3 4) scale(2 1.5)">
                <path class="missing" d="M3 1h1v1h-1z"/>
                <path class="s32" d="M1 1h2v1h-2z"/>
                <path class="s64" d="M0 0h2v1h-2zM3 0h1v1h-1z"/>
                </g>

                """)
    }

    @Test func levelsAreClamped() {
        #expect([-3, 0, 1, 2, 5].map { HeatmapScale.upTo(2).level(of: $0) } == [0, 0, 32, 64, 64])
        #expect([-5, -2, 0, 1, 9].map { HeatmapScale.around(2).level(of: $0) } == [0, 0, 32, 48, 64])
        #expect(HeatmapScale.upTo(.nan).limit == 1)
    }
}

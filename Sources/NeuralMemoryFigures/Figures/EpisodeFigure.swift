// One episode as a figure: what goes in and comes out, and under it what the memory does.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// A figure of an inspected episode.
package struct EpisodeFigure {
    private let inspection: Inspection
    private let panels: EpisodePanels

    /// Of at most 400 steps; the figure says how many more there are.
    package init(_ inspection: Inspection) {
        self.inspection = inspection
        panels = EpisodePanels(inspection)
    }

    /// All that the memory did: strengths, the window, weightings, shifts, gates.
    ///
    /// Signals are drawn by their roles. Vectors and contents are left out.
    ///
    /// - Parameters:
    ///   - title: above the figure; task and memory unless given.
    ///   - isWanted: which signals are drawn.
    package func svg(title: String? = nil, signals isWanted: (Signal) -> Bool = { _ in true }) -> String {
        svg(title, panels.sequence + panels.memory(isWanted))
    }

    /// Strengths over time alone: pushes, pops and depth.
    ///
    /// Throws `UsageError` for a memory that has none.
    package func strengths(title: String? = nil) throws -> String {
        let strengths = panels.strengths()
        guard !strengths.isEmpty else {
            throw UsageError(
                "EpisodeFigure.strengths",
                "memory \(inspection.memory) has no strengths; draw the figure 'episode' or 'addressing' instead")
        }
        return svg(title, panels.sequence + strengths)
    }

    private func svg(_ title: String?, _ panels: [any EpisodePanel]) -> String {
        let title = title ?? "\(inspection.task), memory \(inspection.memory)"
        let column = PanelColumn(panels, left: 12, count: self.panels.count, widest: self.panels.widestSymbol)
        let head = 34.0
        let width = max(column.right + 12, 320)
        return FigureFrame.svg(
            title: title, width: width, height: head + PanelColumn.height(column.heights),
            scales: panels.compactMap(\.scale)
        ) { writer in
            writer.text(TextMeasure.label(title, atMost: 80), x: 12, y: 21, "title")
            let all = inspection.steps.count
            if all > self.panels.count {
                writer.text(
                    "the first \(self.panels.count) of \(all) steps", x: column.right, y: 21, "small muted", .end)
            }
            column.draw(&writer, y: head, column.heights)
        }
    }
}

/// Panels below each other, over the same steps, with the steps' numbers under the last.
struct PanelColumn {
    private let panels: [any EpisodePanel]
    private let left: Double
    private let grid: StepGrid

    private static let gap = 12.0
    /// Under the last panel, for the steps' numbers.
    private static let foot = 18.0

    /// Room for titles is taken left of the steps, as much as they need.
    init(_ panels: [any EpisodePanel], left: Double, count: Int, widest: Double, mostWidth: Double = 880) {
        self.panels = panels
        self.left = left
        let titles = panels.flatMap { panel in
            [TextMeasure.width(Self.label(panel.title), size: 12), TextMeasure.width(panel.note, size: 9.5)]
        }
        let names = panels.compactMap { $0 as? HeatmapPanel }.flatMap(\.names)
            .map { TextMeasure.width(TextMeasure.label($0, atMost: 8), size: 9) }
        grid = StepGrid(
            count: count, left: left + (titles.max() ?? 0) + (names.max() ?? 0) + 14, widest: widest,
            mostWidth: mostWidth)
    }

    private static func label(_ title: String) -> String { TextMeasure.label(title, atMost: 28) }

    /// The heights of the panels.
    var heights: [Double] { panels.map { $0.height(grid) } }

    /// Heights with which panels of the same place in two columns stand side by side.
    static func common(_ first: PanelColumn, _ second: PanelColumn) -> [Double] {
        let (first, second) = (first.heights, second.heights)
        return (0..<max(first.count, second.count)).map { index in
            max(index < first.count ? first[index] : 0, index < second.count ? second[index] : 0)
        }
    }

    /// The height of a column of panels of these heights.
    static func height(_ heights: [Double]) -> Double { heights.reduce(foot) { $0 + $1 + gap } }

    /// With room for the scales of heatmaps.
    var right: Double { grid.right + (panels.contains { $0 is HeatmapPanel } ? 48 : 4) }

    /// - Parameter heights: how much room each panel has; at least what it needs.
    func draw(_ writer: inout SVGWriter, y top: Double, _ heights: [Double]) {
        var y = top
        for (panel, room) in zip(panels, heights) {
            let height = panel.height(grid)
            // One line stands in the middle of a low panel, two at the top of a high one.
            let baseline = height < 30 ? y + height / 2 + (panel.note.isEmpty || height < 16 ? 4 : -1) : y + 14
            writer.text(Self.label(panel.title), x: left, y: baseline)
            if !panel.note.isEmpty, height >= 16 { writer.text(panel.note, x: left, y: baseline + 13, "tiny muted") }
            panel.draw(&writer, grid, y: y)
            y += room + Self.gap
        }
        drawSteps(&writer, y: y - Self.gap + 4)
    }

    /// Numbers of steps from 1 on, as many as there is room for.
    private func drawSteps(_ writer: inout SVGWriter, y: Double) {
        let room = TextMeasure.width("\(grid.count)", size: 11) + 10
        let each = [1, 2, 5, 10, 20, 50, 100, 200].first { Double($0) * grid.cellWidth >= room } ?? grid.count
        for step in 0..<grid.count where (step + 1).isMultiple(of: each) || step == 0 && each == 5 {
            writer.text("\(step + 1)", x: grid.middle(step), y: y + 12, "small muted", .middle)
        }
        writer.text("step", x: left, y: y + 12, "small muted")
    }
}

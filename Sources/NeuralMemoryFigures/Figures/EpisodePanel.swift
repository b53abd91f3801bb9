// Panels of an episode: rows of texts, bars and heatmaps over the same steps.

import Foundation

/// Where the steps of an episode stand in a figure.
struct StepGrid {
    /// The most steps that a figure shows.
    static let mostSteps = 400

    /// How many steps are shown.
    let count: Int
    /// The left edge of the first step.
    let left: Double
    let cellWidth: Double

    var width: Double { Double(count) * cellWidth }
    var right: Double { left + width }

    /// Cells as wide as texts of `widest` want them, or as the steps leave room for.
    init(count: Int, left: Double, widest: Double, mostWidth: Double = 880) {
        self.count = count
        self.left = left
        let wanted = min(max(widest + 12, 34), 64)
        cellWidth = (min(wanted, max(mostWidth / Double(max(count, 1)), 2)) * 10).rounded(.down) / 10
    }

    func middle(_ step: Int) -> Double { left + (Double(step) + 0.5) * cellWidth }
}

/// One row of a figure.
protocol EpisodePanel {
    /// What stands left of it.
    var title: String { get }
    /// A second line under the title; may be empty.
    var note: String { get }
    /// The height for cells of a width.
    func height(_ grid: StepGrid) -> Double
    /// The colours in it.
    var scale: HeatmapScale? { get }
    /// Draws it with its top at `y`.
    func draw(_ writer: inout SVGWriter, _ grid: StepGrid, y: Double)
}

extension EpisodePanel {
    var scale: HeatmapScale? { nil }
    var note: String { "" }
}

/// Symbols along the steps.
struct TextPanel: EpisodePanel {
    let title: String
    let texts: [String]
    /// Steps whose text is wrong.
    var wrong: Set<Int> = []

    /// The most characters of a symbol that are shown.
    static let mostCharacters = 16

    private var labels: [String] { texts.map { TextMeasure.label($0, atMost: Self.mostCharacters) } }

    var widest: Double { labels.map { TextMeasure.width($0, size: 14) }.max() ?? 0 }
    var note: String { wrong.isEmpty ? "" : "wrong ones underlined" }

    /// Those that do not fit are small, or turned where not even that is enough; where nothing fits, none is shown.
    private func isUpright(_ grid: StepGrid) -> Bool { labels.allSatisfy { Self.style($0, grid) != nil } }
    /// The class of a text that stands upright in a step, the largest one that fits; `nil` where none does.
    private static func style(_ label: String, _ grid: StepGrid) -> String? {
        [("symbol", 14.0, 2.0), ("tiny", 10, 0)].first { _, size, gap in
            TextMeasure.width(label, size: size) <= grid.cellWidth - gap
        }?.0
    }
    private func isShown(_ grid: StepGrid) -> Bool { isUpright(grid) || grid.cellWidth >= 13 }

    func height(_ grid: StepGrid) -> Double { isUpright(grid) || !isShown(grid) ? 20 : widest + 6 }

    func draw(_ writer: inout SVGWriter, _ grid: StepGrid, y: Double) {
        guard isShown(grid) else {
            writer.text(
                "not shown: there is no room for \(texts.count) symbols", x: grid.left, y: y + 14, "small muted")
            return
        }
        for (step, label) in labels.enumerated() where !label.isEmpty {
            let mark = wrong.contains(step) ? " wrong" : ""
            let hint = label == texts[step] ? nil : texts[step]
            if let style = Self.style(label, grid) {
                writer.text(label, x: grid.middle(step), y: y + height(grid) - 5, style + mark, .middle, hint: hint)
            } else {
                writer.text(
                    label, x: grid.middle(step) + 5, y: y + height(grid) - 3, "symbol" + mark, turned: -90, hint: hint)
            }
        }
    }
}

/// One number a step, as bars from 0 on.
struct BarPanel: EpisodePanel {
    let title: String
    let values: [Float]
    /// The class of the bars' colour.
    let colour: String
    /// The height of the longest bar.
    var longest = 34.0

    /// Above the bars, for their numbers.
    private static let head = 13.0

    private var limit: Double { max(1, values.filter(\.isFinite).max().map(Double.init) ?? 1) }

    func height(_ grid: StepGrid) -> Double { longest + (hasNumbers(grid) ? Self.head : 4) }
    private func hasNumbers(_ grid: StepGrid) -> Bool { grid.cellWidth >= 26 }
    var note: String { "0 to \(PlotAxis.plain((limit * 10).rounded() / 10))" }

    func draw(_ writer: inout SVGWriter, _ grid: StepGrid, y: Double) {
        let bottom = y + height(grid)
        writer.element("path", ["class": "grid", "d": "M\(grid.left.svgText) \(bottom.svgText)h\(grid.width.svgText)"])
        let width = max(grid.cellWidth * 0.62, min(grid.cellWidth, 1))
        var bars = ""
        for (step, value) in values.enumerated() where value.isFinite {
            let height = Double(max(value, 0)) / limit * longest
            let x = grid.middle(step) - width / 2
            bars += "M\(x.svgText) \(bottom.svgText)v-\(height.svgText)h\(width.svgText)v\(height.svgText)z"
            if hasNumbers(grid) {
                writer.text(
                    String(format: "%.2f", value), x: grid.middle(step), y: bottom - height - 3, "tiny muted", .middle)
            }
        }
        writer.element("path", ["class": colour, "d": bars])
    }
}

/// Several numbers a step, as a heatmap.
struct HeatmapPanel: EpisodePanel {
    let title: String
    var note = ""
    /// Rows from the top to the bottom.
    let rows: [[Float?]]
    let heatmapScale: HeatmapScale
    /// Names of the rows, if they have any; they stand left of them where there is room.
    var names: [String] = []
    /// The height that the rows would like to have, and the most that all may have.
    var rowHeight = 10.0
    var mostHeight = 260.0

    var scale: HeatmapScale? { heatmapScale }

    private func cellHeight(_ grid: StepGrid) -> Double {
        let height = min(rowHeight, max(mostHeight / Double(max(rows.count, 1)), 1))
        return (height * 10).rounded(.down) / 10
    }

    func height(_ grid: StepGrid) -> Double { max(Double(rows.count) * cellHeight(grid), 4) }

    func draw(_ writer: inout SVGWriter, _ grid: StepGrid, y: Double) {
        let (cell, height) = (cellHeight(grid), height(grid))
        Heatmap(rows: rows, scale: heatmapScale).draw(
            &writer, x: grid.left, y: y, cellWidth: grid.cellWidth, cellHeight: cell)
        writer.element(
            "rect", ["class": "grid", "x": grid.left, "y": y, "width": grid.width, "height": height])
        drawNames(&writer, grid, y: y, cell)
        drawScale(&writer, x: grid.right + 10, y: y, height: max(min(height, 60), 24))
    }

    /// Every name where rows are high enough, else as many as fit; the first and the last always.
    private func drawNames(_ writer: inout SVGWriter, _ grid: StepGrid, y: Double, _ cell: Double) {
        guard !names.isEmpty else { return }
        let each = max(1, Int((11 / cell).rounded(.up)))
        for row in rows.indices where row.isMultiple(of: each) && (row == 0 || row + each <= rows.count) {
            let middle = y + (Double(row) + 0.5) * cell
            writer.text(
                TextMeasure.label(names[row], atMost: 8), x: grid.left - 5, y: middle + 3, "tiny muted", .end)
        }
    }

    /// The colours from the largest number, above, to the smallest.
    private func drawScale(_ writer: inout SVGWriter, x: Double, y: Double, height: Double) {
        let levels = stride(from: HeatmapScale.levels, through: 0, by: -4).map { Float($0) }
        let low = heatmapScale.isDiverging ? -heatmapScale.limit : 0
        let numbers = levels.map { level -> [Float?] in
            [Float(low + (heatmapScale.limit - low) * Double(level) / Double(HeatmapScale.levels))]
        }
        let cell = height / Double(numbers.count)
        Heatmap(rows: numbers, scale: heatmapScale).draw(&writer, x: x, y: y, cellWidth: 8, cellHeight: cell)
        writer.element("rect", ["class": "grid", "x": x, "y": y, "width": 8.0, "height": height])
        let limit = PlotAxis.plain((heatmapScale.limit * 100).rounded() / 100)
        writer.text(limit, x: x + 12, y: y + 8, "tiny muted")
        writer.text(heatmapScale.isDiverging ? "−\(limit)" : "0", x: x + 12, y: y + height, "tiny muted")
    }
}

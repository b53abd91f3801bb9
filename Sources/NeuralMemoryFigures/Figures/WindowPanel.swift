// What is in a stack, queue or deque after each step, as blocks that lie on each other.

import Foundation

/// The entries after each step, from the bottom up: a block's height is its strength, its colour how much of it is read.
struct WindowPanel: EpisodePanel {
    /// One entry after a step.
    struct Entry {
        /// What stands in the block.
        let label: String
        let strength: Float
        /// How much of it the step's reads consist of, from 0 to 1.
        let read: Float
    }

    let title: String
    /// The entries of each step, from the bottom to the top.
    let steps: [[Entry]]

    var note: String { "colour: what is read" }
    /// The largest sum of strengths.
    private var depth: Double {
        steps.map { $0.reduce(0) { $0 + Double(max($1.strength, 0)) } }.max() ?? 0
    }

    /// The height of a strength of 1.
    private var unit: Double { min(24, 220 / max(depth, 1)) }

    func height(_ grid: StepGrid) -> Double { max(depth, 1) * unit + 2 }

    func draw(_ writer: inout SVGWriter, _ grid: StepGrid, y: Double) {
        let bottom = y + height(grid)
        let inset = min(grid.cellWidth * 0.08, 3)
        for (step, entries) in steps.enumerated() {
            let (x, width) = (grid.left + Double(step) * grid.cellWidth + inset, grid.cellWidth - 2 * inset)
            var top = bottom
            for entry in entries {
                let height = Double(max(entry.strength, 0)) * unit
                top -= height
                // Less than half a pixel cannot be seen.
                guard height >= 0.5 else { continue }
                draw(&writer, entry, x: x, y: top, width: width, height: height)
            }
        }
        writer.element("path", ["class": "frame", "d": "M\(grid.left.svgText) \(bottom.svgText)h\(grid.width.svgText)"])
    }

    private func draw(
        _ writer: inout SVGWriter, _ entry: Entry, x: Double, y: Double, width: Double, height: Double
    ) {
        let radius = min(3, height / 2)
        writer.element(
            "rect", ["class": "block", "x": x, "y": y, "width": width, "height": height, "rx": radius])
        if entry.read >= 0.01 {
            writer.element(
                "rect",
                [
                    "class": "read", "fill-opacity": Double(entry.read), "x": x, "y": y, "width": width,
                    "height": height, "rx": radius
                ])
        }
        let isDark = entry.read > 0.5
        let styles = [
            (isDark ? "inverse" : "", size: 13.0, below: 4.5), (isDark ? "inverse tiny" : "tiny", size: 10, below: 3.5)
        ]
        guard height >= 12,
            let style = styles.first(where: { TextMeasure.width(entry.label, size: $0.size) <= width })
        else { return }
        writer.text(entry.label, x: x + width / 2, y: y + height / 2 + style.below, style.0, .middle)
    }
}

// How a memory of rows is addressed over time, in the way of Figure 6 of Graves et al. 2014: what is written and where
// on the left, what is read and from where on the right.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// A figure of an episode of a memory of rows.
package struct AddressingFigure {
    private let inspection: Inspection
    private let panels: EpisodePanels

    /// Of at most 400 steps.
    package init(_ inspection: Inspection) {
        self.inspection = inspection
        panels = EpisodePanels(inspection)
    }

    /// Inputs, adds and write weightings in one column; outputs, reads and read weightings in the other.
    ///
    /// A weighting is of writes if its name begins so. Of several that a head reads by, the first is where it reads; the
    /// others are drawn in the figure of an episode.
    ///
    /// Throws `UsageError` where no head has a weighting over rows, or they were not recorded.
    package func svg(title: String? = nil) throws -> String {
        let weightings = inspection.recording.signals.filter {
            $0.role == .weighting && $0.rowCount != nil && $0.head != nil
        }
        guard !weightings.isEmpty else {
            throw UsageError(
                "AddressingFigure.svg",
                "memory \(inspection.memory) has no weightings over rows; draw the figure 'episode' instead")
        }
        let writes = weightings.filter { $0.name.hasPrefix("write") }
        let reads = weightings.filter { !writes.contains($0) }.reduce(into: [Signal]()) { firsts, weighting in
            if firsts.last?.head != weighting.head { firsts.append(weighting) }
        }
        let rows = panels.usedRows(writes + reads)
        let left = panels.inputs + column(writes, vectors: "add", rows)
        let right = panels.outputs.filter { $0.title == "output" } + column(reads, vectors: "vector", rows)
        return svg(title ?? "\(inspection.task), memory \(inspection.memory)", left, right)
    }

    /// Of each head the vectors whose name ends so, and its weighting.
    private func column(
        _ weightings: [Signal], vectors suffix: String, _ rows: Range<Int>
    ) -> [any EpisodePanel] {
        weightings.flatMap { weighting -> [any EpisodePanel] in
            let vectors = inspection.recording.signals.filter {
                $0.head == weighting.head && $0.role == .vector && $0.name.hasSuffix(" \(suffix)")
            }
            return vectors.map { signal in
                let values = inspection.recording.values(signal.name).prefix(panels.count)
                var panel = panels.vectors(signal.name, values.map(\.numbers))
                panel.rowHeight = 6
                return panel
            } + [panels.rows(weighting, rows)]
        }
    }

    /// Panels of the same place stand side by side, so both columns have the same heights.
    private func svg(_ title: String, _ left: [any EpisodePanel], _ right: [any EpisodePanel]) -> String {
        let widest = panels.widestSymbol
        let first = PanelColumn(left, left: 12, count: panels.count, widest: widest, mostWidth: 360)
        let second = PanelColumn(
            right, left: first.right + 16, count: panels.count, widest: widest, mostWidth: 360)
        let heights = PanelColumn.common(first, second)
        let scales = (left + right).compactMap(\.scale)
        return FigureFrame.svg(
            title: title, width: second.right + 8, height: 34 + PanelColumn.height(heights), scales: scales
        ) { writer in
            writer.text(TextMeasure.label(title, atMost: 80), x: 12, y: 21, "title")
            first.draw(&writer, y: 34, heights)
            second.draw(&writer, y: 34, heights)
        }
    }
}

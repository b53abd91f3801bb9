// Heatmaps in text: a column for each step, a line for each number. It knows no signals.

import Foundation
import NeuralMemory

/// Lines of words and blocks of shaded cells, under one row of steps.
package struct Heatmap {
    /// One number in each step.
    package struct Line {
        let label: String
        /// `nil` where a step has none.
        let values: [Float?]

        package init(label: String, values: [Float?]) {
            self.label = label
            self.values = values
        }

        var largest: Float { values.compactMap(\.self).filter(\.isFinite).max() ?? 0 }
    }

    package struct Block {
        /// Lines without a title are drawn as bars, where there are no colours.
        let title: String?
        let lines: [Line]

        package init(title: String?, lines: [Line]) {
            self.title = title
            self.lines = lines
        }
    }

    private let steps: Int
    private let words: [(name: String, texts: [String])]
    private let blocks: [Block]

    /// Of an episode of so many steps; words and numbers may be those of the first steps alone.
    package init(steps: Int, words: [(name: String, texts: [String])], blocks: [Block]) {
        self.steps = steps
        self.words = words
        self.blocks = blocks
    }

    private static let widestLabel = 28
    private static let widestCell = 6

    /// All lines, each ended by a newline.
    ///
    /// None but the last ones, which explain the others, is wider than `columns`, which must be at least 10.
    package func text(columns: Int, hasColours: Bool) -> String {
        let labels = blocks.flatMap(\.lines).map(label) + words.map(\.name) + ["step"]
        let widest = min(Self.widestLabel, columns / 2 - 2)
        let labelWidth = min(widest, labels.map(\.terminalWidth).max() ?? 0) + 2
        let room = max(1, columns - labelWidth)
        let widestWord = words.flatMap(\.texts).map { min($0.terminalWidth, Self.widestCell) }.max() ?? 0
        let cell = max(1, min(max(2, widestWord + 1), Self.widestCell, room / max(1, steps)))
        let shown = min(steps, room / cell)
        let painter = CellPainter(width: cell, hasColours: hasColours)

        func line(_ label: String, _ content: String, isIndented: Bool = false) -> String {
            let label = label.fitted(to: labelWidth - 2, cut: true, pads: false)
            let space = String(repeating: " ", count: labelWidth - 2 - label.terminalWidth)
            let line = (isIndented ? space + label : label + space) + "  " + content
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }
        var text = line("step", ticks(shown, cell))
        for (name, texts) in words {
            let cut = cell > 1 ? cell - 1 : 1
            text += line(name, texts.prefix(shown).map { $0.fitted(to: cut, cut: true).fitted(to: cell) }.joined())
        }
        for block in blocks {
            text += block.title.map { "\n\($0.fitted(to: columns, cut: true, pads: false))\n" } ?? "\n"
            for entry in block.lines {
                let scale = scale(entry)
                let values = entry.values.prefix(shown).map { $0.map { $0 / scale } }
                let cells = painter.cells(values, asBars: block.title == nil)
                text += line(label(entry), cells, isIndented: block.title != nil)
            }
        }
        return text + "\n" + painter.legend + "\n"
            + (shown < steps ? "Steps 1 to \(shown) of \(steps); a wider terminal shows more.\n" : "")
    }

    /// Numbers up to 1 have one scale; a line with larger ones has its own.
    private func scale(_ line: Line) -> Float { line.largest > 1.005 ? line.largest : 1 }

    private func label(_ line: Line) -> String {
        line.largest > 1.005 ? line.label + " 0-" + String(format: "%.1f", line.largest) : line.label
    }

    /// The numbers of steps, at all of them or at multiples of 5, 10, 20 and so on, where there is room.
    private func ticks(_ shown: Int, _ cell: Int) -> String {
        let digits = "\(shown)".count
        let strides = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000]
        let stride = strides.first { $0 * cell > digits } ?? 1_000_000
        var text = ""
        for step in Swift.stride(from: stride, through: shown, by: stride) {
            let number = "\(step)"
            let start = (step - 1) * cell
            guard start + number.count <= shown * cell else { break }
            text += String(repeating: " ", count: start - text.count) + number
        }
        return text
    }
}

extension Heatmap.Block {
    private static let mostLines = 24
    private static let faint: Float = 0.05

    /// Without lines that would be empty; the title says how many are left.
    package func withoutFaintLines() -> Heatmap.Block {
        let kept = lines.filter { $0.largest >= Self.faint }
        let count = kept.count < lines.count ? " (\(kept.count) of \(lines.count), others below 0.05)" : ""
        return Heatmap.Block(title: title.map { $0 + count }, lines: kept)
    }

    /// At most so many lines: neighbours become one line, with their largest number in each step.
    package func folded() -> Heatmap.Block {
        guard lines.count > Self.mostLines else { return self }
        let size = (lines.count + Self.mostLines - 1) / Self.mostLines
        let groups = stride(from: 0, to: lines.count, by: size).map { lines[$0..<min(lines.count, $0 + size)] }
        let folded = groups.map { group -> Heatmap.Line in
            let label = group.count == 1 ? group[group.startIndex].label : "\(group.first!.label)…\(group.last!.label)"
            let values = group[group.startIndex].values.indices.map { step in group.compactMap { $0.values[step] }.max()
            }
            return Heatmap.Line(label: label, values: values)
        }
        return Heatmap.Block(title: title.map { $0 + ", \(size) to a line" }, lines: folded)
    }
}

/// Paints numbers from 0 to 1.
private struct CellPainter {
    let width: Int
    let hasColours: Bool

    /// Numbers of the palette of 256 colours, from dark blue through grey to yellow.
    ///
    /// Each is lighter than the one before, also for eyes that do not tell red from green.
    private static let colours = [17, 18, 24, 60, 102, 144, 186, 227]
    private static let shades: [Character] = ["·", "░", "▒", "▓", "█"]
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    func cells(_ values: [Float?], asBars: Bool) -> String {
        hasColours ? coloured(values) : drawn(values, asBars ? Self.bars : Self.shades)
    }

    private func drawn(_ values: [Float?], _ characters: [Character]) -> String {
        values.map { value in
            let character = value.map { characters[Self.level($0, of: characters.count)] } ?? " "
            return String(repeating: character, count: max(1, width - 1)) + (width > 1 ? " " : "")
        }.joined()
    }

    private func coloured(_ values: [Float?]) -> String {
        var text = ""
        var present: Int?
        for value in values {
            let colour = value.map { Self.colours[Self.level($0, of: Self.colours.count)] }
            if colour != present { text += colour.map { "\u{1B}[48;5;\($0)m" } ?? "\u{1B}[0m" }
            present = colour
            text += String(repeating: " ", count: width)
        }
        return text + (present == nil ? "" : "\u{1B}[0m")
    }

    /// Which of so many equal parts of 0 to 1; the nearest for numbers beyond, and the first for NaN.
    private static func level(_ value: Float, of count: Int) -> Int {
        value > 0 ? min(count - 1, Int(min(value, 1) * Float(count))) : 0
    }

    var legend: String {
        let one = CellPainter(width: 1, hasColours: hasColours)
        func scale(_ count: Int, asBars: Bool) -> String {
            one.cells((0..<count).map { (Float($0) + 0.5) / Float(count) }, asBars: asBars)
        }
        return hasColours
            ? "0 \(scale(Self.colours.count, asBars: false)) 1, or as a line says"
            : "0 \(scale(Self.bars.count, asBars: true)) 1, 0 \(scale(Self.shades.count, asBars: false)) 1, or as a line says"
    }
}

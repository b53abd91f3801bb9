// A plot of lines: frame, grid, ticks, names of the axes, and a legend.

import Foundation

/// A line of a plot, with the range of several around it where it is a median.
struct PlotLine {
    /// What the legend calls it.
    let name: String
    /// Of `LinePalette`.
    let colour: Int
    let dash: Int
    let points: [CurvePoint]
    /// Lowest and highest at each x; empty for a line alone.
    var band: [CurveRange] = []
    /// Whether each point has a mark.
    var hasMarks = false
}

/// A point of a line.
struct CurvePoint: Equatable {
    let x: Double
    let y: Double
}

/// What several lines have at an x.
struct CurveRange: Equatable {
    let x: Double
    let low: Double
    let high: Double
}

/// Where something happened: an upright line at each x, the first under the name.
struct PlotEvents {
    let name: String
    let at: [Double]
}

/// Lines over two axes.
struct Plot {
    let title: String
    /// What numbers upwards are, with their unit.
    let yName: String
    let xName: String
    let x: PlotAxis
    let y: PlotAxis
    let lines: [PlotLine]
    var events: [PlotEvents] = []

    private static let rowHeight = 17.0

    /// The rectangle between the axes.
    private struct Area {
        let x: Double
        let y: Double
        let width: Double
        let height: Double
    }

    /// Draws it with the top left corner at a point, in so much room.
    func draw(_ writer: inout SVGWriter, x left: Double, y top: Double, width: Double, height: Double) {
        let legend = lines.count > 1 ? legendRows(width: width - 24) : []
        let labels = y.ticks.map { TextMeasure.width($0.label, size: 11) }.max() ?? 0
        let margin = max(40, labels + 18)
        let head = 40 + Double(legend.count) * Self.rowHeight
        let area = Area(
            x: left + margin, y: top + head, width: width - margin - 20, height: height - head - 42)
        writer.text(title, x: left + 12, y: top + 20, "title")
        let titleWidth = TextMeasure.width(title, size: 12.5)
        writer.text(yName, x: left + 20 + titleWidth, y: top + 20, "small muted")
        drawLegend(&writer, legend, x: left + 12, y: top + 38)
        drawAxes(&writer, area)
        drawEvents(&writer, area)
        drawLines(&writer, area)
    }

    // MARK: Axes

    private func drawAxes(_ writer: inout SVGWriter, _ area: Area) {
        let bottom = area.y + area.height
        var grid = ""
        for tick in y.ticks {
            guard let place = y.place(tick.value) else { continue }
            let height = bottom - place * area.height
            grid += "M\(area.x.svgText) \(height.svgText)h\(area.width.svgText)"
            writer.text(tick.label, x: area.x - 7, y: height + 4, "small muted", .end)
        }
        var marks = "M\(area.x.svgText) \(bottom.svgText)h\(area.width.svgText)"
        var end = -Double.infinity
        for tick in x.ticks {
            guard let place = x.place(tick.value) else { continue }
            let across = area.x + place * area.width
            marks += "M\(across.svgText) \(bottom.svgText)v5"
            // A number that would touch the one before is left out.
            let half = TextMeasure.width(tick.label, size: 11) / 2
            guard across - half > end + 4 else { continue }
            end = across + half
            writer.text(tick.label, x: across, y: bottom + 18, "small muted", .middle)
        }
        writer.element("path", ["class": "grid", "d": grid])
        writer.element("path", ["class": "frame", "d": marks])
        writer.text(xName, x: area.x + area.width / 2, y: bottom + 35, "small muted", .middle)
    }

    private func drawEvents(_ writer: inout SVGWriter, _ area: Area) {
        for event in events.flatMap(\.at) {
            guard let place = x.place(event) else { continue }
            let line = "M\((area.x + place * area.width).svgText) \(area.y.svgText)v\(area.height.svgText)"
            writer.element("path", ["class": "frame d1", "d": line])
        }
        // The first of a kind says what they all are.
        for kind in events {
            guard let first = kind.at.first.flatMap(x.place) else { continue }
            writer.text(kind.name, x: area.x + first * area.width, y: area.y - 3, "small muted", .middle)
        }
    }

    // MARK: Lines

    /// The group says where the plot is, and each line which points it has, for scripts that show numbers.
    private func drawLines(_ writer: inout SVGWriter, _ area: Area) {
        let box = [area.x, area.y, area.width, area.height].map(\.svgText).joined(separator: " ")
        writer.group(["class": "plot", "data-plot": box, "data-x-name": xName, "data-y-name": yName]) { writer in
            for line in lines { drawBand(&writer, line, area) }
            for line in lines {
                let shown = line.points.filter { x.place($0.x) != nil && y.place($0.y) != nil }
                writer.element(
                    "polyline",
                    [
                        "class": "line c\(line.colour)\(line.dash > 0 ? " d\(line.dash)" : "")",
                        "data-name": TextMeasure.label(line.name, atMost: 60),
                        "data-x": shown.map { PlotAxis.plain($0.x) }.joined(separator: " "),
                        "data-y": shown.map { Self.number($0.y) }.joined(separator: " "),
                        "points": shown.map { point(area, $0.x, $0.y) }.joined(separator: " ")
                    ])
                if line.hasMarks || shown.count == 1 { drawMarks(&writer, shown, line.colour, area) }
            }
            if lines.allSatisfy({ $0.points.isEmpty }) {
                writer.text(
                    "nothing to show", x: area.x + area.width / 2, y: area.y + area.height / 2, "muted", .middle)
            }
        }
    }

    private func drawMarks(_ writer: inout SVGWriter, _ points: [CurvePoint], _ colour: Int, _ area: Area) {
        for mark in points {
            guard let across = x.place(mark.x), let up = y.place(mark.y) else { continue }
            writer.element(
                "circle",
                [
                    "class": "fill c\(colour)", "cx": area.x + across * area.width,
                    "cy": area.y + (1 - up) * area.height, "r": 3.0
                ])
        }
    }

    private func drawBand(_ writer: inout SVGWriter, _ line: PlotLine, _ area: Area) {
        let shown = line.band.filter { x.place($0.x) != nil && y.place($0.low) != nil && y.place($0.high) != nil }
        guard shown.count > 1 else { return }
        let edge = shown.map { point(area, $0.x, $0.high) } + shown.reversed().map { point(area, $0.x, $0.low) }
        writer.element("polygon", ["class": "band c\(line.colour)", "points": edge.joined(separator: " ")])
    }

    private func point(_ area: Area, _ across: Double, _ up: Double) -> String {
        let (across, up) = (x.place(across) ?? 0, y.place(up) ?? 0)
        return "\((area.x + across * area.width).svgText),\((area.y + (1 - up) * area.height).svgText)"
    }

    /// Four digits, as scripts read numbers.
    private static func number(_ value: Double) -> String {
        let rounded = Double(String(format: "%.4g", value)) ?? value
        return rounded == rounded.rounded() && abs(rounded) < 1e9 ? String(Int(rounded)) : "\(rounded)"
    }

    // MARK: Legend

    private func legendLabel(_ line: PlotLine) -> String { TextMeasure.label(line.name, atMost: 40) }

    /// Lines by rows of the legend, as many in one as fit.
    private func legendRows(width: Double) -> [[PlotLine]] {
        var rows: [[PlotLine]] = []
        var rest = 0.0
        for line in lines {
            let needed = 44 + TextMeasure.width(legendLabel(line), size: 11.5)
            if needed > rest {
                rows.append([])
                rest = width
            }
            rows[rows.count - 1].append(line)
            rest -= needed
        }
        return rows
    }

    private func drawLegend(_ writer: inout SVGWriter, _ rows: [[PlotLine]], x left: Double, y top: Double) {
        for (number, row) in rows.enumerated() {
            var across = left
            let middle = top + Double(number) * Self.rowHeight
            for line in row {
                writer.element(
                    "path",
                    [
                        "class": "line c\(line.colour)\(line.dash > 0 ? " d\(line.dash)" : "")",
                        "d": "M\(across.svgText) \(middle.svgText)h24"
                    ])
                writer.text(legendLabel(line), x: across + 29, y: middle + 4, "small")
                across += 44 + TextMeasure.width(legendLabel(line), size: 11.5)
            }
        }
    }
}

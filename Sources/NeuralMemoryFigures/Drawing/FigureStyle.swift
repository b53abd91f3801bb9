// The style sheet in each figure, and the figure's frame.
//
// Rules name colours directly, and again for the dark theme: programs that make pictures of SVG files do not all know
// CSS variables.

/// A finished figure's frame: size, style sheet and background.
enum FigureFrame {
    /// The font of all texts.
    private static let font = "Helvetica,Arial,'Liberation Sans',sans-serif"

    /// A whole SVG file.
    ///
    /// - Parameters:
    ///   - title: what a screen reader says.
    ///   - scales: the colour scales of heatmaps in it.
    ///   - attributes: of the root element.
    static func svg(
        title: String, width: Double, height: Double, scales: [HeatmapScale] = [],
        _ draw: (inout SVGWriter) -> Void
    ) -> String {
        var writer = SVGWriter()
        draw(&writer)
        let size = "width=\"\(width.svgText)\" height=\"\(height.svgText)\""
        return """
            <svg xmlns="http://www.w3.org/2000/svg" class="nm-figure" \(size) \
            viewBox="0 0 \(width.svgText) \(height.svgText)" role="img" aria-label="\(title.svgText)">
            <style>
            \(sheet(scales, classes: writer.classes))</style>
            <rect class="surface" \(size)/>
            \(writer.markup)</svg>

            """
    }

    /// One rule of the sheet: its selector, what does not depend on the theme, and the colours by property.
    private struct Rule {
        let selector: String
        var fixed = ""
        var fill: ThemedColour?
        var stroke: ThemedColour?
    }

    private static let ink = ThemedColour(light: "#1f2328", dark: "#e6edf3")
    private static let muted = ThemedColour(light: "#59636e", dark: "#9ba5b0")
    private static let line = ThemedColour(light: "#d1d9e0", dark: "#30363d")
    private static let block = ThemedColour(light: "#e8edf2", dark: "#262c36")
    private static let surface = ThemedColour(light: "#ffffff", dark: "#0d1117")
    private static let wrong = ThemedColour(light: "#b3261e", dark: "#ff8f85")

    private static var rules: [Rule] {
        let basic = [
            Rule(selector: "text", fixed: "font-family:\(font);font-size:12px;unicode-bidi:isolate", fill: ink),
            Rule(selector: ".small", fixed: "font-size:11px"),
            Rule(selector: ".tiny", fixed: "font-size:10px"),
            Rule(selector: ".title", fixed: "font-size:13px;font-weight:bold"),
            Rule(selector: ".symbol", fixed: "font-size:14px"),
            Rule(selector: ".muted", fill: muted),
            Rule(selector: ".wrong", fixed: "font-weight:bold;text-decoration:underline", fill: wrong),
            Rule(selector: ".surface", fill: surface),
            Rule(selector: ".missing", fill: wrong),
            Rule(selector: ".grid", fixed: "fill:none;stroke-width:1;shape-rendering:crispEdges", stroke: line),
            Rule(selector: ".frame", fixed: "fill:none;stroke-width:1;shape-rendering:crispEdges", stroke: muted),
            Rule(selector: ".cells", fixed: "shape-rendering:crispEdges"),
            Rule(selector: ".block", fixed: "stroke-width:1", fill: block, stroke: line),
            Rule(selector: ".line", fixed: "fill:none;stroke-width:1.75;stroke-linejoin:round"),
            Rule(selector: ".band", fixed: "fill-opacity:.18;stroke:none"),
            Rule(selector: ".read", fill: ColourScale.sequential.colour(at: 0.95)),
            Rule(selector: ".inverse", fill: surface)
        ]
        let dashes = LinePalette.dashes.enumerated().dropFirst().map {
            Rule(selector: ".d\($0.offset)", fixed: "stroke-dasharray:\($0.element)")
        }
        let palette = LinePalette.colours.enumerated().flatMap { index, colour in
            [
                Rule(selector: ".line.c\(index)", stroke: colour), Rule(selector: ".fill.c\(index)", fill: colour),
                Rule(selector: ".band.c\(index)", fill: colour)
            ]
        }
        return basic + dashes + palette
    }

    /// The rules of the classes that elements have, in both themes.
    private static func sheet(_ scales: [HeatmapScale], classes: Set<String>) -> String {
        let kinds = [scales.first { !$0.isDiverging }, scales.first(where: \.isDiverging)].compactMap { $0 }
        let levels = kinds.flatMap { scale in
            (0...HeatmapScale.levels).map { level in
                Rule(selector: ".\(scale.level(level))", fill: scale.colour(ofLevel: level))
            }
        }
        let used = (rules + levels).filter { rule in
            let name = rule.selector.split(separator: ".").last.map(String.init) ?? ""
            return !rule.selector.contains(".") || name == "surface" || classes.contains(name)
        }
        let fixed = used.map { rule in
            let colours = [rule.fill.map { "fill:\($0.light)" }, rule.stroke.map { "stroke:\($0.light)" }]
            let parts = (rule.fixed.isEmpty ? [] : [rule.fixed]) + colours.compactMap { $0 }
            return ".nm-figure \(rule.selector){\(parts.joined(separator: ";"))}\n"
        }
        let dark = used.compactMap { rule -> String? in
            let colours = [rule.fill.map { "fill:\($0.dark)" }, rule.stroke.map { "stroke:\($0.dark)" }]
                .compactMap { $0 }
            return colours.isEmpty ? nil : ".nm-figure \(rule.selector){\(colours.joined(separator: ";"))}\n"
        }
        return fixed.joined() + "@media (prefers-color-scheme:dark){\n\(dark.joined())}\n"
    }
}

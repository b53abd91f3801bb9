// The colours of figures and pages, for the light and the dark theme.

/// A colour in each theme, as "#rrggbb".
package struct ThemedColour: Sendable, Equatable {
    package let light: String
    package let dark: String
}

/// Colours for numbers.
///
/// Stops stand at equal distances; between two of them, colours are mixed by their red, green and blue. Lightness
/// changes evenly from stop to stop, so that a scale can be read without its hues.
package struct ColourScale: Sendable {
    /// The stops in the light theme, as "#rrggbb", from the lowest number to the highest.
    package let light: [String]
    /// The stops in the dark theme.
    package let dark: [String]

    /// For numbers from 0 on: 0 is nearly the background.
    package static let sequential = ColourScale(
        light: [
            "#f7fbfb", "#c4e2e6", "#90c9d4", "#66adc0", "#3f8fb0", "#1e719f", "#175285", "#11356a", "#0d194f"
        ],
        dark: [
            "#11161f", "#1d2c43", "#284369", "#3f5c83", "#517d86", "#91936b", "#b2af6c", "#d7ca6a", "#fee569"
        ])

    /// For numbers of both signs: blue below 0, orange above, and 0 is nearly the background.
    package static let diverging = ColourScale(
        light: [
            "#02549a", "#427dbd", "#7fa7d4", "#bbd0e9", "#fcf9f8", "#e5c7b5", "#cb9575", "#af6432", "#833e02"
        ],
        dark: [
            "#8bc3fd", "#5d93cb", "#446689", "#2c3c4d", "#171614", "#493627", "#81593a", "#bd7f4e", "#fea761"
        ])

    /// The stops of both scales as an object of JavaScript: by theme, and then by name.
    static var script: String {
        func theme(_ stops: (ColourScale) -> [String]) -> String {
            [("sequential", sequential), ("diverging", diverging)].map { name, scale in
                "\(name): '\(stops(scale).joined(separator: " "))'"
            }.joined(separator: ", ")
        }
        return "{ light: { \(theme(\.light)) }, dark: { \(theme(\.dark)) } }"
    }

    /// The colours at a place from 0, the first stop, to 1, the last.
    package func colour(at place: Double) -> ThemedColour {
        ThemedColour(light: Self.mixed(light, place), dark: Self.mixed(dark, place))
    }

    private static func mixed(_ stops: [String], _ place: Double) -> String {
        let position = min(max(place, 0), 1) * Double(stops.count - 1)
        let index = min(Int(position), stops.count - 2)
        let rest = position - Double(index)
        let (first, second) = (channels(stops[index]), channels(stops[index + 1]))
        let bytes = zip(first, second).map { Int(($0 + ($1 - $0) * rest).rounded()) }
        return "#" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Red, green and blue of "#rrggbb", from 0 to 255.
    static func channels(_ colour: String) -> [Double] {
        let number = Int(colour.dropFirst(), radix: 16) ?? 0
        return [number >> 16, number >> 8 & 255, number & 255].map(Double.init)
    }
}

/// Colours of lines, bars and legends.
///
/// They differ in lightness as well as in hue, so that those who do not see all hues can tell them apart.
package enum LinePalette {
    package static let colours = [
        ThemedColour(light: "#1466b8", dark: "#5eaefc"), ThemedColour(light: "#d95f02", dark: "#ff9548"),
        ThemedColour(light: "#4d0029", dark: "#e5f26c"), ThemedColour(light: "#3c93e2", dark: "#6f69e8"),
        ThemedColour(light: "#904100", dark: "#9f4481"), ThemedColour(light: "#023a79", dark: "#5af1ff")
    ]
    /// Patterns of lines, as `stroke-dasharray` has them: lines beyond the last colour, and lines of other lengths.
    package static let dashes = ["", "6 3", "2 3", "9 3 2 3", "12 4", "5 2 1 2 1 2"]
}

// Heatmaps as a few paths: one for each level of colour, whose cells are joined along rows.

/// What colours mean: the scale, and the number at its end.
struct HeatmapScale {
    /// How many levels there are above the lowest one.
    static let levels = 64

    /// Whether there are numbers of both signs.
    let isDiverging: Bool
    /// The number that has the last colour; above 0.
    let limit: Double

    /// For numbers from 0 to a limit.
    static func upTo(_ limit: Double) -> HeatmapScale {
        HeatmapScale(isDiverging: false, limit: limit > 0 && limit.isFinite ? limit : 1)
    }

    /// For numbers from minus the limit to the limit.
    static func around(_ limit: Double) -> HeatmapScale {
        HeatmapScale(isDiverging: true, limit: limit > 0 && limit.isFinite ? limit : 1)
    }

    /// The level that is the background, and is not drawn.
    var background: Int { isDiverging ? Self.levels / 2 : 0 }

    /// The level of a number.
    func level(of number: Double) -> Int {
        let share = min(max(number / limit, isDiverging ? -1 : 0), 1)
        return Int(((isDiverging ? (share + 1) / 2 : share) * Double(Self.levels)).rounded())
    }

    /// The class of a level.
    func level(_ level: Int) -> String { (isDiverging ? "v" : "s") + "\(level)" }

    func colour(ofLevel level: Int) -> ThemedColour {
        (isDiverging ? ColourScale.diverging : .sequential).colour(at: Double(level) / Double(Self.levels))
    }
}

/// Numbers in rows, from the top to the bottom; `nil` where there is nothing.
struct Heatmap {
    let rows: [[Float?]]
    let scale: HeatmapScale

    /// Draws the cells with the top left corner at a point; NaN and infinities have a colour of their own.
    func draw(_ writer: inout SVGWriter, x: Double, y: Double, cellWidth: Double, cellHeight: Double) {
        var paths: [Int: String] = [:]
        for (row, numbers) in rows.enumerated() {
            var start = 0
            while start < numbers.count {
                let level = level(numbers[start])
                var end = start + 1
                while end < numbers.count, self.level(numbers[end]) == level { end += 1 }
                if let level { paths[level, default: ""] += "M\(start) \(row)h\(end - start)v1h-\(end - start)z" }
                start = end
            }
        }
        let place = "translate(\(x.svgText) \(y.svgText)) scale(\(cellWidth.svgText) \(cellHeight.svgText))"
        writer.group(["class": "cells", "transform": place]) { writer in
            for (level, path) in paths.sorted(by: { $0.key < $1.key }) {
                let name = level == Self.missing ? "missing" : scale.level(level)
                writer.element("path", ["class": name, "d": path])
            }
        }
    }

    /// Stands for numbers that are not finite.
    private static let missing = -1

    /// The level of a number's cell; `nil` where nothing is drawn.
    private func level(_ number: Float?) -> Int? {
        guard let number else { return nil }
        guard number.isFinite else { return Self.missing }
        let level = scale.level(of: Double(number))
        return level == scale.background ? nil : level
    }
}

// How much room text takes on a terminal, and small pictures of numbers.

extension String {
    /// How many columns the text takes on a terminal: two for wide characters, none for marks that combine with others.
    var terminalWidth: Int { reduce(0) { $0 + $1.terminalWidth } }

    /// Filled up with spaces to so many columns.
    ///
    /// - Parameters:
    ///   - cut: whether what is beyond is left out; characters that a terminal would obey are left out too.
    ///   - pads: whether to fill up.
    func fitted(to columns: Int, cut: Bool = false, pads: Bool = true) -> String {
        var (text, width) = ("", 0)
        for character in self {
            guard character.isSafeToShow || !cut else { continue }
            guard width + character.terminalWidth <= columns || !cut else { break }
            text.append(character)
            width += character.terminalWidth
        }
        return text + String(repeating: " ", count: pads ? max(0, columns - width) : 0)
    }
}

extension Character {
    /// No control character, and none that turns round what stands beside it.
    fileprivate var isSafeToShow: Bool {
        unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
            default: true
            }
        }
    }

    /// By the first scalar: what follows it combines with it.
    fileprivate var terminalWidth: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        switch scalar.properties.generalCategory {
        case .control, .format, .nonspacingMark, .enclosingMark: return 0
        default: return Self.wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// East Asian letters and signs, and pictures (Unicode's East_Asian_Width, in large blocks).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
        0x20000...0x3FFFD
    ]
}

/// A line of numbers as bars of eight heights, a character each.
package enum Sparkline {
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// From the least number, which has the lowest bar, to the largest; the lowest for all where they are the same.
    ///
    /// A space stands for a number that is not finite.
    package static func text(_ numbers: [Double]) -> String {
        let finite = numbers.filter(\.isFinite)
        guard let least = finite.min(), let largest = finite.max() else {
            return String(repeating: " ", count: numbers.count)
        }
        return String(
            numbers.map { number -> Character in
                guard number.isFinite else { return " " }
                let share = largest > least ? (number - least) / (largest - least) : 0
                return bars[min(bars.count - 1, Int(share * Double(bars.count)))]
            })
    }
}

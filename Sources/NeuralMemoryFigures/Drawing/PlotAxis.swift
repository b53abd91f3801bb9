// Axes: which range they show, and where ticks stand.

import Foundation

/// How numbers stand along an axis.
package enum AxisScale: String, CaseIterable, Sendable { case linear, logarithmic }

/// One axis of a plot.
struct PlotAxis {
    /// A place on an axis, with its number.
    struct Tick: Equatable {
        let value: Double
        let label: String
    }

    let scale: AxisScale
    /// What it shows, from its beginning to its end.
    let range: ClosedRange<Double>
    let ticks: [Tick]

    /// Beyond it sums and differences would overflow.
    private static let largest = 1e100

    /// An axis for some numbers; those that it cannot show do not count.
    ///
    /// - Parameters:
    ///   - numbers: what is to be shown.
    ///   - scale: a logarithmic axis shows numbers above 0 alone.
    ///   - ticks: about how many.
    ///   - isTight: whether it ends where the numbers do, and not at a tick.
    init(_ numbers: [Double], scale: AxisScale = .linear, ticks: Int = 5, isTight: Bool = false) {
        let shown = numbers.filter { $0.isFinite && (scale == .linear || $0 > 0) }
            .map { Self.clamped($0, scale) }
        let (low, high) = (shown.min() ?? (scale == .linear ? 0 : 1), shown.max() ?? 1)
        self.scale = scale
        switch scale {
        case .linear: (range, self.ticks) = Self.linear(low, high, ticks, isTight)
        case .logarithmic: (range, self.ticks) = Self.logarithmic(low, high, ticks)
        }
    }

    /// An axis of a fixed range with ticks at given numbers.
    init(_ range: ClosedRange<Double>, scale: AxisScale = .linear, ticks: [Double]) {
        self.scale = scale
        self.range = range
        self.ticks = ticks.map { Tick(value: $0, label: Self.plain($0)) }
    }

    /// Where a number stands, from 0 to 1; `nil` where the axis cannot show it.
    func place(_ number: Double) -> Double? {
        guard number.isFinite, scale == .linear || number > 0 else { return nil }
        let (low, high) = (position(range.lowerBound), position(range.upperBound))
        return min(max((position(Self.clamped(number, scale)) - low) / (high - low), 0), 1)
    }

    private func position(_ number: Double) -> Double { scale == .linear ? number : log10(number) }

    private static func clamped(_ number: Double, _ scale: AxisScale) -> Double {
        min(max(number, scale == .linear ? -largest : 1 / largest), largest)
    }

    // MARK: Linear

    private static func linear(
        _ low: Double, _ high: Double, _ count: Int, _ isTight: Bool
    ) -> (ClosedRange<Double>, [Tick]) {
        // One number alone stands in the middle, or on the ground if it is 0.
        let margin = high > low ? 0 : max(abs(low) / 2, low == 0 ? 0.5 : 1e-100)
        let (first, last) = (low == 0 ? 0 : low - margin, high + margin)
        let step = niceStep((last - first) / Double(max(count, 1)))
        let begin = Int((first / step + (isTight ? -1e-9 : 1e-9)).rounded(isTight ? .up : .down))
        let end = Int((last / step + (isTight ? 1e-9 : -1e-9)).rounded(isTight ? .down : .up))
        let values = begin <= end ? (begin...end).map { Double($0) * step } : []
        let largest = max(abs(first), abs(last))
        let ticks = values.map { Tick(value: $0, label: label($0, step: step, largest: largest)) }
        let range = isTight ? first...last : (values.first ?? first)...(values.last ?? last)
        return (range, ticks)
    }

    /// The nearest of 1, 2 and 5 times a power of ten that is not smaller.
    static func niceStep(_ step: Double) -> Double {
        let power = pow(10, floor(log10(step)))
        return ([1, 2, 5, 10].first { $0 * power >= step * (1 - 1e-9) } ?? 10) * power
    }

    private static func label(_ value: Double, step: Double, largest: Double) -> String {
        if value == 0 { return "0" }
        if largest >= 1e10 || step < 1e-5 { return scientific(value) }
        for (size, suffix) in [(1e6, "M"), (1e3, "k")] where largest >= 10 * size && step >= size / 10 {
            return decimals(value / size, step: step / size) + suffix
        }
        return decimals(value, step: step)
    }

    /// As many decimals as the step has.
    private static func decimals(_ value: Double, step: Double) -> String {
        String(format: "%.*f", max(0, Int(-floor(log10(step) + 1e-9))), value)
    }

    // MARK: Logarithmic

    private static func logarithmic(_ low: Double, _ high: Double, _ count: Int) -> (ClosedRange<Double>, [Tick]) {
        // Numbered 3k, 3k + 1, 3k + 2 are 1, 2 and 5 times 10^k.
        func value(_ number: Int) -> Double {
            let power = Int((Double(number) / 3).rounded(.down))
            return [1, 2, 5][number - 3 * power] * pow(10, Double(power))
        }
        let below = 3 * Int(floor(log10(low)))
        let above = 3 * Int(floor(log10(high)))
        let first = (below...below + 2).last { value($0) <= low * (1 + 1e-9) } ?? below
        var last = (above...above + 3).first { value($0) >= high * (1 - 1e-9) } ?? above + 3
        last = max(last, first + 1)
        var ticks = Array(first...last)
        if ticks.count > count + 2 {
            let decades = ticks.filter { $0.isMultiple(of: 3) }
            let each = max(1, Int((Double(decades.count) / Double(count)).rounded(.up)))
            ticks = decades.enumerated().filter { $0.offset.isMultiple(of: each) }.map(\.element)
        }
        let range = value(first)...value(last)
        return (range, ticks.map { Tick(value: value($0), label: plain(value($0))) })
    }

    // MARK: Numbers

    /// A number with the digits that it needs.
    static func plain(_ value: Double) -> String {
        if value == 0 { return "0" }
        return (1e-4..<1e6).contains(abs(value)) ? String(format: "%.6g", value) : scientific(value)
    }

    /// A number as a multiple of a power of ten: 2·10⁶, or 10⁶ alone.
    private static func scientific(_ value: Double) -> String {
        var exponent = Int(floor(log10(abs(value)) + 1e-9))
        var factor = String(format: "%.3g", value / pow(10, Double(exponent)))
        if factor == "10" { (factor, exponent) = ("1", exponent + 1) }
        let digits = String(exponent).map { $0 == "-" ? "⁻" : superscripts[Int(String($0)) ?? 0] }.joined()
        let power = "10" + digits
        return factor == "1" ? power : factor == "-1" ? "−" + power : "\(factor)·\(power)"
    }

    private static let superscripts = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
}

// From records to the points that are drawn: groups of seeds become medians with ranges, and long runs are thinned.

import Foundation

/// Points of curves.
enum CurveSeries {
    /// About how many points of a line are drawn.
    static let most = 500

    /// Medians and ranges of several runs, at each x that any of them has.
    ///
    /// A run has at each x its last value before or at it: one that has ended, because it is solved, keeps its last
    /// value. It does not count before its first.
    static func summary(_ runs: [[CurvePoint]]) -> (median: [CurvePoint], range: [CurveRange]) {
        var next = runs.map { _ in 0 }
        var median: [CurvePoint] = []
        var range: [CurveRange] = []
        for x in Set(runs.joined().map(\.x)).sorted() {
            var values: [Double] = []
            for (index, run) in runs.enumerated() {
                while next[index] < run.count, run[next[index]].x <= x { next[index] += 1 }
                if next[index] > 0 { values.append(run[next[index] - 1].y) }
            }
            values.sort()
            let middle = (values[(values.count - 1) / 2] + values[values.count / 2]) / 2
            median.append(CurvePoint(x: x, y: middle))
            range.append(CurveRange(x: x, low: values[0], high: values[values.count - 1]))
        }
        return (median, range)
    }

    /// At most about `count` points, the first and the last among them: of each stretch the lowest and the highest.
    static func thinned(_ points: [CurvePoint], to count: Int = most) -> [CurvePoint] {
        guard points.count > count, count >= 4 else { return points }
        let inner = points.dropFirst().dropLast()
        let kept = stretches(inner, count / 2 - 1).flatMap { stretch -> [CurvePoint] in
            guard let low = stretch.indices.min(by: { points[$0].y < points[$1].y }),
                let high = stretch.indices.max(by: { points[$0].y < points[$1].y })
            else { return [] }
            return low == high ? [points[low]] : [points[min(low, high)], points[max(low, high)]]
        }
        return [points[0]] + kept + [points[points.count - 1]]
    }

    /// At most about `count` ranges: of each stretch the lowest number and the highest, at its first x; and the last.
    static func thinned(_ ranges: [CurveRange], to count: Int = most / 2) -> [CurveRange] {
        guard ranges.count > count, let last = ranges.last else { return ranges }
        return stretches(ranges[...], count - 1).compactMap { stretch in
            guard let first = stretch.first, let low = stretch.map(\.low).min(),
                let high = stretch.map(\.high).max()
            else { return nil }
            return CurveRange(x: first.x, low: low, high: high)
        } + [last]
    }

    /// So many stretches of nearly the same length.
    private static func stretches<Element>(
        _ elements: ArraySlice<Element>, _ count: Int
    ) -> [ArraySlice<Element>] {
        (0..<count).map { index in
            let (from, to) = (index * elements.count / count, (index + 1) * elements.count / count)
            return elements[elements.startIndex + from..<elements.startIndex + to]
        }
    }
}

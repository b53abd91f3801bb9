// Which panels an inspected episode has. They are chosen by the roles and axes of signals, never by a memory's kind.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// Makes the panels of the steps that a figure shows.
struct EpisodePanels {
    private let inspection: Inspection
    /// How many steps are shown.
    let count: Int

    /// Beyond it, blocks of a window would be too narrow for their labels.
    private static let mostBlocks = 40
    /// Weights and strengths below it count as none where rows and entries are chosen.
    private static let leastWeight: Float = 0.01
    /// More bars than these are drawn lower.
    private static let mostTallBars = 6

    init(_ inspection: Inspection) {
        self.inspection = inspection
        count = min(inspection.steps.count, StepGrid.mostSteps)
    }

    private var steps: ArraySlice<Inspection.Step> { inspection.steps.prefix(count) }
    private var signals: [Signal] { inspection.recording.signals }

    /// A signal's values in the steps shown.
    private func values(_ signal: Signal) -> [SignalValue] {
        Array(inspection.recording.values(signal.name).prefix(count))
    }

    // MARK: Input, target, output

    /// Texts of symbols, heatmaps of vectors, bits and numbers; what no step has is left out.
    var sequence: [any EpisodePanel] { inputs + outputs }

    var inputs: [any EpisodePanel] {
        steps.contains { !$0.inputVector.isEmpty }
            ? [vectors("input", steps.map(\.inputVector))] : [TextPanel(title: "input", texts: steps.map(\.input))]
    }

    var outputs: [any EpisodePanel] {
        if steps.contains(where: { !$0.outputBits.isEmpty }) {
            let all = [("target", steps.map(\.targetBits)), ("output", steps.map(\.outputBits))]
            return all.filter { $1.contains { !$0.isEmpty } }.map { name, bits in
                vectors(name, bits, names: inspection.bitNames)
            }
        }
        if inspection.areNumbers {
            let all = [("target", steps.map(\.targetNumbers)), ("output", steps.map(\.outputNumbers))]
            return all.filter { $1.contains { !$0.isEmpty } }.map { name, numbers in vectors(name, numbers) }
        }
        let targets = TextPanel(title: "target", texts: steps.map(\.target))
        let wrong = steps.enumerated().filter { !$1.target.isEmpty && $1.target != $1.output }.map(\.offset)
        let outputs = TextPanel(title: "output", texts: steps.map(\.output), wrong: Set(wrong))
        return [targets, outputs].filter { $0.texts.contains { !$0.isEmpty } }
    }

    /// How wide the widest symbol is.
    var widestSymbol: Double {
        sequence.compactMap { ($0 as? TextPanel)?.widest }.max() ?? 0
    }

    /// One column a step; steps without a vector stay empty.
    func vectors(_ title: String, _ vectors: [[Float]], names: [String] = []) -> HeatmapPanel {
        let size = vectors.map(\.count).max() ?? 0
        let numbers = vectors.joined().filter(\.isFinite)
        let largest = Double(numbers.map(abs).max() ?? 1)
        let rows = (0..<size).map { row in vectors.map { row < $0.count ? $0[row] : nil } }
        let scale =
            numbers.contains { $0 < 0 } ? HeatmapScale.around(largest) : HeatmapScale.upTo(max(largest, 1))
        let hasNames = names.count == size && size > 0
        return HeatmapPanel(
            title: title, rows: rows, heatmapScale: scale, names: hasNames ? names : [],
            rowHeight: hasNames ? 13 : 10)
    }

    // MARK: Signals

    /// Strengths, what is stored, and then where heads read and write.
    func memory(_ isWanted: (Signal) -> Bool = { _ in true }) -> [any EpisodePanel] {
        strengths(isWanted) + window(isWanted) + addressing(isWanted)
    }

    /// How much is pushed and popped, and how much there is.
    func strengths(_ isWanted: (Signal) -> Bool = { _ in true }) -> [any EpisodePanel] {
        bars(signals.filter { $0.role == .strength && isWanted($0) })
    }

    /// Signals whose names begin alike, as those of a head do, have one colour.
    private func bars(_ signals: [Signal]) -> [any EpisodePanel] {
        let single = signals.filter { $0.axes.isEmpty }
        func family(_ signal: Signal) -> Substring { signal.name.prefix { $0 != " " } }
        var families: [Substring] = []
        for name in single.map(family) where !families.contains(name) { families.append(name) }
        let colours = ["fill c0", "fill c1", "muted", "fill c3", "fill c4", "fill c5"]
        return single.map { signal in
            let place = families.firstIndex(of: family(signal)) ?? 0
            return BarPanel(
                title: signal.name, values: values(signal).map { $0.numbers.first ?? .nan },
                colour: colours[place % colours.count], longest: single.count > Self.mostTallBars ? 18 : 34)
        }
    }

    /// Blocks, or a heatmap of strengths by entry where there are many steps; then reads by entry.
    private func window(_ isWanted: (Signal) -> Bool) -> [any EpisodePanel] {
        let reads = signals.filter { $0.role == .weighting && $0.axes == [.entries] && isWanted($0) }
        let stored = signals.filter { $0.role == .strength && $0.axes == [.entries] && isWanted($0) }
        guard count > Self.mostBlocks else {
            return stored.map { blocks($0, reads: reads) } + (stored.isEmpty ? reads.map(entries) : [])
        }
        return (stored + reads).map(entries)
    }

    private func blocks(_ signal: Signal, reads: [Signal]) -> any EpisodePanel {
        let weights = reads.map(values)
        let steps = values(signal).enumerated().map { step, value in
            var read: [Int: Float] = [:]
            for weight in weights where weight.indices ~= step {
                for (entry, number) in zip(weight[step].indices ?? [], weight[step].numbers) {
                    read[entry, default: 0] += number
                }
            }
            return zip(value.indices ?? [], value.numbers).map { entry, strength in
                WindowPanel.Entry(label: label(entry), strength: strength, read: min(read[entry] ?? 0, 1))
            }
        }
        return WindowPanel(title: signal.name, steps: steps)
    }

    /// How many ends push entries: each has a weighting.
    private var ends: Int { max(1, signals.filter { $0.role == .weighting && $0.axes == [.entries] }.count) }

    /// What went in when an entry was pushed; of vectors, the number of the step.
    private func label(_ entry: Int) -> String {
        guard entry >= 0, inspection.steps.indices ~= entry / ends else { return "…" }
        let step = inspection.steps[entry / ends]
        return step.inputVector.isEmpty ? TextMeasure.label(step.input, atMost: 8) : "\(entry / ends + 1)"
    }

    /// A row for each entry that has some weight in a step shown, the last pushed one on top.
    private func entries(_ signal: Signal) -> any EpisodePanel {
        let values = values(signal)
        let present = Set(
            values.flatMap { value in
                zip(value.indices ?? [], value.numbers).filter { !($1 < Self.leastWeight) }.map(\.0)
            }
        ).sorted(by: >)
        let rows = Dictionary(zip(present, 0...)) { $1 }
        var numbers = [[Float?]](repeating: [Float?](repeating: nil, count: count), count: present.count)
        for (step, value) in values.enumerated() {
            for (entry, number) in zip(value.indices ?? [], value.numbers) {
                if let row = rows[entry] { numbers[row][step] = number }
            }
        }
        return HeatmapPanel(
            title: signal.name, note: "by step of the push", rows: numbers, heatmapScale: .upTo(1),
            names: present.map { $0 < 0 ? "…" : "\($0 / ends + 1)" })
    }

    // MARK: Heads

    /// Weightings and gates over rows, shifts, gates and sharpness, head by head.
    private func addressing(_ isWanted: (Signal) -> Bool) -> [any EpisodePanel] {
        let all = signals.filter(isWanted)
        let weightings = all.filter { $0.rowCount != nil && $0.role == .weighting }
        let shifts = all.filter { $0.role == .distribution && $0.axes.count == 1 }
        let single = all.filter { $0.role == .gate || $0.role == .sharpness }
        let gates = all.filter { $0.rowCount != nil && $0.role == .gate }
        return (weightings + gates).map { rows($0, usedRows([$0])) } + shifts.map(alternatives) + bars(single)
    }

    /// The rows in which some of these weightings have weight in a step shown, and those between them.
    func usedRows(_ weightings: [Signal]) -> Range<Int> {
        let count = weightings.compactMap(\.rowCount).max() ?? 0
        let values = weightings.flatMap(values)
        let used = (0..<count).filter { row in
            values.contains { row < $0.numbers.count && !($0.numbers[row] < Self.leastWeight) }
        }
        return max((used.first ?? 0) - 1, 0)..<min((used.last ?? 0) + 2, max(count, 1))
    }

    /// A weighting over rows.
    func rows(_ signal: Signal, _ shown: Range<Int>) -> any EpisodePanel {
        let values = values(signal)
        let count = signal.rowCount ?? 0
        return HeatmapPanel(
            title: signal.name, note: shown.count < count ? "rows \(shown.lowerBound) to \(shown.upperBound - 1)" : "",
            rows: shown.map { row in values.map { row < $0.numbers.count ? $0.numbers[row] : nil } },
            heatmapScale: .upTo(1), names: shown.map(String.init), rowHeight: 6)
    }

    /// A row for each alternative; shifts by their distance.
    private func alternatives(_ signal: Signal) -> any EpisodePanel {
        let values = values(signal)
        let count = values.map(\.numbers.count).max() ?? 0
        var names: [String] = []
        if case .shifts(let shifts) = signal.axes[0], shifts == count {
            names = (0..<count).map { index in
                let shift = count / 2 - index
                return shift > 0 ? "+\(shift)" : shift < 0 ? "−\(-shift)" : "0"
            }
        }
        return HeatmapPanel(
            title: signal.name,
            rows: (0..<count).map { row in values.map { row < $0.numbers.count ? $0.numbers[row] : nil } },
            heatmapScale: .upTo(1), names: names, rowHeight: 11)
    }
}

extension Signal {
    /// How many rows of a memory it is over, where these are its only axis.
    var rowCount: Int? {
        guard axes.count == 1, case .rows(let count) = axes[0] else { return nil }
        return count
    }
}

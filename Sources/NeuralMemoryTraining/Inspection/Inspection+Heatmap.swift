// An inspected episode as heatmaps for a terminal: steps from left to right; strengths, gates and weights as shades.

import NeuralMemory

extension Inspection {
    /// Whether the heatmaps show a signal: those that are one number a step, and those over rows, shifts or entries.
    package static func isInHeatmap(_ signal: Signal) -> Bool {
        switch (signal.role, signal.axes.first) {
        case (.gate, nil), (.strength, nil), (.sharpness, nil): true
        case (.weighting, _?), (.distribution, _?), (.strength, .entries): signal.axes.count == 1
        default: false
        }
    }

    /// Inputs, targets and outputs, a line for each single number, and a block of lines for each signal over rows, shifts
    /// or entries.
    ///
    /// Entries are in the order of the memory, the top first. Lines whose weights are all below 0.05 are left out; more
    /// than 24 are folded, each with the largest of its weights. Steps beyond the width are left out, and the last line
    /// says so.
    ///
    /// - Parameters:
    ///   - columns: how wide the lines may be.
    ///   - hasColours: whether numbers are shown as background colours, by escape sequences for 256 colours, or as
    ///     characters.
    package func heatmap(columns: Int, hasColours: Bool) -> String {
        // No more steps can be shown, and a step may have thousands of entries.
        let shown = steps.prefix(columns)
        let texts = [
            ("input", shown.map(\.input)), ("target", shown.map(\.target)), ("output", shown.map(\.output))
        ]
        // A column of bits is read more easily as a picture.
        let vectors = texts.compactMap { name, texts in Self.vectors(texts).map { (name, $0) } }
        let words = texts.filter { name, texts in !vectors.contains { $0.0 == name } && texts.contains { !$0.isEmpty } }
        let blocks = vectors.map(vectorBlock) + [scalars(atMost: columns)] + blocksOfSignals(atMost: columns)
        let map = Heatmap(steps: steps.count, words: words, blocks: blocks.filter { !$0.lines.isEmpty })
        return map.text(columns: columns, hasColours: hasColours)
    }

    // MARK: Vectors

    /// The numbers of each step, from their texts; `nil` unless all steps with a text have as many numbers, at least 3.
    private static func vectors(_ texts: [String]) -> [[Float]]? {
        let vectors = texts.map { text -> [Float]? in
            let parts = text.contains(" ") ? text.split(separator: " ").map(String.init) : text.map { String($0) }
            let isBits = text.allSatisfy { $0 == "0" || $0 == "1" }
            let numbers = parts.compactMap(Float.init)
            return numbers.count == parts.count && (isBits || text.contains(" ")) ? numbers : nil
        }
        let sizes = Set(vectors.map { $0?.count ?? -1 }.filter { $0 != 0 })
        guard sizes.count == 1, let size = sizes.first, size >= 3 else { return nil }
        return vectors.map { $0 ?? [] }
    }

    private func vectorBlock(_ name: String, _ vectors: [[Float]]) -> Heatmap.Block {
        let size = vectors.map(\.count).max() ?? 0
        return Heatmap.Block(
            title: name,
            lines: (0..<size).map { index in
                Heatmap.Line(label: "\(index)", values: vectors.map { $0.isEmpty ? nil : $0[index] })
            }
        ).folded()
    }

    // MARK: Signals

    /// In each of the first steps.
    private func values(of signal: Int, atMost steps: Int) -> [SignalValue] {
        recording.sequences[0].prefix(steps).map { $0[signal] }
    }

    private func scalars(atMost steps: Int) -> Heatmap.Block {
        let scalars = recording.signals.indices.filter { index in
            let signal = recording.signals[index]
            return Self.isInHeatmap(signal) && signal.axes.isEmpty
        }
        return Heatmap.Block(
            title: nil,
            lines: scalars.map { index in
                let numbers = values(of: index, atMost: steps).map { $0.numbers.first }
                return Heatmap.Line(label: recording.signals[index].name, values: numbers)
            })
    }

    private func blocksOfSignals(atMost steps: Int) -> [Heatmap.Block] {
        recording.signals.indices.compactMap { index in
            let signal = recording.signals[index]
            guard Self.isInHeatmap(signal), let axis = signal.axes.first else { return nil }
            return block(signal, axis, values(of: index, atMost: steps))
        }
    }

    private func block(_ signal: Signal, _ axis: Signal.Axis, _ values: [SignalValue]) -> Heatmap.Block {
        var steps: [Int: [Float?]] = [:]
        for (step, value) in values.enumerated() {
            for (place, number) in value.numbers.enumerated() {
                steps[value.indices?[place] ?? place, default: Array(repeating: nil, count: values.count)][step] =
                    number
            }
        }
        let indices = order(steps.keys.sorted(), axis)
        let lines = indices.map { Heatmap.Line(label: lineLabel($0, signal, axis), values: steps[$0] ?? []) }
        guard case .shifts = axis else {
            let title = signal.name + (axis == .entries ? ", entries by step of push" : "")
            return Heatmap.Block(title: title, lines: lines).withoutFaintLines().folded()
        }
        return Heatmap.Block(title: signal.name, lines: lines)
    }

    /// As in the memory, from the top: what was pushed there last is first, and at a deque's bottom it is last.
    private func order(_ indices: [Int], _ axis: Signal.Axis) -> [Int] {
        guard axis == .entries else { return indices }
        let (tops, bottoms) = (indices.filter { $0 < 0 || $0 % ends == 0 }, indices.filter { $0 >= 0 && $0 % ends > 0 })
        return tops.reversed() + bottoms
    }

    private func lineLabel(_ index: Int, _ signal: Signal, _ axis: Signal.Axis) -> String {
        guard case .shifts(let count) = axis else { return label(index, signal) }
        let shift = count / 2 - index
        return shift > 0 ? "+\(shift)" : "\(shift)"
    }
}

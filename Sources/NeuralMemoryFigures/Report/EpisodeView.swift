// One inspected episode as a page draws it: texts of the steps, and what was recorded as packed numbers.
// Page/episode.js and its companions read it.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// What `NM.episode.draw` draws.
///
/// Numbers are half floats, so a page shows three significant digits.
package struct EpisodeView: Encodable, Sendable {
    /// What a signal belongs to, and where a page shows it.
    package enum Group: String, Encodable, Sendable { case sequence, memory, controller, output }

    /// The numbers of one signal in all steps.
    ///
    /// There are three layouts. Without `indices`, each step has `size` numbers. With `counts`, step t has `counts[t]`
    /// entries, or links of at least `least`, each with an index as `SignalValue.indices` has it, and `size` numbers for
    /// each. With `indices` alone, these are the vectors of entries, which do not change while they are stored: each
    /// entry once.
    package struct PackedSignal: Encodable, Sendable {
        let name: String
        let role: Signal.Role
        let axes: [Signal.Axis]
        let head: Int?
        let group: Group
        let size: Int
        /// Half floats.
        let numbers: String
        /// 32-bit integers.
        var counts: String?
        var indices: String?
        /// Numbers below it are left out; `nil` where none are.
        var least: Float?
    }

    /// The caption.
    let title: String
    /// Whole sentences: what is left out.
    let notes: [String]
    /// The memory's kind.
    let memory: String
    /// How many ends entries are pushed at: the index of an entry is s · ends + e.
    let ends: Int
    /// A text for each step; targets and outputs are empty where no output counts.
    let inputs: [String]
    let targets: [String]
    let outputs: [String]
    /// Whether outputs are real numbers, which are neither right nor wrong.
    let areNumbers: Bool
    /// Those of the sequence first, then the memory's, the controller's, and the outputs.
    let signals: [PackedSignal]

    /// Names of the outputs, symbols or bits; empty where they have none.
    let outputNames: [String]

    /// What an inspection showed.
    ///
    /// - Parameters:
    ///   - inspection: of the network, recorded without a threshold.
    ///   - network: says whose the signals are.
    ///   - task: names the outputs.
    ///   - title: the caption.
    ///   - notes: whole sentences that stand under the caption.
    package init(
        _ inspection: Inspection, of network: Network, task: any SequenceTask, title: String, notes: [String] = []
    ) {
        let recording = inspection.recording
        self.title = title
        self.notes = notes
        memory = inspection.memory
        ends = max(1, recording.signals.filter { $0.role == .weighting && $0.axes == [.entries] }.count)
        inputs = inspection.steps.map(\.input)
        targets = inspection.steps.map(\.target)
        outputs = inspection.steps.map(\.output)
        areNumbers = inspection.areNumbers
        outputNames = network.signature.outputs.size <= EpisodeExtent.largestOutput ? task.names?.outputs ?? [] : []
        let ofMemory = Set(network.model.memory.signals.map(\.name))
        let outputName = network.signals.last?.name
        let recorded = recording.signals.indices.map { index in
            let signal = recording.signals[index]
            let group: Group =
                ofMemory.contains(signal.name) ? .memory : signal.name == outputName ? .output : .controller
            return PackedSignal(signal, group, recording.sequences[0].map { $0[index] })
        }
        signals = Self.sequenceSignals(inspection.steps) + recorded
    }

    /// Inputs, targets and outputs that are vectors, bits or numbers, as signals.
    private static func sequenceSignals(_ steps: [Inspection.Step]) -> [PackedSignal] {
        let vectors: [(name: String, role: Signal.Role, numbers: (Inspection.Step) -> [Float])] = [
            ("inputs", .vector, \.inputVector), ("targets", .gate, \.targetBits),
            ("output probabilities", .gate, \.outputBits), ("targets", .vector, \.targetNumbers),
            ("outputs", .vector, \.outputNumbers)
        ]
        return vectors.compactMap { name, role, numbers in
            let size = steps.map { numbers($0).count }.max() ?? 0
            guard size > 0 else { return nil }
            // Where no output counts, there is nothing to draw.
            let nothing = [Float](repeating: .nan, count: size)
            let values = steps.map { step in
                let own = numbers(step)
                return SignalValue(own.isEmpty ? nothing : own)
            }
            return PackedSignal(Signal(name, role, [.columns(size)]), .sequence, values)
        }
    }
}

extension EpisodeView.PackedSignal {
    /// - Parameter values: one for each step.
    fileprivate init(_ signal: Signal, _ group: EpisodeView.Group, _ values: [SignalValue]) {
        name = signal.name
        role = signal.role
        axes = signal.axes
        head = signal.head
        self.group = group
        least = PageLinks.threshold(signal)
        // Each link has a place of its own.
        let sizes = least == nil ? signal.axes : []
        size = sizes.reduce(1) { product, axis in
            switch axis {
            case .rows(let count), .shifts(let count), .columns(let count): product * count
            case .entries: product
            }
        }
        var numbers = PackedHalves()
        if let least {
            (counts, indices) = Self.packWindow(values.map { $0.sparse(below: least) }, &numbers)
        } else if signal.axes.first != .entries {
            for value in values { numbers.append(value.numbers) }
        } else if signal.role == .contents {
            indices = Self.packEntries(values, size, &numbers)
        } else {
            (counts, indices) = Self.packWindow(values, &numbers)
        }
        self.numbers = numbers.base64
    }

    private static func packWindow(
        _ values: [SignalValue], _ numbers: inout PackedHalves
    ) -> (counts: String, indices: String) {
        var (counts, indices) = (PackedIntegers(), PackedIntegers())
        for value in values {
            let entries = value.indices ?? Array(value.numbers.indices)
            counts.append([entries.count])
            indices.append(entries)
            numbers.append(value.numbers)
        }
        return (counts.base64, indices.base64)
    }

    /// Each entry when it is first seen.
    private static func packEntries(
        _ values: [SignalValue], _ size: Int, _ numbers: inout PackedHalves
    ) -> String {
        var (indices, seen) = (PackedIntegers(), Set<Int>())
        for value in values {
            for (place, entry) in (value.indices ?? []).enumerated() where seen.insert(entry).inserted {
                indices.append([entry])
                numbers.append(value.numbers[place * size..<(place + 1) * size])
            }
        }
        return indices.base64
    }
}

// What a page needs to know of a run's task, so that somebody can make an input for it.

import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// What goes into the networks of a run, and how a sequence of it can be made.
struct InputKind: Encodable, Sendable {
    /// Symbols that can be typed.
    struct Symbols: Encodable, Sendable {
        /// The first of them.
        let names: [String]
        /// How many there are.
        let count: Int
        /// What stands between two symbols: a space, or nothing where each character is one.
        let separator: String
        /// Whether a text may have a tab and then the target.
        let takesTarget: Bool
    }

    /// Vectors that can be painted.
    struct Vectors: Encodable, Sendable {
        /// Of each number of a vector: bits by their number, then marks by their names.
        let channels: [String]
    }

    /// Lengths of sequences that the task draws.
    struct Lengths: Encodable, Sendable {
        let least: Int
        let most: Int
        let unit: Int
        let usual: Int
    }

    let task: String
    let memory: String
    let controller: String
    /// Runs whose inputs are equal take the same sequences.
    let inputs: String
    let symbols: Symbols?
    let vectors: Vectors?
    /// `nil` where sequences are data, of which a seed chooses one.
    let lengths: Lengths?

    /// No page shows more names than these.
    private static let mostNames = 200

    /// - Parameter configuration: with what is known of the run's data.
    init(_ configuration: RunConfiguration) {
        let task = configuration.task
        self.task = task.kind
        memory = configuration.network.memory.kind
        controller = configuration.network.controller.kind
        (symbols, vectors) = (Self.symbols(task), Self.vectors(task))
        lengths = task.drawsSequences ? Self.lengths(task) : nil
        inputs =
            switch task.signature.inputs {
            case .symbols(let count):
                "symbols \(count) \(symbols?.takesTarget ?? false) \(symbols?.names.joined(separator: " ") ?? "")"
            case .vectors(let size): "vectors \(size) \(vectors?.channels.joined(separator: " ") ?? "")"
            }
    }

    private static func symbols(_ task: any SequenceTask) -> Symbols? {
        func symbols(_ names: [String], separator: String = " ", takesTarget: Bool) -> Symbols {
            Symbols(
                names: Array(names.prefix(mostNames)), count: names.count, separator: separator,
                takesTarget: takesTarget)
        }
        switch task {
        case let task as any TransductionTask:
            return symbols(
                task.vocabulary.source, separator: task.symbolReader.characters ? "" : " ", takesTarget: true)
        case let task as any LanguageTask: return symbols(task.symbolNames, takesTarget: false)
        case let task as Sequences: return task.typedNames.map { symbols($0, takesTarget: true) }
        default: return nil
        }
    }

    private static func vectors(_ task: any SequenceTask) -> Vectors? {
        guard case .vectors(let size) = task.signature.inputs else { return nil }
        guard let task = task as? any VectorTask else { return Vectors(channels: (1...size).map { "\($0)" }) }
        return Vectors(channels: (1...task.width).map { "bit \($0)" } + type(of: task).inputMarks)
    }

    private static func lengths(_ task: any SequenceTask) -> Lengths {
        let usual = Inspection.usualLengths(of: task)
        let multiple = usual.first { $0.isMultiple(of: task.lengthUnit) } ?? usual.lowerBound
        return Lengths(
            least: task.shortestLength, most: max(task.shortestLength, longestLength(task)), unit: task.lengthUnit,
            usual: multiple)
    }

    /// The longest length whose sequences an explorer shows.
    static func longestLength(_ task: any SequenceTask) -> Int {
        var (fits, least) = (task.shortestLength, EpisodeRequest.mostSteps + 1)
        guard task.steps(length: fits) <= EpisodeRequest.mostSteps else { return 0 }
        while least - fits > 1 {
            let middle = (fits + least) / 2
            if task.steps(length: middle) <= EpisodeRequest.mostSteps { fits = middle } else { least = middle }
        }
        return fits / task.lengthUnit * task.lengthUnit
    }
}

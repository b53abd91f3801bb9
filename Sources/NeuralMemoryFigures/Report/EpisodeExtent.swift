// How much of an episode a page shows: what fits into a file that opens at once.

import NeuralMemory

/// The first steps of an episode, and which signals of them.
package struct EpisodeExtent: Sendable {
    /// How many steps are shown at most; at least 1.
    package let steps: Int
    /// Whether the memory's contents are too large to be shown.
    package let omitsContents: Bool
    /// The outputs, and how many there are, where these are too many.
    private let omittedOutput: (signal: Signal, count: Int)?

    /// No page draws more steps than this.
    package static let mostSteps = 200
    /// With fewer steps than this, contents are left out rather than steps.
    private static let fewSteps = 20
    /// Outputs of more numbers than this are left out: a page has their texts.
    static let largestOutput = 256
    /// Bytes of one episode, about.
    private static let budget = 1_500_000

    /// What fits for episodes of a network.
    package init(_ network: Network) {
        let outputs = network.signature.outputs.size
        let output = network.signals.last.flatMap { outputs > Self.largestOutput ? $0 : nil }
        func fitting(_ isWanted: (Signal) -> Bool) -> Int {
            let bytes = network.signals.filter { $0 != output && isWanted($0) }.reduce(0) { $0 + Self.bytes($1) }
            return min(Self.mostSteps, Self.budget / max(1, bytes))
        }
        let withContents = fitting { _ in true }
        omitsContents = withContents < Self.fewSteps
        omittedOutput = output.map { ($0, outputs) }
        steps = max(1, omitsContents ? fitting { $0.role != .contents } : withContents)
    }

    /// Whether a signal is recorded.
    package func isWanted(_ signal: Signal) -> Bool {
        signal != omittedOutput?.signal && !(omitsContents && signal.role == .contents)
    }

    /// The part of a batch of one sequence that is shown.
    package func first(of batch: Batch) throws -> Batch {
        guard batch.steps > steps else { return batch }
        func part<Number>(_ numbers: [Number]) -> [Number] {
            Array(numbers.prefix(numbers.count / batch.steps * steps))
        }
        let inputs: Batch.Inputs =
            switch batch.inputs {
            case .symbols(let symbols): .symbols(part(symbols))
            case .vectors(let numbers): .vectors(part(numbers))
            }
        let targets: Batch.Targets =
            switch batch.targets {
            case .symbols(let symbols): .symbols(part(symbols))
            case .bits(let bits): .bits(part(bits))
            case .numbers(let numbers): .numbers(part(numbers))
            }
        return try Batch(steps: steps, count: 1, inputs: inputs, targets: targets, mask: part(batch.mask))
    }

    /// Whole sentences about what is not shown of an episode of so many steps.
    package func notes(steps all: Int) -> [String] {
        let ofSteps =
            all > steps ? ["Only the first \(steps) of \(all) steps are shown; the rest is left out."] : []
        let ofContents = omitsContents ? ["The memory's contents are too large for a page, and are left out."] : []
        let ofOutput =
            omittedOutput.map {
                [
                    "The numbers of the \($0.count) outputs are left out, since a page has room for "
                        + "\(Self.largestOutput); what each step puts out is shown."
                ]
            } ?? []
        return ofSteps + ofContents + ofOutput
    }

    /// What a signal takes in one step: 2 bytes a number, and a third more in base64.
    private static func bytes(_ signal: Signal) -> Int {
        if let links = PageLinks.bytes(signal) { return links }
        let numbers = signal.axes.reduce(1) { product, axis in
            switch axis {
            case .rows(let count), .shifts(let count), .columns(let count): product * count
            // Strengths of half as many entries as steps, with their indices; vectors once.
            case .entries: signal.role == .contents ? product : product * 3 * mostSteps / 2
            }
        }
        return numbers * 8 / 3
    }
}

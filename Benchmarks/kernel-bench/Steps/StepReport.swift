// The result of `kernel-bench step`, as text and for its JSON file.

import Foundation

/// One step's measurements.
struct StepReport: Encodable {
    /// Over blocks, each the mean of its steps.
    struct Spread: Encodable {
        let min, median, max: Double
    }

    /// The product that the step is held against.
    struct Matmul: Encodable {
        var shape = LargeProduct.shape
        let gflops: Double
    }

    var machine = Machine()
    let subject: String
    let blocks: Int
    let stepsPerBlock: Int
    let milliseconds: Spread
    let sequencesPerSecond: Double
    /// The most memory that the process ever held while timed.
    let peakBytes: Int
    let gflops: Double
    let shareOfMatmul: Double
    let matmul: Matmul
    /// Milliseconds of each phase of a step, from a run of its own.
    private(set) var phases: [String: Double] = [:]
    /// On several ranks, where that was asked for.
    var predictions: [RankModel.Prediction]?

    init(_ subject: StepSubject, _ timing: StepTiming) {
        self.subject = subject.summary
        blocks = timing.steps.seconds.count
        stepsPerBlock = timing.stepsPerBlock
        let (steps, product) = (timing.steps, timing.product.median)
        milliseconds = Spread(min: 1e3 * steps.fastest, median: 1e3 * steps.median, max: 1e3 * steps.slowest)
        sequencesPerSecond = Double(subject.sequences) / steps.median
        peakBytes = timing.peakBytes
        gflops = subject.operations / steps.median * 1e-9
        matmul = Matmul(gflops: LargeProduct.operations / product * 1e-9)
        shareOfMatmul = gflops / matmul.gflops
    }

    mutating func setPhases(_ phases: [PhaseTime]) {
        self.phases = Dictionary(uniqueKeysWithValues: phases.map { ($0.phase.rawValue, $0.milliseconds) })
    }

    func printSummary() {
        let spread = milliseconds
        print(
            "\(Table.number(spread.median)) ms a step, median of \(blocks) blocks of \(stepsPerBlock) "
                + "(\(Table.number(spread.min)) to \(Table.number(spread.max))); "
                + "\(Table.number(sequencesPerSecond)) sequences/s; at most "
                + "\(Table.number(Double(peakBytes) * 1e-6)) MB of memory")
        print(
            "\(Table.number(gflops)) GF/s, \(Table.percent(shareOfMatmul)) of the \(Table.number(matmul.gflops)) GF/s "
                + "of a matrix product of \(matmul.shape), timed in turns")
    }
}

/// The time of one phase in one step.
struct PhaseTime {
    let phase: PhaseClock.Phase
    let milliseconds: Double
}

extension [PhaseTime] {
    func printTable() {
        let total = reduce(0) { $0 + $1.milliseconds }
        print("\n" + Table.left("phase", 22) + Table.right("ms", 9) + Table.right("share", 8))
        for entry in self {
            let name = entry.phase.rawValue.replacingOccurrences(of: "_", with: " ")
            print(
                Table.left(name, 22) + Table.right(Table.number(entry.milliseconds), 9)
                    + Table.right(Table.percent(entry.milliseconds / total), 8))
        }
        print(Table.left("together", 22) + Table.right(Table.number(total), 9))
    }
}

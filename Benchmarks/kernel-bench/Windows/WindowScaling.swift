// How the time of a push-pop-read of stack, queue and deque grows with the length of an episode: it should not.
//
// All memories and lengths take turns, so that every ratio is one of times taken close together. Each is timed twice:
// with arrays of its own for every episode, so that short episodes fetch theirs from memory as long ones must; and with
// the same arrays again and again, which for short episodes stay in the cache. Only the first tells how the kernel's
// own cost grows; how much of the second remains depends on what else a program does between two episodes.

import Foundation
import NeuralMemory
import ReferenceKernels

struct WindowScaling {
    /// The kernels it measures.
    ///
    /// All three whenever one is asked for: queue and deque are held against the stack.
    static let kernels = Set(ReferenceMemory.Kind.allCases.map { "\($0)" })

    private static let batch = 16
    private static let width = 64
    private static let lengths = [64, 256, 1024, 16_384, 131_072]
    /// Growth is counted from this length.
    private static let baseLength = 1024
    /// Short episodes repeat until they have done as many push-pop-reads, a few milliseconds' worth.
    ///
    /// Longer ones do not fit into a cache, so they are not timed with the same arrays again.
    private static let operationsPerSample = 65_536

    func measure(_ rates: MachineRates) -> ScalingResult {
        let lengths = feasibleLengths
        let arena = WindowArena(floats: shape(.deque, lengths.last!).valueCount)
        var result = ScalingResult(batch: Self.batch, width: Self.width)
        for regime in StrengthRegime.allCases {
            result.regimes.append(measure(regime, lengths, arena, rates))
        }
        if let last = lengths.last, last < Self.lengths.last! {
            result.notices.append("Lengths above \(last) are left out: \(reasonForShortLengths).")
        }
        return result
    }

    private func shape(_ kind: ReferenceMemory.Kind, _ steps: Int) -> WindowShape {
        WindowShape(kind, steps: steps, batch: Self.batch, width: Self.width)
    }

    /// Those whose arrays fit into two thirds of the memory; few steps in a debug build.
    private var feasibleLengths: [Int] {
        if Machine.isDebugBuild { return Self.lengths.filter { $0 <= Self.baseLength } }
        let memory = Double(ProcessInfo.processInfo.physicalMemory)
        return Self.lengths.filter { steps in
            let bytes = 4.5 * Double(shape(.deque, steps).valueCount * MemoryLayout<Float>.stride)
            return steps <= Self.baseLength || bytes < memory * 2 / 3
        }
    }

    private var reasonForShortLengths: String {
        Machine.isDebugBuild ? "this is a debug build" : "there is not enough memory"
    }

    private func measure(
        _ regime: StrengthRegime, _ lengths: [Int], _ arena: WindowArena, _ rates: MachineRates
    ) -> RegimeResult {
        let episodes = lengths.flatMap { steps in
            ReferenceMemory.Kind.allCases.map { WindowEpisode(shape($0, steps), regime, arena) }
        }
        let checks = episodes.map { $0.verify() }
        var times = episodes.map { _ in EpisodeTimes() }
        for _ in 0..<rounds(regime) {
            for index in episodes.indices {
                let repetitions = repetitions(episodes[index].shape)
                times[index].appendFresh(time(episodes[index], repetitions, fresh: true))
                if repetitions == 1 { continue }
                times[index].appendAgain(time(episodes[index], repetitions, fresh: false))
            }
        }
        let stacks = episodes.indices.map { index in
            episodes.firstIndex { $0.shape.kind == .stack && $0.shape.steps == episodes[index].shape.steps }!
        }
        let lines = episodes.indices.map { index in
            ScalingLine(
                episodes[index].shape, checks: checks[index], times: times[index], stack: times[stacks[index]],
                rates: rates)
        }
        return RegimeResult(
            name: regime.rawValue, explanation: regime.explanation, lines: lines,
            growth: growth(episodes.map(\.shape), times))
    }

    /// The long episodes take most of the time, so the second regime gets fewer.
    private func rounds(_ regime: StrengthRegime) -> Int { regime == .random ? 5 : 3 }

    private func repetitions(_ shape: WindowShape) -> Int { max(1, Self.operationsPerSample / shape.operations) }

    /// Seconds of one forward and one backward pass, with fresh arrays for each or always the same.
    private func time(
        _ episode: WindowEpisode, _ repetitions: Int, fresh: Bool
    ) -> (forward: Double, backward: Double) {
        var (forward, backward) = (0.0, 0.0)
        for _ in 0..<repetitions {
            if fresh { episode.takeFreshArrays() }
            forward += Stopwatch.seconds(episode.forward)
            backward += Stopwatch.seconds(episode.backward)
        }
        return (forward / Double(repetitions), backward / Double(repetitions))
    }

    private func growth(_ shapes: [WindowShape], _ times: [EpisodeTimes]) -> [Growth] {
        ReferenceMemory.Kind.allCases.compactMap { kind in
            let own = shapes.indices.filter { shapes[$0].kind == kind }
            guard let base = own.first(where: { shapes[$0].steps == Self.baseLength }), let longest = own.last,
                longest != base
            else { return nil }
            let steps = (Double(shapes[longest].steps), Double(shapes[base].steps))
            return Growth(
                kernel: "\(kind)", longest: shapes[longest].steps, base: shapes[base].steps,
                ratio: times[longest].both.medianRatio(to: times[base].both) * steps.1 / steps.0,
                ratioToCached: times[longest].both.medianRatio(to: times[base].again) * steps.1 / steps.0)
        }
    }
}

/// The rounds of one episode.
struct EpisodeTimes {
    /// With fresh arrays for each episode.
    var forward = Samples(), backward = Samples(), both = Samples()
    /// Forward and backward with the same arrays; empty for long episodes.
    var again = Samples()

    mutating func appendFresh(_ time: (forward: Double, backward: Double)) {
        forward.seconds.append(time.forward)
        backward.seconds.append(time.backward)
        both.seconds.append(time.forward + time.backward)
    }

    mutating func appendAgain(_ time: (forward: Double, backward: Double)) {
        again.seconds.append(time.forward + time.backward)
    }
}

extension Samples {
    /// The median of the ratios of samples taken in the same round.
    func medianRatio(to base: Samples) -> Double {
        Samples(seconds: zip(seconds, base.seconds).map { $0 / $1 }).median
    }
}

// MARK: - Results

struct ScalingResult: Encodable {
    let batch: Int
    let width: Int
    var regimes: [RegimeResult] = []
    /// What was left out, and why.
    var notices: [String] = []

    init(batch: Int, width: Int) {
        self.batch = batch
        self.width = width
    }

    /// One line for each check that failed.
    var failures: [String] {
        regimes.flatMap { regime in
            regime.lines.flatMap { line in
                line.checks.filter { !$0.passed }.map {
                    "\(line.kernel) T \(line.steps), \(regime.name) strengths: \($0.text)"
                }
            }
        }
    }
}

struct RegimeResult: Encodable {
    let name: String
    let explanation: String
    let lines: [ScalingLine]
    let growth: [Growth]
}

/// How much more a step costs in the longest episode than in the base.
struct Growth: Encodable {
    let kernel: String
    let longest: Int
    let base: Int
    /// With fresh arrays for both.
    let ratio: Double
    /// Against the base with arrays that stay in the cache.
    let ratioToCached: Double
}

/// One memory at one length; nanoseconds per push-pop-read of one batch element, medians but for two, with fresh arrays
/// but for one.
struct ScalingLine: Encodable {
    let kernel: String
    let steps: Int
    let checks: [Check]
    let error: Double
    let passed: Bool
    let forwardNanoseconds: Double
    let backwardNanoseconds: Double
    let nanoseconds: Double
    let fastestNanoseconds: Double
    let slowestNanoseconds: Double
    /// Forward and backward with the same arrays again and again; of short episodes only.
    let sameArraysNanoseconds: Double?
    let gigabytesPerSecond: Double
    let shareOfCopy: Double
    /// Time against the stack's at this length.
    let ratioToStack: Double

    init(_ shape: WindowShape, checks: [Check], times: EpisodeTimes, stack: EpisodeTimes, rates: MachineRates) {
        let each = 1e9 / Double(shape.operations)
        kernel = "\(shape.kind)"
        steps = shape.steps
        self.checks = checks
        error = checks.worstError
        passed = checks.allSatisfy(\.passed)
        forwardNanoseconds = times.forward.median * each
        backwardNanoseconds = times.backward.median * each
        nanoseconds = times.both.median * each
        fastestNanoseconds = times.both.fastest * each
        slowestNanoseconds = times.both.slowest * each
        sameArraysNanoseconds = times.again.seconds.isEmpty ? nil : times.again.median * each
        let bytes = Double(shape.leastFloats * MemoryLayout<Float>.stride)
        gigabytesPerSecond = bytes / times.both.median * 1e-9
        shareOfCopy = bytes / times.both.median / rates.copyFromMemory
        ratioToStack = times.both.medianRatio(to: stack.both)
    }
}

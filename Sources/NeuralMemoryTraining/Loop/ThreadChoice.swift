// On how many threads a training step runs, where other processes use the machine too.

import Foundation
import NeuralMemory

/// Finds the number of threads on which steps are fastest, while they run.
///
/// Threads share each step in equal parts, so a step on all processors takes as long as the thread that was interrupted
/// for another process: one thread fewer is then faster. Interruptions say when to try that; while some threads are
/// unused, trying them again is what says when the processor is free. A trial compares windows of steps in turns.
/// Numbers do not depend on the threads, so a run keeps its bits whatever is chosen.
package struct ThreadChoice {
    /// The most threads that may be used.
    package let most: Int
    /// The threads found best so far.
    package private(set) var best: Int

    /// Steps that count as one measurement.
    private struct Window {
        var seconds = 0.0
        /// Steps of sequences, which is what a batch's time grows with.
        var work = 0.0
        var interruptions = 0
    }

    /// Windows of another number of threads, in turns with those of the best one.
    private struct Trial {
        let threads: Int
        /// Seconds for a unit of work.
        var ofBest: [Double] = []
        var ofOther: [Double] = []
    }

    private var window = Window()
    private var trial: Trial?
    /// Seconds of steps since the last trial, and until the next one.
    private var sinceTrial = 0.0
    private var pause = Self.shortestPause

    /// Long enough to hold several interruptions, which last some milliseconds each.
    private static let windowSeconds = 0.04
    private static let windowsOfTrial = 3
    /// An idle system interrupts a few times a second, another busy process some hundred times.
    private static let interruptionsPerSecond = 20.0
    /// Other numbers of threads must be faster by so much, so that noise does not decide.
    private static let gain = 0.05
    private static let shortestPause = 0.5
    private static let longestPause = 8.0

    package init(most: Int) {
        self.most = most
        best = most
    }

    /// The threads of the next step.
    package var threads: Int {
        guard let trial else { return best }
        return isOthersTurn(trial) ? trial.threads : best
    }

    private func isOthersTurn(_ trial: Trial) -> Bool { trial.ofOther.count == trial.ofBest.count }

    /// Takes note of one step on `threads`: how long it took, its steps of sequences, and how often the system
    /// interrupted the process meanwhile.
    package mutating func record(seconds: Double, work: Int, interruptions: Int) {
        window.seconds += seconds
        window.work += Double(work)
        window.interruptions += interruptions
        guard window.seconds >= Self.windowSeconds, window.work > 0 else { return }
        defer { window = Window() }
        if trial == nil { considerTrial() } else { continueTrial() }
    }

    private mutating func considerTrial() {
        sinceTrial += window.seconds
        guard sinceTrial >= pause else { return }
        let isInterrupted = Double(window.interruptions) > Self.interruptionsPerSecond * window.seconds
        if isInterrupted, best > 1 {
            trial = Trial(threads: best - 1)
        } else if best < most {
            trial = Trial(threads: best + 1)
        }
    }

    private mutating func continueTrial() {
        guard var trial else { return }
        let cost = window.seconds / window.work
        if isOthersTurn(trial) { trial.ofOther.append(cost) } else { trial.ofBest.append(cost) }
        self.trial = trial
        if trial.ofBest.count == Self.windowsOfTrial { end(trial) }
    }

    private mutating func end(_ trial: Trial) {
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        let isFaster = median(trial.ofOther) < (1 - Self.gain) * median(trial.ofBest)
        if isFaster { best = trial.threads }
        // What did not help is tried less and less often.
        pause = isFaster ? Self.shortestPause : min(2 * pause, Self.longestPause)
        sinceTrial = 0
        self.trial = nil
    }
}

extension ThreadChoice {
    /// Runs one step on the threads chosen for it, and takes note of it.
    mutating func run<Result>(work: Int, _ step: () throws -> Result) rethrows -> Result {
        guard most > 1 else { return try step() }
        Runtime.threads = threads
        defer { Runtime.threads = most }
        let interruptions = ProcessUsage.interruptions
        let start = ContinuousClock.now
        let result = try step()
        record(
            seconds: (ContinuousClock.now - start) / .seconds(1), work: work,
            interruptions: ProcessUsage.interruptions - interruptions)
        return result
    }
}

// ThreadChoiceTests.swift: how many threads a step is given, on machines that are made up.

import Testing
import NeuralMemoryTraining

/// A machine with some processors, of which other processes may keep some busy.
private struct Machine {
    let processors: Int
    var busy = 0
    /// Seconds of a step on one free processor.
    let step: Double

    /// A step in equal parts takes as long as its slowest part, and a part that shares its processor takes twice as
    /// long.
    func seconds(threads: Int) -> Double {
        step / Double(threads) * (threads > processors - busy ? 2 : 1)
    }

    func interruptions(threads: Int, seconds: Double) -> Int {
        threads > processors - busy ? Int((seconds * 250).rounded(.up)) : 0
    }
}

@Suite struct ThreadChoiceTests {
    /// Lets steps take their time; returns their seconds in all and those that they would have taken on `ideal`
    /// threads.
    private func run(
        _ choice: inout ThreadChoice, on machine: Machine, seconds: Double, ideal: Int
    ) -> (Double, Double) {
        var (taken, best) = (0.0, 0.0)
        var number = 0
        while taken < seconds {
            // Batches differ in length, and time with them.
            let work = [100, 300, 200][number % 3]
            let scale = Double(work) / 200
            let step = machine.seconds(threads: choice.threads) * scale
            let interruptions = machine.interruptions(threads: choice.threads, seconds: step)
            choice.record(seconds: step, work: work, interruptions: interruptions)
            taken += step
            best += machine.seconds(threads: ideal) * scale
            number += 1
        }
        return (taken, best)
    }

    @Test(arguments: [0.0003, 0.004, 0.1, 1.5])
    func usesAllThreadsOfAnIdleMachine(_ step: Double) {
        var choice = ThreadChoice(most: 2)
        let (taken, ideal) = run(&choice, on: Machine(processors: 2, step: step), seconds: 30, ideal: 2)
        #expect(choice.best == 2)
        #expect(taken == ideal, "an idle machine is never asked to try fewer threads")
    }

    @Test(arguments: [0.0003, 0.004, 0.1])
    func leavesABusyProcessorAlone(_ step: Double) {
        var choice = ThreadChoice(most: 4)
        let machine = Machine(processors: 4, busy: 1, step: step)
        _ = run(&choice, on: machine, seconds: 5, ideal: 3)
        #expect(choice.best == 3)
        let (taken, ideal) = run(&choice, on: machine, seconds: 60, ideal: 3)
        #expect(taken < 1.05 * ideal, "trials of the busy processor cost little")
    }

    @Test func takesAProcessorBackWhenItIsFree() {
        var choice = ThreadChoice(most: 2)
        _ = run(&choice, on: Machine(processors: 2, busy: 1, step: 0.01), seconds: 60, ideal: 1)
        _ = run(&choice, on: Machine(processors: 2, step: 0.01), seconds: 15, ideal: 2)
        #expect(choice.best == 2)
    }

    @Test func neverUsesFewerThanOneNorMoreThanAllowed() {
        var choice = ThreadChoice(most: 3)
        let machine = Machine(processors: 3, busy: 3, step: 0.01)
        for _ in 0..<10_000 {
            #expect(1...3 ~= choice.threads)
            choice.record(seconds: machine.seconds(threads: choice.threads), work: 1, interruptions: 5)
        }
    }
}

// What a rank other than 0 does while runs are trained: it takes one at a time from rank 0.

import Foundation
import NeuralMemory
import NeuralMemoryMPI
import NeuralMemoryTraining

extension Ranks {
    /// Trains the runs that rank 0 gives, one at a time, until there are no more.
    ///
    /// - Parameter bytes: what rank 0 offered.
    func takeRuns(_ bytes: Data) throws {
        let folder = SharedFolder(bytes)
        try prepare { try folder.requireSeen() }
        RunTaker(group).work()
    }
}

/// A rank that trains runs for rank 0.
///
/// It sleeps between looks at its messages: to wait inside MPI would take the processor that its run needs.
private final class RunTaker {
    private let group: MPIGroup
    private var process: RunProcess?
    private var isStopping = false

    init(_ group: MPIGroup) { self.group = group }

    func work() {
        while true {
            while let (order, _) = group.receive(RunOrder.self) {
                if case .leave = order { return }
                obey(order)
            }
            if StopSignal.isRequested, !isStopping {
                isStopping = true
                process?.stop()
                tell(.askedToStop)
            }
            RunProcess.readLines(of: process.map { [$0] } ?? [], milliseconds: RankRuns.pause)
            if let ending = process?.ending {
                process = nil
                tell(.ended(ending))
            }
        }
    }

    private func obey(_ order: RunOrder) {
        switch order {
        case .train where isStopping: tell(.ended(.stopped))
        case .train(let folder, let label, let passesOutput):
            process = RunProcess(
                in: URL(fileURLWithPath: folder), threads: Runtime.threads, label: label, passesOutput: passesOutput
            ) { [group] line, isError in group.send(RunNews.printed(line, isError: isError), to: 0) }
        case .stop: process?.stop()
        case .leave: break
        }
    }

    private func tell(_ news: RunNews) { group.send(news, to: 0) }
}

// The lock of a run's folder: what a refusal leaves behind.

import Foundation
import NeuralMemory
import NeuralMemoryTraining
import Synchronization
import TestSupport
import Testing

@Suite struct FolderLockTests {
    /// A refusal closes the lock's file once: the second time its number could be another thread's file.
    @Test func refusalsCloseTheirFileOnce() throws {
        let folder = try TemporaryFolder()
        let held = try TrainingRun.start(smallConfiguration(), at: folder.file("run"))
        let isOver = Atomic(false)
        let faults = Atomic(0)
        let ended = DispatchSemaphore(value: 0)
        Thread {
            while !isOver.load(ordering: .relaxed) {
                let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
                if close(descriptor) != 0 { faults.add(1, ordering: .relaxed) }
            }
            ended.signal()
        }
        .start()
        for _ in 0..<500 { #expect(throws: FileError.self) { try RunDirectory.open(at: held.directory.url) } }
        isOver.store(true, ordering: .relaxed)
        ended.wait()
        let count = faults.load(ordering: .relaxed)
        #expect(count == 0)
    }
}

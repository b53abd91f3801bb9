// Following a run of any length with so many records in memory and no more.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import NeuralMemoryTraining

@Suite struct BoundedFollowerTests {
    private let folder: TemporaryFolder
    private var file: URL { folder.file("metrics.jsonl") }

    init() throws { folder = try TemporaryFolder() }

    private func lines(_ steps: some Sequence<Int>, seconds: Int = 0) -> Data {
        steps.reduce(into: Data()) { data, step in
            data += Data(
                """
                {"step":\(step),"sequences":\(step),"loss":1,"bits":1,"coarse":0,"fine":0,"gradient_norm":null,\
                "skipped":0,"learning_rate":1,"longest_length":1,"sequences_per_second":null,"elapsed_seconds":\(seconds),\
                "evaluations":[]}

                """.utf8)
        }
    }

    private func append(_ data: Data) throws {
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        try handle.write(contentsOf: data)
        try handle.close()
    }

    /// Whether it was read at once or as it came, the same records are left: evenly spread, few and from the first on.
    @Test func thinning() throws {
        try Data().write(to: file)
        var follower = RunReader(folder.url).follower(keeping: 100)
        for start in stride(from: 1, to: 5000, by: 97) {
            try append(lines(start..<min(start + 97, 5001)))
            let before = follower.records
            let kept = try follower.update()
            #expect(before.prefix(kept) == follower.records.prefix(kept))
            #expect(follower.records.count <= 100 && follower.latest?.step == min(start + 96, 5000))
        }
        let steps = follower.records.map(\.step)
        #expect(steps.count >= 50 && steps[0] == 1)
        #expect(Set(zip(steps, steps.dropFirst()).map { $1 - $0 }).count == 1, "\(steps)")
        var late = RunReader(folder.url).follower(keeping: 100)
        try late.update()
        #expect(late.records == follower.records && late.latest == follower.latest)
        #expect(try late.update() == late.records.count)
    }

    @Test func aFileOfManyMegabytes() throws {
        // Longer than one piece of reading, with lines that begin in one piece and end in the next.
        try lines(1...6000).write(to: file)
        #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int ?? 0 > 1 << 20)
        var all = RunReader(folder.url).follower
        try all.update()
        #expect(all.records.map(\.step) == Array(1...6000))
        // One line alone that is longer than a piece is passed over.
        try append(Data(String(repeating: "x", count: 3 << 20).utf8) + Data("\n".utf8) + lines([6001]))
        #expect(try all.update() == 6000 && all.records.last?.step == 6001)
    }

    @Test func aRewoundRun() throws {
        try lines(1...1000).write(to: file)
        var follower = RunReader(folder.url).follower(keeping: 64)
        try follower.update()
        try (lines(1...500) + lines(501...1200, seconds: 1)).write(to: file)
        let before = follower.records
        let kept = try follower.update()
        #expect(follower.latest?.step == 1200 && follower.records.count <= 64)
        #expect(before.prefix(kept) == follower.records.prefix(kept) && kept < before.count)
        #expect(follower.records.filter { $0.step > 500 }.allSatisfy { $0.elapsedSeconds == 1 })
        try FileManager.default.removeItem(at: file)
        #expect(try follower.update() == 0 && follower.records.isEmpty && follower.latest == nil)
    }
}

// AvailableMemoryTests.swift: what the system's files say of the memory that is left, read from copies of such files.

import Foundation
import NeuralMemory
import Testing

/// A folder in which files of /proc and /sys are made.
private final class System {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("neuralmemory-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: root) }

    func write(_ path: String, _ text: String) throws {
        let file = root.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func available(addressSpace: Double? = nil) -> AvailableMemory? {
        AvailableMemory.strictest(root: root.path, addressSpace: addressSpace)
    }
}

@Suite struct AvailableMemoryTests {
    private let system = System()

    init() throws {
        try system.write("proc/meminfo", "MemTotal:  24684096 kB\nMemFree: 100 kB\nMemAvailable:   20000000 kB\n")
    }

    private func expect(_ bytes: Double, _ owner: String, addressSpace: Double? = nil) {
        let expected = AvailableMemory(bytes: bytes, owner: owner)
        #expect(system.available(addressSpace: addressSpace) == expected)
    }

    @Test func theMachinesIsWhatIsAvailable() { expect(20_480_000_000, "this machine") }

    @Test func withoutFilesNothingIsKnown() { #expect(System().available() == nil) }

    @Test func thisMachineHasSome() {
        let physical = Double(ProcessInfo.processInfo.physicalMemory)
        #expect(AvailableMemory.now.bytes > 1e6 && AvailableMemory.now.bytes <= physical)
    }

    @Test func aGroupOfVersionTwo() throws {
        try system.write("proc/self/cgroup", "0::/user.slice/job\n")
        try system.write("sys/fs/cgroup/user.slice/job/memory.max", "max\n")
        expect(20_480_000_000, "this machine")
        try system.write("sys/fs/cgroup/user.slice/job/memory.max", "4000000000\n")
        expect(4e9, "the process's control group")
        try system.write("sys/fs/cgroup/user.slice/job/memory.current", "1500000000\n")
        try system.write("sys/fs/cgroup/user.slice/job/memory.stat", "anon 9\ninactive_file 500000000\nactive_file 7\n")
        expect(3e9, "the process's control group")
        // A group around it may have less.
        try system.write("sys/fs/cgroup/user.slice/memory.max", "2000000000\n")
        expect(2e9, "the process's control group")
        // More used than allowed is nothing left.
        try system.write("sys/fs/cgroup/user.slice/memory.current", "2100000000\n")
        expect(0, "the process's control group")
    }

    @Test func aGroupOfVersionOne() throws {
        try system.write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/job/a\n0::/\n")
        try system.write("sys/fs/cgroup/memory/job/a/memory.limit_in_bytes", "9223372036854771712\n")
        expect(20_480_000_000, "this machine")
        try system.write("sys/fs/cgroup/memory/job/a/memory.limit_in_bytes", "5000000000\n")
        try system.write("sys/fs/cgroup/memory/job/a/memory.usage_in_bytes", "2000000000\n")
        try system.write("sys/fs/cgroup/memory/job/a/memory.stat", "inactive_file 1\ntotal_inactive_file 1000000000\n")
        expect(4e9, "the process's control group")
    }

    /// Where a container sees its own group at the root, under another path than the process's.
    @Test func aContainersGroup() throws {
        try system.write("proc/self/cgroup", "4:memory:/docker/0123\n")
        try system.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000000000\n")
        expect(1e9, "the process's control group")
    }

    @Test func addressSpace() throws {
        try system.write("proc/self/status", "Name:\tx\nVmSize:\t  1000000 kB\n")
        expect(976_000_000, "the address space that ulimit -v allows", addressSpace: 2e9)
        expect(20_480_000_000, "this machine", addressSpace: 40e9)
    }

    @Test func filesThatSayNothingAreLeftOut() throws {
        try system.write("proc/self/cgroup", "\n:\n::\n0:\n4:memory\nnothing\n0::\n")
        try system.write("sys/fs/cgroup/memory.max", "many\n")
        expect(20_480_000_000, "this machine")
    }

    @Test func howManyFit() {
        let memory = AvailableMemory(bytes: 10e9, owner: "this machine")
        for (each, count) in [(3e9, 3), (10e9, 1), (11e9, 1), (.infinity, 1), (0, 1_000_000)] {
            #expect(memory.count(of: each) == count, "\(each)")
        }
        #expect(AvailableMemory.forAll.bytes >= AvailableMemory.now.bytes / 2)
    }

    @Test func bytesAsPeopleSayThem() {
        for (bytes, text) in [
            (0.0, "0 MB"), (1_500_000, "2 MB"), (99_900_000, "100 MB"), (1e8, "0.1 GB"), (25_140_000_000, "25.1 GB")
        ] { #expect(bytes.inGigabytes == text) }
    }
}

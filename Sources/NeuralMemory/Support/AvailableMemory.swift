// What the system leaves this process of its memory, by the strictest of all that limit it.

import Foundation

/// How many bytes this process may still take, and what says so.
///
/// Of the machine's memory it is what is available now, and not all there is: what other processes hold does not come
/// back because this one wants it, and the kernel would end one of them. Caches of files count as available. Swap does
/// not, since a network that is trained in swap is not trained in a lifetime. Control groups and the limit of address
/// space may leave less.
package struct AvailableMemory: Sendable, Equatable {
    package let bytes: Double
    /// Whose memory it is: "this machine".
    package let owner: String

    package init(bytes: Double, owner: String) {
        self.bytes = bytes
        self.owner = owner
    }

    /// What there is now.
    ///
    /// Without the files that say so (on other systems than Linux), all of the machine's memory.
    package static var now: AvailableMemory {
        let physical = Double(ProcessInfo.processInfo.physicalMemory)
        return strictest(root: "", addressSpace: addressSpaceLimit)
            ?? AvailableMemory(bytes: physical, owner: "this machine")
    }

    /// What there is now for several processes together: each has addresses of its own.
    package static var forAll: AvailableMemory { strictest(root: "", addressSpace: nil) ?? now }

    /// How many of so many bytes there is room for, at least one.
    package func count(of each: Double) -> Int { max(1, Int(min(bytes / each, 1e6))) }

    /// - `root`: what stands before all paths; a test's folder.
    /// - `addressSpace`: the most bytes of addresses, if they are limited.
    package static func strictest(root: String, addressSpace: Double?) -> AvailableMemory? {
        let system = SystemFiles(root: root)
        return ([system.machine, system.space(limit: addressSpace)] + system.controlGroups).compactMap { $0 }
            .min { $0.bytes < $1.bytes }
    }

    private static var addressSpaceLimit: Double? {
        var limit = rlimit()
        #if canImport(Glibc)
            let status = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        #else
            let status = getrlimit(RLIMIT_AS, &limit)
        #endif
        // As large a number as can be stands for no limit.
        return status == 0 && limit.rlim_cur < UInt64(Int64.max) ? Double(limit.rlim_cur) : nil
    }
}

/// What Linux says in files.
private struct SystemFiles {
    let root: String

    private func text(_ path: String) -> String? { try? String(contentsOfFile: root + path, encoding: .utf8) }

    private func number(_ path: String) -> Double? {
        text(path).flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// The first number after a name at the start of a line.
    private func number(_ path: String, _ name: String) -> Double? {
        let line = text(path)?.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.dropFirst(name.count).split(whereSeparator: \.isWhitespace).first.flatMap { Double($0) }
    }

    var machine: AvailableMemory? {
        number("/proc/meminfo", "MemAvailable:").map { AvailableMemory(bytes: 1024 * $0, owner: "this machine") }
    }

    /// What is left of a limit of address space.
    func space(limit: Double?) -> AvailableMemory? {
        guard let limit else { return nil }
        let used = 1024 * (number("/proc/self/status", "VmSize:") ?? 0)
        return AvailableMemory(bytes: max(0, limit - used), owner: "the address space that ulimit -v allows")
    }

    /// What the process's own control groups, and all groups that these are in, have left.
    var controlGroups: [AvailableMemory] {
        let lines = text("/proc/self/cgroup")?.split(separator: "\n") ?? []
        return lines.flatMap { line -> [AvailableMemory] in
            // NUMBER:CONTROLLERS:PATH; in version 2 there is one line, without controllers.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let folders = Self.ancestors(of: String(parts[2]))
            if parts[1].isEmpty { return folders.compactMap { group("/sys/fs/cgroup" + $0, .second) } }
            guard parts[1].split(separator: ",").contains("memory") else { return [] }
            return folders.compactMap { group("/sys/fs/cgroup/memory" + $0, .first) }
        }
    }

    /// "/a/b", "/a" and "": in a container the files of its own group stand at the root.
    private static func ancestors(of path: String) -> [String] {
        let names = path.split(separator: "/")
        return (0...names.count).map { names.prefix($0).map { "/" + $0 }.joined() }
    }

    private enum Version {
        case first, second

        var limit: String { self == .first ? "memory.limit_in_bytes" : "memory.max" }
        var usage: String { self == .first ? "memory.usage_in_bytes" : "memory.current" }
        /// Of what is used, caches of files that the kernel gives back when memory is short.
        var cache: String { self == .first ? "total_inactive_file" : "inactive_file" }
    }

    /// `nil` for a group without a limit: version 2 says "max", and version 1 a number beyond all machines.
    private func group(_ folder: String, _ version: Version) -> AvailableMemory? {
        guard let limit = number("\(folder)/\(version.limit)"), limit < 0x1p60 else { return nil }
        let used = number("\(folder)/\(version.usage)") ?? 0
        let cache = number("\(folder)/memory.stat", version.cache + " ") ?? 0
        return AvailableMemory(
            bytes: max(0, limit - max(0, used - cache)), owner: "the process's control group")
    }
}

extension Double {
    /// A number of bytes as people say it.
    package var inGigabytes: String {
        self < 1e8 ? "\(Int((self / 1e6).rounded())) MB" : "\((self / 1e8).rounded() / 10) GB"
    }
}

/// Throws unless so many bytes can still be had.
///
/// `value` and `allowed` are as for `ConfigurationError`; what is needed and what there is are added to the latter.
package func requireMemory(
    _ field: String, _ value: some CustomStringConvertible, bytes: Double, allowed: String
) throws {
    let available = AvailableMemory.now
    guard !(bytes <= available.bytes) else { return }
    throw ConfigurationError(field: field, value: value, allowed: allowed + ": " + available.refusal(of: bytes))
}

extension AvailableMemory {
    /// Says that so many bytes are too many.
    package func refusal(of needed: Double) -> String {
        "it would take about \(needed.inGigabytes), and \(owner) has \(bytes.inGigabytes) left"
    }
}

// Whether something fits into memory: found before anything is allocated, and refused with what would make it fit.

import NeuralMemory

/// A setting, or an option, that can be made smaller.
package struct MemoryLever {
    /// A smaller value, and all that is then needed, in bytes; `nil` where the setting cannot have that value.
    package typealias Candidate = (value: String, bytes: () -> Double?)

    let name: String
    let value: String
    /// The largest first.
    let candidates: [Candidate]

    package init(_ name: String, value: String, candidates: [Candidate]) {
        self.name = name
        self.value = value
        self.candidates = candidates
    }

    /// A number that may be halved, again and again, down to 1.
    package init(_ name: String, _ value: Int, bytes: @escaping (Int) -> Double?) {
        let halves = sequence(first: value / 2) { $0 / 2 }.prefix { $0 > 0 }
        self.init(name, value: "\(value)", candidates: halves.map { half in ("\(half)", { bytes(half) }) })
    }
}

package enum MemoryCheck {
    /// So many ways out are named.
    private static let mostNamed = 3
    /// What saves less than this is no way out.
    private static let leastSaving = 0.05

    /// Throws `ConfigurationError` unless so many bytes can be had.
    ///
    /// It names the lever of which half saves most, and values of levers with which it all fits.
    package static func require(
        _ needed: Double, levers: @autoclosure () -> [MemoryLever], available: AvailableMemory = .now
    ) throws {
        guard !(needed <= available.bytes) else { return }
        // In twentieths: of levers that save the same, the first is the one to name.
        let tried = levers().compactMap { lever -> (lever: MemoryLever, share: Double)? in
            guard let bytes = lever.candidates.first?.bytes() else { return nil }
            let share = (bytes / needed / leastSaving).rounded() * leastSaving
            return share < 1 ? (lever, share) : nil
        }
        let best = tried.enumerated().sorted { ($0.element.share, $0.offset) < ($1.element.share, $1.offset) }
            .map(\.element.lever)
        let refusal = available.refusal(of: needed)
        guard let blamed = best.first else {
            throw ConfigurationError(field: "network", value: "as large as it is", allowed: "smaller: \(refusal)")
        }
        let fitting = best.compactMap { $0.fitting(available.bytes) }.prefix(mostNamed)
        let advice =
            fitting.isEmpty
            ? "several must be smaller: \(best.prefix(mostNamed).map(\.name).joined(separator: ", "))"
            : fitting.joined(separator: ", or ")
        throw ConfigurationError(field: blamed.name, value: blamed.value, allowed: "smaller: \(refusal); \(advice)")
    }
}

extension MemoryLever {
    /// The largest value with which everything fits, and what is then needed.
    fileprivate func fitting(_ available: Double) -> String? {
        for candidate in candidates {
            guard let bytes = candidate.bytes(), bytes <= available else { continue }
            return "\(name)=\(candidate.value) would take \(bytes.inGigabytes)"
        }
        return nil
    }
}

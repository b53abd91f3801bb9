// Links between rows as a page gets them: those near 0, which nearly all of N² links are, are left out.

import NeuralMemory

/// Which links of a memory are recorded for a page.
package enum PageLinks {
    /// Smaller ones are left out.
    static let least: Float = 0.01

    /// The threshold of an inspection for a page; `nil` for signals that are no links.
    package static func threshold(_ signal: Signal) -> Float? { signal.role == .links ? least : nil }

    /// About how many bytes links take in one step; `nil` for other signals.
    ///
    /// A row has few links, since their sum is at most 1. Each takes 6 bytes with its place, and a third more in base64.
    package static func bytes(_ signal: Signal) -> Int? {
        guard signal.role == .links, case .rows(let rows)? = signal.axes.first else { return nil }
        return 4 * rows * 8
    }
}

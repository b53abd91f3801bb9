// What a command shows on a terminal while something takes long.

import Foundation
import NeuralMemoryTraining

/// A line on standard error, where that is a terminal and the work takes longer than two seconds.
final class StatusLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let stopwatch = Stopwatch()
    private var isShown = false

    func show(_ text: String) {
        guard isTerminal, stopwatch.seconds > 2 else { return }
        isShown = true
        try? FileHandle.standardError.write(contentsOf: Data("\r\(text)\u{1B}[K".utf8))
    }

    func erase() {
        if isShown { try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K".utf8)) }
    }
}

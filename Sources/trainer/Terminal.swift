// What the terminal that a command writes to can show.

import ArgumentParser
import Foundation
import NeuralMemoryMPI

/// Standard output, where it is a terminal, and what the environment says about it.
struct Terminal {
    let isTerminal: Bool
    /// How wide it is.
    let columns: Int
    /// Whether it shows characters beyond ASCII.
    let isUTF8: Bool
    /// Whether it obeys escape sequences for colours, and may be sent some (https://no-color.org).
    let hasColours: Bool

    /// Standard output as it is now: a window may change its size.
    static var output: Terminal {
        var size = winsize()
        let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1
        return Terminal(
            isTerminal: isatty(STDOUT_FILENO) == 1 && (hasSize || !isOfRank), width: hasSize ? Int(size.ws_col) : nil,
            environment: ProcessInfo.processInfo.environment)
    }

    /// A launcher of several ranks gives each a terminal without a size, whatever it writes to itself.
    private static var isOfRank: Bool { MPIGroup.launchedCount > 1 }

    /// - `width`: as the system says, if it does; else that of the variable COLUMNS, or 80.
    init(isTerminal: Bool, width: Int?, environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        self.isTerminal = isTerminal
        columns = max(20, width ?? value("COLUMNS").flatMap { Int($0) } ?? 80)
        let locale = (value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? "").lowercased()
        isUTF8 = locale.contains("utf-8") || locale.contains("utf8")
        hasColours = isTerminal && value("NO_COLOR") == nil && (value("TERM") ?? "dumb") != "dumb"
    }
}

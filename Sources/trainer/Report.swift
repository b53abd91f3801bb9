// `trainer report`: what was trained and how it got on, with episodes, as one HTML file.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryFigures
import NeuralMemoryTasks
import NeuralMemoryTraining

struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write one HTML file with settings, learning curves, results and episodes of runs.",
        discussion: """
            The file needs no network and no server: open it in a browser. It shows what was trained, learning curves, \
            results at each length, and episodes of the best checkpoint: input, target and output, and under them, step by \
            step, what memory and controller did.

            Several runs are compared. Of a folder of several seeds, medians and ranges are shown. A run may be read while \
            it is trained.

            Examples:
              trainer report runs/reversal-stack-1
              trainer report runs/reversal-stack-1 --episode "h e l l o" --output hello.html
              trainer report runs/copy-bits-ntm-1 runs/copy-bits-none-1 --output comparison.html
              trainer report runs/copy-bits-ntm-1 --length 40 --seed 7 --checkpoint latest
            """)

    @Argument(help: ArgumentHelp("Folders of runs, or of several seeds.", valueName: "dir"))
    var paths: [String]

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The file, whose name ends in .html; an older one is replaced. (default: report.html in the first folder)",
            valueName: "file"))
    var output: String?

    @OptionGroup var choice: EpisodeChoice
    @OptionGroup var threads: ThreadOption

    func validate() throws {
        guard !paths.isEmpty else { throw ValidationError("There is no run; name its folder.") }
        if let output, !output.lowercased().hasSuffix(".html") {
            throw ValidationError("--output is '\(output.shownPath)'; the name must end in .html.")
        }
    }

    func run() throws {
        threads.apply()
        let file = output.map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: paths[0]).appendingPathComponent("report.html")
        let runs = try paths.flatMap { try ReportRun.read($0) }
        let status = StatusLine()
        defer { status.erase() }
        let shown = NeuralMemoryFigures.Report.shown(of: runs)
        var episodes = try shown.prefix(Self.mostNetworks).map { name, run in
            status.show("running episodes of \(name.shownPath)")
            return try choice.episodes(of: run, name: name)
        }
        if shown.count > episodes.count {
            episodes.append(
                .init(
                    run: "Others", views: [],
                    notes: ["Episodes of the other \(shown.count - episodes.count) networks are left out."]))
        }
        let html = try NeuralMemoryFigures.Report(runs, episodes: episodes).html()
        try save(html, to: file)
        status.erase()
        let size = String(format: "%.1f MB", Double(html.count) / 1e6)
        try write("\(file.relativePath): \(size). To look at it: \(Self.opener) \(file.relativePath.quotedForShell)\n")
    }

    /// Episodes of more networks would make a file that takes long to open.
    private static let mostNetworks = 4

    #if os(macOS)
        private static let opener = "open"
    #else
        private static let opener = "xdg-open"
    #endif

    private func save(_ html: Data, to file: URL) throws {
        do {
            try AtomicFile.write([html], to: file)
        } catch let error as FileError where output == nil {
            throw FileError(file, "\(error.reason); choose another place with --output FILE")
        }
    }
}

extension String {
    /// As a shell reads it: quoted where it has other characters than those of plain paths.
    fileprivate var quotedForShell: String {
        let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-"
        if !isEmpty, allSatisfy({ plain.contains($0) }) { return self }
        return "'" + replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}

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
            results at each length, and episodes of the best checkpoint: input, target and output, and under them, step \
            by step, what memory and controller did.

            Several runs are compared. Of a folder of several seeds, medians and ranges are shown. A run may be read \
            while it is trained.

            --svg and --png write a single figure instead, for a paper. The kinds of --figure:
            \(FigureOptions.help)

            Examples:
              trainer report runs/reversal-stack-1
              trainer report runs/reversal-stack-1 --episode "h e l l o" --output hello.html
              trainer report runs/copy-bits-ntm-1 runs/copy-bits-none-1 --output comparison.html
              trainer report runs/copy-bits-ntm-1 --length 40 --seed 7 --checkpoint latest
              trainer report runs/copy-bits-ntm-1 --figure addressing --length 20 --svg addressing.svg
              trainer report runs/ten --figure curves --png curves.png
              trainer report runs/copy-bits-ntm-1 runs/copy-bits-none-1 --figure curves --quantity bits \
            --axis sequences --svg bits.svg
            """)

    @Argument(
        help: ArgumentHelp("Folders of runs, or of several seeds.", valueName: "dir"), completion: .directory)
    var paths: [String]

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The file, whose name ends in .html; an older one is replaced. (default: report.html in the first folder)",
            valueName: "file"), completion: .file(extensions: ["html"]))
    var output: String?

    @OptionGroup var choice: EpisodeChoice
    @OptionGroup var figure: FigureOptions
    @OptionGroup var threads: ThreadOption

    func validate() throws {
        guard !paths.isEmpty else { throw ValidationError("There is no run; name its folder.") }
        guard let output else { return }
        guard output.lowercased().hasSuffix(".html") else {
            throw ValidationError("--output is '\(output.shownPath)'; the name must end in .html.")
        }
        if let option = figure.firstFile?.option {
            throw ValidationError("--output and \(option) were given; \(option) writes a figure instead of a report.")
        }
    }

    func run() throws {
        threads.apply()
        let runs = try paths.flatMap { try ReportRun.read($0) }
        if figure.firstFile != nil {
            try figure.save(runs, choice)
        } else {
            try saveReport(runs)
        }
    }

    private func saveReport(_ runs: [ReportRun]) throws {
        let file =
            output.map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: paths[0]).appendingPathComponent("report.html")
        let status = StatusLine()
        defer { status.erase() }
        let shown = NeuralMemoryFigures.Report.shown(of: runs)
        var episodes = try shown.prefix(Self.mostNetworks).map { name, run in
            status.show("running episodes of \(name.shownPath)")
            let (episodes, notes) = try choice.episodes(of: run, name: name)
            return NeuralMemoryFigures.Report.Episodes(run: name, views: episodes.map(\.view), notes: notes)
        }
        if shown.count > episodes.count {
            let note = "Episodes of the other \(shown.count - episodes.count) networks are left out."
            episodes.append(.init(run: "Others", views: [], notes: [note]))
        }
        let html = try NeuralMemoryFigures.Report(runs, episodes: episodes).html()
        try save(html, to: file)
        status.erase()
        let size = String(format: "%.1f MB", Double(html.count) / 1e6)
        try write(
            "The report is in \(file.relativePath) (\(size)). Open it in a browser:\n"
                + "  \(Self.opener) \(RunSession.quoted([file.relativePath]))\n")
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

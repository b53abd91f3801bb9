// `trainer explore`: a page about runs in this machine's browser, for as long as the program runs.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryExplorer
import NeuralMemoryTraining

struct Explore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show runs in the browser: type a sequence, and watch controller and memory step by step.",
        discussion: """
            It prints an address that only this machine can open, and answers until Ctrl-C. On the page a sequence is \
            typed, or painted where inputs are vectors, and goes through the run's network at once; memory and \
            controller are drawn step by step. A slider chooses the checkpoint: the best, the last, and those that were \
            kept with training.snapshots. Several runs stand side by side, and learning curves grow while a run is \
            under way. Nothing is written, and nothing but the runs named is read.

            A folder of several seeds means all its runs. A run that has no checkpoint yet is shown when it has.

            Examples:
              trainer explore runs/reversal-stack-1
              trainer explore runs/copy-bits-ntm-1 runs/copy-bits-lstm-1 --open
              trainer explore runs/ten --port 8080
            """)

    @Argument(
        help: ArgumentHelp("Folders of runs, or of several seeds.", valueName: "run"), completion: .directory)
    var runs: [String]

    @Option(parsing: .unconditional, help: "The port of the address. (default: one that is free)")
    var port: Int?

    @Flag(help: "Open the page in the browser.")
    var open = false

    func validate() throws {
        if let port { try requireOption("--port", port, in: 0...65_535) }
        if runs.contains("") { throw ValidationError("a run is empty; it must be the path of a folder.") }
    }

    func run() throws {
        StopSignal.install()
        signal(SIGPIPE, SIG_IGN)
        let explorer = try Explorer(ExplorerRun.find(runs), port: UInt16(port ?? 0))
        try write("\(explorer.address)\n")
        if isatty(STDERR_FILENO) != 0 { complain("Open this address in a browser; Ctrl-C ends it.") }
        if open { openPage(explorer.address) }
        while !StopSignal.isRequested { usleep(100_000) }
        explorer.stop()
    }

    /// The address stands on the terminal anyway, so a machine without a browser is no error.
    private func openPage(_ address: String) {
        #if canImport(Darwin)
            let opener = "open"
        #else
            let opener = "xdg-open"
        #endif
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [opener, address]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { process in
            if process.terminationStatus != 0 {
                complain("Warning: no browser could be opened; open the address by hand.")
            }
        }
        do {
            try process.run()
        } catch {
            complain("Warning: no browser could be opened; open the address by hand.")
        }
    }
}

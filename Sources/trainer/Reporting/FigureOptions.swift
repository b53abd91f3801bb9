// `--figure`, `--svg` and `--png`: one figure for a paper, instead of a whole report.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryFigures
import NeuralMemoryTasks
import NeuralMemoryTraining

/// Options that ask for a figure.
struct FigureOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: """
            What --svg or --png shows: \(FigureKind.allCases.map(\.rawValue).listed()). (default: episode)
            """)
    var figure: FigureKind?

    @Option(
        parsing: .unconditional,
        help: """
            What curves and lengths show: \(CurveQuantity.allCases.map(\.rawValue).listed()); of several runs, curves \
            are those of training, or of the lengths trained at. (default: loss and accuracy)
            """)
    var quantity: CurveQuantity?

    @Option(parsing: .unconditional, help: "What curves count to the right: steps or sequences. (default: steps)")
    var axis: CurveAxis?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Write one figure as SVG; an older file is replaced.", valueName: "file"),
        completion: .file(extensions: ["svg"]))
    var svg: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Write one figure as PNG, which needs the program rsvg-convert; an older file is replaced.",
            valueName: "file"), completion: .file(extensions: ["png"]))
    var png: String?

    /// A line for each kind.
    static let help = FigureKind.allCases.map { kind in
        "  " + kind.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0) + kind.summary
    }.joined(separator: "\n")

    /// The files asked for.
    private var files: [(option: String, path: String)] {
        [("--svg", svg), ("--png", png)].compactMap { option, path in path.map { (option, $0) } }
    }

    var firstFile: (option: String, path: String)? { files.first }

    func validate() throws {
        for (option, path) in files where !path.lowercased().hasSuffix(".\(option.dropFirst(2))") {
            throw ValidationError(
                "\(option) is '\(path.shownPath)'; the name must end in .\(option.dropFirst(2)).")
        }
        if let quantity, figure.map(\.isOfEpisode) ?? true {
            throw ValidationError(
                "--quantity \(quantity.rawValue) is for figures of runs; give --figure curves or --figure lengths too.")
        }
        if let axis, figure != .curves {
            throw ValidationError("--axis \(axis.rawValue) is for learning curves; give --figure curves too.")
        }
        if let figure, files.isEmpty {
            throw ValidationError(
                "--figure \(figure.rawValue) needs a file: --svg \(figure.rawValue).svg, or "
                    + "--png \(figure.rawValue).png."
            )
        }
    }

    /// Makes the figure and writes it.
    func save(_ runs: [ReportRun], _ choice: EpisodeChoice) throws {
        let kind = figure ?? .episode
        let text =
            kind.isOfEpisode
            ? try episodeFigure(kind, runs, choice)
            : try kind.svg(runs: runs.map(\.curve), quantity: quantity, axis: axis ?? .steps)
        if let svg { try FigureFile.writeSVG(text, to: URL(fileURLWithPath: svg)) }
        if let png { try FigureFile.writePNG(text, to: URL(fileURLWithPath: png)) }
        for (_, path) in files { try write("The figure is in \(path).\n") }
    }

    private func episodeFigure(_ kind: FigureKind, _ runs: [ReportRun], _ choice: EpisodeChoice) throws -> String {
        let shown = NeuralMemoryFigures.Report.shown(of: runs)
        guard shown.count == 1 else {
            throw ValidationError("The figure \(kind.rawValue) is made of one run, and \(shown.count) were given.")
        }
        let (episodes, notes) = try choice.episodes(of: shown[0].run, name: shown[0].name)
        guard let episode = episodes.first else { throw ValidationError(notes.joined(separator: " ")) }
        for note in episode.notes { complain("Note: \(note)") }
        return try kind.svg(episode: episode.inspection)
    }
}

extension FigureKind: ExpressibleByArgument {}
extension CurveQuantity: ExpressibleByArgument {}
extension CurveAxis: ExpressibleByArgument {}

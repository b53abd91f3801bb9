// A report: one HTML file with what runs were trained on, how they got on, and episodes of their networks.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// What is known of some runs, as one page.
package struct Report {
    /// Episodes of one run's network.
    package struct Episodes {
        let run: String
        let views: [EpisodeView]
        /// Whole sentences: why there are none, or fewer.
        let notes: [String]

        package init(run: String, views: [EpisodeView], notes: [String] = []) {
            self.run = run
            self.views = views
            self.notes = notes
        }
    }

    private let groups: [ReportGroup]
    private let episodes: [Episodes]

    /// - Parameters:
    ///   - runs: at least one; runs of one group that follow each other are shown together.
    ///   - episodes: in the order in which they are shown.
    package init(_ runs: [ReportRun], episodes: [Episodes]) {
        groups = ReportGroup.groups(runs)
        self.episodes = episodes
    }

    /// The run of each group whose episodes are worth showing, and what the group is called.
    package static func shown(of runs: [ReportRun]) -> [(name: String, run: ReportRun)] {
        ReportGroup.groups(runs).map { group in
            let run = group.shown
            return (group.isOfSeeds ? "\(group.name), \(run.name)" : group.name, run)
        }
    }

    /// The file's bytes.
    ///
    /// Throws `FileError` where the page's files are missing.
    package func html() throws -> Data {
        let title = groups.map(\.name).joined(separator: ", ").shown(atMost: 200)
        var content: HTML = """
            <h1>\(user: title)</h1>
            \(try ReportSettings(groups: groups).html)
            \(ReportCurves(runs: groups.flatMap(\.runs)).html)
            \(ReportResults(groups: groups).html)
            <section id="episodes"><h2>Episodes</h2>

            """
        content = "\(content)<p class=\"nm-note\">\(Self.explanation)</p>\n"
        var number = 0
        for part in episodes {
            if episodes.count > 1 { content = "\(content)<h3>\(user: part.run)</h3>\n" }
            for note in part.notes { content = "\(content)<p>\(note.shown(atMost: 1000))</p>\n" }
            for view in part.views {
                number += 1
                content = "\(content)\(try Self.episode(view, id: "episode-\(number)"))"
            }
        }
        content = "\(content)</section>\n<footer>Made by trainer report of NeuralMemory.</footer>"
        return PageTemplate.filled(
            try PageFolder.report.text("report.html"),
            [
                "title": HTML.escaped("Report: \(title)"),
                "style": try Self.joined(PageFolder.sharedStyles, and: "report.css"),
                "script": try Self.joined(PageFolder.sharedScripts, and: "report.js"),
                "content": content.markup
            ])
    }

    /// The texts of what pages share, and then of the report's own file.
    private static func joined(_ shared: [String], and own: String) throws -> String {
        (try shared.map { try PageFolder.shared.text($0) } + [try PageFolder.report.text(own)]).joined(separator: "\n")
    }

    private static let explanation = """
        Steps go from left to right. Click a step, or use the arrow keys, to see what the memory holds then; the \
        pointer or the arrow keys over a heatmap say the numbers, in three digits. A frame marks a wrong output.
        """

    /// Where an episode is drawn, and its data.
    private static func episode(_ view: EpisodeView, id: String) throws -> HTML {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let json = HTML(markup: inert(json: try encoder.encode(view)))
        return """
            <div data-episode="\(id)"></div>
            <script type="application/json" id="\(id)">\(json)</script>

            """
    }

    /// JSON whose texts cannot end the element that it stands in.
    static func inert(json: Data) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.count)
        json.withUnsafeBytes { (all: UnsafeRawBufferPointer) in
            var rest = all[...]
            while let index = rest.firstIndex(of: UInt8(ascii: "<")) {
                bytes += rest[..<index]
                bytes += "\\u003c".utf8
                rest = rest[(index + 1)...]
            }
            bytes += rest
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

// The files of the explorer's page.

import Foundation
import NeuralMemory
import NeuralMemoryFigures

/// The explorer's own page, style sheet and scripts, and those that it shares with the report.
enum ExplorerFiles {
    private static var folder: URL {
        get throws { try ResourceFolder.url("ExplorerPage", of: "NeuralMemoryExplorer") }
    }

    private static let own = [
        "explorer.html", "explorer.css", "api.js", "curves.js", "paint.js", "input.js", "changes.js", "moments.js",
        "pane.js", "explorer.js"
    ]
    private static let shared = [
        "base.css", "episode.css", "support.js", "colors.js", "signals.js", "bitmaps.js", "tooltip.js", "links.js",
        "tracks.js", "panel.js", "export.js", "episode.js", "charts.js"
    ]

    /// A file's text.
    ///
    /// Throws `FileError` where it is missing.
    static func text(_ name: String) throws -> String {
        let file = try folder.appendingPathComponent(name)
        return String(decoding: try FileReader.contents(of: file, atMost: 1 << 20), as: UTF8.self)
    }

    /// All files by the paths that the server has them under; the page itself is `/`.
    ///
    /// Throws `FileError` where one is missing.
    static func responses() throws -> [String: HTTPResponse] {
        var responses: [String: HTTPResponse] = [:]
        for (names, read) in [(own, text), (shared, PageFiles.text)] {
            for name in names {
                let path = name == "explorer.html" ? "/" : "/\(name)"
                responses[path] = HTTPResponse(type: type(of: name), body: Data(try read(name).utf8))
            }
        }
        return responses
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        default: "text/javascript; charset=utf-8"
        }
    }
}

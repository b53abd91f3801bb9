// Which files of the page folder belong together, and how they are put into one file.

import Foundation

extension PageFiles {
    /// Style sheets that report and explorer share, in their order.
    package static let sharedStyles = ["base.css", "episode.css"]

    /// Scripts that report and explorer share, in their order: each uses only what comes before it when it is loaded.
    package static let sharedScripts = [
        "support.js", "tooltip.js", "colors.js", "signals.js", "bitmaps.js", "links.js", "tracks.js", "panel.js",
        "episode.js", "export.js", "charts.js"
    ]

    /// The texts of several files, one after the other.
    package static func joined(_ names: [String]) throws -> String {
        try names.map { try text($0) }.joined(separator: "\n")
    }

    /// A template with pieces in place of their names, as in `{{title}}`.
    ///
    /// Pieces are put in as they are, and what is in them is not looked at.
    static func filled(_ template: String, _ pieces: [String: String]) -> Data {
        var data = Data()
        var rest = template[...]
        while let start = rest.range(of: "{{"), let end = rest[start.upperBound...].range(of: "}}") {
            data.append(contentsOf: rest[..<start.lowerBound].utf8)
            data.append(contentsOf: (pieces[String(rest[start.upperBound..<end.lowerBound])] ?? "").utf8)
            rest = rest[end.upperBound...]
        }
        data.append(contentsOf: rest.utf8)
        return data
    }
}

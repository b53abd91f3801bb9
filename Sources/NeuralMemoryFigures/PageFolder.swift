// The files that pages are made of.

import Foundation
import NeuralMemory

/// A folder of style sheets, scripts and templates of a page.
package struct PageFolder: Sendable {
    private let name: String
    private let module: String

    /// A folder among a module's files.
    ///
    /// - Parameters:
    ///   - name: the folder's name, as in Package.swift.
    ///   - module: whose files they are.
    package init(_ name: String, of module: String) {
        self.name = name
        self.module = module
    }

    /// A file's text, with the colour scales of figures where a script wants them.
    ///
    /// Throws `FileError` where it is missing.
    package func text(_ file: String) throws -> String {
        let url = try ResourceFolder.url(name, of: module).appendingPathComponent(file)
        let text = String(decoding: try FileReader.contents(of: url, atMost: 1 << 20), as: UTF8.self)
        return file.hasSuffix(".js") ? text.replacingOccurrences(of: "{{scales}}", with: ColourScale.script) : text
    }
}

extension PageFolder {
    /// What report and explorer share.
    package static let shared = PageFolder("SharedPage", of: "NeuralMemoryFigures")

    /// The report's own files.
    static let report = PageFolder("ReportPage", of: "NeuralMemoryFigures")

    /// The style sheets in `shared`, in their order.
    package static let sharedStyles = ["base.css", "episode.css"]

    /// The scripts in `shared`, in their order: each uses only what comes before it when it is loaded.
    package static let sharedScripts = [
        "support.js", "tooltip.js", "colors.js", "signals.js", "bitmaps.js", "links.js", "tracks.js", "panel.js",
        "episode.js", "export.js", "charts.js"
    ]
}

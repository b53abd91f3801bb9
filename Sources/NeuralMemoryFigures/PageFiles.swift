// The files that pages are made of.

import Foundation
import NeuralMemory

/// Style sheets, scripts and templates of the report, and those that the explorer shares with it.
package enum PageFiles {
    private static var folder: URL {
        get throws { try ResourceFolder.url("Page", of: "NeuralMemoryFigures") }
    }

    /// A file's text, with the colour scales of figures where a script wants them.
    ///
    /// Throws `FileError` where it is missing.
    package static func text(_ name: String) throws -> String {
        let file = try folder.appendingPathComponent(name)
        let text = String(decoding: try FileReader.contents(of: file, atMost: 1 << 20), as: UTF8.self)
        return name.hasSuffix(".js") ? text.replacingOccurrences(of: "{{scales}}", with: ColourScale.script) : text
    }
}

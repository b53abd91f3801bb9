// The files of the explorer's page.

import Foundation
import NeuralMemory

/// The explorer's own template, style sheet and scripts; it shares others with the report.
enum ExplorerFiles {
    private static var folder: URL {
        get throws { try ResourceFolder.url("ExplorerPage", of: "NeuralMemoryExplorer") }
    }

    /// A file's text.
    ///
    /// Throws `FileError` where it is missing.
    static func text(_ name: String) throws -> String {
        let file = try folder.appendingPathComponent(name)
        return String(decoding: try FileReader.contents(of: file, atMost: 1 << 20), as: UTF8.self)
    }
}

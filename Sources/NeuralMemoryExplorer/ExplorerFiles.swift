// The files of the explorer's page.

import Foundation
import NeuralMemory
import NeuralMemoryFigures

/// The explorer's own page, style sheet and scripts, and those that it shares with the report.
enum ExplorerFiles {
    static let folder = PageFolder("ExplorerPage", of: "NeuralMemoryExplorer")

    private static let styles = ["explorer.css"]
    private static let scripts = [
        "api.js", "curves.js", "paint.js", "input.js", "changes.js", "moments.js", "pane.js", "explorer.js"
    ]

    /// All files by the paths that the server has them under; the page itself is `/`.
    ///
    /// Throws `FileError` where one is missing.
    static func responses() throws -> [String: HTTPResponse] {
        var responses = ["/": HTTPResponse(type: "text/html; charset=utf-8", body: try page())]
        for name in PageFolder.sharedStyles + PageFolder.sharedScripts {
            responses["/\(name)"] = response(name, try PageFolder.shared.text(name))
        }
        for name in styles + scripts { responses["/\(name)"] = response(name, try folder.text(name)) }
        return responses
    }

    /// The page, which loads all style sheets and scripts in their order.
    private static func page() throws -> Data {
        let styles = (PageFolder.sharedStyles + styles).map { "<link rel=\"stylesheet\" href=\"\($0)\">" }
        let scripts = (PageFolder.sharedScripts + scripts).map { "<script defer src=\"\($0)\"></script>" }
        return PageTemplate.filled(
            try folder.text("explorer.html"), ["files": (styles + scripts).joined(separator: "\n")])
    }

    private static func response(_ name: String, _ text: String) -> HTTPResponse {
        let type = name.hasSuffix(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8"
        return HTTPResponse(type: type, body: Data(text.utf8))
    }
}

// How a page's template is filled.

import Foundation

/// Puts pieces into the template of a page.
package enum PageTemplate {
    /// A template with pieces in place of their names, as in `{{title}}`.
    ///
    /// Pieces are put in as they are, and what is in them is not looked at.
    package static func filled(_ template: String, _ pieces: [String: String]) -> Data {
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

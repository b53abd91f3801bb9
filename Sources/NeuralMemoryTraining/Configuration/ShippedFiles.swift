// YAML files that ship with the package: a folder of them, whose paths below it are their names.

import Foundation
import NeuralMemory

/// The files of one folder among the package's resources.
struct ShippedFiles {
    /// The folder's name.
    let folderName: String

    private var folder: URL {
        get throws { try ResourceFolder.url(folderName, of: "NeuralMemoryTraining") }
    }

    /// All names, in alphabetical order.
    ///
    /// Throws `FileError` where the folder is missing.
    var names: [String] {
        get throws {
            let files = FileManager.default.enumerator(atPath: try folder.path)?.compactMap { $0 as? String } ?? []
            return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
        }
    }

    /// The file of a name that there is.
    func file(_ name: String) throws -> URL { try folder.appendingPathComponent(name + ".yaml") }

    /// The lines of comment that a file starts with.
    func comment(of name: String) throws -> [String] {
        let text = String(decoding: try FileReader.contents(of: try file(name), atMost: 1 << 20), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("#") }
        return lines.map { $0.dropFirst().trimmingCharacters(in: .whitespaces) }
    }
}

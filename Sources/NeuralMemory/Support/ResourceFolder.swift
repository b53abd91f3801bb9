// Where a module's files are at run time: presets, grammars, pages.

import Foundation

/// Finds the files that come with a module, wherever the program was moved with them.
package enum ResourceFolder {
    /// The folder of a module's files.
    ///
    /// The package manager puts them beside the program; an installation puts them under `share/neuralmemory`, beside
    /// the folder of the program. Throws `FileError`, which names both, where it is in neither.
    ///
    /// - Parameters:
    ///   - name: the folder's name, as in Package.swift.
    ///   - module: whose files they are.
    package static func url(_ name: String, of module: String) throws -> URL {
        let path = "NeuralMemory_\(module).resources/\(name)"
        let places = folders.map { $0.appendingPathComponent(path) }
        if let found = places.first(where: { FileManager.default.fileExists(atPath: $0.path) }) { return found }
        throw FileError(
            URL(fileURLWithPath: path, relativeTo: folders[0]),
            "this folder of the program's own files is missing, and is not in \(folders[1].path.shownPath) either; keep "
                + "the folders *.resources beside the program, link to it instead of copying it, or install it with "
                + "make install")
    }

    /// Where to look, in this order.
    private static let folders: [URL] = {
        let program = programFile.resolvingSymlinksInPath().deletingLastPathComponent()
        let share = program.deletingLastPathComponent().appendingPathComponent("share/neuralmemory")
        return [program, share]
    }()

    private static var programFile: URL {
        #if os(Linux)
            if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
                return URL(fileURLWithPath: path)
            }
        #endif
        return Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    }
}

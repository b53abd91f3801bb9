// Where a module's files are at run time: presets, grammars, pages.

import Foundation

/// Finds the files that come with a module, wherever the program was moved with them.
package enum ResourceFolder {
    /// The folder of a module's files, which is beside the program, or beside what a link to it leads to.
    ///
    /// Throws `FileError`, which names the folder, where it is not there.
    ///
    /// - Parameters:
    ///   - name: the folder's name, as in Package.swift.
    ///   - module: whose files they are.
    package static func url(_ name: String, of module: String) throws -> URL {
        let url = programFolder.appendingPathComponent("NeuralMemory_\(module).resources/\(name)")
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw FileError(
                url,
                "this folder of the program's own files is missing; keep the folders *.resources beside the program, "
                    + "link to it instead of copying it, or install it with make install")
        }
        return url
    }

    private static let programFolder = programFile.resolvingSymlinksInPath().deletingLastPathComponent()

    private static var programFile: URL {
        #if os(Linux)
            if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
                return URL(fileURLWithPath: path)
            }
        #endif
        return Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    }
}

// Where a module's files are at run time: presets, grammars, pages.

import Foundation

/// Finds the files that come with a module, wherever the program was moved with them.
package enum ResourceFolder {
    /// The folder of a module's files.
    ///
    /// The package manager puts them beside the program; an installation puts them under `share/neuralmemory`, beside
    /// the folder of the program. Where neither is there, the first place is returned, and reading from it says what is
    /// missing.
    ///
    /// - Parameters:
    ///   - name: the folder's name, as in Package.swift.
    ///   - module: whose files they are.
    package static func url(_ name: String, of module: String) -> URL {
        let bundle = "NeuralMemory_\(module).resources"
        let places = folders.map { $0.appendingPathComponent(bundle).appendingPathComponent(name) }
        return places.first { FileManager.default.fileExists(atPath: $0.path) } ?? places[0]
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

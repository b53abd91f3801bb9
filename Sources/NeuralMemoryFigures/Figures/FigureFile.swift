// Figures as files: SVG, and PNG by a program that draws SVG.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// Writing figures.
package enum FigureFile {
    /// The program that makes pictures of SVG files.
    static let converter = "rsvg-convert"

    /// Writes an SVG file as a whole or not at all.
    ///
    /// Throws `FileError`.
    package static func writeSVG(_ svg: String, to file: URL) throws {
        try AtomicFile.write([Data(svg.utf8)], to: file)
    }

    /// Writes a PNG file, in the light theme, as a whole or not at all.
    ///
    /// Throws `FileError`, also where `rsvg-convert` is not installed or fails.
    ///
    /// - Parameters:
    ///   - svg: the figure.
    ///   - file: is replaced if it is there.
    ///   - scale: pixels of the picture for each of the figure.
    ///   - path: the folders that the program is looked for in; those of PATH unless given.
    package static func writePNG(
        _ svg: String, to file: URL, scale: Double = 2,
        path: String = ProcessInfo.processInfo.environment["PATH"] ?? ""
    ) throws {
        guard let program = find(converter, in: path) else {
            throw FileError(
                file,
                "a PNG needs the program \(converter), which is not installed: apt-get install librsvg2-bin. "
                    + "Or write an SVG file, with --svg")
        }
        try AtomicFile.write([try convert(svg, by: program, scale: scale, for: file)], to: file)
    }

    private static func find(_ name: String, in path: String) -> URL? {
        path.split(separator: ":").map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// The figure goes in through a file of its own: a pipe in both directions could fill up and wait for ever.
    private static func convert(_ svg: String, by program: URL, scale: Double, for file: URL) throws -> Data {
        let source = FileManager.default.temporaryDirectory
            .appendingPathComponent("figure-\(UUID().uuidString).svg")
        try AtomicFile.write([Data(svg.utf8)], to: source)
        defer { try? FileManager.default.removeItem(at: source) }
        let process = Process()
        process.executableURL = program
        process.arguments = ["--format", "png", "--zoom", "\(scale)", source.path]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch {
            throw FileError(file, "\(program.path) cannot be started: \(error.localizedDescription)")
        }
        let picture = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0, !picture.isEmpty else {
            throw FileError(file, "\(program.path) failed with exit code \(process.terminationStatus)")
        }
        return picture
    }
}

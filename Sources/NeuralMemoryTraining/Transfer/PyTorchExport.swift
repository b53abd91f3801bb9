// A trained network for PyTorch: its parameters, and a Python module that computes with them what it computes here.

import Foundation
import NeuralMemory

/// Writes a folder with `model.py` and `parameters.safetensors`.
public enum PyTorchExport {
    /// The names of the files.
    public static let moduleName = "model.py"
    /// What the module reads unless it is told otherwise.
    public static let parametersName = "parameters.safetensors"

    /// The Python module: one file for all networks of this package, which reads from the parameters' file what it has to
    /// build.
    ///
    /// Throws `FileError` where the package's own files are missing.
    static var module: Data {
        get throws {
            let folder = try ResourceFolder.url("PyTorch", of: "NeuralMemoryTraining")
            return try FileReader.contents(of: folder.appendingPathComponent(moduleName), atMost: 1 << 20)
        }
    }

    /// Writes the files into a new or empty folder.
    ///
    /// Throws `FileError`, and writes nothing, where there is anything already but an empty folder.
    public static func write(_ parameters: TrainedParameters, to folder: URL) throws {
        let module = try module
        let contents = try parameters.safetensors
        try RunDirectory.makeFolder(folder)
        try RunDirectory.requireEmpty(folder)
        try AtomicFile.write([module], to: folder.appendingPathComponent(moduleName))
        try Safetensors.write(
            contents.entries, metadata: contents.metadata, to: folder.appendingPathComponent(parametersName))
    }
}

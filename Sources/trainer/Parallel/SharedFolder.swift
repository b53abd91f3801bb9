// Whether all ranks have the same folder under the same name: what one writes there, the others must see.

import Foundation
import NeuralMemory

/// Does what follows on making a new folder; where that throws, the folder is removed.
///
/// Nothing has been trained in it yet, and its lock is held.
func leavingNothing<Value>(at folder: URL, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        try? FileManager.default.removeItem(at: folder)
        throw error
    }
}

/// A folder with a file in it, for a moment, by which ranks know that it is the one that rank 0 has.
///
/// A folder of the same name on another machine may hold another study, or an older copy of this one.
package struct SharedFolder {
    /// The file's absolute path.
    private let mark: String

    /// On rank 0.
    ///
    /// Throws `FileError` where nothing can be written into the folder. The name is that of a file in the making, which
    /// whoever opens the folder removes if it was left there by a kill.
    package init(marking folder: URL) throws {
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        let file = folder.appendingPathComponent(".ranks.\(random).partial")
        mark = file.path
        guard FileManager.default.createFile(atPath: mark, contents: nil) else {
            throw FileError(folder, failed: "write into this folder")
        }
    }

    /// On the others, from what rank 0 offered.
    package init(_ bytes: Data) { mark = String(decoding: bytes, as: UTF8.self) }

    package var bytes: Data { Data(mark.utf8) }

    package func unmark() { unlink(mark) }

    /// Throws `Unseen` unless this rank sees the folder too.
    package func requireSeen() throws {
        guard !FileManager.default.fileExists(atPath: mark) else { return }
        throw Unseen(folder: URL(fileURLWithPath: mark).deletingLastPathComponent().path)
    }

    /// This rank has no such folder, or another one of the same name.
    package struct Unseen: Error, CustomStringConvertible {
        let folder: String

        package var description: String {
            "\(folder.shownPath) is not there, or is not the folder that rank 0 has under this name; all ranks need the same "
                + "one, on a file system that their machines share"
        }
    }
}

// What a path on a command line names, for commands that look at runs.

import Foundation
import NeuralMemory

/// A run, or the runs of several seeds.
package enum NamedRuns {
    /// A folder that is not one of several seeds; whether it holds a run is for the reader to say.
    case run(RunReader)
    /// Those that are in the folder's `seeds.json`; some may not have begun.
    case seeds([(seed: UInt64, run: RunReader)])

    /// Looks at the folder, without a lock.
    ///
    /// Throws `FileError` where there is no folder, or it cannot be read.
    ///
    /// - Parameters:
    ///   - path: of a folder.
    ///   - advice: what to give instead of a file, as the end of a sentence.
    package init(_ path: String, insteadOfFile advice: String) throws {
        let url = URL(fileURLWithPath: path)
        guard try url.isThere() else {
            throw FileError(url, "there is no such run folder; give one as 'trainer train' named it")
        }
        guard RunDirectory.isFolder(url) else { throw FileError(url, "this is a file; \(advice)") }
        self = try SeedDirectory.holdsSeeds(url) ? .seeds(SeedDirectory.readers(at: url)) : .run(RunReader(url))
    }
}

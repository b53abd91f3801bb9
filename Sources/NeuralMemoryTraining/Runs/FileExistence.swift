// Whether a file is there, where not knowing must not count as no.

import Foundation
import NeuralMemory

extension URL {
    /// Whether there is anything by this name.
    ///
    /// Throws `FileError` where the system cannot say.
    package func isThere() throws -> Bool {
        var status = stat()
        if stat(path, &status) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw FileError(self, failed: "look for this") }
        return false
    }
}

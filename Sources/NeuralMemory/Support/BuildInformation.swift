// Which version of the package this is, and which commit a program was built from.

import Synchronization

/// The version and the commit of a program, as `trainer --version` prints them and runs keep them.
public enum BuildInformation {
    /// The package's version.
    public static let version = "0.1.0"

    private static let knownCommit = Mutex<String?>(nil)

    /// The commit as git describes it, with "-modified" at its end where files differed from it; `nil` where it is not
    /// known, as in programs that only use the library.
    public static var commit: String? { knownCommit.withLock { $0 } }

    /// Tells which commit this program was built from; an empty text tells nothing.
    package static func setCommit(_ commit: String) {
        knownCommit.withLock { $0 = commit.isEmpty ? nil : commit }
    }

    /// One line: "0.1.0 (commit abc1234, modified)", or "0.1.0 (unknown commit)".
    package static var summary: String {
        guard let commit else { return "\(version) (unknown commit)" }
        return "\(version) (commit \(commit.replacing("-modified", with: ", modified")))"
    }
}

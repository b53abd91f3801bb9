// The studies that ship with the package: YAML files in the folder StudyFiles.

import Foundation

/// Shipped studies.
///
/// The name of one is its path in the folder, without the extension.
public enum Studies {
    private static let files = ShippedFiles(folderName: "StudyFiles")

    /// All names, in alphabetical order.
    ///
    /// Throws `FileError` where their folder is missing.
    public static var names: [String] { get throws { try files.names } }

    /// The first line of a study's file, which is a comment that says what it is for.
    public static func summary(of name: String) throws -> String { try files.comment(of: name).first ?? "" }

    /// The file of a name that there is.
    public static func file(of name: String) throws -> URL { try files.file(name) }
}

// The configurations that ship with the package: YAML files in the folder Presets, named KIND/TASK-MEMORY.

import Foundation
import NeuralMemory

/// Shipped configurations.
///
/// The name of one is its path in the folder, without the extension.
public enum Presets {
    private static let files = ShippedFiles(folderName: "Presets")

    /// All names, in alphabetical order.
    ///
    /// Throws `FileError` where their folder is missing.
    public static var names: [String] { get throws { try files.names } }

    /// The first line of the preset's file, which is a comment that says what it is for.
    public static func summary(of name: String) throws -> String { try files.comment(of: name).first ?? "" }

    /// The further lines of the comment: what else there is to know of the preset, such as published figures.
    public static func notes(of name: String) throws -> [String] { Array(try files.comment(of: name).dropFirst()) }

    /// The preset's configuration.
    ///
    /// Throws `SettingError` where there is no preset of this name, and `FileError` where the presets' folder is
    /// missing.
    ///
    /// - `option`: that which messages should name.
    public static func load(
        _ name: String, option: String = "--preset", registry: Registry = .standard
    ) throws -> RunConfiguration {
        try RunConfiguration(contentsOf: try file(of: name, option: option), registry: registry)
    }

    private static func file(of name: String, option: String = "--preset") throws -> URL {
        try file(of: name) { SettingSource(name: "\(option) \(name)", isOption: true).error($0, at: nil) }
    }

    /// The preset's file; where there is none, throws what `error` makes of the message.
    static func file(of name: String, error: (String) -> SettingError) throws -> URL {
        let names = try names
        guard names.contains(name) else {
            let near = near(name, among: names)
            let hint = near.isEmpty ? "" : "; did you mean \(near.listed(separator: " or "))?"
            throw error("there is no preset of this name; trainer presets lists all \(names.count)" + hint)
        }
        return try files.file(name)
    }

    /// The preset whose name is closest to a mistyped one; where no whole name is close, all those whose last part is;
    /// where none is either, the first few that contain it.
    static func near(_ name: String, among names: [String]) -> [String] {
        func last(_ name: String) -> String { String(name.split(separator: "/").last ?? "") }
        if name.contains("/"), let whole = nearest(to: name, among: names) { return [whole] }
        guard let part = nearest(to: last(name), among: Set(names.map(last)).sorted()) else {
            return name.isEmpty ? [] : Array(names.filter { $0.contains(name) }.prefix(5))
        }
        return names.filter { last($0) == part }
    }
}

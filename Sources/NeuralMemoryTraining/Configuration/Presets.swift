// The configurations that ship with the package: YAML files in the folder Presets, named KIND/TASK-MEMORY.

import Foundation
import NeuralMemory

/// Shipped configurations.
///
/// The name of one is its path in the folder, without the extension.
public enum Presets {
    private static let folder = ResourceFolder.url("Presets", of: "NeuralMemoryTraining")

    /// All names, in alphabetical order.
    public static let names: [String] = {
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// The first line of the preset's file, which is a comment that says what it is for.
    public static func summary(of name: String) throws -> String { try comment(of: name).first ?? "" }

    /// The further lines of the comment: what else there is to know of the preset, such as published figures.
    public static func notes(of name: String) throws -> [String] { Array(try comment(of: name).dropFirst()) }

    /// The lines of comment that the preset's file starts with.
    private static func comment(of name: String) throws -> [String] {
        let text = String(decoding: try FileReader.contents(of: try file(of: name), atMost: 1 << 20), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("#") }
        return lines.map { $0.dropFirst().trimmingCharacters(in: .whitespaces) }
    }

    /// The preset's configuration.
    ///
    /// Throws `SettingError` where there is no preset of this name.
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
        let names = names
        guard names.contains(name) else {
            let hint = nearest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
            throw error("there is no preset of this name; trainer presets lists all \(names.count)" + hint)
        }
        return folder.appendingPathComponent(name + ".yaml")
    }
}

// From defaults, preset or file, and options to one configuration; and back to YAML.

import Foundation
import NeuralMemory
import Yams

/// One setting given by an option of a command.
public struct SettingOverride: Sendable, Equatable {
    /// The dotted path of the setting: `network.controller.units`.
    public let path: String
    /// Its value, as YAML writes it.
    public let value: String
    /// The option as messages should name it: `--steps 5`.
    public let option: String

    public init(path: String, value: String, option: String) {
        self.path = path
        self.value = value
        self.option = option
    }

    /// A setting that is a text, whatever characters it has.
    public init(path: String, text: String, option: String) {
        self.init(path: path, value: text.quotedForJSON, option: option)
    }

    /// `KEY=VALUE`, as of `--set`. Throws `SettingError` where there is no key or no value.
    public init(assignment: String) throws {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        option = "--set \(assignment)"
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw SettingError(
                source: option, isOption: true, line: nil,
                message: "it must be KEY=VALUE, as in --set network.controller.units=128")
        }
        path = String(parts[0])
        value = String(parts[1])
    }

    private var source: SettingSource { SettingSource(name: option, isOption: true) }

    fileprivate func lay(over tree: inout ConfigurationTree) throws {
        guard var node = try source.parse(value) else { throw source.error("the value is empty", at: nil) }
        let names = path.split(separator: ".", omittingEmptySubsequences: false)
        for name in names.reversed() { node = Node([(Node(String(name)), node)]) }
        try tree.overlay(node, from: source)
    }

    /// The same error with the name of the option that gave the setting, where one of these did.
    public static func naming(_ error: any SettingFault, among overrides: [SettingOverride]) -> any Error {
        guard let override = overrides.last(where: { $0.path == error.field }) else { return error }
        return override.source.error(error.description, at: nil)
    }
}

extension RunConfiguration {
    /// The configuration that a preset or file, and options on top of it, come to; whatever they leave out keeps its
    /// default. Options that choose a kind come before all others; of two options for one setting the last counts.
    /// Throws `SettingError` or `ConfigurationError`, each of which names setting, value and what is allowed.
    public static func resolve(
        preset: String? = nil, file: URL? = nil, overrides: [SettingOverride] = []
    ) throws -> RunConfiguration {
        var base = RunConfiguration()
        if let preset { base = try Presets.load(preset) }
        if let file { base = try RunConfiguration(contentsOf: file) }
        return try base.applying(overrides)
    }

    /// This configuration with options on top.
    public func applying(_ overrides: [SettingOverride]) throws -> RunConfiguration {
        var tree = ConfigurationTree(self)
        let isKind: (SettingOverride) -> Bool = { $0.path.hasSuffix(".kind") }
        for override in overrides.filter(isKind) + overrides.filter({ !isKind($0) }) { try override.lay(over: &tree) }
        do {
            let configuration = try tree.configuration()
            try configuration.validate()
            return configuration
        } catch let error as any SettingFault {
            throw SettingOverride.naming(error, among: overrides)
        }
    }

    /// The defaults with a YAML file on top, or, where the file says `extends: NAME`, that preset with the file on top.
    /// Throws `SettingError` where the file cannot be read, is not YAML, extends what does not exist, or holds an unknown
    /// setting or one of a wrong type; ranges are not checked here.
    public init(contentsOf file: URL) throws {
        self = try ConfigurationTree(contentsOf: file, extendedBy: []).configuration()
    }

    /// All settings as YAML, in the order of the structures, under lines of comment.
    public func yaml(comment: String) -> String {
        let lines = comment.split(separator: "\n", omittingEmptySubsequences: false).map { "# \($0)\n" }
        return lines.joined() + ConfigurationTree(self).yaml()
    }
}

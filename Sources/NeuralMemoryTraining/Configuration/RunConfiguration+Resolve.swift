// From defaults, preset or file, and options to one configuration; and back to YAML.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import Yams

/// One setting given by an option of a command.
public struct SettingOverride: Sendable, Equatable {
    /// The dotted path of the setting: `network.controller.units`.
    public let path: String
    /// Its value, as YAML writes it.
    public let value: String
    /// The option as messages should name it: `--steps 5`.
    public let option: String

    /// The value is read as YAML: "5" is a number, "[1, 2]" a list.
    public init(path: String, value: String, option: String) {
        self.path = path
        self.value = value
        self.option = option
    }

    /// A setting that is a text, whatever characters it has.
    public init(path: String, text: String, option: String) {
        self.init(path: path, value: text.quotedForJSON, option: option)
    }

    /// A setting that is a list of texts, whatever characters they have.
    public init(path: String, texts: [String], option: String) {
        self.init(path: path, value: JSON.array(texts.map { .text($0) }).text, option: option)
    }

    /// `KEY=VALUE`, as of `--set`.
    ///
    /// Throws `SettingError` where there is no key or no value.
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

    fileprivate func lay(over tree: inout ConfigurationTree) throws { try tree.overlay(node(), from: source) }

    /// The setting as YAML of a whole configuration.
    private func node() throws -> Node {
        guard let node = try source.parse(value) else { throw source.error("the value is empty", at: nil) }
        return try source.node(at: path, node)
    }

    /// The text that this gives the setting at a path, be it alone or in a section; `nil` where it gives none.
    func text(at path: String) -> String? {
        let names = path.split(separator: ".").map(String.init)
        return names.reduce(try? node()) { $0?.mapping?[$1] }?.string
    }

    /// What was given, of all options that stand for a setting.
    public static func given(_ options: [(option: String, path: String, value: String?)]) -> [SettingOverride] {
        options.compactMap { option, path, value in
            value.map { SettingOverride(path: path, value: $0, option: "\(option) \($0)") }
        }
    }

    /// Does something with the settings that options gave.
    ///
    /// An error that one of them is to blame for is thrown as a `SettingError` with the option's name.
    public static func naming<Value>(_ overrides: [SettingOverride], _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as any SettingFault {
            guard let override = overrides.last(where: { $0.path == error.field }) else { throw error }
            throw override.source.error(error.description, at: nil)
        }
    }
}

extension ConfigurationTree {
    /// All settings of a run.
    init(_ configuration: RunConfiguration) {
        self.init(configuration, kinds: { configuration.registry[$0] })
    }

    /// The configuration that has these settings, of kinds that are registered.
    func configuration(_ registry: Registry) throws -> RunConfiguration {
        try json.decoded(RunConfiguration.self, registry: registry)
    }
}

extension RunConfiguration {
    /// The configuration that a preset or file, and options on top of it, come to; whatever they leave out keeps its
    /// default.
    ///
    /// Options that choose a kind come before all others; of two options for one setting the last counts. Throws
    /// `SettingError` or `ConfigurationError`, each of which names setting, value and what is allowed.
    public static func resolve(
        preset: String? = nil, file: URL? = nil, overrides: [SettingOverride] = [], registry: Registry = .standard
    ) throws -> RunConfiguration {
        var base = RunConfiguration(registry)
        if let preset { base = try Presets.load(preset, registry: registry) }
        if let file { base = try RunConfiguration(contentsOf: file, registry: registry) }
        return try base.applying(overrides)
    }

    /// This configuration with options on top.
    public func applying(_ overrides: [SettingOverride]) throws -> RunConfiguration {
        var tree = ConfigurationTree(self)
        let isKind: (SettingOverride) -> Bool = { $0.path.hasSuffix(".kind") }
        for override in overrides.filter(isKind) + overrides.filter({ !isKind($0) }) { try override.lay(over: &tree) }
        return try SettingOverride.naming(overrides) {
            let configuration = try tree.configuration(registry)
            try configuration.validate()
            return configuration
        }
    }

    /// The defaults with a YAML file on top, or, where the file says `extends: NAME`, that preset with the file on top.
    ///
    /// Throws `SettingError` where the file cannot be read, is not YAML, extends what does not exist, or holds an
    /// unknown setting or one of a wrong type; ranges are not checked here.
    public init(contentsOf file: URL, registry: Registry = .standard) throws {
        self = try ConfigurationTree(contentsOf: file, registry, extendedBy: []).configuration(registry)
    }

    /// All settings as YAML, in the order of the structures, under lines of comment.
    public func yaml(comment: String) -> String {
        let lines = comment.split(separator: "\n", omittingEmptySubsequences: false).map { "# \($0)\n" }
        return lines.joined() + ConfigurationTree(self).yaml()
    }
}

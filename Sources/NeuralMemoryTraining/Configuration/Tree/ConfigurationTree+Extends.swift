// Configuration files that start from a preset.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import Yams

extension RunConfiguration {
    /// The bytes of a YAML file, as `init(contentsOf:)` reads them; `source` is what messages call it.
    package init(yaml: Data, source: String, registry: Registry = .standard) throws {
        let source = SettingSource(name: source, isOption: false)
        do {
            let text = try YAMLText.text(yaml)
            self = try ConfigurationTree(text, source, registry, extendedBy: []).configuration(registry)
        } catch let fault as YAMLText.Fault {
            throw source.error(fault)
        }
    }
}

extension ConfigurationTree {
    /// The settings of a YAML file on top of the preset that it extends, or of the defaults.
    ///
    /// - `extendedBy`: the presets that led here, so that no preset extends itself.
    init(contentsOf file: URL, _ registry: Registry, extendedBy names: [String]) throws {
        let source = SettingSource(name: file.path, isOption: false)
        let yaml: String
        do {
            yaml = try YAMLText.text(try FileReader.contents(of: file, atMost: YAMLText.largestFile))
        } catch let error as FileError {
            throw source.error(error.reason, at: nil)
        } catch let fault as YAMLText.Fault {
            throw source.error(fault)
        }
        try self.init(yaml, source, registry, extendedBy: names)
    }

    /// The settings of a YAML text, as of a file's.
    init(_ yaml: String, _ source: SettingSource, _ registry: Registry, extendedBy names: [String]) throws {
        self.init(RunConfiguration(registry))
        guard var node = try source.parse(yaml) else { return }
        if let base = node.mapping?["extends"] {
            self = try Self(extended: base, registry, by: names, source)
            node.mapping?["extends"] = nil
        }
        try overlay(node, from: source)
    }

    /// The settings of a preset that a file names, or the defaults where it names none.
    init(extending preset: Node?, _ source: SettingSource, _ registry: Registry) throws {
        self = try preset.map { try Self(extended: $0, registry, by: [], source) } ?? Self(RunConfiguration(registry))
    }

    /// The settings of the preset that a file extends.
    private init(
        extended base: Node, _ registry: Registry, by names: [String], _ source: SettingSource
    ) throws {
        guard let name = base.string else {
            throw source.error("extends must be the name of a preset, as in extends: fast/copy-ntm", at: base.mark)
        }
        guard !names.contains(name) else {
            let path = (names + [name]).joined(separator: " -> ")
            throw source.error("extends goes round in a circle: \(path)", at: base.mark)
        }
        let file = try Presets.file(of: name) { source.error("extends \(name.shown()): \($0)", at: base.mark) }
        try self.init(contentsOf: file, registry, extendedBy: names + [name])
    }
}

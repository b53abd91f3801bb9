// The reference of settings: that it has every setting, and that what it says of ranges is what is refused.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import Testing

import NeuralMemoryTraining

@Suite struct SettingsReferenceTests {
    private let reference = SettingsReference()

    @Test func saysOfEverySettingWhatItMeans() {
        #expect(reference.entries.count > 80)
        for entry in reference.entries {
            #expect(!entry.meaning.isEmpty, "\(entry.path) (\(entry.kinds.joined(separator: ", "))) has no description")
            #expect(!entry.meaning.hasSuffix("."), "\(entry.path)")
        }
    }

    /// Of kinds, their own settings; of sections, all in them.
    @Test func describesNothingThatDoesNotExist() throws {
        let registry = Registry.standard
        let kinds = [
            registry.tasks, registry.memories, registry.controllers, registry.optimizers, registry.schedules
        ]
        let training = TrainingConfiguration()
        let network = NetworkConfiguration()
        let values: [any DescribedSettings] =
            kinds.flatMap { $0.types.map { $0.init() } } + [
                RunConfiguration(), training, training.curriculum, training.evaluation, training.solved,
                training.clipping, network, network.input, network.output, network.reconstruction, network.weights
            ]
        for value in values {
            let names = Mirror(reflecting: value).children.compactMap(\.label)
            for description in type(of: value).settingDescriptions {
                #expect(names.contains(description.name), "\(type(of: value)) has no \(description.name)")
            }
        }
    }

    /// What is thrown for a value of a setting of a kind; `nil` where it can be used.
    private func fault(_ path: String, _ kind: String?, _ value: String) -> String? {
        let section = path.split(separator: ".").dropLast().joined(separator: ".")
        let kinds = kind.map { [SettingOverride(path: section + ".kind", value: $0, option: "kind")] } ?? []
        do {
            let configuration = try RunConfiguration().applying(
                kinds + [SettingOverride(path: path, value: value, option: "value")])
            try configuration.validate()
            _ = try NetworkModel(configuration.network, signature: configuration.task.signature)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// A number beyond a limit, in the type of the setting.
    private func beyond(_ limit: Double, up: Bool, isWhole: Bool, isOptional: Bool) -> String {
        guard isWhole else { return "\(up ? limit.nextUp : limit.nextDown)" }
        // One below may be what files of earlier versions have for null.
        return "\(Int(limit) + (up ? 1 : isOptional ? -2 : -1))"
    }

    @Test func refusesWhatIsBeyondTheLimits() throws {
        var count = 0
        for entry in reference.entries {
            guard let limits = entry.limits else { continue }
            let isWhole = entry.values.contains("whole number")
            let isOptional = entry.values.contains("null")
            for kind in entry.kinds.isEmpty ? [nil] : entry.kinds.map(Optional.some) {
                let name = "\(entry.path) of \(kind ?? "all")"
                let low =
                    limits.includesLeast
                    ? beyond(limits.least, up: false, isWhole: isWhole, isOptional: isOptional)
                    : "\(limits.least.nextDown)"
                #expect(fault(entry.path, kind, low)?.contains(entry.path) == true, "\(name): \(low) is not refused")
                count += 1
                guard limits.greatest.isFinite else { continue }
                let high = beyond(limits.greatest, up: true, isWhole: isWhole, isOptional: isOptional)
                #expect(fault(entry.path, kind, high)?.contains(entry.path) == true, "\(name): \(high) is not refused")
            }
        }
        #expect(count > 60)
    }

    /// The least number, and of small ranges the greatest: larger sizes would take memory.
    @Test func allowsWhatIsWithinTheLimits() throws {
        for entry in reference.entries {
            guard let limits = entry.limits, limits.note.isEmpty else { continue }
            let isWhole = entry.values.contains("whole number")
            for kind in entry.kinds.isEmpty ? [nil] : entry.kinds.map(Optional.some) {
                var values = limits.includesLeast ? [limits.least] : []
                if limits.greatest <= 1e6, limits.greatest < Double(largestSize) / 2 { values.append(limits.greatest) }
                for value in values {
                    let text = isWhole ? "\(Int(value))" : "\(value)"
                    // Another setting may not fit it.
                    let fault = fault(entry.path, kind, text) ?? ""
                    #expect(!fault.contains("\(entry.path) is"), "\(entry.path) of \(kind ?? "all"): \(text)")
                }
            }
        }
    }

    /// A kind of one's own appears with its settings, whether it describes them or not.
    @Test func listsKindsThatDescribeNothing() throws {
        var registry = Registry.standard
        try registry.register(LeakySum.self)
        let own = SettingsReference(registry).matching("leaky-sum")
        #expect(own.map(\.path) == ["network.memory.kind", "network.memory.width", "network.memory.decay"])
        #expect(own.last?.meaning == "" && own.last?.standard == "0.5" && own.last?.values == "a finite number")
    }

    @Test func findsByPathAndByKind() {
        #expect(reference.matching("LEARNINGRATE").map(\.path) == ["training.optimizer.learningRate"])
        #expect(reference.matching("learningRate")[0].standard.contains("0.01 (sgd)"))
        #expect(reference.matching("ntm").contains { $0.path == "network.memory.columns" })
        #expect(reference.matching("no such thing").isEmpty)
        #expect(reference.nearestPath(to: "training.step") == "training.steps")
        #expect(reference.nearestPath(to: "wdith") == "task.width")
    }

    /// docs/SETTINGS.md; `trainer settings --format markdown` writes it anew.
    @Test func isThePageInTheTree() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        let page = try String(contentsOf: root.appendingPathComponent("docs/SETTINGS.md"), encoding: .utf8)
        #expect(
            page == SettingsReference.markdown(reference.entries),
            "docs/SETTINGS.md is not what trainer settings --format markdown prints")
    }
}

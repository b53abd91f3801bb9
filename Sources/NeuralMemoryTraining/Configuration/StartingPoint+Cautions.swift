// What is not known to be learned from a starting point, where options change what it was made for.

import NeuralMemory
import NeuralMemoryTasks

extension StartingPoint {
    /// What somebody should know about a configuration that starts from here: whole sentences without a full stop.
    ///
    /// Empty where it is known to learn. Throws where the preset cannot be read.
    public func cautions(for configuration: RunConfiguration) throws -> [String] {
        let own = try Presets.load(preset)
        return [kinds(of: configuration, own), sizes(of: configuration, own)].compactMap { $0 }
    }

    /// About task, memory and controller together.
    private func kinds(of configuration: RunConfiguration, _ own: RunConfiguration) -> String? {
        let task = configuration.task.kind
        let (memory, controller) = (configuration.network.memory.kind, configuration.network.controller.kind)
        let suited = Self.all.filter { $0.task == task && $0.memory != NoMemory.kind }.map(\.memory)
        // What is in somebody's data is known to nobody.
        if suited.isEmpty, !configuration.task.drawsSequences { return nil }
        let advice = suited.isEmpty ? "" : "; memory \(suited.joined(separator: " or ")) suits it"
        if memory == NoMemory.kind { return "without a memory \(task) is not known to be learned wholly\(advice)" }
        guard task == self.task, memory == self.memory else {
            return "nothing is known to learn \(task) with memory \(memory)\(advice)"
        }
        let known = [own.network.controller.kind] + controllers
        guard !known.contains(controller) else { return nil }
        return "nothing is known to learn \(task) with memory \(memory) and controller \(controller); controller "
            + "\(known.joined(separator: " or ")) does"
    }

    /// About sequences that are longer than the preset's, or have more symbols.
    private func sizes(of configuration: RunConfiguration, _ preset: RunConfiguration) -> String? {
        let (task, own) = (configuration.task, preset.task)
        guard task.kind == own.kind, task.drawsSequences else { return nil }
        let isLonger = task.lengths.upperBound > own.lengths.upperBound
        let isWider = task.signature.inputs.size > own.signature.inputs.size && !task.hasGivenSymbols
        guard isLonger || isWider else { return nil }
        let restart = configuration.training.restart.steps.map {
            "; it begins anew after \($0) steps without being solved, unless training.restart.steps is null"
        }
        let advice = (larger.map { "; preset \($0) is for larger ones" } ?? "") + (restart ?? "")
        return "the settings of \(self.preset) are known to learn lengths \(own.lengths.label) of "
            + "\(own.signature.inputs.size) inputs, and these are larger sequences\(advice)"
    }
}

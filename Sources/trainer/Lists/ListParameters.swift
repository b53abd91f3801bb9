// `trainer parameters`: the trained arrays of a configuration and how many numbers they hold, to be compared with
// published counts.

import ArgumentParser
import NeuralMemory
import NeuralMemoryTraining

struct ListParameters: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parameters",
        abstract: "List a network's parameters with their shapes and counts, and the total.",
        discussion: """
            Examples:
              trainer parameters --preset fast/reversal-stack
              trainer parameters --preset paper/copy-ntm
              trainer parameters --config runs/reversal-stack-1/config.yaml
              trainer parameters --task copy-bits --memory ntm --set network.controller.units=100

            The network is the one that trainer train would train with the same options. Under the table of a preset stands what its file notes, such as the published count.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let network = try reportingOptions(of: "parameters", { try options.overrides() }) { overrides in
            var (configuration, start) = try RunConfiguration.resolveFromStart(
                preset: options.preset, file: options.file, overrides: overrides)
            if let start { complain(start.introduction) }
            try configuration.openData()
            return try Network(configuration.network, signature: configuration.task.signature, seed: 1)
        }
        try write(network.parameters.layout.table)
        guard let preset = options.preset else { return }
        for note in try Presets.notes(of: preset) { try write(note + "\n") }
    }
}

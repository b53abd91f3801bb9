// The options of a run that starts from a trained network, and what a new run begins with.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// `--from`, `--take` and `--freeze`.
struct StartOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Start from the parameters of a trained network, and from its settings: a run's folder, whose best checkpoint "
                + "is taken, a checkpoint file, or a file that trainer export wrote.", valueName: "dir-or-file"),
        completion: .file(extensions: ["safetensors"]))
    var from: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "With --from: take only parameters of these names, such as 'controller.*'; may be given several times. "
                + "(default: all, and each must be found with its shape)", valueName: "pattern,…"))
    var take: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Do not train parameters of these names, such as 'embedding.*' (training.freeze); may be given several times.",
            valueName: "pattern,…"))
    var freeze: [String] = []

    func validate() throws {
        if from == "" { throw ValidationError("--from is empty; it must be a path.") }
        if from == nil, let first = take.first {
            throw ValidationError(
                "--take \(first.shown()) says what to take of a trained network; give that with --from, or leave out --take."
            )
        }
        for (option, patterns) in [("--take", take), ("--freeze", freeze)] {
            guard patterns.contains(where: { Self.parts($0).contains("") }) else { continue }
            throw ValidationError(
                "\(option) has an empty pattern; give names as trainer parameters lists them, such as 'controller.*'.")
        }
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// What `--freeze` sets.
    var overrides: [SettingOverride] {
        freeze.isEmpty
            ? []
            : [
                SettingOverride(
                    path: "training.freeze", texts: freeze.flatMap(Self.parts),
                    option: "--freeze \(freeze.joined(separator: ","))")
            ]
    }

    /// The settings of a new run, and what it takes of a trained network.
    func beginning(_ options: ConfigurationOptions, _ overrides: [SettingOverride]) throws -> Beginning {
        guard let from else {
            let resolved = try RunConfiguration.resolveFromStart(
                preset: options.preset, file: options.file, overrides: overrides)
            return Beginning(configuration: resolved.configuration, point: resolved.start)
        }
        let source = try TrainedParameters(at: from)
        let settings = try source.configuration.startingFromThis(
            preset: options.preset, file: options.file, overrides: overrides)
        return Beginning(
            configuration: settings.configuration, settings: settings,
            transfer: ParameterTransfer(from: source, taking: take.flatMap(Self.parts)))
    }
}

/// What a new run begins with.
struct Beginning {
    private(set) var configuration: RunConfiguration
    /// The preset that it starts from where neither a preset, a file nor a trained network was named.
    var point: StartingPoint?
    var settings: TransferredSettings?
    var transfer: ParameterTransfer?
    private var plan: ParameterPlan?

    init(
        configuration: RunConfiguration, point: StartingPoint? = nil, settings: TransferredSettings? = nil,
        transfer: ParameterTransfer? = nil
    ) {
        self.configuration = configuration
        self.point = point
        self.settings = settings
        self.transfer = transfer
    }

    /// Opens the task's data, and then looks what can be taken of the trained network.
    mutating func openData(progress: (String) -> Void) throws {
        try configuration.openData(progress: progress)
        plan = try transfer?.plan(for: configuration)
    }

    /// What a command says that begins so; `nil` where the user has said it all.
    var introduction: String? {
        guard let plan else { return point?.introduction }
        var lines = [plan.description]
        if let preset = settings?.preset {
            lines.append("The settings of task and training are those of preset \(preset).")
        }
        if settings?.dropsRestarts == true {
            lines.append(
                "Restarts, which would draw the parameters anew, are switched off (training.restart.steps: null).")
        }
        return lines.joined(separator: "\n")
    }
}

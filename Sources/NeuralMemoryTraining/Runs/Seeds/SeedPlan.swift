// seeds.json: what a folder of several seeds is to train, so that those that have not begun are not lost.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// The configuration of several runs, and their seeds.
struct SeedPlan: Encodable {
    /// In ascending order.
    let seeds: [UInt64]
    /// Its own seed counts for nothing.
    let configuration: RunConfiguration
    /// The trained network that all runs start from; `nil` where their parameters are drawn.
    var from: Start?

    /// A trained network, of which the folder has a copy.
    struct Start: Codable {
        let origin: RunSession.Origin
        /// Which parameters are taken, as `ParameterTransfer.patterns` says.
        let take: [String]
    }

    private static func parametersFile(in folder: URL) -> URL { folder.appendingPathComponent("from.safetensors") }

    /// Keeps a copy of the trained network's parameters: the run that trained them may go on meanwhile.
    ///
    /// Throws `FileError`.
    static func keep(_ transfer: ParameterTransfer, in folder: URL) throws {
        let contents = try transfer.source.safetensors
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: parametersFile(in: folder))
    }

    /// What a run starts from, as `keep` kept it.
    ///
    /// Throws as reading it does.
    func transfer(in folder: URL, _ registry: Registry) throws -> ParameterTransfer? {
        guard let from else { return nil }
        let source = try TrainedParameters(at: Self.parametersFile(in: folder).path, registry: registry)
        var transfer = ParameterTransfer(from: source, taking: from.take)
        transfer.origin = from.origin
        return transfer
    }

    private static func file(in folder: URL) -> URL { folder.appendingPathComponent("seeds.json") }

    /// Throws `FileError` where the system cannot say.
    static func isThere(in folder: URL) throws -> Bool { try file(in: folder).isThere() }

    /// `nil` where there is none.
    ///
    /// Throws `FileError`.
    static func read(in folder: URL, _ registry: Registry) throws -> SeedPlan? {
        guard try isThere(in: folder) else { return nil }
        let contents = try FileReader.contents(of: file(in: folder), atMost: 1 << 30)
        let plan = try? SeedPlan(parsing: contents, registry)
        guard let plan, !plan.seeds.isEmpty, Set(plan.seeds).count == plan.seeds.count else {
            throw FileError(
                file(in: folder),
                "this is no list of seeds and their configuration; put it back, or remove it to go on with the seeds that "
                    + "have begun")
        }
        return plan
    }

    /// Throws `FileError`.
    func write(in folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write([try encoder.encode(self) + Data("\n".utf8)], to: Self.file(in: folder))
    }

    /// With options laid over the configuration.
    ///
    /// Throws where they cannot be used, or change what may not change.
    func applying(_ overrides: [SettingOverride], in folder: URL) throws -> SeedPlan {
        var changed = try configuration.applying(overrides)
        try configuration.requireResumable(as: changed, in: folder, stepsDone: 0)
        try changed.validate()
        changed.adoptData(of: configuration)
        return SeedPlan(seeds: seeds, configuration: changed, from: from)
    }
}

extension SeedPlan {
    /// The configuration is read as a checkpoint's is, so that a plan of an earlier version means what it meant.
    private init(parsing contents: Data, _ registry: Registry) throws {
        struct Parts: Decodable {
            let seeds: [UInt64]
            let from: Start?
        }
        let members = try JSON(parsing: contents)
        let parts = try JSONDecoder().decode(Parts.self, from: contents)
        (seeds, from) = (parts.seeds, parts.from)
        configuration = try RunConfiguration(stored: members["configuration"] ?? .null, registry: registry)
    }
}

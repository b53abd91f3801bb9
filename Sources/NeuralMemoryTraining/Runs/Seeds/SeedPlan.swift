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
        return SeedPlan(seeds: seeds, configuration: changed)
    }
}

extension SeedPlan {
    /// The configuration is read as a checkpoint's is, so that a plan of an earlier version means what it meant.
    private init(parsing contents: Data, _ registry: Registry) throws {
        struct Seeds: Decodable { let seeds: [UInt64] }
        let members = try JSON(parsing: contents)
        seeds = try JSONDecoder().decode(Seeds.self, from: contents).seeds
        configuration = try RunConfiguration(stored: members["configuration"] ?? .null, registry: registry)
    }
}

// Runs that do not fit into memory are refused beforehand, in the name of a setting and with values that would fit.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import Testing
import NeuralMemoryTraining

@Suite struct MemoryCheckTests {
    private let machine = AvailableMemory(bytes: 24e9, owner: "this machine")

    private func changed(_ preset: String?, _ settings: [String]) throws -> RunConfiguration {
        try RunConfiguration.resolve(preset: preset, overrides: settings.map(SettingOverride.init(assignment:)))
    }

    /// The error of a run that does not fit.
    private func refusal(
        _ preset: String?, _ settings: [String], available: Double = 24e9
    ) throws -> ConfigurationError {
        let configuration = try changed(preset, settings)
        let memory = AvailableMemory(bytes: available, owner: "this machine")
        let error = #expect(throws: ConfigurationError.self) {
            try configuration.requireMemory(available: memory) { try $0.trainingBytes() }
        }
        let refusal = try #require(error)
        #expect(refusal.description.utf8.count < 1000)
        return refusal
    }

    /// 20 vectors, a mark and 20 answers: 41 steps.
    private let large = ["task.maximumLength=20", "training.batchSize=16", "training.evaluation.lengths=[]"]

    /// Of each sequence: 2 · 41 focuses and similarities of 2 heads; 6 memories kept and 5 inside a segment; gradients.
    ///
    /// Each thread takes two sequences at a time.
    @Test func aTuringMemoryOfAMillionRows() throws {
        let settings = large + ["network.memory.rows=1000000", "network.memory.segment=0"]
        let bytes = try changed("paper/copy-ntm", settings).trainingBytes()
        let rows = 1e6 * Double(2 * min(Runtime.threads, 8))
        let expected = 4 * rows * (2 * 41 * 2 + 11 * 21 + 20 + 2 + 12)
        #expect(0.95...1.1 ~= bytes / expected, "\(bytes) of \(expected)")
        let refusal = try refusal("paper/copy-ntm", settings, available: 0.6 * bytes)
        #expect(["training.batchSize", "network.memory.rows"].contains(refusal.field), "\(refusal)")
        let text = refusal.description
        #expect(text.contains("and this machine has") && text.contains("GB left"), "\(text)")
        #expect(text.contains("network.memory.rows=500000 would"), "\(text)")
    }

    /// Each head has a focus for each step and sequence, so that half the heads take about half.
    @Test func tooManyReadHeads() throws {
        let settings =
            large + [
                "training.batchSize=1", "network.memory.rows=2000", "network.memory.columns=4",
                "network.memory.readHeads=256", "network.memory.writeHeads=1"
            ]
        let refusal = try refusal("paper/copy-ntm", settings, available: 100e6)
        #expect(refusal.description.contains("network.memory.readHeads=16 would take"), "\(refusal)")
    }

    @Test func aWidthOfAMillion() throws {
        let refusal = try refusal("paper/reversal-stack", ["network.memory.width=1000000"])
        #expect(refusal.field == "network.memory.width" && refusal.value == "1000000")
        #expect(refusal.description.contains("network.memory.width="), "\(refusal)")
    }

    @Test func segmentsAndEvaluations() throws {
        // An evaluation of many sequences would take more than training.
        let settings =
            large + ["network.memory.rows=100000", "network.memory.segment=1", "training.evaluation.episodes=1"]
        let bytes = try changed("paper/copy-ntm", settings).trainingBytes()
        let segment = try refusal("paper/copy-ntm", settings, available: 0.7 * bytes)
        #expect(segment.description.contains("network.memory.segment=null would take"), "\(segment)")
        let lengths = try refusal(
            "fast/reversal-stack", ["training.evaluation.lengths=[1000000]"], available: 2e9)
        #expect(lengths.field == "training.evaluation.lengths", "\(lengths)")
        #expect(lengths.description.contains("training.evaluation.lengths=[] would take"), "\(lengths)")
    }

    /// No single setting helps: those that help most are named.
    @Test func severalMustBeSmaller() throws {
        let refusal = try refusal("fast/reversal-stack", [], available: 1e5)
        #expect(refusal.description.contains("several must be smaller: "), "\(refusal)")
    }

    @Test func sizesBeyondAllBounds() throws {
        let largest = "\(largestSize)"
        let settings = [
            "task.maximumLength=\(largest)", "training.batchSize=65536", "network.memory.rows=\(largest)",
            "network.memory.heads=8", "network.controller.units=\(largest)"
        ]
        let bytes = try changed("paper/copy-ntm", settings).trainingBytes()
        #expect(bytes.isFinite && bytes > 1e18)
        #expect(throws: ConfigurationError.self) { try Trainer(changed("paper/copy-ntm", settings)) }
    }

    /// What fits on a machine of 24 GB is not refused.
    @Test func everyPresetFits() throws {
        for name in try Presets.names {
            var configuration = try Presets.load(name)
            try? configuration.openData()
            let bytes = try configuration.trainingBytes()
            #expect(bytes < 4e9, "\(name) takes \(bytes)")
        }
    }

    @Test func whatFitsIsNotRefused() throws {
        try MemoryCheck.require(24e9, levers: [], available: machine)
        let error = #expect(throws: ConfigurationError.self) {
            try MemoryCheck.require(.nan, levers: [], available: machine)
        }
        #expect(error?.field == "network")
    }

    @Test func theLeverThatSavesMostIsNamed() throws {
        let levers = [
            MemoryLever("a", 100) { 90e9 + 1e8 * Double($0) }, MemoryLever("b", 16) { 1e10 * Double($0) },
            MemoryLever("c", 8) { 2e10 * Double($0) }, MemoryLever("d", 1) { _ in 0 },
            MemoryLever("e", 6) { _ in nil }
        ]
        let error = #expect(throws: ConfigurationError.self) {
            try MemoryCheck.require(160e9, levers: levers, available: machine)
        }
        let text =
            "b is 16; it must be smaller: it would take about 160.0 GB, and this machine has 24.0 GB left; "
            + "b=2 would take 20.0 GB, or c=1 would take 20.0 GB"
        #expect(error?.description == text)
    }
}

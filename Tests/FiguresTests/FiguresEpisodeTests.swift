// FiguresEpisodeTests.swift: figures of episodes of each memory, of long ones and of hostile symbols.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining
import TestSupport
import Testing

@testable import NeuralMemoryFigures

@Suite struct FiguresEpisodeTests {
    /// An untrained network's episode.
    private func inspect(
        _ task: any SequenceTask, _ memory: any MemoryKind, length: Int = 5, signals: (Signal) -> Bool = { _ in true }
    ) throws -> Inspection {
        let network = try Network(
            NetworkConfiguration(controller: LSTM(units: 6), memory: memory), signature: task.signature, seed: 1)
        return try Inspection(network, task: task, length: length...length, seed: 2, signals: signals)
    }

    private func titles(_ svg: String) throws -> Set<String> { Set(try SVGContents(svg).texts) }

    @Test func windowsShowStrengthsAndBlocks() throws {
        for memory in [NeuralStack(width: 3), NeuralQueue(width: 3)] as [any MemoryKind] {
            let episode = try inspect(Reversal(), memory)
            let svg = try FigureKind.episode.svg(episode: episode)
            let all = try titles(svg)
            #expect(
                all.isSuperset(of: ["input", "target", "output", "push", "pop", "depth", "strengths", "step", "12"]))
            let blocks = try SVGContents(svg).elements.filter { $0.attributes["class"] == "block" }
            #expect(blocks.count > 12)
        }
    }

    @Test func bothEndsOfADequeAreShown() throws {
        let all = try titles(FigureKind.episode.svg(episode: inspect(Reversal(), NeuralDeque(width: 2))))
        #expect(all.isSuperset(of: ["push top", "push bottom", "pop top", "pop bottom"]))
    }

    /// Blocks have no room then, and steps beyond the four hundredth are left out.
    @Test func longEpisodesBecomeHeatmaps() throws {
        let svg = try FigureKind.episode.svg(episode: inspect(Reversal(), NeuralStack(width: 3), length: 300))
        let contents = try SVGContents(svg)
        #expect(!contents.elements.contains { $0.attributes["class"] == "block" })
        #expect(contents.elements.contains { $0.attributes["class"] == "cells" })
        #expect(contents.texts.contains("the first 400 of 602 steps"))
        #expect(svg.utf8.count < 400_000)
    }

    @Test func headsOfATuringMemoryAreShown() throws {
        let memory = TuringMemory(rows: 7, columns: 3)
        let episode = try inspect(CopyBits(), memory)
        let all = try titles(FigureKind.episode.svg(episode: episode))
        #expect(all.isSuperset(of: ["read weighting", "write weighting", "read shift", "write gate", "+1", "−1"]))
        let addressing = try titles(FigureKind.addressing.svg(episode: episode))
        #expect(
            addressing.isSuperset(of: [
                "input", "output", "write add", "read vector", "write weighting", "read weighting"
            ]))
    }

    /// Of a head that finds rows in several ways, the addressing has what it reads by in the end.
    @Test func headsOfADNCAreShown() throws {
        let episode = try inspect(CopyBits(), DNC(rows: 7, columns: 3, readHeads: 2))
        let ways = ["read 1 backward weighting", "read 2 forward weighting", "allocation", "precedence"]
        let all = try titles(FigureKind.episode.svg(episode: episode))
        #expect(all.isSuperset(of: ways + ["usage", "retention", "read 2 content mode", "allocation gate"]))
        let addressing = try SVGContents(FigureKind.addressing.svg(episode: episode)).texts
        let names = addressing.filter { $0.hasPrefix("read ") || $0.hasPrefix("write ") }
        #expect(
            names == [
                "write add", "write weighting", "read 1 vector", "read 1 weighting", "read 2 vector",
                "read 2 weighting"
            ])
        #expect(Set(addressing).isDisjoint(with: ways))
    }

    /// Each head writes and reads.
    @Test func headsOfASparseMemoryAreShown() throws {
        let episode = try inspect(CopyBits(), SparseMemory(rows: 7, columns: 3, heads: 2))
        let names = try SVGContents(FigureKind.addressing.svg(episode: episode)).texts
            .filter { $0.hasPrefix("read ") || $0.hasPrefix("write ") }
        #expect(
            names == ["write 1 add", "write 1 weighting", "write 2 add", "write 2 weighting"]
                + ["read 1 vector", "read 1 weighting", "read 2 vector", "read 2 weighting"])
    }

    /// A figure is the same where only those signals are recorded that it shows.
    @Test(arguments: [
        (FigureKind.episode, NeuralStack.kind), (.strengths, NeuralStack.kind), (.addressing, TuringMemory.kind),
        (.episode, DNC.kind), (.addressing, DNC.kind), (.addressing, SparseMemory.kind)
    ]) func shownSignalsAreEnough(_ kind: FigureKind, _ memoryKind: String) throws {
        let memories: [any MemoryKind] = [
            NeuralStack(width: 3), TuringMemory(rows: 7, columns: 3), DNC(rows: 7, columns: 3),
            SparseMemory(rows: 7, columns: 3)
        ]
        let memory = try #require(memories.first { type(of: $0).kind == memoryKind })
        let task: any SequenceTask = memory is NeuralStack ? Reversal() : CopyBits()
        let all = try inspect(task, memory)
        let shown = try inspect(task, memory, signals: kind.shows)
        #expect(shown.recording.signals.count < all.recording.signals.count)
        #expect(try kind.svg(episode: shown) == kind.svg(episode: all))
    }

    @Test func figuresThatAMemoryHasNot() throws {
        let stack = try inspect(Reversal(), NeuralStack(width: 3))
        let turing = try inspect(CopyBits(), TuringMemory(rows: 7, columns: 3))
        expectUsageError(naming: "rows") { _ = try FigureKind.addressing.svg(episode: stack) }
        expectUsageError(naming: "strengths") { _ = try FigureKind.strengths.svg(episode: turing) }
        expectUsageError(naming: "runs") { _ = try FigureKind.curves.svg(episode: stack) }
        expectUsageError(naming: "episode") { _ = try FigureKind.episode.svg(runs: []) }
    }

    private func expectUsageError(naming word: String, _ call: () throws -> Void) {
        do {
            try call()
            Issue.record("no error")
        } catch let error as UsageError {
            #expect(error.problem.contains(word))
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func bitsOfLanguagesHaveNames() throws {
        let episode = try inspect(Dyck(), NeuralStack(width: 3), length: 8)
        #expect(episode.bitNames.count == Dyck().signature.outputs.size)
        #expect(try titles(FigureKind.episode.svg(episode: episode)).isSuperset(of: episode.bitNames))
    }

    @Test func inspectionsHaveTheNumbersOfVectors() throws {
        let episode = try inspect(CopyBits(), TuringMemory(rows: 7, columns: 3))
        for step in episode.steps {
            #expect(step.inputVector.map { $0 == 1 ? "1" : "0" }.joined() == step.input)
            #expect(step.targetBits.map { $0 == 1 ? "1" : "0" }.joined() == step.target)
            #expect(step.outputBits.map { $0 > 0.5 ? "1" : "0" }.joined() == step.output)
        }
    }

    /// Turned where they are too wide to stand upright.
    @Test func longSymbolsAreTurned() throws {
        let panel = TextPanel(title: "input", texts: ["a", "antidisestablishmentarianism", "<script>"])
        let grid = StepGrid(count: 40, left: 0, widest: panel.widest)
        var writer = SVGWriter()
        panel.draw(&writer, grid, y: 0)
        // One letter stands upright.
        #expect(writer.markup.components(separatedBy: "rotate(-90").count == 3)
        #expect(writer.markup.contains("antidisestablis…"))
        #expect(writer.markup.contains("&lt;script&gt;") && !writer.markup.contains("<script>"))
    }

    @Test func filesAreWritten() throws {
        let folder = try TemporaryFolder()
        let svg = try FigureKind.strengths.svg(episode: inspect(Reversal(), NeuralStack(width: 3)))
        try FigureFile.writeSVG(svg, to: folder.file("a.svg"))
        #expect(try String(contentsOf: folder.file("a.svg"), encoding: .utf8) == svg)
        do {
            try FigureFile.writePNG(svg, to: folder.file("a.png"), path: folder.url.path)
            Issue.record("no error")
        } catch let error as FileError {
            #expect(error.reason.contains("apt-get install librsvg2-bin"))
        }
        #expect(folder.names == ["a.svg"])
    }

    /// With a program that stands for the converter.
    @Test func picturesComeFromTheConverter() throws {
        let folder = try TemporaryFolder()
        let program = folder.file("rsvg-convert")
        try Data("#!/bin/sh\necho \"$1 $2 $3 $4\"; cat \"$5\"\n".utf8).write(to: program)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        try FigureFile.writePNG("<svg/>", to: folder.file("a.png"), path: "/nowhere:" + folder.url.path)
        #expect(
            try String(contentsOf: folder.file("a.png"), encoding: .utf8) == "--format png --zoom 2.0\n<svg/>")
        try Data("#!/bin/sh\nexit 3\n".utf8).write(to: program)
        #expect(throws: FileError.self) {
            try FigureFile.writePNG("<svg/>", to: folder.file("b.png"), path: folder.url.path)
        }
        #expect(!folder.names.contains("b.png"))
    }
}

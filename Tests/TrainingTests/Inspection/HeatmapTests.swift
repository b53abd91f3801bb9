// Heatmaps for terminals: what is drawn, and that nothing is wider than the terminal.

import NeuralMemory
import NeuralMemoryTasks
import Testing
import NeuralMemoryTraining

@Suite struct HeatmapTests {
    private let small = Heatmap(
        steps: 4, words: [("input", ["<s>", "a", "b", ""])],
        blocks: [
            .init(
                title: nil,
                lines: [.init(label: "push", values: [0, 0.3, 1, nil]), .init(label: "depth", values: [0, 1, 2, 4])]),
            .init(
                title: "read",
                lines: [.init(label: "2", values: [nil, 0.25, 0.5, 0.99]), .init(label: "1", values: [1, .nan, 0, -1])])
        ])

    @Test func charactersForNumbers() {
        let expected = """
            step         1   2   3   4
            input        <s> a   b

            push         ▁▁▁ ▃▃▃ ███
            depth 0-4.0  ▁▁▁ ▃▃▃ ▅▅▅ ███

            read
                      2      ░░░ ▒▒▒ ███
                      1  ███ ··· ··· ···

            0 ▁▂▃▄▅▆▇█ 1, 0 ·░▒▓█ 1, or as a line says

            """
        #expect(small.text(columns: 40, hasColours: false) == expected)
    }

    @Test func coloursForNumbers() {
        let lines = small.text(columns: 40, hasColours: true).split(separator: "\n", omittingEmptySubsequences: false)
        // A colour is set where it changes, and unset where there is no number and at the end.
        func set(_ colour: Int) -> String { "\u{1B}[48;5;\(colour)m    " }
        #expect(lines[3] == "push         " + set(17) + set(24) + set(227) + "\u{1B}[0m")
        #expect(lines[7] == "          2      " + set(24) + set(102) + set(227) + "\u{1B}[0m")
        #expect(lines[8] == "          1  " + set(227) + set(17) + "        \u{1B}[0m")
    }

    private func withoutColours(_ text: String) -> String { text.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") }

    @Test func stepsThatDoNotFit() {
        let map = Heatmap(
            steps: 100, words: [("input", Array(repeating: "ab", count: 100))],
            blocks: [.init(title: nil, lines: [.init(label: "gate", values: Array(repeating: 0.5, count: 100))])])
        let narrow = map.text(columns: 47, hasColours: false).split(separator: "\n")
        #expect(narrow[0] == "step       5    10   15   20   25   30   35")
        #expect(narrow[1] == "input  " + String(repeating: "a", count: 40))
        #expect(narrow[2] == "gate   " + String(repeating: "▅", count: 40))
        #expect(narrow.last == "Steps 1 to 40 of 100; a wider terminal shows more.")
        let wide = map.text(columns: 400, hasColours: false).split(separator: "\n")
        #expect(wide[1] == "input  " + Array(repeating: "ab", count: 100).joined(separator: " "))
        #expect(!wide.last!.contains("Steps"))
    }

    @Test func wordsAsATerminalCountsThem() {
        func line(_ words: [String]) -> String {
            let map = Heatmap(steps: words.count, words: [("in", words)], blocks: [])
            return String(map.text(columns: 80, hasColours: false).split(separator: "\n")[1].dropFirst(6))
        }
        #expect(line(["漢字", "b"]) == "漢字 b")
        // What a terminal would obey, or what turns the line round, is left out.
        #expect(line(["\u{1B}[31ma", "\u{202E}b\n", "e\u{301}"]) == "[31ma b     e\u{301}")
        #expect(line(["abcdefgh", "ab", "漢字漢"]) == "abcde ab    漢字")
    }

    @Test func faintLinesAreLeftOutAndManyAreFolded() {
        let lines = (0..<60).map { index in
            Heatmap.Line(label: "\(index)", values: [index % 5 == 0 ? 0.04 : 0.5, Float(index) / 60, nil])
        }
        let block = Heatmap.Block(title: "read", lines: lines)
        func text(_ block: Heatmap.Block) -> [Substring] {
            Heatmap(steps: 3, words: [], blocks: [block]).text(columns: 60, hasColours: false).split(separator: "\n")
        }
        #expect(text(block.folded()).count == 1 + 1 + 20 + 1)
        #expect(text(block.folded())[1] == "read, 3 to a line" && text(block.folded())[2] == "  0…2  ▒ ·")
        let faint = Heatmap.Block(title: "read", lines: Array(lines.prefix(3)))
        // 0.04 and 0 are below; 2 / 60 is too, but not 0.5.
        #expect(text(faint.withoutFaintLines())[1] == "read (2 of 3, others below 0.05)")
        #expect(text(faint.withoutFaintLines()).count == 1 + 1 + 2 + 1)
    }

    // MARK: Of networks

    private func heatmap(
        _ memory: any MemoryKind, _ task: any SequenceTask, length: Int, columns: Int, hasColours: Bool = false
    ) throws -> [Substring] {
        var configuration = NetworkConfiguration()
        configuration.controller = ElmanRNN(units: 8)
        configuration.memory = memory
        let network = try Network(configuration, signature: task.signature, seed: 1)
        let inspection = try Inspection(
            network, task: task, length: length...length, seed: 1, signals: Inspection.isInHeatmap)
        let text = inspection.heatmap(columns: columns, hasColours: hasColours)
        return withoutColours(text).split(separator: "\n")
    }

    @Test(arguments: [30, 80, 200]) func nothingIsWiderThanTheTerminal(_ columns: Int) throws {
        let reversal = Reversal(symbols: 4, lengths: 1...100)
        for hasColours in [false, true] {
            for (memory, task, length) in [
                (NeuralStack(width: 4), reversal, 40), (NeuralDeque(width: 4), reversal, 3),
                (TuringMemory(rows: 128, columns: 4), CopyBits(), 15)
            ] as [(any MemoryKind, any SequenceTask, Int)] {
                let lines = try heatmap(memory, task, length: length, columns: columns, hasColours: hasColours)
                // The legend is the one line that is not cut.
                for line in lines where !line.hasPrefix("0 ") && !line.hasPrefix("Steps 1") {
                    #expect(line.count <= columns, "\(line)")
                }
                #expect(lines.count < 150)
            }
        }
    }

    @Test func whatAStackShows() throws {
        let lines = try heatmap(NeuralStack(width: 4), Reversal(symbols: 4, lengths: 1...9), length: 3, columns: 80)
        let starts = lines.map { $0.split(separator: " ").first ?? "" }
        #expect(starts.starts(with: ["step", "input", "target", "output", "push", "pop"]))
        #expect(lines.contains { $0.hasPrefix("read, entries by step of push") })
        #expect(lines.contains { $0.hasPrefix("strengths, entries by step of push") })
        // The top of the stack is above: later steps come first.
        let numbers = starts.drop { $0 != "strengths," }.compactMap { Int($0) }.dropLast()
        #expect(numbers.count > 3 && Array(numbers) == numbers.sorted(by: >))
    }

    @Test func whatADequeShows() throws {
        let lines = try heatmap(NeuralDeque(width: 4), Reversal(symbols: 4, lengths: 1...9), length: 3, columns: 80)
        let labels = lines.drop { !$0.hasPrefix("strengths") }.compactMap { $0.split(separator: " ").first }
        let ends = labels.filter { $0.hasSuffix("t") || $0.hasSuffix("b") }
        let (tops, bottoms) = (ends.filter { $0.hasSuffix("t") }, ends.filter { $0.hasSuffix("b") })
        #expect(!tops.isEmpty && !bottoms.isEmpty && ends == tops + bottoms)
        #expect(bottoms.compactMap { Int($0.dropLast()) } == bottoms.compactMap { Int($0.dropLast()) }.sorted())
    }

    /// Vectors are pictures, weightings have their strongest rows, shifts their sign.
    @Test func whatATuringMachineShows() throws {
        let lines = try heatmap(TuringMemory(rows: 128, columns: 4), CopyBits(), length: 4, columns: 80)
        for title in ["input", "target", "output", "read shift", "write shift"] {
            #expect(lines.contains { $0 == title }, "\(title)")
        }
        #expect(lines.contains { $0.hasPrefix("read weighting (") && $0.contains(" of 128, others below 0.05)") })
        #expect(lines.contains { $0.hasPrefix("write gate ") } && lines.contains { $0.contains(" +1  ") })
    }

    @Test func sparklines() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇██")
        #expect(Sparkline.text([5, 5]) == "▁▁" && Sparkline.text([]) == "" && Sparkline.text([2]) == "▁")
        #expect(Sparkline.text([.nan, 1, .infinity, 3]) == " ▁ █" && Sparkline.text([.nan]) == " ")
    }
}

// PageFilesTests.swift: the files of pages are found beside the program.

import Testing

@testable import NeuralMemoryFigures

@Suite struct PageFilesTests {
    @Test func theStyleSheetIsThere() throws { #expect(try !PageFiles.text("base.css").isEmpty) }

    /// Pages colour numbers as figures do.
    @Test func theScalesOfFigures() throws {
        let script = try PageFiles.text("colors.js")
        for scale in [ColourScale.sequential, .diverging] {
            for stops in [scale.light, scale.dark] { #expect(script.contains("'\(stops.joined(separator: " "))'")) }
        }
        #expect(!script.contains("{{"))
    }
}

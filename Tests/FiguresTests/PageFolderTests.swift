// PageFolderTests.swift: the files of pages are found beside the program.

import Testing

@testable import NeuralMemoryFigures

@Suite struct PageFolderTests {
    @Test func theStyleSheetIsThere() throws { #expect(try !PageFolder.shared.text("base.css").isEmpty) }

    /// Pages colour numbers as figures do.
    @Test func theScalesOfFigures() throws {
        let script = try PageFolder.shared.text("colors.js")
        for scale in [ColourScale.sequential, .diverging] {
            for stops in [scale.light, scale.dark] { #expect(script.contains("'\(stops.joined(separator: " "))'")) }
        }
        #expect(!script.contains("{{"))
    }
}

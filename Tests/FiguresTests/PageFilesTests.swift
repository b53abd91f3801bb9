// PageFilesTests.swift: the files of pages are found beside the program.

import Testing

@testable import NeuralMemoryFigures

@Suite struct PageFilesTests {
    @Test func theStyleSheetIsThere() throws { #expect(try !PageFiles.text("base.css").isEmpty) }
}

// ExplorerFilesTests.swift: the files of the explorer are found beside the program.

import Testing

@testable import NeuralMemoryExplorer

@Suite struct ExplorerFilesTests {
    @Test func theStyleSheetIsThere() throws { #expect(try !ExplorerFiles.text("explorer.css").isEmpty) }
}

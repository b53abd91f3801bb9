// ExplorerFilesTests.swift: the files of the explorer are found beside the program.

import Foundation
import Testing

@testable import NeuralMemoryExplorer

@Suite struct ExplorerFilesTests {
    /// Each file that the page loads is served, and each that is served is loaded.
    @Test func thePageLoadsWhatIsServed() throws {
        let responses = try ExplorerFiles.responses()
        let page = String(decoding: try #require(responses["/"]).body, as: UTF8.self)
        let loaded = page.matches(of: /(?:src|href)="([^":]+)"/).map { "/\($0.output.1)" }
        #expect(Set(loaded) == Set(responses.keys).subtracting(["/"]))
        #expect(Set(loaded).count == loaded.count)
        #expect(responses.values.allSatisfy { !$0.body.isEmpty })
        #expect(responses["/explorer.css"]?.type == "text/css; charset=utf-8")
        #expect(responses["/explorer.js"]?.type == "text/javascript; charset=utf-8")
        #expect(!page.contains("{{"))
    }
}

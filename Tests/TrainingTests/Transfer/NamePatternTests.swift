// NamePatternTests.swift: patterns of parameters' names.

import NeuralMemoryTraining
import Testing

@Suite struct NamePatternTests {
    @Test(arguments: [
        ("controller.*", "controller.layer0.weight"), ("*.bias", "output.bias"), ("*", "embedding.weight"),
        ("controller.layer?.weight", "controller.layer1.weight"), ("*layer0*", "controller.layer0.h0"),
        ("output.weight", "output.weight"), ("**.h0", "controller.layer0.h0"), ("*o*t*", "output.weight")
    ])
    func whatMatches(_ pattern: String, _ name: String) {
        #expect(NamePattern(pattern).matches(name))
    }

    @Test(arguments: [
        ("controller", "controller.layer0.weight"), ("*.bias", "output.biases"), ("", "output.bias"),
        ("controller.layer?.weight", "controller.layer10.weight"), ("?utput", "output.weight"),
        ("*x*", "output.weight"), ("output.weight*?", "output.weight")
    ])
    func whatDoesNot(_ pattern: String, _ name: String) {
        #expect(!NamePattern(pattern).matches(name))
    }

    /// A pattern of many stars on a long name takes no longer than both lengths together say.
    @Test func manyStars() {
        let pattern = NamePattern(String(repeating: "*a", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 2000)))
    }
}

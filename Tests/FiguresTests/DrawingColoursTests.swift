// DrawingColoursTests.swift: colour scales are even, and lines can be told apart by those who do not see all hues.

import Foundation
import Testing

@testable import NeuralMemoryFigures

@Suite struct DrawingColoursTests {
    /// Linear red, green and blue.
    private func linear(_ colour: String) -> [Double] {
        ColourScale.channels(colour).map { $0 / 255 }.map {
            $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4)
        }
    }

    private func product(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
        matrix.map { zip($0, vector).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    /// OKLab (Ottosson 2020): lightness, and two numbers for the hue.
    private func oklab(_ rgb: [Double]) -> [Double] {
        let cones = [
            [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005]
        ]
        let lab = [
            [0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660]
        ]
        return product(lab, product(cones, rgb).map { cbrt(max($0, 0)) })
    }

    private func distance(_ first: [Double], _ second: [Double]) -> Double {
        zip(first, second).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }

    /// The ratio of luminances, as WCAG has it.
    private func contrast(_ first: String, _ second: String) -> Double {
        let luminances = [first, second].map { product([[0.2126, 0.7152, 0.0722]], linear($0))[0] + 0.05 }
        return luminances.max()! / luminances.min()!
    }

    /// Normal sight, and full colour blindness of each kind, as Machado and others (2009) have it.
    private static let sights = [
        [[1.0, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ]

    @Test func sequentialLightnessChangesEvenly() {
        for stops in [ColourScale.sequential.light, ColourScale.sequential.dark.reversed()] {
            let steps = zip(stops, stops.dropFirst()).map { oklab(linear($0))[0] - oklab(linear($1))[0] }
            #expect(steps.min()! > 0.8 * steps.max()!)
        }
    }

    /// The middle is the lightest in the light theme and the darkest in the dark one; both halves are alike.
    @Test func divergingLightnessIsSymmetric() {
        for (stops, sign) in [(ColourScale.diverging.light, 1.0), (ColourScale.diverging.dark, -1.0)] {
            let lightness = stops.map { sign * oklab(linear($0))[0] }
            for index in 0..<4 {
                #expect(lightness[index + 1] - lightness[index] > 0.1)
                #expect(abs(lightness[index] - lightness[8 - index]) < 0.02)
            }
        }
    }

    @Test(arguments: [true, false]) func linesDifferInAllSights(_ isLight: Bool) {
        let colours = LinePalette.colours.map { isLight ? $0.light : $0.dark }
        for (index, first) in colours.enumerated() {
            #expect(contrast(first, isLight ? "#ffffff" : "#0d1117") > 3)
            for second in colours.dropFirst(index + 1) {
                for sight in Self.sights {
                    let (a, b) = (oklab(product(sight, linear(first))), oklab(product(sight, linear(second))))
                    #expect(distance(a, b) > 0.1, "\(first) and \(second)")
                }
            }
        }
    }

    @Test func placesBetweenStopsAreMixed() {
        let scale = ColourScale(light: ["#000000", "#204060"], dark: ["#ffffff", "#000000"])
        #expect(scale.colour(at: 0.5) == ThemedColour(light: "#102030", dark: "#808080"))
        #expect(scale.colour(at: -1).light == "#000000" && scale.colour(at: 2).light == "#204060")
    }
}

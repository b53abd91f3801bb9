// Packed numbers: half floats as the processor has them.

import Foundation
import Testing

@testable import NeuralMemoryFigures

@Suite struct ReportNumbersTests {
    #if !(os(macOS) && arch(x86_64))
        /// All halves, the numbers half-way between neighbours, and those just beside these.
        @Test func halvesAreTheNearest() {
            var wrong: [Float] = []
            for bits in UInt16(0)...0x7BFF {
                let number = Float(Float16(bitPattern: bits))
                let next = bits == 0x7BFF ? 65536 : Float(Float16(bitPattern: bits + 1))
                let middle = (number + next) / 2
                for value in [number, middle, middle.nextUp, middle.nextDown, -middle]
                where PackedHalves.half(value) != Float16(value).bitPattern { wrong.append(value) }
            }
            #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        }
    #endif

    @Test func numbersThatAreNoneStayNone() {
        #expect(PackedHalves.half(.infinity) == 0x7C00 && PackedHalves.half(-.infinity) == 0xFC00)
        #expect(PackedHalves.half(.greatestFiniteMagnitude) == 0x7C00 && PackedHalves.half(1e-30) == 0)
        let nothing = PackedHalves.half(.nan)
        #expect(nothing & 0x7C00 == 0x7C00 && nothing & 0x3FF != 0)
    }

    @Test func bytesAreLittleEndian() {
        var halves = PackedHalves()
        halves.append([1, -2])
        #expect(halves.base64 == Data([0x00, 0x3C, 0x00, 0xC0]).base64EncodedString())
        var integers = PackedIntegers()
        integers.append([1, -1])
        #expect(integers.base64 == Data([1, 0, 0, 0, 255, 255, 255, 255]).base64EncodedString())
    }

    /// What comes from users is text, wherever it stands.
    @Test func interpolatedTextIsEscaped() {
        let name = "<script>alert('1')</script>\u{202E}\"&"
        let html: HTML = "<td title=\"\(name)\">\(user: name)</td>"
        #expect(
            html.markup
                == "<td title=\"&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\u{202E}&quot;&amp;\">"
                + "<bdi>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\\u{202e}&quot;&amp;</bdi></td>")
        let json = Report.inert(json: Data("[\"</script><!--\", \"<\"]".utf8))
        #expect(json == "[\"\\u003c/script>\\u003c!--\", \"\\u003c\"]")
    }

    /// Pieces are not searched for names of other pieces.
    @Test func templatesAreFilledOnce() {
        let page = PageTemplate.filled("a{{x}}b{{y}}c", ["x": "{{y}}", "y": "2"])
        #expect(String(decoding: page, as: UTF8.self) == "a{{y}}b2c")
    }
}

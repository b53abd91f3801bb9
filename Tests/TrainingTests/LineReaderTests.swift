// Lines and words of standard input, in pieces of any size, and those that are too long.

import Foundation
import NeuralMemory
import Testing
import NeuralMemoryTraining

@Suite struct LineReaderTests {
    /// What reads from a pipe into which another thread writes pieces; the pipe is closed at the end.
    private func reading<Value>(_ pieces: [Data], _ body: (Int32) throws -> Value) rethrows -> Value {
        let pipe = Pipe()
        let writer = Thread {
            for piece in pieces { try? pipe.fileHandleForWriting.write(contentsOf: piece) }
            try? pipe.fileHandleForWriting.close()
        }
        writer.start()
        // What is left is read too: who writes into a pipe that nobody reads gets SIGPIPE, which ends all tests.
        defer {
            while let rest = try? pipe.fileHandleForReading.read(upToCount: 1 << 16), !rest.isEmpty {}
            try? pipe.fileHandleForReading.close()
        }
        return try body(pipe.fileHandleForReading.fileDescriptor)
    }

    private func lines(_ pieces: [Data], limit: Int = 100) throws -> [LineReader.Line] {
        try reading(pieces) { descriptor in
            var reader = LineReader(descriptor, limit: limit)
            var lines: [LineReader.Line] = []
            while let line = try reader.next() { lines.append(line) }
            return lines
        }
    }

    @Test(arguments: [
        ("", []), ("a", ["a"]), ("a\n", ["a"]), ("\n", [""]), ("\n\n", ["", ""]), ("a\n\nb", ["a", "", "b"]),
        ("a\r\nb\r\n", ["a", "b"]), ("a\rb\n", ["a\rb"]), ("\u{FEFF}a\n\u{FEFF}b\n", ["a", "\u{FEFF}b"]),
        ("ü👩‍👩‍👧\n", ["ü👩‍👩‍👧"]),
        ("a\0b\n", ["a\0b"])
    ])
    func linesOfText(_ text: String, _ expected: [String]) throws {
        let bytes = Data(text.utf8)
        for pieces in [[bytes], bytes.map { Data([$0]) }] {
            #expect(try lines(pieces) == expected.map { .text($0) })
        }
    }

    @Test func linesThatAreTooLong() throws {
        for count in [99, 100, 101, 65_535, 65_536, 65_637, 10_000_000] {
            let long = Data(repeating: UInt8(ascii: "x"), count: count)
            let line: LineReader.Line = count > 100 ? .tooLong : .text(String(repeating: "x", count: count))
            for end in ["\n", "\r\n"] {
                let text = Data("a\n".utf8) + long + Data("\(end)b\n".utf8)
                #expect(try lines([text]) == [.text("a"), line, .text("b")], "\(count)")
            }
            #expect(try lines([Data("a\n".utf8) + long]) == [.text("a"), line], "\(count)")
        }
    }

    /// Memory is bounded however long a line is: a line of 300 MB through a limit of 100 bytes.
    @Test func longLinesTakeNoMemory() throws {
        let piece = Data(repeating: UInt8(ascii: "x"), count: 1 << 20)
        let before = ProcessUsage.peakBytes
        #expect(try lines(Array(repeating: piece, count: 300)) == [.tooLong])
        // Other tests run at the same time; a reader that keeps the line takes 300 MB at least.
        #expect(ProcessUsage.peakBytes - before < 200_000_000)
    }

    @Test func linesThatAreNoText() throws {
        #expect(try lines([Data([0xC3, 0x28, 0x0A, 0x61, 0x0A])]) == [.notText, .text("a")])
        #expect(throws: FileError.self) {
            var reader = LineReader(-1, limit: 100)
            _ = try reader.next()
        }
    }

    private func words(_ pieces: [Data]) throws -> [WordScanner.Token] {
        try reading(pieces) { descriptor in
            var scanner = WordScanner(descriptor)
            var tokens: [WordScanner.Token] = []
            while let next = try scanner.next() { tokens += next }
            return tokens
        }
    }

    @Test func wordsAndLineEnds() throws {
        let bytes = Data(" a  bü\t\r\n\nc".utf8)
        let expected: [WordScanner.Token] = [.word("a"), .word("bü"), .newline, .newline, .word("c")]
        for pieces in [[bytes], bytes.map { Data([$0]) }] { #expect(try words(pieces) == expected) }
        #expect(try words([]) == [])
        for bad in [Data(repeating: UInt8(ascii: "x"), count: 100_000), Data([0xC3, 0x28])] {
            #expect(throws: FileError.self) { _ = try words([bad]) }
        }
    }
}

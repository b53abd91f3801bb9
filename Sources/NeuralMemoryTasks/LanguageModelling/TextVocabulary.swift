// The symbols that a network knows of a text, by their numbers.

import NeuralMemory

/// How often each symbol is in a text.
struct TextCounts {
    let unit: TextUnit
    private var ofBytes = [Int](repeating: 0, count: 256)
    private var others: [String: Int] = [:]

    init(_ unit: TextUnit) { self.unit = unit }

    /// Throws `TextFault` for bytes that are not UTF-8 where they must be.
    mutating func add(_ symbol: UnsafeBufferPointer<UInt8>) throws {
        if symbol.count == 1, unit == .bytes || symbol[0] < 0x80 {
            ofBytes[Int(symbol[0])] += 1
        } else {
            others[try unit.requireName(of: symbol), default: 0] += 1
        }
    }

    /// Takes away what was counted in a part of the same text.
    mutating func subtract(_ part: TextCounts) {
        for byte in ofBytes.indices { ofBytes[byte] -= part.ofBytes[byte] }
        for (name, count) in part.others { others[name, default: 0] -= count }
    }

    /// How many symbols are none of these names.
    func count(without names: Set<String>) -> Int {
        byName.reduce(0) { names.contains($1.key) ? $0 : $0 + $1.value }
    }

    private var byName: [String: Int] {
        var counts = others
        for (byte, count) in ofBytes.enumerated() where count > 0 {
            if let name = unit.name(of: UInt8(byte)) { counts[name, default: 0] += count }
        }
        return counts.filter { $0.value > 0 }
    }

    /// Names of the most frequent symbols, at most so many; of equally frequent ones the first by their bytes.
    func names(atMost most: Int) -> [String] {
        var counts = byName
        counts[TextUnit.unknown] = nil
        let sorted = counts.sorted {
            $0.value != $1.value ? $0.value > $1.value : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }
        return sorted.prefix(most).map(\.key)
    }
}

/// The numbers of a text's symbols; `<unk>` is 0.
struct TextVocabulary: Sendable {
    let unit: TextUnit
    private let numbers: [String: Int]
    /// The same of symbols of one byte, which most are.
    private let ofBytes: [Int32]

    /// - `names`: by number.
    init(_ unit: TextUnit, _ names: [String]) {
        self.unit = unit
        let numbers = names.numbered
        self.numbers = numbers
        ofBytes = (0..<256).map { byte in Int32(unit.name(of: UInt8(byte)).flatMap { numbers[$0] } ?? 0) }
    }

    /// Throws `TextFault` as `TextCounts.add` does.
    func number(of symbol: UnsafeBufferPointer<UInt8>) throws -> Int32 {
        if symbol.count == 1, unit == .bytes || symbol[0] < 0x80 { return ofBytes[Int(symbol[0])] }
        return Int32(numbers[try unit.requireName(of: symbol)] ?? 0)
    }

    /// The numbers of all symbols of some bytes.
    ///
    /// Throws `TextFault` for what is no text of this unit.
    func numbers(of bytes: [UInt8]) throws -> [Int32] {
        var numbers: [Int32] = []
        _ = try bytes.withUnsafeBufferPointer { buffer in
            try unit.scan(buffer, isLast: true) { range in
                numbers.append(try number(of: UnsafeBufferPointer(rebasing: buffer[range])))
                return true
            }
        }
        return numbers
    }
}

extension TextUnit {
    fileprivate func requireName(of symbol: UnsafeBufferPointer<UInt8>) throws -> String {
        guard let name = name(of: symbol) else {
            throw TextFault(
                reason: "this is not UTF-8; convert the file, or set task.unit to bytes, which takes any file")
        }
        return name
    }
}

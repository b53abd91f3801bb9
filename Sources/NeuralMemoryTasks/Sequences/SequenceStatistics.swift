// Symbols, and means and deviations, of inputs or targets: counted while a file is gone through.

/// Symbols, and means and deviations, of the sequences trained on.
struct SequenceStatistics {
    /// All symbols so far.
    private(set) var index = SymbolIndex()
    /// How often each is there.
    private var counts: [Int] = []
    private(set) var numbers: NumberStatistics?
    private(set) var size = 0

    mutating func add(_ field: SequenceField) {
        if field.isOfTexts {
            field.texts.forEachBytes { place, text in
                guard field.isThere[place] else { return }
                let number = index.add(text)
                if number == counts.count { counts.append(0) }
                counts[number] += 1
            }
            return
        }
        size = field.size
        if numbers == nil { numbers = NumberStatistics(size: size) }
        for index in 0..<field.count where field.isThere[index] {
            numbers?.add(field.vector(index))
        }
    }

    var symbolCount: Int { counts.count }
    /// Symbols that are there once.
    var rareCount: Int { counts.count { $0 == 1 } }

    func field(standardises: Bool, balances: Bool = false) -> SequenceFacts.Field {
        // In the order of their bytes.
        let order = index.texts.indices.sorted { index.texts[$0].utf8.lexicographicallyPrecedes(index.texts[$1].utf8) }
        let all = Double(counts.reduce(0, +)) / Double(max(1, counts.count))
        return SequenceFacts.Field(
            symbols: order.map { index.texts[$0] }, size: size, scale: standardises ? numbers?.scale : nil,
            weights: balances ? order.map { Float(all / Double(counts[$0])) } : nil)
    }
}

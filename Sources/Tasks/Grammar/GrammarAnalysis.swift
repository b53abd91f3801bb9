// How short what comes of a grammar's nonterminals can be: it tells which of them never end, and where drawing may stop.

import NeuralMemory

extension Grammar {
    /// Lengths are not counted beyond this.
    private static let longest = largestSize

    /// This grammar with the shortest lengths filled in, each side for itself. Throws `GrammarError` where a nonterminal
    /// never ends.
    func withShortestLengths(source: String) throws -> Grammar {
        var known = [Lengths?](repeating: nil, count: symbols.count)
        func length(_ rule: Rule) -> Lengths? {
            let words = Lengths(source: rule.source.wordCount, target: rule.target.wordCount)
            return rule.children.reduce(words) { sum, child in
                guard let sum, let child = known[child] else { return nil }
                return Lengths(
                    source: min(sum.source + child.source, Self.longest),
                    target: min(sum.target + child.target, Self.longest))
            }
        }
        // The shortest derivation of a nonterminal does not hold it again, so there is one round at most for each.
        var isChanged = true
        while isChanged {
            isChanged = false
            for (index, symbol) in symbols.enumerated() {
                let lengths = symbol.rules.filter { $0.weight > 0 }.compactMap(length)
                guard let sources = lengths.map(\.source).min(), let targets = lengths.map(\.target).min() else {
                    continue
                }
                let shortest = Lengths(source: sources, target: targets)
                isChanged = isChanged || known[index] != shortest
                known[index] = shortest
            }
        }
        if let endless = known.firstIndex(of: nil) {
            throw GrammarError(
                field: Self.field, source: source, line: nil,
                reason:
                    "\(symbols[endless].name) never ends: each of its rules with a weight above 0 leads back to it, or "
                    + "to another nonterminal that never ends")
        }
        let analysed = symbols.enumerated().map { index, symbol in
            // Rules that are never drawn are left out.
            let rules = symbol.rules.filter { $0.weight > 0 }.map { rule in
                var rule = rule
                rule.shortest = length(rule) ?? rule.shortest
                return rule
            }
            return Symbol(name: symbol.name, rules: rules, shortest: known[index] ?? symbol.shortest)
        }
        return Grammar(text: text, vocabulary: vocabulary, symbols: analysed, start: start)
    }

    /// The shortest source and the shortest target, which need not be of one pair.
    var shortest: Lengths { symbols[start].shortest }
}

extension [Grammar.Item] {
    fileprivate var wordCount: Int { reduce(0) { if case .word = $1 { $0 + 1 } else { $0 } } }
}

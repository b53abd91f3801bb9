// How short what comes of a grammar's nonterminals can be: it tells which of them never end, and where drawing may
// stop.

import NeuralMemory

extension Grammar {
    /// Lengths are not counted beyond this, which no sequence has.
    private static let longest = largestSize + 1

    /// This grammar with the shortest lengths filled in, each side for itself.
    ///
    /// Throws `TextSettingError` where a nonterminal never ends.
    func withShortestLengths(source: String) throws -> Grammar {
        let (sources, targets) = (shortestLengths(\.source), shortestLengths(\.target))
        if let endless = sources.firstIndex(of: nil) {
            throw TextSettingError(
                field: Self.field, source: source, line: nil,
                reason:
                    "\(symbols[endless].name.shown()) never ends: each of its rules with a weight above 0 leads back to it, "
                    + "or to another nonterminal that never ends")
        }
        if max(sources[start] ?? 0, targets[start] ?? 0) > largestSize {
            throw TextSettingError(
                field: Self.field, source: source, line: nil,
                reason: "all that comes of \(symbols[start].name.shown()) has more than \(largestSize) words")
        }
        let known = zip(sources, targets).map { Lengths(source: $0 ?? 0, target: $1 ?? 0) }
        func length(_ rule: Rule) -> Lengths {
            let words = Lengths(source: rule.source.wordCount, target: rule.target.wordCount)
            return rule.children.reduce(words) { sum, child in
                Lengths(
                    source: min(sum.source + known[child].source, Self.longest),
                    target: min(sum.target + known[child].target, Self.longest))
            }
        }
        let analysed = symbols.enumerated().map { index, symbol in
            // Rules that are never drawn are left out.
            let rules = symbol.rules.filter { $0.weight > 0 }.map { rule in
                var rule = rule
                rule.shortest = length(rule)
                return rule
            }
            return Symbol(name: symbol.name, rules: rules, shortest: known[index])
        }
        return Grammar(text: text, vocabulary: vocabulary, symbols: analysed, start: start)
    }

    /// The least words of one side that come of each nonterminal; `nil` for one that never ends.
    ///
    /// Lengths become known from the least on, each once (Knuth 1977, "A Generalization of Dijkstra's Algorithm"), so
    /// the time is that of sorting the rules.
    private func shortestLengths(_ side: KeyPath<Rule, [Item]>) -> [Int?] {
        /// A rule, with the nonterminals that are not known yet, and the least words of the others.
        struct Open {
            let symbol: Int
            var unknown: Int
            var words: Int
        }
        var open: [Open] = []
        var uses = [[Int]](repeating: [], count: symbols.count)
        var ready = Heap()
        for (index, symbol) in symbols.enumerated() {
            for rule in symbol.rules where rule.weight > 0 {
                let words = rule[keyPath: side].wordCount
                for child in rule.children { uses[child].append(open.count) }
                open.append(Open(symbol: index, unknown: rule.children.count, words: words))
                if rule.children.isEmpty { ready.push(words, of: index) }
            }
        }
        var known = [Int?](repeating: nil, count: symbols.count)
        while let (length, symbol) = ready.pop() {
            guard known[symbol] == nil else { continue }
            known[symbol] = length
            for rule in uses[symbol] {
                open[rule].unknown -= 1
                open[rule].words = min(open[rule].words + length, Self.longest)
                if open[rule].unknown == 0 { ready.push(open[rule].words, of: open[rule].symbol) }
            }
        }
        return known
    }

    /// The shortest source and the shortest target, which need not be of one pair.
    var shortest: Lengths { symbols[start].shortest }
}

/// Lengths of nonterminals; gives the least first.
private struct Heap {
    private var entries: [(length: Int, symbol: Int)] = []

    mutating func push(_ length: Int, of symbol: Int) {
        entries.append((length, symbol))
        var child = entries.count - 1
        while child > 0, entries[child].length < entries[(child - 1) / 2].length {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> (length: Int, symbol: Int)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            let children = (2 * parent + 1..<2 * parent + 3).clamped(to: 0..<entries.count)
            guard let least = children.min(by: { entries[$0].length < entries[$1].length }),
                entries[least].length < entries[parent].length
            else { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}

extension [Grammar.Item] {
    fileprivate var wordCount: Int { reduce(0) { if case .word = $1 { $0 + 1 } else { $0 } } }
}

// Drawing pairs from a grammar: each nonterminal by one of its rules, in proportion to their weights.

import NeuralMemory

extension Grammar {
    /// How one draw ended.
    enum Draw {
        /// A pair whose two sides lie in the range.
        case pair(Transduction)
        /// It has become too long, or has used too many rules, or was too short at its end.
        case givenUp
    }

    /// Draws one pair.
    ///
    /// It is given up as soon as what is there, and the least that can still come, is too long, and where it has many
    /// more nonterminals than that has words: a grammar may go on without ever getting longer.
    ///
    /// - `lengths`: of both sides.
    /// - `rules`: is added the number of rules used.
    func draw(lengths: ClosedRange<Int>, rules used: inout Int, using generator: inout RandomGenerator) -> Draw {
        var derivation = Derivation(start)
        var (source, target) = (shortest.source, shortest.target)
        while let symbol = derivation.next {
            let rule = table.draw(symbol, using: &generator)
            source += table.growth[rule].source
            target += table.growth[rule].target
            used += 1
            let children = table.childStarts[rule]..<table.childStarts[rule + 1]
            guard source <= lengths.upperBound, target <= lengths.upperBound,
                derivation.count + children.count < 4096 + 16 * max(source, target)
            else { return .givenUp }
            derivation.apply(rule, table.children[children])
        }
        guard lengths.contains(source), lengths.contains(target) else { return .givenUp }
        return .pair(Transduction(source: derivation.words(\.source, self), target: derivation.words(\.target, self)))
    }
}

/// The rules of all nonterminals in a row, so that a draw touches plain numbers alone.
struct RuleTable: Sendable {
    /// The first rule of each nonterminal, and after the last one the number of rules.
    private var starts = [0]
    /// Of each rule, its weight and those of the nonterminal's rules before it.
    private var weightSums: [Double] = []
    /// By how much more than the shortest of its nonterminal the shortest of a rule is.
    private(set) var growth: [Grammar.Lengths] = []
    /// Where the nonterminals of each rule begin in `children`, and after the last one their number.
    private(set) var childStarts = [0]
    private(set) var children: [Int] = []

    init(_ symbols: [Grammar.Symbol]) {
        for symbol in symbols {
            var sum = 0.0
            for rule in symbol.rules {
                sum += rule.weight
                weightSums.append(sum)
                growth.append(
                    Grammar.Lengths(
                        source: rule.shortest.source - symbol.shortest.source,
                        target: rule.shortest.target - symbol.shortest.target))
                children += rule.children
                childStarts.append(children.count)
            }
            starts.append(weightSums.count)
        }
    }

    /// One of a nonterminal's rules, in proportion to their weights.
    func draw(_ symbol: Int, using generator: inout RandomGenerator) -> Int {
        var (low, high) = (starts[symbol], starts[symbol + 1] - 1)
        let place = generator.uniform() * weightSums[high]
        // The first sum above the place.
        while low < high {
            let middle = (low + high) / 2
            if place < weightSums[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// A rule as its nonterminal has it.
    func rule(_ number: Int, of symbol: Int, in grammar: Grammar) -> Grammar.Rule {
        grammar.symbols[symbol].rules[number - starts[symbol]]
    }
}

/// Nonterminals and the rules that were drawn for them; a rule's own nonterminals stand side by side, from `children`
/// on.
private struct Derivation {
    private var symbols: [Int]
    /// By their numbers in the table.
    private var rules: [Int] = []
    private var children: [Int] = []

    init(_ start: Int) { symbols = [start] }

    /// How many nonterminals there are, with and without a rule.
    var count: Int { symbols.count }

    /// The next nonterminal without a rule.
    var next: Int? { rules.count < symbols.count ? symbols[rules.count] : nil }

    mutating func apply(_ rule: Int, _ nonterminals: ArraySlice<Int>) {
        rules.append(rule)
        children.append(symbols.count)
        symbols += nonterminals
    }

    /// The words of one side, in order.
    ///
    /// Without recursion: a derivation may be as deep as it is long.
    func words(_ side: KeyPath<Grammar.Rule, [Grammar.Item]>, _ grammar: Grammar) -> [Int] {
        var words: [Int] = []
        var pending = [(item: Grammar.Item.child(0), first: 0)]
        while let (item, first) = pending.popLast() {
            switch item {
            case .word(let word): words.append(word)
            case .child(let child):
                let node = first + child
                let rule = grammar.table.rule(rules[node], of: symbols[node], in: grammar)
                for item in rule[keyPath: side].reversed() { pending.append((item, children[node])) }
            }
        }
        return words
    }
}

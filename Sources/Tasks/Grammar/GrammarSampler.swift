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

    /// Draws one pair. It is given up as soon as what is there, and the least that can still come, is too long.
    ///
    /// - Parameters:
    ///   - lengths: of both sides.
    ///   - rules: is added the number of rules used.
    func draw(lengths: ClosedRange<Int>, rules used: inout Int, using generator: inout RandomGenerator) -> Draw {
        var derivation = Derivation(start)
        var (source, target) = (shortest.source, shortest.target)
        // A grammar may go on without ever getting longer.
        let mostRules = 4096 + 64 * lengths.upperBound
        while let symbol = derivation.next {
            let rule = symbols[symbol].draw(using: &generator)
            source += rule.shortest.source - symbols[symbol].shortest.source
            target += rule.shortest.target - symbols[symbol].shortest.target
            derivation.apply(rule)
            used += 1
            guard source <= lengths.upperBound, target <= lengths.upperBound, derivation.rules.count < mostRules else {
                return .givenUp
            }
        }
        guard lengths.contains(source), lengths.contains(target) else { return .givenUp }
        return .pair(Transduction(source: derivation.words(\.source), target: derivation.words(\.target)))
    }
}

extension Grammar.Symbol {
    /// One of the rules, in proportion to their weights.
    fileprivate func draw(using generator: inout RandomGenerator) -> Grammar.Rule {
        var rest = generator.uniform() * rules.reduce(0) { $0 + $1.weight }
        for rule in rules.dropLast() {
            if rest < rule.weight { return rule }
            rest -= rule.weight
        }
        return rules[rules.count - 1]
    }
}

/// Nonterminals and the rules that were drawn for them; a rule's own nonterminals stand side by side, from `children` on.
private struct Derivation {
    private var symbols: [Int]
    private(set) var rules: [Grammar.Rule] = []
    private var children: [Int] = []

    init(_ start: Int) { symbols = [start] }

    /// The next nonterminal without a rule.
    var next: Int? { rules.count < symbols.count ? symbols[rules.count] : nil }

    mutating func apply(_ rule: Grammar.Rule) {
        rules.append(rule)
        children.append(symbols.count)
        symbols += rule.children
    }

    /// The words of one side, in order. Without recursion: a derivation may be as deep as it is long.
    func words(_ side: KeyPath<Grammar.Rule, [Grammar.Item]>) -> [Int] {
        var words: [Int] = []
        var pending = [(item: Grammar.Item.child(0), first: 0)]
        while let (item, first) = pending.popLast() {
            switch item {
            case .word(let word): words.append(word)
            case .child(let child):
                let node = first + child
                for item in rules[node][keyPath: side].reversed() { pending.append((item, children[node])) }
            }
        }
        return words
    }
}

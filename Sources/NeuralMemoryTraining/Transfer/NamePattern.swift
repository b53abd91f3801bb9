// Patterns of parameters' names, as shells have them for files' names.

import NeuralMemory

/// A pattern of names: `*` stands for any characters, also none and also dots, and `?` for one.
package struct NamePattern: Sendable, Equatable {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// Whether the whole of a name is what the pattern says.
    package func matches(_ name: String) -> Bool {
        let (pattern, name) = (Array(text), Array(name))
        var (p, n) = (0, 0)
        /// Behind the last `*`, and how much of the name was left to it.
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                p += 1
                star = (p, n)
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                (p, n) = (p + 1, n + 1)
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (p, n) = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }

    /// The names that somebody may have meant by a pattern that matches none of them, as a message shows them.
    ///
    /// Those that begin as the pattern does, but for misspelling; all of them where none is like it.
    func nearest(among names: [String]) -> String {
        let wanted = text.filter { $0 != "*" && $0 != "?" }.trimmed(of: ".")
        let beginnings = Set(
            names.flatMap { name in
                let parts = name.split(separator: ".")
                return (1...parts.count).map { parts.prefix($0).joined(separator: ".") }
            })
        guard let beginning = NeuralMemoryTraining.nearest(to: wanted, among: beginnings.sorted()) else {
            return "there are \(names.listed())"
        }
        return "the nearest are \(names.filter { $0.hasPrefix(beginning) }.listed())"
    }
}

extension String {
    fileprivate func trimmed(of character: Character) -> String {
        String(drop { $0 == character }.reversed().drop { $0 == character }.reversed())
    }
}

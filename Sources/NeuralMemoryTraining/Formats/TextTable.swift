// Tables in plain text, for terminals.

/// Lines of cells, whose columns are made equally wide.
struct TextTable {
    enum Alignment { case left, right }

    /// One for each column; columns beyond have none.
    let alignments: [Alignment]
    private(set) var lines: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) {
        alignments = columns.map(\.alignment)
        lines = [columns.map(\.title)]
    }

    /// As many cells as there are columns.
    mutating func add(_ cells: [String]) { lines.append(cells) }

    /// All lines, each ended by a newline, without spaces at their ends.
    var text: String {
        let widths = alignments.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return alignments[column] == .left ? cells[column] + space : space + cells[column]
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}

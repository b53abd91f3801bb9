// The reference of settings as plain text for terminals, as Markdown for docs/SETTINGS.md, and as JSON.

import Foundation
import NeuralMemoryTasks

extension SettingsReference.Entry {
    /// A few lines: the path with its kinds, what it means, what it can be, and its default.
    public var text: String {
        var lines = [path + (kinds.isEmpty ? "" : "  (\(kinds.joined(separator: ", ")))")]
        if !meaning.isEmpty { lines.append("  \(meaning).") }
        let unit = unit.isEmpty ? "" : " (\(unit))"
        if choices.isEmpty { lines.append("  It is \(values)\(unit).") }
        let width = choices.map(\.kind.count).max() ?? 0
        for choice in choices {
            let space = String(repeating: " ", count: width + 2 - choice.kind.count)
            lines.append("    \(choice.kind)\(space)\(choice.summary)")
        }
        lines.append("  Default: \(standard).")
        return lines.map { $0 + "\n" }.joined()
    }

    /// In JSON; `limits` in words alone.
    fileprivate var json: JSON {
        .object([
            .init(name: "path", value: .text(path)), .init(name: "kinds", value: .array(kinds.map { .text($0) })),
            .init(name: "meaning", value: .text(meaning)), .init(name: "values", value: .text(values)),
            .init(name: "unit", value: .text(unit)), .init(name: "default", value: .text(standard))
        ])
    }

    /// The section that it stands in; empty for the root.
    fileprivate var section: String { path.split(separator: ".").dropLast().joined(separator: ".") }

    fileprivate var name: String { path.split(separator: ".").last.map(String.init) ?? path }
}

extension SettingsReference {
    /// A list of objects with path, kinds, meaning, values, unit and default.
    public static func json(_ entries: [Entry]) -> String { JSON.array(entries.map(\.json)).text + "\n" }

    /// A page with a table for each section.
    public static func markdown(_ entries: [Entry]) -> String {
        var sections: [String] = []
        for entry in entries where !sections.contains(entry.section) { sections.append(entry.section) }
        return introduction
            + sections.map { section in table(section, entries.filter { $0.section == section }) }.joined()
    }

    private static let introduction = """
        # All settings

        A configuration file has these settings as sections and names of YAML, an option `--set PATH=VALUE` as dotted
        paths. What a file leaves out has the default that stands here, or, where the file extends a preset, that preset's
        value; `trainer presets --show NAME` prints all values of a preset. A command without preset and file starts from a
        preset, which it names.

        The *kind* of a section decides which other settings it has; a change of the kind starts the section from the
        defaults of the new kind. Where a setting is of some kinds only, they are named.

        This page is what `trainer settings --format markdown` prints; `trainer settings PATTERN` shows single settings.

        """

    private static func table(_ section: String, _ entries: [Entry]) -> String {
        let hasKinds = entries.contains { !$0.kinds.isEmpty }
        var lines = ["", "## \(section)", ""]
        for entry in entries where !entry.choices.isEmpty {
            lines.append("`\(entry.path)`: \(entry.meaning.lowercasedFirst). Default: `\(entry.standard)`.")
            lines.append("")
            lines += ["| kind | what it is |", "|---|---|"]
            lines += entry.choices.map { "| `\($0.kind)` | \($0.summary.inTable) |" }
            lines.append("")
        }
        let settings = entries.filter(\.choices.isEmpty)
        guard !settings.isEmpty else { return lines.dropLast().joined(separator: "\n") + "\n" }
        lines.append(row(["setting"] + (hasKinds ? ["kinds"] : []) + ["meaning", "value", "unit", "default"]))
        lines.append("|" + String(repeating: "---|", count: hasKinds ? 6 : 5))
        for entry in settings {
            let kinds = entry.kinds.map { "`\($0)`" }.joined(separator: ", ")
            lines.append(
                row(
                    ["`\(entry.name)`"] + (hasKinds ? [kinds] : [])
                        + [entry.meaning, entry.values, entry.unit, entry.standard]))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ cells: [String]) -> String {
        "| " + cells.map(\.inTable).joined(separator: " | ") + " |"
    }
}

extension String {
    /// As a cell of a Markdown table, which a bar would end.
    fileprivate var inTable: String { replacingOccurrences(of: "|", with: "\\|") }

    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

// The report's first section: what was trained, with which settings, where.

import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

/// The section about settings and machines.
struct ReportSettings {
    let groups: [ReportGroup]

    var html: HTML {
        get throws {
            let (changes, isWhole) = try changedSettings()
            let yaml = groups.map { group -> HTML in
                let name: HTML = groups.count > 1 ? "\(user: group.name): all settings" : "All settings"
                let run = group.runs[0]
                let lines = run.configuration.yaml(comment: group.isOfSeeds ? "of \(run.name)" : "")
                    .split(separator: "\n").filter { $0 != "# " }
                let text = lines.map { $0.shown(atMost: 4000) }.joined(separator: "\n")
                return "<details><summary>\(name)</summary><pre dir=\"ltr\">\(text)</pre></details>\n"
            }
            let heading: HTML = isWhole ? "Settings that are not the default" : "Settings in which the runs differ"
            return """
                <section id="settings"><h2>What was trained</h2>
                <div class="beside">
                <div>\(groups.map(facts))</div>
                <div><h3>\(heading)</h3>
                \(changes)</div>
                </div>
                \(yaml)</section>
                """
        }
    }

    // MARK: Facts

    private func facts(_ group: ReportGroup) -> HTML {
        let run = group.runs[0]
        let configuration = run.configuration
        let name: HTML = groups.count > 1 ? "<h3>\(user: group.name)</h3>\n" : ""
        let network = configuration.network
        let facts: [(String, HTML)] = [
            ("Task", "\(configuration.task.kind), lengths \(configuration.task.lengths.label)"),
            ("Network", "memory \(network.memory.kind), controller \(network.controller.kind)"),
            ("Parameters", "\(Self.grouped(run.parameterCount))"),
            ("Optimizer", "\(configuration.training.optimizer.kind), batches of \(configuration.training.batchSize)"),
            (group.runs.count > 1 ? "Seeds" : "Seed", "\(seeds(group))"), ("Progress", progress(group))
        ]
        return "\(name)\(list(facts + machine(run)))"
    }

    private func list(_ facts: [(String, HTML)]) -> HTML {
        let items = facts.map { HTML("<dt>\($0.0)</dt><dd>\($0.1)</dd>\n") }
        return "<dl class=\"facts\">\n\(items)</dl>\n"
    }

    private func seeds(_ group: ReportGroup) -> String { group.runs.map { "\($0.seed)" }.listed() }

    private func progress(_ group: ReportGroup) -> HTML {
        let training = group.runs.filter(\.isTraining).count
        let isUnderWay = training == 0 ? "" : group.runs.count == 1 ? "; training goes on" : "; \(training) train now"
        if group.runs.count > 1 {
            let solved = group.runs.compactMap(\.isSolved)
            let verdict = solved.isEmpty ? "" : "\(solved.filter { $0 }.count) of \(group.runs.count) solved; "
            let steps = group.runs.map { $0.state?.step ?? 0 }
            let (least, most) = (Self.grouped(steps.min() ?? 0), Self.grouped(steps.max() ?? 0))
            return "\(verdict)\(least == most ? most : "\(least) to \(most)") steps\(isUnderWay)"
        }
        let run = group.runs[0]
        guard let state = run.state else { return "no checkpoint yet\(isUnderWay)" }
        let verdict = run.isSolved.map { $0 ? "; solved" : "; not solved" } ?? ""
        return """
            \(Self.grouped(state.step)) of \(Self.grouped(run.configuration.training.steps)) steps, \
            \(Self.grouped(state.sequences)) sequences, \(Self.duration(state.seconds))\(verdict)\(isUnderWay)
            """
    }

    /// From the last session: by what, where and how it was trained.
    private func machine(_ run: ReportRun) -> [(String, HTML)] {
        guard let session = run.sessions.last else { return [] }
        let commit = session.commit.map { ", commit \($0.shown())" } ?? ""
        return [
            ("Program", "NeuralMemory \(user: session.version)\(commit)"),
            (
                "Machine",
                """
                \(user: session.host), \(user: session.processor), \(user: session.operatingSystem); \
                \(session.level.rawValue), \(session.threads) threads
                """
            ),
            ("Started", "\(user: Self.readable(run.sessions[0].started))"), ("Sessions", "\(run.sessions.count)"),
            ("Command", "<code dir=\"ltr\">\(user: session.commandLine)</code>")
        ]
    }

    // MARK: Settings

    /// Settings that are not the default; of several groups, those in which they differ.
    private func changedSettings() throws -> (table: HTML, isWhole: Bool) {
        let changes = try groups.map { group in
            try group.runs[0].configuration.changedSettings()
                .filter { !(group.isOfSeeds && $0.path == "training.seed") }
        }
        guard groups.count > 1 else {
            let rows = changes[0].map { change -> [HTML] in
                ["<code>\(change.path)</code>", "\(user: change.value)", "\(user: change.defaultValue)"]
            }
            let table = HTML.table(["Setting", "Value", "Default"], rows, name: "Settings")
            return (rows.isEmpty ? "<p>All settings have their defaults.</p>\n" : table, true)
        }
        var paths: [String] = []
        for path in changes.joined().map(\.path) where !paths.contains(path) { paths.append(path) }
        let rows = paths.compactMap { path -> [HTML]? in
            let own = changes.map { $0.first { $0.path == path } }
            guard Set(own.map { $0?.value }).count > 1 else { return nil }
            let usual = own.compactMap { $0?.defaultValue }.first ?? ""
            return ["<code>\(path)</code>"] + own.map { "\(user: $0?.value ?? usual)" }
        }
        let table = HTML.table(["Setting"] + groups.map { "\(user: $0.name)" }, rows, name: "Settings")
        return (rows.isEmpty ? "<p>The runs have the same settings.</p>\n" : table, false)
    }

    // MARK: Numbers

    /// 12,345.
    static func grouped(_ number: Int) -> String {
        var (text, rest) = ("", "\(number)")
        while rest.count > 3 {
            text = ",\(rest.suffix(3))" + text
            rest = String(rest.dropLast(3))
        }
        return rest + text
    }

    /// 2026-01-31 12:00:00 UTC instead of 2026-01-31T12:00:00Z.
    private static func readable(_ time: String) -> String {
        guard time.hasSuffix("Z") else { return time }
        return time.dropLast().split(separator: "T").joined(separator: " ") + " UTC"
    }

    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        if whole < 120 { return "\(whole) s" }
        if whole < 7200 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}

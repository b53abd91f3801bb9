// The explorer as its page meets it: over HTTP.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining
import TestSupport
import Testing

@testable import NeuralMemoryExplorer

@Suite struct ExplorerTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func withExplorer(_ runs: [ExplorerRun], _ body: (UInt16) throws -> Void) throws {
        let explorer = try Explorer(runs)
        defer { explorer.stop() }
        try body(explorer.port)
    }

    private func run(_ port: UInt16, _ index: Int = 0) throws -> [String: Any] {
        let runs = try #require(LocalClient.get("/api/runs", port: port).object["runs"] as? [[String: Any]])
        return runs[index]
    }

    @Test func thePageAndWhatItAsksFor() throws {
        try withExplorer([try SampleRuns.reversal(in: folder)]) { port in
            let page = LocalClient.get("/", port: port)
            #expect(page.status == 200 && page.head.contains("text/html"))
            let text = String(decoding: page.body, as: UTF8.self)
            let files = text.matches(of: /(?:src|href)="([a-z]+\.(?:js|css))"/).map { String($0.1) }
            #expect(files.count > 10)
            for file in files { #expect(LocalClient.get("/\(file)", port: port).status == 200, "\(file)") }
            let run = try run(port)
            #expect(run["name"] as? String == "reversal" && run["step"] as? Int == 6)
            #expect((run["checkpoints"] as? [[String: Any]])?.count == 5 && run["isTraining"] as? Bool == false)
            let answer = LocalClient.post("/api/episode", "{\"run\":0,\"input\":\"a b\"}", port: port)
            #expect(answer.status == 200 && answer.object["input"] as? String == "a b")
            #expect((answer.object["view"] as? [String: Any])?["signals"] is [Any])
        }
    }

    @Test func nothingElseIsReached() throws {
        let run = try SampleRuns.reversal(in: folder)
        try Data("secret".utf8).write(to: folder.file("secret.js"))
        try withExplorer([run]) { port in
            for path in [
                "/secret.js", "/../secret.js", "/%2e%2e/secret.js", "//etc/passwd", "/..%2f..%2fetc/passwd",
                "/explorer.html",
                "/explorer.js/", "/explorer.js%00", "/./explorer.js", "/api", "/api/", "/api/runs/..",
                "/reversal/config.yaml",
                "/config.yaml", "/checkpoints/latest.safetensors", folder.file("secret.js").path
            ] { #expect(LocalClient.get(path, port: port).status == 404, "\(path)") }
            #expect(LocalClient.get("/api/episode", port: port).status == 405)
            #expect(LocalClient.post("/", "", port: port).status == 405)
            #expect(LocalClient.post("/api/runs", "", port: port).status == 405)
        }
    }

    @Test func badRequestsSayWhatIsWrong() throws {
        try withExplorer([try SampleRuns.reversal(in: folder)]) { port in
            for body in [
                "", "{", "[]", "{}", "{\"run\":\"0\"}", "{\"run\":0.5}", "{\"run\":0,\"seed\":-1}",
                "{\"run\":0,\"vectors\":1}",
                "{\"run\":1e400}", String(repeating: "[", count: 100_000), "\u{0}"
            ] {
                let response = LocalClient.post("/api/episode", body, port: port)
                #expect(response.status == 400 && response.error.contains("cannot be read"), "\(body.prefix(20))")
            }
            for query in ["quantity=x", "scale=log", "axis=1", "width=1e9", "width=nan", "width=-1"] {
                let response = LocalClient.get("/api/curves?\(query)", port: port)
                #expect(response.status == 400 && response.error.contains("cannot be"), "\(query)")
            }
        }
    }

    @Test func curvesAreSentWhenTheyAreNew() throws {
        try withExplorer([try SampleRuns.reversal(in: folder)]) { port in
            let first = LocalClient.get("/api/curves?quantity=bits&scale=logarithmic&width=480", port: port).object
            let version = try #require(first["version"] as? String)
            #expect((first["svg"] as? String)?.hasPrefix("<svg") == true)
            let encoded = try #require(version.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let wanted = "/api/curves?quantity=bits&scale=logarithmic&width=480&version=\(encoded)"
            let second = LocalClient.get(wanted, port: port).object
            #expect(second["version"] as? String == version && second["svg"] == nil)
            let sink = JSONLinesFile(folder.file("reversal/metrics.jsonl"))
            try sink.rewind(to: 4)
            let third = LocalClient.get(wanted, port: port).object
            #expect(third["version"] as? String != version && third["svg"] != nil)
        }
    }

    /// Before its first checkpoint, and as it trains.
    @Test func aRunThatIsUnderWay() throws {
        let url = folder.file("run")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let configuration = SampleRuns.configuration(Reversal(symbols: 4, lengths: 1...4), NeuralStack(width: 4))
        try Data(configuration.yaml(comment: "").utf8).write(to: url.appendingPathComponent("config.yaml"))
        let runs = try ExplorerRun.find([url.path])
        try withExplorer(runs) { port in
            let waiting = try run(port)
            #expect(waiting["kind"] == nil && (waiting["checkpoints"] as? [Any])?.isEmpty == true)
            #expect(waiting["problem"] == nil)
            let early = LocalClient.post("/api/episode", "{\"run\":0}", port: port)
            #expect(early.status == 404 && early.error.contains("no checkpoint yet"))
            #expect(LocalClient.get("/api/curves", port: port).object["svg"] == nil)
            try FileManager.default.removeItem(at: url)
            let training = try TrainingRun.start(configuration, at: url)
            #expect(try run(port)["isTraining"] as? Bool == true && run(port)["kind"] != nil)
            _ = try training.run()
            #expect(try run(port)["step"] as? Int == 6)
            let latest = "{\"run\":0,\"checkpoint\":\"latest\"}"
            #expect(LocalClient.post("/api/episode", latest, port: port).object["step"] as? Int == 6)
            // Damaged while it is shown.
            try Data("{}".utf8).write(to: training.directory.latestCheckpoint)
            #expect((try run(port)["problem"] as? String)?.contains("latest.safetensors") == true)
            let damaged = LocalClient.post("/api/episode", "{\"run\":0}", port: port)
            #expect(damaged.status == 400 && damaged.error.contains("latest.safetensors"))
        }
    }

    /// Names are data: they come back as JSON that is not taken for a page.
    @Test func hostileNames() throws {
        let names = ["<script>alert(1)</script>", "\"'&", "\u{202E}desrever", "</dd><img/src=x>", "\u{7}"]
        let line = names.joined(separator: " ")
        try Data("\(line)\t\(line)\n\(line)\t\(line)\n".utf8).write(to: folder.file("pairs.tsv"))
        var task = Pairs()
        task.data = folder.file("pairs.tsv").path
        task.validation = task.data
        let run = try SampleRuns.train(SampleRuns.configuration(task, NeuralStack(width: 4)), "pairs", in: folder)
        try withExplorer([run]) { port in
            let response = LocalClient.get("/api/runs", port: port)
            #expect(response.head.contains("application/json") && response.head.contains("nosniff"))
            let kind = try #require(try self.run(port)["kind"] as? [String: Any])
            #expect(Set((kind["symbols"] as? [String: Any])?["names"] as? [String] ?? []) == Set(names))
            #expect(kind["lengths"] == nil)
            let body = try JSONSerialization.data(
                withJSONObject: ["run": 0, "input": "\(line)\t\(line)"] as [String: Any])
            let answer = LocalClient.post("/api/episode", String(decoding: body, as: UTF8.self), port: port)
            #expect(answer.object["input"] as? String == line)
            let inputs = (answer.object["view"] as? [String: Any])?["inputs"] as? [String] ?? []
            #expect(Array(inputs.dropFirst().prefix(names.count)) == names)
            let drawn = LocalClient.post("/api/episode", "{\"run\":0}", port: port)
            #expect(drawn.status == 200 && drawn.object["input"] as? String == line)
            #expect((drawn.object["place"] as? String)?.contains("pairs.tsv, line") == true)
        }
    }

    @Test func runsThatAreNamed() throws {
        let run = try SampleRuns.reversal(in: folder)
        let path = folder.file("reversal").path
        #expect(try ExplorerRun.find([path, path]).map(\.name) == [path, path])
        #expect(throws: FileError.self) { try ExplorerRun.find([folder.file("none").path]) }
        #expect(throws: FileError.self) { try ExplorerRun.find([folder.url.path]) }
        #expect(throws: FileError.self) { try ExplorerRun.find([path + "/config.yaml"]) }
        let latest = try #require(try run.moments().first).file
        let entry = SafetensorsEntry(name: "a", shape: [1], values: [1 as Float])
        try Safetensors.write(
            [entry], metadata: ["format": "neuralmemory-checkpoint", "version": "99"], to: latest)
        let text = message { _ = try ExplorerRun.find([path]) }
        #expect(text.contains("version 99") && text.contains("use a release"), "\(text)")
        let seeds = folder.file("seeds")
        var configuration = SampleRuns.configuration(Reversal(symbols: 4, lengths: 1...4), NeuralStack(width: 4))
        configuration.training.snapshots = nil
        _ = try SeedDirectory.create(at: seeds, configuration, seeds: [3, 1])
        let found = try ExplorerRun.find([seeds.path])
        #expect(
            found.map(\.name) == [1, 3].map { "\(seeds.path)/seed-\($0)" }
                && found.allSatisfy { $0.group == seeds.path })
    }

    @Test func aPortInUse() throws {
        let run = try SampleRuns.reversal(in: folder)
        try withExplorer([run]) { port in
            let text = message { _ = try Explorer([run], port: port) }
            #expect(text.contains("port \(port) is in use") && text.contains("leave out --port"), "\(text)")
        }
    }
}

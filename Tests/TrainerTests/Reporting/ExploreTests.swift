// `trainer explore` as a user meets it.

import Foundation
import TestSupport
import Testing

@Suite struct ExploreTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Starts it, and waits for the address.
    private func start(_ arguments: [String], file: String = "address") throws -> (
        process: TrainerProcess, port: UInt16
    ) {
        let process = try TrainerProcess(["explore"] + arguments, in: folder.url, shell: "exec > \(file);")
        var address = ""
        try process.wait {
            address = (try? String(contentsOf: folder.file(file), encoding: .utf8)) ?? ""
            return address.hasSuffix("\n")
        }
        let match = try #require(try /http:\/\/127\.0\.0\.1:(\d+)\/\n/.wholeMatch(in: address), "\(address)")
        return (process, try #require(UInt16(match.1)))
    }

    @Test func printsItsAddressAndEndsWithASignal() throws {
        let run = try TrainedFixture.writeReversal(in: folder)
        let (process, port) = try start([run])
        #expect(LocalClient.get("/", port: port).status == 200)
        let answer = LocalClient.post("/api/episode", "{\"run\":0,\"input\":\"a b c\"}", port: port)
        #expect(answer.object["output"] as? String == "c b a")
        #expect(answer.object["depth"] is Double)
        // Whoever reads a run may look at it while another does.
        let (other, otherPort) = try start([run, "--port", "0"], file: "other")
        #expect(otherPort != port)
        let refused = try TrainerProcess.run(["explore", run, "--port", "\(port)"], in: folder.url)
        #expect(refused.status == 1 && refused.errors.contains("in use") && refused.errors.contains("leave out --port"))
        for (process, number) in [(process, SIGINT), (other, SIGTERM)] {
            process.send(number)
            let result = try process.wait()
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        }
        #expect(
            folder.names.filter { $0.hasPrefix("run") } == [
                "run", "run/checkpoints", "run/checkpoints/best.safetensors"
            ])
    }

    @Test func whatIsNoRunIsRefused() throws {
        for (arguments, status, words) in [
            ([], Int32(64), "run"), (["none"], 1, "no such run"), (["."], 1, "holds no run"),
            ([""], 64, "empty"), (["none", "--port", "65536"], 64, "--port"), (["none", "--port", "-1"], 64, "--port")
        ] {
            let result = try TrainerProcess.run(["explore"] + arguments, in: folder.url)
            #expect(result.status == status && result.errors.contains(words), "\(arguments) \(result)")
        }
    }
}

// The explorer: a page about runs, for this machine's browser.

import Foundation
import NeuralMemory
import NeuralMemoryTraining

/// Serves the page and what it asks for, until it is stopped.
///
/// It reads the folders of its runs and nothing else, and writes nothing.
package final class Explorer: Sendable {
    private let server: HTTPServer
    private let watching: WorkQueue<RunWatch>
    private let running: WorkQueue<EpisodeRunner>

    /// Begins at once, on threads of its own.
    ///
    /// Throws `ListeningError`, and `FileError` where a file of the page is missing.
    ///
    /// - Parameters:
    ///   - runs: those that the page shows, at least one.
    ///   - port: 0 for any that is free.
    package init(_ runs: [ExplorerRun], port: UInt16 = 0) throws {
        let files = try ExplorerFiles.responses()
        let watching = WorkQueue(name: "watching") { RunWatch(runs) }
        let running = WorkQueue(name: "running") {
            // Other processors are for whoever trains.
            Runtime.threads = 1
            return EpisodeRunner(runs)
        }
        (self.watching, self.running) = (watching, running)
        do {
            server = try HTTPServer(port: port) { request in
                if let file = files[request.path] {
                    return Self.require(.get, request) ?? .now(file)
                }
                return Self.answer(request, watching, running)
            }
        } catch {
            watching.stop()
            running.stop()
            throw error
        }
    }

    package var port: UInt16 { server.port }
    /// What to open in a browser.
    package var address: String { "http://127.0.0.1:\(server.port)/" }

    /// Closes the port, and ends the threads when they have done what they are at.
    package func stop() {
        server.stop()
        watching.stop()
        running.stop()
    }

    // MARK: Requests

    private static func answer(
        _ request: HTTPRequest, _ watching: WorkQueue<RunWatch>, _ running: WorkQueue<EpisodeRunner>
    ) -> HTTPServer.Answer {
        switch request.path {
        case "/api/runs":
            return require(.get, request) ?? later(watching) { try $0.answer() }
        case "/api/curves":
            return require(.get, request)
                ?? reading {
                    try RunWatch.CurvesRequest(request.query)
                } then: { wanted in
                    later(watching) { try $0.curves(wanted) }
                }
        case "/api/episode":
            return require(.post, request)
                ?? reading {
                    try JSONDecoder().decode(EpisodeRequest.self, from: Data(request.body))
                } then: { wanted in
                    later(running) { $0.response(to: wanted) }
                }
        default:
            return .now(HTTPResponse(.notFound, error: "there is nothing at this address; the page is at /"))
        }
    }

    /// A refusal, where the request's method is another one.
    private static func require(_ method: HTTPRequest.Method, _ request: HTTPRequest) -> HTTPServer.Answer? {
        guard request.method != method else { return nil }
        return .now(HTTPResponse(.methodNotAllowed, error: "ask for this with \(method.rawValue)"))
    }

    /// Goes on with what a request says, or refuses it.
    private static func reading<Wanted>(
        _ read: () throws -> Wanted, then answer: (Wanted) -> HTTPServer.Answer
    ) -> HTTPServer.Answer {
        do {
            return answer(try read())
        } catch let refusal as RequestParser.Refusal {
            return .now(HTTPResponse(refusal))
        } catch {
            let reason = (error as? DecodingError)?.reason ?? "\(error)"
            return .now(HTTPResponse(.badRequest, error: "the request cannot be read: \(reason.shown(atMost: 200))"))
        }
    }

    private static func later<State>(
        _ queue: WorkQueue<State>, _ work: @escaping @Sendable (inout State) throws -> HTTPResponse
    ) -> HTTPServer.Answer {
        .later { finish in
            queue.add { state in
                do {
                    finish(try work(&state))
                } catch {
                    finish(HTTPResponse(.failed, error: "\(error)"))
                }
            }
        }
    }
}

// What the page is told of all runs, again and again while they train; and their learning curves.

import Foundation
import NeuralMemory
import NeuralMemoryFigures
import NeuralMemoryTraining

/// Looks on at runs.
///
/// It is used by one thread.
struct RunWatch {
    /// Records of each run that are kept in memory.
    private static let mostRecords = 4000

    /// A run with what was read of it.
    private struct Watched {
        let run: ExplorerRun
        var follower: MetricsFollower
        /// Once there is a checkpoint, which says all.
        var kind: InputKind?
        var problem: String?
    }

    private var runs: [Watched]

    init(_ runs: [ExplorerRun]) {
        self.runs = runs.map { Watched(run: $0, follower: $0.reader.follower(keeping: Self.mostRecords)) }
    }

    // MARK: Runs

    /// A run as the page gets it.
    struct RunAnswer: Encodable {
        struct Checkpoint: Encodable {
            let name: String
            let step: Int
        }

        let name: String
        let group: String?
        let step: Int
        let isTraining: Bool
        let checkpoints: [Checkpoint]
        let kind: InputKind?
        /// What is wrong, where something cannot be read.
        let problem: String?
    }

    /// Of all runs, as they are now.
    mutating func answer() throws -> HTTPResponse {
        var answers: [RunAnswer] = []
        for index in runs.indices {
            update(index)
            answers.append(answer(index))
        }
        return try HTTPResponse(json: ["runs": answers])
    }

    private mutating func answer(_ index: Int) -> RunAnswer {
        let run = runs[index].run
        var problem = runs[index].problem
        var moments: [ExplorerRun.Moment] = []
        do {
            moments = try run.moments()
            if runs[index].kind == nil, let moment = moments.first {
                runs[index].kind = InputKind(try Checkpoint.configuration(of: moment.file))
            }
        } catch {
            problem = "\(error)"
        }
        let steps = moments.map(\.step) + [runs[index].follower.latest?.step ?? 0]
        return RunAnswer(
            name: run.name, group: run.group, step: steps.max() ?? 0,
            isTraining: (try? run.reader.isTraining()) ?? false,
            checkpoints: moments.map { .init(name: $0.name, step: $0.step) }, kind: runs[index].kind,
            problem: problem)
    }

    /// Reads what is new of a run's metrics.
    private mutating func update(_ index: Int) {
        do {
            try runs[index].follower.update()
            runs[index].problem = nil
        } catch {
            runs[index].problem = "\(error)"
        }
    }

    // MARK: Curves

    /// What the page asks for.
    struct CurvesRequest {
        let quantity: CurveQuantity
        let scale: AxisScale
        let axis: CurveAxis
        let size: LearningCurves.Size
        /// What the page has.
        let version: String?
    }

    /// Learning curves for the page.
    private struct CurvesAnswer: Encodable {
        struct Quantity: Encodable {
            let name: String
            let title: String
        }

        /// Stays the same until there is something new.
        let version: String
        /// `nil` where the page has it, and where there are no numbers.
        let svg: String?
        let quantities: [Quantity]?
    }

    /// The curves of all runs; without the drawing where the page has it.
    mutating func curves(_ request: CurvesRequest) throws -> HTTPResponse {
        for index in runs.indices { update(index) }
        let parts = [request.quantity.rawValue, "\(request.scale)", request.axis.rawValue, "\(request.size.width)"]
        let steps = runs.map { "\($0.follower.records.count).\($0.follower.latest?.step ?? 0)" }
        let version = (parts + steps).joined(separator: " ")
        if version == request.version {
            return try HTTPResponse(json: CurvesAnswer(version: version, svg: nil, quantities: nil))
        }
        let curves = LearningCurves(
            runs: runs.map { watched in
                CurveRun(
                    name: watched.run.name, group: watched.run.group, records: Self.records(watched.follower))
            })
        let quantities = curves.quantities
        let svg =
            quantities.contains(request.quantity)
            ? curves.svg(
                quantity: request.quantity, axis: request.axis, scale: request.scale, size: request.size) : nil
        return try HTTPResponse(
            json: CurvesAnswer(
                version: version, svg: svg, quantities: quantities.map { .init(name: $0.rawValue, title: $0.title) }))
    }

    /// With the last one, however many were left out before it.
    private static func records(_ follower: MetricsFollower) -> [MetricsRecord] {
        guard let latest = follower.latest, latest.step != follower.records.last?.step else { return follower.records }
        return follower.records + [latest]
    }
}

extension RunWatch.CurvesRequest {
    /// Throws `RequestParser.Refusal`.
    init(_ query: [String: String]) throws {
        func value<Value>(_ name: String, _ usual: Value, _ read: (String) -> Value?) throws -> Value {
            guard let text = query[name] else { return usual }
            guard let value = read(text) else {
                throw RequestParser.Refusal(.badRequest, "\(name) cannot be \(text.shown())")
            }
            return value
        }
        let widths = 240.0...4000.0
        quantity = try value("quantity", .loss) { CurveQuantity(rawValue: $0) }
        scale = try value("scale", .linear) { AxisScale(rawValue: $0) }
        axis = try value("axis", .steps) { CurveAxis(rawValue: $0) }
        let width = try value("width", 640) { Double($0).flatMap { widths.contains($0) ? $0 : nil } }
        size = LearningCurves.Size(width: width.rounded(), height: width < 480 ? 260 : 320)
        version = query["version"]
    }
}

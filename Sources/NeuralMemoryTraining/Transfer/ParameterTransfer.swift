// A new run that starts from the parameters of a trained network: which of them it takes, and into which places.

import Foundation
import NeuralMemory
import NeuralMemoryTasks

/// Parameters of a trained network for another one to start from.
///
/// Parameters are taken that have the same name and shape. Where both tasks name their symbols, rows and columns that
/// belong to symbols go where the symbols of the same names are; those of other symbols stay as they were drawn.
public struct ParameterTransfer: Sendable {
    /// Where they come from.
    public let source: TrainedParameters
    /// Patterns of names; all parameters must be found where there are none.
    public let patterns: [String]
    /// What sessions.jsonl tells of it.
    var origin: RunSession.Origin

    /// - Parameters:
    ///   - source: the trained network.
    ///   - patterns: `*` stands for any characters, `?` for one; what matches no pattern is not taken. With no pattern,
    ///     every parameter of the new network must be found, with its shape.
    public init(from source: TrainedParameters, taking patterns: [String] = []) {
        self.source = source
        self.patterns = patterns
        origin = RunSession.Origin(path: source.file.path, step: source.step)
    }

    /// What would be taken into the network of a configuration, whose data are open.
    ///
    /// Throws `TransferError` where parameters are missing or have another shape, `SettingError` for a pattern that
    /// matches nothing, and `ConfigurationError` where the run could begin anew, with other parameters.
    public func plan(for configuration: RunConfiguration) throws -> ParameterPlan {
        if let steps = configuration.training.restart.steps {
            throw ConfigurationError(
                field: "training.restart.steps", value: steps,
                allowed: "null for a run that starts from a trained network: a restart would draw its parameters anew")
        }
        let target = try ParameterSide(configuration)
        let former = try ParameterSide(source.configuration)
        let maps = (
            inputs: SymbolMap.inputs(of: configuration.task, former: source.configuration.task),
            outputs: SymbolMap.outputs(of: configuration.task, former: source.configuration.task)
        )
        let found = Dictionary(source.entries.map { ($0.name, $0) }) { first, _ in first }
        let wanted = try wanted(target.parameters, found)
        var plan = ParameterPlan(source: source, isPart: !patterns.isEmpty)
        var faults: [String] = []
        for parameter in target.parameters {
            guard wanted.contains(parameter.name) else {
                plan.new.append(parameter.name)
                continue
            }
            guard let entry = found[parameter.name] else {
                faults.append("\(parameter.name) \(parameter.shape) is missing")
                continue
            }
            let axis = target.axes[parameter.name].flatMap { $0 == former.axes[parameter.name] ? $0 : nil }
            guard let copy = ParameterCopy(parameter, from: entry, axis, maps) else {
                faults.append("\(parameter.name) is \(parameter.shape), and \(entry.shownShape) there")
                continue
            }
            plan.add(copy)
        }
        guard faults.isEmpty else { throw fault(faults) }
        return plan
    }

    private func fault(_ faults: [String]) -> TransferError {
        let advice =
            patterns.isEmpty
            ? "take a part of them with --take and patterns of names, such as --take 'controller.*'; all others are then "
                + "new"
            : "leave them out of --take"
        let what = "the new network has parameters that this one lacks or has in another shape"
        return TransferError(
            source.file, "\(what): \(faults.listed(separator: "; ", atMost: 500)). To go on, \(advice)")
    }

    /// The names to take: all of the new network's, or those that match a pattern and are in both.
    private func wanted(_ parameters: [Parameter], _ found: [String: SafetensorsEntry]) throws -> Set<String> {
        let names = parameters.map(\.name)
        guard !patterns.isEmpty else { return Set(names) }
        let common = names.filter { found[$0] != nil }
        return try patterns.reduce(into: []) { wanted, text in
            let pattern = NamePattern(text)
            let matching = common.filter(pattern.matches)
            guard !matching.isEmpty else {
                throw SettingError(
                    source: "--take \(text)", isOption: true, line: nil,
                    message: "no parameter that both networks have is named so; \(pattern.nearest(among: common))")
            }
            wanted.formUnion(matching)
        }
    }
}

/// Which parameters of a new network are taken from a trained one.
public struct ParameterPlan: Sendable {
    fileprivate let source: TrainedParameters
    /// Whether not all parameters were asked for.
    fileprivate let isPart: Bool
    fileprivate var copies: [ParameterCopy] = []
    /// The names of those that are not taken.
    public fileprivate(set) var new: [String] = []
    private var inputs: SymbolMap?
    private var outputs: SymbolMap?

    fileprivate init(source: TrainedParameters, isPart: Bool) {
        self.source = source
        self.isPart = isPart
    }

    /// The names of those that are taken.
    public var taken: [String] { copies.map(\.target.name) }

    fileprivate mutating func add(_ copy: ParameterCopy) {
        copies.append(copy)
        switch copy.symbols {
        case .inputs(let map): inputs = map
        case .outputs(let map): outputs = map
        case nil: break
        }
    }

    /// What a reader should know, in lines: where parameters come from, and what is new.
    public var description: String {
        let step = source.step.map { ", step \($0)" } ?? ""
        let count = copies.count
        let share = new.isEmpty ? "all \(count)" : "\(count) of \(count + new.count)"
        var lines = ["Starting from the network of \(source.file.path.shownPath)\(step): it gives \(share) parameters."]
        if !new.isEmpty { lines.append("New are \(new.listed()).") }
        for (map, what) in [(inputs, "input symbols"), (outputs, "outputs")] {
            guard let map, !map.isIdentity else { continue }
            lines.append(
                map.newCount == 0
                    ? "All \(map.count) \(what) are known by their names."
                    : "\(map.newCount) of \(map.count) \(what) are new.")
        }
        return lines.joined(separator: "\n")
    }

    /// Puts what is taken into the network that the plan was made for.
    fileprivate func apply(to parameters: ParameterBuffer) {
        for copy in copies { copy.apply(to: parameters) }
    }
}

extension Trainer {
    /// Gives the network of a new run parameters of a trained one.
    func begin(with plan: ParameterPlan) {
        plan.apply(to: network.parameters)
        average?.begin(with: network.parameters)
    }
}

/// The parameters of a network, and which of their axes belong to symbols.
private struct ParameterSide {
    let parameters: [Parameter]
    let axes: [String: SymbolAxis]

    init(_ configuration: RunConfiguration) throws {
        let signature = configuration.task.signature
        parameters = try NetworkModel(configuration.network, signature: signature).layout.parameters
        axes = try SymbolAxis.all(of: configuration.network, signature)
    }
}

/// One parameter, and where each of its rows and columns comes from.
private struct ParameterCopy: Sendable {
    enum Symbols {
        case inputs(SymbolMap)
        case outputs(SymbolMap)
    }

    let target: Parameter
    /// The symbols along one of the axes, where they have names.
    let symbols: Symbols?
    private let values: [Float]
    private let formerColumns: Int
    /// For each row and column its place in the trained network; `nil` for those that are new.
    private let rows: [Int?]
    private let columns: [Int?]

    /// `nil` where the shapes do not agree, but for the number of symbols.
    init?(
        _ target: Parameter, from entry: SafetensorsEntry, _ axis: SymbolAxis?,
        _ maps: (inputs: SymbolMap?, outputs: SymbolMap?)
    ) {
        symbols =
            switch axis {
            case .inputs: maps.inputs.map { .inputs($0) }
            case .outputs: maps.outputs.map { .outputs($0) }
            case nil: nil
            }
        let map =
            switch symbols {
            case .inputs(let map), .outputs(let map): map
            case nil: nil as SymbolMap?
            }
        guard target.shape.count == entry.shape.count, target.shape.count <= 2 || map == nil,
            let values = entry.floats
        else { return nil }
        self.target = target
        self.values = values
        formerColumns = entry.shape.last ?? 1
        var places: [[Int?]] = []
        for (index, (size, former)) in zip(target.shape, entry.shape).enumerated() {
            guard let map, index == axis?.axis else {
                guard size == former else { return nil }
                places.append(Array(0..<size))
                continue
            }
            // What stands behind the symbols, such as reads.
            guard size - map.count == former - map.formerCount else { return nil }
            places.append(map.former + (map.formerCount..<former).map { Optional($0) })
        }
        columns = places.last ?? [0]
        rows = map != nil && places.count == 2 ? places[0] : Array(0..<target.count / max(columns.count, 1))
    }

    func apply(to parameters: ParameterBuffer) {
        let numbers = parameters[target]
        for (row, formerRow) in rows.enumerated() {
            guard let formerRow else { continue }
            for (column, formerColumn) in columns.enumerated() {
                guard let formerColumn else { continue }
                numbers[row * columns.count + column] = values[formerRow * formerColumns + formerColumn]
            }
        }
    }
}

// Which symbols of a new task were symbols of the task that a network was trained on, by their names.

import NeuralMemory
import NeuralMemoryTasks

/// For each symbol of a new task, its number in a former one.
struct SymbolMap: Sendable {
    /// `nil` for symbols that are new.
    let former: [Int?]
    /// How many symbols the former task had.
    let formerCount: Int

    var newCount: Int { former.count { $0 == nil } }
    var count: Int { former.count }
    /// Whether each symbol has kept its number.
    var isIdentity: Bool { formerCount == former.count && former.enumerated().allSatisfy { $0.offset == $0.element } }

    /// Of the same name, the n-th symbol is the former task's n-th, or its last where it had fewer.
    private init(names: [String], former formerNames: [String]) {
        var places: [String: [Int]] = [:]
        for (index, name) in formerNames.enumerated() { places[name, default: []].append(index) }
        var seen: [String: Int] = [:]
        former = names.map { name in
            let number = seen[name, default: 0]
            seen[name] = number + 1
            guard let places = places[name] else { return nil }
            return places[min(number, places.count - 1)]
        }
        formerCount = formerNames.count
    }

    /// Of input symbols; `nil` where those of one of the tasks have no names.
    ///
    /// Where source and target are separate inputs, a symbol of the source is one of the former source, if that had it.
    static func inputs(of task: any SequenceTask, former: any SequenceTask) -> SymbolMap? {
        guard case .symbols(let count) = task.signature.inputs,
            case .symbols(let formerCount) = former.signature.inputs,
            let names = task.names?.inputs, let formerNames = former.names?.inputs,
            names.count == count, formerNames.count == formerCount
        else { return nil }
        if let sides = (task as? any TransductionTask)?.vocabulary,
            let formerSides = (former as? any TransductionTask)?.vocabulary,
            sides.inputCount == count, formerSides.inputCount == formerCount
        {
            return SymbolMap(inputs: sides, former: formerSides)
        }
        return SymbolMap(names: names, former: formerNames)
    }

    /// The marks, then the symbols of each side.
    private init(inputs vocabulary: Vocabulary, former: Vocabulary) {
        let (source, target) = (former.source.places, former.target.places)
        func input(source name: String) -> Int? { source[name].map { Int(former.input(source: $0)) } }
        func input(target name: String) -> Int? { target[name].map { Int(former.input(target: $0)) } }
        var inputs: [Int?] = [Int(Vocabulary.start), Int(Vocabulary.separator)]
        inputs += vocabulary.source.map { input(source: $0) ?? (vocabulary.isShared ? input(target: $0) : nil) }
        if !vocabulary.isShared { inputs += vocabulary.target.map { input(target: $0) } }
        if vocabulary.takesUnknown {
            inputs.append(former.takesUnknown ? Int(former.input(source: Vocabulary.unknown)) : nil)
        }
        self.former = inputs
        formerCount = former.inputCount
    }

    /// Of outputs; `nil` where those of one of the tasks have no names.
    static func outputs(of task: any SequenceTask, former: any SequenceTask) -> SymbolMap? {
        guard let names = task.names?.outputs, let formerNames = former.names?.outputs,
            names.count == task.signature.outputs.size, formerNames.count == former.signature.outputs.size
        else { return nil }
        switch (task.signature.outputs, former.signature.outputs) {
        case (.symbols, .symbols), (.bits, .bits): break
        default: return nil
        }
        return SymbolMap(names: names, former: formerNames)
    }
}

extension [String] {
    /// The first place of each.
    fileprivate var places: [String: Int] {
        Dictionary(enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
    }
}

/// Along which axis a parameter has a row or column for each symbol.
enum SymbolAxis: Equatable {
    case inputs(axis: Int)
    case outputs(axis: Int)

    var axis: Int {
        switch self {
        case .inputs(let axis), .outputs(let axis): axis
        }
    }

    /// Those of a network's parameters, by name.
    ///
    /// They are the axes whose size changes with the number of symbols. Where more than symbols stand along an axis, as
    /// in the weights of a layer that gets one-hot vectors and reads, symbols come first.
    static func all(of network: NetworkConfiguration, _ signature: Signature) throws -> [String: SymbolAxis] {
        let layout = try NetworkModel(network, signature: signature).layout
        var axes: [String: SymbolAxis] = [:]
        func note(_ other: Signature, _ make: (Int) -> SymbolAxis) throws {
            let changed = try NetworkModel(network, signature: other).layout
            for parameter in layout.parameters {
                guard let shape = changed[parameter.name]?.shape, shape.count == parameter.shape.count else { continue }
                let axis = shape.indices.first { shape[$0] != parameter.shape[$0] }
                if let axis { axes[parameter.name] = make(axis) }
            }
        }
        if case .symbols(let count) = signature.inputs {
            try note(Signature(inputs: .symbols(count.neighbour), outputs: signature.outputs)) { .inputs(axis: $0) }
        }
        let outputs: Signature.Outputs? =
            if case .symbols(let count) = signature.outputs {
                .symbols(count.neighbour)
            } else if case .bits(let count) = signature.outputs {
                .bits(count.neighbour)
            } else { nil }
        if let outputs {
            try note(Signature(inputs: signature.inputs, outputs: outputs)) { .outputs(axis: $0) }
        }
        return axes
    }
}

extension Int {
    /// Another size that a network can have, where it can have this one.
    fileprivate var neighbour: Int { self > 1 ? self - 1 : self + 1 }
}

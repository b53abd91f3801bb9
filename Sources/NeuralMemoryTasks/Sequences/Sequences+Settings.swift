// The settings of a task of sequences, and how they are written: what is known of the data is none of them.

import NeuralMemory

extension Sequences: CustomReflectable {
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "data": data, "validation": validation, "holdOut": holdOut, "alignment": alignment as Any,
                "inputs": inputs as Any, "targets": targets as Any, "standardize": standardize, "balance": balance,
                "maximumLength": maximumLength
            ])
    }
}

extension Sequences: Codable {
    private enum Key: String, CodingKey {
        case data, validation, holdOut, alignment, inputs, targets, standardize, balance, maximumLength, facts
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        data = try container.decode(String.self, forKey: .data)
        validation = try container.decode(String.self, forKey: .validation)
        holdOut = try container.decode(Int.self, forKey: .holdOut)
        alignment = try container.decodeIfPresent(SequenceAlignment.self, forKey: .alignment)
        inputs = try container.decodeIfPresent(SequenceInputs.self, forKey: .inputs)
        targets = try container.decodeIfPresent(SequenceTargets.self, forKey: .targets)
        standardize = try container.decode(Bool.self, forKey: .standardize)
        balance = try container.decode(Bool.self, forKey: .balance)
        maximumLength = try container.decode(Int.self, forKey: .maximumLength)
        facts = try container.decodeIfPresent(SequenceFacts.self, forKey: .facts)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(data, forKey: .data)
        try container.encode(validation, forKey: .validation)
        try container.encode(holdOut, forKey: .holdOut)
        try container.encode(alignment, forKey: .alignment)
        try container.encode(inputs, forKey: .inputs)
        try container.encode(targets, forKey: .targets)
        try container.encode(standardize, forKey: .standardize)
        try container.encode(balance, forKey: .balance)
        try container.encode(maximumLength, forKey: .maximumLength)
        try container.encodeIfPresent(facts, forKey: .facts)
    }
}

extension Sequences {
    public static let settingDescriptions =
        [
            SettingDescription(
                "data", "The file to train on: inputs and targets of a sequence on each line, as JSON or CSV")
        ]
        + SettingDescription.evaluationLines + [
            SettingDescription(
                "alignment",
                "How targets stand to inputs: one for each, one of the last, or all after them; found from the file unless "
                    + "given"),
            SettingDescription(
                "inputs",
                "What inputs are; found from the file unless given: texts are symbols, and with symbols numbers are, "
                    + "too"),
            SettingDescription(
                "targets",
                "What targets are; found from the file unless given: texts are symbols, all else numbers; with "
                    + "symbols numbers are names, with bits they must be 0 or 1"),
            SettingDescription(
                "standardize",
                "Whether each element of vectors and of target numbers gets mean 0 and standard deviation 1 over "
                    + "the training sequences"),
            SettingDescription(
                "balance",
                "Whether each target symbol counts alike in the loss of training, however often it is there (class "
                    + "weights)"),
            SettingDescription(
                "maximumLength", "Inputs or targets that a sequence may have; a file with more is refused",
                unit: "elements", in: 1...largestSize)
        ]
}

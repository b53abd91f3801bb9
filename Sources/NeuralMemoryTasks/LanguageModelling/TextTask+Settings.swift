// The settings of a task of texts, and how they are written: what is known of the data is none of them.

import NeuralMemory

extension TextTask: CustomReflectable {
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "data": data, "validation": validation, "holdOut": holdOut, "unit": unit, "symbols": symbols,
                "length": length
            ])
    }
}

extension TextTask: Codable {
    private enum Key: String, CodingKey { case data, validation, holdOut, unit, symbols, length, facts }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        data = try container.decode(String.self, forKey: .data)
        validation = try container.decode(String.self, forKey: .validation)
        holdOut = try container.decode(Int.self, forKey: .holdOut)
        unit = try container.decode(TextUnit.self, forKey: .unit)
        symbols = try container.decode(Int.self, forKey: .symbols)
        length = try container.decode(Int.self, forKey: .length)
        facts = try container.decodeIfPresent(TextFacts.self, forKey: .facts)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(data, forKey: .data)
        try container.encode(validation, forKey: .validation)
        try container.encode(holdOut, forKey: .holdOut)
        try container.encode(unit, forKey: .unit)
        try container.encode(symbols, forKey: .symbols)
        try container.encode(length, forKey: .length)
        try container.encodeIfPresent(facts, forKey: .facts)
    }
}

extension TextTask {
    public static let settingDescriptions =
        [SettingDescription("data", "The text file to train on")]
        + SettingDescription.evaluationFiles("the last one of so many equal parts", unit: "parts") + [
            SettingDescription(
                "unit",
                "What the text is cut into: characters of UTF-8, bytes of any file, or words, which stand between white "
                    + "space, and ends of lines"),
            SettingDescription(
                "symbols", "The most frequent symbols are known by name, so many at most; all others are <unk>",
                unit: "symbols", in: 1...largestSize - 1),
            SettingDescription(
                "length", "Steps of a stretch: gradients go back through so many", unit: "steps", in: 1...largestSize)
        ]
}

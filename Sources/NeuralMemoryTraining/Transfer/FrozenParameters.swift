// training.freeze: parameters that training does not change.

import NeuralMemory

extension TrainingConfiguration {
    static let freezeDescription = SettingDescription(
        "freeze",
        "Patterns of parameters' names, such as [\"embedding.*\"]: training does not change parameters that match, by no "
            + "update and no weight decay, and their gradients count for no norm; * stands for any characters, ? for one"
    )

    /// The parameters that training does not change.
    ///
    /// Throws `ConfigurationError` for a pattern that matches nothing, and where nothing would be left to train.
    func frozen(in layout: ParameterLayout) throws -> [Parameter] {
        let names = layout.parameters.map(\.name)
        let patterns = freeze.map { NamePattern($0) }
        for pattern in patterns where !names.contains(where: pattern.matches) {
            throw ConfigurationError(
                field: "training.freeze", value: pattern.text,
                allowed: "a pattern of names of this network's parameters; \(pattern.nearest(among: names))")
        }
        let frozen = layout.parameters.filter { parameter in patterns.contains { $0.matches(parameter.name) } }
        guard frozen.count < layout.parameters.count else {
            throw ConfigurationError(
                field: "training.freeze", value: freeze.joined(separator: ","),
                allowed: "patterns that leave something to train; these match all \(frozen.count) parameters")
        }
        return frozen
    }
}

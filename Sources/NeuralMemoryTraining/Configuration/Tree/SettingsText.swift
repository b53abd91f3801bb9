// A task's settings as text, for lists of what there is.

import NeuralMemory
import NeuralMemoryTasks

extension SequenceTask {
    /// Names and values of all settings, as a section of a configuration file.
    public var settingsYAML: String {
        "task:\n" + ConfigurationTree(self, path: "task") { Registry.standard[$0] }.yaml(indentation: 2)
    }
}

// A task's settings as text, for lists of what there is.

import Tasks

extension SequenceTask {
    /// Names and values of all settings, as a section of a configuration file.
    public var settingsYAML: String { "task:\n" + ConfigurationTree(self, path: "task").yaml(indentation: 2) }
}

// What is wrong with a text that a setting holds, or with the file that it names.

import NeuralMemory

/// A text that cannot be used, such as a grammar or a map: where, and why.
public struct TextSettingError: SettingFault, Equatable {
    public let field: String
    /// The file, or the setting that holds the text.
    public let source: String
    /// Counted from 1, where it is known.
    public let line: Int?
    /// What is wrong, without a full stop.
    public let reason: String

    public var description: String { source.shownPath + (line.map { ", line \($0)" } ?? "") + ": " + reason }
}

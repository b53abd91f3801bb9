// What shells complete: presets and settings, which the program is asked for when a key is pressed.

import ArgumentParser
import NeuralMemory
import NeuralMemoryTraining

extension CompletionKind {
    /// Names of presets.
    static var presets: CompletionKind { .custom { _, _, _ in (try? Presets.names) ?? [] } }

    /// Paths of settings, each with the `=` that follows.
    ///
    /// - `beginning`: those that begin so.
    static func settings(_ beginning: String = "") -> CompletionKind {
        .custom { _, _, _ in
            Set(SettingsReference().entries.map(\.path)).filter { $0.hasPrefix(beginning) }.sorted().map { $0 + "=" }
        }
    }
}

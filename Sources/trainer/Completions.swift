// What shells complete: presets and settings, which the program is asked for when a key is pressed; and their scripts.

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

    /// Paths of settings, whole.
    static var settingPaths: CompletionKind {
        .custom { _, _, _ in Set(SettingsReference().entries.map(\.path)).sorted() }
    }
}

/// Changes to the package's scripts.
enum CompletionScript {
    /// A script of `--generate-completion-script` that puts no space behind `KEY=`, where a value follows.
    ///
    /// Fish knows by itself; what is no such script stays as it is.
    static func withoutSpaceBehindKeys(_ script: String) -> String {
        let bash = "complete -o filenames -F _trainer trainer"
        let zsh = "    local -ar non_empty_completions"
        if script.hasPrefix("#compdef trainer"), let place = script.range(of: zsh) {
            return script.replacingCharacters(
                in: place,
                with: """
                        local -a keys=("${(M)@:#*=}")
                        if [[ "${#keys[@]}" -gt 0 ]]; then
                            compadd -S '' -a keys
                            return
                        fi

                    """ + zsh)
        }
        return script.replacingOccurrences(
            of: bash,
            with: """
                _trainer_without_space() {
                    _trainer "$@"
                    if [[ ${#COMPREPLY[@]} -gt 0 && ${COMPREPLY[0]} == *= ]]; then
                        compopt -o nospace +o filenames
                    fi
                }

                complete -o filenames -F _trainer_without_space trainer
                """)
    }
}

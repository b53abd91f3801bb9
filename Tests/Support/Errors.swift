// Errors.swift: what tests of misuse and of bad input share.

import NeuralMemory
import Testing

/// The message of the `UsageError` that a call must throw.
package func usageError(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch let error as UsageError {
        return error.description
    } catch {
        return "another error: \(error)"
    }
}

/// Records an issue unless a call throws a `UsageError` whose message has this part, and is no longer than people read.
package func expectUsageError(
    _ part: String, at location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    let message = usageError(body)
    #expect(message.contains(part) && message.utf8.count < 1000, "\(message)", sourceLocation: location)
}

/// The message of the error that a call must throw.
package func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}

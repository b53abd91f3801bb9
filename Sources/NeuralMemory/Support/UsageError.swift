// The error type for calls of the library that cannot be carried out.

/// A call in the wrong order, or with arguments that do not fit.
///
/// Nothing has been changed by it.
public struct UsageError: Error, CustomStringConvertible, Equatable {
    /// The function, as in "Network.backward".
    public let call: String
    /// What is wrong and what to do instead, as a sentence without a full stop.
    public let problem: String

    /// Of a function, as in "Network.backward", and a sentence without a full stop.
    public init(_ call: String, _ problem: String) {
        self.call = call
        self.problem = problem
    }

    public var description: String { "\(call): \(problem)" }
}

// Closeness.swift: how the tests compare numbers. What is close enough is for ReferenceKernels' ErrorBound to say.

import ReferenceKernels
import Testing

/// Records an issue with the case's description unless each element is within its bound of what is expected.
package func expectClose(
    _ actual: [Double], _ expected: [Double], within bound: ErrorBound, _ name: String,
    _ context: @autoclosure () -> String, at location: SourceLocation = #_sourceLocation
) {
    expectNone(bound.mismatch(actual, expected), name, context(), at: location)
    ErrorRatios.note(bound, actual, expected, name, location)
}

/// The same for numbers of a kernel.
package func expectClose(
    _ actual: [Float], _ expected: [Double], within bound: ErrorBound, _ name: String,
    _ context: @autoclosure () -> String, at location: SourceLocation = #_sourceLocation
) {
    expectClose(actual.doubles, expected, within: bound, name, context(), at: location)
}

/// Says where two arrays first differ in bits, or nil.
///
/// Tells -0 from 0, and a NaN equals itself.
package func bitMismatch(_ actual: [Float], _ expected: [Float]) -> String? {
    guard actual.count == expected.count else {
        return "\(actual.count) elements where \(expected.count) are expected"
    }
    guard let index = actual.indices.first(where: { actual[$0].bitPattern != expected[$0].bitPattern }) else {
        return nil
    }
    return "element \(index) of \(actual.count) is \(actual[index]), expected the bits of \(expected[index])"
}

/// Whether two arrays have the same bits.
package func sameBits(_ x: [Float], _ y: [Float]) -> Bool { bitMismatch(x, y) == nil }

/// Records an issue with the case's description when two arrays differ in a bit.
package func expectSameBits(
    _ actual: [Float], _ expected: [Float], _ name: String, _ context: @autoclosure () -> String,
    at location: SourceLocation = #_sourceLocation
) {
    expectNone(bitMismatch(actual, expected), name, context(), at: location)
}

/// Records an issue when there is a complaint.
package func expectNone(
    _ complaint: String?, _ name: String, _ context: @autoclosure () -> String,
    at location: SourceLocation = #_sourceLocation
) {
    if let complaint {
        Issue.record("\(name): \(complaint) (\(context())\(seedNote))", sourceLocation: location)
    }
}

extension Array where Element == Float {
    /// The same numbers in Double, for the reference.
    package var doubles: [Double] { map { Double($0) } }
}

extension Array where Element == Double {
    /// The same numbers rounded to Float, for the kernels.
    package var floats: [Float] { map { Float($0) } }
}

// Closeness.swift: how the tests compare numbers. Tested itself in ClosenessTests.swift.
//
// Errors are absolute, against one bound for the whole array: tolerance * scale, where scale is the largest magnitude
// that is expected. |reference| of the single element is never added, so that a wrong element cannot excuse itself. All
// comparisons read !(error <= bound): a NaN on either side fails.

import Testing

/// Says what is wrong with `actual`, or nil when it is close to `expected`.
///
/// - Parameters:
///   - tolerance: The largest error allowed, relative to `scale`; below 1.
///   - scale: The largest magnitude of `expected` unless given. Where that is 0, all elements must be 0 exactly.
func mismatch(_ actual: [Double], _ expected: [Double], tolerance: Double, scale: Double? = nil) -> String? {
    guard actual.count == expected.count else {
        return "\(actual.count) elements where \(expected.count) are expected"
    }
    let bound = tolerance * (scale ?? expected.reduce(0) { max($0, abs($1)) })
    guard bound.isFinite else { return "the largest magnitude expected is \(bound / tolerance)" }
    var worst: (index: Int, error: Double)?
    for index in actual.indices {
        let error = abs(actual[index] - expected[index])
        if !(error <= bound), worst == nil || !(error <= worst!.error) {
            worst = (index, error)
        }
    }
    guard let worst else { return nil }
    return "element \(worst.index) of \(actual.count) is \(actual[worst.index]), expected \(expected[worst.index]): "
        + "error \(worst.error) exceeds \(bound)"
}

/// As above, but each element's error is relative to that element; for functions that promise it.
func relativeMismatch(_ actual: [Double], _ expected: [Double], tolerance: Double) -> String? {
    guard actual.count == expected.count else {
        return "\(actual.count) elements where \(expected.count) are expected"
    }
    for index in actual.indices where !(abs(actual[index] - expected[index]) <= tolerance * abs(expected[index])) {
        return "element \(index) of \(actual.count) is \(actual[index]), expected \(expected[index])"
    }
    return nil
}

/// Says where two arrays first differ in bits, or nil.
func bitMismatch(_ actual: [Float], _ expected: [Float]) -> String? {
    guard actual.count == expected.count else {
        return "\(actual.count) elements where \(expected.count) are expected"
    }
    guard let index = actual.indices.first(where: { actual[$0].bitPattern != expected[$0].bitPattern }) else {
        return nil
    }
    return "element \(index) of \(actual.count) is \(actual[index]), expected the bits of \(expected[index])"
}

/// Records an issue with the case's description when the arrays are not close.
func expectClose(
    _ actual: [Float], _ expected: [Double], tolerance: Double, scale: Double? = nil,
    _ name: String, _ context: @autoclosure () -> String, at location: SourceLocation = #_sourceLocation
) {
    expectNone(
        mismatch(actual.doubles, expected, tolerance: tolerance, scale: scale), name, context(), at: location)
}

/// Records an issue with the case's description when two arrays differ in a bit.
func expectSameBits(
    _ actual: [Float], _ expected: [Float], _ name: String, _ context: @autoclosure () -> String,
    at location: SourceLocation = #_sourceLocation
) {
    expectNone(bitMismatch(actual, expected), name, context(), at: location)
}

/// Records an issue when there is a complaint.
func expectNone(
    _ complaint: String?, _ name: String, _ context: @autoclosure () -> String,
    at location: SourceLocation = #_sourceLocation
) {
    if let complaint {
        Issue.record("\(name): \(complaint) (\(context()))", sourceLocation: location)
    }
}

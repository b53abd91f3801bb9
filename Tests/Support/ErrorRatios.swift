// ErrorRatios.swift: how much of their bounds errors really take, from which the factors of the bounds are measured.

import Foundation
import ReferenceKernels
import Synchronization
import Testing

/// The largest error of each comparison in the tests, in units of its bound.
///
/// With NEURALMEMORY_TEST_RATIOS=1 they are printed at the end of the process, one line for each place in the tests and
/// name. A bound by conditioning allows `ErrorBound.margin` times its factor: its factor is right where the largest
/// ratio, over many NEURALMEMORY_TEST_SEED and on every level of vector instructions, is 1 / margin.
enum ErrorRatios {
    private static let isWanted: Bool = {
        guard ProcessInfo.processInfo.environment["NEURALMEMORY_TEST_RATIOS"] == "1" else { return false }
        atexit { ErrorRatios.printAll() }
        return true
    }()
    private static let largest = Mutex<[String: Double]>([:])

    static func note(
        _ bound: ErrorBound, _ actual: [Double], _ expected: [Double], _ name: String, _ location: SourceLocation
    ) {
        guard isWanted, actual.count == expected.count else { return }
        let ratio = bound.largestRatio(actual, expected)
        largest.withLock { $0["\(location.fileID):\(location.line) \(name)", default: 0].raise(to: ratio) }
    }

    private static func printAll() {
        largest.withLock { ratios in
            for (place, ratio) in ratios.sorted(by: { $0.key < $1.key }) { print("ratio \(ratio) \(place)") }
        }
    }
}

extension Double {
    fileprivate mutating func raise(to other: Double) { self = max(self, other) }
}

// What the system says of this process's use of the machine so far.

import Foundation

/// Counts since the process began; 0 where the system does not say.
package enum ProcessUsage {
    /// How often the system took a processor from a thread.
    package static var interruptions: Int { Int(usage?.ru_nivcsw ?? 0) }

    /// The most bytes of memory held at once.
    package static var peakBytes: Int {
        #if os(Linux)
            let unit = 1024
        #else
            let unit = 1
        #endif
        return unit * Int(usage?.ru_maxrss ?? 0)
    }

    private static var usage: rusage? {
        var usage = rusage()
        #if canImport(Glibc)
            let status = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
            let status = getrusage(RUSAGE_SELF, &usage)
        #endif
        return status == 0 ? usage : nil
    }
}

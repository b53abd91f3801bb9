// Signals that ask a program to stop, taken by a thread of their own. What stopping means is for the program to decide.

import Foundation
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as a question that a training loop asks between two steps.
///
/// No signal handler may run on the stack of a thread that computes: the generated matrix products of oneDNN, up to
/// version 3.11, use the stack register for data, so that the frame of a handler would overwrite the heap. Therefore
/// these signals are blocked in every thread, and one thread waits for them. It computes nothing, and no handler is
/// installed.
public enum StopSignal {
    /// The first signal's number; 0 before there was one.
    private static let received = Atomic<Int32>(0)

    /// True from the first signal on.
    public static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

    /// From now on the first signal sets `isRequested`, and a second one ends the program at once, as that signal does
    /// by default.
    ///
    /// Call it on the main thread before anything computes: threads that exist already may have these signals
    /// unblocked. Further calls do nothing.
    ///
    /// SIGINT and SIGTERM are taken whatever the parent did to them: background jobs of a script start with SIGINT
    /// ignored, and children of some programs with all signals blocked, and yet `kill` should stop them. A SIGHUP that
    /// is ignored stays so, as nohup wants it.
    public static func install() { _ = isInstalled }

    private static let isInstalled: Bool = {
        // Blocked first: with the default action, a signal that came in between would end the program.
        mask(SIG_BLOCK, [SIGINT, SIGTERM, SIGHUP])
        var numbers = [SIGINT, SIGTERM]
        for number in numbers { signal(number, SIG_DFL) }
        if isIgnored(signal(SIGHUP, SIG_DFL)) {
            signal(SIGHUP, SIG_IGN)
            mask(SIG_UNBLOCK, [SIGHUP])
        } else {
            numbers.append(SIGHUP)
        }
        Thread.detachNewThread { [numbers] in wait(for: numbers) }
        return true
    }()

    /// Ends the program as its first signal does by default, where there was one: for work that may take long and has
    /// nothing to save.
    public static func endIfRequested() {
        let number = received.load(ordering: .relaxed)
        if number != 0 { end(by: number) }
    }

    private static func wait(for numbers: [Int32]) {
        received.store(next(of: numbers), ordering: .relaxed)
        // One request may come as several signals at once: timeout(1) sends its signal to the program and to the
        // program's group, and both shell and system say that a terminal is gone.
        usleep(20_000)
        for number in numbers where isPending(number) { _ = next(of: [number]) }
        end(by: next(of: numbers))
    }

    private static func next(of numbers: [Int32]) -> Int32 {
        var (signals, number) = (set(of: numbers), Int32(0))
        sigwait(&signals, &number)
        return number
    }

    /// Whether it has come and waits to be taken.
    ///
    /// Nobody else takes these signals, so it stays.
    private static func isPending(_ number: Int32) -> Bool {
        var pending = sigset_t()
        return sigpending(&pending) == 0 && sigismember(&pending, number) == 1
    }

    /// By the signal itself, so that the parent sees what ended the program.
    private static func end(by number: Int32) {
        signal(number, SIG_DFL)
        mask(SIG_UNBLOCK, [number])
        raise(number)
    }

    private static func set(of numbers: [Int32]) -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        return signals
    }

    private static func mask(_ how: Int32, _ numbers: [Int32]) {
        var signals = set(of: numbers)
        pthread_sigmask(how, &signals, nil)
    }

    private typealias Handler = @convention(c) (Int32) -> Void

    /// Whether this is what `signal` returns for a signal that was ignored.
    private static func isIgnored(_ handler: Handler?) -> Bool {
        unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

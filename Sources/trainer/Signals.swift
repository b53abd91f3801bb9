// Signals during training: the first asks the run to stop after its step, a second one of the kind ends it at once.

import Foundation
import Synchronization

/// Whether a signal has asked to stop.
enum StopSignal {
    private static let requested = Atomic(false)

    /// True from the first signal on.
    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Catches the signals that end a program politely. Whatever the parent did to them, SIGINT and SIGTERM are caught:
    /// a script's background jobs start with SIGINT ignored, and some programs' children with all signals blocked, and
    /// yet `kill` should stop them. A SIGHUP that is ignored stays so, as nohup wants it.
    static func install() {
        // Made now, not in the handler, where making it would not be safe.
        _ = isRequested
        install(SIGINT)
        install(SIGTERM)
        var current = sigaction()
        sigaction(SIGHUP, nil, &current)
        if !isIgnored(current) { install(SIGHUP) }
        // Training goes on when nobody reads its output any more, and a file that may not grow is an error to report.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    private static func isIgnored(_ action: sigaction) -> Bool {
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func install(_ number: Int32) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in StopSignal.requested.store(true, ordering: .relaxed) }
        // The default action comes back with the first signal, so that a second one is not caught.
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
        sigaction(number, &action, nil)
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        sigaddset(&unblocked, number)
        pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
    }
}

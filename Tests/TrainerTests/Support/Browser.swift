// Opens pages in Chromium, where it is installed, and gives back what a page came to.

import Foundation
import TestSupport

enum Browser {
    /// Where Chromium is; `nil` where it is not installed.
    static let program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static var isInstalled: Bool { program != nil }

    /// The page's elements after its scripts have run.
    static func elements(of page: URL, width: Int = 1280) throws -> String {
        let folder = try TemporaryFolder()
        let output = folder.file("page.html")
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program ?? "/usr/bin/chromium")
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder.file("profile").path)",
            "--window-size=\(width),6000", "--virtual-time-budget=5000", "--dump-dom", page.absoluteString
        ]
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return String(decoding: try Data(contentsOf: output), as: UTF8.self)
    }
}

// The two processes of one kind of input: one reads, and the other looks on.

import Foundation
import NeuralMemory

/// Numbers in a file that both processes have in their memory.
final class SharedProgress {
    enum Field: Int, CaseIterable {
        /// Of the input that is being read.
        case number
        case accepted, refused, failures, megabytes
        /// 1 when all inputs are read.
        case isDone
    }

    private let fields: UnsafeMutablePointer<UInt64>
    private let size = MemoryLayout<UInt64>.stride * Field.allCases.count

    init(_ file: URL) throws {
        let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, ftruncate(descriptor, off_t(size)) == 0 else { throw FileError(file, failed: "write") }
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        close(descriptor)
        guard let memory, memory != MAP_FAILED else { throw FileError(file, failed: "map") }
        fields = memory.bindMemory(to: UInt64.self, capacity: Field.allCases.count)
    }

    deinit { munmap(fields, size) }

    subscript(field: Field) -> UInt64 {
        get { fields[field.rawValue] }
        set { fields[field.rawValue] = newValue }
    }
}

/// Has the inputs of one kind read, and counts what becomes of them.
struct Supervisor {
    struct Report {
        let name: String
        let inputs, accepted, refused, failures, megabytes: Int
        let seconds: Double

        var line: String {
            let rate = Int(Double(inputs) / max(seconds, 1e-9))
            let numbers = [(inputs, 9), (accepted, 11), (refused, 10)].map { pad("\($0)", $1) }.joined()
            return name.padding(toLength: 14, withPad: " ", startingAt: 0) + numbers
                + pad(String(format: "%.1f", seconds), 9) + pad("\(rate)", 15) + pad("\(megabytes)", 4)
                + pad("\(failures)", 10)
        }

        private func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
    }

    private let name: String
    private let count: UInt64
    private let seconds: Double
    private let seed: UInt64
    /// More of them would tell nothing new.
    private static let mostFailures = 20

    init(_ name: String, count: UInt64, seconds: Double, seed: UInt64) {
        self.name = name
        self.count = count
        self.seconds = seconds
        self.seed = seed
    }

    func run() throws -> Report {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("reader-fuzz-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let progress = try SharedProgress(file)
        let clock = ContinuousClock()
        let start = clock.now
        var elapsed: Double { (clock.now - start) / .seconds(1) }
        var deaths = 0
        while progress[.isDone] == 0, elapsed < seconds, progress[.failures] < Self.mostFailures {
            let process = try begin(file, from: progress[.number])
            guard let reason = try wait(for: process, progress, until: start + .seconds(seconds)) else { continue }
            complain("\(name), seed \(seed), input \(progress[.number]): \(reason)")
            progress[.failures] += 1
            deaths += 1
            progress[.number] += 1
        }
        let (accepted, refused) = (Int(progress[.accepted]), Int(progress[.refused]))
        return Report(
            name: name, inputs: accepted + refused + deaths, accepted: accepted, refused: refused,
            failures: Int(progress[.failures]), megabytes: Int(progress[.megabytes]), seconds: elapsed)
    }

    private func begin(_ file: URL, from number: UInt64) throws -> Process {
        let process = Process()
        process.executableURL = Bundle.main.executableURL
        process.arguments = [
            "--worker", file.path, "--kinds", name, "--first", "\(number)", "--count", "\(count)", "--seed", "\(seed)"
        ]
        try process.run()
        return process
    }

    /// Why the process ended, unless it did so because all is read or time is up.
    private func wait(
        for process: Process, _ progress: SharedProgress, until deadline: ContinuousClock.Instant
    ) throws -> String? {
        let clock = ContinuousClock()
        var (number, since) = (progress[.number], clock.now)
        while process.isRunning {
            usleep(20_000)
            if progress[.number] != number { (number, since) = (progress[.number], clock.now) }
            let isHanging = clock.now - since > .seconds(Limits.seconds)
            guard isHanging || clock.now > deadline else { continue }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            return isHanging ? "takes more than \(Limits.seconds) seconds" : nil
        }
        process.waitUntilExit()
        let status = process.terminationStatus
        if process.terminationReason == .uncaughtSignal { return "ends in signal \(status)" }
        return status == 0 ? nil : "ends in exit code \(status)"
    }
}

/// Reads inputs of one kind.
struct Worker {
    private let subject: any Subject
    private let seed: UInt64
    private let progress: SharedProgress

    init(_ subject: any Subject, seed: UInt64, _ progress: SharedProgress) {
        self.subject = subject
        self.seed = seed
        self.progress = progress
    }

    func run(_ numbers: Range<UInt64>) throws {
        Runtime.threads = 1
        for number in numbers {
            progress[.number] = number
            let input = try subject.input(Cases.generator(seed, subject.name, number))
            var message: String?
            do {
                try subject.read(input)
                progress[.accepted] += 1
            } catch {
                message = "\(error)"
                progress[.refused] += 1
            }
            if let fault = Self.fault(message) {
                progress[.failures] += 1
                complain("\(subject.name), seed \(seed), input \(number): \(fault)")
            }
            let megabytes = ProcessUsage.peakBytes >> 20
            progress[.megabytes] = max(progress[.megabytes], UInt64(megabytes))
            // The peak stays; a new process begins below it.
            guard megabytes <= Limits.megabytes else {
                complain("\(subject.name), seed \(seed), input \(number): takes \(megabytes) MB")
                exit(2)
            }
        }
        progress[.isDone] = 1
    }

    /// What is wrong with a message, if anything is.
    private static func fault(_ message: String?) -> String? {
        guard let message else { return nil }
        if message.utf8.count > Limits.messageBytes { return "has a message of \(message.utf8.count) bytes" }
        let isClean = message.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) || $0 == "\n" }
        return isClean ? nil : "has a message with control characters"
    }
}

func complain(_ message: String) { FileHandle.standardError.write(Data("\(message)\n".utf8)) }

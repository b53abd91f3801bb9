// `kernel-bench` without a subcommand: every kernel, first its error against the reference, then its speed.

import ArgumentParser
import Foundation
import NeuralMemory

struct MeasureKernels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Verify each kernel against the reference, then time both (the default).",
        discussion: """
            A line per kernel and shape: the largest error of its outputs, relative to the largest value expected; the \
            time of the C kernel and of the reference in Swift (medians, taken in turns), and their ratio; the bytes that \
            the kernel must move at least and the arithmetic it must do, with GB/s and GF/s; and the roofline: \
            whether a plain copy of as many bytes or a matrix product of as many operations would take longer, and how \
            much of the speed of that one the kernel reaches.
            For stack, queue and deque then the nanoseconds per push-pop-read as episodes grow.

            Exits with 1 when a kernel is wrong, after having measured the others.

            Examples:
              swift run -c release kernel-bench
              swift run -c release kernel-bench --filter stack --threads 2
              swift run -c release kernel-bench --filter gemm --json gemm.json
            """)

    @Option(help: ArgumentHelp("Only kernels whose name contains this.", valueName: "text"))
    var filter: String?

    @OptionGroup var options: RunOptions

    func validate() throws {
        if let filter, selectedNames.isEmpty {
            throw ValidationError(
                "--filter \(filter) fits no kernel. The kernels are: \(Self.allNames.joined(separator: ", ")).")
        }
    }

    func run() throws {
        options.setThreads()
        let rates = MachineRates()
        var report = Report(machine: Machine(), productGigaflops: rates.product * 1e-9)
        Table.printHeader(report)
        Table.printKernelTitles()
        let selected = selectedNames
        for benchmark in Families.all where selected.contains(benchmark.kernel) {
            let result = measure(benchmark, rates)
            Table.printLine(result)
            report.kernels.append(result)
        }
        if !WindowScaling.kernels.isDisjoint(with: selected) {
            let scaling = WindowScaling().measure(rates)
            Table.printScaling(scaling)
            report.memories = scaling
        }
        try options.write(report)
        try conclude(report)
    }

    private static var allNames: [String] {
        var seen: Set<String> = []
        return Families.all.map(\.kernel).filter { seen.insert($0).inserted }
    }

    private var selectedNames: Set<String> {
        Set(Self.allNames.filter { filter.map($0.contains) ?? true })
    }

    private func measure(_ benchmark: Benchmark, _ rates: MachineRates) -> KernelResult {
        let trial = benchmark.makeTrial()
        let checks = trial.verify()
        let times = Stopwatch.interleaved([
            Stopwatch.Side(reset: trial.reset, run: trial.run),
            Stopwatch.Side(run: { _ = trial.reference { $0 } })
        ])
        return KernelResult(
            benchmark, checks: checks, kernel: times[0], reference: times[1], rates: rates)
    }

    /// Says what was wrong, and fails if anything was.
    private func conclude(_ report: Report) throws {
        let failures = report.failures
        guard !failures.isEmpty else { return }
        var message = "\nVerification failed:\n"
        for failure in failures { message += "  \(failure)\n" }
        FileHandle.standardError.write(Data(message.utf8))
        throw ExitCode(1)
    }
}

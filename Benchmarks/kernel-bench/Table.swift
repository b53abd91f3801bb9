// The results as text, a line per result.

import Foundation

enum Table {
    static func printHeader(_ report: Report) {
        printMachine(report.machine)
        print("A matrix product of \(LargeProduct.shape) reaches \(number(report.productGigaflops)) GF/s.")
    }

    static func printMachine(_ machine: Machine) {
        print("\(machine.processor), \(machine.processors) processors; kernels by \(machine.compiler)")
        print(machine.runtime)
        if let load = machine.load, load > 0.5 * Double(machine.processors) {
            print("Other programs are running (load \(number(load))): times are longer than they could be.")
        }
        if machine.isDebugBuild {
            print("WARNING: a debug build says nothing about speed. Use: swift run -c release kernel-bench")
        }
    }

    static func printKernelTitles() {
        print("")
        print(
            left("kernel", 24) + left("shape", 24) + right("error", 9) + right("C", 10) + right("reference", 11)
                + right("ratio", 8) + right("KB", 9) + right("GB/s", 8) + right("kflop", 9) + right("GF/s", 8)
                + right("bound", 9) + right("reached", 9))
    }

    static func printLine(_ result: KernelResult) {
        let hasFlops = result.flops > 0
        print(
            left(result.kernel, 24) + left(result.shape, 24) + right(error(result.error), 9)
                + right(time(result.seconds), 10) + right(time(result.referenceSeconds), 11)
                + right(number(result.ratio), 8) + right(number(result.bytes * 1e-3), 9)
                + right(number(result.gigabytesPerSecond), 8) + right(hasFlops ? number(result.flops * 1e-3) : "-", 9)
                + right(hasFlops ? number(result.gigaflops) : "-", 8) + right(result.bound, 9)
                + right(percent(result.shareOfBound), 9) + (result.passed ? "" : "  WRONG"))
        flush()
    }

    static func printScaling(_ scaling: ScalingResult) {
        print("")
        print("Nanoseconds per push-pop-read of one batch element, B \(scaling.batch), M \(scaling.width).")
        print("Each episode with arrays of its own, from memory; \"cached\": the same arrays again and again.")
        for regime in scaling.regimes {
            print("\n\(regime.name): \(regime.explanation)")
            print(
                left("kernel", 8) + right("T", 7) + right("error", 9) + right("forward", 9) + right("backward", 10)
                    + right("both", 7) + right("(fastest", 10) + right("slowest)", 9) + right("GB/s", 7)
                    + right("of copy", 9) + right("of stack", 10) + right("cached", 8))
            for line in regime.lines { print(text(line)) }
            for growth in regime.growth { print(text(growth)) }
        }
        for notice in scaling.notices { print(notice) }
        flush()
    }

    private static func text(_ line: ScalingLine) -> String {
        left(line.kernel, 8) + right("\(line.steps)", 7) + right(error(line.error), 9)
            + right(number(line.forwardNanoseconds), 9) + right(number(line.backwardNanoseconds), 10)
            + right(number(line.nanoseconds), 7) + right(number(line.fastestNanoseconds), 10)
            + right(number(line.slowestNanoseconds), 9) + right(number(line.gigabytesPerSecond), 7)
            + right(percent(line.shareOfCopy), 9) + right(number(line.ratioToStack), 10)
            + right(line.sameArraysNanoseconds.map(number) ?? "-", 8) + (line.passed ? "" : "  WRONG")
    }

    private static func text(_ growth: Growth) -> String {
        "\(growth.kernel): a step of T \(growth.longest) costs \(number(growth.ratio)) times one of T \(growth.base)"
            + " (\(number(growth.ratioToCached)) times one in the cache)"
    }

    /// Three significant digits, no exponent.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let digits = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : 2
        return String(format: "%.\(digits)f", value)
    }

    static func error(_ value: Double) -> String { value == 0 ? "0" : String(format: "%.1e", value) }

    static func percent(_ share: Double) -> String { String(format: "%.0f %%", 100 * share) }

    private static func time(_ seconds: Double) -> String {
        if seconds < 1e-6 { return number(seconds * 1e9) + " ns" }
        if seconds < 1e-3 { return number(seconds * 1e6) + " us" }
        return seconds < 1 ? number(seconds * 1e3) + " ms" : number(seconds) + " s"
    }

    static func left(_ text: String, _ width: Int) -> String {
        text.count < width ? text + String(repeating: " ", count: width - text.count) : text + " "
    }

    static func right(_ text: String, _ width: Int) -> String {
        text.count < width ? String(repeating: " ", count: width - text.count) + text : " " + text
    }

    /// What is going on, apart from the results.
    static func printProgress(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// A line appears when it is measured, in a pipe too.
    private static func flush() { fflush(nil) }
}

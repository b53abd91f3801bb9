// The results of `kernel-bench kernels`, as they go to the JSON file.

import Foundation

/// All of one run.
struct Report: Encodable {
    let machine: Machine
    /// What a large matrix product reached.
    let productGigaflops: Double
    var kernels: [KernelResult] = []
    var memories: ScalingResult?

    /// One line for each check that failed.
    var failures: [String] {
        let ofKernels = kernels.flatMap { kernel in
            kernel.checks.filter { !$0.passed }.map { "\(kernel.kernel) \(kernel.shape): \($0.text)" }
        }
        return ofKernels + (memories?.failures ?? [])
    }
}

/// One kernel at one shape.
struct KernelResult: Encodable {
    let kernel: String
    let shape: String
    let checks: [Check]
    /// The largest error of all outputs, each relative to its own largest value.
    let error: Double
    let passed: Bool
    let seconds: Double
    let referenceSeconds: Double
    let ratio: Double
    let gigabytesPerSecond: Double
    let shareOfCopy: Double
    let gigaflops: Double
    let shareOfProduct: Double

    init(_ benchmark: Benchmark, checks: [Check], kernel times: Samples, reference: Samples, rates: MachineRates) {
        kernel = benchmark.kernel
        shape = benchmark.shape
        self.checks = checks
        error = checks.worstError
        passed = checks.allSatisfy(\.passed)
        seconds = times.median
        referenceSeconds = reference.median
        ratio = referenceSeconds / seconds
        let bytesPerSecond = benchmark.bytes / seconds
        gigabytesPerSecond = bytesPerSecond * 1e-9
        shareOfCopy = bytesPerSecond / rates.copy(bytes: benchmark.bytes)
        gigaflops = benchmark.flops / seconds * 1e-9
        shareOfProduct = benchmark.flops / seconds / rates.product
    }
}

extension [Check] {
    /// The largest error; NaN if there is one.
    var worstError: Double {
        let errors = map(\.error)
        return errors.first { $0.isNaN } ?? errors.max() ?? .nan
    }
}

extension Check {
    /// "y: error 3e-05, allowed 1e-06".
    var text: String { "\(output): error \(Table.error(error)), allowed \(Table.error(tolerance))" }
}

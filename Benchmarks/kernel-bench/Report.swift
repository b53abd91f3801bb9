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
    let bytes: Double
    let flops: Double
    let gigabytesPerSecond: Double
    let gigaflops: Double
    /// What allows no less time: "copy" where the bytes need longer at the rate of a plain copy, "product" where the
    /// operations do at the rate of a large matrix product.
    let bound: String
    /// The time that the bound allows, as a share of the time taken.
    ///
    /// A copy writes as much as it reads, so a kernel that writes less can exceed it.
    let shareOfBound: Double

    init(_ benchmark: Benchmark, checks: [Check], kernel times: Samples, reference: Samples, rates: MachineRates) {
        kernel = benchmark.kernel
        shape = benchmark.shape
        self.checks = checks
        error = checks.worstError
        passed = checks.allSatisfy(\.passed)
        seconds = times.median
        referenceSeconds = reference.median
        ratio = referenceSeconds / seconds
        bytes = benchmark.bytes
        flops = benchmark.flops
        gigabytesPerSecond = bytes / seconds * 1e-9
        gigaflops = flops / seconds * 1e-9
        let copySeconds = bytes / rates.copy(bytes: bytes)
        let productSeconds = flops / rates.product
        bound = copySeconds > productSeconds ? "copy" : "product"
        shareOfBound = max(copySeconds, productSeconds) / seconds
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
    /// "y: error 3e-05, 25 times what is allowed".
    var text: String { "\(output): error \(Table.error(error)), \(Table.number(shareOfBound)) times what is allowed" }
}

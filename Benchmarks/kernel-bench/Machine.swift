// What the measurements were taken on, and what the same machine reaches in the same run: a plain copy of memory, and a
// large matrix product.

import CKernels
import Foundation
import NeuralMemory

/// The machine and the build, for the header and the report.
struct Machine: Encodable {
    var compiler = String(cString: ck_compiler())
    var processor = Runtime.processorName
    var processors = ProcessInfo.processInfo.activeProcessorCount
    var threads = Runtime.threads
    var runtime = Runtime.summary
    var isDebugBuild = Machine.isDebugBuild
    /// Programs that wanted to run in the last minute, on average, other than this one.
    var load = Machine.loadAverage

    static var isDebugBuild: Bool {
        #if DEBUG
            true
        #else
            false
        #endif
    }

    private static var loadAverage: Double? {
        var average = 0.0
        return getloadavg(&average, 1) == 1 ? average : nil
    }
}

/// The rates that kernels are held against.
final class MachineRates {
    private var copyRates: [Int: Double] = [:]

    /// Operations per second of a product of square matrices that are large, yet in the cache.
    private(set) lazy var product = measureProduct()

    /// Bytes per second that a copy which reads and writes `bytes` bytes in all reaches with the threads in use.
    ///
    /// Sizes are rounded to powers of two: what matters is which cache they fit. None holds 256 MiB, so that stands for
    /// all above.
    func copy(bytes: Double) -> Double {
        let exponent = Int(min(max(bytes, 1024), 0x1p27).exponent) + 1
        if let known = copyRates[exponent] { return known }
        let rate = measureCopy(bytes: 1 << exponent)
        copyRates[exponent] = rate
        return rate
    }

    /// The same for arrays that no cache holds.
    var copyFromMemory: Double { copy(bytes: .infinity) }

    /// One block per thread, each moved by one call of the C library's copy.
    private func measureCopy(bytes: Int) -> Double {
        let blocks = Runtime.threads
        let columns = max(1, bytes / 2 / MemoryLayout<Float>.stride / blocks)
        let from = FloatBuffer(zeros: blocks * columns)
        let to = FloatBuffer(zeros: blocks * columns)
        let order = (0..<blocks).map { Int32($0) }
        let copy = Stopwatch.Side {
            ck_gather_rows(blocks, columns, from.pointer, order, to.pointer, columns)
        }
        let moved = 2 * blocks * columns * MemoryLayout<Float>.stride
        return Double(moved) / Stopwatch.interleaved([copy])[0].median
    }

    private func measureProduct() -> Double {
        let product = LargeProduct()
        return LargeProduct.operations / Stopwatch.interleaved([Stopwatch.Side(run: product.run)])[0].median
    }
}

/// The matrix product that others are held against.
final class LargeProduct {
    private static let size = 768
    static let shape = "\(size) x \(size) x \(size)"
    /// Multiplications and additions of one run.
    static let operations = 2 * Double(size * size * size)

    private let a = FloatBuffer(size * size, -1, 1, seed: 1)
    private let b = FloatBuffer(size * size, -1, 1, seed: 2)
    private let c = FloatBuffer(zeros: size * size)

    func run() {
        let size = Self.size
        ck_gemm(0, 0, size, size, size, 1, a.pointer, size, b.pointer, size, 0, c.pointer, size)
    }
}

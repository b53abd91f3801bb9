// The Swift side of the C kernels: this folder is the only place of the library that imports them. Each function is one
// kernel, with pointers and strides gathered into `Rows`; contracts are in the C headers.

import CKernels

/// The C kernels.
package enum Kernels {
    /// Calls `body` for parts 0..<parts, on threads of their own as far as there are any.
    package static func run(parts: Int, _ body: (_ part: Int) -> Void) {
        guard parts > 1 else { return body(0) }
        withoutActuallyEscaping(body) { body in
            var body = body
            withUnsafeMutablePointer(to: &body) { pointer in
                ck_run_parts(
                    parts, { $0?.assumingMemoryBound(to: ((Int) -> Void).self).pointee($1) }, pointer)
            }
        }
    }
}

extension ck_span {
    init(_ steps: Range<Int>, _ elements: Range<Int>) {
        self.init(
            first_step: steps.lowerBound, end_step: steps.upperBound, first: elements.lowerBound,
            end: elements.upperBound)
    }
}

/// What the kernels run on, and how many threads they use.
public enum Runtime {
    /// The number of threads of all kernels called from the current thread; 1 without OpenMP, whatever is set.
    public static var threads: Int {
        get { Int(ck_threads()) }
        set { ck_set_threads(Int32(max(1, newValue))) }
    }

    /// The processors that the kernels could use; 1 without OpenMP.
    public static var processors: Int { Int(ck_processors()) }
    public static var usesOpenMP: Bool { ck_has_openmp() != 0 }
    public static var usesOneDNN: Bool { ck_has_onednn() != 0 }
    /// "avx512", "avx2", "neon" or "baseline".
    public static var vectorInstructions: String { String(cString: ck_vector_instructions()) }

    /// One line: threads, instructions, matrix product, and what would make it faster.
    public static var summary: String {
        let threading = usesOpenMP ? "OpenMP, \(threads) thread\(threads == 1 ? "" : "s")" : "no OpenMP, 1 thread"
        let product = usesOneDNN ? "oneDNN" : "built-in matrix product"
        var line = "\(threading), \(vectorInstructions), \(product)"
        if !usesOpenMP { line += "; faster with OpenMP: build without NEURALMEMORY_OPENMP=0" }
        if !usesOneDNN { line += "; faster with oneDNN: apt install libdnnl-dev, then build again" }
        return line
    }
}

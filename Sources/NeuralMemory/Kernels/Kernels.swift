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

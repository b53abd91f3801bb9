// StackEpisode.swift: one stack for one sequence, driven directly: through the window's kernels by its strengths, or
// through the library's memory by its interface vectors; and the smallest task for it, three values to be reversed.

import Foundation
import NeuralMemory

/// Three values are pushed and then read in reverse order.
enum Reversing {
    static let steps = 6
    static let width = 4
    /// v_1 to v_3 are unit vectors; then a fourth is offered, a mark that is never to be seen.
    static let values: [Float] = [
        1, 0, 0, 0, /**/ 0, 1, 0, 0, /**/ 0, 0, 1, 0, /**/ 0, 0, 0, 1, /**/ 0, 0, 0, 1, /**/ 0, 0, 0, 1
    ]
    /// r_1 to r_6: each value as it comes, then from the last to the first.
    private static let targets: [Float] = [
        1, 0, 0, 0, /**/ 0, 1, 0, 0, /**/ 0, 0, 1, 0, /**/ 0, 0, 1, 0, /**/ 0, 1, 0, 0, /**/ 1, 0, 0, 0
    ]

    /// The mean of |r_t − y_t|² over the steps, and its gradient.
    static func error(_ reads: [Float]) -> (value: Double, gradient: [Float]) {
        let differences = zip(reads, targets).map { $0 - $1 }
        let value = differences.reduce(0) { $0 + Double($1) * Double($1) } / Double(steps)
        return (value, differences.map { 2 * $0 / Float(steps) })
    }
}

/// The window's kernels, from strengths to reads.
struct StackEpisode {
    private let steps: Int
    private let width: Int
    private let values: [Float]
    private let window: Kernels.Window

    /// values (T, M).
    init(steps: Int, width: Int, values: [Float]) {
        self.steps = steps
        self.width = width
        self.values = values
        window = Kernels.Window(kind: "stack", width: width)
    }

    /// r_1 to r_T.
    func forward(pops: [Float], pushes: [Float]) -> [Float] {
        let strengths = zip(pops, pushes).flatMap { [$0, $1] }
        var reads = [Float](repeating: 0, count: steps * width)
        window.begin(steps: steps, batch: 1)
        reads.withUnsafeMutableBufferPointer {
            window.forward(
                steps: 0..<steps, strengths: strengths, values: values,
                reads: Rows($0.baseAddress!, stride: width))
        }
        return reads
    }

    /// dL/du and dL/dd from dL/dr.
    func backward(_ readGradients: [Float]) -> (pops: [Float], pushes: [Float]) {
        var readGradients = readGradients
        var strengths = [Float](repeating: 0, count: 2 * steps)
        var values = [Float](repeating: 0, count: steps * width)
        readGradients.withUnsafeMutableBufferPointer { reads in
            values.withUnsafeMutableBufferPointer { values in
                window.beginBackward(valueGradients: values.baseAddress!)
                window.backward(
                    steps: 0..<steps, values: self.values,
                    readGradients: Rows(reads.baseAddress!, stride: width), strengthGradients: &strengths,
                    valueGradients: values.baseAddress!)
            }
        }
        return (
            stride(from: 0, to: 2 * steps, by: 2).map { strengths[$0] },
            stride(from: 1, to: 2 * steps, by: 2).map { strengths[$0] }
        )
    }
}

/// The library's memory, with its activations, from interface vectors to reads.
struct MemoryEpisode {
    private let steps: Int
    private let memory: any Memory
    private let state: any MemoryState
    private let parameters: ParameterBuffer
    private let interface: FloatBuffer
    private let interfaceGradients: FloatBuffer
    private let reads: FloatBuffer
    private let readGradients: FloatBuffer

    init(_ kind: any MemoryKind, steps: Int) throws {
        self.steps = steps
        var layout = ParameterLayout()
        memory = try kind.makeMemory(&layout)
        parameters = ParameterBuffer(zeros: layout)
        state = memory.makeState(parameters)
        interface = FloatBuffer(zeros: steps * memory.interfaceSize)
        interfaceGradients = FloatBuffer(zeros: steps * memory.interfaceSize)
        reads = FloatBuffer(zeros: (steps + 1) * memory.readSize)
        readGradients = FloatBuffer(zeros: (steps + 1) * memory.readSize)
    }

    private func ports(_ interface: FloatBuffer, _ reads: FloatBuffer) -> MemoryPorts {
        MemoryPorts(
            interface: Rows(interface.pointer, stride: memory.interfaceSize),
            reads: Rows(reads.pointer, stride: memory.readSize))
    }

    /// r_1 to r_T, from T raw interface vectors.
    func forward(_ raw: [Float]) throws -> [Float] {
        interface.pointer.update(from: raw, count: raw.count)
        try state.begin(steps: steps, batch: 1, mode: .training, ports(interface, reads), from: nil)
        for step in 0..<steps { state.forward(steps: step..<step + 1) }
        let all = UnsafeBufferPointer(start: reads.pointer, count: (steps + 1) * memory.readSize)
        return Array(all.dropFirst(memory.readSize))
    }

    /// The gradients of all interface vectors, from dL/dr.
    func backward(_ gradients: [Float]) -> [Float] {
        (readGradients.pointer + memory.readSize).update(from: gradients, count: gradients.count)
        state.beginBackward(ports(interfaceGradients, readGradients))
        for step in (0..<steps).reversed() { state.backward(steps: step..<step + 1) }
        state.accumulateGradients(into: parameters)
        return Array(UnsafeBufferPointer(start: interfaceGradients.pointer, count: steps * memory.interfaceSize))
    }
}

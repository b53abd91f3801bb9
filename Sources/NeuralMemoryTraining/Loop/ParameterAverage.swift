// A running average of the parameters, with which a network in training is evaluated, and later used.

import NeuralMemory

/// An exponential moving average of a network's parameters.
///
/// Parameters that are trained on few sequences a step move around a good place without resting there; their average
/// rests (Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"). Training itself does not
/// use it.
final class ParameterAverage {
    /// How much of the average each step keeps, in the end.
    private let decay: Double
    let values: ParameterBuffer

    /// Begins with these parameters.
    init(of parameters: ParameterBuffer, decay: Double) {
        self.decay = decay
        values = ParameterBuffer(zeros: parameters.layout)
        begin(with: parameters)
    }

    /// Forgets what was, as for newly drawn parameters.
    func begin(with parameters: ParameterBuffer) {
        guard let source = UnsafeBufferPointer(parameters.floats).baseAddress else { return }
        values.floats.baseAddress?.update(from: source, count: values.floats.count)
    }

    /// Adds the parameters after a step, counted from 1.
    ///
    /// The first steps keep less, so that the parameters drawn at random are soon forgotten: step n keeps n / (n + 9).
    ///
    /// - Parameters:
    ///   - parameters: as the step left them.
    ///   - step: counted from 1.
    ///   - ranges: the parts of the flat buffer that training changes; the average of the others stays what it is, to
    ///     the bit.
    func add(_ parameters: ParameterBuffer, step: Int, in ranges: [Range<Int>]) {
        let kept = min(decay, Double(step) / Double(step + 9))
        let (keep, take) = (Float(kept), Float(1 - kept))
        let (average, present) = (values.floats, parameters.floats)
        for index in ranges.joined() { average[index] = keep * average[index] + take * present[index] }
    }

    /// Gives the parameters the numbers of their average.
    func copy(into parameters: ParameterBuffer) {
        guard let source = UnsafeBufferPointer(values.floats).baseAddress else { return }
        parameters.floats.baseAddress?.update(from: source, count: values.floats.count)
    }

    /// Lets the parameters and their average change places.
    func swap(with parameters: ParameterBuffer) {
        let (average, present) = (values.floats, parameters.floats)
        for index in average.indices {
            let number = average[index]
            average[index] = present[index]
            present[index] = number
        }
    }
}

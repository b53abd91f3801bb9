// An optimiser at work: passes over the flat parameters, with state of the same layout.

/// Updates one network's parameters by an `OptimizerChain`, and keeps the state between updates.
///
/// Finite state stays finite: gradients are skipped if the square of a number might be infinite. After such a square,
/// RMSProp and Adam would never change that parameter again.
public final class Optimizer {
    /// What an update did.
    public struct Outcome: Sendable, Equatable {
        /// False where gradients were skipped: no parameter and no state has changed.
        public let isApplied: Bool
        /// √Σg² over all gradients, before clipping.
        public let gradientNorm: Double
    }

    /// The settings.
    public let chain: OptimizerChain
    private let parameters: ParameterBuffer
    /// The rule's, by name, each with the layout of the parameters.
    package let state: [(name: String, values: ParameterBuffer)]
    /// The schedule's, by name.
    package var scheduleState: [String: Double] = [:]
    /// How many updates were made, without those that were skipped.
    ///
    /// Adam corrects its averages by this number.
    public package(set) var updates = 0
    /// Parameters that no update changes.
    public let frozen: [Parameter]
    /// The parts of the flat buffers that updates change, without those of frozen parameters.
    package let trainedRanges: [Range<Int>]

    /// Gradients with a larger norm are skipped.
    ///
    /// No single gradient is larger than the norm, so its square is at most 1e38: a finite float, with room for what
    /// rounding adds.
    public static let largestNorm = 1e19
    static let learningRates = 0.0...100.0

    /// Throws `ConfigurationError` for settings out of range, and `UsageError` for frozen parameters of another layout.
    ///
    /// - Parameters:
    ///   - chain: the settings.
    ///   - parameters: what updates change.
    ///   - frozen: those of them that no update changes.
    public init(_ chain: OptimizerChain, for parameters: ParameterBuffer, freezing frozen: [Parameter] = []) throws {
        try chain.validate()
        for parameter in frozen { try parameters.layout.require(parameter, in: "Optimizer") }
        self.chain = chain
        self.parameters = parameters
        self.frozen = frozen
        trainedRanges = parameters.layout.ranges(without: frozen)
        state = type(of: chain.rule).stateNames.map { ($0, ParameterBuffer(zeros: parameters.layout)) }
    }

    /// A rule alone: no clipping, no weight decay, a constant learning rate.
    ///
    /// Throws `ConfigurationError` for settings out of range.
    public convenience init(_ rule: any OptimizerKind, for parameters: ParameterBuffer) throws {
        try self.init(OptimizerChain(rule), for: parameters)
    }

    /// Clips the gradients in place, and updates the parameters from them.
    ///
    /// The gradients of frozen parameters are set to 0 first, so that they count for no norm.
    ///
    /// Neither parameters nor state change if a gradient is not finite, or if the norm of the clipped gradients is
    /// above `largestNorm`. Throws `UsageError` where the schedule gives a learning rate that is not from 0 to 100.
    ///
    /// - Parameters:
    ///   - gradients: of the same layout as the parameters.
    ///   - step: counted from 1, for warm-up and schedule. The number of this update unless given; a loop that also
    ///     counts skipped steps gives its own.
    @discardableResult
    public func update(_ gradients: ParameterBuffer, step: Int? = nil) throws -> Outcome {
        let rate = try checkedLearningRate(step: step ?? updates + 1)
        for parameter in frozen { gradients[parameter].update(repeating: 0, count: parameter.count) }
        let norm = gradients.norm
        guard norm.isFinite, try chain.clipping.clip(gradients, norm: norm) <= Self.largestNorm else {
            return Outcome(isApplied: false, gradientNorm: norm)
        }
        for range in trainedRanges {
            let values = UnsafeMutableBufferPointer(rebasing: parameters.floats[range])
            if chain.weightDecay > 0 { Kernels.scale(values, by: Float(1 - rate * chain.weightDecay)) }
            chain.rule.update(
                values, gradients: UnsafeMutableBufferPointer(rebasing: gradients.floats[range]),
                state: state.map { $0.values.pointer + range.lowerBound }, number: updates + 1,
                learningRate: Float(rate))
        }
        updates += 1
        return Outcome(isApplied: true, gradientNorm: norm)
    }

    /// Forgets all updates and evaluations, as for new parameters.
    package func reset() {
        for (_, values) in state { values.zero() }
        scheduleState = [:]
        updates = 0
    }

    /// Tells the schedule the loss of an evaluation.
    ///
    /// Evaluations must come at regular intervals.
    public func observe(loss: Double) { chain.schedule.observe(loss: loss, state: &scheduleState) }

    /// The learning rate of a step, counted from 1, as far as evaluations have decided it.
    public func learningRate(step: Int) -> Double { chain.learningRate(step: step, state: scheduleState) }

    private func checkedLearningRate(step: Int) throws -> Double {
        let rate = learningRate(step: step)
        guard Self.learningRates.contains(rate) else {
            throw UsageError(
                "Optimizer.update",
                "the learning rate of step \(step) is \(rate); the schedule \(chain.schedule.kind) must keep it from 0 "
                    + "to 100, and steps count from 1")
        }
        return rate
    }

    /// The first part of the state with a NaN or an infinity, such as "square of output.bias"; `nil` where all numbers
    /// are finite.
    public func firstNonFinite() -> String? {
        for (name, values) in state {
            if let slice = values.firstNonFinite() { return "\(name) of \(slice.name)" }
        }
        return nil
    }
}

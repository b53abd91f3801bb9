// Where records of a run go. The run's own file of metrics is one such place.

/// Takes the records of a run as they come: into a file, a database, a page that is shown.
///
/// A run calls `rewind` once before the first record of each session, with 0 for a new run. Then it appends one record
/// at each interval, of ascending steps, to all sinks in turn, before it saves the checkpoint of that step. Where a
/// sink throws, the run stops with that error, and does not save: when it is resumed, all sinks are rewound to the last
/// checkpoint and the interval is trained again, to the same bits, so that no sink ever lacks a record. A sink that
/// should not stop training keeps its errors to itself.
public protocol MetricsSink: AnyObject {
    /// Drops records of steps after `step`: what comes after a checkpoint is done again.
    func rewind(to step: Int) throws
    /// Adds a record. It should be as safe on return as it must be, because the checkpoint comes next.
    func append(_ record: MetricsRecord) throws

    /// Whether records should come with histograms of the gradients, which cost one pass over the gradients at each
    /// interval.
    ///
    /// False where a type does not say.
    var wantsGradients: Bool { get }
    /// Adds a record with the gradients of its last step, by parameter: those after clipping, none where no sink of the
    /// run wants them.
    ///
    /// A run calls this and not `append(_:)`, which it comes to where a type does not say.
    func append(_ record: MetricsRecord, gradients: [GradientHistogram]) throws
}

extension MetricsSink {
    public var wantsGradients: Bool { false }
    public func append(_ record: MetricsRecord, gradients: [GradientHistogram]) throws { try append(record) }
}

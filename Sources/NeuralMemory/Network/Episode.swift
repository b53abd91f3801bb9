// How far a network is with an episode, and so which calls may come next.

/// The present episode of a network. Each check throws `UsageError` that says what to do instead.
struct Episode {
    private enum Stage {
        case none, running
        /// There is a loss with gradients.
        case scored
        /// Backward has gone back to the first step, and what the memory kept of the others is used up.
        case undone
    }

    private var stage = Stage.none
    /// T: the steps that there is room for.
    private(set) var steps = 0
    /// B.
    private(set) var batch = 0
    private(set) var done = 0
    /// Whether it goes on step by step, by `advance`.
    private var isStepwise = false
    /// Whether it has its steps from the first on: `proceed` forgets them.
    private var isWhole = true

    /// None yet.
    init() {}

    /// One of which no step is done.
    init(steps: Int, batch: Int, isStepwise: Bool, isWhole: Bool) {
        stage = .running
        self.steps = steps
        self.batch = batch
        self.isStepwise = isStepwise
        self.isWhole = isWhole
    }

    // MARK: What has been done

    mutating func didAdvance(_ count: Int) {
        done += count
        stage = .running
    }

    mutating func didScore(withGradients: Bool) {
        guard stage != .undone else { return }
        stage = withGradients ? .scored : .running
    }

    mutating func didGoBack() { stage = .undone }

    // MARK: What may come next

    func requireStepwise(_ call: String) throws {
        guard stage != .none, isStepwise else {
            throw UsageError(call, "there is no episode to go on with; call begin first")
        }
        guard stage != .undone else {
            throw UsageError(call, "backward has gone back to the start of this episode; call begin for another one")
        }
    }

    func requireRoom(for count: Int, _ call: String) throws {
        try requireStepwise(call)
        guard count >= 1, count <= steps - done else {
            throw UsageError(
                call,
                "\(count) steps are asked for, and the episode has room for \(steps - done) more of its \(steps); begin "
                    + "with more steps, or call proceed")
        }
    }

    func requireStep(_ step: Int, _ call: String) throws {
        guard done > 0 else { throw UsageError(call, "no step is done yet; call forward, or begin and advance, first") }
        guard 0..<done ~= step else {
            throw UsageError(call, "step is \(step); the steps done are 0 to \(done - 1)")
        }
    }

    func requireMemory(ofSequence sequence: Int, _ call: String) throws {
        try requireStep(0, call)
        guard stage != .undone else {
            throw UsageError(call, "backward has taken the memory back to its start; call this before backward")
        }
        guard 0..<batch ~= sequence else {
            throw UsageError(call, "sequence is \(sequence); the batch has sequences 0 to \(batch - 1)")
        }
    }

    func requireShape(of batch: Batch, withGradients: Bool, _ call: String) throws {
        try requireStep(0, call)
        guard batch.steps == done, batch.count == self.batch else {
            throw UsageError(
                call,
                "the batch has \(batch.steps) steps of \(batch.count) sequences, and what was run has \(done) of "
                    + "\(self.batch); give the batch that was run")
        }
        guard stage != .undone || !withGradients else {
            throw UsageError(call, "backward has gone back through this episode already; call forward again first")
        }
    }

    func requireWayBack(_ call: String) throws {
        func fail(_ problem: String) -> UsageError { UsageError(call, problem) }
        guard stage != .undone else { throw fail("this was done for this loss already; call forward and loss again") }
        try requireStep(0, call)
        guard isWhole else { throw fail("proceed has forgotten the episode's first steps; train on whole episodes") }
        guard done == steps else { throw fail("\(done) of the episode's \(steps) steps are done; advance to the end") }
        guard stage == .scored else {
            throw fail("there is no loss with gradients of what was run; call loss with gradients first")
        }
    }
}

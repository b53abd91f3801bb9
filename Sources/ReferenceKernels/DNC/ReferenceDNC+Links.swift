// ReferenceDNC+Links.swift: temporal links, and what the read heads make of them, each equation with its derivative.

extension ReferenceDNC {
    /// How one read head came to its weighting; each array has N numbers.
    public struct Reading: Sendable {
        /// L^T w^r_{t-1}.
        public var linkedBackward: [Double]
        /// L w^r_{t-1}.
        public var linkedForward: [Double]
        /// b: the former, sharpened where `Settings.sharpensLinks` says so.
        public var backward: [Double]
        /// c, from M_t.
        public var content: Content
        /// f: the latter, sharpened likewise.
        public var forward: [Double]
        /// w^r = pi[0] b + pi[1] c + pi[2] f.
        public var weighting: [Double]
    }

    /// What is read along the links counts as zeros where its largest number is smaller, and then stays 0, without
    /// gradient, when it is sharpened.
    static let smallestLinked = 1e-30
}

// MARK: - Links and precedence

extension ReferenceDNC {
    /// L_t[i, j] = (1 - w(i) - w(j)) L_{t-1}[i, j] + w(i) p_{t-1}(j), and 0 for i = j.
    func nextLinks(_ state: State, _ writeWeighting: [Double]) -> [Double] {
        var result = Array(repeating: 0.0, count: rows * rows)
        for i in 0..<rows {
            for j in 0..<rows where i != j {
                result[i * rows + j] =
                    (1 - writeWeighting[i] - writeWeighting[j]) * state.links[i * rows + j]
                    + writeWeighting[i] * state.precedence[j]
            }
        }
        return result
    }

    /// Differentiates `nextLinks`: adds to dL/dw^w_t, dL/dL_{t-1} and dL/dp_{t-1}.
    func nextLinksBackward(_ before: State, _ writeWeighting: [Double], _ dState: inout State, _ dBefore: inout State) {
        for i in 0..<rows {
            for j in 0..<rows where i != j {
                let (link, dLink) = (before.links[i * rows + j], dState.links[i * rows + j])
                dState.writeWeighting[i] += dLink * (before.precedence[j] - link)
                dState.writeWeighting[j] -= dLink * link
                dBefore.links[i * rows + j] += dLink * (1 - writeWeighting[i] - writeWeighting[j])
                dBefore.precedence[j] += dLink * writeWeighting[i]
            }
        }
    }

    /// p_t = (1 - sum_i w(i)) p_{t-1} + w.
    func nextPrecedence(_ precedence: [Double], _ writeWeighting: [Double]) -> [Double] {
        let kept = 1 - writeWeighting.reduce(0, +)
        return zip(precedence, writeWeighting).map { kept * $0 + $1 }
    }

    /// Differentiates `nextPrecedence`: adds to dL/dw^w_t and dL/dp_{t-1}.
    func nextPrecedenceBackward(
        _ precedence: [Double], _ writeWeighting: [Double], _ dState: inout State, _ dBefore: inout State
    ) {
        let kept = 1 - writeWeighting.reduce(0, +)
        let dKept = zip(precedence, dState.precedence).reduce(0) { $0 + $1.0 * $1.1 }
        for row in 0..<rows {
            dState.writeWeighting[row] += dState.precedence[row] - dKept
            dBefore.precedence[row] += dState.precedence[row] * kept
        }
    }
}

// MARK: - Read weightings

extension ReferenceDNC {
    /// The weighting of one read head, and how it came about.
    func reading(
        _ memory: [Double], _ links: [Double], previous: [Double], _ parameters: Parameters, head: Int,
        _ rounded: ([Double]) -> [Double]
    ) -> Reading {
        let linkedBackward = rounded(backwardWeighting(links, previous))
        let linkedForward = rounded(forwardWeighting(links, previous))
        let content = content(memory, parameters.readQueries[head], rounded)
        let sharpens = settings.sharpensLinks
        let backward =
            sharpens ? rounded(Self.sharpened(linkedBackward, parameters.backwardSharpness[head])) : linkedBackward
        let forward =
            sharpens ? rounded(Self.sharpened(linkedForward, parameters.forwardSharpness[head])) : linkedForward
        let modes = parameters.readModes[head]
        let weighting = (0..<rows).map { row in
            modes[0] * backward[row] + modes[1] * content.weights[row] + modes[2] * forward[row]
        }
        return Reading(
            linkedBackward: linkedBackward, linkedForward: linkedForward, backward: backward, content: content,
            forward: forward, weighting: rounded(weighting))
    }

    /// Differentiates `reading`: adds to the parameters' gradients, to dL/dM_t and dL/dL_t, and to dL/dw^r_{t-1}.
    func readingBackward(
        _ head: Int, _ before: State, _ after: State, _ stages: Stages, _ dState: inout State,
        _ dParameters: inout Parameters, _ dBefore: inout State
    ) {
        let (parameters, reading) = (stages.parameters, stages.readings[head])
        let modes = parameters.readModes[head]
        let dWeighting = weighting(head, of: dState.readWeightings)
        func dMode(_ weights: [Double]) -> Double { zip(weights, dWeighting).reduce(0) { $0 + $1.0 * $1.1 } }
        dParameters.readModes[head] = [
            dMode(reading.backward), dMode(reading.content.weights), dMode(reading.forward)
        ]
        contentBackward(
            after.memory, parameters.readQueries[head], reading.content, dWeighting.map { $0 * modes[1] },
            &dParameters.readQueries[head], dMemory: &dState.memory)
        var dBackward = dWeighting.map { $0 * modes[0] }
        var dForward = dWeighting.map { $0 * modes[2] }
        if settings.sharpensLinks {
            dBackward = ReferenceTuring.sharpenedBackward(
                reading.linkedBackward, parameters.backwardSharpness[head], reading.backward, dBackward,
                &dParameters.backwardSharpness[head])
            dForward = ReferenceTuring.sharpenedBackward(
                reading.linkedForward, parameters.forwardSharpness[head], reading.forward, dForward,
                &dParameters.forwardSharpness[head])
        }
        linkWeightingsBackward(
            head, before, after.links, dBackward: dBackward, dForward: dForward, &dState, &dBefore)
    }

    /// L^T w.
    private func backwardWeighting(_ links: [Double], _ weights: [Double]) -> [Double] {
        (0..<rows).map { j in (0..<rows).reduce(0) { $0 + links[$1 * rows + j] * weights[$1] } }
    }

    /// L w.
    private func forwardWeighting(_ links: [Double], _ weights: [Double]) -> [Double] {
        (0..<rows).map { i in (0..<rows).reduce(0) { $0 + links[i * rows + $1] * weights[$1] } }
    }

    /// Differentiates the two products: adds to dL/dL_t and dL/dw^r_{t-1}.
    private func linkWeightingsBackward(
        _ head: Int, _ before: State, _ links: [Double], dBackward: [Double], dForward: [Double],
        _ dState: inout State, _ dBefore: inout State
    ) {
        let previous = weighting(head, of: before.readWeightings)
        for i in 0..<rows {
            for j in 0..<rows {
                let link = links[i * rows + j]
                dState.links[i * rows + j] += previous[i] * dBackward[j] + dForward[i] * previous[j]
                dBefore.readWeightings[head * rows + i] += link * dBackward[j]
                dBefore.readWeightings[head * rows + j] += link * dForward[i]
            }
        }
    }

    /// x^s / sum_j x(j)^s; 0 where all of x counts as zeros.
    ///
    /// Numbers far below the largest become 0, as in `ReferenceTuring.sharpened`.
    public static func sharpened(_ x: [Double], _ sharpness: Double) -> [Double] {
        if x.allSatisfy({ $0 < smallestLinked }) { return x.map { _ in 0 } }
        // Links of rows that are written wholly may come out a rounding below 0.
        return ReferenceTuring.sharpened(x.map { max($0, 0) }, sharpness)
    }
}

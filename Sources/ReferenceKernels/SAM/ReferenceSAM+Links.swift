// ReferenceSAM+Links.swift: temporal links of the sparse differentiable neural computer: the DNC's (Graves et al. 2016),
// of which each row keeps the strongest, as the appendix of Rae et al. 2016 has it.
//
// Each head links its own writes. Gradients take the links as given, as the paper does, and which rows are kept.

// MARK: - Writes

extension ReferenceSAM {
    /// What a head's write does to its links and its precedence.
    ///
    /// - `given`: The links after it, instead of those that follow from it.
    func link(
        _ state: inout State, _ stages: inout Stages, _ head: Int, given: [Double]?, _ rounded: ([Double]) -> [Double]
    ) {
        let (ofRows, ofPairs) = (head * rows..<(head + 1) * rows, head * rows * rows..<(head + 1) * rows * rows)
        let precedence = Array(state.precedence[ofRows])
        let next = given ?? nextLinks(Array(state.links[ofPairs]), precedence, &stages, rounded)
        state.links.replaceSubrange(ofPairs, with: next)
        stages.links = next
        let kept = 1 - stages.writeWeighting.reduce(0, +)
        let all = rounded(zip(precedence, stages.writeWeighting).map { kept * $0 + $1 })
        state.precedence.replaceSubrange(ofRows, with: strongest(all, links, &stages.cutMargin).weights)
    }

    /// L[i, j] = (1 - w(i) - w(j)) L[i, j] + w(i) p(j), and 0 for i = j; of which rows keep K_L numbers, then columns.
    private func nextLinks(
        _ links: [Double], _ precedence: [Double], _ stages: inout Stages, _ rounded: ([Double]) -> [Double]
    ) -> [Double] {
        let weights = stages.writeWeighting
        var result = rounded(
            links.indices.map { pair in
                let (i, j) = (pair / rows, pair % rows)
                return i == j ? 0 : (1 - weights[i] - weights[j]) * links[pair] + weights[i] * precedence[j]
            })
        for i in 0..<rows {
            let row = Array(result[i * rows..<(i + 1) * rows])
            result.replaceSubrange(
                i * rows..<(i + 1) * rows, with: strongest(row, self.links, &stages.cutMargin).weights)
        }
        for j in 0..<rows {
            let column = (0..<rows).map { result[$0 * rows + j] }
            let kept = strongest(column, self.links, &stages.cutMargin).weights
            for i in 0..<rows { result[i * rows + j] = kept[i] }
        }
        return result
    }

    /// The `count` largest of some numbers, the first ones of equal ones; others, and those not above 0, become 0.
    ///
    /// `margin` becomes at most how near one left out comes to one that is kept, as a share of it.
    private func strongest(
        _ weights: [Double], _ count: Int, _ margin: inout Double
    ) -> (rows: [Int], weights: [Double]) {
        let order = weights.indices.filter { weights[$0] > 0 }.sorted { (-weights[$0], $0) < (-weights[$1], $1) }
        let kept = Array(order.prefix(count))
        let cut = Self.margin(
            kept: kept.map { weights[$0] }, leftOut: order.dropFirst(count).map { weights[$0] }
        ) { 1 - $1 / $0 }
        margin = min(margin, cut)
        return (kept, only(kept, weights))
    }

    /// The weights of some rows, 0 for all others.
    private func only(_ kept: [Int], _ weights: [Double]) -> [Double] {
        var result = weights.map { _ in 0.0 }
        for row in kept { result[row] = weights[row] }
        return result
    }
}

// MARK: - Reads

extension ReferenceSAM {
    /// b = L^T w^R_{t-1}, f = L w^R_{t-1}, of which the K largest are kept; w^R = pi[0] b + pi[1] c + pi[2] f.
    func followLinks(
        _ stages: inout Stages, _ previous: [Double], _ choice: Choice?, _ rounded: ([Double]) -> [Double]
    ) {
        let links = stages.links
        let backward = rounded(
            (0..<rows).map { j in (0..<rows).reduce(0) { $0 + links[$1 * rows + j] * previous[$1] } })
        let forward = rounded(
            (0..<rows).map { i in (0..<rows).reduce(0) { $0 + links[i * rows + $1] * previous[$1] } })
        stages.choice.backward = choice?.backward ?? strongest(backward, neighbors, &stages.cutMargin).rows
        stages.choice.forward = choice?.forward ?? strongest(forward, neighbors, &stages.cutMargin).rows
        stages.backward = only(stages.choice.backward, backward)
        stages.forward = only(stages.choice.forward, forward)
        let modes = stages.parameters.modes
        let (content, b, f) = (stages.content, stages.backward, stages.forward)
        stages.readWeighting = rounded(
            (0..<rows).map { modes[0] * b[$0] + modes[1] * content[$0] + modes[2] * f[$0] })
    }

    /// Differentiates `followLinks`, with links and rows kept as they were: adds to dL/dpi, returns dL/dc and
    /// dL/dw^R_{t-1}.
    func followLinksBackward(
        _ stages: Stages, _ previous: [Double], _ dWeighting: [Double], _ dParameters: inout Parameters
    ) -> (dContent: [Double], dPrevious: [Double]) {
        let modes = stages.parameters.modes
        for (mode, weights) in [stages.backward, stages.content, stages.forward].enumerated() {
            dParameters.modes[mode] += zip(weights, dWeighting).reduce(0) { $0 + $1.0 * $1.1 }
        }
        var dPrevious = Array(repeating: 0.0, count: rows)
        for row in 0..<rows {
            for j in stages.choice.backward {
                dPrevious[row] += stages.links[row * rows + j] * modes[0] * dWeighting[j]
            }
            for i in stages.choice.forward {
                dPrevious[row] += stages.links[i * rows + row] * modes[2] * dWeighting[i]
            }
        }
        return (dWeighting.map { $0 * modes[1] }, dPrevious)
    }
}

// ReferenceOptimizers.swift: clipping and the optimisers, one update of a flat parameter array each, in Double.
//
// w parameters, g gradients, all arrays of equal count; state arrays start at 0 and are updated in place.

/// Clipping of gradients.
public enum ReferenceClipping {
    /// min(limit, max(-limit, g)), element by element; a NaN stays a NaN.
    public static func byValue(_ g: [Double], limit: Double) -> [Double] {
        g.map { $0 > limit ? limit : ($0 < -limit ? -limit : $0) }
    }

    /// The sum of squares.
    public static func squaredNorm(_ g: [Double]) -> Double {
        g.reduce(0) { $0 + $1 * $1 }
    }

    /// g scaled so that its Euclidean norm is at most `limit`; g itself when it is already.
    public static func byGlobalNorm(_ g: [Double], limit: Double) -> [Double] {
        let norm = squaredNorm(g).squareRoot()
        return norm > limit ? g.map { $0 * (limit / norm) } : g
    }
}

/// One update each.
public enum ReferenceOptimizers {
    /// Gradient descent with momentum: m = momentum m + g; w -= rate m.
    public static func sgd(rate: Double, momentum: Double, g: [Double], m: inout [Double], w: inout [Double]) {
        for i in g.indices {
            m[i] = momentum * m[i] + g[i]
            w[i] -= rate * m[i]
        }
    }

    /// RMSProp (Tieleman & Hinton 2012) with momentum: s = decay s + (1 - decay) g^2;
    /// m = momentum m + g / (sqrt(s) + epsilon); w -= rate m.
    public static func rmsprop(
        rate: Double, decay: Double, momentum: Double, epsilon: Double, g: [Double], s: inout [Double],
        m: inout [Double], w: inout [Double]
    ) {
        for i in g.indices {
            s[i] = decay * s[i] + (1 - decay) * g[i] * g[i]
            m[i] = momentum * m[i] + g[i] / (s[i].squareRoot() + epsilon)
            w[i] -= rate * m[i]
        }
    }

    /// RMSProp as in Graves 2013, "Generating Sequences with Recurrent Neural Networks", equations 38-45:
    /// s = decay s + (1 - decay) g^2; a = decay a + (1 - decay) g; m = momentum m - rate g / sqrt(s - a^2 + epsilon);
    /// w += m.
    public static func rmspropGraves(
        rate: Double, decay: Double, momentum: Double, epsilon: Double, g: [Double], s: inout [Double],
        a: inout [Double], m: inout [Double], w: inout [Double]
    ) {
        for i in g.indices {
            s[i] = decay * s[i] + (1 - decay) * g[i] * g[i]
            a[i] = decay * a[i] + (1 - decay) * g[i]
            m[i] = momentum * m[i] - rate * g[i] / (s[i] - a[i] * a[i] + epsilon).squareRoot()
            w[i] += m[i]
        }
    }

    /// Adam (Kingma & Ba 2015, algorithm 1): a = beta1 a + (1 - beta1) g; s = beta2 s + (1 - beta2) g^2; w -= rate (a /
    /// (1 - beta1^step)) / (sqrt(s / (1 - beta2^step)) + epsilon).
    ///
    /// `step` counts from 1.
    public static func adam(
        rate: Double, beta1: Double, beta2: Double, epsilon: Double, step: Int, g: [Double], a: inout [Double],
        s: inout [Double], w: inout [Double]
    ) {
        let correction1 = 1 - power(beta1, step)
        let correction2 = 1 - power(beta2, step)
        for i in g.indices {
            a[i] = beta1 * a[i] + (1 - beta1) * g[i]
            s[i] = beta2 * s[i] + (1 - beta2) * g[i] * g[i]
            w[i] -= rate * (a[i] / correction1) / ((s[i] / correction2).squareRoot() + epsilon)
        }
    }

    /// Decoupled weight decay before a rule's update (Loshchilov & Hutter 2019, algorithm 2): w -= rate decay w.
    public static func decayWeights(rate: Double, decay: Double, w: inout [Double]) {
        for i in w.indices { w[i] -= rate * decay * w[i] }
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { product, _ in product * base }
    }
}

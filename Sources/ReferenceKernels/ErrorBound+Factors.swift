// ErrorBound+Factors.swift: how large errors are beside the conditioning of what is computed, as measured.

extension ErrorBound {
    /// The factors of `conditioned`: the largest errors, in units of c + 2^-23 m, of all comparisons that use them.
    ///
    /// `make test-ratios` prints the largest share of its bound that an error took, at each place in the tests; the
    /// factor times that share times `margin` is the factor measured. Here are, rounded up, those of six seeds at the
    /// levels `avx2` and `baseline` with oneDNN, on an AMD EPYC without AVX-512.
    public enum Factor {
        /// LSTM cells against the reference.
        public static let cells = 1.0
        /// Optimisers' updates against the reference, over six steps.
        public static let optimizers = 1.5
        /// Stack, queue and deque against the reference.
        public static let window = 2.5
        /// The NTM's memory against the reference.
        public static let turing = 2.0
        /// The DNC's memory against the reference: 2.28, of six seeds at the levels `avx512`, `avx2` and `baseline` on
        /// an AMD EPYC with AVX-512.
        public static let dnc = 2.5
        /// Sparse access memory against the reference, with the same rows chosen.
        public static let sam = 5.0
        /// Outputs and losses of networks against the reference.
        public static let network = 1.25
        /// Networks' gradients against differences of the reference.
        public static let networkGradients = 1.25
        /// Two evaluations of one network whose sums are taken in different orders.
        public static let evaluations = 2.0
    }
}

// The list of all benchmarks. Each family of kernels has a file in Families/; a new kernel is an entry there, a new
// family a file there and a line here.

enum Families {
    /// In the order in which they run and are listed; the shapes of one kernel stand together, the smallest first.
    static var all: [Benchmark] {
        let benchmarks =
            activationBenchmarks + denseBenchmarks + cellBenchmarks + lossBenchmarks + optimizerBenchmarks
            + windowBenchmarks + turingBenchmarks + dncBenchmarks + samBenchmarks
        return Machine.isDebugBuild ? smallest(of: benchmarks) : benchmarks
    }

    /// One shape of each kernel: without optimisation the reference would take minutes for the rest.
    private static func smallest(of benchmarks: [Benchmark]) -> [Benchmark] {
        var seen: Set<String> = []
        return benchmarks.filter { seen.insert($0.kernel).inserted }
    }
}

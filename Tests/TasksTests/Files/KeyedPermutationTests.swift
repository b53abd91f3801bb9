// Orders that are computed: each number once, and no order to be seen.

import NeuralMemory
import NeuralMemoryTasks
import Testing

@Suite struct KeyedPermutationTests {
    @Test(arguments: [1, 2, 3, 4, 5, 16, 17, 1000, 65_536, 65_537]) func eachNumberIsThereOnce(_ count: Int) {
        var generator = RandomGenerator(seed: 1)
        let order = KeyedPermutation(count: count, using: &generator)
        #expect((0..<count).map { order[$0] }.sorted() == Array(0..<count))
    }

    /// Each hundredth of the order has about as many of the lower numbers as of the upper ones, numbers near to each
    /// other in the order are not correlated, and other keys give another order.
    @Test func theOrderLooksRandom() {
        let count = 100_000
        for seed in 1...3 {
            var generator = RandomGenerator(seed: UInt64(seed))
            let order = KeyedPermutation(count: count, using: &generator)
            let numbers = (0..<count).map { order[$0] }
            for part in 0..<100 {
                let low = numbers[part * 1000..<(part + 1) * 1000].count { $0 < count / 2 }
                // Five deviations of 16.
                #expect(abs(low - 500) < 80, "part \(part): \(low)")
            }
            let middle = Double(count - 1) / 2
            for distance in [1, 2, 256, 317] {
                let products = (distance..<count).map {
                    (Double(numbers[$0]) - middle) * (Double(numbers[$0 - distance]) - middle)
                }
                let correlation = products.reduce(0, +) / Double(products.count) / (middle * middle / 3)
                #expect(abs(correlation) < 0.016, "distance \(distance): \(correlation)")
            }
            var again = RandomGenerator(seed: UInt64(seed + 1))
            let other = KeyedPermutation(count: count, using: &again)
            #expect((0..<count).count { order[$0] == other[$0] } < 12)
        }
    }
}

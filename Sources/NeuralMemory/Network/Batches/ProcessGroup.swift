// Several processes that train one network together. What carries their messages is for another module to say.

/// The processes that train one network together, seen from one of them.
///
/// Each holds all parameters, and takes some shards of each batch. Every function is called by all of them alike, in one
/// order, and returns when all have called it.
public protocol ProcessGroup: AnyObject {
    /// The number of this process: 0 to `count` − 1.
    var rank: Int { get }
    /// How many processes there are.
    var count: Int { get }

    /// Gives each process the bytes of all, one after the other in the order of their ranks.
    ///
    /// - Parameters:
    ///   - own: this process's; `counts[rank]` of them.
    ///   - counts: how many bytes each process has, which all know.
    ///   - all: room for the sum of these.
    func gather(_ own: UnsafeRawBufferPointer, counts: [Int], into all: UnsafeMutableRawPointer)

    /// Gives each process a part of the numbers of each.
    ///
    /// - Parameters:
    ///   - numbers: what this process gives, to rank 0 first.
    ///   - sent: how many of them go to each rank.
    ///   - target: room for what it gets, from rank 0 first.
    ///   - received: how many come from each rank.
    func exchange(
        _ numbers: UnsafePointer<Float>, counts sent: [Int], into target: UnsafeMutablePointer<Float>,
        counts received: [Int])
}

extension ProcessGroup {
    /// The values of all processes, in the order of their ranks; `counts` says how many each has.
    package func gather<Value: BitwiseCopyable>(_ own: [Value], counts: [Int]) -> [Value] {
        let total = counts.reduce(0, +)
        let width = MemoryLayout<Value>.stride
        return [Value](unsafeUninitializedCapacity: total) { all, filled in
            own.withUnsafeBytes { own in
                withUnsafeTemporaryAllocation(of: Value.self, capacity: max(total, 1)) { room in
                    gather(own, counts: counts.map { $0 * width }, into: UnsafeMutableRawPointer(room.baseAddress!))
                    all.baseAddress?.update(from: room.baseAddress!, count: total)
                }
            }
            filled = total
        }
    }

    /// The value of each process.
    package func gather<Value: BitwiseCopyable>(_ own: Value) -> [Value] {
        gather([own], counts: [Int](repeating: 1, count: count))
    }

    /// The bytes of each process, where only it knows how many it has.
    public func gather(_ own: [UInt8]) -> [[UInt8]] {
        let counts = gather(own.count)
        let all = gather(own, counts: counts)
        var start = 0
        return counts.map { count in
            defer { start += count }
            return Array(all[start..<start + count])
        }
    }

    /// Which of so many shards each process takes.
    package func shares(of shards: Int) -> [Range<Int>] { ShardTree.shares(of: shards, processes: count) }
}

extension ProcessGroup {
    /// The reports of each process's shards, in order.
    func gather(_ own: [LossReport], counts: [Int]) -> [LossReport] {
        let width = LossReport.empty.numbers.count
        let all = gather(own.flatMap(\.numbers), counts: counts.map { $0 * width })
        return stride(from: 0, to: all.count, by: width).map { LossReport(numbers: Array(all[$0..<$0 + width])) }
    }

    /// The snapshots of each process's sequences, in order.
    func gather(_ own: [Snapshot]) -> [Snapshot] {
        gather(own.flatMap(\.bytes)).flatMap { bytes in
            var rest = bytes[...]
            var snapshots: [Snapshot] = []
            while !rest.isEmpty { snapshots.append(Snapshot(from: &rest)) }
            return snapshots
        }
    }
}

extension LossReport {
    /// What it has, as numbers for another process of this program: whole ones are exact up to 2^53.
    fileprivate var numbers: [Double] {
        [
            nats, auxiliaryNats, Double(outputs), Double(sequences), Double(rightSequences), rightPrefixes,
            Double(wrongOutputs), absoluteError == nil ? 0 : 1, absoluteError ?? 0
        ]
    }

    fileprivate init(numbers: [Double]) {
        self.init(
            nats: numbers[0], auxiliaryNats: numbers[1], outputs: Int(numbers[2]), sequences: Int(numbers[3]),
            rightSequences: Int(numbers[4]), rightPrefixes: numbers[5], wrongOutputs: Int(numbers[6]),
            absoluteError: numbers[7] == 0 ? nil : numbers[8])
    }
}

extension Snapshot {
    /// Its arrays as bytes for another process of this program: how many there are, then of each the lengths of name and
    /// numbers, the name and the numbers.
    fileprivate var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func add<Value: BitwiseCopyable>(_ values: [Value]) { values.withUnsafeBytes { bytes += $0 } }
        add([arrays.count])
        for (name, numbers) in arrays {
            add([name.utf8.count, numbers.count])
            bytes += Array(name.utf8)
            add(numbers)
        }
        return bytes
    }

    /// Takes its bytes from the beginning of some.
    fileprivate init(from rest: inout ArraySlice<UInt8>) {
        func take<Value: BitwiseCopyable>(_ count: Int, _ type: Value.Type) -> [Value] {
            let width = MemoryLayout<Value>.stride
            defer { rest = rest.dropFirst(count * width) }
            return rest.withUnsafeBytes { bytes in
                (0..<count).map { bytes.loadUnaligned(fromByteOffset: $0 * width, as: Value.self) }
            }
        }
        for _ in 0..<take(1, Int.self)[0] {
            let lengths = take(2, Int.self)
            let name = String(decoding: take(lengths[0], UInt8.self), as: UTF8.self)
            set(name, take(lengths[1], Float.self))
        }
    }
}

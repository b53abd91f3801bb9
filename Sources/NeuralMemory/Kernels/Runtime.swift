// What the kernels run on: threads, vector instructions, and the environment variables that choose them.

import CKernels
import Foundation

/// The sets of vector instructions that kernels are compiled for.
///
/// On x86-64 each level includes those before it; ARM processors have `neon` alone.
public enum InstructionLevel: String, CaseIterable, Codable, Sendable {
    /// What every processor of the architecture has.
    case baseline
    /// x86-64-v3: AVX2 and fused multiply-add.
    case avx2
    /// AVX512F and AVX512VL.
    case avx512
    /// The only level of aarch64.
    case neon

    /// The kernels' own number of the level.
    fileprivate var kernelLevel: ck_instruction_level {
        switch self {
        case .baseline: CK_LEVEL_BASELINE
        case .avx2: CK_LEVEL_AVX2
        case .avx512: CK_LEVEL_AVX512
        case .neon: CK_LEVEL_NEON
        }
    }
}

/// What the kernels of this process run on, and how many threads they use.
///
/// Two environment variables are read when the program is loaded, empty ones like absent ones: `NEURALMEMORY_ISA`, the
/// name of an `InstructionLevel`, and with OpenMP `OMP_NUM_THREADS`. A value that cannot be used has no effect, but
/// `checkEnvironment` throws, and so does `Network.init`.
public enum Runtime {
    /// The most threads that there can be.
    public static let mostThreads = Int(CK_MOST_THREADS)

    /// The number of threads of all kernels called from the current thread, 1 to `mostThreads`: other numbers are taken
    /// for the nearest of these.
    ///
    /// 1 without OpenMP, whatever is set.
    public static var threads: Int {
        get { Int(ck_threads()) }
        set { ck_set_threads(Int32(min(max(1, newValue), mostThreads))) }
    }

    /// The processors that the kernels could use; 1 without OpenMP.
    public static var processors: Int { Int(ck_processors()) }
    /// The processor's model as the system calls it, or "unknown processor".
    package static let processorName: String = {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
        return name ?? "unknown processor"
    }()

    /// Whether the kernels were built with OpenMP; else there is one thread.
    public static var usesOpenMP: Bool { ck_has_openmp() != 0 }
    /// Whether they were built with oneDNN; else all matrix products are the package's own.
    public static var usesOneDNN: Bool { ck_has_onednn() != 0 }

    /// The level that all kernels and matrix products of this process use: the highest one that the processor has,
    /// unless `NEURALMEMORY_ISA` or `setLevel` chose another.
    public static var level: InstructionLevel {
        guard let level = InstructionLevel.allCases.first(where: { $0.kernelLevel == ck_level() }) else {
            preconditionFailure("the kernels use a level that InstructionLevel lacks")
        }
        return level
    }

    /// The levels that this processor has, from the lowest.
    public static var supportedLevels: [InstructionLevel] {
        InstructionLevel.allCases.filter { ck_has_level($0.kernelLevel) != 0 }
    }

    /// Chooses the level of all kernels.
    ///
    /// Results differ between levels in their last digits.
    ///
    /// Nothing may be computing meanwhile. Throws `ConfigurationError` where the processor lacks the level, and where
    /// oneDNN has computed its first matrix product at another one, which fixes its level for the whole process.
    public static func setLevel(_ level: InstructionLevel) throws {
        switch ck_set_level(level.kernelLevel) {
        case 0: return
        case -1: throw ConfigurationError(field: "level", value: level.rawValue, allowed: allowedLevels)
        default:
            throw ConfigurationError(
                field: "level", value: level.rawValue,
                allowed: "\(self.level.rawValue), which oneDNN uses since its first matrix product; set it before that")
        }
    }

    /// Throws `ConfigurationError` where `NEURALMEMORY_ISA` or `OMP_NUM_THREADS` had a value that cannot be used when
    /// the program was loaded.
    public static func checkEnvironment() throws {
        if let level = ck_rejected_level() {
            throw ConfigurationError(
                field: "NEURALMEMORY_ISA", value: "'\(String(cString: level))'", allowed: "empty, or \(allowedLevels)")
        }
        if let threads = ck_rejected_threads() {
            throw ConfigurationError(
                field: "OMP_NUM_THREADS", value: "'\(String(cString: threads))'",
                allowed: "a whole number from 1 to \(mostThreads); unset it to use all processors")
        }
    }

    private static var allowedLevels: String {
        let names = supportedLevels.map(\.rawValue).joined(separator: ", ")
        return "one that this processor has: \(names)"
    }

    /// One line: threads, level, matrix product, and what would make it faster.
    public static var summary: String {
        let threading = usesOpenMP ? "OpenMP, \(threads) thread\(threads == 1 ? "" : "s")" : "no OpenMP, 1 thread"
        let product = usesOneDNN ? "oneDNN" : "built-in matrix product"
        var line = "\(threading), \(level.rawValue), \(product)"
        if !usesOpenMP { line += "; faster with OpenMP: build without NEURALMEMORY_OPENMP=0" }
        if !usesOneDNN { line += "; faster with oneDNN: apt install libdnnl-dev, then build again" }
        return line
    }
}

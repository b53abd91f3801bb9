// swift-tools-version: 6.1
//
// Two traits, both on by default, say what the kernels may use: `OpenMP` (threads) and `OneDNN` (its matrix product). A
// package that depends on this one names those it wants: `traits: ["OneDNN"]`, or `traits: []` for none.
//
// Build settings that the environment decides:
//   NEURALMEMORY_OPENMP=0   no OpenMP, whatever the traits say: serial kernels, compiled without unsafe flags
//   NEURALMEMORY_OPENMP=1   OpenMP also in a dependency by branch or revision whose commit has a version's tag
//   NEURALMEMORY_ONEDNN=0   use our own matrix product even where oneDNN is installed
//   NEURALMEMORY_MPI=0      one process a run, even where MPI is installed
//   NEURALMEMORY_COMMIT=…   what `trainer --version` names as the commit; the Makefile sets it
//   NEURALMEMORY_STRICT=1   treat warnings as errors (`make lint`)

import Foundation
import PackageDescription

/// Whether an environment variable switches a feature on ("1", …) or off ("0", …); `nil` where it says neither.
func isSwitchedOn(_ name: String) -> Bool? {
    switch Context.environment[name]?.lowercased() {
    case "1", "yes", "on", "true": true
    case "0", "no", "off", "false": false
    default: nil
    }
}

/// Whether a file is in one of these folders.
func isInstalled(_ file: String, in folders: [String]) -> Bool {
    folders.contains { FileManager.default.fileExists(atPath: "\($0)/\(file)") }
}

/// Where linkers look by themselves.
let libraryFolders =
    ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu" } + ["/usr/lib64", "/usr/lib", "/usr/local/lib"]

/// Whether SwiftPM has fetched a version of this package for another one.
///
/// It then refuses all flags that it counts as
/// unsafe, even those of a trait that is off. It caches what it gets, under a key that has neither version nor branch.
let isFetchedVersion = Context.packageDirectory.contains("/checkouts/") && Context.gitInformation?.currentTag != nil

let usesOpenMP = isSwitchedOn("NEURALMEMORY_OPENMP") ?? true
let mayUseFlags = isSwitchedOn("NEURALMEMORY_OPENMP") ?? !isFetchedVersion
let usesOneDNN =
    isSwitchedOn("NEURALMEMORY_ONEDNN") ?? true
    && isInstalled("dnnl.h", in: ["/usr/include", "/usr/local/include"])
    && isInstalled("libdnnl.so", in: libraryFolders)

/// Where the headers of MPI are, if it is installed: Debian's choice between several, Debian's Open MPI, Fedora's.
let mpiHeaders =
    ["x86_64", "aarch64"].map { "/usr/include/\($0)-linux-gnu/mpi" }
    + ["x86_64", "aarch64"].map { "/usr/include/openmpi-\($0)" } + ["/usr/local/include"]
let mpiHeaderFolder = mpiHeaders.first { isInstalled("mpi.h", in: [$0]) }
let mpiLibraryFolders = libraryFolders + ["/usr/lib64/openmpi/lib"]
let mpiLibraryFolder = mpiLibraryFolders.first { isInstalled("libmpi.so", in: [$0]) }
let usesMPI =
    isSwitchedOn("NEURALMEMORY_MPI") ?? true && mayUseFlags && mpiHeaderFolder != nil && mpiLibraryFolder != nil

/// The name of the OpenMP runtime's library.
///
/// What clang's OpenMP code calls is in LLVM's runtime alone: `omp`, as LLVM and most systems name it, `omp5` on Debian
/// and Ubuntu, `iomp5` where Intel's copy is installed. GCC's `gomp` does not have it, and for `-fopenmp=libgomp` clang
/// makes no parallel code. Where none is found, the linker says that `omp` is missing.
let openMPRuntime = ["omp", "omp5", "iomp5"].first { isInstalled("lib\($0).so", in: libraryFolders) } ?? "omp"

/// What the trainer tells of its commit.
///
/// Not `Context.gitInformation`: SwiftPM caches the manifest's results under a key that has the environment and not the
/// commit, so it would name an earlier one.
let commit = (Context.environment["NEURALMEMORY_COMMIT"] ?? "").filter {
    $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
}

var kernelSettings: [CSetting] = [.headerSearchPath("src")]
var kernelLinks: [LinkerSetting] = [.linkedLibrary("m", .when(platforms: [.linux]))]
if usesOpenMP {
    // The kernels do not compile where this is set and OpenMP's flag is not: threads should not be missing unnoticed.
    kernelSettings.append(.define("CK_WANTS_OPENMP", .when(platforms: [.linux], traits: ["OpenMP"])))
}
if usesOpenMP && mayUseFlags {
    // SwiftPM has no setting for OpenMP. -O3 also in debug builds: the kernels are what a debug build would otherwise
    // wait for; `make sanitize` builds them with checks instead.
    kernelSettings.append(.unsafeFlags(["-fopenmp", "-O3"], .when(platforms: [.linux], traits: ["OpenMP"])))
    // Before oneDNN, so that its OpenMP calls bind to this runtime too and the process has one thread pool.
    kernelLinks.append(.linkedLibrary(openMPRuntime, .when(platforms: [.linux], traits: ["OpenMP"])))
}
if usesOneDNN {
    kernelSettings.append(.define("CK_ONEDNN", to: "1", .when(traits: ["OneDNN"])))
    kernelLinks.append(.linkedLibrary("dnnl", .when(traits: ["OneDNN"])))
}

var messageSettings: [CSetting] = []
var messageLinks: [LinkerSetting] = []
if usesMPI, let mpiHeaderFolder, let mpiLibraryFolder {
    // SwiftPM looks for headers in packages alone unless a flag says otherwise.
    messageSettings = [.define("CM_MPI", to: "1"), .unsafeFlags(["-I", mpiHeaderFolder])]
    messageLinks = [.linkedLibrary("mpi"), .unsafeFlags(["-L", mpiLibraryFolder])]
}

/// For modules whose tests look inside, in release builds too; they hold no inner loops.
let testedSettings: [SwiftSetting] = isFetchedVersion ? [] : [.unsafeFlags(["-enable-testing"])]

let package = Package(
    name: "NeuralMemory",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "NeuralMemory", targets: ["NeuralMemory", "NeuralMemoryTasks", "NeuralMemoryTraining"]),
        .library(name: "NeuralMemoryFigures", targets: ["NeuralMemoryFigures"]),
        .library(name: "NeuralMemoryMPI", targets: ["NeuralMemoryMPI"]),
        .executable(name: "trainer", targets: ["trainer"]),
        .executable(name: "kernel-bench", targets: ["kernel-bench"])
    ],
    traits: [
        .default(enabledTraits: ["OpenMP", "OneDNN"]),
        .trait(name: "OpenMP", description: "Threads by LLVM's OpenMP runtime, on Linux."),
        .trait(name: "OneDNN", description: "oneDNN's matrix product, where oneDNN is installed.")
    ],
    dependencies: [
        // Commands, options and their help.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        // Configuration files and grammars in YAML.
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0")
    ],
    targets: [
        .target(
            name: "CKernels", path: "CKernels", sources: ["src"], publicHeadersPath: "include",
            cSettings: kernelSettings, linkerSettings: kernelLinks),
        .target(name: "NeuralMemory", dependencies: ["CKernels"]),
        // What training takes of MPI, where it is installed.
        .target(name: "CMPI", cSettings: messageSettings, linkerSettings: messageLinks),
        .target(name: "NeuralMemoryMPI", dependencies: ["CMPI", "NeuralMemory"]),
        // Only programs depend on it: whatever does is compiled again for a new commit.
        .target(name: "CVersion", cSettings: commit.isEmpty ? [] : [.define("CV_COMMIT", to: "\"\(commit)\"")]),
        .target(
            name: "NeuralMemoryTasks",
            dependencies: ["NeuralMemory", .product(name: "Yams", package: "Yams")],
            resources: [.copy("Grammars")]),
        .target(
            name: "NeuralMemoryTraining",
            dependencies: ["NeuralMemory", "NeuralMemoryTasks", .product(name: "Yams", package: "Yams")],
            resources: [.copy("Presets"), .copy("PyTorch"), .copy("StudyFiles")]),
        .target(
            name: "NeuralMemoryFigures", dependencies: ["NeuralMemory", "NeuralMemoryTasks", "NeuralMemoryTraining"],
            resources: [.copy("SharedPage"), .copy("ReportPage")], swiftSettings: testedSettings),
        .target(
            name: "NeuralMemoryExplorer",
            dependencies: ["NeuralMemory", "NeuralMemoryTasks", "NeuralMemoryTraining", "NeuralMemoryFigures"],
            resources: [.copy("ExplorerPage")], swiftSettings: testedSettings),
        .target(name: "ReferenceKernels"),
        .executableTarget(
            name: "trainer",
            dependencies: [
                "CVersion", "NeuralMemory", "NeuralMemoryTasks", "NeuralMemoryTraining", "NeuralMemoryFigures",
                "NeuralMemoryExplorer", "NeuralMemoryMPI",
                .product(name: "ArgumentParser", package: "swift-argument-parser")
            ]),
        .executableTarget(
            name: "kernel-bench",
            dependencies: [
                "CKernels", "NeuralMemory", "ReferenceKernels", "NeuralMemoryTasks", "NeuralMemoryTraining",
                .product(name: "ArgumentParser", package: "swift-argument-parser")
            ],
            path: "Benchmarks/kernel-bench"),
        // What reads files and input, fed with mutations: `make fuzz`.
        .executableTarget(
            name: "reader-fuzz",
            dependencies: [
                "NeuralMemory", "NeuralMemoryTasks", "NeuralMemoryTraining",
                .product(name: "ArgumentParser", package: "swift-argument-parser")
            ],
            path: "Tests/reader-fuzz"),
        .target(
            name: "KernelChecks", dependencies: ["CKernels"], path: "Tests/KernelChecks",
            exclude: ["main.c", "outputs.c"], cSettings: [.headerSearchPath("../../CKernels/src")]),
        // What the tests share: seeds, bounds' checks, folders.
        .target(name: "TestSupport", dependencies: ["NeuralMemory", "ReferenceKernels"], path: "Tests/Support"),
        .testTarget(
            name: "KernelBenchTests",
            dependencies: ["kernel-bench", "NeuralMemory", "ReferenceKernels", "TestSupport"]),
        .testTarget(name: "KernelTests", dependencies: ["CKernels", "KernelChecks", "ReferenceKernels", "TestSupport"]),
        .testTarget(
            name: "NeuralMemoryTests",
            dependencies: [
                "NeuralMemory", "ReferenceKernels", "NeuralMemoryTasks", "TestSupport", "NeuralMemoryTraining"
            ]),
        .testTarget(
            name: "FiguresTests",
            dependencies: [
                "NeuralMemory", "NeuralMemoryTasks", "NeuralMemoryTraining", "NeuralMemoryFigures", "TestSupport"
            ]),
        .testTarget(
            name: "ExplorerTests",
            dependencies: [
                "NeuralMemory", "NeuralMemoryTasks", "NeuralMemoryTraining", "NeuralMemoryFigures",
                "NeuralMemoryExplorer", "TestSupport"
            ]),
        .testTarget(name: "SupportTests", dependencies: ["ReferenceKernels", "TestSupport"]),
        .testTarget(
            name: "TasksTests", dependencies: ["NeuralMemory", "ReferenceKernels", "NeuralMemoryTasks", "TestSupport"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "NeuralMemory", "ReferenceKernels", "NeuralMemoryTasks", "TestSupport", "NeuralMemoryTraining"
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "TrainerTests",
            dependencies: ["trainer", "NeuralMemory", "NeuralMemoryTasks", "TestSupport", "NeuralMemoryTraining"])
    ],
    cLanguageStandard: .c11
)

if !isFetchedVersion {
    // These tests wait for what they test, which is optimised; kernel and network tests compute much themselves.
    for target in package.targets where target.type == .test {
        guard !["KernelTests", "NeuralMemoryTests"].contains(target.name) else { continue }
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-Onone"])]
    }
}

if Context.environment["NEURALMEMORY_STRICT"] == "1" {
    for target in package.targets {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-warnings-as-errors"])]
        target.cSettings =
            (target.cSettings ?? []) + [.unsafeFlags(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])]
    }
}

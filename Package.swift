// swift-tools-version: 6.0
//
// Build settings that the environment decides:
//   NEURALMEMORY_OPENMP=0   build the kernels without OpenMP (serial, no unsafe compiler flags)
//   NEURALMEMORY_ONEDNN=0   use our own matrix product even where oneDNN is installed
//   NEURALMEMORY_STRICT=1   treat warnings as errors (`make lint`)

import Foundation
import PackageDescription

/// Whether an environment variable switches a feature off ("0", "no", "off" or "false").
func isSwitchedOff(_ name: String) -> Bool {
    ["0", "no", "off", "false"].contains(Context.environment[name]?.lowercased() ?? "")
}

let usesOpenMP = !isSwitchedOff("NEURALMEMORY_OPENMP")
let usesOneDNN =
    !isSwitchedOff("NEURALMEMORY_ONEDNN")
    && FileManager.default.fileExists(atPath: "/usr/include/dnnl.h")

var kernelSettings: [CSetting] = [.define("CK_ONEDNN", to: usesOneDNN ? "1" : "0"), .headerSearchPath("src")]
var kernelLinks: [LinkerSetting] = [.linkedLibrary("m", .when(platforms: [.linux]))]
if usesOpenMP {
    // SwiftPM has no setting for OpenMP, and counts any other flag as unsafe. -O3 also in debug builds: the
    // kernels are what a debug build would otherwise wait for; `make sanitize` builds them with checks instead.
    kernelSettings.append(.unsafeFlags(["-fopenmp", "-O3"]))
    // Before oneDNN, so that its OpenMP calls bind to this runtime too and the process has one thread pool.
    kernelLinks.append(.linkedLibrary("omp5"))
}
if usesOneDNN {
    kernelLinks.append(.linkedLibrary("dnnl"))
}

let package = Package(
    name: "NeuralMemory",
    products: [
        .library(name: "NeuralMemory", targets: ["NeuralMemory", "NeuralMemoryTasks", "NeuralMemoryTraining"]),
        .executable(name: "trainer", targets: ["trainer"]),
        .executable(name: "kernel-bench", targets: ["kernel-bench"])
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
        .target(
            name: "NeuralMemoryTasks",
            dependencies: ["NeuralMemory", .product(name: "Yams", package: "Yams")],
            resources: [.copy("Grammars")]),
        .target(
            name: "NeuralMemoryTraining",
            dependencies: ["NeuralMemory", "NeuralMemoryTasks", .product(name: "Yams", package: "Yams")],
            resources: [.copy("Presets")]),
        .target(name: "ReferenceKernels"),
        .executableTarget(
            name: "trainer",
            dependencies: [
                "NeuralMemory", "NeuralMemoryTasks", "NeuralMemoryTraining",
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
            exclude: ["main.c", "outputs.c"]),
        // What the tests share: seeds, bounds' checks, folders.
        .target(name: "TestSupport", dependencies: ["NeuralMemory", "ReferenceKernels"], path: "Tests/Support"),
        .testTarget(
            name: "KernelBenchTests", dependencies: ["kernel-bench", "NeuralMemory", "ReferenceKernels", "TestSupport"]),
        .testTarget(name: "KernelTests", dependencies: ["CKernels", "KernelChecks", "ReferenceKernels", "TestSupport"]),
        .testTarget(
            name: "NeuralMemoryTests",
            dependencies: [
                "NeuralMemory", "ReferenceKernels", "NeuralMemoryTasks", "TestSupport", "NeuralMemoryTraining"
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

if Context.environment["NEURALMEMORY_STRICT"] == "1" {
    for target in package.targets {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-warnings-as-errors"])]
        target.cSettings =
            (target.cSettings ?? []) + [.unsafeFlags(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])]
    }
}

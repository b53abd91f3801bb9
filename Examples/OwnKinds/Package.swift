// swift-tools-version: 6.1
//
// A package of its own that adds a memory, a controller, a task, an optimiser and a metrics sink to NeuralMemory.
// Elsewhere the dependency is `.package(url: …, branch: "main")`.

import PackageDescription

let package = Package(
    name: "OwnKinds",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "NeuralMemory", path: "../..")],
    targets: [
        .executableTarget(name: "OwnKinds", dependencies: [.product(name: "NeuralMemory", package: "NeuralMemory")])
    ]
)

// `trainer seal`: checkpoints that another program has changed.

import Foundation
import NeuralMemoryTraining
import TestSupport
import Testing

@Suite struct SealTests {
    private let folder: TemporaryFolder
    private let run: String
    private let path = "run/checkpoints/best.safetensors"
    private var file: URL { folder.file(path) }

    init() throws {
        folder = try TemporaryFolder()
        run = try TrainedFixture.writeReversal(in: folder)
    }

    private func trainer(_ arguments: String...) throws -> TrainerProcess.Result {
        try TrainerProcess.run(arguments, in: folder.url)
    }

    @Test func aChangedParameterIsUsedAfterIt() throws {
        let before = try trainer("evaluate", run, "--length", "3", "--episodes", "20").output
        try TrainedFixture.zero("param/output.weight", of: file)
        let damaged = try trainer("evaluate", run)
        #expect(damaged.status == 1 && damaged.errors.contains("trainer seal gives it a new checksum"), "\(damaged)")
        let sealed = try trainer("seal", path)
        #expect(sealed.status == 0 && sealed.output == "\(path) has a new checksum.\n", "\(sealed)")
        let after = try trainer("evaluate", run, "--length", "3", "--episodes", "20")
        #expect(after.status == 0 && after.output != before, "\(after)")
        #expect(try trainer("seal", path).output == "\(path) has the right checksum already.\n")
    }

    /// What reading would refuse, whatever its checksum, is refused, and the file is as it was.
    @Test(arguments: [
        ("not finite", "holds a number that is not finite"), ("wider", "has shape [4, 3]"), ("missing", "is missing"),
        ("no texts", "its metadata have no format")
    ])
    func whatCannotBeUsedIsRefused(_ change: String, _ message: String) throws {
        var contents = try Safetensors.read(from: file)
        let index = try #require(contents.entries.firstIndex { $0.name.hasPrefix("param/output.weight") })
        let name = contents.entries[index].name
        switch change {
        case "not finite":
            let shape = contents.entries[index].shape
            let values = [Float](repeating: .nan, count: shape.reduce(1, *))
            contents.entries[index] = SafetensorsEntry(name: name, shape: shape, values: values)
        case "wider":
            contents.entries[index] = SafetensorsEntry(
                name: name, shape: [4, 3], values: [Float](repeating: 0, count: 12))
        case "missing": contents.entries.remove(at: index)
        default: contents.metadata = [:]
        }
        try Safetensors.write(contents.entries, metadata: contents.metadata, to: file)
        let bytes = try Data(contentsOf: file)
        let result = try trainer("seal", path)
        #expect(result.status == 1 && result.output.isEmpty && result.errors.contains(message), "\(result)")
        #expect(try Data(contentsOf: file) == bytes)
    }
}

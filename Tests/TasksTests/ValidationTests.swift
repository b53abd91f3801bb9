// ValidationTests.swift: settings out of range are refused by the name that configuration files give them.

import NeuralMemory
import NeuralMemoryTasks
import Testing

/// The default settings with one change.
private func changed<Task: SequenceTask>(_: Task.Type, _ change: (inout Task) -> Void) -> Task {
    var task = Task()
    change(&task)
    return task
}

private func expectRefusal(_ task: some SequenceTask, of field: String, _ value: String) {
    do {
        try task.validate()
        Issue.record("\(task.kind) accepts \(field) \(value)")
    } catch let error as ConfigurationError {
        #expect(error.field == "task." + field && error.value == value, "\(task.kind)")
    } catch {
        Issue.record("\(task.kind): \(error)")
    }
}

@Suite struct ValidationTests {
    @Test func symbols() {
        for symbols in [0, -1, 70_000] {
            expectRefusal(changed(Copy.self) { $0.symbols = symbols }, of: "symbols", "\(symbols)")
            expectRefusal(changed(Reversal.self) { $0.symbols = symbols }, of: "symbols", "\(symbols)")
            expectRefusal(changed(BigramFlip.self) { $0.symbols = symbols }, of: "symbols", "\(symbols)")
        }
        expectRefusal(changed(Copy.self) { $0.minimumLength = 0 }, of: "minimumLength", "0")
        expectRefusal(changed(Reversal.self) { $0.maximumLength = 7 }, of: "maximumLength", "7")
    }

    @Test func lengths() {
        expectRefusal(changed(CopyBits.self) { $0.minimumLength = 0 }, of: "minimumLength", "0")
        expectRefusal(changed(CopyBits.self) { $0.maximumLength = 0 }, of: "maximumLength", "0")
        expectRefusal(changed(CopyBits.self) { $0.maximumLength = .max }, of: "maximumLength", "\(Int.max)")
        expectRefusal(changed(AssociativeRecall.self) { $0.minimumLength = 1 }, of: "minimumLength", "1")
        expectRefusal(changed(NGrams.self) { $0.minimumLength = 5 }, of: "minimumLength", "5")
        expectRefusal(changed(NGrams.self) { $0.maximumLength = 199 }, of: "maximumLength", "199")
        expectRefusal(changed(PrioritySort.self) { $0.minimumLength = 21 }, of: "maximumLength", "20")
    }

    @Test func evenLengths() {
        expectRefusal(changed(BigramFlip.self) { $0.minimumLength = 1 }, of: "minimumLength", "1")
        expectRefusal(
            changed(BigramFlip.self) { ($0.minimumLength, $0.maximumLength) = (9, 9) }, of: "maximumLength", "9")
        expectRefusal(changed(Dyck.self) { $0.kinds = 0 }, of: "kinds", "0")
        expectRefusal(changed(Dyck.self) { ($0.minimumLength, $0.maximumLength) = (51, 51) }, of: "maximumLength", "51")
        expectRefusal(changed(AnBn.self) { $0.minimumLength = 0 }, of: "minimumLength", "0")
        #expect(throws: Never.self) { try BigramFlip(symbols: 4, lengths: 9...10).validate() }
    }

    @Test func widths() {
        for width in [0, -3, 5000] {
            expectRefusal(changed(CopyBits.self) { $0.width = width }, of: "width", "\(width)")
            expectRefusal(changed(RepeatCopy.self) { $0.width = width }, of: "width", "\(width)")
            expectRefusal(changed(AssociativeRecall.self) { $0.width = width }, of: "width", "\(width)")
            expectRefusal(changed(PrioritySort.self) { $0.width = width }, of: "width", "\(width)")
            expectRefusal(changed(KeyValue.self) { $0.width = width }, of: "width", "\(width)")
            expectRefusal(changed(Allocation.self) { $0.width = width }, of: "width", "\(width)")
        }
    }

    @Test func settingsOfOneTask() {
        expectRefusal(changed(RepeatCopy.self) { $0.minimumRepeats = 0 }, of: "minimumRepeats", "0")
        expectRefusal(changed(RepeatCopy.self) { $0.maximumRepeats = 0 }, of: "maximumRepeats", "0")
        expectRefusal(changed(RepeatCopy.self) { $0.fixedRepeats = -1 }, of: "fixedRepeats", "-1")
        expectRefusal(changed(AssociativeRecall.self) { $0.itemLength = 0 }, of: "itemLength", "0")
        for vectors in [-1, 0, 1, 65] {
            expectRefusal(changed(AssociativeRecall.self) { $0.vectors = vectors }, of: "vectors", "\(vectors)")
        }
        expectRefusal(changed(AssociativeRecall.self) { ($0.width, $0.vectors) = (4096, 1025) }, of: "vectors", "1025")
        expectRefusal(changed(NGrams.self) { $0.contextLength = 0 }, of: "contextLength", "0")
        expectRefusal(changed(NGrams.self) { $0.contextLength = 64 }, of: "contextLength", "64")
        expectRefusal(changed(KeyValue.self) { $0.keys = 0 }, of: "keys", "0")
        expectRefusal(changed(KeyValue.self) { $0.keys = 65 }, of: "keys", "65")
        expectRefusal(changed(KeyValue.self) { ($0.width, $0.keys) = (4096, 1025) }, of: "keys", "1025")
        expectRefusal(changed(KeyValue.self) { $0.minimumLength = 1 }, of: "minimumLength", "1")
        expectRefusal(changed(Allocation.self) { $0.minimumVectors = 0 }, of: "minimumVectors", "0")
        expectRefusal(changed(Allocation.self) { $0.maximumVectors = 2 }, of: "maximumVectors", "2")
        expectRefusal(changed(PrioritySort.self) { $0.share = 1.1 }, of: "share", "1.1")
        expectRefusal(changed(PrioritySort.self) { $0.share = .nan }, of: "share", "nan")
    }
}

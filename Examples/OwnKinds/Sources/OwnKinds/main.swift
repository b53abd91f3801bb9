// Trains, stops, resumes, evaluates and inspects a network of which every kind is this package's own. Ends with exit
// code 1 where the resumed run does not end with the bits of one that was never stopped.

import Foundation
import NeuralMemory
import NeuralMemoryTasks
import NeuralMemoryTraining

var registry = Registry.standard
try registry.register(LeakySum.self)
try registry.register(IndependentRNN.self)
try registry.register(Rotation.self)
try registry.register(SignDescent.self)

let folder = FileManager.default.temporaryDirectory.appendingPathComponent("OwnKinds-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: folder) }

/// Settings of own kinds are named in files like all others.
let settings = folder.appendingPathComponent("settings.yaml")
try """
task: {kind: rotation, symbols: 4, maximumLength: 3}
network:
  input: {embeddingSize: 8}
  controller: {kind: independent-rnn, units: 24}
  memory: {kind: leaky-sum, width: 12, decay: 0.8}
  output: {source: controller-and-reads}
training:
  steps: 600
  batchSize: 16
  optimizer: {kind: sign-descent, learningRate: 0.002}
  evaluation: {interval: 100, episodes: 100}
""".write(to: settings, atomically: true, encoding: .utf8)
let configuration = try RunConfiguration.resolve(file: settings, registry: registry)

func sink(_ name: String) -> CSVSink { CSVSink(folder.appendingPathComponent("\(name).csv")) }

let whole = try TrainingRun.start(configuration, at: folder.appendingPathComponent("whole"), sinks: [sink("whole")])
_ = try whole.run()

// The same run, stopped between two evaluations. The scope ends the first session: its folder is free then.
let url = folder.appendingPathComponent("stopped")
do {
    let stopped = try TrainingRun.start(configuration, at: url, sinks: [sink("stopped")])
    let outcome = try stopped.run(until: { stopped.trainer.state.step == 250 })
    print("stopped at step \(stopped.trainer.state.step): \(outcome)")
}
let resumed = try TrainingRun.resume(at: url, registry: registry, sinks: [sink("stopped")])
print("resumed at step \(resumed.trainer.state.step): \(try resumed.run())")

func numbers(_ run: TrainingRun) throws -> [[Float]] {
    let parameters = run.trainer.network.parameters
    return try parameters.layout.parameters.map { try parameters.values(of: $0) }
}
let isSame = try numbers(whole) == numbers(resumed) && sink("whole").lines() == sink("stopped").lines()
print("the same parameters and metrics as a run that was not stopped: \(isSame)")

let checkpoint = try Checkpoint.read(from: resumed.directory.latestCheckpoint, registry: registry)
let network = try checkpoint.makeNetwork()
let task = checkpoint.configuration.task
let result = try Evaluation(task: task, seed: 7, episodes: 200).run(network, lengths: 2...2)
print("of 200 sequences of length 2, \(result.report.rightSequences) are right")

// Whether backpropagation through the own memory and controller is right, on a network that is not trained yet.
let untrained = try Network(configuration.network, signature: task.signature, seed: 1)
let subject = try GradientCheckSubject(network: untrained, task: task, batchSize: 3, lengths: 1...3, seed: 1)
let check = try GradientCheck().run(subject, seed: 1)
print("gradients against finite differences: \(check.verdict)")

let inspection = try Inspection(network, task: task, length: 3...3, seed: 1)
print(inspection.table(topK: 3))
print("signals: \(inspection.recording.signals.map(\.name).joined(separator: ", "))")
exit(isSame && check.passes ? 0 : 1)

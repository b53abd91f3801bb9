import Foundation
import NeuralMemory
import Tasks
import Training

// temporary experiment driver
var c = RunConfiguration()
let args = CommandLine.arguments
func opt(_ n: String, _ d: String) -> String { if let i = args.firstIndex(of: "--" + n) { return args[i + 1] }; return d }
let V = Int(opt("symbols", "26"))!, L = Int(opt("longest", "16"))!, l0 = Int(opt("shortest", "1"))!
c.task = opt("task", "reversal") == "copy" ? Copy(symbols: V, lengths: l0...L) : Reversal(symbols: V, lengths: l0...L)
let units = Int(opt("units", "64"))!, width = Int(opt("width", "32"))!
switch opt("controller", "rnn") { case "lstm": c.network.controller = LSTM(units: units); case "ff": c.network.controller = FeedForward(units: units); default: c.network.controller = ElmanRNN(units: units) }
func win<D>(_ t: WindowMemoryKind<D>.Type) -> WindowMemoryKind<D> { var m = WindowMemoryKind<D>(width: width); m.popBias = Double(opt("popbias", "-1"))!; m.pushBias = Double(opt("pushbias", "0"))!; return m }
switch opt("memory", "stack") { case "queue": c.network.memory = win(NeuralQueue.self); case "deque": c.network.memory = win(NeuralDeque.self); case "none": c.network.memory = NoMemory(); default: c.network.memory = win(NeuralStack.self) }
c.network.input.embeddingSize = Int(opt("embedding", "32"))!
if opt("onehot", "0") == "1" { c.network.input.encoding = .oneHot }
if opt("reads", "0") == "1" { c.network.output.source = .controllerAndReads }
c.network.output.hiddenSize = Int(opt("hidden", "0"))!
c.network.controllerOutputSize = Int(opt("projection", "0"))!
let lr = Double(opt("lr", "0.001"))!
switch opt("optimizer", "adam") { case "rmsprop": c.training.optimizer = RMSProp(learningRate: lr); default: c.training.optimizer = Adam(learningRate: lr) }
c.training.batchSize = Int(opt("batch", "10"))!
c.training.steps = Int(opt("steps", "10000"))!
c.training.seed = UInt64(opt("seed", "1"))!
c.training.curriculum.start = Int(opt("start", "0"))!
c.training.curriculum.threshold = Double(opt("threshold", "0.1"))!
c.training.clipping.norm = Double(opt("norm", "1"))!
c.training.schedule.factor = Double(opt("factor", "1"))!
c.training.evaluation.interval = Int(opt("interval", "500"))!
c.training.evaluation.lengths = [4 * L]
c.training.solved.coarse = 1; c.training.solved.longCoarse = 0.995; c.training.solved.evaluations = Int(opt("evals", "2"))!
Runtime.threads = Int(opt("threads", "2"))!
if opt("quiet", "0") == "0" { print(Runtime.summary) }
let t = try Trainer(c)
let start = Date()
while !t.isFinished {
    if let r = try t.step() {
        let line = "step \(r.step) loss \(r.training.mean) norm \(r.gradientNorm) len \(r.longestLength) " + r.evaluations.map { "\($0.lengths): \($0.report.coarse) \($0.report.fine)" }.joined(separator: "  ") + " \(Date().timeIntervalSince(start))s"
        if opt("quiet", "0") == "0" || t.isFinished { print(line) }
        fflush(nil)
    }
}

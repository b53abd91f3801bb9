"""Times training steps of NeuralMemory beside the same steps in JAX and PyTorch, in turns, and prints a table in Markdown.

    make bench-peers                                    # everything, on all processors
    make bench-peers ARGUMENTS="--rows ntm --rounds 9"  # some of it

Each row is a process for each side. Before anything is timed, every side computes loss and gradients of a batch that
`trainer dump` wrote, from the same weights, and must agree with it. Then the sides take turns in blocks. Figures are medians over
the rounds; a ratio is the median of the ratios within a round. The step of kernel-bench and the dump come from the same settings.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRODUCTS = ROOT / ".build/release"
SIDES = {"jax": "JAX", "torch": "PyTorch", "torch-compiled": "PyTorch, compiled", "package": "package `dnc`"}
# What may fail here, and is left out then: compiling needs a C++ compiler, and the package is not among the requirements.
OPTIONAL = ("torch-compiled", "package")
TOLERANCES = {"loss": 1e-4, "gradients": 1e-3}
# A peer's block lasts about so long, but is one step at least.
BLOCK_SECONDS = 0.5


def options(*settings):
    return [part for setting in settings for part in ("--set", setting)]


NTM = options(
    "task.kind=copy-bits", "network.memory.kind=ntm", "network.memory.rows=128", "network.memory.columns=20",
    "network.memory.initialReads=learned", "network.controller.kind=lstm", "network.controller.units=100",
    "network.output.source=controller-and-reads", "training.optimizer.kind=rmsprop", "training.optimizer.learningRate=1e-4",
    "training.optimizer.momentum=0.9", "training.clipping.value=10", "training.clipping.norm=0")


# The smoothed cosine and the floor of usage, as in the published code and in most others.
DNC = options(
    "task.kind=copy-bits", "network.memory.kind=dnc", "network.memory.rows=128", "network.memory.columns=20",
    "network.memory.readHeads=4", "network.memory.initialReads=learned", "network.memory.initialMemory=learned",
    "network.memory.smoothsCosine=true", "network.memory.floorsUsage=true", "network.controller.kind=lstm",
    "network.controller.units=100", "network.output.source=controller-and-reads", "training.optimizer.kind=rmsprop",
    "training.optimizer.learningRate=1e-4", "training.optimizer.momentum=0.9", "training.clipping.value=10",
    "training.clipping.norm=0")


def reversal(units, width=256):
    """131 symbols come out: 130 and the end."""
    return options(
        "task.kind=reversal", "task.symbols=130", "network.input.embeddingSize=64", "network.memory.kind=stack",
        f"network.memory.width={width}", "network.controller.kind=lstm", f"network.controller.units={units}",
        "network.controller.trainsInitialState=false", f"network.controllerOutputSize={units}",
        "training.optimizer.kind=rmsprop", "training.optimizer.learningRate=1e-3", "training.clipping.norm=1")


class Row:
    def __init__(self, name, model, settings, batch, length, sides, alone=None):
        self.name, self.model, self.settings = name, model, settings
        self.batch, self.length, self.sides, self.alone = batch, length, sides, alone

    @property
    def step_arguments(self):
        if self.alone:
            steps, batch, width = self.alone
            return ["--memory", "stack", "--memory-only", "--width", str(width), "--batch", str(batch), "--length", str(steps)]
        return self.settings + ["--set", f"training.batchSize={self.batch}", "--length", str(self.length)]


def rows():
    everything, uncompiled = ["jax", "torch", "torch-compiled"], ["jax", "torch"]
    for batch in (1, 16, 64):
        yield Row(f"ntm copy, B {batch}", "ntm", NTM, batch, 20, everything)
    for batch in (1, 16):
        yield Row(f"dnc copy, B {batch}", "dnc", DNC, batch, 20, everything + ["package"])
    for units, batch, length in ((256, 10, 64), (512, 64, 20)):
        name = f"stack reversal, B {batch}, length {length}, {units} units"
        yield Row(name, "stack", reversal(units), batch, length, uncompiled)
    for steps in (64, 256, 1024):
        # Its dump, of a small network around the same stack, serves for the check alone.
        yield Row(f"stack alone, T {steps}", "stack", reversal(32, width=16), 3, 6, uncompiled, (steps, 16, 64))


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{result.stderr}")


def make_dump(row, folder):
    """A network of the row's settings after one step, on one batch."""
    short = options("training.steps=1", "training.evaluation.episodes=1")
    run(PRODUCTS / "trainer", "train", *row.settings, *short, "--output", folder / "run")
    run(PRODUCTS / "trainer", "dump", folder / "run", "--batch-size", row.batch, "--length", row.length, "--seed", 1,
        "--output", folder / "dump.safetensors")
    return folder / "dump.safetensors"


class WorkerFailed(Exception):
    pass


class Peer:
    """A worker, which has agreed with the dump."""

    def __init__(self, side, row, dump, threads):
        command = [sys.executable, pathlib.Path(__file__).with_name("worker.py"), side, row.model, threads, dump]
        self.process = subprocess.Popen(
            [str(part) for part in command + list(row.alone or [])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.side = side
        answer = json.loads(self.answer())
        for name, tolerance in TOLERANCES.items():
            # Written so that NaN fails.
            if name in answer and not answer[name] <= tolerance:
                sys.exit(f"{row.name}: {SIDES[side]} and trainer dump differ in {name} by {answer[name]:.1e}, relatively")
        agreement = ", ".join(f"{name} to {answer[name]:.0e}" for name in TOLERANCES if name in answer)
        progress(f"  {SIDES[side]}: " + (f"agrees in {agreement}" if agreement else "another network, not compared"))
        self.steps = max(1, int(BLOCK_SECONDS / answer["seconds"]))

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise WorkerFailed(f"{SIDES[self.side]}: the worker ended; its message is above")
        return line

    def milliseconds(self):
        print(self.steps, file=self.process.stdin, flush=True)
        return 1e3 * float(self.answer()) / self.steps

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def start_peer(side, row, dump, threads):
    """None for an optional one that does not work here."""
    try:
        return Peer(side, row, dump, threads)
    except WorkerFailed as failure:
        if side not in OPTIONAL:
            raise
        progress(f"  {failure}; left out")


def step_milliseconds(program, arguments, threads, blocks=1):
    """The median over blocks of a quarter of a second; `program` is a kernel-bench, the arguments are those of its step."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "step.json"
        run(program, "step", *arguments, "--blocks", blocks, "--threads", threads, "--json", report)
        return json.loads(report.read_text())["milliseconds"]["median"]


def measure(row, threads, rounds):
    """Milliseconds by side, round by round; ours is None."""
    progress(row.name)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        dump = make_dump(row, folder)
        peers = {side: peer for side in row.sides if (peer := start_peer(side, row, dump, threads))}
        times = {side: [] for side in [None, *peers]}
        for _ in range(rounds):
            times[None].append(step_milliseconds(PRODUCTS / "kernel-bench", row.step_arguments, threads))
            for side, peer in peers.items():
                times[side].append(peer.milliseconds())
        for peer in peers.values():
            peer.stop()
    return times


def line(row, times, sides):
    """A row of the table: milliseconds, and the time of the fastest peer beside ours."""
    cells = [row.name, figure(statistics.median(times[None]))]
    ratios = {}
    for side in sides:
        if side not in times:
            cells.append("–")
            continue
        ratios[side] = statistics.median(theirs / ours for theirs, ours in zip(times[side], times[None]))
        cells.append(f"{figure(statistics.median(times[side]))} ({figure(ratios[side])}×)")
    return "| " + " | ".join(cells + [f"{figure(min(ratios.values()))}×"]) + " |"


def figure(value):
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def progress(text):
    print(text, file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", default="", metavar="TEXT", help="only rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=5, help="blocks of each side (default 5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every side (default: all processors)")
    arguments = parser.parse_args()
    selected = [row for row in rows() if arguments.rows in row.name]
    if not selected:
        parser.error(f"--rows {arguments.rows} fits none of: {'; '.join(row.name for row in rows())}")
    if arguments.rounds < 1 or arguments.threads < 1:
        parser.error("--rounds and --threads must be at least 1")
    try:
        measured = [measure(row, arguments.threads, arguments.rounds) for row in selected]
    except WorkerFailed as failure:
        sys.exit(str(failure))
    sides = [side for side in SIDES if any(side in times for times in measured)]
    titles = ["milliseconds a step", "NeuralMemory", *(SIDES[side] for side in sides), "fastest peer / ours"]
    print("| " + " | ".join(titles) + " |\n|" + "---|" * len(titles))
    print("\n".join(line(row, times, sides) for row, times in zip(selected, measured)))


if __name__ == "__main__":
    main()

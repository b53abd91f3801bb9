"""Short runs of every kind of memory, what they come to when nothing interrupts them, and how one is gone on with."""

import glob
import json
import os
import shutil
import signal

import program
import safetensors

# Longer, and a command hangs.
LIMIT = 60


class Failure(Exception):
    """Something that must never be; the message says what and where."""


class Run:
    """One short training run, by one or two threads."""

    def __init__(self, name, threads, options):
        self.name, self.threads, self.options = name, threads, options

    def __str__(self):
        return f"{self.name}, {self.threads} thread{'s' if self.threads > 1 else ''}"

    def start(self, trainer, folder):
        return [trainer, "train", *self.options, "--threads", self.threads, "--output", folder]

    def resume(self, trainer, folder):
        return [trainer, "train", "--resume", folder, "--threads", self.threads]


def small(steps, interval, *more):
    settings = [f"training.evaluation.interval={interval}", "training.evaluation.episodes=4",
                "training.solved.coarse=0", "training.solved.longCoarse=0", "training.solved.wrong=-1",
                "training.solved.longWrong=-1", *more]
    return ["--steps", steps] + [part for setting in settings for part in ("--set", setting)]


def data_file(workspace):
    return os.path.join(workspace, "data.tsv")


def write_data(workspace):
    """200 lines of short sequences and their reversals."""
    words = "a b c d e f g h".split()
    with open(data_file(workspace), "w") as file:
        for number in range(200):
            source = [words[(number * 7 + place * place) % 8] for place in range(1 + number % 6)]
            file.write(" ".join(source) + "\t" + " ".join(reversed(source)) + "\n")


def tiny_run():
    """A few steps and saves of a small network, for what is done at each of its system calls."""
    return Run("tiny", 1, ["--preset", "fast/reversal-stack", *small(
        16, 8, "training.evaluation.lengths=[8]", "task.maximumLength=4", "network.controller.units=8")])


def single_runs(workspace, threads=(1, 2)):
    """One of each kind of memory, one without, and one on data of its own."""
    data = data_file(workspace)
    kinds = {
        "lstm": ["--preset", "fast/reversal-lstm", *small(240, 40, "training.evaluation.lengths=[20]")],
        "stack": ["--preset", "fast/reversal-stack", *small(400, 50, "training.evaluation.lengths=[20]")],
        "queue": ["--preset", "fast/copy-queue", *small(400, 50, "training.evaluation.lengths=[20]")],
        "deque": ["--preset", "fast/copy-deque", *small(300, 50, "training.evaluation.lengths=[20]")],
        "ntm": ["--preset", "fast/copy-ntm", *small(160, 20, "training.evaluation.lengths=[20]")],
        "dnc": ["--preset", "fast/copy-dnc", *small(160, 20, "training.evaluation.lengths=[20]")],
        "sam": ["--preset", "fast/copy-sam", *small(160, 20, "training.evaluation.lengths=[20]")],
        "sdnc": ["--preset", "fast/copy-sdnc", *small(160, 20, "training.evaluation.lengths=[20]")],
        "pairs": ["--task", "pairs", "--data", data, "--memory", "stack", "--controller", "lstm",
                  *small(200, 40, "training.curriculum.start=0", "training.evaluation.lengths=[]")],
    }
    return [Run(name, count, options) for name, options in kinds.items() for count in threads]


class Ended:
    """What a run came to that nothing interrupted."""

    def __init__(self, folder):
        self.result = result(folder)


class Reference(Ended):
    """Makes such a run, and measures how long it takes."""

    def __init__(self, trainer, run, workspace):
        folder = os.path.join(workspace, f"reference-{run.name}-{run.threads}")
        ending = program.run(run.start(trainer, folder), workspace, LIMIT)
        if ending.code != program.DONE:
            raise Failure(f"{run}: a run that nothing interrupts: {ending}")
        self.seconds = ending.seconds
        super().__init__(folder)


def result(folder):
    """All that must not depend on interruptions: arrays, configuration and state of both checkpoints, metrics."""
    checkpoints = [
        safetensors.state(os.path.join(folder, "checkpoints", f"{name}.safetensors")) for name in ("latest", "best")]
    with open(os.path.join(folder, "metrics.jsonl")) as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        del line["elapsed_seconds"], line["sequences_per_second"]
    return checkpoints, lines


def leftovers(folder):
    """Files that were never finished."""
    return [name for _, _, names in os.walk(folder) for name in names if name.endswith(".partial")]


def require_same(folder, reference, what):
    found = result(folder)
    for name, left, right in zip(("latest", "best"), found[0], reference.result[0]):
        for part, one, other in zip(("arrays", "configuration", "state"), left, right):
            if one != other:
                raise Failure(f"{what}: the {part} of {name} in {folder} are not those of a run never stopped")
    if found[1] != reference.result[1]:
        raise Failure(f"{what}: the metrics in {folder} are not those of a run never stopped")
    if leftovers(folder):
        raise Failure(f"{what}: unfinished files in {folder}: {leftovers(folder)}")


def require_documented(ending, what, answers_lines=False):
    """An exit code that --help lists, in time, and no long message."""
    if ending.timed_out:
        raise Failure(f"{what}: hangs: {ending}")
    if ending.code not in program.DOCUMENTED:
        raise Failure(f"{what}: an exit code that is not documented: {ending}")
    # `predict` has a message for each line that it cannot use.
    messages = ending.errors.splitlines() if answers_lines else [ending.errors]
    if any(len(message) > program.LONGEST_MESSAGE for message in messages):
        raise Failure(f"{what}: a message of over {program.LONGEST_MESSAGE} bytes: {ending}")


def next_command(trainer, run, folder):
    """Goes on with a folder, whatever an interruption has left of it: it holds a run, or a start is allowed."""
    begun = ["config.yaml", "seeds.json", "checkpoints/latest.safetensors", "seed-*/config.yaml"]
    is_begun = any(glob.glob(os.path.join(folder, pattern)) for pattern in begun)
    return run.resume(trainer, folder) if is_begun else run.start(trainer, folder)


def complete(trainer, run, folder, what):
    """Goes on to the end."""
    ending = program.run(next_command(trainer, run, folder), os.path.dirname(folder), LIMIT)
    if ending.code != program.DONE:
        raise Failure(f"{what}: {folder} can be neither resumed nor started: {ending}")


def fresh(workspace, name):
    folder = os.path.join(workspace, name)
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def signal_name(number):
    return signal.Signals(number).name

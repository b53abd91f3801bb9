#!/usr/bin/env python3
"""Times training steps while other processes keep some processors busy: on as many threads as `trainer` chooses, on one, and
on all, in turns. Prints milliseconds a step, and how much slower the choice is than the better of the others.

    make bench-busy                                   # one busy process
    make bench-busy ARGUMENTS="--busy 0 --rounds 5"   # none

A step's time is that of a longer run less that of a shorter one, divided by the steps between them.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TRAINER = ROOT / ".build/release/trainer"
SHORT, LONG = 50, 550
# A copy task of the Turing machine, of one length, that is neither evaluated nor solved before its end.
SETTINGS = [
    "task.kind=copy-bits", "task.minimumLength=20", "task.maximumLength=20", "network.memory.kind=ntm",
    "network.memory.rows=128", "network.memory.columns=20", "network.controller.kind=lstm",
    "network.controller.units=100", "training.batchSize=16", "training.evaluation.interval=100000",
    "training.evaluation.episodes=1"]


def seconds(steps, threads):
    with tempfile.TemporaryDirectory() as folder:
        command = [TRAINER, "train", "--steps", str(steps), "--output", os.path.join(folder, "run")] + threads
        for setting in SETTINGS:
            command += ["--set", setting]
        start = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - start


def milliseconds(threads):
    return 1e3 * (seconds(LONG, threads) - seconds(SHORT, threads)) / (LONG - SHORT)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--busy", type=int, default=1, help="processes that do nothing but compute (default: 1)")
    parser.add_argument("--rounds", type=int, default=9, help="default: 9")
    options = parser.parse_args()
    choices = {"chosen": [], "one": ["--threads", "1"], "all": ["--threads", str(os.cpu_count())]}
    times = {name: [] for name in choices}
    others = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(options.busy)]
    try:
        for _ in range(options.rounds):
            for name, threads in choices.items():
                times[name].append(milliseconds(threads))
    finally:
        for other in others:
            other.kill()
    medians = {name: statistics.median(values) for name, values in times.items()}
    print("| threads | milliseconds a step | least | most |\n|---|---|---|---|")
    for name, values in times.items():
        print(f"| {name} | {medians[name]:.3g} | {min(values):.3g} | {max(values):.3g} |")
    loss = medians["chosen"] / min(medians["one"], medians["all"]) - 1
    print(f"\nThe choice takes {loss:+.0%} against the better of the others.")


if __name__ == "__main__":
    main()

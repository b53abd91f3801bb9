#!/usr/bin/env python3
"""Times training steps on one rank and on two, in turns: what two processes gain over one, and what they lose to two threads.

    make bench-ranks
    make bench-ranks ARGUMENTS="--batch 16 --rounds 5"

A step is one of the Turing machine's copy at length 20, 64 sequences. Its time is that of training alone, as the run's
metrics have it. Ranks and threads are bound to cores of their own.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
TRAINER = ROOT / ".build/release/trainer"
SETTINGS = [
    "task.minimumLength=20", "task.maximumLength=20", "training.evaluation.episodes=1", "training.evaluation.lengths=[]"]
# Root may not start mpirun unless it says twice that it wants to, as in a container.
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
LAUNCHERS = {
    "1 rank, 1 thread": ([], 1),
    "2 ranks, 1 thread each": (["mpirun", "-n", "2", "--bind-to", "core"], 1),
    "1 rank, 2 threads": ([], 2),
}


def milliseconds(launcher, threads, batch, steps):
    """Of a step, without the first interval, in which memory is touched for the first time."""
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        command = launcher + [
            str(TRAINER), "train", "--preset", "paper/copy-ntm", "--batch-size", str(batch), "--steps", str(2 * steps),
            "--threads", str(threads), "--output", run, "--set", f"training.evaluation.interval={steps}"]
        for setting in SETTINGS:
            command += ["--set", setting]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        with open(os.path.join(run, "metrics.jsonl")) as lines:
            last = [json.loads(line) for line in lines][-1]
    return 1e3 * batch / last["sequences_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=64, help="sequences of a batch (default: 64)")
    parser.add_argument("--steps", type=int, default=200, help="steps to time (default: 200)")
    parser.add_argument("--rounds", type=int, default=9, help="default: 9")
    options = parser.parse_args()
    times = {name: [] for name in LAUNCHERS}
    for _ in range(options.rounds):
        for name, (launcher, threads) in LAUNCHERS.items():
            times[name].append(milliseconds(launcher, threads, options.batch, options.steps))
    print("| | milliseconds a step | least | most |\n|---|---|---|---|")
    for name, values in times.items():
        print(f"| {name} | {statistics.median(values):.3g} | {min(values):.3g} | {max(values):.3g} |")
    one, two, threads = times.values()
    gain = statistics.median(a / b for a, b in zip(one, two))
    loss = statistics.median(a / b for a, b in zip(two, threads))
    print(f"Two ranks are {gain:.2f} times as fast as one, and take {loss:.3f} times as long as two threads (medians of "
          f"{options.rounds} rounds).")


if __name__ == "__main__":
    main()

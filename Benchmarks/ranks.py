#!/usr/bin/env python3
"""Times training steps on one rank and on two, in turns: what two processes gain over one, and what they lose to two threads.

    make bench-ranks
    make bench-ranks ARGUMENTS="--batch 16 --rounds 5"
    make bench-ranks ARGUMENTS="--rate 1000"   # ranks on two hosts, with a link of so many megabits a second

A step is one of the Turing machine's copy at length 20, 64 sequences. Its time is that of training alone, as the run's
metrics have it. Ranks and threads are bound to cores of their own. With --rate the two ranks are in network namespaces,
which root may make, and speak by TCP.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/mpi"))
import check_hosts

TRAINER = ROOT / ".build/release/trainer"
SETTINGS = [
    "task.minimumLength=20", "task.maximumLength=20", "training.evaluation.episodes=1", "training.evaluation.lengths=[]"]
# Root may not start mpirun unless it says twice that it wants to, as in a container.
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
ONE_MACHINE = ["mpirun", "-n", "2", "--bind-to", "core"]


def milliseconds(launch, threads, batch, steps):
    """Of a step, without the first interval, in which memory is touched for the first time."""
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        command = [
            str(TRAINER), "train", "--preset", "paper/copy-ntm", "--batch-size", str(batch), "--steps", str(2 * steps),
            "--threads", str(threads), "--output", run, "--set", f"training.evaluation.interval={steps}"]
        for setting in SETTINGS:
            command += ["--set", setting]
        subprocess.run(launch(command), check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        with open(os.path.join(run, "metrics.jsonl")) as lines:
            last = [json.loads(line) for line in lines][-1]
    return 1e3 * batch / last["sequences_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=64, help="sequences of a batch (default: 64)")
    parser.add_argument("--steps", type=int, default=200, help="steps to time (default: 200)")
    parser.add_argument("--rounds", type=int, default=9, help="default: 9")
    parser.add_argument("--rate", type=int, default=0, help="megabits a second of the link; 0 for no limit (default: 0)")
    options = parser.parse_args()
    if options.rate:
        with tempfile.TemporaryDirectory() as folder, check_hosts.Network(folder) as network:
            for host in check_hosts.HOSTS:
                slow(network, host, options.rate)
            compare(lambda command: network.mpirun(check_hosts.HOSTS[:2], command), options)
    else:
        compare(lambda command: ONE_MACHINE + command, options)


def slow(network, host, megabits):
    """What leaves a host waits where it is more than that."""
    subprocess.run(
        ["ip", "netns", "exec", f"{network.name}-{host}", "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate",
         f"{megabits}mbit", "burst", "64kb", "latency", "500ms"], check=True)


def compare(launch, options):
    launchers = {
        "1 rank, 1 thread": (list, 1), "2 ranks, 1 thread each": (launch, 1), "1 rank, 2 threads": (list, 2)}
    times = {name: [] for name in launchers}
    for _ in range(options.rounds):
        for name, (launcher, threads) in launchers.items():
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

#!/usr/bin/env python3
"""Checks that ranks and threads change no bit of a run, and what jobs do when they are stopped or given bad input.

    python3 Tests/mpi/check_bits.py .build/release/trainer [--steps 300] [--all]

It wants Open MPI, and for some cases root. `make test-mpi` runs it.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time

import job
import runs
from job import mpirun, require, require_done, settings


class Checks:
    def __init__(self, trainer, steps, folder, takes_all=False):
        self.trainer, self.steps, self.folder = trainer, steps, folder
        self.runs = self.small_runs(takes_all)

    # Runs

    def data(self, name, lines):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write("\n".join(lines) + "\n")
        return path

    def small_runs(self, takes_all):
        """Options of short runs of each memory, on symbols, bits and data, with batches of several shards; all of their
        combinations where that is wanted."""
        generator = random.Random(1)
        words = ["".join(generator.choice("abcdef") for _ in range(generator.randint(2, 6))) for _ in range(200)]
        pairs = self.data("pairs.tsv", [f"{' '.join(word)}\t{' '.join(reversed(word))}" for word in words])
        text = self.data("text.txt", [" ".join(generator.choices(words, k=8)) for _ in range(300)])
        interval = max(1, self.steps // 3)
        common = ["--steps", self.steps, "--batch-size", 32, *settings(
            f"training.evaluation.interval={interval}", "training.evaluation.episodes=4",
            "training.evaluation.lengths=[]", "network.controller.units=48")]
        symbols, bits = ["task.maximumLength=12"], ["task.maximumLength=6"]
        combinations = {} if not takes_all else {
            f"{kind}, {memory}": ["--task", task, "--memory", memory, *options, *common]
            for memory in ("stack", "ntm", "dnc")
            for kind, task, options in (
                ("symbols", "reversal", settings(*symbols)), ("bits", "copy-bits", settings(*bits)),
                ("pairs", "pairs", ["--data", pairs]))}
        return {
            **combinations,
            "symbols, stack": ["--preset", "fast/reversal-stack", *common, *settings(*symbols)],
            "symbols, ntm": ["--task", "reversal", "--memory", "ntm", *common, *settings(*symbols)],
            "bits, ntm": ["--preset", "fast/copy-ntm", *common, *settings(*bits)],
            "bits, dnc": ["--preset", "fast/copy-dnc", *common, *settings(*bits)],
            "pairs, stack": ["--preset", "fast/pairs-stack", "--data", pairs, *common],
            "text with carry, lstm": ["--preset", "fast/text-lstm", "--data", text, *common,
                                      *settings("training.carry=true")]
        }

    def train(self, options, output, threads=1):
        return [self.trainer, "train", *options, "--threads", threads, "--output", output]

    def path(self, name):
        return os.path.join(self.folder, name)

    def reference(self, name):
        path = self.path(f"one {name}")
        if not os.path.exists(path):
            require_done(job.run(self.train(self.runs[name], path), self.folder), f"{name}, one process")
        return runs.Ended(path)

    # Bits

    def check_bits(self, name):
        reference = self.reference(name)
        for ranks in range(1, 5):
            for threads in (1, 2):
                what, path = f"{name}, {ranks} ranks, {threads} threads", self.path("other")
                shutil.rmtree(path, ignore_errors=True)
                require_done(job.run(mpirun(ranks, *self.train(self.runs[name], path, threads)), self.folder), what)
                runs.require_same(path, reference, what)

    # Stops

    def begin(self, name, path, *more):
        """A job of four ranks that has saved once."""
        started = job.Job(["mpirun", *more, *mpirun(4, *self.train(self.runs[name], path))[1:]], self.folder)
        started.wait_for(os.path.join(path, "checkpoints/best.safetensors"))
        return started

    def resume(self, name, path, counts, what):
        """Goes on by one number of ranks after the other; all but the last are killed on the way."""
        for count in counts:
            require_done(job.run(mpirun(count, self.trainer, "train", "--resume", path), self.folder), what)
        runs.require_same(path, self.reference(name), what)

    def check_kill(self):
        name, path = "bits, dnc", self.path("killed")
        started = self.begin(name, path)
        for number in [started.process.pid, *job.processes(self.folder, "trainer")]:
            job.kill(number)
        started.finish()
        resumed = job.Job(mpirun(1, self.trainer, "train", "--resume", path), self.folder)
        time.sleep(0.7)
        for number in job.processes(self.folder, "trainer", "mpirun"):
            job.kill(number)
        resumed.finish()
        self.resume(name, path, [2], "killed on 4 ranks and on 1, resumed on 2")

    def check_stop(self, number, to_group):
        # mpirun sends SIGTERM after so many seconds, and SIGKILL after as many again: the run has to last longer, also on
        # as many processors as there are ranks.
        patience = 2
        name, path = "long", self.path(f"stopped {number}")
        if name not in self.runs:
            options = self.runs["bits, dnc"]
            ending = job.run(self.train(options, self.path("timed")), self.folder)
            steps = int(self.steps * 5 * patience / ending.seconds)
            self.runs[name] = [steps if part == self.steps else part for part in options]
        started = self.begin(name, path, "--mca", "odls_base_sigkill_timeout", patience)
        (os.killpg if to_group else os.kill)(started.process.pid, number)
        ending = started.finish()
        what = f"stopped by {runs.signal_name(number)}"
        require(ending.code != 0, what, ending)
        require(not job.processes(self.folder, "trainer"), f"{what}: ranks are left", ending)
        require("and saved" in ending.text, f"{what}: not saved", ending)
        self.resume(name, path, [1], what)

    # Bad input

    def refused(self, command, expected, what, output=None, code=None, unique=True):
        ending = job.run(command, self.folder, limit=40)
        require(ending.code != 0 and (code is None or ending.code == code), f"{what}: exit code", ending)
        count = ending.text.count(expected)
        require(count == 1 if unique else count > 0, f"{what}: '{expected}' {count} times", ending)
        require(not output or not os.path.exists(output), f"{what}: {output} is left", ending)
        require(not job.processes(self.folder, "trainer"), f"{what}: ranks are left", ending)

    def wrapper(self, name, rank, first):
        """A script that runs `first` on one rank before the trainer."""
        path = self.path(name)
        with open(path, "w") as file:
            file.write(f'#!/bin/sh\nif [ "$OMPI_COMM_WORLD_RANK" = {rank} ]; then {first}; fi\nexec "$@"\n')
        os.chmod(path, 0o755)
        return path

    @staticmethod
    def mounting(command):
        """The program, where it alone sees what was mounted."""
        return f'exec unshare -m sh -c \'{command}; exec "$@"\' sh "$@"'

    def check_alike(self):
        output = self.path("unlike")
        stack, pairs = self.runs["symbols, stack"], self.runs["pairs, stack"]
        train = self.train(stack, output)
        level = self.wrapper("level", 2, "export NEURALMEMORY_ISA=baseline")
        self.refused(mpirun(4, level, *train), "vector instructions: rank 2", "other instructions", output)
        self.refused(["mpirun", "--oversubscribe", "-n", "1", *map(str, train), ":", "-n", "1", *map(str, train),
                      "--seed", "2"], "arguments: rank 1", "other arguments", output)
        # Beside the files that it needs.
        here = os.path.dirname(os.path.realpath(self.trainer))
        copies = self.path("copy")
        os.makedirs(copies)
        for entry in os.listdir(here):
            if entry.endswith(".resources"):
                os.symlink(os.path.join(here, entry), os.path.join(copies, entry))
        copy = shutil.copy(self.trainer, os.path.join(copies, "trainer"))
        with open(copy, "ab") as file:
            file.write(b"x")
        self.refused(["mpirun", "--oversubscribe", "-n", "1", *map(str, train), ":", "-n", "1", copy,
                      *map(str, train[1:])], "program file: rank 1", "another program", output)
        output = self.path("unlike data")
        data = self.path("pairs.tsv")
        unseen = self.wrapper("unseen", 1, self.mounting(f"mount --bind /dev/null {data}"))
        self.refused(mpirun(2, unseen, *self.train(pairs, output)), "rank 1 (host", "data that one rank does not see",
                     output)
        other = self.data("other.tsv", ["a b\tb a"] * 50)
        differs = self.wrapper("differs", 1, self.mounting(f"mount --bind {other} {data}"))
        self.refused(mpirun(2, differs, *self.train(pairs, output)), "rank 1 (host", "data that differ on one rank",
                     output)

    def check_input(self):
        output = self.path("refused")
        stack = self.runs["symbols, stack"]
        self.refused(mpirun(4, *self.train([*stack[:2], "--batch-size", 8], output)), "training.batchSize",
                     "more ranks than shards", output, code=64)
        self.refused(mpirun(4, *self.train(stack, output), "--unknown"), "Unknown option", "unknown option", output)
        self.refused(mpirun(4, *self.train(["--preset", "fast/no"], output)), "fast/no", "unknown preset", output,
                     unique=False)
        self.refused(mpirun(4, *self.train([*stack, "--learning-rate", "100", *settings(
            "training.optimizer.kind=rmsprop", "training.optimizer.decay=1", "training.optimizer.epsilon=1e-30",
            "training.clipping.norm=0")], self.path("diverged"))),
                     "training diverged", "divergence", code=70)

    def check_places(self):
        stack, reference = self.runs["symbols, stack"], self.reference("symbols, stack")
        hidden = self.path("hidden")
        os.makedirs(hidden)
        only = self.wrapper("only", 1, self.mounting(f"mount -t tmpfs none {hidden}"))
        output = os.path.join(hidden, "run")
        require_done(job.run(mpirun(2, only, *self.train(stack, output)), self.folder), "a folder of rank 0's alone")
        runs.require_same(output, reference, "a folder of rank 0's alone")
        output = self.path("stdin")
        command = ["mpirun", "--stdin", "3", *mpirun(4, *self.train(stack, output))[1:]]
        require_done(job.run(command, self.folder), "--stdin 3")
        runs.require_same(output, reference, "--stdin 3")
        small = self.path("small")
        os.makedirs(small)
        full = self.wrapper("full", 0, self.mounting(f"mount -t tmpfs -o size=64k none {small}"))
        self.refused(mpirun(2, full, *self.train(stack, os.path.join(small, "run"))), "No space left", "a full disk")

    def components(self, output, **variables):
        """How many files with parts of Open MPI a short run opens."""
        log = self.path("opened")
        command = self.train([*self.runs["symbols, stack"], "--steps", 1], output)
        subprocess.run(["strace", "-f", "-e", "trace=openat", "-o", log, *map(str, command)], capture_output=True,
                       env={**os.environ, **variables})
        with open(log) as lines:
            return sum("mca_" in line for line in lines)

    def check_alone(self):
        """Without mpirun nothing of MPI begins: it would make folders and threads, and take a second."""
        opened = self.components(self.path("alone"))
        require(opened == 0, f"alone, it opens {opened} parts of MPI")
        require(self.components(self.path("two"), OMPI_COMM_WORLD_SIZE="2") > 0, "what is counted is not there")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trainer")
    parser.add_argument("--steps", type=int, default=90, help="of each run (default: 90)")
    parser.add_argument("--all", action="store_true", help="each of three memories on each kind of data")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="mpi-bits-") as folder:
        checks = Checks(os.path.abspath(arguments.trainer), arguments.steps, os.path.realpath(folder), arguments.all)
        parts = [("alone", checks.check_alone), ("unlike ranks", checks.check_alike), ("input", checks.check_input),
                 ("folders and disks", checks.check_places), ("kills", checks.check_kill),
                 ("SIGTERM", lambda: checks.check_stop(signal.SIGTERM, False)),
                 ("SIGINT", lambda: checks.check_stop(signal.SIGINT, True))]
        parts += [(name, lambda name=name: checks.check_bits(name)) for name in list(checks.runs)]
        for name, check in parts:
            begin = time.monotonic()
            try:
                check()
                print(f"ok: {name}, {time.monotonic() - begin:.0f} s", flush=True)
            except runs.Failure as failure:
                failures += 1
                print(f"FAILED: {name}: {failure.args[0]}", flush=True)
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()

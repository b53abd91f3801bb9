"""Checks that several ranks of MPI train runs of seeds and of studies, and evaluate, as one process does.

Usage: check_runs.py TRAINER

Prints a line for each check; the exit code is 1 where one fails. NEURALMEMORY_TEST_SEED=N decides when things are
killed.
"""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
# What no command takes, however busy the machine is: it is there only to end what would hang.
LIMIT = 300
STOPPED, USAGE = 75, 64
SMALL = ["--preset", "fast/reversal-stack", "--batch-size", "4", "--set", "network.controller.units=16",
         "--set", "training.evaluation.episodes=8", "--steps"]
STUDY = """base:
  task: {kind: reversal, symbols: 4, minimumLength: 1, maximumLength: 4}
  network: {controller: {kind: rnn, units: 8}, memory: {kind: stack, width: 4}}
  training:
    steps: 1500
    evaluation: {interval: 300, episodes: 8, lengths: [8]}
grid:
  training.batchSize: [4, 6]
seeds: 1-3
search:
  samples: 2
  seeds: 101-102
  ranges: {training.optimizer.learningRate: {from: 0.001, to: 0.1, scale: logarithmic}}
"""


class Failure(Exception):
    """What is not as it must be."""


def require(is_so, *what):
    if not is_so:
        raise Failure(" ".join(str(part) for part in what))


class Checks:
    def __init__(self, trainer, folder, generator):
        self.trainer, self.folder, self.generator = os.path.abspath(trainer), folder, generator

    # Running the program

    def start(self, ranks, *arguments, program=None):
        before = ["mpirun", "--oversubscribe", "-n", str(ranks)] if ranks else []
        command = before + (program or []) + [self.trainer, *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=ENVIRONMENT, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process):
        try:
            output, errors = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failure(f"{process.args} did not end in {LIMIT} s")
        return process.returncode, output, errors

    def run(self, ranks, *arguments, **more):
        return self.finish(self.start(ranks, *arguments, **more))

    def done(self, ranks, *arguments, **more):
        code, output, errors = self.run(ranks, *arguments, **more)
        require(code == 0, arguments, "on", ranks, "ranks ended with", code, output[-500:], errors[-1000:])
        return output

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def wait_until(self, process, condition):
        while not condition():
            if process.poll() is not None:
                raise Failure(f"{process.args} ended too early: {self.finish(process)}")
            time.sleep(0.02)

    def wait_for_processes(self, text):
        """Runs notice that nobody is left who started them, save and end."""
        deadline = time.monotonic() + LIMIT
        while processes(text):
            require(time.monotonic() < deadline, "processes go on:", processes(text))
            time.sleep(0.05)

    def summary(self, folder):
        """summary.json without seconds, which no two runs have in common."""
        with open(self.path(folder, "summary.json")) as file:
            return without_seconds(json.load(file))

    # The checks

    def seeds_are_those_of_one_process(self):
        output = self.done(4, "train", *SMALL, "200", "--seeds", "1-8", "--output", "four")
        self.done(0, "train", *SMALL, "200", "--seeds", "1-8", "--output", "one", "--threads", "2")
        require("training 8 of 8 seeds, 4 at a time, " in output and ", on 4 ranks, in four\n" in output, output[:300])
        require(output.count("median ") == 1, "the table is printed once:", output)
        lines = [line for line in output.splitlines() if line.startswith("seed ")]
        require(all(any(line.startswith(f"seed {seed}: ") for line in lines) for seed in range(1, 9)), output)
        require(self.summary("four") == self.summary("one"), "summaries differ")
        require(not leftovers(self.path("four")), leftovers(self.path("four")))

    def evaluation_is_that_of_one_process(self):
        for more in ([], ["--length", "3", "--length", "16-20", "--episodes", "70"]):
            arguments = ["evaluate", "one", "one/seed-2", "--format", "json", *more]
            texts = [self.done(ranks, *arguments) for ranks in (0, 2, 3)]
            require(texts[0] == texts[1] == texts[2] != "", "evaluations differ:", texts)

    def finished_seeds_are_resumed(self):
        output = self.done(3, "train", "--resume", "four")
        require("training 0 of 8 seeds" in output, output)
        self.done(3, "train", "--resume", "four", "--steps", "300")
        self.done(0, "train", "--resume", "one", "--steps", "300", "--threads", "2")
        require(self.summary("four") == self.summary("one"), "summaries differ")

    def a_signal_stops_and_saves(self):
        for rank in (0, 1, None):
            process = self.start(2, "train", *SMALL, "1000000", "--seeds", "1-3", "--output",
                                 f"stop-{rank}")
            metrics = [self.path(f"stop-{rank}", f"seed-{seed}", "metrics.jsonl") for seed in (1, 2)]
            self.wait_until(process, lambda: all(size(file) > 0 for file in metrics))
            if rank is None:
                # mpirun passes it on, and kills the ranks a second later: their runs save all the same.
                process.send_signal(signal.SIGTERM)
                require(self.finish(process)[0] != 0, "mpirun ends well")
            else:
                os.kill(self.rank(rank), signal.SIGTERM)
                code, output, errors = self.finish(process)
                require(code == STOPPED and f"To go on: trainer train --resume stop-{rank}\n" in output,
                        code, output[-500:], errors[-500:])
                require([row["result"] for row in self.summary(f"stop-{rank}")["seeds"]] == ["stopped"] * 3, output)
            self.wait_for_processes(self.path(f"stop-{rank}"))
            self.done(0, "train", "--resume", f"stop-{rank}", "--set", "training.seconds=0.001", "--threads", "2")
            steps = [row["step"] for row in self.summary(f"stop-{rank}")["seeds"]]
            require(min(steps[:2]) >= 100, "runs did not save:", steps)

    def rank(self, rank):
        """The process of a rank in this folder."""
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{number}/environ", "rb") as file:
                    variables = file.read().split(b"\0")
                is_here = os.readlink(f"/proc/{number}/cwd") == self.folder
                if is_here and f"OMPI_COMM_WORLD_RANK={rank}".encode() in variables:
                    return int(number)
            except OSError:
                continue
        raise Failure(f"no process of rank {rank}")

    def a_killed_study_ends_as_one_in_peace(self):
        with open(self.path("small.yaml"), "w") as file:
            file.write(STUDY)
        start = time.monotonic()
        expected = table(self.done(2, "study", "small.yaml", "--output", "peace"))
        seconds = time.monotonic() - start
        kills = 0
        for ranks in (3, 2, 3):
            process = self.start(ranks, "study", "small.yaml", "--output", "killed")
            try:
                process.wait(self.generator.uniform(0.2, 0.7) * seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            self.finish(process)
            self.wait_for_processes(self.path("killed"))
        require(table(self.done(4, "study", "small.yaml", "--output", "killed")) == expected, "the table is another")
        require(table(self.done(0, "study", "killed")) == expected, "one process sees another table")
        require(runs(self.path("killed")) == runs(self.path("peace")), "runs.csv differs")
        require(kills > 0, "nothing was killed")

    def a_crash_stays_alone(self):
        process = self.start(3, "train", *SMALL, "2000", "--seeds", "1-4", "--output", "crash")
        self.wait_until(process, lambda: processes(self.path("crash", "seed-2"), "--as-one-of-seeds"))
        for number in processes(self.path("crash", "seed-2"), "--as-one-of-seeds"):
            os.kill(number, signal.SIGKILL)
        code, output, errors = self.finish(process)
        require(code == 1, code, output, errors)
        results = {row["seed"]: row["result"] for row in self.summary("crash")["seeds"]}
        require(results.pop(2) == "crashed" and "crashed" not in results.values(), results)
        output = self.done(2, "train", "--resume", "crash")
        require("training 1 of 4 seeds" in output, output)

    def a_folder_that_one_rank_lacks_is_refused(self):
        os.mkdir(self.path("hidden"))
        # Rank 1 has another file system in place of the folder.
        script = ('if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then exec unshare -m sh -c '
                  '\'mount -t tmpfs none "$0" && exec "$@"\' "$0" "$@"; fi; exec "$@"')
        hiding = ["sh", "-c", script, self.path("hidden")]
        if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", self.path("hidden")],
                          stderr=subprocess.DEVNULL).returncode != 0:
            return "skipped: this user may not mount"
        for arguments in (["train", *SMALL, "200", "--seeds", "1-3", "--output", "hidden/seeds"],
                          ["study", "small.yaml", "--output", "hidden/study"]):
            code, output, errors = self.run(3, *arguments, program=hiding)
            name = self.path(arguments[-1])
            require(code == 1 and f"Error: rank 1 (host {os.uname().nodename}): {name} is not there" in errors,
                    code, output, errors)
            require(errors.count("Error: ") == 1 and os.listdir(self.path("hidden")) == [], errors)
        return None

    def options_of_one_process_are_refused(self):
        for arguments, message in (
                (["train", *SMALL, "9", "--seeds", "1-3", "--jobs", "2", "--output", "jobs"], "--jobs 2 is for one "),
                (["study", "small.yaml", "--jobs", "3", "--output", "jobs"], "--jobs 3 is for one process"),
                (["inspect", "one/seed-1"], "trainer inspect takes one process, and a launcher started 3"),
                (["train", *SMALL, "0", "--seeds", "1-3", "--output", "jobs"], "training.steps is 0"),
                (["evaluate", "nowhere"], "there is no such run folder")):
            code, output, errors = self.run(3, *arguments)
            require(code in (1, USAGE) and errors.count(message) == 1 and errors.count("Error: ") == 1,
                    arguments, code, output, errors)
            require(not os.path.exists(self.path("jobs")), "a folder is left")


def without_seconds(value):
    if isinstance(value, dict):
        return {key: without_seconds(part) for key, part in value.items() if "seconds" not in key}
    return [without_seconds(part) for part in value] if isinstance(value, list) else value


def runs(folder):
    with open(os.path.join(folder, "runs.csv")) as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def table(output):
    """The table at the end without seconds, and what the search chose."""
    lines = [line for line in output.splitlines() if line.startswith("batchSize=")]
    rows = [line.split()[:5] for line in lines if " of 3 " in line]
    rows += [line.split() for line in lines if "learningRate=" in line]
    require(len(rows) == 4, "no table of two cells:", output)
    return rows


def size(file):
    return os.path.getsize(file) if os.path.exists(file) else 0


def leftovers(folder):
    return [name for _, _, names in os.walk(folder) for name in names if name.startswith(".")]


def processes(*texts):
    """Numbers of the processes that have all of these in their command line."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/cmdline", "rb") as file:
                line = file.read()
        except OSError:
            continue
        if int(number) != os.getpid() and all(os.fsencode(text) in line for text in texts):
            found.append(int(number))
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    seed = int(os.environ.get("NEURALMEMORY_TEST_SEED") or random.randrange(1 << 32))
    folder = os.path.realpath(tempfile.mkdtemp())
    checks = Checks(sys.argv[1], folder, random.Random(seed))
    failed = False
    for check in (checks.seeds_are_those_of_one_process, checks.evaluation_is_that_of_one_process,
                  checks.finished_seeds_are_resumed, checks.a_signal_stops_and_saves,
                  checks.a_killed_study_ends_as_one_in_peace, checks.a_crash_stays_alone,
                  checks.a_folder_that_one_rank_lacks_is_refused, checks.options_of_one_process_are_refused):
        name, start = check.__name__.replace("_", " "), time.monotonic()
        try:
            note = check()
            print(f"{note or 'ok'}: {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Failure as failure:
            failed = True
            print(f"FAILED: {name} (NEURALMEMORY_TEST_SEED={seed}): {failure}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()

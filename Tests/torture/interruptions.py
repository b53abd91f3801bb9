"""Stops and kills at random times: of single runs, of runs of several seeds, during saves, in the first moments."""

import os
import signal
import time

import program
import runs
from runs import Failure

STOPS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def ignore():
    """As a script's shell does to its background jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def block():
    """As some programs do that wait for signals in a thread of their own, and forget their children."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)


class Interruptions:
    """Trials on one machine with one program. `counts` says what came of them."""

    def __init__(self, trainer, workspace, random, references):
        self.trainer, self.workspace, self.random, self.references = trainer, workspace, random, references
        self.counts = {}

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    # Single runs

    def stop_trial(self, run):
        """Stops a run up to three times, then lets it end. Returns how many signals came in time."""
        folder, what = runs.fresh(self.workspace, "stopped"), f"stop of {run}"
        stops = 0
        for _ in range(self.random.randint(1, 3)):
            number = self.random.choice(STOPS)
            parent = self.random.choice([None, None, None, ignore, block])
            process = program.Program(
                runs.next_command(self.trainer, run, folder), self.workspace, before=parent)
            process.wait_until(self.random.uniform(0, self.references[run].seconds))
            sent = process.send(number)
            ending = process.finish(runs.LIMIT)
            stops += sent
            if not self.is_stop(ending, number, folder, f"{what} by {runs.signal_name(number)}"):
                break
        runs.complete(self.trainer, run, folder, what)
        runs.require_same(folder, self.references[run], what)
        return stops

    def is_stop(self, ending, number, folder, what):
        """Whether a signal left something to go on with; fails unless the exit code is the documented one."""
        if ending.code == -number and "training:" not in ending.output and "resuming" not in ending.output:
            # While the program was loaded, or read the data of a new run: nothing has begun, and nothing is changed.
            self.count("before anything began")
            return True
        runs.require_documented(ending, what)
        if ending.code == program.STOPPED:
            if not os.path.exists(os.path.join(folder, "checkpoints/latest.safetensors")):
                raise Failure(f"{what}: said to be saved, and is not: {ending}")
            self.count("stopped and saved")
            return True
        if ending.code != program.DONE:
            raise Failure(f"{what}: {ending}")
        self.count("at its end before the signal")
        return False

    def kill_trial(self, run):
        """Kills a run up to three times, then lets it end. Returns how many kills came in time."""
        folder, what = runs.fresh(self.workspace, "killed"), f"kill of {run}"
        kills = 0
        for _ in range(self.random.randint(1, 3)):
            process = program.Program(runs.next_command(self.trainer, run, folder), self.workspace)
            kind = self.random.choice(["at any time", "at any time", "during a save", "second signal"])
            process.wait_until(self.random.uniform(0, self.references[run].seconds))
            if kind == "during a save":
                self.wait_for_save(process, folder)
            if kind == "second signal":
                ending = self.twice(process, what)
            else:
                kills += process.send(signal.SIGKILL)
                ending = process.finish(runs.LIMIT)
            if ending.code == -signal.SIGKILL:
                self.count(f"killed {kind}")
            elif kind != "second signal" and ending.code != program.DONE:
                raise Failure(f"{what}: {ending}")
            if ending.code == program.DONE:
                break
        runs.complete(self.trainer, run, folder, what)
        runs.require_same(folder, self.references[run], what)
        return kills

    def wait_for_save(self, process, folder):
        while not process.wait_until(0.0002) and not runs.leftovers(folder):
            pass

    def twice(self, process, what):
        """A stop, and another one that ends the program at once, unless it has ended by then."""
        numbers = [self.random.choice(STOPS) for _ in range(2)]
        process.send(numbers[0])
        process.wait_until(self.random.uniform(0, 0.1))
        process.send(numbers[1])
        ending = process.finish(runs.LIMIT)
        if ending.code not in (-numbers[0], -numbers[1], program.STOPPED, program.DONE):
            raise Failure(f"{what} by two signals: {ending}")
        self.count("ended by two signals")
        return ending

    # Several seeds

    def seeds_trial(self, several, numbers):
        """Interrupts runs of several seeds once or twice, at the parent or at a child, then lets them end."""
        folder, what = runs.fresh(self.workspace, "seeds"), f"interruption of seeds, {several}"
        for _ in range(self.random.randint(1, 2)):
            number = self.random.choice(numbers)
            process = program.Program(several.next(self.trainer, folder), self.workspace)
            process.wait_until(self.random.uniform(0, several.seconds))
            children = program.processes(f"{folder}/seed-")
            if number == signal.SIGKILL and children and self.random.random() < 0.3:
                kill(self.random.choice(children))
                allowed = {program.DONE, program.ERROR}
            else:
                process.send(number)
                allowed = {program.DONE, program.STOPPED, -number}
            ending = process.finish(runs.LIMIT)
            if ending.code not in allowed or (ending.code == -number and number in STOPS and ending.output):
                raise Failure(f"{what} by {runs.signal_name(number)}: {ending}")
            self.count(f"seeds: {runs.signal_name(number)}")
            # Otherwise it is gone on with at once, while its processes are about to end.
            if self.random.random() < 0.5 and not program.wait_for_others(f"{folder}/seed-", 30):
                raise Failure(f"{what}: a seed goes on without the program that started it")
        ending = program.run(several.next(self.trainer, folder), self.workspace, runs.LIMIT)
        if ending.code != program.DONE:
            raise Failure(f"{what}: {folder} can be neither resumed nor started: {ending}")
        for seed, reference in several.references.items():
            runs.require_same(os.path.join(folder, f"seed-{seed}"), reference, f"{what}, seed {seed}")


def kill(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Several:
    """A run with each of three seeds, two at a time."""

    def __init__(self, trainer, workspace, run):
        self.run = run
        self.folder = folder = os.path.join(workspace, f"seeds-reference-{run.name}")
        start = time.monotonic()
        ending = program.run(self.start(trainer, folder), workspace, runs.LIMIT)
        self.seconds = time.monotonic() - start
        if ending.code != program.DONE:
            raise Failure(f"{self}: runs that nothing interrupts: {ending}")
        self.references = {seed: runs.Ended(os.path.join(folder, f"seed-{seed}")) for seed in (1, 2, 3)}

    def __str__(self):
        return self.run.name

    def start(self, trainer, folder):
        return self.run.start(trainer, folder) + ["--seeds", "1-3", "--jobs", "2"]

    def next(self, trainer, folder):
        command = runs.next_command(trainer, self.run, folder)
        return self.start(trainer, folder) if "--output" in command else command + ["--jobs", "2"]

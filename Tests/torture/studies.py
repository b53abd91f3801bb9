"""Studies of many short runs, which are killed and stopped at random times, and come to what one comes to in peace."""

import csv
import os
import shutil
import signal
import tempfile

import program
import runs

# How often each study is interrupted.
INTERRUPTIONS = 10
LIMIT = 600
FILE = """base:
  task: {kind: reversal, symbols: 4, minimumLength: 1, maximumLength: 4}
  network: {controller: {kind: rnn, units: 8}, memory: {kind: stack, width: 4}}
  training:
    steps: 60
    evaluation: {interval: 20, episodes: 8, lengths: [8]}
    solved: {coarse: 0.5}
grid:
  network.memory.kind: [stack, queue]
  training.batchSize: [4, 6, 8, 10, 12]
seeds: 1-14
search:
  samples: 3
  seeds: 101-102
  ranges: {training.optimizer.learningRate: {from: 0.001, to: 0.1, scale: logarithmic}}
"""
# 10 cells with 14 seeds, and 3 samples with 2 seeds in each.
COUNT = 200


class Studies:
    """The study, and what it comes to when nobody interrupts it."""

    def __init__(self, trainer, workspace, generator):
        self.trainer, self.workspace, self.generator = trainer, workspace, generator
        self.counts = {"kills": 0, "stops": 0}
        self.file = os.path.join(workspace, "many.yaml")
        with open(self.file, "w") as file:
            file.write(FILE)
        folder = tempfile.mkdtemp(dir=workspace)
        ending = program.run(self.command(folder), workspace, LIMIT)
        if ending.code != program.DONE or f"a study of {COUNT} runs" not in ending.output:
            raise runs.Failure(f"a study of {COUNT} runs in peace: {ending}")
        self.seconds, self.lines, self.table = ending.seconds, lines(folder), table(ending)
        shutil.rmtree(folder)

    def command(self, folder):
        return [self.trainer, "study", self.file, "--output", folder, "--threads", 2]

    def trial(self):
        folder = tempfile.mkdtemp(dir=self.workspace)
        for _ in range(INTERRUPTIONS):
            process = program.Program(self.command(folder), self.workspace)
            process.wait_until(self.generator.uniform(0, 2 * self.seconds / INTERRUPTIONS))
            is_kill = self.generator.random() < 0.7
            number = signal.SIGKILL if is_kill else self.generator.choice([signal.SIGINT, signal.SIGTERM])
            if process.send(number):
                self.counts["kills" if is_kill else "stops"] += 1
            ending = process.finish(LIMIT)
            if ending.code not in (-signal.SIGKILL, program.STOPPED, program.DONE, -signal.SIGINT, -signal.SIGTERM):
                raise runs.Failure(f"an interrupted study: {ending}")
        ending = program.run(self.command(folder), self.workspace, LIMIT)
        if ending.code != program.DONE:
            raise runs.Failure(f"a study that goes on: {ending}")
        if lines(folder) != self.lines or table(ending) != self.table:
            raise runs.Failure(f"a study in {folder} came to something else than one in peace: {ending}")
        shutil.rmtree(folder)
        return 1


def lines(folder):
    """All that is said of each run, apart from its seconds."""
    with open(os.path.join(folder, "runs.csv")) as file:
        rows = list(csv.DictReader(file))
    if len(rows) != 140:
        raise runs.Failure(f"runs.csv in {folder} has {len(rows)} runs")
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def table(ending):
    """The table at the end, without the column of seconds, which no two studies have in common."""
    rows = [line for line in ending.output.splitlines() if line.startswith(("stack,", "queue,")) and " of 14 " in line]
    return [line.split()[:5] for line in rows]

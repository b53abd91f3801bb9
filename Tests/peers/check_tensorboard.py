"""Checks the event files of a run with TensorBoard's own readers: every number of metrics.jsonl, at its step, and no other.

The run is killed twice. Once its last checkpoint is then replaced by an earlier one, so that steps are done again whose numbers
are in the event files already; and half a record is left at the end of a file. In the end each reader must have each number once.

    make test-tensorboard
"""
import argparse
import collections
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto import event_pb2
from tensorboard.util import tensor_util

SMALL = [
    "--preset", "fast/reversal-stack", "--threads", "1", "--steps", "3000", "--set", "task.maximumLength=4",
    "--set", "network.controller.units=16", "--set", "training.evaluation.interval=20",
    "--set", "training.evaluation.episodes=4", "--set", "training.evaluation.lengths=[8, 9-10]",
    "--set", "training.solved.coarse=null", "--set", "training.solved.longCoarse=null",
]


def records(run):
    """The whole lines of metrics.jsonl."""
    try:
        with open(f"{run}/metrics.jsonl") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def train_until(run, steps, command):
    """Trains until the metrics have so many steps, then kills the process."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None and not (records(run) and records(run)[-1]["step"] >= steps):
        time.sleep(0.005)
    if process.poll() is not None:
        sys.exit(f"training ended before step {steps}, with exit code {process.returncode}")
    process.send_signal(signal.SIGKILL)
    process.wait()


def expected_figures(run):
    """Tag → step → number, from metrics.jsonl."""
    figures = collections.defaultdict(dict)
    for record in records(run):
        for name, number in record.items():
            if name not in ("step", "evaluations") and number is not None:
                figures[f"train/{name}"][record["step"]] = np.float32(number)
        for evaluation in record["evaluations"]:
            first, last = evaluation["lengths"]
            lengths = f"{first}-{last}" if first != last else f"{first}"
            for name, number in evaluation.items():
                if name != "lengths" and number is not None:
                    figures[f"evaluation/{lengths}/{name}"][record["step"]] = np.float32(number)
    return figures


def read_with_old_reader(folder):
    """Tag → list of (step, number), and tag → list of (step, histogram)."""
    reader = event_accumulator.EventAccumulator(folder, size_guidance={"scalars": 0, "histograms": 0})
    reader.Reload()
    scalars = {tag: [(event.step, np.float32(event.value)) for event in reader.Scalars(tag)]
               for tag in reader.Tags()["scalars"]}
    histograms = {tag: [(event.step, event.histogram_value.num) for event in reader.Histograms(tag)]
                  for tag in reader.Tags()["histograms"]}
    return scalars, histograms


def read_with_plugin_reader(folder):
    """The same from the reader of today's TensorBoard, for which all numbers are tensors."""
    reader = plugin_event_accumulator.EventAccumulator(folder, tensor_size_guidance={"scalars": 0, "histograms": 0})
    reader.Reload()
    scalars, histograms = {}, {}
    for tag in reader.Tags()["tensors"]:
        plugin = reader.SummaryMetadata(tag).plugin_data.plugin_name
        values = [(event.step, tensor_util.make_ndarray(event.tensor_proto)) for event in reader.Tensors(tag)]
        if plugin == "scalars":
            scalars[tag] = [(step, np.float32(value)) for step, value in values]
        else:
            histograms[tag] = [(step, value[:, 2].sum()) for step, value in values]
    return scalars, histograms


def written_steps(folder):
    """All steps with figures in the files, also those that were done again."""
    steps = []
    for file in sorted(glob.glob(f"{folder}/*")):
        for data in RawEventFileLoader(file).Load():
            event = event_pb2.Event.FromString(data)
            if event.HasField("summary"):
                steps.append(event.step)
    return steps


def compare(name, scalars, histograms, expected, parameters, problems):
    """Adds to the problems what a reader lacks, has otherwise, or has besides."""
    for tag in sorted(set(expected) | set(scalars)):
        wanted, found = sorted(expected.get(tag, {}).items()), scalars.get(tag, [])
        if wanted != found:
            problems.append(f"{name}: {tag} is {found[:3]}… ({len(found)}), not {wanted[:3]}… ({len(wanted)})")
    steps = sorted(expected["train/loss"])
    if {tag.removeprefix("gradients/") for tag in histograms} != set(parameters):
        problems.append(f"{name}: histograms are of {sorted(histograms)}, not of {sorted(parameters)}")
    for tag, values in histograms.items():
        if values != [(step, parameters.get(tag.removeprefix("gradients/"))) for step in steps]:
            problems.append(f"{name}: histograms of {tag} are {values[:3]}… ({len(values)})")


def parameter_counts(run):
    """How many numbers each parameter has, from the header of a checkpoint."""
    with open(f"{run}/checkpoints/latest.safetensors", "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return {name.removeprefix("param/"): int(np.prod(entry["shape"]))
            for name, entry in header.items() if name.startswith("param/")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("trainer", help="the built trainer")
    trainer = os.path.abspath(parser.parse_args().trainer)
    with tempfile.TemporaryDirectory() as parent:
        run = f"{parent}/run"
        board, latest = f"{run}/tensorboard", f"{run}/checkpoints/latest.safetensors"
        resume = [trainer, "train", "--resume", run, "--threads", "1"]
        first = [trainer, "train", *SMALL, "--tensorboard", "--set", "training.gradientHistograms=true", "--output", run]
        train_until(run, 200, first)
        shutil.copy(latest, f"{parent}/earlier")
        with open(sorted(glob.glob(f"{board}/*"))[-1], "ab") as file:
            file.write(b"\x20\0\0\0\0\0\0\0half")
        train_until(run, 800, resume)
        shutil.copy(f"{parent}/earlier", latest)
        subprocess.run(resume, check=True, stdout=subprocess.DEVNULL)

        expected, parameters, problems = expected_figures(run), parameter_counts(run), []
        for name, read in [("event_accumulator", read_with_old_reader), ("plugin reader", read_with_plugin_reader)]:
            compare(name, *read(board), expected, parameters, problems)
        files, steps = len(glob.glob(f"{board}/*")), written_steps(board)
        again = len(steps) - len(set(steps))
        if files != 3 or again < 20:
            problems.append(f"there are {files} files, and {again} steps were done again: the test shows nothing")
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(1)
    print(f"{len(expected)} scalars at {len(expected['train/loss'])} steps and {len(parameters)} histograms: TensorBoard's "
          f"readers have each once, although {again} steps are in the {files} files twice.")


if __name__ == "__main__":
    main()

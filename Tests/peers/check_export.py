"""Checks that an exported model.py gives the outputs that the network gives here, for random networks of all kinds.

Each network is trained for one step, so that no parameter is at its first value, and dumped with a batch and its outputs. The
exported folder's own model.py then computes the outputs from the dump's inputs. Of some, parameters that it has changed and
saved are imported and exported again: they must come back with the same bits.

    make test-export
    Tests/peers/check_export.py PROGRAM [--count N] [--seed N]

Prints a line for each kind of controller and memory. Exit status 0 only if every largest difference is below 1e-5.
"""
import argparse
import collections
import importlib.util
import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import torch

# Outputs are of the size of 1, in numbers of 32 bits; a wrong term leaves far more.
TOLERANCE = 1e-5
MEMORIES = ("none", "stack", "queue", "deque", "ntm", "dnc", "sam", "sdnc")
CONTROLLERS = ("lstm", "rnn", "feedforward")
# Task, settings of its sequences, and a length.
TASKS = (
    ("copy", {"symbols": 5, "minimumLength": 1, "maximumLength": 4}, 4),
    ("bigram-flip", {"symbols": 3, "separateVocabularies": True, "minimumLength": 2, "maximumLength": 4}, 4),
    ("dyck", {"kinds": 2, "minimumLength": 2, "maximumLength": 6}, 6),
    ("copy-bits", {"width": 4, "minimumLength": 1, "maximumLength": 4}, 4),
    ("associative-recall", {"width": 3, "itemLength": 2, "minimumLength": 2, "maximumLength": 3}, 3),
)


def controller_settings(kind, draw):
    settings = {"units": draw.randint(3, 9)}
    if kind != "rnn":
        settings["layers"] = draw.randint(1, 3)
    if kind != "feedforward":
        settings["trainsInitialState"] = draw.random() < 0.5
    if kind == "lstm":
        settings["inputLayer"] = draw.random() < 0.5
        settings["skipConnections"] = draw.random() < 0.5
    return settings


def memory_settings(kind, draw):
    if kind == "none":
        return {}
    if kind in ("sam", "sdnc"):
        links = {"links": draw.randint(1, 4)} if kind == "sdnc" else {}
        return {"rows": draw.randint(4, 12), "columns": draw.randint(2, 5), "heads": draw.randint(1, 2),
                "neighbors": draw.randint(1, 4)} | links
    if kind not in ("ntm", "dnc"):
        return {"width": draw.randint(2, 6), "popBias": draw.uniform(-1, 2), "pushBias": draw.uniform(-1, 2)}
    rows = {
        "rows": draw.randint(3, 8), "columns": draw.randint(2, 5),
        "initialMemory": draw.choice(["constant", "learned", "random"]), "initialReads": draw.choice(["zero", "learned"]),
    }
    if kind == "dnc":
        variants = ("stopsUsageGradient", "floorsUsage", "smoothsCosine", "masksKeys", "deallocates", "sharpensLinks")
        return rows | {"readHeads": draw.randint(1, 4)} | {name: draw.random() < 0.5 for name in variants}
    heads = draw.choice([{"heads": draw.randint(1, 2)},
                         {"readHeads": draw.randint(1, 4), "writeHeads": draw.randint(1, 3)}])
    return rows | heads | {
        "maximumShift": 1, "clip": draw.choice(["null", 0.5]),
        "initialFocus": draw.choice(["one-hot", "learned"]),
    }


def network_options(draw, memory, controller):
    """The options of `trainer train` for a random network, and the length of its sequences."""
    task, task_settings, length = draw.choice(TASKS)
    network = {
        "input.encoding": draw.choice(["embedding", "one-hot"]), "input.embeddingSize": draw.randint(2, 6),
        "controllerOutputSize": draw.choice(["null", draw.randint(3, 7)]),
        "output.source": draw.choice(["controller", "controller-and-reads"]),
        "output.hiddenSize": draw.choice(["null", draw.randint(3, 7)]), "weights.scale": draw.uniform(1, 2),
    }
    settings = {f"task.{name}": value for name, value in task_settings.items()}
    settings |= {f"network.{name}": value for name, value in network.items()}
    settings |= {f"network.controller.{name}": value for name, value in controller_settings(controller, draw).items()}
    settings |= {f"network.memory.{name}": value for name, value in memory_settings(memory, draw).items()}
    settings |= {"training.evaluation.episodes": 1, "training.evaluation.lengths": [], "training.curriculum.start": "null",
                 "training.averaging": draw.choice([0, 0.9])}
    options = ["--task", task, "--memory", memory, "--controller", controller]
    for name, value in settings.items():
        options += ["--set", f"{name}={json.dumps(value) if isinstance(value, (bool, list)) else value}"]
    return options, length


class Program:
    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments):
        command = [self.path, *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"{' '.join(command)}\n{result.stdout}{result.stderr}")
        return result.stdout


def imported(path):
    """An exported module, by its file."""
    spec = importlib.util.spec_from_file_location("exported_model", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def difference(trainer, folder, options, length, seed):
    """The largest difference of outputs; whether the exported network can be changed and imported is checked too."""
    run, dump, export = folder / "run", folder / "dump.safetensors", folder / "export"
    trainer("train", *options, "--steps", 1, "--seed", seed, "--threads", 1, "--output", run)
    trainer("dump", run, "--batch-size", 3, "--length", length, "--seed", seed, "--output", dump)
    trainer("export", run, "--format", "pytorch", "--output", export)
    model = imported(export / "model.py")
    arrays, _ = model.read_safetensors(dump)
    network = model.load()
    logits = network(arrays["inputs"])
    if logits.shape != arrays["outputs"].shape:
        return float("inf")
    with torch.no_grad():
        for numbers in network.parameters():
            numbers += 0.1 * torch.randn_like(numbers)
    model.save(network, folder / "changed.safetensors")
    trainer("import", folder / "changed.safetensors", "--like", run, "--output", folder / "imported")
    trainer("export", folder / "imported", "--output", folder / "again.safetensors")
    again, _ = model.read_safetensors(folder / "again.safetensors")
    expected = network.state_dict()
    if again.keys() != expected.keys() or any(not torch.equal(again[name], expected[name]) for name in again):
        sys.exit(f"imported parameters are not those that were saved: {' '.join(options)}")
    return (logits - arrays["outputs"]).abs().max().item()


def main():
    parser = argparse.ArgumentParser(description="Compares exported PyTorch networks with their originals.")
    parser.add_argument("program", help="the built trainer")
    parser.add_argument("--count", type=int, default=105, help="how many networks")
    parser.add_argument("--seed", type=int, default=1, help="decides them")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)
    draw = random.Random(arguments.seed)
    trainer = Program(arguments.program)
    kinds = itertools.cycle(itertools.product(CONTROLLERS, MEMORIES))
    largest, counts = collections.defaultdict(float), collections.Counter()
    for number, (controller, memory) in zip(range(arguments.count), kinds):
        options, length = network_options(draw, memory, controller)
        with tempfile.TemporaryDirectory() as folder:
            found = difference(trainer, pathlib.Path(folder), options, length, number + 1)
        # Written so that NaN fails.
        if not found < TOLERANCE:
            print(f"FAILED, {found:.1e}: {' '.join(options)}")
            found = float("inf")
        largest[controller, memory] = max(largest[controller, memory], found)
        counts[controller, memory] += 1
    for kind, found in largest.items():
        print(f"{' and '.join(kind):24} {counts[kind]:3} networks, largest difference {found:.1e}")
    return 0 if max(largest.values()) < TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())

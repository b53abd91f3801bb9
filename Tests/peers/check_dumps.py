"""Checks what `trainer dump` and `trainer inspect` write of random networks with the memories `dnc` and `sam`.

Each network is trained for one step, so that no parameter is at its first value. One sequence is dumped, and its signals are
recorded. rebuilt.py computes them again from the parameters in the dump, in Float64 and after docs/CHECKPOINT.md alone. Outputs,
loss, the gradient of each parameter by automatic differentiation, and all signals of all steps are compared.

    make test-dumps
    Tests/peers/check_dumps.py PROGRAM [--count N] [--seed N]

Prints a line for each memory. Exit status 0 only if every error is at most 1e-4 of the array's largest number. In a few networks
a gradient is known less well: there it may be wrong by 4 times what a rounding of all parameters changes it by.
"""
import argparse
import collections
import json
import math
import pathlib
import random
import sys
import tempfile

import torch

import check_dump
import check_export
import rebuilt


def draw_options(draw, memory):
    """The options of `trainer train`, and the length of the sequence."""
    options, length = check_export.network_options(draw, memory, draw.choice(check_export.CONTROLLERS))
    if memory == "sam":
        options += ["--set", f"network.memory.accessThreshold={draw.choice([0, 0.005, 0.1])}"]
    return options, length


def record(trainer, options, length, seed, folder):
    """A dump's arrays and metadata, and the signals of its one sequence by name, (T, …)."""
    run, dump = folder / "run", folder / "dump.safetensors"
    trainer("train", *options, "--steps", 1, "--seed", seed, "--threads", 1, "--output", run)
    trainer("dump", run, "--batch-size", 1, "--length", length, "--seed", seed, "--output", dump)
    recording = json.loads(trainer("inspect", run, "--length", length, "--seed", seed, "--format", "json"))
    signals = {}
    for index, signal in enumerate(recording["signals"]):
        sizes = [next(iter(axis.values())) for axis in signal["axes"]]
        steps = [step["values"][index]["numbers"] for step in recording["steps"]]
        signals[signal["name"]] = torch.tensor(steps).reshape(len(steps), *sizes)
    return *check_dump.model.read_safetensors(dump), signals


def choices(memory, signals):
    """What rounding may decide otherwise: the order of rows by usage, or the rows that each head reads."""
    if memory["kind"] == "dnc":
        return signals["usage"].argsort(dim=1, stable=True)
    heads = [signals[rebuilt.head_name("read", head, memory["heads"]) + " weighting"] for head in range(memory["heads"])]
    return [[weights[step].nonzero().flatten().tolist() for weights in heads] for step in range(len(heads[0]))]


def rebuild(arrays, metadata, signals, rounding=0.0):
    """Outputs, signals, loss and gradients; with `rounding`, of parameters that differ by so much of themselves at random."""
    network = json.loads(metadata["configuration"])["network"]
    p = {name[len("param/"):]: values.double() for name, values in arrays.items() if name.startswith("param/")}
    p = {name: (values * (1 + rounding * torch.randn_like(values))).requires_grad_() for name, values in p.items()}
    outputs, ours = rebuilt.run(p, metadata, network, arrays["inputs"][:, 0], choices(network["memory"], signals))
    loss = check_dump.mean_loss(outputs.unsqueeze(1), arrays["targets"], arrays["mask"], metadata)
    loss.backward()
    gradients = {name: torch.zeros_like(value) if value.grad is None else value.grad for name, value in p.items()}
    return outputs, ours, loss, gradients


def is_rounding(recorded, gradients, name):
    """Whether parameters that are rounded otherwise change a gradient about as much as it is wrong."""
    error = (recorded[0]["grad/" + name] - gradients[name]).abs().max()
    others = [rebuild(*recorded, rounding=2.0**-24)[3][name] for _ in range(8)]
    return error <= 4 * max((other - gradients[name]).abs().max() for other in others)


def errors(arrays, metadata, signals):
    """The error of each array by what it is and its name; and the names of gradients that are wrong by rounding alone."""
    outputs, ours, loss, gradients = rebuild(arrays, metadata, signals)
    # A gradient in which everything cancels is known no better than the numbers that cancel.
    floor = 1e-3 * max(gradient.abs().max().item() for gradient in gradients.values())
    found = {("outputs", "outputs"): check_dump.error(arrays["outputs"][:, 0], outputs.detach()),
             ("loss", "loss"): check_dump.error(arrays["loss"], loss.detach())}
    for name, gradient in gradients.items():
        found["gradients", name] = check_dump.error(arrays["grad/" + name], gradient, floor)
    if missing := signals.keys() - ours:
        sys.exit(f"signals that are not rebuilt: {', '.join(sorted(missing))}")
    for name, recorded in signals.items():
        value = ours[name].detach()
        found["signals", name] = check_dump.error(recorded, value.reshape(len(value), *recorded.shape[1:]))
        if name == "allocation":
            # At first no row is in use, and the first one gets it all, but for the ε of `floorsUsage`.
            found["signals", "allocation of other rows"] = check_dump.error(value[0, 1:], recorded[0, 1:].double())
    large = [name for name in gradients if found["gradients", name] > check_dump.TOLERANCE]
    return found, [name for name in large if is_rounding((arrays, metadata, signals), gradients, name)]


def main():
    parser = argparse.ArgumentParser(description="Compares dumps and recordings with networks rebuilt after CHECKPOINT.md.")
    parser.add_argument("program", help="the built trainer")
    parser.add_argument("--count", type=int, default=40, help="how many networks")
    parser.add_argument("--seed", type=int, default=1, help="decides them")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    draw = random.Random(arguments.seed)
    trainer = check_export.Program(arguments.program)
    memories = list(rebuilt.MEMORIES)
    worst, counts, failures = collections.defaultdict(lambda: (0.0, "")), collections.Counter(), 0
    for number in range(arguments.count):
        memory = memories[number % len(memories)]
        options, length = draw_options(draw, memory)
        with tempfile.TemporaryDirectory() as folder:
            recorded = record(trainer, options, length, number + 1, pathlib.Path(folder))
        try:
            found, rounded = errors(*recorded)
        except rebuilt.Unclear:
            counts[memory, "left out"] += 1
            continue
        except rebuilt.Refuted as refutation:
            failures += 1
            print(f"FAILED, {refutation}: {' '.join(options)} --seed {number + 1}")
            continue
        counts[memory, "networks"] += 1
        counts[memory, "arrays"] += len(found)
        counts[memory, "rounded"] += len(rounded)
        found = {key: value for key, value in found.items() if key[1] not in rounded}
        # Written so that NaN fails.
        wrong = [name for (_, name), value in found.items() if not value <= check_dump.TOLERANCE]
        if wrong:
            failures += 1
            print(f"FAILED in {', '.join(wrong)}: {' '.join(options)} --seed {number + 1}")
        for (what, name), value in found.items():
            worst[memory, what] = max(worst[memory, what], (math.inf if math.isnan(value) else value, name))
    for memory in memories:
        largest = ", ".join(f"{what} {worst[memory, what][0]:.1e}" for what in ("outputs", "loss"))
        for what in ("gradients", "signals"):
            largest += ", {} {:.1e} ({})".format(what, *worst[memory, what])
        if rounded := counts[memory, "rounded"]:
            largest += f"; {rounded} gradients beside, which roundings of the parameters change as much"
        left = counts[memory, "left out"]
        print(f"{memory}: {counts[memory, 'networks']} networks, {counts[memory, 'arrays']:,} arrays; largest errors: {largest}"
              + (f"; {left} left out, whose accesses rounding decides" if left else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

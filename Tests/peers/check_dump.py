"""Checks dumps of `trainer dump` against an independent network: other language, other formulas, automatic differentiation.

The network is that of `trainer export --format pytorch`, in Float64: written after docs/CHECKPOINT.md alone, in PyTorch, with
memories that follow the papers' dense equations, which touch every entry at every step; nothing of the live window or of the
kernels is in it. Loss, outputs and the gradient of every parameter are compared.

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install torch
    trainer dump runs/my-run --batch-size 3 --length 6 --seed 1 --output /tmp/dump.safetensors
    /tmp/peer/bin/python Tests/peers/check_dump.py /tmp/dump.safetensors [more dumps]

Prints one line for each dump; `--verbose` adds one for each array. Exit status 0 only if every dump agrees.
"""
import argparse
import math
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Sources/NeuralMemoryTraining/PyTorch"))
import model  # noqa: E402

# Rounding leaves 1e-6 to 1e-5 beside the largest number of an array; a wrong term leaves far more.
TOLERANCE = 1e-4
def reconstruction_loss(p, telling, inputs, mask, weight):
    """Each source's mean over the steps from a sequence's second to its last that counts, of -ln p(input before)."""
    steps = torch.arange(len(mask)).unsqueeze(1)
    last = torch.where(mask > 0, steps, 0).amax(0)
    counts = steps[1:] <= last
    wanted = inputs.long()[:-1]
    total = 0.0
    for name, values in telling.items():
        if f"reconstruction.{name}.weight" in p:
            logits = values[1:] @ p[f"reconstruction.{name}.weight"] + p[f"reconstruction.{name}.bias"]
            losses = -logits.log_softmax(2).gather(2, wanted.unsqueeze(2)).squeeze(2)
            total = total + losses[counts].mean()
    return weight * total


def mean_loss(outputs, targets, mask, metadata):
    """The mean over all outputs that count, in nats."""
    counts = mask > 0
    kind, size, *rest = metadata["outputs"].split()
    if kind == "choices":
        shape = (*outputs.shape[:2], int(size), int(rest[1]))
        losses = -(outputs.reshape(shape).log_softmax(3) * targets.double().reshape(shape)).sum((2, 3))
        return losses[counts].sum() / targets[counts].sum()
    if kind == "bits":
        losses = torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets.double(), reduction="none").sum(2)
        return losses[counts].sum() / (counts.sum() * int(size))
    if kind == "numbers":
        return 0.5 * (outputs - targets.double())[counts].square().mean()
    wanted = targets.long()
    # -1: a symbol that is none of the outputs.
    counts = counts & (wanted >= 0)
    losses = -outputs.log_softmax(2).gather(2, wanted.clamp(min=0).unsqueeze(2)).squeeze(2)
    return losses[counts].mean()


def error(ours, theirs, floor=0.0):
    """The largest difference beside the largest number, or beside the floor; infinite for another shape."""
    if ours.shape != theirs.shape:
        return math.inf
    scale = max(theirs.abs().max().item(), floor)
    difference = (ours.double() - theirs).abs().max().item()
    return difference / scale if scale > 0 else difference


def check(path):
    """Errors by name of the array."""
    arrays, metadata = model.read_safetensors(path)
    parameters = {name[len("param/"):]: values for name, values in arrays.items() if name.startswith("param/")}
    network = model.Network(parameters, metadata).double()
    p = dict(network.named_parameters())
    outputs, hidden, driving = network.run(arrays["inputs"])
    loss = mean_loss(outputs, arrays["targets"], arrays["mask"], metadata)
    weight = network.settings["reconstruction"]["weight"]
    if weight > 0:
        telling = {"controller": hidden, "projection": driving}
        loss = loss + reconstruction_loss(p, telling, arrays["inputs"], arrays["mask"], weight)
    loss.backward()
    errors = {"loss": error(arrays["loss"], loss.detach()), "outputs": error(arrays["outputs"], outputs.detach())}
    gradients = {name: torch.zeros_like(v) if v.grad is None else v.grad for name, v in p.items()}
    # A gradient in which everything cancels is known no better than the numbers that cancel.
    floor = 1e-3 * max(gradient.abs().max().item() for gradient in gradients.values())
    for name, gradient in gradients.items():
        errors["grad/" + name] = error(arrays["grad/" + name], gradient, floor)
    return errors


def main():
    parser = argparse.ArgumentParser(description="Checks dumps of `trainer dump` against an independent network.")
    parser.add_argument("files", nargs="+", metavar="DUMP")
    parser.add_argument("--verbose", action="store_true", help="print the error of each array")
    options = parser.parse_args()
    failures = 0
    for path in options.files:
        errors = check(path)
        # Written so that NaN fails.
        wrong = [name for name, value in errors.items() if not value <= TOLERANCE]
        worst = max(errors, key=lambda name: math.inf if math.isnan(errors[name]) else errors[name])
        failures += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok':6} {path}: {len(errors)} arrays, largest error "
              f"{errors[worst]:.1e} in {worst}" + (f"; wrong: {', '.join(wrong)}" if wrong else ""))
        if options.verbose:
            for name, value in errors.items():
                print(f"         {value:.1e} {name}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""Checks dumps of `trainer dump` against an independent network: other language, other formulas, automatic differentiation.

The network is rebuilt from docs/CHECKPOINT.md alone, in PyTorch and Float64. Memories follow the papers' dense equations, which
touch every entry at every step; nothing of the live window or of the kernels is here.
Loss, outputs and the gradient of every parameter are compared.

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install numpy torch
    trainer dump runs/my-run --batch-size 3 --length 6 --seed 1 --output /tmp/dump.safetensors
    /tmp/peer/bin/python Tests/peers/check_dump.py /tmp/dump.safetensors [more dumps]

Prints one line for each dump; `--verbose` adds one for each array. Exit status 0 only if every dump agrees.
"""
import argparse
import json
import struct
import sys

import numpy as np
import torch

# Rounding leaves 1e-6 to 1e-5 beside the largest number of an array; a wrong term leaves far more.
TOLERANCE = 1e-4
NUMBERS = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}


def read_safetensors(path):
    """The arrays and the metadata of a file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        arrays[name] = np.frombuffer(data[begin:end], NUMBERS[entry["dtype"]]).reshape(entry["shape"])
    return arrays, metadata


# --- Memories. Stack, queue and deque: strengths s and values v of all entries so far, from bottom to top ---


def minimum(left, right):
    """min whose derivative belongs to the left argument where both are equal."""
    return torch.where(left <= right, left, right)


def above(s):
    """For each entry, the sum of the strengths of all entries above it."""
    return s.flip(1).cumsum(1).flip(1) - s


def below(s):
    return s.cumsum(1) - s


def pop(s, u, outside):
    """What is left of s once u, minus what lies between the entry and the end, has been taken away."""
    return torch.relu(s - torch.relu(u - outside(s)))


def read(s, v, outside):
    weights = minimum(s, torch.relu(1 - outside(s)))
    return (weights.unsqueeze(2) * v).sum(1)


class WindowMemory:
    """Stack, queue or deque over the raw interface vector [pops | pushes | values], top before bottom."""

    def __init__(self, kind, width, batch):
        self.kind, self.width = kind, width
        self.ends = 2 if kind == "deque" else 1
        self.s = torch.zeros(batch, 0, dtype=torch.float64)
        self.v = torch.zeros(batch, 0, width, dtype=torch.float64)

    def first_read(self, batch):
        return torch.zeros(batch, self.ends * self.width, dtype=torch.float64)

    def step(self, raw):
        ends = self.ends
        u = torch.sigmoid(raw[:, :ends]).split(1, dim=1)
        d = torch.sigmoid(raw[:, ends:2 * ends]).split(1, dim=1)
        v = torch.tanh(raw[:, 2 * ends:]).split(self.width, dim=1)
        if self.kind == "deque":
            self.s = pop(self.s, u[0], above)
            self.s = pop(self.s, u[1], below)
            self.s = torch.cat([d[1], self.s, d[0]], 1)
            self.v = torch.cat([v[1].unsqueeze(1), self.v, v[0].unsqueeze(1)], 1)
            return torch.cat([read(self.s, self.v, above), read(self.s, self.v, below)], 1)
        outside = above if self.kind == "stack" else below
        self.s = torch.cat([pop(self.s, u[0], outside), d[0]], 1)
        self.v = torch.cat([self.v, v[0].unsqueeze(1)], 1)
        return read(self.s, self.v, outside)


class NoMemory:
    def first_read(self, batch):
        return torch.zeros(batch, 0, dtype=torch.float64)

    def step(self, raw):
        return raw[:, :0]


class TuringMemory:
    """Rows behind pairs of heads, each formula for itself and the whole memory written anew at each step."""

    def __init__(self, settings, p, batch):
        self.rows, self.columns, self.pairs = settings["rows"], settings["columns"], settings["heads"]
        self.shifts, self.clip = 2 * settings["maximumShift"] + 1, settings["clip"] or 0
        shape = (self.rows, self.columns)
        if settings["initialMemory"] == "learned":
            memory = p["memory.initial_memory"]
        elif settings["initialMemory"] == "random":
            memory = torch.from_numpy(normal_numbers(self.rows * self.columns)).reshape(shape) / self.columns**0.5
        else:
            memory = torch.full(shape, 1e-6, dtype=torch.float64)
        focus = torch.zeros(2 * self.pairs, self.rows, dtype=torch.float64)
        focus[:, 0] = 1
        if settings["initialFocus"] == "learned":
            focus = p["memory.initial_focus"].softmax(1)
        self.memory = memory.expand(batch, *shape)
        self.focus = [head.expand(batch, self.rows) for head in focus]
        self.reads = p.get("memory.initial_reads", torch.zeros(self.pairs * self.columns, dtype=torch.float64))

    def first_read(self, batch):
        return self.reads.expand(batch, -1)

    def address(self, head, raw):
        """New weights of a head from its raw [k | beta | g | s | gamma]."""
        k, beta, g, s, gamma = raw.split([self.columns, 1, 1, self.shifts, 1], dim=1)
        k = torch.tanh(k).unsqueeze(1)
        lengths = k.square().sum(2).sqrt() * self.memory.square().sum(2).sqrt()
        similarity = (k * self.memory).sum(2) / (lengths + 1e-8)
        content = (torch.nn.functional.softplus(beta) * similarity).softmax(1)
        g, s = torch.sigmoid(g), s.softmax(1)
        gated = g * content + (1 - g) * self.focus[head]
        largest = self.shifts // 2
        shifted = sum(s[:, q:q + 1] * gated.roll(largest - q, dims=1) for q in range(self.shifts))
        powers = shifted ** (1 + torch.nn.functional.softplus(gamma))
        self.focus[head] = powers / powers.sum(1, keepdim=True)
        return self.focus[head]

    def step(self, raw):
        if self.clip > 0:
            raw = raw.clamp(-self.clip, self.clip)
        heading = self.columns + self.shifts + 3
        reads = []
        for pair, part in enumerate(raw.split(2 * heading + 2 * self.columns, dim=1)):
            w = self.address(2 * pair, part[:, :heading])
            reads.append((w.unsqueeze(2) * self.memory).sum(1))
            w = self.address(2 * pair + 1, part[:, heading:2 * heading]).unsqueeze(2)
            erase, add = part[:, 2 * heading:].split(self.columns, dim=1)
            erase, add = torch.sigmoid(erase).unsqueeze(1), torch.tanh(add).unsqueeze(1)
            self.memory = self.memory * (1 - w * erase) + w * add
        return torch.cat(reads, 1)


def normal_numbers(count, seed=0):
    """xoshiro256**, seeded through SplitMix64, and Box and Muller's normal numbers."""
    limit = (1 << 64) - 1

    def rotated(word, by):
        return (word << by | word >> (64 - by)) & limit

    state = []
    for i in range(1, 5):
        word = (seed + i * 0x9E3779B97F4A7C15) & limit
        word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & limit
        word = (word ^ word >> 27) * 0x94D049BB133111EB & limit
        state.append(word ^ word >> 31)

    def uniform():
        result = rotated(state[1] * 5 & limit, 7) * 9 & limit
        shifted = state[1] << 17 & limit
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotated(state[3], 45)
        return (result >> 11) * 2.0**-53

    numbers = []
    for _ in range(count):
        radius = np.sqrt(-2 * np.log(1 - uniform()))
        numbers.append(radius * np.cos(2 * np.pi * uniform()))
    return np.array(numbers)


def make_memory(settings, p, batch):
    kind = settings["kind"]
    if kind == "none":
        return NoMemory()
    if kind == "ntm":
        return TuringMemory(settings, p, batch)
    return WindowMemory(kind, settings["width"], batch)


# --- Controllers ---


def controller_layers(settings):
    """Names and cells of the layers, lowest first."""
    kind = settings["kind"]
    if kind == "rnn":
        return [("layer0", "tanh-recurrent")]
    cell = {"lstm": "lstm", "feedforward": "tanh"}[kind]
    layers = [(f"layer{i}", cell) for i in range(settings["layers"])]
    return ([("input", "linear")] if settings.get("inputLayer") else []) + layers


class Layer:
    def __init__(self, p, name, cell, batch):
        name = "controller." + name
        self.weight, self.bias, self.cell = p[name + ".weight"], p[name + ".bias"], cell
        units = self.bias.shape[0] // (4 if cell == "lstm" else 1)
        zero = torch.zeros(units, dtype=torch.float64)
        self.h = p.get(name + ".h0", zero).expand(batch, units)
        self.c = p.get(name + ".c0", zero).expand(batch, units)

    def step(self, *sources):
        sources = list(sources)
        if self.cell in ("lstm", "tanh-recurrent"):
            sources.append(self.h)
        z = torch.cat(sources, 1) @ self.weight + self.bias
        if self.cell == "lstm":
            i, f, g, o = z.chunk(4, dim=1)
            self.c = torch.sigmoid(f) * self.c + torch.sigmoid(i) * torch.tanh(g)
            self.h = torch.sigmoid(o) * torch.tanh(self.c)
        else:
            self.h = z if self.cell == "linear" else torch.tanh(z)
        return self.h


# --- The network ---


def encode(p, inputs, network, metadata):
    """x for all steps, (T, B, E)."""
    kind, size = metadata["inputs"].split()
    if kind == "vectors":
        return torch.from_numpy(inputs.astype(np.float64))
    symbols = torch.from_numpy(inputs.astype(np.int64))
    if network["input"]["encoding"] == "one-hot":
        return torch.nn.functional.one_hot(symbols, int(size)).to(torch.float64)
    return p["embedding.weight"][symbols]


def run(p, inputs, network, metadata):
    """Outputs before the last nonlinearity, (T, B, O), and what has to tell its input again: h_t and o'_t of all steps."""
    x = encode(p, inputs, network, metadata)
    steps, batch = x.shape[:2]
    layers = [Layer(p, name, cell, batch) for name, cell in controller_layers(network["controller"])]
    skips = network["controller"].get("skipConnections", False)
    memory = make_memory(network["memory"], p, batch)
    r = memory.first_read(batch)
    outputs = []
    telling = {"controller": [], "projection": []}
    for t in range(steps):
        h = layers[0].step(x[t], r)
        for layer in layers[1:]:
            h = layer.step(x[t], h) if skips else layer.step(h)
        if skips:
            h = torch.cat([layer.h for layer in layers], 1)
        driving = torch.tanh(h @ p["projection.weight"] + p["projection.bias"]) if "projection.weight" in p else h
        telling["controller"].append(h)
        telling["projection"].append(driving)
        if "interface.weight" in p:
            r = memory.step(driving @ p["interface.weight"] + p["interface.bias"])
        takes_reads = network["output"]["source"] == "controller-and-reads"
        source = torch.cat([driving, r], 1) if takes_reads else driving
        if "output.hidden.weight" in p:
            source = torch.tanh(source @ p["output.hidden.weight"] + p["output.hidden.bias"])
        outputs.append(source @ p["output.weight"] + p["output.bias"])
    return torch.stack(outputs), {name: torch.stack(values) for name, values in telling.items()}


def reconstruction_loss(p, telling, inputs, mask, weight):
    """Each source's mean over the steps from a sequence's second to its last that counts, of -ln p(input before)."""
    last = torch.from_numpy(np.where(mask > 0, np.arange(len(mask))[:, None], 0).max(0))
    counts = torch.arange(1, len(mask))[:, None] <= last
    wanted = torch.from_numpy(inputs.astype(np.int64))[:-1]
    total = 0.0
    for name, values in telling.items():
        if f"reconstruction.{name}.weight" in p:
            logits = values[1:] @ p[f"reconstruction.{name}.weight"] + p[f"reconstruction.{name}.bias"]
            losses = -logits.log_softmax(2).gather(2, wanted.unsqueeze(2)).squeeze(2)
            total = total + losses[counts].mean()
    return weight * total


def mean_loss(outputs, targets, mask, metadata):
    """The mean over all outputs that count, in nats."""
    counts = torch.from_numpy(mask > 0)
    kind, size = metadata["outputs"].split()
    if kind == "bits":
        wanted = torch.from_numpy(targets.astype(np.float64))
        losses = torch.nn.functional.binary_cross_entropy_with_logits(outputs, wanted, reduction="none").sum(2)
        return losses[counts].sum() / (counts.sum() * int(size))
    if kind == "numbers":
        wanted = torch.from_numpy(targets.astype(np.float64))
        return 0.5 * (outputs - wanted)[counts].square().mean()
    wanted = torch.from_numpy(targets.astype(np.int64))
    # -1: a symbol that is none of the outputs.
    counts = counts & (wanted >= 0)
    losses = -outputs.log_softmax(2).gather(2, wanted.clamp(min=0).unsqueeze(2)).squeeze(2)
    return losses[counts].mean()


def error(ours, theirs, floor=0.0):
    """The largest difference beside the largest number, or beside the floor; infinite for another shape."""
    theirs = theirs.detach().numpy()
    if ours.shape != theirs.shape:
        return float("inf")
    scale = max(np.abs(theirs).max(), floor)
    difference = np.abs(ours.astype(np.float64) - theirs).max()
    return difference / scale if scale > 0 else difference


def check(path):
    """Errors by name of the array."""
    arrays, metadata = read_safetensors(path)
    network = json.loads(metadata["configuration"])["network"]
    p = {
        name[len("param/"):]: torch.from_numpy(values.astype(np.float64)).requires_grad_()
        for name, values in arrays.items() if name.startswith("param/")
    }
    outputs, telling = run(p, arrays["inputs"], network, metadata)
    loss = mean_loss(outputs, arrays["targets"], arrays["mask"], metadata)
    if network["reconstruction"]["weight"] > 0:
        weight = network["reconstruction"]["weight"]
        loss = loss + reconstruction_loss(p, telling, arrays["inputs"], arrays["mask"], weight)
    loss.backward()
    errors = {"loss": error(arrays["loss"], loss), "outputs": error(arrays["outputs"], outputs)}
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
        worst = max(errors, key=lambda name: np.nan_to_num(errors[name], nan=np.inf))
        failures += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok':6} {path}: {len(errors)} arrays, largest error "
              f"{errors[worst]:.1e} in {worst}" + (f"; wrong: {', '.join(wrong)}" if wrong else ""))
        if options.verbose:
            for name, value in errors.items():
                print(f"         {value:.1e} {name}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""A network of NeuralMemory in PyTorch: controller, memory, output. `trainer export --format pytorch` writes this file.

It needs nothing but PyTorch. In this folder:

    import model
    network = model.load()             # of parameters.safetensors beside this file
    logits = network(inputs)           # (T, B, outputs), before softmax or sigmoid
    ...                                # train it as any module
    model.save(network, "tuned.safetensors")

and then `trainer import tuned.safetensors --like RUN --output DIR`. Arrays over steps are time-major: `inputs` are symbol
numbers, (T, B), or vectors, (T, B, n). Parameters have the names that they have in checkpoints. What to build is in the
configuration, which the file of parameters has among its metadata.

Memories follow the papers' dense equations, which touch every entry at every step: readable, and slow for long sequences.
"""
import json
import math
import pathlib
import struct

import torch
from torch import nn
from torch.nn import functional

TYPES = {"F32": torch.float32, "F64": torch.float64, "I32": torch.int32, "I64": torch.int64}


# --- Files ---


def read_safetensors(path):
    """Arrays by name, and metadata."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        array = torch.frombuffer(bytearray(data[begin:end]), dtype=TYPES[entry["dtype"]])
        arrays[name] = array.reshape(entry["shape"])
    return arrays, metadata


def write_safetensors(arrays, metadata, path):
    """Writes arrays as F32."""
    header, data = {"__metadata__": metadata}, b""
    for name, array in arrays.items():
        numbers = array.detach().to(torch.float32).flatten().tolist()
        begin, data = len(data), data + struct.pack(f"<{len(numbers)}f", *numbers)
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def load(path=None):
    """The network of a file of parameters; of parameters.safetensors beside this file unless another is given."""
    return Network(*read_safetensors(path or pathlib.Path(__file__).with_name("parameters.safetensors")))


def save(network, path):
    """Writes a network's parameters, for `load` and for `trainer import`."""
    write_safetensors(network.state_dict(), network.metadata, path)


# --- Stack, queue and deque (Grefenstette et al. 2015): strengths s and values v of all entries, from bottom to top ---


def minimum(left, right):
    """min whose derivative belongs to the left argument where both are equal."""
    return torch.where(left <= right, left, right)


def above(s):
    """For each entry, the sum of the strengths of all entries above it."""
    return s.flip(1).cumsum(1).flip(1) - s


def below(s):
    """For each entry, the sum of the strengths of all entries below it."""
    return s.cumsum(1) - s


def pop(s, u, outside):
    """What is left of s once u, minus what lies between the entry and the end, has been taken away."""
    return torch.relu(s - torch.relu(u - outside(s)))


def read(s, v, outside):
    """The sum of the values that are first from an end, up to a strength of 1."""
    weights = minimum(s, torch.relu(1 - outside(s)))
    return (weights.unsqueeze(2) * v).sum(1)


class WindowMemory:
    """The state of stacks, queues or deques, one for each sequence; top before bottom where there are two ends."""

    def __init__(self, settings, like):
        self.kind, self.width = settings["kind"], settings["width"]
        self.ends = 2 if self.kind == "deque" else 1
        self.s = like.new_zeros(len(like), 0)
        self.v = like.new_zeros(len(like), 0, self.width)
        self.first_read = like.new_zeros(len(like), self.ends * self.width)

    def step(self, raw):
        """Pops, pushes, reads, as the raw interface vector says: [pops | pushes | values]."""
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
    """Neither interface nor reads."""

    def __init__(self, settings, like):
        self.first_read = like.new_zeros(len(like), 0)


# --- Neural Turing machine (Graves et al. 2014) ---


class TuringMemory:
    """Rows behind read heads and write heads, which act one after the other."""

    def __init__(self, settings, like, p):
        self.rows, self.columns = settings["rows"], settings["columns"]
        # Null where heads counts both.
        self.readers = settings["readHeads"] or settings["heads"]
        self.writers = settings["writeHeads"] or settings["heads"]
        self.shifts, self.clip = 2 * settings["maximumShift"] + 1, settings["clip"] or 0
        focus = like.new_zeros(self.readers + self.writers, self.rows)
        focus[:, 0] = 1
        if settings["initialFocus"] == "learned":
            focus = p["memory.initial_focus"].softmax(1)
        reads = p.get("memory.initial_reads", like.new_zeros(self.readers * self.columns))
        self.memory = initial_rows(settings, like, p)
        self.focus = [head.expand(len(like), self.rows) for head in focus]
        self.first_read = reads.expand(len(like), -1)

    def address(self, head, raw):
        """New weights of a head, by its part of the raw interface vector: [k | beta | g | s | gamma]."""
        k, beta, g, s, gamma = raw.split([self.columns, 1, 1, self.shifts, 1], dim=1)
        k = torch.tanh(k).unsqueeze(1)
        squares = k.square().sum(2), self.memory.square().sum(2)
        lengths = squares[0].clamp(min=1e-30).sqrt() * squares[1].clamp(min=1e-30).sqrt()
        similarity = (k * self.memory).sum(2) / (lengths + 1e-8)
        similarity = similarity.masked_fill((squares[0] < 1e-30) | (squares[1] < 1e-30), 0)
        content = (functional.softplus(beta) * similarity).softmax(1)
        g, s = torch.sigmoid(g), s.softmax(1)
        gated = g * content + (1 - g) * self.focus[head]
        largest = self.shifts // 2
        shifted = sum(s[:, q:q + 1] * gated.roll(largest - q, dims=1) for q in range(self.shifts))
        # The quotient by the largest cancels; without it, powers could all become 0.
        powers = (shifted / shifted.amax(1, keepdim=True).detach()) ** (1 + functional.softplus(gamma))
        self.focus[head] = powers / powers.sum(1, keepdim=True)
        return self.focus[head]

    def step(self, raw):
        """Read w, then write w, and so on; all reads that are left before the last write. Gives all reads."""
        if self.clip > 0:
            raw = raw.clamp(-self.clip, self.clip)
        heading = self.columns + self.shifts + 3
        reads, at = [], 0
        for write in range(self.writers):
            while len(reads) < (self.readers if write == self.writers - 1 else min(write + 1, self.readers)):
                w = self.address(write + len(reads), raw[:, at:at + heading])
                reads.append((w.unsqueeze(2) * self.memory).sum(1))
                at += heading
            w = self.address(write + len(reads), raw[:, at:at + heading]).unsqueeze(2)
            erase, add = raw[:, at + heading:at + heading + 2 * self.columns].split(self.columns, dim=1)
            erase, add = torch.sigmoid(erase).unsqueeze(1), torch.tanh(add).unsqueeze(1)
            self.memory = self.memory * (1 - w * erase) + w * add
            at += heading + 2 * self.columns
        return torch.cat(reads, 1)


# --- Differentiable neural computer (Graves et al. 2016; repairs by Csordas and Schmidhuber 2019) ---


class DNC:
    """Rows behind one write head, which allocates, and read heads, which follow content and the order of writing."""

    def __init__(self, settings, like, p):
        self.settings = settings
        self.rows, self.columns, self.heads = settings["rows"], settings["columns"], settings["readHeads"]
        self.memory = initial_rows(settings, like, p)
        zeros = like.new_zeros(len(like), self.rows)
        self.usage, self.precedence, self.write = zeros, zeros, zeros
        self.links = like.new_zeros(len(like), self.rows, self.rows)
        self.reads = like.new_zeros(len(like), self.heads, self.rows)
        reads = p.get("memory.initial_reads", like.new_zeros(self.heads * self.columns))
        self.first_read = reads.expand(len(like), -1)

    def parts(self, raw):
        """Interface vectors cut into their parts, with the activations applied."""
        heads, columns = self.heads, self.columns
        sizes = [heads * columns, heads, columns, 1, columns, columns, heads, 1, 1, 3 * heads]
        masks = (heads + 1) * columns if self.settings["masksKeys"] else 0
        sharpness = 2 * heads if self.settings["sharpensLinks"] else 0
        (read_keys, read_strengths, write_key, write_strength, erase, add, free, allocation_gate, write_gate, modes,
         z, s) = raw.split(sizes + [masks, sharpness], dim=1)
        keys = torch.cat([read_keys, write_key], 1).unflatten(1, (heads + 1, columns))
        strengths = 1 + functional.softplus(torch.cat([read_strengths, write_strength], 1))
        z = torch.sigmoid(z).unflatten(1, (heads + 1, columns)) if masks else torch.ones_like(keys)
        gates = torch.sigmoid(allocation_gate), torch.sigmoid(write_gate)
        modes = modes.unflatten(1, (heads, 3)).softmax(2)
        return keys, strengths, z, torch.sigmoid(erase), add, torch.sigmoid(free), gates, modes, 1 + functional.softplus(s)

    def look_up(self, keys, strengths, z):
        """Weights of rows by their cosine with each key, both multiplied by the key's mask: (batch, keys, rows)."""
        keys, rows = (z * keys).unsqueeze(2), z.unsqueeze(2) * self.memory.unsqueeze(1)
        epsilon = 1e-6 if self.settings["smoothsCosine"] else 0
        squares = keys.square().sum(3) + epsilon, rows.square().sum(3) + epsilon
        lengths = squares[0].clamp(min=1e-30).sqrt() * squares[1].clamp(min=1e-30).sqrt()
        cosine = (keys * rows).sum(3) / (lengths + epsilon)
        cosine = cosine.masked_fill((squares[0] < 1e-30) | (squares[1] < 1e-30), 0)
        return (strengths.unsqueeze(2) * cosine).softmax(2)

    def allocate(self):
        """Weights of the freest rows; of equal ones the first row comes first."""
        usage = 1e-6 + (1 - 1e-6) * self.usage if self.settings["floorsUsage"] else self.usage
        order = self.usage.detach().argsort(dim=1, stable=True)
        used = usage.gather(1, order)
        all_used = torch.cat([torch.ones_like(used[:, :1]), used.cumprod(1)[:, :-1]], 1)
        return torch.zeros_like(used).scatter(1, order, (1 - used) * all_used)

    def follow(self, found, sharpness):
        """What was found along the links, raised to a power where the settings say so."""
        if not self.settings["sharpensLinks"]:
            return found
        found = found.clamp(min=0)
        largest = found.amax(2, keepdim=True).detach()
        logarithms = sharpness.unsqueeze(2) * (found.clamp(min=1e-38) / largest.clamp(min=1e-30)).log()
        powers = logarithms.exp().masked_fill((logarithms < -64) | (found <= 0), 0)
        return (powers / powers.sum(2, keepdim=True).clamp(min=1e-30)).masked_fill(largest < 1e-30, 0)

    def step(self, raw):
        """The write, then all reads."""
        keys, strengths, z, erase, add, free, gates, modes, sharpness = self.parts(raw)
        retention = (1 - free.unsqueeze(2) * self.reads).prod(1)
        before = self.write.detach() if self.settings["stopsUsageGradient"] else self.write
        self.usage = (self.usage + before - self.usage * before) * retention
        content = self.look_up(keys[:, -1:], strengths[:, -1:], z[:, -1:])[:, 0]
        w = gates[1] * (gates[0] * self.allocate() + (1 - gates[0]) * content)
        memory = self.memory * retention.unsqueeze(2) if self.settings["deallocates"] else self.memory
        self.memory = memory * (1 - w.unsqueeze(2) * erase.unsqueeze(1)) + w.unsqueeze(2) * add.unsqueeze(1)
        links = (1 - w.unsqueeze(2) - w.unsqueeze(1)) * self.links + w.unsqueeze(2) * self.precedence.unsqueeze(1)
        self.links = links * (1 - torch.eye(self.rows).to(links))
        self.precedence = (1 - w.sum(1, keepdim=True)) * self.precedence + w
        self.write = w
        backward = self.follow(self.reads @ self.links, sharpness[:, :self.heads])
        forward = self.follow(self.reads @ self.links.transpose(1, 2), sharpness[:, self.heads:])
        content = self.look_up(keys[:, :-1], strengths[:, :-1], z[:, :-1])
        self.reads = modes[:, :, 0:1] * backward + modes[:, :, 1:2] * content + modes[:, :, 2:3] * forward
        return (self.reads @ self.memory).flatten(1)


def initial_rows(settings, like, p):
    """The rows of a memory before the first step, for as many sequences as `like` has rows."""
    shape = (settings["rows"], settings["columns"])
    if settings["initialMemory"] == "learned":
        memory = p["memory.initial_memory"]
    elif settings["initialMemory"] == "random":
        numbers = torch.tensor(normal_numbers(shape[0] * shape[1]), dtype=torch.float64)
        memory = (numbers.reshape(shape) / shape[1]**0.5).to(like)
    else:
        memory = like.new_full(shape, 1e-6)
    return memory.expand(len(like), *shape)


def normal_numbers(count, seed=0):
    """The memory's random rows: xoshiro256**, seeded through SplitMix64, and Box and Muller's normal numbers."""
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

    def normal():
        radius = math.sqrt(-2 * math.log(1 - uniform()))
        return radius * math.cos(2 * math.pi * uniform())

    return [normal() for _ in range(count)]


# --- Sparse access memory (Rae et al. 2016) ---


def strongest(weights, count):
    """The largest numbers of the last dimension, of equal ones the first; all others become 0."""
    kept = weights.sort(dim=-1, descending=True, stable=True).indices[..., :count]
    return torch.zeros_like(weights).scatter(-1, kept, weights.gather(-1, kept))


class SparseMemory:
    """Rows of which each head reads the nearest to its key, and writes those and the least recently accessed one.

    With links, as the memory of the sparse differentiable neural computer, a head also reads along its writes' order.
    """

    def __init__(self, settings, like):
        self.rows, self.columns, self.heads = settings["rows"], settings["columns"], settings["heads"]
        self.neighbors, self.threshold = settings["neighbors"], settings["accessThreshold"]
        self.memory = like.new_full((len(like), self.rows, self.columns), 0.1)
        self.weights = [like.new_zeros(len(like), self.rows) for _ in range(self.heads)]
        self.kept = settings.get("links", 0)
        if self.kept:
            self.links = [like.new_zeros(len(like), self.rows, self.rows) for _ in range(self.heads)]
            self.precedence = [like.new_zeros(len(like), self.rows) for _ in range(self.heads)]
        # The step of each row's last access; all 0 for rows without any.
        self.last, self.steps = torch.zeros(len(like), self.rows, dtype=torch.long, device=like.device), 0
        self.first_read = like.new_zeros(len(like), self.heads * self.columns)

    def note(self, weights):
        """Rows with weights above the threshold are accessed in this step."""
        self.last = self.last.masked_fill(weights > self.threshold, self.steps)

    def write(self, head, raw, claimed):
        """A head's write, by [a | beta | alpha | gamma | modes]; claimed are the rows that others write as unused ones."""
        add, _, alpha, gamma = raw[:, :self.columns + 3].split([self.columns, 1, 1, 1], dim=1)
        alpha, gamma = torch.sigmoid(alpha), torch.sigmoid(gamma)
        # The first of those accessed longest ago.
        numbers = torch.arange(self.rows, device=raw.device)
        order = (self.last * self.rows + numbers).masked_fill(claimed, torch.iinfo(torch.long).max)
        unused = functional.one_hot(order.argmin(1), self.rows)
        weights = alpha * (gamma * self.weights[head] + (1 - gamma) * unused)
        self.memory = self.memory * (1 - unused).unsqueeze(2) + weights.unsqueeze(2) * add.unsqueeze(1)
        self.note(weights)
        if self.kept:
            self.link(head, weights)
        return claimed | (unused > 0)

    @torch.no_grad()
    def link(self, head, weights):
        """What a write does to its head's links and precedence, which get no gradients."""
        later, earlier, before = weights.unsqueeze(2), weights.unsqueeze(1), self.precedence[head]
        links = (1 - later - earlier) * self.links[head] + later * before.unsqueeze(1)
        links = links * (1 - torch.eye(self.rows, dtype=links.dtype, device=links.device))
        # Rows keep their strongest links, then columns.
        self.links[head] = strongest(strongest(links, self.kept).transpose(1, 2), self.kept).transpose(1, 2)
        before = (1 - weights.sum(1, keepdim=True)) * before + weights
        self.precedence[head] = strongest(before, self.kept)

    def linked(self, head, links):
        """What links lead to from the rows of the last read."""
        return strongest((links @ self.weights[head].unsqueeze(2)).squeeze(2), self.neighbors)

    def read(self, head, key, beta, modes):
        """A head's read of the rows that are nearest to its key, and of those that links lead to."""
        squares = key.square().sum(1, keepdim=True), self.memory.square().sum(2)
        lengths = squares[0].clamp(min=1e-30).sqrt() * squares[1].clamp(min=1e-30).sqrt()
        similarity = (key.unsqueeze(1) * self.memory).sum(2) / lengths
        similarity = similarity.masked_fill((squares[0] < 1e-30) | (squares[1] < 1e-30), 0)
        # A stable order: of rows that are equally near, the first ones.
        nearest = similarity.sort(dim=1, descending=True, stable=True).indices[:, :self.neighbors]
        weights = ((1 + functional.softplus(beta)) * similarity.gather(1, nearest)).softmax(1)
        weights = torch.zeros_like(similarity).scatter(1, nearest, weights)
        if self.kept:
            backward, content, forward = modes.softmax(1).split(1, dim=1)
            links = self.links[head]
            weights = (backward * self.linked(head, links.transpose(1, 2)) + content * weights
                       + forward * self.linked(head, links))
        self.weights[head] = weights
        return (self.weights[head].unsqueeze(2) * self.memory).sum(1)

    def step(self, raw):
        """All heads' writes, then their reads; gives all reads."""
        self.steps += 1
        parts = raw.split(raw.shape[1] // self.heads, dim=1)
        claimed = torch.zeros_like(self.last, dtype=torch.bool)
        for head, part in enumerate(parts):
            claimed = self.write(head, part[:, self.columns:], claimed)
        scalar = 2 * self.columns
        reads = [self.read(head, part[:, :self.columns], part[:, scalar:scalar + 1], part[:, scalar + 3:])
                 for head, part in enumerate(parts)]
        for weights in self.weights:
            self.note(weights)
        return torch.cat(reads, 1)


def make_memory(settings, like, p):
    """The memory before the first step, for as many sequences as `like` has rows, and of its type of numbers."""
    of_rows = {"ntm": TuringMemory, "dnc": DNC}
    if settings["kind"] in of_rows:
        return of_rows[settings["kind"]](settings, like, p)
    kinds = {"stack": WindowMemory, "queue": WindowMemory, "deque": WindowMemory, "none": NoMemory,
             "sam": SparseMemory, "sdnc": SparseMemory}
    return kinds[settings["kind"]](settings, like)


# --- Controller ---


def controller_layers(settings):
    """Names and cells of the layers, lowest first."""
    kind = settings["kind"]
    if kind == "rnn":
        return [("layer0", "tanh-recurrent")]
    cell = {"lstm": "lstm", "feedforward": "tanh"}[kind]
    layers = [(f"layer{i}", cell) for i in range(settings["layers"])]
    return ([("input", "linear")] if settings.get("inputLayer") else []) + layers


class Layer:
    """A layer of the controller with its state."""

    def __init__(self, p, name, cell, like):
        name = "controller." + name
        self.weight, self.bias, self.cell = p[name + ".weight"], p[name + ".bias"], cell
        units = len(self.bias) // (4 if cell == "lstm" else 1)
        zero = like.new_zeros(units)
        self.h = p.get(name + ".h0", zero).expand(len(like), units)
        self.c = p.get(name + ".c0", zero).expand(len(like), units)

    def step(self, *sources):
        if self.cell in ("lstm", "tanh-recurrent"):
            sources += (self.h,)
        z = torch.cat(sources, 1) @ self.weight + self.bias
        if self.cell == "lstm":
            i, f, g, o = z.chunk(4, dim=1)
            self.c = torch.sigmoid(f) * self.c + torch.sigmoid(i) * torch.tanh(g)
            self.h = torch.sigmoid(o) * torch.tanh(self.c)
        else:
            self.h = z if self.cell == "linear" else torch.tanh(z)
        return self.h


# --- The network ---


class Network(nn.Module):
    """A network of these parameters, by name; the metadata say what it is."""

    def __init__(self, arrays, metadata):
        super().__init__()
        self.metadata = metadata
        self.settings = json.loads(metadata["configuration"])["network"]
        # What each step takes: "symbols", of so many, or "vectors" of so many numbers.
        self.input_kind, size = metadata["inputs"].split()
        self.input_size = int(size)
        self.input_names = json.loads(metadata.get("input_names", "null"))
        self.output_names = json.loads(metadata.get("output_names", "null"))
        for name, array in arrays.items():
            self.declare(name, array)

    def declare(self, name, array):
        """Makes an array a parameter of the module that its name leads to: controller.layer0.weight."""
        module, *path = self, *name.split(".")
        for part in path[:-1]:
            if part not in module._modules:
                module.add_module(part, nn.Module())
            module = module._modules[part]
        module.register_parameter(path[-1], nn.Parameter(array.clone()))

    def encode(self, inputs, p):
        """x for all steps, (T, B, E)."""
        if self.input_kind == "vectors":
            return inputs.to(p["output.bias"])
        if self.settings["input"]["encoding"] == "one-hot":
            return functional.one_hot(inputs.long(), self.input_size).to(p["output.bias"])
        return p["embedding.weight"][inputs.long()]

    def forward(self, inputs):
        """Outputs before softmax or sigmoid, (T, B, O)."""
        return self.run(inputs)[0]

    def run(self, inputs):
        """Outputs, and h_t of the controller and o'_t after the projection, of all steps."""
        p, settings = dict(self.named_parameters()), self.settings
        x = self.encode(inputs, p)
        layers = [Layer(p, name, cell, x[0]) for name, cell in controller_layers(settings["controller"])]
        skips = settings["controller"].get("skipConnections", False)
        memory = make_memory(settings["memory"], x[0], p)
        r = memory.first_read
        outputs, hidden, driving = [], [], []
        for x_t in x:
            h = layers[0].step(x_t, r)
            for layer in layers[1:]:
                h = layer.step(x_t, h) if skips else layer.step(h)
            if skips:
                h = torch.cat([layer.h for layer in layers], 1)
            o = torch.tanh(h @ p["projection.weight"] + p["projection.bias"]) if "projection.weight" in p else h
            hidden.append(h)
            driving.append(o)
            if "interface.weight" in p:
                r = memory.step(o @ p["interface.weight"] + p["interface.bias"])
            s = torch.cat([o, r], 1) if settings["output"]["source"] == "controller-and-reads" else o
            if "output.hidden.weight" in p:
                s = torch.tanh(s @ p["output.hidden.weight"] + p["output.hidden.bias"])
            outputs.append(s @ p["output.weight"] + p["output.bias"])
        return torch.stack(outputs), torch.stack(hidden), torch.stack(driving)


if __name__ == "__main__":
    shown = load()
    print(shown.metadata["task"], "on", shown.metadata["inputs"], "to", shown.metadata["outputs"])
    for parameter, numbers in shown.named_parameters():
        print(f"{parameter:40} {list(numbers.shape)}")

"""Networks with the memories `dnc` and `sam` for one sequence, in Float64, after docs/CHECKPOINT.md alone.

Names are those of its equations. What rounding may decide otherwise, an order of rows or the nearest of them, is given.
"""
import math

import torch
from torch.nn.functional import softplus

EPSILON = 1e-6


def run(p, metadata, network, inputs, given):
    """Outputs (T, O), and the signals of each step by their names in `trainer inspect --format json`."""
    kind, size = metadata["inputs"].split()
    memory = MEMORIES[network["memory"]["kind"]](p, network["memory"], given)
    controller = Controller(p, network["controller"])
    outputs, signals = [], []
    reads = memory.start
    for number in inputs:
        if kind == "vectors":
            x = number.double()
        elif network["input"]["encoding"] == "embedding":
            x = p["embedding.weight"][number]
        else:
            x = torch.eye(int(size), dtype=torch.float64)[number]
        seen = {}
        o = controller.step(x, reads, seen)
        if network["controllerOutputSize"] is not None:
            o = torch.tanh(layer(p, "projection", o))
        reads = memory.step(layer(p, "interface", o), seen)
        s = torch.cat([o, reads]) if network["output"]["source"] == "controller-and-reads" else o
        if network["output"]["hiddenSize"] is not None:
            s = torch.tanh(layer(p, "output.hidden", s))
        seen["output"] = layer(p, "output", s)
        outputs.append(seen["output"])
        signals.append(seen)
    return torch.stack(outputs), {name: torch.stack([seen[name] for seen in signals]) for name in signals[0]}


def layer(p, name, x):
    return x @ p[name + ".weight"] + p[name + ".bias"]


class Controller:
    def __init__(self, p, settings):
        self.p, self.kind = p, settings["kind"]
        self.skips = settings.get("skipConnections", False)
        self.names = [f"layer{index}" for index in range(settings.get("layers", 1))]
        if settings.get("inputLayer", False):
            self.names.insert(0, "input")
        zero = torch.zeros(settings["units"], dtype=torch.float64)
        self.h = {name: p.get(f"controller.{name}.h0", zero) for name in self.names}
        self.c = {name: p.get(f"controller.{name}.c0", zero) for name in self.names}

    def step(self, x, reads, seen):
        below = None
        for name in self.names:
            recurrent = self.kind != "feedforward" and name != "input"
            parts = [x, reads] if below is None else [x, below] if self.skips else [below]
            z = layer(self.p, "controller." + name, torch.cat(parts + [self.h[name]] * recurrent))
            if self.kind != "lstm":
                below = torch.tanh(z)
            elif name == "input":
                below = z
            else:
                below = self.lstm(name, z, seen)
            self.h[name] = below
            seen[f"controller.{name} h"] = below
        return torch.cat([self.h[name] for name in self.names]) if self.skips else below

    def lstm(self, name, z, seen):
        i, f, g, o = z.chunk(4)
        gates = {"input gate": torch.sigmoid(i), "forget gate": torch.sigmoid(f), "candidate": torch.tanh(g),
                 "output gate": torch.sigmoid(o)}
        self.c[name] = gates["forget gate"] * self.c[name] + gates["input gate"] * gates["candidate"]
        seen |= {f"controller.{name} {part}": value for part, value in (gates | {"cell": self.c[name]}).items()}
        return gates["output gate"] * torch.tanh(self.c[name])


def cosine(key, rows, smooths=False):
    products, lengths = rows @ key, (key.square().sum(), rows.square().sum(1))
    if smooths:
        return products / ((lengths[0] + EPSILON).sqrt() * (lengths[1] + EPSILON).sqrt() + EPSILON)
    counts = (lengths[0] >= 1e-30) & (lengths[1] >= 1e-30)
    return torch.where(counts, products / torch.where(counts, lengths[0] * lengths[1], 1).sqrt(), 0)


def head_name(kind, head, heads):
    return f"{kind} {head + 1}" if heads > 1 else kind


def oneplus(x):
    return 1 + softplus(x, threshold=math.inf)


class DNC:
    """`given` has φ of each step."""

    def __init__(self, p, settings, given):
        self.settings, self.given = settings, iter(given)
        self.rows, self.columns, self.heads = settings["rows"], settings["columns"], settings["readHeads"]
        vector = torch.zeros(self.rows, dtype=torch.float64)
        self.memory = initial_memory(p, settings)
        self.links = torch.zeros(self.rows, self.rows, dtype=torch.float64)
        self.usage = self.precedence = self.write = vector
        self.reads = [vector] * self.heads
        self.start = p.get("memory.initial_reads", torch.zeros(self.heads * self.columns, dtype=torch.float64))

    def parts(self, raw):
        heads, columns = self.heads, self.columns
        sizes = [heads * columns, heads, columns, 1, columns, columns, heads, 1, 1, 3 * heads]
        sizes += [heads * columns, columns] if self.settings["masksKeys"] else [0, 0]
        sizes += [heads, heads] if self.settings["sharpensLinks"] else [0, 0]
        return raw.split(sizes)

    def step(self, raw, seen):
        (read_keys, read_strengths, write_key, write_strength, erase, add, free, allocation_gate, write_gate, modes,
         read_masks, write_mask, *sharpness) = self.parts(raw)
        erase, free, allocation_gate, write_gate = map(torch.sigmoid, (erase, free, allocation_gate, write_gate))
        write_strength, write_mask = oneplus(write_strength), torch.sigmoid(write_mask)

        retention = torch.stack([1 - free[h] * self.reads[h] for h in range(self.heads)]).prod(0)
        written = self.write.detach() if self.settings["stopsUsageGradient"] else self.write
        self.usage = (self.usage + written - self.usage * written) * retention
        allocation = self.allocate()
        content = self.look_up(write_key, write_strength, write_mask)
        w = self.write = write_gate * (allocation_gate * allocation + (1 - allocation_gate) * content)
        kept = retention.unsqueeze(1) * self.memory if self.settings["deallocates"] else self.memory
        self.memory = kept * (1 - torch.outer(w, erase)) + torch.outer(w, add)
        links = (1 - w.unsqueeze(1) - w.unsqueeze(0)) * self.links + torch.outer(w, self.precedence)
        self.links = links * (1 - torch.eye(self.rows, dtype=torch.float64))
        self.precedence = (1 - w.sum()) * self.precedence + w
        seen |= {
            "write weighting": w, "allocation": allocation, "usage": self.usage, "retention": retention,
            "precedence": self.precedence, "write gate": write_gate, "allocation gate": allocation_gate,
            "write key": write_key, "write key strength": write_strength, "write mask": write_mask, "write erase": erase,
            "write add": add, "memory": self.memory, "links": self.links}

        vectors = []
        for h in range(self.heads):
            key, mask = (part.reshape(self.heads, -1)[h] for part in (read_keys, torch.sigmoid(read_masks)))
            found = {"backward": self.links.T @ self.reads[h], "forward": self.links @ self.reads[h]}
            seen |= {f"{self.head_name(h)} {way} weighting": weighting for way, weighting in found.items()}
            found["content"] = self.look_up(key, oneplus(read_strengths)[h], mask)
            if self.settings["sharpensLinks"]:
                for way, s in zip(("backward", "forward"), sharpness):
                    found[way] = sharpened(found[way], oneplus(s)[h])
                    seen[f"{self.head_name(h)} {way} sharpness"] = oneplus(s)[h]
            mode = dict(zip(("backward", "content", "forward"), modes.reshape(self.heads, 3).softmax(1)[h]))
            self.reads[h] = sum(mode[way] * found[way] for way in mode)
            vectors.append(self.reads[h] @ self.memory)
            seen |= {f"{self.head_name(h)} {name}": value for name, value in {
                "weighting": self.reads[h], "free gate": free[h], "key": key, "key strength": oneplus(read_strengths)[h],
                "mask": mask, "vector": vectors[-1]}.items()}
            seen |= {f"{self.head_name(h)} {way} mode": value for way, value in mode.items()}
        return torch.cat(vectors)

    def head_name(self, head):
        return head_name("read", head, self.heads)

    def allocate(self):
        order = next(self.given)
        used = (EPSILON + (1 - EPSILON) * self.usage if self.settings["floorsUsage"] else self.usage)[order]
        before = torch.cat([torch.ones(1, dtype=torch.float64), used.cumprod(0)[:-1]])
        return torch.zeros_like(used).scatter(0, order, (1 - used) * before)

    def look_up(self, key, strength, mask):
        rows = self.memory
        if self.settings["masksKeys"]:
            key, rows = mask * key, mask * rows
        return (strength * cosine(key, rows, self.settings["smoothsCosine"])).softmax(0)


def sharpened(b, s):
    largest = b.max().detach()
    if largest < 1e-30:
        return torch.zeros_like(b)
    counts = b > 0
    logarithms = s * torch.where(counts, b / largest, 1).log()
    powers = torch.where(counts & (logarithms >= -64), logarithms.exp(), 0)
    return powers / powers.sum()


def initial_memory(p, settings):
    shape = settings["rows"], settings["columns"]
    if settings["initialMemory"] == "learned":
        return p["memory.initial_memory"]
    if settings["initialMemory"] == "constant":
        return torch.full(shape, 1e-6, dtype=torch.float64)
    generator = Generator(0)
    numbers = [generator.normal() for _ in range(shape[0] * shape[1])]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape) / math.sqrt(shape[1])


class Generator:
    """xoshiro256**."""

    MASK = 2**64 - 1

    def __init__(self, seed):
        self.words = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & self.MASK
            word = ((seed ^ seed >> 30) * 0xBF58476D1CE4E5B9) & self.MASK
            word = ((word ^ word >> 27) * 0x94D049BB133111EB) & self.MASK
            self.words.append(word ^ word >> 31)

    def next(self):
        def rotated(word, by):
            return (word << by | word >> 64 - by) & self.MASK

        a, b, c, d = self.words
        result = rotated(b * 5 & self.MASK, 7) * 9 & self.MASK
        shifted = b << 17 & self.MASK
        c, d = c ^ a, d ^ b
        self.words = [a ^ d, b ^ c, c ^ shifted, rotated(d, 45)]
        return result

    def normal(self):
        x, y = ((self.next() >> 11) * 2.0**-53 for _ in range(2))
        return math.sqrt(-2 * math.log1p(-x)) * math.cos(2 * math.pi * y)


class Unclear(Exception):
    """Rounding decides what is not given."""


class Refuted(Exception):
    """What is given cannot be."""


class SAM:
    """`given` has the rows that each head reads in each step."""

    def __init__(self, p, settings, given):
        self.given, self.threshold = iter(given), settings["accessThreshold"]
        self.rows, self.columns, self.heads = settings["rows"], settings["columns"], settings["heads"]
        self.neighbors = settings["neighbors"]
        self.memory = torch.full((self.rows, self.columns), 0.1, dtype=torch.float64)
        self.reads = [torch.zeros(self.rows, dtype=torch.float64)] * self.heads
        self.start = torch.zeros(self.heads * self.columns, dtype=torch.float64)
        self.now, self.last = 0, [0] * self.rows

    def step(self, raw, seen):
        self.now += 1
        heads, vectors, taken = raw.split(2 * self.columns + 3), [], []
        for number, head in enumerate(heads):
            name = head_name("write", number, self.heads)
            _, add, _, gate, interpolation = self.parts(head)
            unused = min((row for row in range(self.rows) if row not in taken), key=lambda row: (self.last[row], row))
            taken.append(unused)
            at_unused = torch.eye(self.rows, dtype=torch.float64)[unused]
            w = gate * (interpolation * self.reads[number] + (1 - interpolation) * at_unused)
            self.memory = self.memory * (1 - at_unused).unsqueeze(1) + torch.outer(w, add)
            self.access(w)
            seen |= {f"{name} weighting": w, f"{name} gate": gate,
                     f"{name} interpolation gate": interpolation, f"{name} add": add}
        chosen = next(self.given)
        for number, head in enumerate(heads):
            name = head_name("read", number, self.heads)
            key, _, strength, _, _ = self.parts(head)
            self.reads[number] = self.nearest(key, strength, chosen[number])
            self.access(self.reads[number])
            vectors.append(self.reads[number] @ self.memory)
            seen |= {f"{name} weighting": self.reads[number], f"{name} key": key,
                     f"{name} key strength": strength, f"{name} vector": vectors[-1]}
        accessed = sorted((last, row) for row, last in enumerate(self.last) if last)
        seen["access rank"] = torch.zeros(self.rows, dtype=torch.float64)
        for rank, (_, row) in enumerate(accessed, 1):
            seen["access rank"][row] = rank
        seen["memory"] = self.memory
        return torch.cat(vectors)

    def parts(self, raw):
        key, add, strength, gate, interpolation = raw.split([self.columns, self.columns, 1, 1, 1])
        return key, add, oneplus(strength), torch.sigmoid(gate), torch.sigmoid(interpolation)

    def nearest(self, key, strength, rows):
        cosines = cosine(key, self.memory)
        others = [row for row in range(self.rows) if row not in rows]
        if len(rows) != self.neighbors or others and cosines[rows].min() < cosines[others].max() - 1e-5:
            raise Refuted(f"rows {rows} are not those of the {self.neighbors} largest of {cosines.tolist()}")
        return torch.zeros_like(cosines).scatter(0, torch.tensor(rows), (strength * cosines[rows]).softmax(0))

    def access(self, w):
        for row, weight in enumerate(w.tolist()):
            if weight and abs(weight - self.threshold) < 1e-6:
                raise Unclear(f"a weight of {weight} beside the threshold {self.threshold}")
            if weight > self.threshold:
                self.last[row] = self.now


MEMORIES = {"dnc": DNC, "sam": SAM}

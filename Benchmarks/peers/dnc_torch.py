"""The differentiable neural computer's copy step in PyTorch: the same work as dnc_jax.py, with a loop over steps in Python.

Compiling the whole loop would unroll all its steps, so with `compiled` one step is compiled, as users do.
"""
import torch
from torch.nn import functional as F

import ntm_torch

EPSILON = 1e-6


class Model(ntm_torch.Model):
    """Optimiser and step of training are those of the Turing machine."""

    step_function = staticmethod(lambda *state: step(*state))

    def loss(self):
        p, batch = self.p, self.batch
        rows, heads = self.settings["rows"], self.settings["readHeads"]
        x, y, first = batch["inputs"], batch["targets"], batch["first"]
        steps, sequences, inputs = x.shape
        weight_x, weight_state = p["controller.layer0.weight"][:inputs], p["controller.layer0.weight"][inputs:]
        z = x @ weight_x + p["controller.layer0.bias"]
        h, c, r = (
            p[name].expand(sequences, -1)
            for name in ("controller.layer0.h0", "controller.layer0.c0", "memory.initial_reads"))
        vector = torch.zeros(sequences, rows)
        state = (p["memory.initial_memory"].expand(sequences, -1, -1), torch.zeros(sequences, rows, rows), vector, vector,
                 vector, torch.zeros(sequences, heads, rows))
        off_diagonal = 1 - torch.eye(rows)
        seen = []
        for t in range(steps):
            h, c, r, *state = self.step(
                z[t], h, c, r, *state, off_diagonal, weight_state, p["interface.weight"], p["interface.bias"])
            if t >= first:
                seen.append(torch.cat([h, r], 1))
        outputs = torch.stack(seen) @ p["output.weight"] + p["output.bias"]
        return F.binary_cross_entropy_with_logits(outputs, y[first:])


def step(z, h, c, r, memory, links, usage, precedence, write, reads, off_diagonal, weight_state, interface_weight,
         interface_bias):
    i, f, g, o = torch.addmm(z, torch.cat([r, h], 1), weight_state).chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    h = torch.sigmoid(o) * torch.tanh(c)
    heads, columns = reads.shape[1], memory.shape[2]
    sizes = [heads * columns, heads, columns, 1, columns, columns, heads, 1, 1, 3 * heads]
    (read_keys, read_strengths, write_key, write_strength, erase, add, free, allocation_gate, write_gate,
     modes) = torch.addmm(interface_bias, h, interface_weight).split(sizes, 1)
    usage = (usage + write - usage * write) * (1 - torch.sigmoid(free).unsqueeze(2) * reads).prod(1)
    content = look_up(memory, write_key.unsqueeze(1), write_strength)[:, 0]
    write = torch.sigmoid(write_gate) * torch.lerp(content, allocate(usage), torch.sigmoid(allocation_gate))
    w = write.unsqueeze(2)
    memory = memory * (1 - w * torch.sigmoid(erase).unsqueeze(1)) + w * add.unsqueeze(1)
    links = ((1 - w - write.unsqueeze(1)) * links + w * precedence.unsqueeze(1)) * off_diagonal
    precedence = (1 - write.sum(1, keepdim=True)) * precedence + write
    backward, forward = torch.bmm(reads, links), torch.bmm(reads, links.transpose(1, 2))
    content = look_up(memory, read_keys.unflatten(1, (heads, columns)), read_strengths)
    modes = modes.unflatten(1, (heads, 3)).softmax(2)
    reads = modes[..., 0:1] * backward + modes[..., 1:2] * content + modes[..., 2:3] * forward
    return h, c, torch.bmm(reads, memory).flatten(1), memory, links, usage, precedence, write, reads


def look_up(memory, keys, strengths):
    lengths = (keys.square().sum(2) + EPSILON).sqrt().unsqueeze(2) * (memory.square().sum(2) + EPSILON).sqrt().unsqueeze(1)
    cosines = torch.bmm(keys, memory.transpose(1, 2)) / (lengths + EPSILON)
    return ((1 + F.softplus(strengths)).unsqueeze(2) * cosines).softmax(2)


def allocate(usage):
    order = usage.detach().argsort(dim=1, stable=True)  # at first all rows are as free
    used = (EPSILON + (1 - EPSILON) * usage).gather(1, order)
    all_used = torch.cat([torch.ones_like(used[:, :1]), used.cumprod(1)[:, :-1]], 1)
    return torch.zeros_like(used).scatter(1, order, (1 - used) * all_used)

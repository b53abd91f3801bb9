"""The neural stack in PyTorch: alone, and in a whole step of reversal; the same work as stack_jax.py.

The stack grows with each step, so a compiled step would be compiled anew for each; there is no compiled version.
"""
import torch
from torch.nn import functional as F


class Stack:
    def __init__(self):
        self.values, self.strengths = [], None

    def push_pop_read(self, v, d, u):
        """v (B, M), d and u (B, 1)."""
        self.values.append(v)
        if self.strengths is None:
            s = d
        else:
            s = self.strengths
            s = torch.cat([F.relu(s - F.relu(u - above(s))), d], 1)
        self.strengths = s
        weights = torch.minimum(s, F.relu(1 - above(s)))
        return torch.bmm(weights.unsqueeze(1), torch.stack(self.values, 1)).squeeze(1)


def above(s):
    return s.flip(1).cumsum(1).flip(1) - s


def alone(v, d, u):
    """The loss of all reads; all arguments (T, B, ...)."""
    stack = Stack()
    reads = torch.stack([stack.push_pop_read(v[t], d[t], u[t]) for t in range(v.shape[0])])
    return (reads * reads).sum()


class Model:
    def __init__(self, p, batch, settings, compiled):
        self.p, self.batch, self.settings = p, batch, settings
        self.optimizer = torch.optim.RMSprop(list(p.values()), lr=1e-3, alpha=0.95)

    def loss(self):
        p, x, y, first = self.p, self.batch["inputs"], self.batch["targets"], self.batch["first"]
        steps, sequences = x.shape
        size = p["embedding.weight"].shape[1]
        weight_x, weight_state = p["controller.layer0.weight"][:size], p["controller.layer0.weight"][size:]
        z = p["embedding.weight"][x] @ weight_x + p["controller.layer0.bias"]
        h = c = torch.zeros(sequences, weight_state.shape[1] // 4)
        r = torch.zeros(sequences, self.settings["width"])
        stack, seen = Stack(), []
        for t in range(steps):
            i, f, g, o = torch.addmm(z[t], torch.cat([r, h], 1), weight_state).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            output = torch.tanh(torch.addmm(p["projection.bias"], h, p["projection.weight"]))
            u, d, v = torch.addmm(p["interface.bias"], output, p["interface.weight"]).split([1, 1, r.shape[1]], dim=1)
            r = stack.push_pop_read(torch.tanh(v), torch.sigmoid(d), torch.sigmoid(u))
            if t >= first:
                seen.append(output)
        outputs = torch.cat(seen) @ p["output.weight"] + p["output.bias"]
        return F.cross_entropy(outputs, y[first:].reshape(-1))

    def train(self):
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.p.values(), 1.0)
        self.optimizer.step()

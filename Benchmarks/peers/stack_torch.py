"""The neural stack in PyTorch: alone, and in a whole step of reversal; the same work as stack_jax.py.

The stack grows with each step, so a compiled step would be compiled anew for each; there is no compiled version.
"""
import torch
from torch import nn
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


class Model(nn.Module):
    """Of PyTorch's own layers, whose weights are the transposes of the dump's."""

    def __init__(self, p, batch, settings, compiled):
        super().__init__()
        self.batch, self.width = batch, settings["width"]
        self.embedding = nn.Embedding.from_pretrained(p["embedding.weight"], freeze=False)
        weight, bias = p["controller.layer0.weight"], p["controller.layer0.bias"]
        self.units = bias.shape[0] // 4
        self.split = weight.shape[0] - self.units
        self.cell = nn.LSTMCell(self.split, self.units)
        self.cell.bias_hh.requires_grad_(False)
        self.projection, self.interface, self.output = (linear(p, name) for name in ("projection", "interface", "output"))
        with torch.no_grad():
            self.cell.weight_ih.copy_(weight[:self.split].T)
            self.cell.weight_hh.copy_(weight[self.split:].T)
            self.cell.bias_ih.copy_(bias)
            self.cell.bias_hh.zero_()
        self.optimizer = torch.optim.RMSprop([value for value in self.parameters() if value.requires_grad], lr=1e-3, alpha=0.95)

    def loss(self):
        x, y, first = self.batch["inputs"], self.batch["targets"], self.batch["first"]
        steps, sequences = x.shape
        embedded = self.embedding(x)
        h = c = torch.zeros(sequences, self.units)
        r = torch.zeros(sequences, self.width)
        stack, seen = Stack(), []
        for t in range(steps):
            h, c = self.cell(torch.cat([embedded[t], r], 1), (h, c))
            output = torch.tanh(self.projection(h))
            u, d, v = self.interface(output).split([1, 1, self.width], dim=1)
            r = stack.push_pop_read(torch.tanh(v), torch.sigmoid(d), torch.sigmoid(u))
            if t >= first:
                seen.append(output)
        return F.cross_entropy(self.output(torch.cat(seen)), y[first:].reshape(-1))

    def named_gradients(self):
        """By the dump's names, in its layout."""
        layers = {name: getattr(self, name) for name in ("projection", "interface", "output")}
        return {
            "embedding.weight": self.embedding.weight.grad,
            "controller.layer0.weight": torch.cat([self.cell.weight_ih.grad.T, self.cell.weight_hh.grad.T]),
            "controller.layer0.bias": self.cell.bias_ih.grad,
        } | {f"{name}.weight": layer.weight.grad.T for name, layer in layers.items()} | {
            f"{name}.bias": layer.bias.grad for name, layer in layers.items()
        }

    def train_step(self):
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), 1.0)
        self.optimizer.step()


def linear(p, name):
    weight, bias = p[f"{name}.weight"], p[f"{name}.bias"]
    layer = nn.Linear(*weight.shape)
    with torch.no_grad():
        layer.weight.copy_(weight.T)
        layer.bias.copy_(bias)
    return layer

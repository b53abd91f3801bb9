"""The Turing machine's copy step in PyTorch: the same work as ntm_jax.py, with a loop over steps in Python.

Compiling the whole loop would unroll all its steps, so with `compiled` one step is compiled, as users do.
"""
import torch
from torch.nn import functional as F


class Model:
    """A network with its optimiser; another memory overrides `loss` and the step."""

    step_function = staticmethod(lambda *state: step(*state))

    def __init__(self, p, batch, settings, compiled):
        self.p = {name: value.requires_grad_() for name, value in p.items()}
        self.batch, self.settings = batch, settings
        self.step = torch.compile(self.step_function) if compiled else self.step_function
        self.optimizer = torch.optim.RMSprop(list(p.values()), lr=1e-4, momentum=0.9, alpha=0.95)

    def loss(self):
        p, (rows, columns) = self.p, (self.settings["rows"], self.settings["columns"])
        x, y, first = self.batch["inputs"], self.batch["targets"], self.batch["first"]
        steps, sequences, inputs = x.shape
        weight_x, weight_state = p["controller.layer0.weight"][:inputs], p["controller.layer0.weight"][inputs:]
        z = x @ weight_x + p["controller.layer0.bias"]
        h, c, r = (
            p[name].expand(sequences, -1)
            for name in ("controller.layer0.h0", "controller.layer0.c0", "memory.initial_reads"))
        weights = torch.zeros(sequences, 2, rows)
        weights[:, :, 0] = 1
        memory = torch.full((sequences, rows, columns), 1e-6)
        seen = []
        for t in range(steps):
            h, c, r, weights, memory = self.step(
                z[t], h, c, r, weights, memory, weight_state, p["interface.weight"], p["interface.bias"])
            if t >= first:
                seen.append(torch.cat([h, r], 1))
        outputs = torch.stack(seen) @ p["output.weight"] + p["output.bias"]
        return F.binary_cross_entropy_with_logits(outputs, y[first:])

    def named_gradients(self):
        return {name: value.grad for name, value in self.p.items()}

    def train_step(self):
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        torch.nn.utils.clip_grad_value_(self.p.values(), 10)
        self.optimizer.step()


def step(z, h, c, r, weights, memory, weight_state, interface_weight, interface_bias):
    i, f, g, o = torch.addmm(z, torch.cat([r, h], 1), weight_state).chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    h = torch.sigmoid(o) * torch.tanh(c)
    raw = torch.addmm(interface_bias, h, interface_weight)
    columns = memory.shape[2]
    head = columns + 6
    weights = address(raw[:, :2 * head].view(-1, 2, head), memory, weights)
    r = torch.bmm(weights[:, :1], memory).squeeze(1)
    erase, add = torch.sigmoid(raw[:, 2 * head:2 * head + columns]), torch.tanh(raw[:, 2 * head + columns:])
    w = weights[:, 1].unsqueeze(2)
    memory = memory * (1 - w * erase.unsqueeze(1)) + w * add.unsqueeze(1)
    return h, c, r, weights, memory


def address(raw, memory, previous):
    """Both heads at once: they see the same memory."""
    k, beta, g, s, gamma = raw.split([memory.shape[2], 1, 1, 3, 1], dim=2)
    k = torch.tanh(k)
    lengths = k.norm(dim=2).unsqueeze(2) * memory.norm(dim=2).unsqueeze(1)
    content = (F.softplus(beta) * (torch.bmm(k, memory.transpose(1, 2)) / (lengths + 1e-8))).softmax(2)
    w = torch.lerp(previous, content, torch.sigmoid(g))
    s = s.softmax(2)
    w = s[..., 0:1] * w.roll(1, 2) + s[..., 1:2] * w + s[..., 2:3] * w.roll(-1, 2)
    w = w**(1 + F.softplus(gamma))
    return w / w.sum(2, keepdim=True)

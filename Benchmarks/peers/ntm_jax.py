"""The Turing machine's copy step in JAX: jit over a scan, products that can leave the loop outside it.

Parameters have the names and shapes of docs/CHECKPOINT.md, which also has the equations. Both heads address the same memory,
so they are addressed together.
"""
import jax
import jax.numpy as jnp

CLIP = 10.0
RATE, DECAY, MOMENTUM = 1e-4, 0.95, 0.9


def loss(p, batch, settings):
    x, y, first = batch["inputs"], batch["targets"], batch["first"]
    rows, columns = settings["rows"], settings["columns"]
    _, sequences, inputs = x.shape
    weight_x, weight_state = jnp.split(p["controller.layer0.weight"], [inputs])
    head = columns + 6

    def address(raw, memory, previous):
        """(B, 2, head) and (B, 2, N) to the new weights (B, 2, N)."""
        k, beta, g = jnp.tanh(raw[..., :columns]), jax.nn.softplus(raw[..., columns:columns + 1]), raw[..., columns + 1]
        s, gamma = jax.nn.softmax(raw[..., columns + 2:columns + 5]), 1 + jax.nn.softplus(raw[..., columns + 5:])
        lengths = jnp.linalg.norm(k, axis=2)[:, :, None] * jnp.linalg.norm(memory, axis=2)[:, None, :]
        content = jax.nn.softmax(beta * jnp.einsum("bhm,bnm->bhn", k, memory) / (lengths + 1e-8))
        g = jax.nn.sigmoid(g)[..., None]
        w = g * content + (1 - g) * previous
        w = s[..., 0:1] * jnp.roll(w, 1, 2) + s[..., 1:2] * w + s[..., 2:3] * jnp.roll(w, -1, 2)
        w = w**gamma
        return w / w.sum(2, keepdims=True)

    def step(carry, z):
        h, c, r, weights, memory = carry
        i, f, g, o = jnp.split(z + jnp.concatenate([r, h], 1) @ weight_state, 4, 1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        raw = h @ p["interface.weight"] + p["interface.bias"]
        weights = address(raw[:, :2 * head].reshape(sequences, 2, head), memory, weights)
        r = jnp.einsum("bn,bnm->bm", weights[:, 0], memory)
        erase, add = jax.nn.sigmoid(raw[:, 2 * head:2 * head + columns]), jnp.tanh(raw[:, 2 * head + columns:])
        w = weights[:, 1, :, None]
        memory = memory * (1 - w * erase[:, None]) + w * add[:, None]
        return (h, c, r, weights, memory), jnp.concatenate([h, r], 1)

    def start(name):
        return jnp.tile(p[name], (sequences, 1))

    carry = (start("controller.layer0.h0"), start("controller.layer0.c0"), start("memory.initial_reads"),
             jnp.zeros((sequences, 2, rows)).at[:, :, 0].set(1), jnp.full((sequences, rows, columns), 1e-6))
    _, seen = jax.lax.scan(step, carry, x @ weight_x + p["controller.layer0.bias"])
    outputs = seen[first:] @ p["output.weight"] + p["output.bias"]
    return jnp.mean(jax.nn.softplus(outputs) - y[first:] * outputs)


def start_update(p):
    zeros = jax.tree.map(jnp.zeros_like, p)
    return zeros, zeros


def update(p, state, gradients):
    """Clipping by value, then RMSProp with momentum."""
    gradients = jax.tree.map(lambda g: jnp.clip(g, -CLIP, CLIP), gradients)
    square = jax.tree.map(lambda s, g: DECAY * s + (1 - DECAY) * g * g, state[0], gradients)
    velocity = jax.tree.map(lambda m, g, s: MOMENTUM * m + g / (jnp.sqrt(s) + 1e-8), state[1], gradients, square)
    return jax.tree.map(lambda w, m: w - RATE * m, p, velocity), (square, velocity)

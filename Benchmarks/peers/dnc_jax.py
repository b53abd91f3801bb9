"""The differentiable neural computer's copy step in JAX: jit over a scan.

Parameters have the names and shapes of docs/CHECKPOINT.md, which also has the equations; the cosine is smoothed and usage has a
floor, as in the published code. The optimiser is that of the Turing machine's step.
"""
import jax
import jax.numpy as jnp

from ntm_jax import start_update, update  # the worker takes them from here

EPSILON = 1e-6


def look_up(memory, keys, strengths):
    """(B, N, M), (B, K, M), (B, K) to weights (B, K, N)."""
    lengths = jnp.sqrt((keys**2).sum(2) + EPSILON)[:, :, None] * jnp.sqrt((memory**2).sum(2) + EPSILON)[:, None, :]
    return jax.nn.softmax(strengths[:, :, None] * jnp.einsum("bkm,bnm->bkn", keys, memory) / (lengths + EPSILON))


def allocate(usage):
    order = jnp.argsort(jax.lax.stop_gradient(usage), axis=1)
    used = jnp.take_along_axis(EPSILON + (1 - EPSILON) * usage, order, 1)
    all_used = jnp.concatenate([jnp.ones_like(used[:, :1]), jnp.cumprod(used, 1)[:, :-1]], 1)
    return jnp.take_along_axis((1 - used) * all_used, jnp.argsort(order, axis=1), 1)


def parts_of(raw, heads, columns):
    sizes = [heads * columns, heads, columns, 1, columns, columns, heads, 1, 1]
    parts = jnp.split(raw, [sum(sizes[:i + 1]) for i in range(len(sizes))], 1)
    oneplus, gate = lambda x: 1 + jax.nn.softplus(x), jax.nn.sigmoid
    batch = raw.shape[0]
    return (parts[0].reshape(batch, heads, columns), oneplus(parts[1]), parts[2][:, None], oneplus(parts[3]), gate(parts[4]),
            parts[5], gate(parts[6]), gate(parts[7]), gate(parts[8]), jax.nn.softmax(parts[9].reshape(batch, heads, 3)))


def loss(p, batch, settings):
    x, y, first = batch["inputs"], batch["targets"], batch["first"]
    rows, columns, heads = settings["rows"], settings["columns"], settings["readHeads"]
    _, sequences, inputs = x.shape
    weight_x, weight_state = jnp.split(p["controller.layer0.weight"], [inputs])
    off_diagonal = 1 - jnp.eye(rows)

    def step(carry, z):
        h, c, r, memory, links, usage, precedence, write, reads = carry
        i, f, g, o = jnp.split(z + jnp.concatenate([r, h], 1) @ weight_state, 4, 1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        (read_keys, read_strengths, write_key, write_strength, erase, add, free, allocation_gate, write_gate,
         modes) = parts_of(h @ p["interface.weight"] + p["interface.bias"], heads, columns)
        usage = (usage + write - usage * write) * jnp.prod(1 - free[:, :, None] * reads, 1)
        content = look_up(memory, write_key, write_strength)[:, 0]
        write = write_gate * (allocation_gate * allocate(usage) + (1 - allocation_gate) * content)
        memory = memory * (1 - write[:, :, None] * erase[:, None]) + write[:, :, None] * add[:, None]
        links = (1 - write[:, :, None] - write[:, None]) * links + write[:, :, None] * precedence[:, None]
        links = links * off_diagonal
        precedence = (1 - write.sum(1, keepdims=True)) * precedence + write
        backward, forward = jnp.einsum("bij,bhi->bhj", links, reads), jnp.einsum("bij,bhj->bhi", links, reads)
        content = look_up(memory, read_keys, read_strengths)
        reads = modes[..., 0:1] * backward + modes[..., 1:2] * content + modes[..., 2:3] * forward
        r = jnp.einsum("bhn,bnm->bhm", reads, memory).reshape(sequences, -1)
        return (h, c, r, memory, links, usage, precedence, write, reads), jnp.concatenate([h, r], 1)

    def start(name):
        return jnp.tile(p[name], (sequences, 1))

    vector = jnp.zeros((sequences, rows))
    carry = (start("controller.layer0.h0"), start("controller.layer0.c0"), start("memory.initial_reads"),
             jnp.tile(p["memory.initial_memory"], (sequences, 1, 1)), jnp.zeros((sequences, rows, rows)), vector, vector,
             vector, jnp.zeros((sequences, heads, rows)))
    _, seen = jax.lax.scan(step, carry, x @ weight_x + p["controller.layer0.bias"])
    outputs = seen[first:] @ p["output.weight"] + p["output.bias"]
    return jnp.mean(jax.nn.softplus(outputs) - y[first:] * outputs)

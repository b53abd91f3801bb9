"""The neural stack in JAX: alone, and in a whole step of reversal. Jit over a scan, each step over all entries so far.

Parameters have the names and shapes of docs/CHECKPOINT.md, which also has the equations.
"""
import jax
import jax.numpy as jnp

LIMIT = 1.0
RATE, DECAY = 1e-3, 0.95


def start(steps, sequences, width):
    """Values and strengths of all entries there will be, and how many there are."""
    return jnp.zeros((sequences, steps, width)), jnp.zeros((sequences, steps)), 0


def push_pop_read(stack, v, d, u):
    """v (B, M), d and u (B, 1)."""
    values, s, count = stack

    def above(s):
        return jnp.flip(jnp.cumsum(jnp.flip(s, 1), 1), 1) - s

    s = jnp.maximum(0, s - jnp.maximum(0, u - above(s)))
    s = jax.lax.dynamic_update_slice(s, d, (0, count))
    values = jax.lax.dynamic_update_slice(values, v[:, None], (0, count, 0))
    weights = jnp.minimum(s, jnp.maximum(0, 1 - above(s)))
    return (values, s, count + 1), jnp.einsum("bt,btm->bm", weights, values)


def alone(v, d, u):
    """The loss of all reads; all arguments (T, B, ...)."""
    def step(stack, inputs):
        return push_pop_read(stack, *inputs)

    _, reads = jax.lax.scan(step, start(*v.shape), (v, d, u))
    return (reads * reads).sum()


def loss(p, batch, settings):
    x, y, first = batch["inputs"], batch["targets"], batch["first"]
    steps, sequences = x.shape
    embedding = p["embedding.weight"]
    weight_x, weight_state = jnp.split(p["controller.layer0.weight"], [embedding.shape[1]])
    width, units = settings["width"], weight_state.shape[1] // 4

    def step(carry, z):
        h, c, r, stack = carry
        i, f, g, o = jnp.split(z + jnp.concatenate([r, h], 1) @ weight_state, 4, 1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        output = jnp.tanh(h @ p["projection.weight"] + p["projection.bias"])
        raw = output @ p["interface.weight"] + p["interface.bias"]
        u, d, v = jax.nn.sigmoid(raw[:, :1]), jax.nn.sigmoid(raw[:, 1:2]), jnp.tanh(raw[:, 2:])
        stack, r = push_pop_read(stack, v, d, u)
        return (h, c, r, stack), output

    zeros = jnp.zeros((sequences, units))
    carry = (zeros, zeros, jnp.zeros((sequences, width)), start(steps, sequences, width))
    _, seen = jax.lax.scan(step, carry, embedding[x] @ weight_x + p["controller.layer0.bias"])
    scores = jax.nn.log_softmax(seen[first:] @ p["output.weight"] + p["output.bias"])
    return -jnp.take_along_axis(scores, y[first:, :, None], 2).mean()


def start_update(p):
    return jax.tree.map(jnp.zeros_like, p)


def update(p, square, gradients):
    """Clipping by the norm, then RMSProp."""
    norm = jnp.sqrt(sum((g * g).sum() for g in jax.tree.leaves(gradients)))
    scale = jnp.minimum(1, LIMIT / norm)
    gradients = jax.tree.map(lambda g: scale * g, gradients)
    square = jax.tree.map(lambda s, g: DECAY * s + (1 - DECAY) * g * g, square, gradients)
    return jax.tree.map(lambda w, g, s: w - RATE * g / (jnp.sqrt(s) + 1e-8), p, gradients, square), square

"""One side of a comparison, as a process that compare.py talks to.

    worker.py FRAMEWORK MODEL THREADS DUMP [T B M]

First checks loss and gradients of the network in the dump, and says so in a line of JSON; a package's own network (framework
`package`) is another, and agrees with nothing. Then, for each line with a number on standard input, does as many steps and prints
the seconds that they took. With T, B and M the step is the stack alone, of that size; else it is the dump's network on the dump's
batch.
"""
import json
import os
import sys
import time

import numpy as np
from safetensors import safe_open


def read_dump(path):
    """Parameters, gradients, the batch, the loss, and the memory's settings."""
    with safe_open(path, "numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}
        settings = json.loads(file.metadata()["configuration"])["network"]["memory"]
    counts = arrays["mask"].max(1)
    first = int(counts.argmax())
    assert arrays["mask"][first:].all() and not arrays["mask"][:first].any(), "all sequences have one length"
    kind = np.int64 if arrays["inputs"].dtype == np.int32 else np.float32
    batch = {name: arrays[name].astype(kind) for name in ("inputs", "targets")}
    part = lambda start: {name[len(start):]: value for name, value in arrays.items() if name.startswith(start)}
    return part("param/"), part("grad/"), batch, first, float(arrays["loss"]), settings


class Side:
    def errors(self):
        loss, gradients = self.check()
        return {"loss": abs(loss - self.wanted_loss) / abs(self.wanted_loss),
                "gradients": worst_gradient(self.wanted, gradients)}


class JAXSide(Side):
    def __init__(self, model, dump, alone, compiled):
        import jax
        self.jax = jax
        module = __import__(model + "_jax")
        parameters, self.wanted, batch, first, self.wanted_loss, settings = dump
        p = {name: jax.numpy.asarray(value) for name, value in parameters.items()}
        batch = {name: jax.numpy.asarray(value) for name, value in batch.items()} | {"first": first}
        self.gradients = jax.jit(jax.value_and_grad(lambda p: module.loss(p, batch, settings)))
        self.p = p
        if alone:
            v, d, u = (jax.numpy.asarray(array) for array in stack_inputs(*alone))
            differentiated = jax.jit(jax.value_and_grad(module.alone, argnums=(0, 1, 2)))
            self.step = lambda: differentiated(v, d, u)
            return

        @jax.jit
        def train(p, state):
            value, gradients = jax.value_and_grad(lambda p: module.loss(p, batch, settings))(p)
            return module.update(p, state, gradients) + (value,)

        self.state = (p, module.start_update(p), None)

        def step():
            self.state = train(*self.state[:2])
            return self.state

        self.step = step

    def check(self):
        loss, gradients = self.gradients(self.p)
        return float(loss), {name: np.asarray(value) for name, value in gradients.items()}

    def seconds(self, count):
        start = time.perf_counter()
        for _ in range(count):
            result = self.step()
        self.jax.block_until_ready(result)
        return time.perf_counter() - start


class TorchSide(Side):
    def __init__(self, module, dump, alone, compiled, threads):
        import torch
        torch.set_num_threads(threads)
        module = __import__(module)
        parameters, self.wanted, batch, first, self.wanted_loss, settings = dump
        p = {name: torch.from_numpy(value) for name, value in parameters.items()}
        batch = {name: torch.from_numpy(value) for name, value in batch.items()} | {"first": first}
        self.model = module.Model(p, batch, settings, compiled)
        self.step = self.model.train_step
        if alone:
            tensors = [torch.from_numpy(array).requires_grad_() for array in stack_inputs(*alone)]

            def step():
                for tensor in tensors:
                    tensor.grad = None
                module.alone(*tensors).backward()

            self.step = step

    def check(self):
        loss = self.model.loss()
        loss.backward()
        return loss.item(), {name: value.numpy() for name, value in self.model.named_gradients().items()}

    def seconds(self, count):
        start = time.perf_counter()
        for _ in range(count):
            self.step()
        return time.perf_counter() - start


def stack_inputs(steps, sequences, width):
    """Values, pushes and pops; strengths uniform in (0, 1)."""
    generator = np.random.default_rng(0)
    return [generator.uniform(size=(steps, sequences, size)).astype(np.float32) for size in (width, 1, 1)]


def worst_gradient(wanted, gradients):
    """The largest difference beside the largest number of its array. Where all but cancels, a thousandth of the largest
    gradient stands for that."""
    floor = 1e-3 * max(np.abs(value).max() for value in wanted.values())
    errors = [np.abs(gradients[name] - value).max() / max(np.abs(value).max(), floor) for name, value in wanted.items()]
    return float(np.max(errors))


def main():
    framework, model, threads, path, *alone = sys.argv[1:]
    threads, alone = int(threads), [int(size) for size in alone]
    compiled = framework == "torch-compiled"
    dump = read_dump(path)
    if framework == "jax":
        # It has no setting for this, but takes no more processors than it may.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        side = JAXSide(model, dump, alone, compiled)
    else:
        module = model + ("_package" if framework == "package" else "_torch")
        side = TorchSide(module, dump, alone, compiled, threads)
    errors = {} if framework == "package" else side.errors()
    warm = [side.seconds(1) for _ in range(3)]
    print(json.dumps(errors | {"seconds": warm[-1]}), flush=True)
    for line in sys.stdin:
        print(side.seconds(int(line)), flush=True)


if __name__ == "__main__":
    main()

"""Trains presets for some steps with two builds and compares the parameters, bit for bit.

    make same-bits OLD=DIR                                  # DIR has another build's trainer, such as ../old/.build/release
    make same-bits ARGUMENTS="--threads 1 2"                # this build alone, on one thread and on two
    make same-bits OLD=DIR ARGUMENTS="--match fast/ --steps 20"
    make same-bits OLD=DIR ARGUMENTS="--as-written"         # presets as the other build has them, where they have changed since

A change of structure keeps the bits of every preset: the same seed on the same machine and level of the processor ends in the same
parameters. Each run is `--steps` long and is evaluated on a single sequence. The exit code is 1 where any preset differs.
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parent / ".build/release/trainer"
# Evaluation draws from a generator of its own, and so may be as short as it can be.
SETTINGS = ["training.evaluation.interval=1000000", "training.evaluation.episodes=1", "training.evaluation.lengths=[]"]


def presets(program):
    lines = subprocess.run([program, "presets"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split()[0] for line in lines if "/" in line.split(" ")[0]]


def parameters(checkpoint):
    """A digest of each parameter's bytes, by name."""
    data = checkpoint.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + size])
    digests = {}
    for name, entry in header.items():
        if name.startswith("param/"):
            start, end = entry["data_offsets"]
            digests[name] = hashlib.sha256(data[8 + size + start:8 + size + end]).hexdigest()
    return digests


def task_of_data(preset):
    """The task of a preset of this build that is for data of a user's own, which it does not name; None for any other."""
    if preset not in presets(PROGRAM):
        return None
    shown = subprocess.run([PROGRAM, "presets", "--show", preset], capture_output=True, text=True, check=True).stdout
    return shown.split("kind: ", 1)[1].split()[0] if "\n  data: \"\"\n" in shown else None


def write_data(file, task):
    """Words and the same words reversed, from a seed: a file of task pairs, or of sequences."""
    generator = random.Random(1)
    words = [[generator.choice("abcdefgh") for _ in range(generator.randint(1, 8))] for _ in range(1000)]
    if task == "sequences":
        lines = [json.dumps({"inputs": word, "targets": word[::-1]}) for word in words]
    else:
        lines = [f"{' '.join(word)}\t{' '.join(reversed(word))}" for word in words]
    file.write_text("\n".join(lines) + "\n")


def train(program, beginning, run, threads):
    """Digests of the parameters that a run ends with, or what went wrong; `beginning` is the preset or file, and settings."""
    command = [program, "train", *beginning, "--threads", threads, "--output", run]
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        return f"exit {result.returncode}: {result.stderr.strip()[:200]}"
    return parameters(run / "checkpoints/latest.safetensors")


def train_both(programs, preset, arguments):
    """What two builds make of a preset; with --as-written the second trains the whole configuration that the first has saved."""
    with tempfile.TemporaryDirectory() as folder:
        first, second, data = (pathlib.Path(folder) / name for name in ("first", "second", "data"))
        beginning = ["--preset", preset, "--steps", arguments.steps, "--seed", arguments.seed]
        for setting in SETTINGS:
            beginning += ["--set", setting]
        if task := task_of_data(preset):
            write_data(data, task)
            beginning += ["--set", f"task.data={data}"]
        digests = train(programs[0], beginning, first, arguments.threads[0])
        if arguments.as_written:
            beginning = ["--config", first / "config.yaml"]
        return digests, train(programs[1], beginning, second, arguments.threads[1])


def verdict(one, other):
    """What differs between two runs, or None."""
    for digests in (one, other):
        if isinstance(digests, str):
            return digests
    if not one or one.keys() != other.keys():
        return "has other parameters"
    different = [name for name in one if one[name] != other[name]]
    return f"differs in {len(different)} of {len(one)} parameters, first {different[0]}" if different else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--old", type=pathlib.Path, help="the folder of the other build's trainer (this build's where missing)")
    parser.add_argument("--match", default="", help="only presets whose name contains this text")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, nargs=2, default=[1, 1], help="threads of the other build, and of this one")
    parser.add_argument("--as-written", action="store_true",
                        help="train the other build's presets, and the configurations that its runs have saved")
    parser.add_argument("--jobs", type=int, default=1, help="presets side by side")
    arguments = parser.parse_args()
    old = arguments.old / "trainer" if arguments.old else PROGRAM
    names = [name for name in presets(old if arguments.as_written else PROGRAM) if arguments.match in name]
    if not names:
        sys.exit(f"no preset has {arguments.match!r} in its name")

    def compare(preset):
        start = time.monotonic()
        runs = train_both((old, PROGRAM), preset, arguments)
        return preset, verdict(*runs), time.monotonic() - start

    failures = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for preset, problem, seconds in pool.map(compare, names):
            failures += problem is not None
            print(f"{preset:42} {problem or 'the same bits':50} {seconds:6.1f} s", flush=True)
    print(f"{len(names) - failures} of {len(names)} presets have the same parameters after {arguments.steps} steps")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

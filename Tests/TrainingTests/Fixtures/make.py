#!/usr/bin/env python3
"""Makes the checkpoints of one released version, as the tests keep them from then on.

    make.py TRAINER FOLDER [NAME...]

TRAINER is the program of that version. FOLDER, which must not exist, gets NAME.safetensors for each run below, or those
named, and expected.json, with the evaluation's bits of each: at its checkpoint, and after it was resumed for 3 steps. Each
network is tiny, so that a file has a few kilobytes; together they have every task, memory, controller and optimiser.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

GRAMMAR = """start: A
words:
  N: {source: n, target: m, count: 2}
rules:
  A:
    - the <B> | la <B>
  B:
    - 3: <N> | <N>
    - 1/2: red <B> | <B> rouge
"""
PAIRS = "".join(f"{n:b}\t{n:b}1\n" for n in range(1, 24))
WORDS = "".join(" ".join(f"{n:b}") + "\t" + " ".join(f"{n:o}") + "\n" for n in range(1, 24))
TAGS = "".join(json.dumps({"inputs": list(f"{n:b}"), "target": "odd" if n % 2 else "even"}) + "\n" for n in range(1, 24))
SUMS = "".join(
    json.dumps({"inputs": [[n, k] for k in range(n % 3 + 1)], "targets": [10 * n + k for k in range(n % 3 + 1)]}) + "\n"
    for n in range(1, 24))
MAP = "line,Red,both,North,Centre,South\nline,Blue,one,West,Centre,East\n"
BOOK = "a rose is a rose is a rose\n" * 12

SYMBOLS = ["task.symbols=3", "task.minimumLength=2", "task.maximumLength=4"]
SHORT = ["task.minimumLength=2", "task.maximumLength=4"]
RUNS = {
    "copy-none": ["task.kind=copy", "network.memory.kind=none", "training.optimizer.kind=adam", *SYMBOLS],
    "reversal-stack": [
        "task.kind=reversal", "task.separateVocabularies=true", "network.memory.kind=stack",
        "network.controller.layers=2", "network.controller.inputLayer=true", "network.controller.skipConnections=true",
        "network.reconstruction.weight=0.1", "training.optimizer.kind=rmsprop", "training.optimizer.momentum=0.5",
        "training.curriculum.start=2", "training.curriculum.threshold=9", "training.evaluation.lengths=[5, 6-8]",
        *SYMBOLS],
    "bigram-flip-queue": [
        "task.kind=bigram-flip", "network.memory.kind=queue", "network.controller.kind=rnn",
        "training.optimizer.kind=graves-rmsprop", *SYMBOLS],
    "grammar-deque": [
        "task.kind=grammar", "task.grammar=grammar.yaml", "task.minimumLength=2", "task.maximumLength=6",
        "network.memory.kind=deque", "network.controller.kind=feedforward", "network.controller.layers=2",
        "network.controllerOutputSize=3", "training.optimizer.kind=sgd"],
    "pairs-stack": [
        "task.kind=pairs", "task.data=pairs.tsv", "task.characters=true", "task.holdOut=5",
        "network.memory.kind=stack", "training.optimizer.kind=adam"],
    "pairs-queue": [
        "task.kind=pairs", "task.data=words.tsv", "task.validation=words.tsv", "network.memory.kind=queue",
        "network.controller.kind=rnn", "training.optimizer.kind=rmsprop"],
    "copy-bits-ntm": [
        "task.kind=copy-bits", "task.width=2", "task.minimumLength=1", "task.maximumLength=3",
        "network.memory.kind=ntm", "network.memory.heads=2", "network.memory.initialMemory=learned",
        "network.memory.initialFocus=learned", "network.memory.initialReads=learned", "network.memory.clip=20",
        "network.output.source=controller-and-reads", "training.optimizer.kind=graves-rmsprop",
        "training.clipping.value=10", "training.solved.wrong=0.01", "training.solved.evaluations=3"],
    "copy-bits-dnc": [
        "task.kind=copy-bits", "task.width=2", "task.minimumLength=1", "task.maximumLength=3",
        "network.memory.kind=dnc", "network.memory.readHeads=2",
        "network.memory.initialMemory=learned", "network.memory.initialReads=learned", "network.memory.masksKeys=true",
        "network.memory.deallocates=true", "network.memory.sharpensLinks=true", "training.averaging=0"],
    "repeat-copy-ntm": [
        "task.kind=repeat-copy", "task.width=2", "task.maximumLength=2", "task.maximumRepeats=2",
        "network.memory.kind=ntm", "network.memory.initialMemory=random", "network.output.hiddenSize=3",
        "network.controller.kind=feedforward", "training.optimizer.kind=adam"],
    "associative-recall-ntm": [
        "task.kind=associative-recall", "task.width=2", "task.itemLength=1", "task.maximumLength=3",
        "network.memory.kind=ntm", "network.memory.segment=2", "training.optimizer.kind=sgd"],
    "copy-bits-sam": [
        "task.kind=copy-bits", "task.width=2", "task.minimumLength=1", "task.maximumLength=3",
        "network.memory.kind=sam", "network.memory.heads=2", "network.memory.neighbors=3",
        "network.output.source=controller-and-reads", "training.averaging=0"],
    "copy-bits-sdnc": [
        "task.kind=copy-bits", "task.width=2", "task.minimumLength=1", "task.maximumLength=3",
        "network.memory.kind=sdnc", "network.memory.heads=2", "network.memory.neighbors=2", "network.memory.links=3",
        "network.output.source=controller-and-reads", "training.averaging=0"],
    "n-grams-none": [
        "task.kind=n-grams", "task.contextLength=2", "task.minimumLength=8", "task.maximumLength=9",
        "network.memory.kind=none", "training.schedule.factor=0.5", "training.optimizer.kind=rmsprop"],
    "priority-sort-ntm": [
        "task.kind=priority-sort", "task.width=2", "task.share=0.5", *SHORT, "network.memory.kind=ntm",
        "network.weights.scheme=uniform", "network.weights.scale=0.2", "training.optimizer.kind=rmsprop"],
    "dyck-stack": ["task.kind=dyck", *SHORT, "network.memory.kind=stack", "network.input.encoding=one-hot"],
    "a-n-b-n-queue": ["task.kind=a-n-b-n", *SHORT, "network.memory.kind=queue", "training.evaluation.patience=9"],
    # Stopped between two evaluations, after as many steps as come in a second.
    "stopped-stack": [
        "task.kind=reversal", *SYMBOLS, "network.memory.kind=stack", "training.evaluation.interval=1000000000",
        "training.steps=1000000000", "training.schedule.factor=0.5", "training.schedule.every=10000"],
    "a-n-b-n-c-n-deque": ["task.kind=a-n-b-n-c-n", *SHORT, "network.memory.kind=deque"],
    "sequences-symbols": [
        "task.kind=sequences", "task.data=tags.jsonl", "task.holdOut=5", "network.memory.kind=stack",
        "training.optimizer.kind=adam"],
    "sequences-numbers": [
        "task.kind=sequences", "task.data=sums.jsonl", "task.validation=sums.jsonl", "network.memory.kind=none",
        "training.optimizer.kind=adam"],
    "text-stack": [
        "task.kind=text", "task.data=book.txt", "task.length=5", "training.carry=true", "training.carriedEntries=4",
        "network.memory.kind=stack", "training.optimizer.kind=adam"],
    "key-value-ntm": [
        "task.kind=key-value", "task.width=2", "task.keys=2", *SHORT, "network.memory.kind=ntm",
        "training.optimizer.kind=adam"],
    "copy-bits-ntm-heads": [
        "task.kind=copy-bits", "task.width=2", "task.minimumLength=1", "task.maximumLength=3",
        "network.memory.kind=ntm", "network.memory.readHeads=3", "network.memory.writeHeads=2",
        "network.memory.initialFocus=learned", "network.memory.initialReads=learned", "training.averaging=0"],
    "allocation-stack": [
        "task.kind=allocation", "task.width=2", "task.maximumVectors=4", *SHORT, "network.memory.kind=stack",
        "training.optimizer.kind=adam"],
    "graph-traversal-none": [
        "task.kind=graph-traversal", *SHORT, "network.memory.kind=none", "training.optimizer.kind=adam"],
    "shortest-path-none": [
        "task.kind=shortest-path", "task.map=map.csv", *SHORT, "training.evaluation.lengths=[5]",
        "network.memory.kind=none", "training.optimizer.kind=adam"],
}
COMMON = [
    "training.batchSize=2", "training.seed=7", "training.steps=3", "training.evaluation.interval=2",
    "training.evaluation.episodes=5"]


def sizes(settings):
    """Settings that make a run's network tiny, where it has them."""
    result = ["network.controller.units=3"]
    if any(f"network.memory.kind={kind}" in settings for kind in ("ntm", "dnc")):
        result += ["network.memory.rows=4", "network.memory.columns=3"]
    elif any(f"network.memory.kind={kind}" in settings for kind in ("sam", "sdnc")):
        result += ["network.memory.rows=5", "network.memory.columns=3"]
    elif "network.memory.kind=none" not in settings:
        result += ["network.memory.width=2"]
    return result + ["network.input.embeddingSize=2"]


def main():
    trainer, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True)
    work = pathlib.Path(tempfile.mkdtemp())
    runs = {name: RUNS[name] for name in sys.argv[3:] or RUNS}
    data = {"grammar.yaml": GRAMMAR, "pairs.tsv": PAIRS, "words.tsv": WORDS, "tags.jsonl": TAGS, "sums.jsonl": SUMS,
        "book.txt": BOOK, "map.csv": MAP}
    for name, text in data.items():
        (work / name).write_text(text)
        if any(f"task.data={name}" in settings for settings in runs.values()):
            (folder / name).write_text(text)

    def run(*arguments):
        return subprocess.run([trainer, *arguments], cwd=work, check=True, capture_output=True, text=True).stdout

    def train(name, settings):
        """Trains until the run is done, or for a second; returns the step it came to."""
        command = [trainer, "train", *settings, "--output", name]
        with subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, text=True) as process:
            try:
                output, _ = process.communicate(timeout=1 if name.startswith("stopped") else None)
            except subprocess.TimeoutExpired:
                process.terminate()
                output, _ = process.communicate()
        assert process.returncode in (0, 75), output
        return int(re.search(r"(?:Stopped at step|Done:) (\d+)", output)[1])

    def bits(run_folder):
        checkpoint = f"{run_folder}/checkpoints/latest.safetensors"
        return json.loads(run("evaluate", checkpoint, "--episodes", "4", "--seed", "5", "--format", "json"))["results"]

    expected = {}
    for name, settings in runs.items():
        # Of two settings for one thing the last counts.
        settings = [part for setting in COMMON + sizes(settings) + settings for part in ("--set", setting)]
        step = train(name, settings)
        shutil.copy(work / name / "checkpoints/latest.safetensors", folder / f"{name}.safetensors")
        expected[name] = {"bits": [result["bits"] for result in bits(name)]}
        run("train", "--resume", name, "--steps", str(step + 3))
        expected[name]["resumed"] = [result["bits"] for result in bits(name)]
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
    shutil.rmtree(work)


main()

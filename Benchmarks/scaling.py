"""Measures how the time of a step grows with each size, prints tables in Markdown and draws plots.

    make bench-scaling                            # all series
    make bench-scaling ARGUMENTS="--series rows"  # one of them

Every point is one `kernel-bench step`: the median of its blocks. Plots go to docs/plots, as SVG.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import matplotlib

matplotlib.use("svg")
# The same plot gives the same file.
matplotlib.rcParams["svg.hashsalt"] = "plots"
from matplotlib import pyplot

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = ROOT / ".build/release/kernel-bench"
PLOTS = ROOT / "docs/plots"
NTM = "--preset paper/copy-ntm --length 20"
STACK = "--task reversal --memory stack --width 256 --units 256 --vocabulary 130 --length 20"


class Series:
    """One size varies: `lines` are the arguments of each line, with {} where the size goes. `per_step` gives nanoseconds for each
    step of an episode, else milliseconds for each training step."""

    def __init__(self, name, title, size, values, lines, per_step=False):
        self.name, self.title, self.size, self.values = name, title, size, values
        self.lines, self.per_step = lines, per_step

    @property
    def unit(self):
        return "ns per step of one sequence" if self.per_step else "ms per training step"

    def value(self, report, size):
        milliseconds = report["milliseconds"]["median"]
        return milliseconds * 1e6 / size if self.per_step else milliseconds


def all_series():
    alone = "--memory {} --memory-only --width 64 --batch 1 --threads 1 --length"
    kinds = ("stack", "queue", "deque")
    threads = sorted({1, 2, 4, 8, 16, os.cpu_count()} & set(range(1, os.cpu_count() + 1)))
    return [
        Series("length", "Memory alone, forward and backward, M 64, one sequence, one thread", "T",
               [100, 1000, 10_000, 100_000, 1_000_000], {kind: alone.format(kind) + " {}" for kind in kinds}, per_step=True),
        Series("batch", "Training step, copy by a Turing machine and reversal by a stack, length 20", "B",
               [1, 2, 4, 8, 16, 32, 64, 128, 256], {"ntm": NTM + " --batch {}", "stack": STACK + " --batch {}"}),
        Series("rows", "Training step, copy by a Turing machine, B 1, length 20, M 20", "N",
               [128, 512, 2048, 8192, 32_768, 65_536], {"ntm": NTM + " --rows {}"}),
        Series("columns", "Training step, copy by a Turing machine (N 128, B 1) and reversal by a stack (B 10), length 20", "M",
               [8, 16, 32, 64, 128, 256, 512],
               {"ntm": NTM + " --columns {}", "stack": STACK.replace("--width 256", "--width {}") + " --batch 10"}),
        Series("units", "Training step, copy by a Turing machine (B 1) and reversal by a stack (B 10), length 20", "units",
               [32, 64, 128, 256, 512, 1024],
               {"ntm": NTM + " --units {}", "stack": STACK.replace("--units 256", "--units {}") + " --batch 10"}),
        Series("threads", "Training step, copy by a Turing machine and reversal by a stack, B 64, length 20", "threads",
               threads, {"ntm": NTM + " --batch 64 --threads {}", "stack": STACK + " --batch 64 --threads {}"}),
    ]


def measure(arguments):
    """kernel-bench's report."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "step.json"
        command = [str(PROGRAM), "step", *arguments.split(), "--json", str(file)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{result.stderr}")
        return json.loads(file.read_text())


def points(series):
    """The figures of each line, size by size."""
    figures = {name: [] for name in series.lines}
    for size in series.values:
        print(f"{series.name}: {series.size} {size:,}", file=sys.stderr, flush=True)
        for name, arguments in series.lines.items():
            figures[name].append(series.value(measure(arguments.format(size)), size))
    return figures


def table(series, figures):
    lines = [f"{series.title}; {series.unit}:", "", "| " + " | ".join([series.size, *figures]) + " |",
             "|" + "---|" * (1 + len(figures))]
    for index, size in enumerate(series.values):
        lines.append("| " + " | ".join([f"{size:,}", *(f"{values[index]:.3g}" for values in figures.values())]) + " |")
    return "\n".join(lines)


def plot(series, figures):
    figure, axes = pyplot.subplots(figsize=(6, 3.5), layout="constrained")
    for name, values in figures.items():
        axes.plot(series.values, values, marker="o", label=name)
    axes.set_xscale("log")
    if series.per_step:
        axes.set_ylim(bottom=0)
    else:
        axes.set_yscale("log")
    axes.set_xticks(series.values, [f"{value:,}" for value in series.values])
    axes.minorticks_off()
    axes.set_xlabel(series.size)
    axes.set_ylabel(series.unit)
    axes.grid(alpha=0.3)
    axes.legend()
    PLOTS.mkdir(parents=True, exist_ok=True)
    figure.savefig(PLOTS / f"{series.name}.svg", metadata={"Date": None})
    pyplot.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    known = {series.name: series for series in all_series()}
    parser.add_argument("--series", choices=known, action="append", help="one series; may be given several times")
    arguments = parser.parse_args()
    for name in arguments.series or known:
        series = known[name]
        figures = points(series)
        print(table(series, figures) + f"\n\n![{series.title}](plots/{name}.svg)\n", flush=True)
        plot(series, figures)


if __name__ == "__main__":
    main()

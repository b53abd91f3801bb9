"""Times training steps with two builds in turns, and prints how many times as long this one takes.

    make bench-pairs OLD=DIR                                # DIR has another build's kernel-bench, such as ../old/.build/release
    make bench-pairs OLD=DIR ARGUMENTS="--rows ntm --rounds 15"

The rows are those of `make bench-peers`, and the queue and the deque alone. Within a round both builds time a row, in the
order that the round before did not have; a ratio is the median of the ratios within a round, beside their lower and upper quartile.
"""
import argparse
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))
import compare  # noqa: E402



def rows():
    """Names and the arguments of `kernel-bench step`."""
    for row in compare.rows():
        yield row.name, row.step_arguments
    for memory in ("queue", "deque"):
        yield f"{memory} alone, T 256", ["--memory", memory, "--memory-only", "--width", "64", "--batch", "16", "--length", "256"]


def measure(programs, arguments, threads, rounds):
    """Milliseconds of both builds, round by round."""
    times = []
    for number in range(rounds):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        pair = {which: compare.step_milliseconds(programs[which], arguments, threads, blocks=3) for which in order}
        times.append((pair[0], pair[1]))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--old", type=pathlib.Path, required=True, help="the folder of the other build's kernel-bench")
    parser.add_argument("--rows", default="", metavar="TEXT", help="only rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    programs = arguments.old / "kernel-bench", compare.PRODUCTS / "kernel-bench"
    selected = [(name, options) for name, options in rows() if arguments.rows in name]
    if not selected or arguments.rounds < 2:
        parser.error("no row has that name" if not selected else "--rounds must be 2 or more")
    print(f"{'milliseconds a step':44} {'old':>8} {'new':>8}   new / old (quartiles)")
    for name, options in selected:
        times = measure(programs, options, arguments.threads, arguments.rounds)
        old, new = (statistics.median(side) for side in zip(*times))
        lower, ratio, upper = statistics.quantiles([after / before for before, after in times], n=4, method="inclusive")
        print(f"{name:44} {old:8.3g} {new:8.3g}   {ratio:.3f} ({lower:.3f} to {upper:.3f})", flush=True)


if __name__ == "__main__":
    main()

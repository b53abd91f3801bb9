"""Counts the instructions of a few fixed steps and compares them with the counts in instructions.json.

    make bench-check              # fails where a step takes over 10 % more instructions than the file says
    make bench-check UPDATE=1     # writes new counts

Time varies with the machine and what else it does; the number of instructions hardly does. valgrind counts them on one thread. It
has no AVX-512, so the kernels take their AVX2 path, and oneDNN too: a change that touches AVX-512 code alone does not show. Counts
belong to one compiler and one matrix product, which the file names.

A step's count is the difference between a longer and a shorter run, so that the start of the program drops out.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COUNTS = HERE / "instructions.json"
PROGRAM = HERE.parent / ".build/release/kernel-bench"
ALLOWED = 0.10
# The first step also compiles oneDNN's products.
SHORT, LONG = 2, 5

STEPS = {
    "ntm copy, B 1": "--preset paper/copy-ntm --length 20",
    "ntm copy, B 8": "--preset paper/copy-ntm --length 20 --batch 8",
    "stack reversal, B 10": "--preset fast/reversal-stack --batch 10 --length 16",
    "stack alone": "--memory stack --memory-only --batch 4 --width 64 --length 1024",
    "queue alone": "--memory queue --memory-only --batch 4 --width 64 --length 1024",
    "deque alone": "--memory deque --memory-only --batch 4 --width 64 --length 1024",
    "dnc alone": "--memory dnc --memory-only --batch 4 --rows 128 --columns 20 --length 41 --set network.memory.readHeads=4",
    "ntm alone": "--memory ntm --memory-only --batch 4 --rows 128 --columns 20 --length 41",
    "ntm alone, 4 read heads": "--memory ntm --memory-only --batch 4 --rows 128 --columns 20 --length 41"
                               " --set network.memory.readHeads=4 --set network.memory.writeHeads=1",
    "sam alone": "--memory sam --memory-only --batch 4 --rows 4096 --columns 32 --length 150",
    "sdnc alone": "--memory sdnc --memory-only --batch 4 --rows 4096 --columns 32 --length 150",
}


def run(*command):
    # Swift's hash tables are seeded anew for each process otherwise.
    environment = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1"}
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{result.stderr}")
    return result


def build_facts():
    """What counts depend on beside the sources."""
    with tempfile.NamedTemporaryFile() as file:
        run(PROGRAM, "step", "--length", 3, "--blocks", 1, "--threads", 1, "--json", file.name)
        machine = json.load(open(file.name))["machine"]
    product = "oneDNN" if "oneDNN" in machine["runtime"].split(";")[0] else "built-in"
    return {"compiler": machine["compiler"], "product": product}


def count(program, arguments, steps):
    """Instructions of the whole program with so many steps."""
    result = run("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "step", *arguments.split(),
                 "--threads", 1, "--only", steps)
    found = re.search(r"Collected : (\d+)", result.stderr)
    if not found:
        sys.exit(f"valgrind printed no count:\n{result.stderr}")
    return int(found.group(1))


def count_steps():
    # valgrind up to 3.19 cannot read the debugging information of recent compilers. The copy stands beside the program, where it
    # finds its resources.
    stripped = PROGRAM.with_name("kernel-bench-stripped")
    run("strip", "--strip-debug", "-o", stripped, PROGRAM)
    counts = {}
    for name, arguments in STEPS.items():
        print(f"counting {name}", file=sys.stderr, flush=True)
        counts[name] = (count(stripped, arguments, LONG) - count(stripped, arguments, SHORT)) // (LONG - SHORT)
    stripped.unlink()
    return counts


def compare(counts, known):
    """Prints a line for each step. Returns what is wrong."""
    problems = []
    for name, instructions in counts.items():
        if name not in known:
            problems.append(f"{name} has no count in {COUNTS.name}")
            continue
        change = instructions / known[name] - 1
        print(f"{name:24} {instructions:>14,} {known[name]:>14,} {change:+8.1%}")
        if not change <= ALLOWED:
            problems.append(f"{name} takes {change:.1%} more instructions")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--update", action="store_true", help="write the counts to the file, instead of comparing")
    arguments = parser.parse_args()
    for tool, package in (("valgrind", "valgrind"), ("strip", "binutils")):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed; on Debian: apt-get install {package}")
    facts, counts = build_facts(), count_steps()
    if arguments.update:
        COUNTS.write_text(json.dumps(facts | {"instructions": counts}, indent=2) + "\n")
        print(f"{COUNTS}: {len(counts)} counts")
        return
    known = json.loads(COUNTS.read_text())
    for name, value in facts.items():
        if known[name] != value:
            print(f"The counts in {COUNTS.name} are of {name} {known[name]}; here it is {value}. They may differ for that.")
    print(f"{'instructions of a step':24} {'now':>14} {'known':>14} {'change':>8}")
    problems = compare(counts, known["instructions"])
    if problems:
        sys.exit("\n".join(problems) + f"\nMore than {ALLOWED:.0%} is a failure. If it is meant: make bench-check UPDATE=1")


if __name__ == "__main__":
    main()

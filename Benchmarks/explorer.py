#!/usr/bin/env python3
"""Measures what the explorer and the report take: how long an answer and a drawn step take, what a report of ten seeds weighs,
how much an open page slows training down, and whether the server or the page grows while a run of a million steps goes on.

    make bench-explorer
    make bench-explorer ARGUMENTS="--rounds 9 --steps 1000000"

Each part prints a line with its figure and its bound, and the exit code says whether all bounds hold.
"""
import argparse
import contextlib
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/pages"))
import browser  # noqa: E402  (the checks of pages have it)
import busy_core  # noqa: E402  (whose run is never solved)

TRAINER = ROOT / ".build/release/trainer"
# A Turing machine of the paper's size; sequences of 99 vectors are episodes of 199 steps.
TURING = ["--preset", "fast/copy-ntm", "--set", "network.memory.rows=128", "--set", "network.memory.columns=20"]
LENGTH = 99
# The smallest steps there are, so that a million of them take minutes.
SMALL = ["--task", "copy", "--memory", "queue", "--set", "network.controller.units=1", "--set", "network.memory.width=1",
         "--set", "training.batchSize=1", "--set", "task.minimumLength=1", "--set", "task.maximumLength=1",
         "--set", "training.evaluation.interval=100", "--set", "training.evaluation.episodes=1"]
misses = []


def report(text, value, bound, unit):
    print(f"{text}: {value:.3g} {unit} (bound: {bound:g} {unit})", flush=True)
    if value > bound:
        misses.append(text)


def train(folder, *options):
    command = [TRAINER, "train", "--output", folder, *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def finished(process):
    if process.wait() != 0:
        sys.exit(f"training ended with {process.returncode}")


@contextlib.contextmanager
def explorer(*runs):
    process = subprocess.Popen([TRAINER, "explore", *runs], stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found.group().rstrip("."), process.pid
                return
        sys.exit("trainer explore ended without an address")
    finally:
        process.terminate()
        process.wait()


def measure_report(folder, driver):
    seeds, page = folder / "ten", folder / "ten.html"
    subprocess.run([TRAINER, "train", *TURING, "--steps", "200", "--seeds", "1-10", "--output", seeds], check=True,
                   stdout=subprocess.DEVNULL)
    times = []
    for _ in range(5):
        start = time.monotonic()
        subprocess.run([TRAINER, "report", seeds, "--length", "49", "--output", page], check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - start)
    opened = []
    for _ in range(5):
        driver.get(page.as_uri())
        opened.append(driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0));"))
    report("report of ten seeds with episodes of 99 steps, size", page.stat().st_size / 1e6, 3, "MB")
    report("the same, written in", statistics.median(times), 2, "s")
    report("the same, opened and drawn in", statistics.median(opened) / 1e3, 1, "s")
    return seeds / "seed-1"


def measure_answers(run, driver, rounds):
    with explorer(run) as (address, _):
        times = []
        for seed in range(10 * rounds):
            body = json.dumps({"run": 0, "length": LENGTH, "seed": seed}).encode()
            request = urllib.request.Request(f"{address}api/episode", body, {"Content-Type": "application/json"})
            start = time.monotonic()
            with urllib.request.urlopen(request) as answer:
                size = len(answer.read())
            times.append(time.monotonic() - start)
        report(f"a whole sequence of {2 * LENGTH + 1} steps, {size / 1e6:.1f} MB, answered in",
               1e3 * statistics.median(times), 50, "ms")
        driver.get(address)
        browser.show(driver, 1280, "light")
        field = "document.getElementById('length')"
        driver.execute_script(f"{field}.value = {LENGTH}; {field}.dispatchEvent(new Event('change', {{ bubbles: true }}))")
        time.sleep(2)
        drawn = driver.execute_async_script("""
            const [count, done] = arguments, times = [];
            function next() {
              if (times.length === count) return done(times);
              const start = performance.now();
              document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
              requestAnimationFrame(() => setTimeout(() => { times.push(performance.now() - start); next(); }, 0));
            }
            next();""", 100)
        report("one step forward, drawn in", statistics.median(drawn), 50, "ms")


def measure_training(folder, driver, rounds):
    """One run, and a page that is open and closed in turns, since the machine itself is not equally fast for long.

    The first seconds of each turn, in which the browser loads and draws the page, do not count. Checkpoints come so often
    that each look of the page finds a new one.
    """
    run = folder / "watched"
    metrics = run / "metrics.jsonl"
    settings = [*busy_core.SETTINGS, "training.evaluation.interval=50", "training.solved.wrong=null",
                "training.solved.longWrong=null"]
    process = train(run, "--steps", 10 ** 7, *(word for setting in settings for word in ("--set", setting)))
    while not metrics.exists():
        time.sleep(0.01)

    def milliseconds():
        """Of a step, over some seconds."""
        place = metrics.stat().st_size
        time.sleep(12)
        records = [json.loads(line) for line in metrics.read_bytes()[place:].splitlines()[1:-1]]
        if len(records) < 2:
            sys.exit(f"training wrote nothing for 12 seconds (exit code {process.poll()})")
        first, last = records[0], records[-1]
        return 1e3 * (last["elapsed_seconds"] - first["elapsed_seconds"]) / (last["step"] - first["step"])

    times = {"open": [], "closed": []}
    with explorer(run) as (address, _):
        for index in range(2 * rounds):
            state = ["open", "closed", "closed", "open"][index % 4]
            driver.get(address if state == "open" else "about:blank")
            time.sleep(4)
            times[state].append(milliseconds())
    process.terminate()
    process.wait()
    for state, values in times.items():
        print(f"  milliseconds a step, page {state}: " + " ".join(f"{value:.2f}" for value in sorted(values)))
    report("training beside an open page takes, of its time without",
           100 * statistics.median(times["open"]) / statistics.median(times["closed"]), 102, "%")


def resident(process):
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def measure_growth(folder, driver, steps):
    run = folder / "long"
    process = train(run, *SMALL, "--steps", steps)
    while not (run / "metrics.jsonl").exists():
        time.sleep(0.01)
    with explorer(run) as (address, server):
        driver.get(address)
        seen = []
        while process.poll() is None:
            time.sleep(5)
            # What is left after garbage is collected.
            driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
            heap = driver.execute_script("return performance.memory.usedJSHeapSize") / 2 ** 20
            nodes = driver.execute_script("return document.querySelectorAll('*').length")
            seen.append((resident(server), heap, nodes))
        finished(process)
        records = (run / "metrics.jsonl").read_text().count("\n")
        print(f"  {steps} steps, {records} records; server and page in MB, and elements of the page:")
        for index in sorted({0, len(seen) // 4, len(seen) // 2, 3 * len(seen) // 4, len(seen) - 1}):
            print("  after {} looks: {:.1f}, {:.1f}, {}".format(index + 1, *seen[index]))
        half = len(seen) // 2
        for part, name in enumerate(["the server", "the page"]):
            before = max(look[part] for look in seen[:half + 1])
            report(f"in the second half of the run {name} grew by", max(look[part] for look in seen[half:]) - before, 4, "MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="turns of an open and a closed page (default: 9)")
    parser.add_argument("--part", choices=["report", "training", "growth"], help="measure this alone")
    parser.add_argument("--steps", type=int, default=1_000_000, help="of the run that is followed (default: 1000000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, browser.browser() as driver:
        driver.set_script_timeout(60)
        folder = pathlib.Path(name)
        if options.part in (None, "report"):
            measure_answers(measure_report(folder, driver), driver, options.rounds)
        if options.part in (None, "training"):
            measure_training(folder, driver, options.rounds)
        if options.part in (None, "growth"):
            measure_growth(folder, driver, options.steps)
    sys.exit(1 if misses else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Interrupts, starves and feeds the trainer at random, and checks what it promises. `make torture` runs it.

Everything random comes from one seed, which is printed. Without counts it takes as long as TORTURE_SECONDS says, 300
by default, shared among all kinds; with counts it does so many of those kinds, however long it takes. The result is a
table in Markdown; the exit code is 1 where anything failed, and each failure is described on standard error.
"""

import argparse
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import faults
import fuzz
import program
import runs
import interruptions
import studies

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Between two lines of progress.
PROGRESS_SECONDS = 10
# Shares of the time of a run without counts.
SHARES = {"stops": 0.15, "kills": 0.2, "seeds": 0.1, "studies": 0.15, "faults": 0.15, "fuzz": 0.25}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--trainer", default=os.path.join(ROOT, ".build/release/trainer"), help="the program to torture")
    parser.add_argument(
        "--seed", type=int, default=os.environ.get("TORTURE_SEED"), help="default: TORTURE_SEED, or the time")
    parser.add_argument("--stops", type=int, help="signals that stop single runs")
    parser.add_argument("--kills", type=int, help="kills of single runs")
    parser.add_argument("--seeds", type=int, help="interrupted runs of several seeds")
    parser.add_argument("--studies", type=int, help="studies of 200 runs, each interrupted ten times")
    parser.add_argument("--faults", type=int, help="faults of system calls; 0 is one of each kind at every call")
    parser.add_argument("--fuzz", type=int, help="inputs of each of six kinds")
    parser.add_argument("--runs", help="only these runs, such as lstm,ntm")
    parser.add_argument("--kinds", help="only these kinds of input, such as checkpoints,grammars")
    parser.add_argument("--threads", help="only so many threads, such as 1 (default: 1,2)", default="1,2")
    parser.add_argument("--most-failures", type=int, default=20, help="stop after so many (default: 20)")
    return parser.parse_args()


class Torture:
    def __init__(self, options, workspace):
        self.options, self.workspace = options, workspace
        self.trainer = os.path.abspath(options.trainer)
        self.rows, self.failures = [], 0
        counted = any(getattr(options, name) is not None for name in SHARES)
        self.seconds = None if counted else float(os.environ.get("TORTURE_SECONDS", 300))
        self.start = time.monotonic()
        self.next_progress = self.start + PROGRESS_SECONDS

    def part(self, name):
        """A generator of its own for each part, so that a part alone repeats what it did among the others."""
        return random.Random(f"{self.options.seed} {name}")

    def is_wanted(self, name):
        return self.seconds is not None or getattr(self.options, name) is not None

    def repeat(self, name, trials, share=1.0):
        """Does trials until their count, or the part's share of the time, is reached.

        A trial returns how many it was."""
        wanted = getattr(self.options, name)
        deadline = time.monotonic() + self.seconds * SHARES[name] * share if self.seconds else None
        done = failed = 0
        for trial in trials:
            if (deadline and time.monotonic() > deadline) or (wanted and done >= wanted):
                break
            try:
                done += trial()
            except runs.Failure as failure:
                done += 1
                failed += 1
                self.report(failure)
            self.show_progress(name, done)
        return done, failed

    def show_progress(self, name, done):
        if time.monotonic() >= self.next_progress:
            print(f"  {name}: {done:,} so far, {time.monotonic() - self.start:.0f} s", file=sys.stderr, flush=True)
            self.next_progress = time.monotonic() + PROGRESS_SECONDS

    def report(self, failure):
        self.failures += 1
        print(f"FAILED: {failure.args[0]}", file=sys.stderr, flush=True)
        kept = os.path.join(tempfile.gettempdir(), f"torture-{self.options.seed}-{self.failures}")
        if len(failure.args) > 1 and failure.args[1]:
            shutil.copy(failure.args[1], kept)
            print(f"    the input is in {kept}", file=sys.stderr)
        if self.failures >= self.options.most_failures:
            raise SystemExit(f"{self.failures} failures; seed {self.options.seed}")

    def add(self, what, done, failed, details=""):
        self.rows.append((what, f"{done:,}", f"{failed}", details))
        print(f"{what}: {done:,}, failed {failed}. {details}", flush=True)

    # Parts

    def interrupt_single_runs(self):
        threads = [int(count) for count in self.options.threads.split(",")]
        wanted = self.options.runs.split(",") if self.options.runs else None
        chosen = [run for run in runs.single_runs(self.workspace, threads) if not wanted or run.name in wanted]
        references = {run: runs.Reference(self.trainer, run, self.workspace) for run in chosen}
        for name, title in (("stops", "stops by SIGINT, SIGTERM, SIGHUP"), ("kills", "kills, also during saves")):
            if not self.is_wanted(name):
                continue
            generator = self.part(name)
            state = interruptions.Interruptions(self.trainer, self.workspace, generator, references)
            trial = state.stop_trial if name == "stops" else state.kill_trial
            done, failed = self.repeat(name, (lambda: trial(generator.choice(chosen)) for _ in iter(int, 1)))
            self.add(title, done, failed, listed(state.counts))

    def interrupt_seeds(self):
        generator = self.part("seeds")
        run = next(run for run in runs.single_runs(self.workspace) if run.name == "stack" and run.threads == 2)
        several = interruptions.Several(self.trainer, self.workspace, run)
        state = interruptions.Interruptions(self.trainer, self.workspace, generator, {})
        numbers = [*interruptions.STOPS, signal.SIGKILL, signal.SIGKILL]

        def trial():
            state.seeds_trial(several, numbers)
            return 1
        done, failed = self.repeat("seeds", (trial for _ in iter(int, 1)))
        self.add("interrupted runs of three seeds", done, failed, listed(state.counts))

    def interrupt_studies(self):
        state = studies.Studies(self.trainer, self.workspace, self.part("studies"))
        done, failed = self.repeat("studies", (state.trial for _ in iter(int, 1)))
        self.add("studies of 200 runs, interrupted ten times", done, failed, listed(state.counts))

    def inject_faults(self):
        if not faults.is_available(self.workspace):
            return self.add("faults of system calls", 0, 0, "not tried: strace is not there, or may not trace")
        generator = self.part("faults")
        run = runs.tiny_run()
        several = interruptions.Several(self.trainer, self.workspace, run)
        scenarios = faults.scenarios(self.trainer, self.workspace, run, several)
        for scenario in scenarios:
            pairs = [(point, fault) for point in scenario.points() for fault in faults.FAULTS]
            calls = len(pairs) // len(faults.FAULTS)
            try:
                scenario.require_order()
            except runs.Failure as failure:
                self.report(failure)
            generator.shuffle(pairs)
            codes = {}

            def trial(point, fault):
                code = scenario.trial(point, fault)
                codes[code] = codes.get(code, 0) + 1
                return 1
            done, failed = self.repeat(
                "faults", (lambda pair=pair: trial(*pair) for pair in pairs), share=1 / len(scenarios))
            endings = {"went on": codes.get(0, 0), "said an error": codes.get(1, 0), "killed": codes.get(-9, 0),
                       "never met the call": codes.get(faults.MISSED, 0)}
            endings["other codes"] = sum(codes.values()) - sum(endings.values())
            self.add(f"faults and kills at the {calls} system calls of {scenario.title}", done, failed, listed(endings))

    def feed(self):
        for kind in fuzz.KINDS:
            if self.options.kinds and kind not in self.options.kinds.split(","):
                continue
            state = fuzz.Fuzz(self.trainer, self.workspace, self.part(kind), os.path.join(ROOT, "Sources"))

            def trial():
                state.trial(kind)
                return 1
            done, failed = self.repeat("fuzz", (trial for _ in iter(int, 1)), share=1 / len(fuzz.KINDS))
            self.add(f"fuzzed {fuzz.TITLES[kind]}", done, failed, listed(state.counts))

    def run(self):
        runs.write_data(self.workspace)
        try:
            self.run_parts()
        finally:
            self.print_table()

    def run_parts(self):
        if self.is_wanted("stops") or self.is_wanted("kills"):
            self.interrupt_single_runs()
        if self.is_wanted("seeds"):
            self.interrupt_seeds()
        if self.is_wanted("studies"):
            self.interrupt_studies()
        if self.is_wanted("faults"):
            self.inject_faults()
        if self.is_wanted("fuzz"):
            self.feed()

    def print_table(self):
        print(f"\nSeed {self.options.seed}, {time.monotonic() - self.start:.0f} s, {processor()}, "
              f"{os.cpu_count()} processors, {platform.system()} {platform.release()}.\n")
        print("| what | tried | failed | endings |\n|---|---|---|---|")
        for row in self.rows:
            print("| " + " | ".join(row) + " |")


def listed(counts):
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: -item[1]) if count)


def processor():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())


def main():
    options = parse()
    if options.seed is None:
        options.seed = int(time.time())
    if subprocess.call([options.trainer, "presets"], stdout=subprocess.DEVNULL) != 0:
        sys.exit(f"{options.trainer} does not run; build it with `swift build -c release`")
    # Ended before its time, it still says what it came to.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"seed {options.seed}: TORTURE_SEED={options.seed} repeats it", flush=True)
    with tempfile.TemporaryDirectory(prefix="torture-") as workspace:
        torture = Torture(options, os.path.realpath(workspace))
        torture.run()
    sys.exit(1 if torture.failures else 0)


if __name__ == "__main__":
    main()

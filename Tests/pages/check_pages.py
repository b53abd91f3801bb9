"""Opens the report and the explorer in a headless browser, and uses them as a person would: `make test-pages`.

Trains a few small runs, writes their reports, and looks at each page at 1280 and 390 pixels, light and dark: contrast, width,
names of controls, errors of scripts. Then it types a word into the explorer and reads its answer and the stack's last depth.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import browser

TRAINER = pathlib.Path(__file__).resolve().parents[2] / ".build/release/trainer"
# Names of symbols that would do harm if they were taken for markup.
HOSTILE = ["<script>hacked=1</script>", '"><img/src=x/onerror=hacked=1>', "\u202eabc", "'x'", "&lt;", "</script>"]
problems = []


def check(holds, text):
    if not holds:
        problems.append(text)
        print(f"FAILED: {text}", flush=True)


def trainer(*arguments, folder=None, seconds=300):
    result = subprocess.run([TRAINER, *map(str, arguments)], capture_output=True, text=True, timeout=seconds, cwd=folder)
    if result.returncode != 0:
        sys.exit(f"trainer {' '.join(map(str, arguments))}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def make_runs(folder):
    """A stack that has learned to reverse, a Turing machine in the middle of learning, a differentiable neural computer, a
    sparse memory of many rows, seeds, and hostile symbols."""
    runs = {name: folder / name for name in ("stack", "turing", "dnc", "sparse", "seeds", "hostile")}
    trainer("train", "--preset", "fast/reversal-stack", "--set", "training.snapshots=100", "--output", runs["stack"])
    trainer("train", "--preset", "fast/copy-ntm", "--set", "training.steps=200", "--set", "network.memory.rows=128",
            "--set", "network.memory.columns=20", "--set", "training.evaluation.interval=20",
            "--output", runs["turing"])
    trainer("train", "--preset", "fast/copy-dnc", "--set", "training.steps=200", "--output", runs["dnc"])
    trainer("train", "--preset", "fast/copy-sam", "--set", "training.steps=200", "--set", "network.memory.rows=1000",
            "--output", runs["sparse"])
    trainer("train", "--preset", "fast/reversal-stack", "--set", "training.steps=300", "--seeds", "1-3", "--output", runs["seeds"])
    pairs = folder / "hostile.tsv"
    lines = [[HOSTILE[(i + j) % len(HOSTILE)] for j in range(1 + i % 4)] for i in range(200)]
    pairs.write_text("".join(f"{' '.join(line)}\t{' '.join(reversed(line))}\n" for line in lines))
    trainer("train", "--task", "pairs", "--memory", "stack", "--data", pairs, "--steps", 50, "--output", runs["hostile"])
    return runs


def look(driver, name, screenshots):
    for width in (1280, 390):
        for theme in ("light", "dark"):
            browser.show(driver, width, theme)
            time.sleep(0.3)
            for fault in browser.faults(driver)[:8]:
                check(False, f"{name}, {width} pixels, {theme}: {fault}")
            browser.screenshot(driver, screenshots, f"{name}-{width}-{theme}")
    browser.show(driver, 1280, "light")


def is_harmless(driver, name):
    check(driver.execute_script("return typeof hacked === 'undefined'"), f"{name}: a symbol's name ran as a script")
    check(not driver.find_elements(By.CSS_SELECTOR, "img[src=x]"), f"{name}: a symbol's name became an element")


def check_reports(driver, runs, folder, screenshots):
    for name, run in runs.items():
        file = folder / f"{name}.html"
        trainer("report", run.name, "--output", file, folder=folder)
        driver.get(file.as_uri())
        opened = driver.execute_script(
            "const t = performance.getEntriesByType('navigation')[0]; return t.loadEventEnd - t.startTime")
        size = file.stat().st_size
        print(f"report {name}: {size / 1e6:.2f} MB, opened in {opened:.0f} ms", flush=True)
        check(size < 3_000_000, f"report {name} has {size} bytes; 3,000,000 at most")
        check(driver.find_elements(By.TAG_NAME, "canvas"), f"report {name} has no heatmap")
        check(driver.find_elements(By.CSS_SELECTOR, "svg polyline, svg path"), f"report {name} has no curve")
        look(driver, f"report-{name}", screenshots)
        is_harmless(driver, f"report {name}")
        if name == "dnc":
            check_links(driver)
        if name == "sparse":
            check(" of 1000 rows" in driver.find_element(By.CLASS_NAME, "nm-tracks").text, "all of 1000 rows are shown")


# A memory of 3 rows in 4 steps: rows 0, 1 and 2 are written, then row 0 again. Place 3·i + j links row j to row i.
LINKS = """
const dense = (name, role, numbers) => ({
  name, role, numbers: Float32Array.from(numbers), kind: 'dense', size: 3, axes: [{ rows: 3 }],
  at(step) { return this.numbers.subarray(3 * step, 3 * step + 3); },
});
const links = [[], [[3, 1]], [[3, 1], [7, 1]], [[7, 1], [2, 0.5]]].map(pairs => new Map(pairs));
const signals = [
  dense('write weighting', 'weighting', [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]),
  dense('read weighting', 'weighting', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0.25, 0.75, 0]),
  dense('read forward weighting', 'weighting', new Array(12).fill(1)),
  { name: 'links', role: 'links', kind: 'window', axes: [{ rows: 3 }, { rows: 3 }], at: step => links[step] },
];
const memory = NM.links.find(signals);
return [2, 3].map(step => {
  const { arcs, reads } = NM.links.state(memory, step);
  return [arcs.map(({ from, to, strength }) => [from, to, strength]), reads.map(steps => [...steps].sort())];
});
"""


def check_links(driver):
    """Arcs lead from write to write, and not from what was written over."""
    before, after = driver.execute_script(LINKS)
    check(before[0] == [[0, 1, 1], [1, 2, 1]], f"arcs before a row is written again: {before[0]}")
    check(after == [[[1, 2, 1], [2, 3, 0.5]], [[[1, 0.75], [2, 0], [3, 0.25]]]], f"arcs after that: {after}")
    order = driver.find_element(By.CLASS_NAME, "nm-order")
    order.send_keys(Keys.ARROW_LEFT)
    told = driver.find_element(By.CLASS_NAME, "nm-tooltip").text
    check(re.match(r"step \d+, “[01]+”: ", told), f"the keyboard over arcs says {told!r}")
    matrix = driver.find_elements(By.CSS_SELECTOR, "[data-episode=episode-1] .nm-memory canvas")[-1]
    matrix.send_keys(Keys.ARROW_DOWN)
    told = driver.find_element(By.CLASS_NAME, "nm-tooltip").text
    check(told.startswith("links, row 1, column 0: "), f"the keyboard over links says {told!r}")


class Explorer:
    """`trainer explore` at work."""

    def __init__(self, driver, *runs):
        self.driver = driver
        names = [run.name for run in runs]
        self.process = subprocess.Popen(
            [TRAINER, "explore", *names], stdout=subprocess.PIPE, text=True, cwd=runs[0].parent)
        line = ""
        while "http://" not in line:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("trainer explore ended without an address")
        self.address = re.search(r"http://\S+", line).group().rstrip(".")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A page that is open would go on asking the server that has ended.
        self.driver.get("about:blank")
        self.process.terminate()
        check(self.process.wait(10) == 0, f"explore ended with {self.process.returncode} after a signal")


def wait(driver, condition, text, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    check(False, text)
    return False


def text(driver, identifier):
    return " ".join(driver.find_element(By.ID, identifier).text.split())


def check_explorer(driver, runs, screenshots):
    with Explorer(driver, runs["stack"], runs["turing"]) as explorer:
        driver.get(explorer.address)
        wait(driver, lambda: driver.find_elements(By.TAG_NAME, "canvas"), "the explorer draws nothing")
        field = driver.find_element(By.ID, "input")
        field.send_keys(Keys.CONTROL + "a")
        field.send_keys("h e l l o")
        wait(driver, lambda: text(driver, "output").startswith("o l l e h"),
             f"the explorer answers {text(driver, 'output')!r} to h e l l o")
        shown = json.loads(trainer("inspect", runs["stack"], "--input", "h e l l o", "--format", "json"))
        depth = [signal["name"] for signal in shown["signals"]].index("depth")
        last = shown["steps"][-1]["values"][depth]["numbers"][0]
        check(abs(float(text(driver, "depth")) - last) < 0.006, f"last depth {text(driver, 'depth')}, by inspect {last:.3f}")
        look(driver, "explorer-stack", screenshots)
    with Explorer(driver, runs["turing"]) as explorer:
        driver.get(explorer.address)
        wait(driver, lambda: driver.find_elements(By.TAG_NAME, "canvas"), "the explorer draws nothing of vectors")
        look(driver, "explorer-turing", screenshots)
    with Explorer(driver, runs["hostile"]) as explorer:
        driver.get(explorer.address)
        wait(driver, lambda: driver.find_elements(By.CLASS_NAME, "nm-tracks"), "the explorer draws nothing of own data")
        check("hostile.tsv, line" in text(driver, "drawn-note"), f"own data come from {text(driver, 'drawn-note')!r}")
        look(driver, "explorer-hostile", screenshots)
        is_harmless(driver, "explorer")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--screenshots", type=pathlib.Path, help="a folder for pictures of all pages")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, browser.browser() as driver:
        folder = pathlib.Path(name)
        runs = make_runs(folder)
        check_reports(driver, runs, folder, arguments.screenshots)
        check_explorer(driver, runs, arguments.screenshots)
    print(f"{len(problems)} problems" if problems else "all pages are right")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

"""Inputs that are nearly right, through the command: no crash, no hang, no gigabytes, no long message."""

import glob
import os
import re
import shutil

import mutations
import program
import runs
from runs import Failure

KINDS = ["checkpoints", "configurations", "grammars", "data", "input", "options"]
TITLES = {"input": "standard input", "options": "options", **{kind: kind for kind in KINDS[:4]}}
# Of work; on an idle machine these are the seconds that pass.
SECONDS = 10
MEMORY = 1 << 30
# A network that was asked for and fits into the machine may be large. Beyond this the machine is kept from harm.
MEMORY_OF_TRAINING = 4 << 30


class Fuzz:
    def __init__(self, trainer, workspace, random, sources):
        self.trainer, self.workspace, self.random = trainer, workspace, random
        self.folder = os.path.join(workspace, "fuzz")
        os.makedirs(self.folder, exist_ok=True)
        self.counts = {}
        self.configuration_texts = read_all(f"{sources}/NeuralMemoryTraining/Presets/*/*.yaml")
        self.grammar_texts = read_all(f"{sources}/NeuralMemoryTasks/Grammars/*.yaml")
        self.data_file = runs.data_file(workspace)
        self.data_text, = read_all(self.data_file)
        self.networks = [self.train(*options) for options in (
            ["symbols", "--preset", "fast/reversal-stack"], ["bits", "--preset", "fast/copy-ntm"],
            ["pairs", "--task", "pairs", "--data", self.data_file, "--set", "training.curriculum.start=0",
             "--set", "training.evaluation.lengths=[]"])]
        self.configuration_texts += read_all(f"{workspace}/network-*/config.yaml")
        self.settings = read_settings(f"{self.networks[1]}/config.yaml")
        self.known = {command: self.read_options(command) for command in self.read_commands()}

    def train(self, name, *options):
        folder = os.path.join(self.workspace, f"network-{name}")
        if os.path.exists(folder):
            return folder
        small = ["--set", "network.controller.units=8", "--set", "training.evaluation.episodes=4", "--steps", "2"]
        ending = program.run([self.trainer, "train", *options, *small, "--output", folder], self.workspace)
        if ending.code != program.DONE:
            raise Failure(f"fuzz: {ending}")
        return folder

    def read_commands(self):
        text = program.run([self.trainer, "--help"], self.workspace).output
        return re.findall(r"^  (\w+)  ", text[text.index("SUBCOMMANDS:"):], re.MULTILINE)

    def read_options(self, command):
        """(name, whether it takes a value) of each option that a command's help lists."""
        text = program.run([self.trainer, command, "--help"], self.workspace).output
        found = re.findall(r"^  (--[\w-]+)(?:, --[\w-]+)* ?(<)?", text, re.MULTILINE)
        return [(name, bool(value)) for name, value in found]

    def trial(self, kind):
        """One input. What it came to is counted; fails where that must not be."""
        for name in os.listdir(self.folder):
            shutil.rmtree(path) if os.path.isdir(path := os.path.join(self.folder, name)) else os.remove(path)
        arguments, data, file = getattr(self, kind)()
        process = program.Program([self.trainer, *arguments], self.folder, data)
        ending = process.finish(runs.LIMIT, SECONDS, MEMORY_OF_TRAINING)
        # What was asked for and is at work is neither hanging nor greedy.
        is_training = arguments[0] == "train" and "training:" in ending.output
        try:
            if not (is_training and ending.code == -9):
                runs.require_documented(ending, kind, answers_lines=arguments[0] == "predict")
            if ending.memory > MEMORY and not is_training:
                raise Failure(f"{kind}: takes over {MEMORY >> 20} MB: {ending}")
        except Failure as failure:
            raise Failure(f"{failure}\n    trainer {' '.join(map(shown, arguments))}", file) from None
        outcome = {0: "accepted", 1: "refused", 64: "refused", 70: "diverged"}.get(ending.code, "cut short at work")
        self.counts[outcome] = self.counts.get(outcome, 0) + 1

    def write(self, name, contents):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(contents)
        return path

    # Each returns arguments, standard input, and the file to keep where it fails.

    def checkpoints(self):
        network = self.random.choice(self.networks)
        contents = mutations.mutate_checkpoint(self.random, f"{network}/checkpoints/latest.safetensors")
        path = self.write("run/checkpoints/latest.safetensors", contents)
        run = os.path.join(self.folder, "run")
        command = self.random.choice([
            ["evaluate", path, "--episodes", "4"], ["predict", path], ["inspect", path], ["predict", path, "--stream"],
            ["dump", path, "--batch-size", "2", "--length", "3", "--seed", "1", "--output", "dump"],
            ["train", "--resume", run, "--steps", "3"], ["predict", run, "--beam", "3"],
            ["evaluate", run, "--episodes", "2"]])
        if self.random.random() < 0.5:
            shutil.copy(f"{network}/config.yaml", run)
        return [*command, "--threads", "1"], b"a b c\nd\n", path

    def configurations(self):
        contents = mutations.mutate(self.random, self.random.choice(self.configuration_texts))
        path = self.write("configuration.yaml", contents)
        command = self.random.choice([
            ["train", "--config", path, "--steps", "1", "--output", "run", "--threads", "1"],
            ["parameters", "--config", path]])
        return command, b"", path

    def grammars(self):
        path = self.write("grammar.yaml", mutations.mutate(self.random, self.random.choice(self.grammar_texts)))
        setting = ["--set", f"task.grammar={path}"]
        command = self.random.choice([
            ["tasks", "--show", "grammar", *setting],
            ["tasks", "--show", "grammar", *setting, "--set", "task.maximumLength=40"],
            ["train", "--task", "grammar", *setting, "--steps", "1", "--output", "run", "--threads", "1",
             "--set", "training.evaluation.episodes=4"]])
        return command, b"", path

    def data(self):
        path = self.write("data.tsv", mutations.mutate(self.random, self.data_text))
        more = self.random.choice([[], ["--characters"], ["--validation", path], ["--set", "task.maximumLength=5"]])
        command = self.random.choice([
            ["train", "--task", "pairs", "--data", path, *more, "--steps", "1", "--output", "run", "--threads", "1",
             "--set", "network.controller.units=8"],
            ["evaluate", self.networks[2], "--data", path, "--threads", "1"]])
        return command, b"", path

    def input(self):
        network = self.random.choice(self.networks)
        text = b"a b c d\nd c b a\n\n" if "bits" not in network else b"10110011\n01010101\n\n11110000\n"
        contents = mutations.mutate(self.random, text * self.random.choice([1, 3, 50]))
        path = self.write("input", contents)
        more = self.random.choice([
            [], ["--stream"], ["--beam", "3"], ["--max-length", "5"], ["--stream", "--rows", "9"]])
        return ["predict", network, *more, "--threads", "1"], contents, path

    def options_of(self, command):
        """Some of a command's options, with values that may fit and ones that cannot."""
        known, arguments = self.known[command], []
        for name, takes_value in self.random.sample(known, k=min(len(known), self.random.randint(1, 4))):
            arguments.append(name)
            if takes_value:
                arguments.append(self.value(name))
        return arguments

    def value(self, name):
        valid = {"--preset": "fast/copy-ntm", "--config": f"{self.networks[0]}/config.yaml", "--task": "reversal",
                 "--data": self.data_file, "--validation": self.data_file, "--memory": "queue", "--controller": "rnn",
                 "--output": "out", "--resume": self.networks[0], "--seeds": "1-2", "--format": "json",
                 "--show": "dyck",
                 "--length": "4", "--set": "network.memory.width=8"}.get(name, "3")
        if name == "--set":
            path = self.random.choice(self.settings)
            valid = f"{path}={self.random.choice(mutations.EXTREMES)}"
        choice = self.random.random()
        if choice < 0.4:
            return valid
        # A changed path could lead out of the folder.
        if choice < 0.8 or name == "--output":
            return self.random.choice(mutations.EXTREMES)
        text = mutations.mutate(self.random, valid.encode()).replace(b"\x00", b"")
        return os.fsdecode(text[:60_000])

    def options(self):
        command = self.random.choice(list(self.known))
        arguments = [command]
        if command in ("evaluate", "predict", "inspect", "dump"):
            arguments.append(self.random.choice(self.networks))
        if command == "dump":
            arguments += ["--batch-size", "2", "--length", "3", "--seed", "1", "--output", "dump"]
        arguments += self.options_of(command)
        if command == "train":
            arguments += ["--steps", "1", "--set", "training.evaluation.episodes=4"]
        return arguments, b"a b c\n", None


def read_all(pattern):
    contents = []
    for path in sorted(glob.glob(pattern)):
        with open(path, "rb") as file:
            contents.append(file.read())
    return contents


def read_settings(path):
    """Dotted paths of all settings in a configuration file."""
    settings, above = [], []
    with open(path) as file:
        for line in file:
            if match := re.match(r"( *)(\w+):( .)?", line):
                above = above[:len(match[1]) // 2] + [match[2]]
                settings += [".".join(above)] if match[3] else []
    return settings


def shown(argument):
    text = ascii(str(argument))[1:-1]
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)"

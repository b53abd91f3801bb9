# What Examples/Data/flare_to_sequences.py writes of a small language, and what it says where files do not fit.
# python3 -m unittest discover Tests/data
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

CONVERTER = pathlib.Path(__file__).resolve().parents[2] / "Examples" / "Data" / "flare_to_sequences.py"

# Strings of a and b in turns that begin with a and end with b; the empty string is one of them.
NEXT_EMPTY = [{"s": "a", "e": True}]
NEXT_AB = [{"s": "a", "e": True}, {"s": "b", "e": False}, {"s": "a", "e": True}]
FILES = {
    "main.tok": "a b\nb\n\n",
    "labels.txt": "1\n0\n1\n",
    "next-symbols.jsonl": json.dumps(NEXT_AB) + "\n" + json.dumps(NEXT_EMPTY) + "\n",
    "datasets/test/main.tok": "a b a\n",
    "datasets/test/labels.txt": "0\n",
}


class FlareTests(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def convert(self, *options):
        return subprocess.run([sys.executable, CONVERTER, self.folder, *options], capture_output=True, text=True)

    def sequences(self, *options):
        done = self.convert(*options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [(line["inputs"], line["targets"]) for line in map(json.loads, done.stdout.splitlines())]

    def assertRefused(self, *words):
        done = self.convert()
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.startswith("Error: "), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_strings_of_the_language_say_what_may_follow_each_symbol_and_others_their_label_alone(self):
        # Bits: a may follow, b may follow, the end may follow, accepted.
        self.assertEqual(self.sequences(), [
            (["a", "b", "<end>"], [[0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]]),
            (["b", "<end>"], [None, [0, 0, 0, 0]]),
            (["<end>"], [[0, 0, 0, 1]]),
        ])

    def test_only_strings_of_the_language_where_that_is_asked(self):
        self.assertEqual([inputs for inputs, _ in self.sequences("--positive")], [["a", "b", "<end>"], ["<end>"]])

    def test_a_data_set_has_labels_alone_and_as_many_bits_as_the_training_strings(self):
        self.assertEqual(self.sequences("--dataset", "test"),
                         [(["a", "b", "a", "<end>"], [None, None, None, [0, 0, 0, 0]])])

    def test_after_an_error_nothing_may_follow(self):
        self.write("main.tok", "a b\n" * 30)
        self.write("labels.txt", "1\n" * 30)
        self.write("next-symbols.jsonl", (json.dumps(NEXT_AB) + "\n") * 30)
        found = self.sequences("--errors")
        wrong = [sequence for sequence in found if sequence[0] != ["a", "b", "<end>"]]
        self.assertEqual((len(found), len(wrong)), (60, 30))
        right = [[0, 1, 0, 0], [1, 0, 1, 0]]
        for inputs, targets in wrong:
            # The first place that differs from abab….
            place = next(i for i, symbol in enumerate(inputs) if symbol != "ab"[i % 2])
            self.assertEqual(targets, right[:place] + [[0, 0, 0, 0]] * (len(inputs) - place), inputs)
        self.assertGreater(len({tuple(inputs) for inputs, _ in wrong}), 3)
        self.assertEqual(found, self.sequences("--errors"))

    def test_files_that_do_not_fit_are_refused(self):
        self.write("labels.txt", "1\n0\n")
        self.assertRefused("labels (2)", "strings (3)")
        self.write("labels.txt", "1\nyes\n1\n")
        self.assertRefused("labels.txt, line 2", "“yes”")
        self.write("labels.txt", FILES["labels.txt"])
        self.write("next-symbols.jsonl", json.dumps(NEXT_AB) + "\n")
        self.assertRefused("next-symbols.jsonl has 1 lines", "2 labels")
        self.write("next-symbols.jsonl", json.dumps(NEXT_AB) + "\n{\n")
        self.assertRefused("next-symbols.jsonl, line 2")
        self.write("next-symbols.jsonl", json.dumps(NEXT_EMPTY) + "\n" + json.dumps(NEXT_EMPTY) + "\n")
        self.assertRefused("next-symbols.jsonl, line 1", "has 2 symbols")
        (self.folder / "main.tok").unlink()
        self.assertRefused("main.tok cannot be read")


if __name__ == "__main__":
    unittest.main()

"""Checks the scripts of Examples/Data: what they write for small samples, and what they say of bad ones.

    make test-data
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "Examples/Data"


def run(script, *arguments, text=""):
    """Exit code, the objects that were written, and what standard error says."""
    result = subprocess.run(
        [sys.executable, SCRIPTS / script, *map(str, arguments)], input=text.encode(), capture_output=True, timeout=60)
    out = result.stdout.decode()
    lines = [json.loads(line) for line in out.splitlines()] if out.startswith("{") else out.splitlines()
    return result.returncode, lines, result.stderr.decode()


class Case(unittest.TestCase):
    def refuses(self, words, script, *arguments, text=""):
        """Nothing is done, and one line says why."""
        code, _, error = run(script, *arguments, text=text)
        self.assertNotEqual(code, 0)
        self.assertIn(words, error)
        self.assertNotIn("Traceback", error)

    def generated(self, script, *arguments):
        """What is written, which the seed decides."""
        code, lines, error = run(script, *arguments, "--seed", 7)
        self.assertEqual((code, error), (0, ""))
        self.assertEqual(run(script, *arguments, "--seed", 7)[1], lines)
        self.assertNotEqual(run(script, *arguments, "--seed", 8)[1], lines)
        return lines


class EveryScript(Case):
    def test_help_says_how_it_is_called(self):
        scripts = sorted(SCRIPTS.glob("*.py"))
        self.assertGreaterEqual(len(scripts), 7)
        for script in scripts:
            code, lines, _ = run(script.name, "--help")
            self.assertEqual(code, 0)
            self.assertTrue(any(line.startswith(f"usage: {script.name}") for line in lines), script.name)


class Languages(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.english, self.german = (pathlib.Path(folder.name) / name for name in ("english", "german"))
        self.english.write_text("house\nhouse's\nhand\nRiver\n", encoding="utf-8")
        self.german.write_text("Tür\nhand\nFluss\n", encoding="utf-8")

    def lists(self):
        return f"English={self.english}", f"German={self.german}"

    def test_words_of_one_list_alone_in_lower_case(self):
        code, lines, _ = run("languages.py", "--words", 2, *self.lists())
        self.assertEqual(code, 0)
        self.assertEqual(
            {("".join(line["inputs"]), line["target"]) for line in lines},
            {("house", "English"), ("river", "English"), ("tür", "German"), ("fluss", "German")})

    def test_plain_takes_accents_off(self):
        _, lines, _ = run("languages.py", "--words", 2, "--plain", *self.lists())
        self.assertIn({"inputs": ["t", "u", "r"], "target": "German"}, lines)

    def test_bad_lists(self):
        self.refuses("only 2 words are English", "languages.py", "--words", 3, *self.lists())
        self.refuses("No such file", "languages.py", "English=/nowhere")
        self.refuses("give LANGUAGE=FILE", "languages.py", "english")
        self.refuses("two lists of English", "languages.py", *self.lists(), f"English={self.german}")
        self.german.write_bytes(b"T\xfcr\n")
        self.refuses("not text in UTF-8", "languages.py", "--words", 1, *self.lists())


class Blocks(Case):
    def test_each_end_has_what_it_ends(self):
        for line in self.generated("blocks.py", "--lines", 50, "--length", "6-20", "--depth", 4):
            opened = []
            self.assertTrue(6 <= len(line["inputs"]) <= 20)
            for word, tag in zip(line["inputs"], line["targets"], strict=True):
                self.assertEqual(tag, opened.pop() if word == "end" else None)
                opened += [word] if word not in ("x", "y", "z", "end") else []
                self.assertLessEqual(len(opened), 4)
            self.assertEqual(opened, [])

    def test_bad_options(self):
        self.refuses("give a range", "blocks.py", "--length", "20-6")
        self.refuses("at least 1", "blocks.py", "--depth", 0)


class Subtotals(Case):
    def test_each_group_has_its_sum(self):
        for line in self.generated("subtotals.py", "--lines", 50, "--length", "6-20", "--depth", 3):
            sums = []
            self.assertTrue(6 <= len(line["inputs"]) <= 20)
            for (amount, opens, closes), target in zip(line["inputs"], line["targets"], strict=True):
                if opens:
                    sums.append([])
                elif closes:
                    self.assertEqual(target, total := sum(sums.pop()))
                    for outer in sums[-1:]:
                        outer.append(total)
                    continue
                else:
                    sums[-1].append(amount)
                self.assertIsNone(target)
                self.assertLessEqual(len(sums), 3)
            self.assertEqual(sums, [])

    def test_bad_options(self):
        self.refuses("give a range", "subtotals.py", "--length", "2-6")


class Tides(Case):
    def test_hours_and_heights(self):
        lines = self.generated("tides.py", "--hours", 30, "--start", 5)
        self.assertEqual(lines[0], "hour,height")
        self.assertEqual([line.split(",")[0] for line in lines[1:]], [str(hour) for hour in range(5, 35)])
        self.assertTrue(all(abs(float(line.split(",")[1])) < 2 for line in lines[1:]))

    def test_without_noise_a_later_start_continues(self):
        quiet = run("tides.py", "--noise", 0, "--hours", 10)[1]
        self.assertEqual(quiet[6:], run("tides.py", "--noise", 0, "--hours", 5, "--start", 5)[1][1:])


class CSV(Case):
    TABLE = "time,a,b\n1,10,0.5\n2,20,0.25\n3,30,0.125\n4,40,0\n"

    def test_windows(self):
        code, lines, error = run(
            "csv_to_sequences.py", "--inputs", "b,a", "--target", "a", "--window", 2, "--horizon", 2, text=self.TABLE)
        self.assertEqual((code, lines), (0, [{"inputs": [[0.5, 10], [0.25, 20]], "target": 40}]))
        _, lines, error = run(
            "csv_to_sequences.py", "--inputs", "b", "--target", "a", "--window", 1, "--stride", 2, text=self.TABLE)
        self.assertEqual(lines, [{"inputs": [[0.5]], "target": 20}, {"inputs": [[0.125]], "target": 40}])
        self.assertEqual(error, "")

    def test_persistence(self):
        # Targets are 20, 30 and 40, of deviation 8.165, and each is 10 above the value before.
        _, _, error = run("csv_to_sequences.py", "--inputs", "a", "--target", "a", "--window", 1, text=self.TABLE)
        self.assertIn("3 windows; persistence has an rmse of 1.2247", error)

    def test_other_separators_and_marks(self):
        text = "\ufeff" + self.TABLE.replace(",", ";").replace("\n", "\r\n")
        _, lines, _ = run(
            "csv_to_sequences.py", "--inputs", "a", "--target", "b", "--window", 3, "--separator", ";", text=text)
        self.assertEqual(lines, [{"inputs": [[10], [20], [30]], "target": 0}])

    def test_errors_name_line_and_column(self):
        for words, text in (
            ("line 3, column b: 'wet' is not a number", "a,b\n1,2\n3,wet\n"),
            ("line 2, column b: 'nan' is not a number", "a,b\n1,nan\n"),
            ("line 3: 1 columns, and line 1 names 2", "a,b\n1,2\n3\n"),
            ("line 1: no column b; there are a, c", "a,c\n1,2\n"),
            ("line 1: more than one column b", "b,b,a\n1,2,3\n"),
            ("line 1: no column a; there are none", ""),
            ("1 rows; a window of 24 and a horizon of 1 need 25", "a,b\n1,2\n"),
        ):
            self.refuses(words, "csv_to_sequences.py", "--inputs", "a", "--target", "b", text=text)
        self.refuses("No such file", "csv_to_sequences.py", "--inputs", "a", "--target", "b", "/nowhere")
        self.refuses("give one character", "csv_to_sequences.py", "--inputs", "a", "--target", "b", "--separator", "::")


class Stories(Case):
    def test_answers_follow_from_the_sentences(self):
        options = ("--lines", 50, "--things", 3, "--questions", 0.7, "--sentences", "3-9")
        for line in self.generated("stories.py", *options):
            rooms, holders, places, words = {}, {}, {}, []
            for word, answer in zip(line["inputs"], line["targets"], strict=True):
                words.append(word)
                if words[0] == "where":
                    if word == "?":
                        subject = words[-2]
                        holder = holders.get(subject, subject)
                        self.assertEqual(answer, places[subject] if holder is None else rooms[holder])
                        words = []
                    continue
                self.assertIsNone(answer)
                if len(words) == 5 and words[1] == "went":
                    rooms[words[0]], words = word, []
                elif len(words) == 4 and words[1] == "took":
                    holders[word], words = words[0], []
                elif len(words) == 4 and words[1] == "dropped":
                    holders[word], places[word], words = None, rooms[words[0]], []
            self.assertEqual(words, [])

    def test_bad_options(self):
        self.refuses("give a range", "stories.py", "--sentences", "0-3")
        self.refuses("from 0 to 1", "stories.py", "--questions", 2)

    def test_one_question_at_the_end(self):
        for line in self.generated("stories.py", "--lines", 20, "--questions", 0):
            self.assertIsNotNone(line["targets"].pop())
            self.assertEqual(set(line["targets"]), {None})


class BAbI(Case):
    STORY = "1 Mary moved to the bathroom.\n2 Where is Mary? \tbathroom\t1\n"
    WORDS = ["mary", "moved", "to", "the", "bathroom", "where", "is", "mary", "?"]

    def test_a_line_for_each_story(self):
        text = self.STORY + self.STORY + "3 What has Mary?\tmilk,Apple\t1\n"
        code, lines, error = run("babi_to_sequences.py", text=text)
        self.assertEqual((code, error), (0, ""))
        first = {"inputs": self.WORDS, "targets": [None] * 8 + ["bathroom"]}
        second = {
            "inputs": self.WORDS + ["what", "has", "mary", "?"],
            "targets": first["targets"] + [None] * 3 + ["milk,apple"]}
        self.assertEqual(lines, [first, second])

    def test_errors_name_the_line(self):
        for words, text in (
            ("line 2: sentence 3 follows sentence 1", "1 Mary sat.\n3 Where is Mary?\ta\n"),
            ("line 1: this does not begin with a number", "Mary sat.\n"),
            ("line 3: a question is", self.STORY + "1 Where is Mary?\n"),
            ("line 1: a question is", "1 Mary sat.\tgarden\n"),
            ("line 1: the answer is empty", "1 Where is Mary?\t\t1\n"),
            ("line 1: there are no words", "1 .\n"),
            ("no stories with questions", "1 Mary sat.\n"),
        ):
            self.refuses(words, "babi_to_sequences.py", text=text)
        self.refuses("No such file", "babi_to_sequences.py", "/nowhere")


if __name__ == "__main__":
    unittest.main()

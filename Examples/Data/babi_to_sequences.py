#!/usr/bin/env python3
"""Makes JSON lines for `--task sequences` of files of the bAbI tasks, a line for each story.

usage: babi_to_sequences.py [FILE...]

    1 Mary moved to the bathroom.
    2 John went to the hallway.
    3 Where is Mary? <tab> bathroom <tab> 1

    {"inputs": ["mary", "moved", …, "where", "is", "mary", "?"], "targets": [null, …, "bathroom"]}

A story begins where the numbers begin anew. Words are in lower case, without full stops; the answer of a question
is the target of its question mark. The numbers of the sentences that support an answer, which follow a second tab,
are left out.
"""
import argparse
import json
import re
import signal
import sys


def fail(name, number, message):
    sys.exit(f"babi_to_sequences.py: {name}, line {number}: {message}")


def stories(lines, name):
    """Words and targets of each story of a file."""
    inputs, targets, last = [], [], 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = re.fullmatch(r"(\d+) (.*)", line.rstrip("\r\n"))
        if not found:
            fail(name, number, "this does not begin with a number and a space")
        index, (text, *rest) = int(found[1]), found[2].split("\t")
        if index == 1:
            yield inputs, targets
            inputs, targets = [], []
        elif index != last + 1:
            fail(name, number, f"sentence {index} follows sentence {last}; a story counts from 1")
        last = index
        words = re.findall(r"[^\s.?]+|\?", text.lower())
        if not words:
            fail(name, number, "there are no words")
        inputs += words
        targets += [None] * len(words)
        if (words[-1] == "?") != bool(rest):
            fail(name, number, "a question is: words, a question mark, a tab, the answer")
        if rest:
            if not rest[0].strip():
                fail(name, number, "the answer is empty")
            targets[-1] = rest[0].strip().lower()
    yield inputs, targets


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", metavar="FILE", default=["-"], help="files (default: standard input)")
    count = 0
    for file in parser.parse_args().files:
        name = "standard input" if file == "-" else file
        try:
            with open(0 if file == "-" else file, encoding="utf-8-sig") as lines:
                for inputs, targets in stories(lines, name):
                    # A story without any question has nothing to be learned.
                    if any(targets):
                        print(json.dumps({"inputs": inputs, "targets": targets}, ensure_ascii=False))
                        count += 1
        except (OSError, UnicodeDecodeError) as error:
            sys.exit(f"babi_to_sequences.py: {name}: {getattr(error, 'strerror', None) or 'this is not text in UTF-8'}")
    if not count:
        sys.exit("babi_to_sequences.py: there are no stories with questions")


if __name__ == "__main__":
    # So that `| head` ends it without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()

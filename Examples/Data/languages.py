#!/usr/bin/env python3
"""Writes words with their languages as JSON lines for `--task sequences`, from lists with a word on each line.

usage: languages.py [--words N] [--plain] [--seed S] LANGUAGE=FILE...

    python3 Examples/Data/languages.py English=/usr/share/dict/american-english German=/usr/share/dict/ngerman

    {"inputs": ["w", "o", "r", "d"], "target": "English"}

Words are in lower case. Left out are those with anything but letters, and those that stand in several lists. The
lines are in random order.
"""
import argparse
import json
import random
import signal
import sys
import unicodedata


def plain(word):
    """Without accents: é becomes e, ü becomes u."""
    if word.isascii():
        return word
    return "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))


def words(file, is_plain):
    """The different words of a list that consist of letters alone."""
    try:
        with open(file, encoding="utf-8") as lines:
            found = {unicodedata.normalize("NFC", line.strip().lower()) for line in lines}
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"languages.py: {file}: {getattr(error, 'strerror', None) or 'this is not text in UTF-8'}")
    return {plain(word) if is_plain else word for word in found if word.isalpha()}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("lists", nargs="+", metavar="LANGUAGE=FILE", help="a name and its list of words")
    parser.add_argument("--words", type=int, default=5000, help="how many words of each language (default: 5000)")
    parser.add_argument("--plain", action="store_true", help="take the accents off")
    parser.add_argument("--seed", type=int, default=1, help="decides which words, and their order (default: 1)")
    options = parser.parse_args()

    languages = {}
    for one in options.lists:
        name, sign, file = one.partition("=")
        if not (name and sign and file):
            parser.error(f"{one}: give LANGUAGE=FILE, such as German=/usr/share/dict/ngerman")
        if name in languages:
            parser.error(f"{one}: there are two lists of {name}")
        languages[name] = words(file, options.plain)

    seen, shared = set(), set()
    for own in languages.values():
        shared |= seen & own
        seen |= own
    draw, lines = random.Random(options.seed), []
    for name, own in languages.items():
        # Sorted, since the order of a set differs from run to run.
        alone = sorted(own - shared)
        if len(alone) < options.words:
            sys.exit(f"languages.py: only {len(alone)} words are {name} alone; give --words {len(alone)} or fewer")
        lines += [{"inputs": list(word), "target": name} for word in draw.sample(alone, options.words)]
    draw.shuffle(lines)
    for line in lines:
        print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    # So that `| head` ends it without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()

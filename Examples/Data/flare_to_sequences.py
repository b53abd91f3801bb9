#!/usr/bin/env python3
"""Writes a language of FLaRe (github.com/rycolab/flare) as JSON lines for `trainer train --task sequences`.

FOLDER is the folder of one language: main.tok with a string a line, labels.txt with 1 where the string belongs to the
language and 0 where not, and next-symbols.jsonl with what may follow in each string that belongs to it.

A line of the result has the symbols of a string and an end mark as inputs. A target is a list of bits: one for each
symbol in alphabetical order, one for the end, and one that says that the string is accepted. At the end mark the last
bit is the label, and all others are 0. In strings of the language, the step of a symbol says what may follow it. With
--errors, each of these strings also comes with a wrong symbol, after which nothing may follow. All other steps have no
target: in a file of --dataset, `trainer evaluate` counts the strings whose label is right.
"""
import argparse
import json
import os
import random


def lines(folder, name):
    path = os.path.join(folder, name)
    try:
        with open(path, encoding="utf-8") as file:
            return [line.rstrip("\n") for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"Error: {path} cannot be read ({error}); give the folder of one language of FLaRe")


def strings(folder):
    """The strings of a folder as lists of symbols, and whether each belongs to the language."""
    texts, labels = lines(folder, "main.tok"), lines(folder, "labels.txt")
    if len(texts) != len(labels):
        raise SystemExit(f"Error: {folder}: there must be as many labels ({len(labels)}) as strings ({len(texts)})")
    for number, label in enumerate(labels, 1):
        if label not in ("0", "1"):
            raise SystemExit(f"Error: {folder}/labels.txt, line {number}: a label must be 0 or 1, not “{label}”")
    return [(text.split(), label == "1") for text, label in zip(texts, labels)]


def following(folder, given):
    """For each string of the language: what may follow at each position, from before the first symbol on."""
    positive, found = [symbols for symbols, label in given if label], lines(folder, "next-symbols.jsonl")
    if len(found) != len(positive):
        raise SystemExit(f"Error: {folder}/next-symbols.jsonl has {len(found)} lines, and {len(positive)} labels are "
                         "1; there must be as many")
    for number, (line, symbols) in enumerate(zip(found, positive), 1):
        try:
            steps = [(step["s"].split(), step["e"]) for step in json.loads(line)]
        except (ValueError, TypeError, KeyError, AttributeError):
            raise SystemExit(f"Error: {folder}/next-symbols.jsonl, line {number}: this must be a list of objects with "
                             "“s” and “e”")
        if len(steps) != len(symbols) + 1:
            raise SystemExit(f"Error: {folder}/next-symbols.jsonl, line {number} has {len(steps)} positions; the "
                             f"string has {len(symbols)} symbols, and there must be one more")
        yield steps


def bits(alphabet, follow=(), end=False, accepted=False):
    return [int(symbol in follow) for symbol in alphabet] + [int(end), int(accepted)]


def with_error(symbols, steps, alphabet, generator):
    """The string with a symbol that may not stand where it is, and its targets; None where any symbol may follow."""
    wrong = [(place, symbol) for place, (follow, _) in enumerate(steps) for symbol in alphabet if symbol not in follow]
    if not wrong:
        return None
    place, symbol = generator.choice(wrong)
    # In place of the symbol there, or before it.
    changed = symbols[:place] + [symbol] + symbols[place + generator.randrange(2):]
    known = [bits(alphabet, *step) for step in steps[1:place + 1]]
    return changed, known + [bits(alphabet)] * (len(changed) + 1 - len(known))


def sequences(options):
    """Strings with targets for their symbols and for the end mark."""
    given, generator = strings(options.folder), random.Random(1)
    alphabet = sorted({symbol for symbols, _ in given for symbol in symbols})
    if options.dataset:
        given = strings(os.path.join(options.folder, "datasets", options.dataset))
    all_steps = None if options.dataset else following(options.folder, given)
    for symbols, label in given:
        targets = [None] * len(symbols)
        if label and all_steps:
            steps = next(all_steps)
            # The first position is before any symbol, where the network has no step.
            targets = [bits(alphabet, *step) for step in steps[1:]]
            changed = with_error(symbols, steps, alphabet, generator) if options.errors else None
            if changed:
                yield changed
        if label or not options.positive:
            yield symbols, targets + [bits(alphabet, accepted=label)]


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", metavar="FOLDER", help="the folder of a language, such as flare/dyck-2-3")
parser.add_argument("--dataset", metavar="NAME", help="strings of FOLDER/datasets/NAME, with labels alone")
parser.add_argument("--positive", action="store_true", help="only strings of the language")
parser.add_argument("--errors", action="store_true", help="strings of the language with a wrong symbol, too")
for symbols, targets in sequences(parser.parse_args()):
    print(json.dumps({"inputs": symbols + ["<end>"], "targets": targets}, separators=(",", ":")))

#!/usr/bin/env python3
"""Writes programs of nested blocks, whose every `end` is tagged with what it ends, as JSON lines for `--task
sequences`.

usage: blocks.py [--lines N] [--length A-B] [--depth N] [--seed S]

    {"inputs": ["if", "x", "for", "y", "end", "end"], "targets": [null, null, null, null, "for", "if"]}

Only the steps of `end` have a target. Each program has A to B steps, of which as many open blocks as end them; the
others are statements. At most --depth blocks are open at a time.
"""
import argparse
import json
import random
import signal

BLOCKS = ("if", "for", "while", "def", "try", "with")
STATEMENTS = ("x", "y", "z")


def program(draw, steps, depth):
    """Words and tags of a program with this number of steps."""
    inputs, targets, opened = [], [], []
    for step in range(steps):
        left = steps - step
        # Blocks that are open must have room for their ends.
        choices = ["statement"] if left > len(opened) else []
        if len(opened) < depth and left >= len(opened) + 2:
            choices.append("block")
        if opened:
            choices.append("end")
        choice = draw.choice(choices)
        if choice == "block":
            opened.append(draw.choice(BLOCKS))
            inputs.append(opened[-1])
        else:
            inputs.append("end" if choice == "end" else draw.choice(STATEMENTS))
        targets.append(opened.pop() if choice == "end" else None)
    return inputs, targets


def lengths(text):
    """The two numbers of a range such as 10-40."""
    least, _, most = text.partition("-")
    if not (least.isdecimal() and (most or least).isdecimal() and 2 <= int(least) <= int(most or least)):
        raise argparse.ArgumentTypeError(f"{text}: give a range such as 10-40, from 2 on")
    return int(least), int(most or least)


def positive(text):
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text}: give a whole number of at least 1")
    return int(text)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("--lines", type=positive, default=10000, help="how many programs (default: 10000)")
    parser.add_argument("--length", type=lengths, default="10-40", help="their steps (default: 10-40)")
    parser.add_argument("--depth", type=positive, default=12, help="the most blocks open at a time (default: 12)")
    parser.add_argument("--seed", type=int, default=1, help="decides the programs (default: 1)")
    options = parser.parse_args()

    draw, done = random.Random(options.seed), 0
    while done < options.lines:
        inputs, targets = program(draw, draw.randint(*options.length), options.depth)
        # A program without any block has nothing to be learned.
        if any(targets):
            print(json.dumps({"inputs": inputs, "targets": targets}))
            done += 1


if __name__ == "__main__":
    # So that `| head` ends it without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()

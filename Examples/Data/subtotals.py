#!/usr/bin/env python3
"""Writes bills with sub-totals, one within another, as JSON lines for `--task sequences`.

usage: subtotals.py [--lines N] [--length A-B] [--depth N] [--seed S]

    {"inputs": [[0, 1, 0], [4, 0, 0], [0, 1, 0], [-2, 0, 0], [0, 0, 1], [0, 0, 1]],
     "targets": [null, null, null, null, -2, 2]}

The three numbers of a step are an amount from -9 to 9, a 1 where a group opens, and a 1 where it closes. The target
of a step that closes a group is the sum of its amounts, with those of the groups within it; the other steps have
none. A bill is one group of A to B steps; at most --depth groups are open at a time.
"""
import argparse
import json
import random
import signal

OPENING, CLOSING = [0, 1, 0], [0, 0, 1]


def bill(draw, steps, depth):
    """Steps and sub-totals of a bill with this number of steps."""
    inputs, targets, sums = [OPENING], [None], [0]
    while len(inputs) < steps - len(sums):
        # A group that opens needs two steps, beside those that close what is open; one with no step yet gets an amount.
        opens = len(sums) < depth and steps - len(inputs) >= len(sums) + 3
        closes = len(sums) > 1 and inputs[-1] is not OPENING
        choice = draw.choice(["amount", "amount"] + ["opens"] * opens + ["closes"] * closes)
        if choice == "closes":
            close(inputs, targets, sums)
        elif choice == "opens":
            inputs.append(OPENING)
            targets.append(None)
            sums.append(0)
        else:
            sums[-1] += (amount := draw.randint(-9, 9))
            inputs.append([amount, 0, 0])
            targets.append(None)
    while sums:
        close(inputs, targets, sums)
    return inputs, targets


def close(inputs, targets, sums):
    """Ends the innermost group, whose sum counts for the group around it."""
    inputs.append(CLOSING)
    targets.append(sums.pop())
    if sums:
        sums[-1] += targets[-1]


def lengths(text):
    """The two numbers of a range such as 10-30."""
    least, _, most = text.partition("-")
    if not (least.isdecimal() and (most or least).isdecimal() and 3 <= int(least) <= int(most or least)):
        raise argparse.ArgumentTypeError(f"{text}: give a range such as 10-30, from 3 on")
    return int(least), int(most or least)


def positive(text):
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text}: give a whole number of at least 1")
    return int(text)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("--lines", type=positive, default=10000, help="how many bills (default: 10000)")
    parser.add_argument("--length", type=lengths, default="10-30", help="their steps (default: 10-30)")
    parser.add_argument("--depth", type=positive, default=6, help="the most groups open at a time (default: 6)")
    parser.add_argument("--seed", type=int, default=1, help="decides the bills (default: 1)")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    for _ in range(options.lines):
        inputs, targets = bill(draw, draw.randint(*options.length), options.depth)
        print(json.dumps({"inputs": inputs, "targets": targets}))


if __name__ == "__main__":
    # So that `| head` ends it without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()

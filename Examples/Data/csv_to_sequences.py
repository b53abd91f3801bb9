#!/usr/bin/env python3
"""Makes JSON lines for `--task sequences` of a time series in CSV: windows of the past, and what comes after each.

usage: csv_to_sequences.py --inputs NAMES --target NAME [--window N] [--horizon N] [--stride N] [--separator C] [FILE]

    python3 Examples/Data/csv_to_sequences.py --inputs height --target height --window 48 tides.csv

    {"inputs": [[0.412], [0.498], …], "target": 0.531}

The first line of the file names the columns. Each line of the output has the inputs of N rows in turn, and as its
target the value in the row that is --horizon rows after the last of them. Standard error says how well it does to
say that nothing changes (persistence), where the target is an input: what a network must be better than.
"""
import argparse
import csv
import json
import math
import signal
import statistics
import sys


def fail(message):
    sys.exit(f"csv_to_sequences.py: {message}")


def read(lines, name, wanted, separator):
    """The rows' numbers in the wanted columns."""
    table = csv.reader(lines, delimiter=separator)
    header = [column.strip() for column in next(table, [])]
    for column in wanted:
        if header.count(column) != 1:
            fail(f"{name}, line 1: {'no' if column not in header else 'more than one'} column {column}; "
                 f"there are {', '.join(header) or 'none'}")
    places, rows = [header.index(column) for column in wanted], []
    for row in table:
        if not row:
            continue
        if len(row) != len(header):
            fail(f"{name}, line {table.line_num}: {len(row)} columns, and line 1 names {len(header)}")
        for place, column in zip(places, wanted):
            try:
                if not math.isfinite(float(row[place])):
                    raise ValueError
            except ValueError:
                fail(f"{name}, line {table.line_num}, column {column}: {row[place]!r} is not a number")
        rows.append([float(row[place]) for place in places])
    return rows


def positive(text):
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text}: give a whole number of at least 1")
    return int(text)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("--inputs", required=True, help="names of columns, with commas between them")
    parser.add_argument("--target", required=True, help="the name of a column")
    parser.add_argument("--window", type=positive, default=24, help="rows of inputs in a line (default: 24)")
    parser.add_argument("--horizon", type=positive, default=1, help="how many rows later the target is (default: 1)")
    parser.add_argument("--stride", type=positive, default=1, help="rows from one window to the next (default: 1)")
    parser.add_argument("--separator", default=",", help="what stands between columns (default: a comma)")
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="the CSV (default: standard input)")
    options = parser.parse_args()
    if len(options.separator) != 1:
        parser.error(f"--separator {options.separator}: give one character")

    names = [name.strip() for name in options.inputs.split(",")]
    name = "standard input" if options.file == "-" else options.file
    try:
        with open(0 if options.file == "-" else options.file, encoding="utf-8-sig", newline="") as lines:
            rows = read(lines, name, names + [options.target], options.separator)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        fail(f"{name}: {getattr(error, 'strerror', None) or error}")
    reach = options.window + options.horizon
    if len(rows) < reach:
        fail(f"{name}: {len(rows)} rows; a window of {options.window} and a horizon of {options.horizon} need {reach}")
    errors, targets = [], []
    for start in range(0, len(rows) - reach + 1, options.stride):
        past, target = rows[start:start + options.window], rows[start + reach - 1][-1]
        print(json.dumps({"inputs": [row[:-1] for row in past], "target": target}))
        targets.append(target)
        errors.append(target - past[-1][-1])
    deviation = statistics.pstdev(targets)
    if options.target in names and deviation > 0:
        rmse = math.sqrt(statistics.fmean(error * error for error in errors)) / deviation
        print(f"{len(targets)} windows; persistence has an rmse of {rmse:.4f} standard deviations", file=sys.stderr)


if __name__ == "__main__":
    # So that `| head` ends it without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()

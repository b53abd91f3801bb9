#!/usr/bin/env python3
"""Writes the height of a tide, hour by hour, as CSV: the sum of four constituents, and noise.

usage: tides.py [--hours N] [--noise METRES] [--start HOUR] [--seed S]

    hour,height
    0,0.412

The constituents are the moon's and the sun's half-daily tides M2 and S2, and the daily ones K1 and O1, with their
real speeds and with amplitudes like those of a harbour on the coast of California. The noise, a normal number of
its own for each hour, stands for wind and weather.
"""
import argparse
import math
import random
import signal

# Degrees an hour, metres, and degrees at hour 0.
CONSTITUENTS = {
    "M2": (28.9841042, 0.58, 330), "S2": (30.0, 0.14, 335),
    "K1": (15.0410686, 0.37, 225), "O1": (13.9430356, 0.23, 210)}


def height(hour):
    """Metres above the mean."""
    return sum(
        amplitude * math.cos(math.radians(speed * hour - phase)) for speed, amplitude, phase in CONSTITUENTS.values())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("--hours", type=int, default=8760, help="how many hours (default: 8760, a year)")
    parser.add_argument("--noise", type=float, default=0.05, help="deviation of the noise, metres (default: 0.05)")
    parser.add_argument("--start", type=int, default=0, help="the first hour (default: 0)")
    parser.add_argument("--seed", type=int, default=1, help="decides the noise (default: 1)")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    print("hour,height")
    for hour in range(options.start, options.start + options.hours):
        print(f"{hour},{height(hour) + draw.gauss(0, options.noise):.3f}")


if __name__ == "__main__":
    # So that `| head` ends it without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()

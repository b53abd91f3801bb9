#!/usr/bin/env python3
"""Writes stories with questions, after the manner of the bAbI tasks, as JSON lines for `--task sequences`.

usage: stories.py [--lines N] [--sentences A-B] [--things N] [--questions SHARE] [--seed S]

    {"inputs": ["mary", "went", "to", "the", "garden", "where", "is", "mary", "?"], "targets": [null, …, "garden"]}

People go from room to room, take things along and put them down. A question stands after the last sentence, and
after some of the others; --questions 0 leaves it at the last. Questions ask for the room of a person or of a
thing; the answer is the target of the step of the question mark. Without things (--things 0) one sentence decides
each answer; with them it takes two or three.
"""
import argparse
import json
import random
import signal

PEOPLE = ("mary", "john", "sandra", "daniel")
ROOMS = ("garden", "kitchen", "office", "bathroom", "bedroom", "hallway")
THINGS = ("football", "apple", "milk", "book")


def story(draw, sentences, things, questions):
    """Words and answers of a story with that many sentences, this share of which are followed by a question."""
    rooms, holders, places = {}, {}, {}
    inputs, targets = [], []
    for sentence in range(1, sentences + 1):
        person = draw.choice(PEOPLE)
        here = [thing for thing in things if thing not in holders and places.get(thing) in (None, rooms.get(person))]
        own = [thing for thing in holders if holders[thing] == person]
        act = draw.choice(["go"] + ["take"] * bool(here) + ["drop"] * bool(own)) if person in rooms else "go"
        if act == "go":
            rooms[person] = draw.choice([room for room in ROOMS if room != rooms.get(person)])
            words = f"{person} went to the {rooms[person]}"
        elif act == "take":
            thing = draw.choice(here)
            holders[thing] = person
            words = f"{person} took the {thing}"
        else:
            thing = draw.choice(own)
            del holders[thing]
            places[thing] = rooms[person]
            words = f"{person} dropped the {thing}"
        inputs += words.split()
        if draw.random() < questions or sentence == sentences:
            known = {f"the {thing}": rooms[holders[thing]] if thing in holders else places[thing]
                     for thing in {**holders, **places}} or rooms
            subject = draw.choice(sorted(known))
            inputs += f"where is {subject} ?".split()
            targets += [None] * (len(inputs) - len(targets) - 1) + [known[subject]]
    return inputs, targets


def lengths(text):
    """The two numbers of a range such as 1-6."""
    least, _, most = text.partition("-")
    if not (least.isdecimal() and (most or least).isdecimal() and 1 <= int(least) <= int(most or least)):
        raise argparse.ArgumentTypeError(f"{text}: give a range such as 1-6, from 1 on")
    return int(least), int(most or least)


def positive(text):
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text}: give a whole number of at least 1")
    return int(text)


def share(text):
    try:
        if 0 <= float(text) <= 1:
            return float(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text}: give a number from 0 to 1")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("--lines", type=positive, default=10000, help="how many stories (default: 10000)")
    parser.add_argument("--sentences", type=lengths, default="1-6", help="their sentences (default: 1-6)")
    parser.add_argument("--things", type=int, choices=range(5), default=0, help="how many things (default: 0)")
    parser.add_argument(
        "--questions", type=share, default=0.5, metavar="SHARE", help="of sentences before a question (default: 0.5)")
    parser.add_argument("--seed", type=int, default=1, help="decides the stories (default: 1)")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    for _ in range(options.lines):
        inputs, targets = story(draw, draw.randint(*options.sentences), THINGS[:options.things], options.questions)
        print(json.dumps({"inputs": inputs, "targets": targets}))


if __name__ == "__main__":
    # So that `| head` ends it without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()

"""Seeded changes of valid inputs: bytes, numbers, chunks, nesting, and checkpoints behind their checksum."""

import json
import re
import struct

import safetensors

EXTREMES = ["0", "-1", "1", "2", "3", "65535", "65536", "2147483647", "2147483648", "4294967296", "-2147483649",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
            "100000000000000000000000", "1e9", "1e308", "1e-308", "1e999", "-1e999", "nan", "NaN", "inf", "-0.0", "0.5",
            "null", "true", "[]", "{}", "\"\"", "~", "0x10", "1_000", "+1", "1048576", "1000000000"]
STRINGS = [b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", "\u202e".encode(), "e\u0301".encode(), b"\r\n", b"\r", b"\t\t", b"  ",
           b"<s>", b"</s>", b"|||", b"<unk>", b"*a", b"&a ", b"!!binary ", b"- - - ", b"? ", b"%YAML 9.9\n", b"---\n",
           b"\"", b"'", b"{", b"[", b":", b"#", b"|", b">", b"\\", b"%s%n", b"$(", b"/", b"../", b"\xf0\x9f\x98\x80"]


def flip(random, data):
    place = random.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1:]


def cut(random, data):
    return data[:random.randrange(len(data))]


def remove(random, data):
    begin = random.randrange(len(data))
    return data[:begin] + data[begin + random.randint(1, 64):]


def splice(random, data):
    """A piece of it somewhere else."""
    begin, place = random.randrange(len(data)), random.randrange(len(data))
    return data[:place] + data[begin:begin + random.randint(1, 256)] + data[place:]


def repeat(random, data):
    """A chunk many times over."""
    begin = random.randrange(len(data))
    chunk = data[begin:begin + random.randint(1, 64)]
    return data[:begin] + chunk * random.choice([2, 10, 1000, 100_000 // len(chunk) or 1]) + data[begin:]


def number(random, data):
    """One number by an extreme one."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?(e[-+]?\d+)?", data))
    if not found:
        return insert(random, data)
    match = random.choice(found)
    return data[:match.start()] + random.choice(EXTREMES).encode() + data[match.end():]


def insert(random, data):
    place = random.randrange(len(data) + 1)
    return data[:place] + random.choice(STRINGS) + data[place:]


def nest(random, data):
    """Deep nesting."""
    place = random.randrange(len(data) + 1)
    opening, closing = random.choice([
        (b"[", b"]"), (b"{a: ", b"}"), (b"(", b")"), (b"<", b">"), (b"\n  ", b""), (b"- ", b"")])
    depth = random.choice([10, 200, 5000, 100_000])
    return data[:place] + opening * depth + closing * (depth if random.random() < 0.5 else 0) + data[place:]


def swap_lines(random, data):
    lines = data.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def noise(random, data):
    return random.randbytes(random.choice([0, 1, 7, 100, 10_000]))


BYTES = [flip, flip, cut, remove, splice, repeat, number, number, number, insert, insert, nest, swap_lines, noise]


def mutate(random, data):
    """One to four changes."""
    for _ in range(random.choice([1, 1, 2, 4])):
        if data:
            data = random.choice(BYTES)(random, data)
    return data


# Checkpoints

def mutate_checkpoint(random, path):
    """The bytes of a file; half of them changed behind the checksum, which then is right."""
    if random.random() < 0.5:
        with open(path, "rb") as file:
            return mutate(random, file.read())
    metadata, arrays = safetensors.read(path)
    for _ in range(random.choice([1, 1, 2, 3])):
        change = random.choice([
            change_json, change_json, change_json, change_text, change_array, change_shape, change_names])
        metadata, arrays = change(random, dict(metadata), dict(arrays))
    metadata["checksum"] = safetensors.checksum(metadata, arrays)
    return safetensors.encode(metadata, arrays)


def change_json(random, metadata, arrays):
    """One value of configuration or state."""
    name = random.choice(["configuration", "state"])
    try:
        tree = json.loads(metadata[name])
    except ValueError:
        return metadata, arrays
    places = list(leaves(tree))
    if places:
        owner, key = random.choice(places)
        value = random.choice(EXTREMES)
        owner[key] = random.choice([Raw(value), str(value), Raw("[" * 50 + "]" * 50), "x" * 10_000, owner[key]])
        if random.random() < 0.2 and isinstance(owner, dict):
            del owner[key]
    metadata[name] = dump(tree)
    return metadata, arrays


def change_text(random, metadata, arrays):
    name = random.choice([name for name in metadata if name != "checksum"])
    metadata[name] = mutate(random, metadata[name].encode(errors="replace")).decode(errors="replace")
    return metadata, arrays


def change_array(random, metadata, arrays):
    """Values: extreme bits, or some of another array."""
    name = random.choice(list(arrays))
    dtype, shape, values = arrays[name]
    if values:
        place = random.randrange(len(values) // 4) * 4
        # Not numbers, infinite, the largest, the smallest.
        word = struct.pack("<I", random.choice([0xFFFFFFFF, 0x7FC00000, 0x7F800000, 0x7F7FFFFF, 1]))
        values = values[:place] + word + values[place + 4:]
    arrays[name] = (dtype, shape, values)
    return metadata, arrays


def change_shape(random, metadata, arrays):
    name = random.choice(list(arrays))
    dtype, shape, values = arrays[name]
    shape = random.choice([[], [0], [len(values) // 4], shape + [1], shape[::-1], [2 ** 31, 2 ** 31], [-1], shape * 3])
    dtype = random.choice([dtype, dtype, "F64", "I64", "BF16", "BOOL", "X"])
    arrays[name] = (dtype, shape, values if random.random() < 0.7 else values * 2)
    return metadata, arrays


def change_names(random, metadata, arrays):
    name = random.choice(list(arrays))
    entry = arrays.pop(name)
    if random.random() < 0.7:
        arrays[random.choice([name + "x", "", "param/" + "x" * 10_000, name.upper(), "optimizer/m/" + name])] = entry
    return metadata, arrays


class Raw:
    """Text that goes into JSON as it is."""

    def __init__(self, text):
        self.text = text


def leaves(tree):
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield tree, key
        yield from leaves(value)


def dump(tree):
    if isinstance(tree, Raw):
        return tree.text
    if isinstance(tree, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{dump(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(dump, tree)) + "]"
    return json.dumps(tree)

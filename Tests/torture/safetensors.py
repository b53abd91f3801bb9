"""Checkpoints as docs/CHECKPOINT.md describes them: reading, writing, their checksum."""

import json
import struct


def read(path):
    """Metadata (texts by name) and arrays (dtype, shape and bytes by name)."""
    with open(path, "rb") as file:
        contents = file.read()
    size = struct.unpack("<Q", contents[:8])[0]
    header = json.loads(contents[8:8 + size])
    metadata = header.pop("__metadata__", {})
    data = contents[8 + size:]
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        arrays[name] = (entry["dtype"], entry["shape"], data[begin:end])
    return metadata, arrays


def encode(metadata, arrays):
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, shape, values) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, ensure_ascii=False).encode(errors="replace")
    return struct.pack("<Q", len(text)) + text + data


def checksum(metadata, arrays):
    """64-bit FNV-1a over metadata, without the checksum, and arrays, each in the order of their names."""
    value = 0xCBF29CE484222325
    texts = sorted((name, text) for name, text in metadata.items() if name != "checksum")
    parts = [f"{name}={text}\n".encode(errors="replace") for name, text in texts]
    for name, (dtype, shape, values) in sorted(arrays.items()):
        parts += [f"{name} {dtype} {shape}\n".encode(errors="replace"), values]
    for part in parts:
        for byte in part:
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def state(path):
    """What a run has come to: arrays, configuration and state, without what the clock decides."""
    metadata, arrays = read(path)
    numbers = json.loads(metadata["state"])
    numbers.pop("seconds", None)
    return arrays, json.loads(metadata["configuration"]), numbers

"""Segment files: the arrays of one immutable batch of documents in a single memory-mapped file.

The indexer writes such a file once per whoosh segment; every process on the machine maps it. The pages are shared between processes,
nothing is decoded at query time, and a file that was deleted meanwhile stays readable for whoever has it mapped.
"""

import json
import struct
import zlib
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from marketplace.search.durable import replace_durably

MAGIC = b"MKTSEG02"
_HEAD = struct.Struct("<8sII")
_ALIGN = 64


class CorruptSegment(Exception):
    """The file is not a complete segment of this version; the index must be rebuilt."""


def write_segment(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write meta data and named arrays as one file that appears complete or not at all, with a checksum of all of it."""
    layout: dict[str, list[Any]] = {}
    offset = checksum = 0
    chunks: list[bytes] = []
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array).tobytes()
        layout[name] = [array.dtype.str, offset, len(array)]
        chunks.append(raw + b"\0" * (-len(raw) % _ALIGN))
        offset += len(chunks[-1])
        checksum = zlib.crc32(chunks[-1], checksum)
    told = {"meta": meta, "arrays": layout, "bytes": offset, "crc": checksum}
    head = json.dumps(told, ensure_ascii=False).encode()
    head += b" " * (-(len(head) + _HEAD.size) % _ALIGN)

    def write(file: BinaryIO) -> None:
        file.write(_HEAD.pack(MAGIC, len(head), zlib.crc32(head)))
        file.write(head)
        file.writelines(chunks)

    replace_durably(path, write)


def read_segment(path: Path, thorough: bool = False) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Map a segment file; raises CorruptSegment when it is cut off, damaged in its head or of another version.

    Thorough reads all of it and compares the checksum; the indexer does so once for each file, readers then need not.
    """
    size = path.stat().st_size
    if size < _HEAD.size:
        raise CorruptSegment(str(path))
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    magic, length, checksum = _HEAD.unpack(mapped[: _HEAD.size].tobytes())
    head = mapped[_HEAD.size : _HEAD.size + length].tobytes()
    if magic != MAGIC or len(head) != length or zlib.crc32(head) != checksum:
        raise CorruptSegment(str(path))
    described = json.loads(head)
    base = _HEAD.size + length
    if size != base + described["bytes"]:
        raise CorruptSegment(str(path))
    plain = np.asarray(mapped)
    if thorough and zlib.crc32(plain[base:].data) != described["crc"]:
        raise CorruptSegment(str(path))
    arrays = {}
    for name, (dtype, offset, count) in described["arrays"].items():
        kind = np.dtype(dtype)
        arrays[name] = plain[base + offset : base + offset + count * kind.itemsize].view(kind)
    return described["meta"], arrays


def pack_strings(strings: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Byte strings as one blob and the offsets of their bounds."""
    offsets = np.zeros(len(strings) + 1, np.int64)
    np.cumsum([len(one) for one in strings], out=offsets[1:])
    return np.frombuffer(b"".join(strings), np.uint8), offsets


class Strings:
    """A packed table of byte strings; when it was packed in sorted order it can be searched."""

    def __init__(self, blob: np.ndarray, offsets: np.ndarray) -> None:
        self._blob = blob
        self._offsets = offsets

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, at: int) -> bytes:
        if at >= len(self):
            raise IndexError(at)
        return self._blob[self._offsets[at] : self._offsets[at + 1]].tobytes()

    def find(self, wanted: bytes) -> int | None:
        """Position of an exact string in a sorted table."""
        at = bisect_left(self, wanted)
        return at if at < len(self) and self[at] == wanted else None

    def prefix_range(self, prefix: bytes) -> tuple[int, int]:
        """Half-open range of the strings of a sorted table that begin with a (UTF-8) prefix."""
        return bisect_left(self, prefix), bisect_left(self, prefix + b"\xff")

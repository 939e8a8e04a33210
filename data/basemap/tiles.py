"""Read and write PMTiles archives (version 3), and write the lines of vector tiles (MVT 2.1).

Both are as simple as a basemap of one region needs: one directory without leaves, each tile packed
by gzip. The bytes depend on the content alone."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

HEAD = struct.Struct("<7sB11Q")
HEAD_SIZE = 127
ROOT_SIZE = 16_384 - HEAD_SIZE  # the longest directory that readers fetch together with the head
LAYERS_TAG = 3 << 3 | 2  # field of a tile that holds a layer
MOVE_TO, LINE_TO = 1, 2


class Line(NamedTuple):
    """A feature of a tile: positions in units of the tile, y downwards, and its properties."""

    parts: Sequence[NDArray[np.int64]]
    properties: Mapping[str, str]


class Archive(NamedTuple):
    """What a PMTiles file holds: the head, the metadata and the unpacked tiles by their id."""

    head: bytes
    metadata: dict[str, Any]
    tiles: dict[int, bytes]


# ---------------------------------------------------------------- numbers of Protocol Buffers


def varint(number: int) -> bytes:
    """Write a number as seven bits a byte."""
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def varints(data: bytes, start: int = 0) -> Iterator[int]:
    """Read all numbers from `start` on."""
    number = shift = 0
    for byte in data[start:]:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield number
            number = shift = 0


def field(number: int, content: bytes) -> bytes:
    """Write a field of bytes, text, a message or packed numbers."""
    return varint(number << 3 | 2) + varint(len(content)) + content


# ---------------------------------------------------------------- vector tiles


def line_layer(name: str, extent: int, lines: Iterable[Line]) -> bytes:
    """Write a layer of lines as a field of its tile, or nothing where there are none."""
    keys: dict[str, int] = {}
    values: dict[str, int] = {}
    features = []
    for line in lines:
        tags = b"".join(
            varint(keys.setdefault(key, len(keys))) + varint(values.setdefault(value, len(values)))
            for key, value in line.properties.items()
        )
        content = field(2, tags) + b"\x18\x02" + field(4, _commands(line.parts))
        features.append(field(2, content))
    if not features:
        return b""
    return field(
        3,
        field(1, name.encode())
        + b"".join(features)
        + b"".join(field(3, key.encode()) for key in keys)
        + b"".join(field(4, field(1, value.encode())) for value in values)
        + b"\x28"
        + varint(extent)
        + b"\x78\x02",
    )


def _commands(parts: Sequence[NDArray[np.int64]]) -> bytes:
    """Write where the pen moves, each step from the place before."""
    written = []
    at = np.zeros((1, 2), dtype=np.int64)
    for part in parts:
        steps = np.diff(np.concatenate([at, part]), axis=0)
        folded = ((steps << 1) ^ (steps >> 63)).ravel().tolist()
        written += [varint(1 << 3 | MOVE_TO), *map(varint, folded[:2])]
        written += [varint((len(part) - 1) << 3 | LINE_TO), *map(varint, folded[2:])]
        at = part[-1:]
    return b"".join(written)


def without(tile: bytes, name: str) -> bytes:
    """Take the layer of that name out of a tile; the others keep their bytes."""
    kept, at = [], 0
    while at < len(tile):
        if tile[at] != LAYERS_TAG:
            raise ValueError("a vector tile holds something else than layers")
        size, head = _number(tile, at + 1)
        end = head + size
        if not tile[head:end].startswith(field(1, name.encode())):
            kept.append(tile[at:end])
        at = end
    return b"".join(kept)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that stands at a place, and where the next one begins."""
    end = at
    while data[end] > 127:
        end += 1
    return next(varints(data[at : end + 1])), end + 1


# ---------------------------------------------------------------- PMTiles


def tile_id(zoom: int, x: int, y: int) -> int:
    """Return the place of a tile on the Hilbert curve, after all tiles of smaller zooms."""
    number = (4**zoom - 1) // 3
    side = 1 << zoom
    half = side >> 1
    while half:
        right, down = int(x & half > 0), int(y & half > 0)
        number += half * half * (3 * right ^ down)
        if not down:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        half >>= 1
    return number


def read(path: Path) -> Archive:
    """Read an archive that has one directory."""
    data = path.read_bytes()
    root, root_size, about, about_size, _, leaves_size, start, *_ = HEAD.unpack_from(data)[2:]
    if leaves_size:
        raise ValueError(f"{path.name} has more than one directory")
    numbers = list(varints(gzip.decompress(data[root : root + root_size])))
    count, rest = numbers[0], np.array(numbers[1:], dtype=np.int64)
    steps, runs, sizes, places = rest.reshape(4, count)
    tiles: dict[int, bytes] = {}
    end = 0
    for number, run, size, place in zip(
        np.cumsum(steps).tolist(), runs.tolist(), sizes.tolist(), places.tolist(), strict=True
    ):
        begin = place - 1 if place else end
        end = begin + size
        content = gzip.decompress(data[start + begin : start + end])
        tiles |= {number + i: content for i in range(run)}
    metadata = json.loads(gzip.decompress(data[about : about + about_size]))
    return Archive(data[:HEAD_SIZE], metadata, tiles)


def write(path: Path, archive: Archive) -> None:
    """Write an archive: equal tiles once, in the order of their ids."""
    entries: list[list[int]] = []  # the id, how many in succession are equal, size, place
    bodies: dict[bytes, tuple[int, int]] = {}
    body = bytearray()
    for number, tile in sorted(archive.tiles.items()):
        if tile not in bodies:
            packed = pack(tile)
            bodies[tile] = len(packed), len(body)
            body += packed
        last = entries[-1] if entries else [-1, 0, 0, 0]
        if (*last[2:],) == bodies[tile] and number == last[0] + last[1]:
            last[1] += 1
        else:
            entries.append([number, 1, *bodies[tile]])
    root = pack(_directory(entries))
    if len(root) > ROOT_SIZE:
        raise ValueError(f"{len(entries)} tiles do not fit into one directory")
    about = pack(json.dumps(archive.metadata, ensure_ascii=False).encode())
    about_at = HEAD_SIZE + len(root)
    start = about_at + len(about)
    places = (HEAD_SIZE, len(root), about_at, len(about), start, 0, start, len(body))
    head = HEAD.pack(b"PMTiles", 3, *places, len(archive.tiles), len(entries), len(bodies))
    clustered = b"\x01"
    path.write_bytes(head + clustered + archive.head[HEAD.size + 1 :] + root + about + body)


def _directory(entries: Sequence[Sequence[int]]) -> bytes:
    """Write the directory: its columns one after the other."""
    ids, runs, sizes, places = zip(*entries, strict=True)
    steps = [after - before for before, after in pairwise((0, *ids))]
    ends = [place + size for place, size in zip(places, sizes, strict=True)]
    starts = [
        0 if place == end and index else place + 1
        for index, (place, end) in enumerate(zip(places, (0, *ends[:-1]), strict=True))
    ]
    return b"".join(map(varint, [len(entries), *steps, *runs, *sizes, *starts]))


def pack(content: bytes) -> bytes:
    """Pack bytes by gzip, always in the same way."""
    return gzip.compress(content, compresslevel=9, mtime=0)

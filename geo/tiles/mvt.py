"""Mapbox Vector Tiles, version 2.1: a layer of features as bytes.

The little of it that points, lines and areas need; GDAL reads it back in a test. Source:
https://github.com/mapbox/vector-tile-spec/tree/master/2.1"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.tiles.grid import EXTENT

POINT, LINE, AREA = 1, 2, 3
_MOVE, _DRAW, _CLOSE = 1, 2, 7
_BYTES, _DOUBLE, _VARINT = 2, 1, 0
"""Wire types of Protocol Buffers."""


class Feature(NamedTuple):
    """A feature: point, line or area, the commands that draw it, and its known values."""

    kind: int
    commands: Sequence[int]
    properties: Mapping[str, Any]


def layer(name: str, features: Iterable[Feature]) -> bytes:
    """Write a tile of one layer; a value that is None or NaN is left out. Empty if it holds
    no feature.
    """
    keys: dict[str, int] = {}
    values: dict[bytes, int] = {}
    body = bytearray(_field(15, _VARINT) + _varint(2) + _bytes(1, name.encode()))
    first = len(body)
    for feature in features:
        tags: list[int] = []
        for key, value in feature.properties.items():
            if (written := _value(value)) is not None:
                tags.append(keys.setdefault(key, len(keys)))
                tags.append(values.setdefault(written, len(values)))
        body += _bytes(
            2,
            (_packed(2, tags) if tags else b"")
            + _field(3, _VARINT)
            + _varint(feature.kind)
            + _packed(4, feature.commands),
        )
    if len(body) == first:
        return b""
    body += b"".join(_bytes(3, key.encode()) for key in keys)
    body += b"".join(_bytes(4, value) for value in values)
    body += _field(5, _VARINT) + _varint(EXTENT)
    return _bytes(3, bytes(body))


def point(x: int, y: int) -> list[int]:
    """Return the commands of a point in units of its tile."""
    return [_MOVE | 1 << 3, _zigzag(x), _zigzag(y)]


def lines(parts: Iterable[NDArray[np.int64]]) -> list[int]:
    """Return the commands of lines, each of (n, 2) whole numbers, two points at least."""
    return _commands(parts, close=False)


def areas(polygons: Iterable[shapely.Polygon]) -> list[int]:
    """Return the commands of polygons with whole coordinates: outer rings clockwise as seen, with y
    to the south, and inner ones against it.
    """
    rings: list[NDArray[np.int64]] = []
    for polygon in polygons:
        turned = shapely.orient_polygons(polygon)  # against the clock where y runs north
        for ring in (turned.exterior, *turned.interiors):
            rings.append(shapely.get_coordinates(ring).astype(np.int64)[:-1])
    return _commands(rings, close=True)


def _commands(parts: Iterable[NDArray[np.int64]], *, close: bool) -> list[int]:
    """Return the commands of lines or rings, each drawn from where the last one ended."""
    commands: list[int] = []
    at = np.zeros((1, 2), np.int64)
    for part in parts:
        steps = np.diff(part, axis=0, prepend=at)
        numbers = ((steps << 1) ^ (steps >> 63)).ravel().tolist()
        commands += [_MOVE | 1 << 3, *numbers[:2], _DRAW | (len(part) - 1) << 3, *numbers[2:]]
        if close:
            commands.append(_CLOSE | 1 << 3)
        at = part[-1:]
    return commands


# Protocol Buffers ---------------------------------------------------------------------------------


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _varint(number: int) -> bytes:
    if number < 0x80:
        return bytes((number,))
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def _field(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _bytes(number: int, content: bytes) -> bytes:
    return _field(number, _BYTES) + _varint(len(content)) + content


def _packed(number: int, numbers: Sequence[int]) -> bytes:
    return _bytes(number, b"".join(map(_varint, numbers)))


def _value(value: Any) -> bytes | None:
    """Write a value; None for an unknown one."""
    if isinstance(value, str):
        return _bytes(1, value.encode())
    if isinstance(value, (bool, np.bool_)):
        return _field(7, _VARINT) + _varint(int(value))
    if isinstance(value, (int, np.integer)):
        return _field(6, _VARINT) + _varint(_zigzag(int(value)))
    if isinstance(value, (float, np.floating)) and math.isfinite(number := float(value)):
        if number.is_integer() and abs(number) < 2**53:
            return _value(int(number))
        return _field(3, _DOUBLE) + struct.pack("<d", number)
    return None

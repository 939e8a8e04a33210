"""The roads of a network in the order in which :mod:`geo.roads.isochrones` paints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.roads.network import Network
from geo.roads.snapping import plain

if TYPE_CHECKING:
    from geo.roads._raster import Blocks, Nodes, Segments

BLOCK = 64
"""Segments that are looked at or left out together."""


@dataclass(frozen=True, eq=False)
class PaintedRoads:
    """The roads of one country that a vehicle uses, in the order in which they are painted: what
    lies together stands together.

    Attributes
    ----------
    ids
        Segments.
    nodes, segments, blocks
        As :func:`geo.roads._raster.paint` takes them, ``segments`` with 1 for forward and 2 for
        backward, and with ends that have a time of their own: see
        :meth:`geo.roads.turns.Turns.numbered`.
    """

    ids: NDArray[np.int32]
    nodes: Nodes
    segments: Segments
    blocks: Blocks

    @classmethod
    def of(cls, network: Network, profile: str, ids: NDArray[np.int64]) -> PaintedRoads:
        """Put segments in order: by size, then by place."""
        place = _places(network.shape_lonlat)
        first, last = network.shape_start[ids], network.shape_start[ids + 1]
        ends = np.column_stack([first, last]).ravel()
        if len(place) and ends[-1] == len(
            place
        ):  # each piece is from one start to the next, and the last has no end
            ends = ends[:-1]
        low, high = np.minimum.reduceat(place, ends)[::2], np.maximum.reduceat(place, ends)[::2]
        size = np.ceil(4 * np.log2(np.maximum((high - low).max(axis=1), 1))).astype(int)
        order = np.lexsort((_curve(low), -size))
        ids, low, high, size = ids[order], low[order], high[order], size[order]
        count = (last - first)[order]
        shape_start = np.append(0, np.cumsum(count))
        shape = place[
            np.repeat(first[order] - shape_start[:-1], count) + np.arange(shape_start[-1])
        ]
        start = _blocks(size)
        box = np.hstack(
            [np.minimum.reduceat(low, start[:-1]), np.maximum.reduceat(high, start[:-1])]
        )
        way = (network.forward[ids] + 2 * network.backward[ids]).astype(np.int8)
        time_s = network.time_s[profile][ids].astype(np.float32)
        tail, head = network.turns(profile).numbered()
        touched = np.zeros(network.node_count, bool)
        touched[network.tail[ids]] = touched[network.head[ids]] = True
        node = np.flatnonzero(touched).astype(np.int32)
        there = _places(network.node_lonlat[node])
        order = np.argsort(_curve(there), kind="stable")
        node, there = node[order], there[order]
        node_start = _blocks(np.zeros(len(node)))
        node_box = np.hstack(
            [
                np.minimum.reduceat(there, node_start[:-1]),
                np.maximum.reduceat(there, node_start[:-1]),
            ]
        )
        return cls(
            plain(ids, "i4"),
            (plain(node), plain(there), plain(node_start), plain(node_box)),
            (
                plain(tail[ids]),
                plain(head[ids]),
                plain(way),
                plain(time_s),
                plain(shape_start),
                plain(shape),
                plain(_along(shape, shape_start), "f4"),
            ),
            (plain(start), plain(box), plain(np.exp2(size[start[:-1]] / 4))),
        )


def _along(place: NDArray[np.int32], start: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each point of some lines what share of its line lies before it."""
    narrow = np.cos(np.radians(place[1:, 1] * 1e-7))
    step = np.hypot(np.diff(place[:, 0]) * narrow, np.diff(place[:, 1]))
    along = np.append(0.0, np.cumsum(step))
    count, first, last = np.diff(start), start[:-1], start[1:] - 1
    total = along[last] - along[first]
    total[total == 0] = np.inf
    return (along - np.repeat(along[first], count)) / np.repeat(total, count)


def _places(lonlat: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return longitude and latitude in units of 1e-7 degrees."""
    return np.rint(np.clip(np.nan_to_num(lonlat), (-180, -90), (180, 90)) * 1e7).astype(np.int32)


def _curve(place: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Return each place a number such that places with near numbers lie near each other: the bits
    of both coordinates, in turns.

    Source: Morton (1966), A computer oriented geodetic data base; spreading of bits: Warren,
    Hacker's Delight, section 7-2; remembered, not read again."""
    low, high = place.min(axis=0), place.max(axis=0)
    number = ((place - low) / np.maximum(np.subtract(high, low, dtype=float), 1) * 0xFFFF).astype(
        np.uint64
    )
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        number = (number | number << np.uint64(shift)) & np.uint64(mask)
    return number[:, 0] | number[:, 1] << np.uint64(1)


def _blocks(kind: NDArray[Any]) -> NDArray[np.int64]:
    """Cut rows into blocks of one kind; kinds stand together. The end of the last block comes
    last.
    """
    first = np.flatnonzero(np.append(True, kind[1:] != kind[:-1]))
    rank = np.arange(len(kind)) - np.repeat(first, np.diff(np.append(first, len(kind))))
    return np.append(np.flatnonzero(rank % BLOCK == 0), len(kind))


def put_in_order(network: Network, profile: str) -> dict[int, PaintedRoads]:
    """Return the roads to which :meth:`Network.snap` joins points, by country; made once and kept,
    a second on a million junctions."""

    def make() -> dict[int, PaintedRoads]:
        usable = np.flatnonzero(network.usable(profile))
        country = network.country[usable]
        return {
            code: PaintedRoads.of(network, profile, usable[country == code])
            for code in np.unique(country).tolist()
        }

    return network.kept(("isochrones", profile), make)

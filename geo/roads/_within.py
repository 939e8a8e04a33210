"""Compiled part of :mod:`geo.roads.within`: what is reached within a limit, from times between
vertices and places that many points share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import Floats, FloatTable, Ints, IntTable, compiled


@compiled()
def is_within(time_s: float, limit_s: float, scale: float) -> bool:
    """Return whether a time, once rounded, is at most a limit."""
    return np.rint(time_s * scale) / scale <= limit_s


@compiled()
def row(table: FloatTable, at: Ints, start_s: Floats, time_s: Floats) -> None:
    """Write the least time over some rows of a table, after the time to each of them."""
    time_s[:] = np.inf
    for k in range(len(at)):
        before, after = start_s[k], table[at[k]]
        if before < np.inf:
            for j in range(len(time_s)):
                time_s[j] = min(time_s[j], before + after[j])


@compiled()
def count(
    table: FloatTable,
    at: IntTable,
    start_s: FloatTable,
    along_start: Ints,
    along: Ints,
    along_s: Floats,
    people: Floats,
    limit_s: float,
    scale: float,
    sums: Floats,
    rest_s: FloatTable,
) -> None:
    """Write for each point the people within a limit, and its times to the columns of the table
    after those of the people.

    Parameters
    ----------
    table
        (vertices, columns)
    at, start_s
        (points, w) rows of the table from which a point starts, and the time to there.
    along_start, along, along_s
        Places on the same segment as point i are ``along[along_start[i]:along_start[i + 1]]``, and
        the time along it.
    """
    places = len(people)
    time_s = np.empty(table.shape[1])
    for i in range(len(at)):
        row(table, at[i], start_s[i], time_s)
        for k in range(along_start[i], along_start[i + 1]):
            time_s[along[k]] = min(time_s[along[k]], along_s[k])
        total = 0.0
        for j in range(places):
            total += people[j] if is_within(time_s[j], limit_s, scale) else 0.0
        sums[i] = total
        rest_s[i] = time_s[places:]


@compiled()
def reached(
    table: FloatTable,
    at: IntTable,
    start_s: FloatTable,
    along_start: Ints,
    along: Ints,
    along_s: Floats,
    points: Ints,
    limit_s: float,
    scale: float,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return how many columns of a table some points reach within a limit, and which, one point
    after the other; otherwise as :func:`count`.
    """
    time_s = np.empty(table.shape[1])
    counts = np.zeros(len(points), np.int64)
    places = np.empty(1024, np.int32)
    size = 0
    for p in range(len(points)):
        i = points[p]
        row(table, at[i], start_s[i], time_s)
        for k in range(along_start[i], along_start[i + 1]):
            time_s[along[k]] = min(time_s[along[k]], along_s[k])
        if size + len(time_s) > len(places):
            longer = np.empty(2 * (size + len(time_s)), np.int32)
            longer[:size] = places[:size]
            places = longer
        before = size
        for j in range(len(time_s)):
            if is_within(time_s[j], limit_s, scale):
                places[size] = j
                size += 1
        counts[p] = size - before
    return counts, places[:size].copy()


@compiled()
def over_gates(
    over_s: FloatTable,
    gate_start: Ints,
    gate_place: Ints,
    gate_s: Floats,
    start: Ints,
    place: Ints,
    people: Floats,
    limit_s: float,
    scale: float,
    sums: Floats,
) -> None:
    """Add the people whom points reach over gates only.

    Parameters
    ----------
    over_s
        (points, g) time to each end of a gate, over as many gates as it takes.
    gate_start, gate_place, gate_s
        Places from end g on, by rising time: entries ``gate_start[g]:gate_start[g + 1]``.
    start, place
        Of these places those that point i reaches without a gate.
    """
    seen = np.full(len(people), -1, np.int64)
    for i in range(len(over_s)):
        for k in range(start[i], start[i + 1]):
            seen[place[k]] = i
        for g in range(over_s.shape[1]):
            before = over_s[i, g]
            if not before < np.inf:
                continue
            for k in range(gate_start[g], gate_start[g + 1]):
                if not is_within(before + gate_s[k], limit_s, scale):
                    break
                if seen[gate_place[k]] != i:
                    seen[gate_place[k]] = i
                    sums[i] += people[gate_place[k]]

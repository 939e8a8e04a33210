"""Compiled part of :mod:`geo.roads.nearest`: one search from all goals at once, backwards.

A *list* holds the two quickest goals of a vertex or a point: their times, rising, and their labels,
which differ; inf and -1 where there is none."""

from __future__ import annotations

import numpy as np

from geo.roads.compiled import Floats, FloatTable, Ints, IntTable, compiled


@compiled()
def put(time_s: FloatTable, label: IntTable, at: int, then_s: float, goal: int) -> None:
    """Put a goal into the list of a row, if it is one of the two quickest."""
    if not then_s < time_s[at, 1]:
        return
    if goal == label[at, 0]:
        time_s[at, 0] = min(time_s[at, 0], then_s)
    elif then_s < time_s[at, 0]:
        time_s[at, 1], label[at, 1] = time_s[at, 0], label[at, 0]
        time_s[at, 0], label[at, 0] = then_s, goal
    else:
        time_s[at, 1], label[at, 1] = then_s, goal


@compiled()
def search(
    up_start: Ints,
    up_head: Ints,
    up_time: Floats,
    down_start: Ints,
    down_tail: Ints,
    down_time: Floats,
    time_s: FloatTable,
    label: IntTable,
) -> None:
    """Carry the lists of the goals to all positions of a hierarchy: backwards up its ranks, and
    down again.
    """
    for p in range(len(down_start) - 2, -1, -1):
        for k in range(2):
            if time_s[p, k] < np.inf:
                for i in range(down_start[p], down_start[p + 1]):
                    put(time_s, label, down_tail[i], time_s[p, k] + down_time[i], label[p, k])
    for p in range(len(up_start) - 1):
        for i in range(up_start[p], up_start[p + 1]):
            for k in range(2):
                put(time_s, label, p, time_s[up_head[i], k] + up_time[i], label[up_head[i], k])


@compiled()
def put_all(at: Ints, then_s: Floats, goal: Ints, time_s: FloatTable, label: IntTable) -> None:
    """Put goals into the lists of rows, one after the other."""
    for i in range(len(at)):
        put(time_s, label, at[i], then_s[i], goal[i])


@compiled()
def leave(
    position: IntTable,
    before_s: FloatTable,
    vertex_s: FloatTable,
    vertex_label: IntTable,
    time_s: FloatTable,
    label: IntTable,
) -> None:
    """Put into the list of each point those of the vertices where it starts, (points, w)."""
    for i in range(len(position)):
        for k in range(position.shape[1]):
            p = position[i, k]
            for which in range(2):
                then_s = before_s[i, k] + vertex_s[p, which]
                put(time_s, label, i, then_s, vertex_label[p, which])

"""Compiled part of :mod:`geo.roads.contraction`: the nodes and arcs of a contracted graph in the
order in which they are swept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import Floats, Ints, compiled


@compiled()
def arrange(order: Ints, first: Ints, other: Ints) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return each node its position: the most important first, each after all its higher neighbours
    and soon after the last.

    So what lies below a node stands behind it in one piece, and a sweep finds in the cache what it
    has to read."""
    n = len(order)
    below_first: Ints = np.zeros(n + 1, np.int64)
    waits: Ints = np.zeros(n, np.int32)
    for rank in range(n):
        waits[order[rank]] = first[rank + 1] - first[rank]
        for i in range(first[rank], first[rank + 1]):
            below_first[other[i] + 1] += 1
    below_first = np.cumsum(below_first)
    below: Ints = np.empty(len(other), np.int32)
    filled = below_first.copy()
    for rank in range(n):
        for i in range(first[rank], first[rank + 1]):
            below[filled[other[i]]] = order[rank]
            filled[other[i]] += 1
    node, position = np.empty(n, np.int32), np.empty(n, np.int32)
    stack: Ints = np.empty(n, np.int32)
    size = at = 0
    for v in order:
        if waits[v] == 0:
            stack[size] = v
            size += 1
    while size:
        size -= 1
        v = stack[size]
        node[at], position[v] = v, at
        at += 1
        for i in range(below_first[v], below_first[v + 1]):
            waits[below[i]] -= 1
            if waits[below[i]] == 0:
                stack[size] = below[i]
                size += 1
    return node, position


@compiled()
def side(
    order: Ints, first: Ints, other: Ints, time: Floats, via: Ints, node: Ints, position: Ints
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64], NDArray[np.int32]]:
    """Return one direction of the graph by position: start, head, time and middle of the arcs to
    higher neighbours, heads ascending.
    """
    n = len(order)
    rank: Ints = np.empty(n, np.int32)
    for r in range(n):
        rank[order[r]] = r
    start = np.zeros(n + 1, np.int64)
    for p in range(n):
        r = rank[node[p]]
        start[p + 1] = start[p]
        for i in range(first[r], first[r + 1]):
            start[p + 1] += time[i] < np.inf
    head, middle, time_s = (
        np.empty(start[n], np.int32),
        np.empty(start[n], np.int32),
        np.empty(start[n]),
    )
    for p in range(n):
        r, size = rank[node[p]], 0
        begin = start[p]
        for i in range(first[r], first[r + 1]):
            if time[i] == np.inf:
                continue
            h, at = position[other[i]], begin + size
            while at > begin and head[at - 1] > h:
                head[at], time_s[at], middle[at] = head[at - 1], time_s[at - 1], middle[at - 1]
                at -= 1
            head[at], time_s[at], middle[at] = h, time[i], position[via[i]] if via[i] >= 0 else -1
            size += 1
    return start, head, time_s, middle

"""Compiled part of :mod:`geo.roads.strong`.

Source: Tarjan (1972), Depth-first search and linear graph algorithms, SIAM Journal on Computing 1,
146-160; remembered, not read again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import Ints, compiled


@compiled()
def components(start: Ints, head: Ints) -> NDArray[np.int32]:
    """Return the number of the strongly connected component of each vertex: 0 for the one that is
    complete first, searching deep from vertex 0 on, last arcs first: as SciPy numbers them.
    """
    n = len(start) - 1
    label = np.full(n, -1, np.int32)
    seen: Ints = np.zeros(n, np.int32)
    low: Ints = np.zeros(n, np.int32)
    next_arc: Ints = np.zeros(n, np.int64)
    way: Ints = np.empty(n, np.int32)
    waiting: Ints = np.empty(n, np.int32)
    time = number = on_way = kept = 0
    for root in range(n):
        if seen[root]:
            continue
        way[0], on_way = root, 1
        while on_way:
            v = way[on_way - 1]
            if not seen[v]:
                time += 1
                seen[v] = low[v] = time
                next_arc[v] = start[v + 1] - 1
                waiting[kept] = v
                kept += 1
            deeper = False
            while next_arc[v] >= start[v]:
                w = head[next_arc[v]]
                if not seen[w]:
                    way[on_way] = w
                    on_way += 1
                    deeper = True
                    break
                if label[w] < 0:
                    low[v] = min(low[v], low[w])
                next_arc[v] -= 1
            if deeper:
                continue
            on_way -= 1
            if low[v] == seen[v]:
                while True:
                    kept -= 1
                    label[waiting[kept]] = number
                    if waiting[kept] == v:
                        break
                number += 1
    return label

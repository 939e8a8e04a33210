"""Compiled part of :mod:`geo.roads.ways`: walking back from many nodes to the source of a tree of
fastest ways, of which only the times are known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import Floats, Ints, compiled


@compiled()
def measure(
    node_s: Floats,
    start: Ints,
    tail: Ints,
    time_s: Floats,
    segment: Ints,
    length_m: Floats,
    gate: Ints,
    source: int,
    goal: Ints,
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return the length of the fastest way from the source to each goal, 0 where none leads, and
    the gates on it as chains: the last link of each way, -1 for none, and of each link its gate and
    the link before.

    ``start``, ``tail``, ``time_s`` and ``segment`` are the arcs into each node. A node comes from
    the neighbour from which it is reached soonest. Each node is walked over once, whatever the
    number of goals; each arc takes time, so that every step leads nearer to the source.
    """
    n = len(node_s)
    far_m: Floats = np.full(n, np.nan)
    far_m[source] = 0.0
    last: Ints = np.full(n, -1, np.int32)
    link_gate = [np.int32(0) for _ in range(0)]
    link_before = [np.int32(0) for _ in range(0)]
    way: Ints = np.empty(n, np.int32)
    for k in range(len(goal)):
        node = np.int64(goal[k])
        if not np.isfinite(node_s[node]):
            continue
        count = 0
        while np.isnan(far_m[node]):
            soonest, arc = np.inf, np.int64(-1)
            for i in range(start[node], start[node + 1]):
                if node_s[tail[i]] + time_s[i] < soonest:
                    soonest, arc = node_s[tail[i]] + time_s[i], np.int64(i)
            way[count] = arc
            count += 1
            node = np.int64(tail[arc])
        while count:
            count -= 1
            arc = np.int64(way[count])
            node = np.int64(goal[k]) if count == 0 else np.int64(tail[way[count - 1]])
            before = tail[arc]
            far_m[node] = far_m[before] + length_m[segment[arc]]
            last[node] = last[before]
            if gate[segment[arc]] >= 0:
                link_gate.append(np.int32(gate[segment[arc]]))
                link_before.append(np.int32(last[before]))
                last[node] = len(link_gate) - 1
    answer = np.zeros(len(goal))
    ends = np.full(len(goal), -1, np.int32)
    for k in range(len(goal)):
        if np.isfinite(node_s[goal[k]]):
            answer[k], ends[k] = far_m[goal[k]], last[goal[k]]
    return answer, ends, np.array(link_gate), np.array(link_before)

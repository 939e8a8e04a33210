"""The directed graph of one vehicle on a network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.roads import strong
from geo.roads.turns import Turns


class Into(NamedTuple):
    """The arcs that lead into each vertex: those of vertex v stand from ``start[v]`` to
    ``start[v + 1]``.
    """

    start: NDArray[np.int32]
    tail: NDArray[np.int32]
    time_s: NDArray[np.float64]
    segment: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Arcs:
    """The directed graph of one vehicle on its vertices, see :mod:`geo.roads.turns`: between two of
    them only the fastest of parallel segments.

    Attributes
    ----------
    start, head, arc_s
        Arcs that leave vertex v are entries ``start[v]:start[v + 1]``: where they lead, ascending,
        and how long they take. No arc takes less than a millisecond, because SciPy reads zero as
        “no arc”.
    segment, keys
        (k,) segment of each arc, and its tail times v plus its head: ascending keys.
    """

    start: NDArray[np.int64]
    head: NDArray[np.int32]
    arc_s: NDArray[np.float64]
    segment: NDArray[np.int64]
    keys: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        turns: Turns,
        allowed: tuple[NDArray[np.bool_], NDArray[np.bool_]],
        time: NDArray[np.float64],
    ) -> Arcs:
        """Compute the arcs between vertices from segments: whether each may be driven forward and
        backward, and its time.
        """
        ahead, back = (np.flatnonzero(way & np.isfinite(time)) for way in allowed)
        leave = np.concatenate([2 * ahead, 2 * back + 1])
        which, copy, beyond = turns.departures(leave)
        tail = np.concatenate([turns.node(leave), copy])
        head = np.concatenate([turns.arrival(leave ^ 1), beyond])
        segment, n = np.concatenate([leave, leave[which]]) // 2, turns.count
        loop = tail == head
        tail, head, segment = tail[~loop], head[~loop], segment[~loop]
        order = np.lexsort((segment, time[segment], head, tail))
        tail, head, segment = tail[order], head[order], segment[order]
        first = np.ones(len(tail), bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        tail, head, segment = tail[first], head[first], segment[first]
        start, _ = by_vertex(tail, n)
        arc_s = np.maximum(time[segment], 1e-3)
        return cls(start, head.astype(np.int32), arc_s, segment, tail * n + head)

    @property
    def count(self) -> int:
        """The number of vertices."""
        return len(self.start) - 1

    @cached_property
    def time_s(self) -> Any:
        """The same for SciPy: (v, v) sparse, row is the vertex an arc leaves."""
        from scipy.sparse import csr_matrix

        return csr_matrix((self.arc_s, self.head, self.start), shape=(self.count, self.count))

    def between(self, tail: NDArray[Any], head: NDArray[Any]) -> NDArray[np.int64]:
        """Return the segments of arcs by their end vertices; every pair must be an arc."""
        wanted = np.asarray(tail, np.int64) * self.count + head
        found: NDArray[np.int64] = self.segment[np.searchsorted(self.keys, wanted)]
        return found

    @cached_property
    def into(self) -> Into:
        """The same arcs by the vertex they lead to."""
        start, order = by_vertex(self.head, self.count)
        tail = np.repeat(np.arange(self.count, dtype=np.int32), np.diff(self.start))[order]
        return Into(start.astype(np.int32), tail, self.arc_s[order], self.segment[order])

    @cached_property
    def back(self) -> Into:
        """The arcs that leave each vertex, as those that lead into it when all are turned round."""
        return Into(self.start.astype(np.int32), self.head, self.arc_s, self.segment)

    def strong(self) -> NDArray[np.int32]:
        """Number the strongly connected component of each vertex."""
        return strong.components(self.start, self.head)


def by_vertex(
    vertex: NDArray[np.integer[Any]], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Put arcs in the order of one of their ends, and otherwise as they are; where those of each
    vertex begin, (count + 1,), and the order.
    """
    start = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(vertex, minlength=count), out=start[1:])
    return start, np.argsort(vertex, kind="stable")

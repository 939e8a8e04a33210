"""The directed graph of one vehicle on a network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    time_s
        (v, v) sparse, row is the vertex an arc leaves. No arc takes less than a millisecond,
        because SciPy reads zero as “no arc”.
    segment, keys
        (k,) segment of each arc, and its tail times v plus its head, in the order of
        ``time_s.data``: ascending keys.
    """

    time_s: Any
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
        from scipy.sparse import csr_matrix

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
        graph = csr_matrix((np.maximum(time[segment], 1e-3), (tail, head)), shape=(n, n))
        return cls(graph, segment, tail * n + head)

    def between(self, tail: NDArray[Any], head: NDArray[Any]) -> NDArray[np.int64]:
        """Return the segments of arcs by their end vertices; every pair must be an arc."""
        wanted = np.asarray(tail, np.int64) * self.time_s.shape[0] + head
        found: NDArray[np.int64] = self.segment[np.searchsorted(self.keys, wanted)]
        return found

    @cached_property
    def into(self) -> Into:
        """The same arcs by the vertex they lead to."""
        from scipy.sparse import csr_matrix

        graph = self.time_s
        numbered = csr_matrix(
            (np.arange(graph.nnz), graph.indices, graph.indptr), shape=graph.shape
        ).tocsc()
        order = numbered.data
        return Into(
            numbered.indptr.astype(np.int32),
            numbered.indices.astype(np.int32),
            graph.data[order],
            self.segment[order],
        )

    def strong(self) -> NDArray[np.integer[Any]]:
        """Number the strongly connected component of each vertex."""
        from scipy.sparse.csgraph import connected_components

        if not self.time_s.shape[0]:
            return np.empty(0, np.int32)
        label: NDArray[np.int32] = connected_components(self.time_s, connection="strong")[1]
        return label

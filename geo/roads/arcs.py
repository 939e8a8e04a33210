"""The directed graph of one vehicle on a network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Into(NamedTuple):
    """The arcs that lead into each node: those of node v stand from ``start[v]`` to
    ``start[v + 1]``.
    """

    start: NDArray[np.int32]
    tail: NDArray[np.int32]
    time_s: NDArray[np.float64]
    segment: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Arcs:
    """The directed graph of one vehicle: between two nodes only the fastest of parallel segments.

    Attributes
    ----------
    time_s
        (n, n) sparse, row is the node an arc leaves. No arc takes less than a millisecond, because
        SciPy reads zero as “no arc”.
    segment, keys
        (k,) segment of each arc, and its tail times n plus its head, in the order of
        ``time_s.data``: ascending keys.
    """

    time_s: Any
    segment: NDArray[np.int64]
    keys: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        ends: tuple[NDArray[np.int32], NDArray[np.int32]],
        allowed: tuple[NDArray[np.bool_], NDArray[np.bool_]],
        time: NDArray[np.float64],
        n: int,
    ) -> Arcs:
        """Compute the arcs between `n` nodes from segments: tails and heads, whether each may be
        driven forward and backward, and its time.
        """
        from scipy.sparse import csr_matrix

        ahead, back = (np.flatnonzero(way & np.isfinite(time)) for way in allowed)
        tail = np.concatenate([ends[0][ahead], ends[1][back]]).astype(np.int64)
        head = np.concatenate([ends[1][ahead], ends[0][back]]).astype(np.int64)
        segment = np.concatenate([ahead, back])
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
        """Return the segments of arcs by their end nodes; every pair must be an arc."""
        wanted = np.asarray(tail, np.int64) * self.time_s.shape[0] + head
        found: NDArray[np.int64] = self.segment[np.searchsorted(self.keys, wanted)]
        return found

    @cached_property
    def into(self) -> Into:
        """The same arcs by the node they lead to."""
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
        """Number the strongly connected component of each node."""
        from scipy.sparse.csgraph import connected_components

        if not self.time_s.shape[0]:
            return np.empty(0, np.int32)
        label: NDArray[np.int32] = connected_components(self.time_s, connection="strong")[1]
        return label

"""Turns that a vehicle must not make, in a graph of nodes.

An *end* is where a segment meets a node: 2 i is the tail of segment i, 2 i + 1 its head. A *ban* is
a pair of ends at one node: who arrives at the first must not leave by the second. The search knows
*vertices*: the nodes of the network, and after them a copy of a node for each end at which somebody
arrives who may not go on everywhere. Only junctions with a ban have copies, so that nearly all of
the graph stays as it is, and every algorithm on it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ends = NDArray[np.integer[Any]]


def none() -> NDArray[np.int32]:
    """Return an empty table of bans, (0, 2)."""
    return np.empty((0, 2), np.int32)


@dataclass(frozen=True, eq=False)
class Turns:
    """The vertices of one vehicle.

    Attributes
    ----------
    tail, head
        (m,) nodes of the network.
    nodes
        (n + c,) the node of each vertex: the nodes themselves, then the copies.
    end
        (c,) the end to which each copy belongs, ascending: who arrives there arrives at the copy.
    out_end, out_vertex
        (k,) ends by which one may leave from a copy, ascending, and that copy.
    apart
        (a,) ends that stand in a ban, ascending.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    nodes: NDArray[np.int64]
    end: NDArray[np.int64]
    out_end: NDArray[np.int64]
    out_vertex: NDArray[np.int64]
    apart: NDArray[np.int64]

    @classmethod
    def of(
        cls, tail: NDArray[np.int32], head: NDArray[np.int32], bans: Ends, node_count: int
    ) -> Turns:
        """Make the copies that some bans, (b, 2), ask for; a pair of ends that do not meet bans
        nothing.
        """
        pair = np.unique(bans.astype(np.int64).reshape(-1, 2), axis=0)
        node = np.where(pair % 2 == 0, tail[pair // 2], head[pair // 2])
        pair = pair[node[:, 0] == node[:, 1]]
        end, which = np.unique(pair[:, 0], return_inverse=True)
        copied = np.where(end % 2 == 0, tail[end // 2], head[end // 2]).astype(np.int64)
        there = np.zeros(node_count, bool)
        there[copied] = True
        outs = np.concatenate(
            [2 * np.flatnonzero(there[tail]), 2 * np.flatnonzero(there[head]) + 1]
        )
        at = np.where(outs % 2 == 0, tail[outs // 2], head[outs // 2])
        outs, at = outs[np.argsort(at, kind="stable")], np.sort(at)
        first, last = (np.searchsorted(at, copied, side) for side in ("left", "right"))
        copy = np.repeat(np.arange(len(end)), last - first)
        along = np.arange(len(copy)) - np.repeat(
            np.cumsum(last - first) - (last - first), last - first
        )
        leave = outs[first[copy] + along]
        width = 2 * len(tail) + 1
        kept = ~np.isin(copy * width + leave, which.reshape(-1) * width + pair[:, 1])
        copy, leave = copy[kept], leave[kept]
        order = np.lexsort((copy, leave))
        return cls(
            tail,
            head,
            np.concatenate([np.arange(node_count), copied]),
            end,
            leave[order],
            node_count + copy[order],
            np.unique(pair),
        )

    @property
    def count(self) -> int:
        """The number of vertices."""
        return len(self.nodes)

    @property
    def node_count(self) -> int:
        """The number of nodes, which are the first vertices."""
        return len(self.nodes) - len(self.end)

    def node(self, end: Ends) -> NDArray[np.int64]:
        """Return the node of each end."""
        return np.where(end % 2 == 0, self.tail[end // 2], self.head[end // 2]).astype(np.int64)

    def arrival(self, end: Ends) -> NDArray[np.int64]:
        """Return the vertex at which one arrives at each end."""
        vertex = self.node(end)
        if len(self.end):
            at = np.minimum(np.searchsorted(self.end, end), len(self.end) - 1)
            vertex = np.where(self.end[at] == end, self.node_count + at, vertex)
        return vertex

    def departures(self, end: Ends) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the copies from which one may leave by each of some ends, beside the node itself:
        which of the ends (1-D), and the vertex.
        """
        first, last = (np.searchsorted(self.out_end, end, side) for side in ("left", "right"))
        return _spread(first, last, self.out_vertex)

    def copies(self, node: Ends) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return all copies of each of some nodes: which of the nodes (1-D), and the vertex."""
        copied = self.nodes[self.node_count :]
        order = np.argsort(copied, kind="stable")
        first, last = (np.searchsorted(copied[order], node, side) for side in ("left", "right"))
        return _spread(first, last, self.node_count + order)

    def any_vertex(self, vertices: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return for each node whether something holds at one of its vertices, (n,)."""
        nodes = np.array(vertices[: self.node_count])
        nodes[self.nodes[np.flatnonzero(vertices)]] = True
        return nodes

    def at_nodes(self, vertex_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return when one is at each node, (n,), by whichever road, from the times at vertices."""
        node_s = np.array(vertex_s[: self.node_count])
        np.minimum.at(node_s, self.nodes[self.node_count :], vertex_s[self.node_count :])
        return node_s

    def at_ends(self, vertex_s: NDArray[np.float64], *, towards: bool) -> NDArray[np.float64]:
        """Return the times at the ends that are ``apart``: when one may leave by each, or with
        `towards` how far it is for somebody who arrives there.
        """
        if towards:
            return vertex_s[self.arrival(self.apart)]
        end_s = vertex_s[self.node(self.apart)]
        which, vertex = self.departures(self.apart)
        np.minimum.at(end_s, which, vertex_s[vertex])
        return end_s

    def numbered(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return for the tail and the head of each segment where its time is in :meth:`at_nodes`
        followed by :meth:`at_ends`.
        """
        sides = []
        for side, node in enumerate((self.tail, self.head)):
            number = np.array(node, np.int32)
            mine = np.flatnonzero(self.apart % 2 == side)
            number[self.apart[mine] // 2] = self.node_count + mine
            sides.append(number)
        return sides[0], sides[1]


def _spread(
    first: NDArray[np.int64], last: NDArray[np.int64], values: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each row what stands from first to last: its row, and the values."""
    count = last - first
    row = np.repeat(np.arange(len(first)), count)
    along = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, values[first[row] + along]

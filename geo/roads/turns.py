"""Turns that a vehicle must not make, in a graph of nodes.

An *end* is where a segment meets a node: 2 i is the tail of segment i, 2 i + 1 its head. A *ban*
names ends in the order of travel: who arrives at the first, and leaves by the next ones one after
the other, must not leave by the last. Nearly all have two, at one node; with three, a segment lies
between two nodes. The search knows *vertices*: the nodes of the network, and after them copies of
nodes for those who may not go on everywhere, by their *history*, the ends at which they have
arrived as far as a ban asks. Only junctions with a ban have copies, so that nearly all of the graph
stays as it is, and every algorithm on it too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ends = NDArray[np.integer[Any]]


History = tuple[int, ...]


def table(bans: Iterable[Sequence[int]]) -> NDArray[np.int32]:
    """Return bans as a table, (b, w), filled up with -1 behind the shorter ones; each once."""
    rows = sorted({tuple(ban) for ban in bans})
    width = max(map(len, rows), default=2)
    filled = [(*row, *(-1,) * (width - len(row))) for row in rows]
    return np.array(filled, np.int32).reshape(-1, width)


def sequences(bans: Ends) -> list[History]:
    """Return the bans of a table without what fills it up."""
    return [tuple(end for end in ban if end >= 0) for ban in bans.tolist()]


@dataclass(frozen=True, eq=False)
class Turns:
    """The vertices of one vehicle.

    Attributes
    ----------
    tail, head, node_count
        (m,) nodes of the network, and their number; they are the first vertices.
    nodes
        (n + c,) the node of each vertex: the nodes themselves, then the copies.
    end
        (e,) the end to which each of the first copies belongs, ascending: who arrives there, from
        wherever, arrives at the copy.
    out_end, out_vertex, out_head
        (k,) ends by which one may leave from a copy, ascending, that copy, and the vertex at which
        one arrives on the other side.
    apart
        (a,) ends that begin or end a ban, ascending.
    copied
        (n,) whether a node has a copy.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    node_count: int
    nodes: NDArray[np.int64]
    end: NDArray[np.int64]
    out_end: NDArray[np.int64]
    out_vertex: NDArray[np.int64]
    out_head: NDArray[np.int64]
    apart: NDArray[np.int64]
    copied: NDArray[np.bool_]

    @classmethod
    def of(
        cls, tail: NDArray[np.int32], head: NDArray[np.int32], bans: Ends, node_count: int
    ) -> Turns:
        """Make the copies that some bans, (b, w), ask for; ends that do not meet ban nothing."""
        node = np.stack([tail, head], axis=1).ravel().tolist() if len(bans) else []
        left = _left_by_history(ban for ban in sequences(bans) if _meets(ban, node))
        histories = sorted(left, key=lambda history: (len(history), history))
        nodes = np.array([node[history[-1]] for history in histories], np.int64)
        copied = np.zeros(node_count, bool)
        copied[nodes] = True
        copy, leave, heads = _ways_on(histories, left, tail, head, nodes, copied)
        order = np.lexsort((copy, leave))
        ends = {end for history, banned in left.items() for end in (history[0], *banned)}
        return cls(
            tail,
            head,
            node_count,
            np.concatenate([np.arange(node_count), nodes]),
            np.array([history[0] for history in histories if len(history) == 1], np.int64),
            leave[order],
            node_count + copy[order],
            heads[order],
            np.array(sorted(ends), np.int64),
            copied,
        )

    @property
    def count(self) -> int:
        """The number of vertices."""
        return len(self.nodes)

    def node(self, end: Ends) -> NDArray[np.int64]:
        """Return the node of each end."""
        return np.where(end % 2 == 0, self.tail[end // 2], self.head[end // 2]).astype(np.int64)

    def arrival(self, end: Ends) -> NDArray[np.int64]:
        """Return the vertex at which one arrives at each end who has not come from a copy."""
        vertex = self.node(end)
        if len(self.end):
            at = np.minimum(np.searchsorted(self.end, end), len(self.end) - 1)
            vertex = np.where(self.end[at] == end, self.node_count + at, vertex)
        return vertex

    def departures(
        self, end: Ends
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the copies from which one may leave by each of some ends, beside the node itself:
        which of the ends (1-D), the copy, and the vertex at which one arrives.
        """
        first, last = (np.searchsorted(self.out_end, end, side) for side in ("left", "right"))
        which, row = _spread(first, last)
        return which, self.out_vertex[row], self.out_head[row]

    def copies(self, node: Ends) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return all copies of each of some nodes: which of the nodes (1-D), and the vertex."""
        copied = self.nodes[self.node_count :]
        order = np.argsort(copied, kind="stable")
        first, last = (np.searchsorted(copied[order], node, side) for side in ("left", "right"))
        which, row = _spread(first, last)
        return which, self.node_count + order[row]

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
        which, vertex, _ = self.departures(self.apart)
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


def _meets(ban: History, node: list[int]) -> bool:
    """Return whether the ends of a ban follow one another."""
    arrive = (ban[0], *(end ^ 1 for end in ban[1:-1]))
    return all(node[a] == node[b] for a, b in zip(arrive, ban[1:], strict=True))


def _left_by_history(bans: Iterable[History]) -> dict[History, set[int]]:
    """Return the histories on which some ban depends, ends at which one has arrived one after the
    other, and the ends by which one must not leave after each.
    """
    own: dict[History, set[int]] = {}
    for ban in bans:
        history = (ban[0], *(end ^ 1 for end in ban[1:-1]))
        for length in range(1, len(history) + 1):
            own.setdefault(history[:length], set())
        own[history].add(ban[-1])
    return {history: set().union(*_known(own, history)) for history in own}


def _known(own: dict[History, set[int]], history: History) -> list[set[int]]:
    """Return what is said of a history, and of each later part of it."""
    return [own[history[i:]] for i in range(len(history)) if history[i:] in own]


def _ways_on(
    histories: list[History],
    left: dict[History, set[int]],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    nodes: NDArray[np.int64],
    copied: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return how one goes on from the copies: which copy, the end by which one leaves it, and the
    vertex at which one arrives.
    """
    ends = np.concatenate([2 * np.flatnonzero(copied[tail]), 2 * np.flatnonzero(copied[head]) + 1])
    at = np.where(ends % 2 == 0, tail[ends // 2], head[ends // 2])
    order = np.argsort(at, kind="stable")
    first, last = (np.searchsorted(at[order], nodes, side) for side in ("left", "right"))
    copy, row = _spread(first, last)
    leave = ends[order][row]
    to = np.where(leave % 2 == 0, head[leave // 2], tail[leave // 2]).astype(np.int64)
    number = {history: len(copied) + i for i, history in enumerate(histories)}
    kept = np.ones(len(copy), bool)
    for i, (number_of, end) in enumerate(zip(copy.tolist(), leave.tolist(), strict=True)):
        history = histories[number_of]
        if end in left[history]:
            kept[i] = False
            continue
        longer = (*history, end ^ 1)
        for j in range(len(longer)):
            if longer[j:] in number:
                to[i] = number[longer[j:]]
                break
    return copy[kept], leave[kept], to[kept]


def _spread(
    first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what stands from first to last, one range after the other: which range, and where."""
    count = last - first
    which = np.repeat(np.arange(len(first)), count)
    along = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return which, first[which] + along

"""The gates above the roads: a small table by which ways inside each country become ways across the
border.

All traffic between two countries passes its few gates, so they cut the network in two. What is
prepared for a large network (:mod:`geo.roads.contraction`, :mod:`geo.roads.surfaces`) holds roads
inside each country only. A way from A to B is then either such a way, or one from A to a gate, over
one or more gates, and on from a gate to B. The middle part is a table between the two ends of each
gate, some 140 rows at most. Another waiting time, or a closed gate, changes that table and nothing
else, in milliseconds, and every answer stays exact, also for ways that cross the border twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.roads import contraction

if TYPE_CHECKING:
    from geo.roads.network import Network


@dataclass(frozen=True, eq=False)
class Overlay:
    """Fastest ways between the ends of all gates, for one vehicle.

    Attributes
    ----------
    node
        (g,) vertices of the network at which a gate begins or ends.
    domestic_s
        (g, g) time between them on roads inside a country.
    crossing_s, segment
        (g, g) time to pass a gate from one to the other, inf where none joins them, and the segment
        that is the gate, -1 for none.
    total_s, before
        (g, g) fastest time with as many gates as it takes, and the last row but one on that way,
        negative where there is none.
    """

    node: NDArray[np.int64]
    domestic_s: NDArray[np.float64]
    crossing_s: NDArray[np.float64]
    segment: NDArray[np.int64]
    total_s: NDArray[np.float64]
    before: NDArray[np.int32]

    def steps(self, first: int, last: int) -> list[tuple[int, int, int]]:
        """Return the way between two rows: from row, to row, and the segment of the gate passed, -1
        for roads.
        """
        steps: list[tuple[int, int, int]] = []
        while last != first:
            previous = int(self.before[first, last])
            passes = self.crossing_s[previous, last] <= self.domestic_s[previous, last]
            steps.append((previous, last, int(self.segment[previous, last]) if passes else -1))
            last = previous
        return steps[::-1]


def of(network: Network, profile: str) -> Overlay:
    """Return the overlay of a prepared network; made once and kept."""
    return network.kept(
        ("overlay", profile), lambda: _make(network, profile), depends_on_gates=True
    )


def _make(network: Network, profile: str) -> Overlay:
    passed, turns = np.flatnonzero(network.gate >= 0), network.turns(profile)
    ends = np.concatenate([2 * passed, 2 * passed + 1])
    copies, beyond = turns.departures(ends)[1:]
    node = np.unique(np.concatenate([turns.node(ends), turns.arrival(ends), copies, beyond]))
    domestic_s = network.kept(
        ("between gates", profile),
        lambda: contraction.many_to_many(network.hierarchies[profile], node, node),
    )
    crossing_s, segment = np.full(domestic_s.shape, np.inf), np.full(domestic_s.shape, -1)
    driven = np.concatenate([network.forward[passed], network.backward[passed]])
    for leave in ends[driven].tolist():
        # as the arcs of the network: nothing takes no time
        gate, leaving = leave // 2, np.array([leave])
        time_s = max(float(network.time_s[profile][gate]), 1e-3)
        copies, beyond = turns.departures(leaving)[1:]
        starts = np.searchsorted(node, np.append(turns.node(leaving), copies))
        goals = np.searchsorted(node, np.append(turns.arrival(leaving ^ 1), beyond))
        for start, end in zip(starts.tolist(), goals.tolist(), strict=True):
            if time_s < crossing_s[start, end]:
                crossing_s[start, end], segment[start, end] = time_s, gate
    if not len(node):
        return Overlay(
            node, domestic_s, crossing_s, segment, domestic_s, np.empty((0, 0), np.int32)
        )
    from scipy.sparse.csgraph import floyd_warshall

    total_s, before = floyd_warshall(np.minimum(domestic_s, crossing_s), return_predecessors=True)
    return Overlay(node, domestic_s, crossing_s, segment, total_s, before)


def join(first_s: ArrayLike, second_s: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Join two tables of times (k, g) and (g, m): the fastest way over any of the g, and which; inf
    and -1 where there is none.
    """
    from geo.roads import _gate_overlay as compiled

    first, second = (
        np.ascontiguousarray(first_s, np.float64),
        np.ascontiguousarray(second_s, np.float64),
    )
    total = np.empty((len(first), second.shape[1]))
    through = np.empty(total.shape, np.int32)
    compiled.join(first, second, total, through)
    return total, through


def warm_up() -> None:
    """Compile what is here, or load what was compiled before."""
    join(np.zeros((1, 1)), np.zeros((1, 1)))

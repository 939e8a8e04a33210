"""The fastest ways between vertices: times of all pairs, lengths and gates of those that are asked
for. Each class is one way to find them, for :mod:`geo.roads.routing`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads import contraction, gate_overlay
from geo.roads.network import Network

Track = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Vertices of a way, and the segments between them."""


class Searched:
    """Times between nodes by Dijkstra's algorithm, as SciPy runs it: nothing to prepare, but it
    walks the whole network.

    ``time_s`` is (sources, goals).
    """

    def __init__(
        self,
        network: Network,
        profile: str,
        sources: NDArray[np.int64],
        goals: NDArray[np.int64],
    ) -> None:
        from scipy.sparse.csgraph import dijkstra

        self.network, self.arcs, self.goals = network, network.arcs(profile), goals
        node_s, self.before = dijkstra(self.arcs.time_s, indices=sources, return_predecessors=True)
        self.time_s: NDArray[np.float64] = node_s[:, goals]

    def measure(
        self, source: NDArray[np.int64], goal: NDArray[np.int64], metres: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
        """Return lengths (k, pairs) and gates of the ways of some pairs, by the `metres` (k, m) of
        each segment, walking back from all goals at once, one arc a step."""
        length_m = np.zeros((len(metres), len(source)))
        gates: dict[int, list[int]] = {}
        way, row, here = np.arange(len(source)), source, self.goals[goal]
        while len(way):
            previous = self.before[row, here]
            going = previous >= 0
            way, row, here, previous = way[going], row[going], here[going], previous[going]
            segment = self.arcs.between(previous, here)
            length_m[:, way] += metres[:, segment]
            for step in np.flatnonzero(self.network.gate[segment] >= 0):
                gates.setdefault(int(way[step]), []).insert(
                    0, int(self.network.gate[segment[step]])
                )
            here = previous.astype(np.int64)
        return length_m, gates

    def track(self, source: int, goal: int) -> Track:
        """Return one way."""
        nodes = [int(self.goals[goal])]
        while self.before[source, nodes[-1]] >= 0:
            nodes.append(int(self.before[source, nodes[-1]]))
        way = np.array(nodes[::-1])
        return way, self.arcs.between(way[:-1], way[1:])


class Prepared:
    """The same from a prepared network: only the times that are asked for, and only the ways that
    are measured.

    A way stays inside one country, or goes to a gate, over gates, and on: see
    :mod:`geo.roads.gate_overlay`."""

    def __init__(
        self, network: Network, profile: str, sources: NDArray[np.int64], goals: NDArray[np.int64]
    ) -> None:
        self.network, self.sources, self.goals = network, sources, goals
        self.hierarchy, self.overlay = (
            network.hierarchies[profile],
            gate_overlay.of(network, profile),
        )
        gates = self.overlay.node
        ahead = contraction.many_to_many(self.hierarchy, sources, np.concatenate([goals, gates]))
        self.time_s, to_gate = ahead[:, : len(goals)], ahead[:, len(goals) :]
        self.leave = np.full(self.time_s.shape, -1, np.int32)
        if len(gates):
            over, self.enter = gate_overlay.join(to_gate, self.overlay.total_s)
            across, leave = gate_overlay.join(
                over, contraction.many_to_many(self.hierarchy, gates, goals)
            )
            self.leave = np.where(across < self.time_s, leave, -1)
            self.time_s = np.minimum(self.time_s, across)

    def measure(
        self, source: NDArray[np.int64], goal: NDArray[np.int64], metres: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
        """Return lengths (k, pairs) and gates of the ways of some pairs, by the `metres` (k, m) of
        each segment.
        """
        length_m = np.zeros((len(metres), len(source)))
        gates: dict[int, list[int]] = {}
        for way, ends in enumerate(zip(source.tolist(), goal.tolist(), strict=True)):
            segments = self.track(*ends)[1]
            length_m[:, way] = metres[:, segments].sum(axis=1)
            passed = self.network.gate[segments]
            if (passed >= 0).any():
                gates[way] = passed[passed >= 0].tolist()
        return length_m, gates

    def track(self, source: int, goal: int) -> Track:
        """Return one way."""
        start, end = int(self.sources[source]), int(self.goals[goal])
        leave = int(self.leave[source, goal])
        if leave < 0:
            return contraction.path(self.hierarchy, start, end)
        enter, node = int(self.enter[source, leave]), self.overlay.node.tolist()
        parts = [contraction.path(self.hierarchy, start, node[enter])]
        for before, after, segment in self.overlay.steps(enter, leave):
            if segment >= 0:
                parts.append((np.array([node[before], node[after]]), np.array([segment])))
            else:
                parts.append(contraction.path(self.hierarchy, node[before], node[after]))
        parts.append(contraction.path(self.hierarchy, node[leave], end))
        nodes = np.concatenate([parts[0][0][:1], *(part[0][1:] for part in parts)])
        return nodes, np.concatenate([part[1] for part in parts])


class Walked:
    """The same from the times to all nodes of a prepared network: for many ways from few sources,
    or with `towards` to few goals. The ways are walked back from the many, each node once.

    ``time_s`` is (sources, goals).
    """

    def __init__(
        self,
        network: Network,
        profile: str,
        sources: NDArray[np.int64],
        goals: NDArray[np.int64],
        *,
        towards: bool = False,
    ) -> None:
        self.network, self.towards = network, towards
        arcs = network.arcs(profile)
        self.arcs = arcs.back if towards else arcs.into
        self.few, self.many = (goals, sources) if towards else (sources, goals)
        hierarchy, overlay = network.hierarchies[profile], gate_overlay.of(network, profile)
        gates, total_s = overlay.node, overlay.total_s
        ends = (gates, self.few) if towards else (self.few, gates)
        to_gate = contraction.many_to_many(hierarchy, *ends)
        if towards:
            to_gate, total_s = to_gate.T, total_s.T
        over, _ = gate_overlay.join(to_gate, total_s)
        starts = np.column_stack([self.few, np.broadcast_to(gates, over.shape)])
        start_s = np.column_stack([np.zeros(len(self.few)), over])
        self.node_s = contraction.one_to_all(hierarchy, starts, start_s=start_s, reverse=towards)
        times = self.node_s[:, self.many]
        self.time_s: NDArray[np.float64] = times.T if towards else times

    def measure(
        self, source: NDArray[np.int64], goal: NDArray[np.int64], metres: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
        """Return lengths (k, pairs) and gates of the ways of some pairs, by the `metres` (k, m) of
        each segment.
        """
        from geo.roads import _walking as compiled

        length_m = np.zeros((len(metres), len(source)))
        gates: dict[int, list[int]] = {}
        few, many = (goal, source) if self.towards else (source, goal)
        for row in np.unique(few).tolist():
            pairs = np.flatnonzero(few == row)
            node_s = np.ascontiguousarray(self.node_s[row])
            tree = int(self.few[row]), self.many[many[pairs]]
            for number, each in enumerate(metres):
                length_m[number, pairs], last, gate, before = compiled.measure(
                    node_s, *self.arcs, each, self.network.gate, *tree
                )
            for pair, link in zip(pairs[last >= 0].tolist(), last[last >= 0].tolist(), strict=True):
                chain: list[int] = []
                while link >= 0:
                    chain.append(int(gate[link]))
                    link = int(before[link])
                gates[pair] = chain if self.towards else chain[::-1]
        return length_m, gates


def warm_up() -> None:
    """Compile what is here, or load what was compiled before: for arrays that are read from a
    file.
    """
    from geo.roads import _walking as compiled

    start, tail = np.array([0, 0, 1], np.int32), np.array([0], np.int32)
    length_m, gate = np.array([1.0]), np.array([-1], np.int32)
    gate.flags.writeable = False
    compiled.measure(
        np.array([0.0, 1.0]),
        *(start, tail, np.array([1.0]), np.array([0])),
        length_m,
        gate,
        0,
        np.array([1]),
    )

"""Points joined to roads, and the fastest ways between them: what :mod:`geo.roads.access` is built
on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import Message, NotFoundError
from geo.proximity import lonlat
from geo.roads import contraction, gate_overlay
from geo.roads.network import Network, Snap

if TYPE_CHECKING:
    import geopandas as gpd

CELLS_AT_ONCE = 20_000_000
"""Sources times nodes that one call of SciPy's Dijkstra may hold: three arrays of that size, under
0.5 GB.
"""
WAY_IN_NODES = 700
"""Measuring one way of a prepared network takes as long as searching so many nodes; measured on
Malta, 16,536 junctions.
"""
Track = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Nodes of a way, and the segments between them."""
TIME_DECIMALS = 3
"""Times are sums of binary fractions: without rounding to a millisecond 60 min would often be above
a limit of 60 min.
"""


# Points joined to the network ---------------------------------------------------------------------


@dataclass(frozen=True)
class Sides:
    """The points of a layer, joined to roads; a gate has two entries, one on either side.

    Attributes
    ----------
    point, country
        (k, 2) and (k,) of each entry; ``of_row`` (k,) is its row in the layer.
    snap
        Where it is joined to the network.
    leg_s, leg_m
        (k,) time and length of the leg between the point and the road; NaN where there is none.
    node
        (k, 2) tail and head of its segment.
    out_s, in_s
        (k, 2) time on the segment from the point to that node, and from that node to the point; inf
        where one may not drive that way.
    share
        (k, 2) share of the segment's length between the point and that node.
    """

    point: NDArray[np.float64]
    of_row: NDArray[np.int64]
    country: NDArray[np.object_]
    snap: Snap
    leg_s: NDArray[np.float64]
    leg_m: NDArray[np.float64]
    node: NDArray[np.int64]
    out_s: NDArray[np.float64]
    in_s: NDArray[np.float64]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, network: Network, points: gpd.GeoDataFrame, profile: str) -> Sides:
        """Join a point layer; with the columns ``country`` and ``opposite_country`` as
        :mod:`geo.roads.access` says.
        """
        n = len(points)
        of_row = np.arange(n)
        country: NDArray[np.object_] = (
            points["country"].to_numpy(object, copy=True)
            if "country" in points
            else np.full(n, None, object)
        )
        if "opposite_country" in points:
            twin = np.flatnonzero(points["opposite_country"].notna())
            of_row = np.concatenate([of_row, twin])
            country = np.concatenate([country, points["opposite_country"].to_numpy(object)[twin]])
        country[pd.isna(country)] = None
        return cls.at(network, lonlat(points)[of_row], profile, country=country, of_row=of_row)

    @classmethod
    def at(
        cls,
        network: Network,
        point: NDArray[np.float64],
        profile: str,
        *,
        country: NDArray[np.object_],
        of_row: NDArray[np.int64] | None = None,
    ) -> Sides:
        """Join points given as arrays: (k, 2) WGS 84, (k,) country or None, (k,) row of a layer
        each is an entry of.
        """
        if profile not in network.profiles:
            raise NotFoundError(
                Message(
                    "There is no vehicle profile “%(profile)s”; there are %(known)s.",
                    {"profile": profile, "known": ", ".join(network.profiles)},
                )
            )
        snap = network.snap(point, profile, country=country)
        at = np.maximum(snap.segment, 0)
        time = np.where(snap.segment >= 0, network.time_s[profile][at], np.inf)
        # against the direction of the segment to its tail, and along it to its head
        to_ends = np.empty((len(at), 2))
        to_ends[:, 0] = np.where(network.backward[at], time, np.inf)
        to_ends[:, 1] = np.where(network.forward[at], time, np.inf)
        share = np.zeros((len(at), 2))
        share[:, 0] = np.where(snap.segment >= 0, snap.fraction, 0)
        share[:, 1] = 1 - share[:, 0]
        leg_m = snap.distance_m * network.manifest.access_detour
        leg_s = leg_m / (network.manifest.access_speed_kph[profile] / 3.6)
        node = np.empty((len(at), 2), np.int64)
        node[:, 0], node[:, 1] = network.tail[at], network.head[at]
        return cls(
            point=point,
            of_row=np.arange(len(point)) if of_row is None else of_row,
            country=country,
            snap=snap,
            leg_s=leg_s,
            leg_m=leg_m,
            node=node,
            out_s=_part(to_ends, share),
            in_s=_part(to_ends[:, ::-1], share),
            share=share,
        )

    def faces(self, country: str | None) -> NDArray[np.bool_]:
        """Return which entries are on the side that a point of `country` comes to."""
        mine = self.country == country
        own = np.bincount(self.of_row, mine) > 0
        twin = np.bincount(self.of_row) > 1
        faces: NDArray[np.bool_] = mine | ~(own & twin)[self.of_row]
        return faces

    def nearest_m(self, n: int) -> NDArray[np.float64]:
        """Return the shorter snap of each row of the layer, NaN where it has none."""
        out = np.full(n, np.inf)
        np.fmin.at(out, self.of_row, self.snap.distance_m)
        return known(out)


def _part(time: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the time over a share of a segment; no share takes no time, also on a one-way street:
    the point is at the crossing.
    """
    return np.multiply(time, share, where=share > 0, out=np.zeros(time.shape))


def known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn infinite values, by which the search says “no way”, into NaN, by which tables do."""
    return np.where(np.isfinite(values), values, np.nan)


# The fastest ways ---------------------------------------------------------------------------------


@dataclass
class Found:
    """The fastest way of each pair of rows. ``entries`` says through which entries of the two
    `Sides` it goes.
    """

    time_s: NDArray[np.float64]
    length_m: NDArray[np.float64]
    crossings: NDArray[np.int64]
    gates: dict[tuple[int, int], list[int]]
    entries: NDArray[np.int64]
    ends: NDArray[np.int64]
    path: Track | None = None


def solve(
    network: Network, profile: str, from_: Sides, to: Sides, *, detail: bool, path: bool = False
) -> Found:
    """Find the fastest way of every pair of rows.

    Parameters
    ----------
    detail
        Tell lengths and gates too, not only times.
    path
        Keep the nodes and segments of the way; for one pair only, and only with `detail`.
    """
    n, m = int(from_.of_row.max(initial=-1)) + 1, int(to.of_row.max(initial=-1)) + 1
    found = Found(
        time_s=np.full((n, m), np.inf),
        length_m=np.full((n, m), np.inf),
        crossings=np.zeros((n, m), np.int64),
        gates={},
        entries=np.full((n, m, 2), -1),
        ends=np.full((n, m, 2), -1),
    )
    starts = np.flatnonzero(from_.snap.segment >= 0)
    goals = np.flatnonzero(to.snap.segment >= 0)
    if not len(starts) or not len(goals):
        return found
    goal_nodes, goal_of = np.unique(to.node[goals], return_inverse=True)
    goal_of = goal_of.reshape(len(goals), 2)
    goal_s = to.in_s[goals] + to.leg_s[goals, None]
    goal_m = (
        network.length_m[to.snap.segment[goals]][:, None] * to.share[goals] + to.leg_m[goals, None]
    )
    at_once = max(1, CELLS_AT_ONCE // max(2 * network.node_count, 4 * len(goals)))
    for chunk in (starts[i : i + at_once] for i in range(0, len(starts), at_once)):
        sources, source_of = np.unique(from_.node[chunk], return_inverse=True)
        source_of = source_of.reshape(len(chunk), 2)
        unpacking = len(chunk) * len(goals) * WAY_IN_NODES if detail else 0
        if profile in network.hierarchies and unpacking < len(sources) * network.node_count:
            roads: _Prepared | _Searched = _Prepared(network, profile, sources, goal_nodes)
        else:
            roads = _Searched(network, profile, sources, goal_nodes, detail)
        # entry of the origin, end of its segment, goal, end of the goal's segment
        start_s = from_.out_s[chunk] + from_.leg_s[chunk, None]
        total = (
            start_s[:, :, None, None] + roads.time_s[source_of[:, :, None, None], goal_of] + goal_s
        )
        faces = facing(from_, chunk, to, goals)
        by_pair = np.where(
            faces[:, :, None],
            total.transpose(0, 2, 1, 3).reshape(len(chunk), len(goals), 4),
            np.inf,
        )
        best = by_pair.argmin(axis=2)
        time = np.take_along_axis(by_pair, best[:, :, None], axis=2)[:, :, 0]
        a, b = best // 2, best % 2
        along_m = np.full(time.shape, np.nan)
        for i, j in zip(
            *np.nonzero((from_.snap.segment[chunk][:, None] == to.snap.segment[goals]) & faces),
            strict=True,
        ):
            along_s, metres = along(network, profile, (from_, int(chunk[i])), (to, int(goals[j])))
            if along_s <= time[i, j]:
                time[i, j], along_m[i, j], a[i, j], b[i, j] = along_s, metres, -1, -1
        # of the entries of one pair of rows the quickest counts
        pair = from_.of_row[chunk][:, None] * m + to.of_row[goals]
        order = np.lexsort((time.ravel(), pair.ravel()))
        winner = order[np.append(True, np.diff(pair.ravel()[order]) > 0)]
        i, j = np.unravel_index(winner, time.shape)
        row, col = np.divmod(pair[i, j], m)
        better = time[i, j] < found.time_s[row, col]
        i, j, row, col = i[better], j[better], row[better], col[better]
        a, b = a[i, j], b[i, j]
        found.time_s[row, col] = time[i, j]
        found.entries[row, col] = np.column_stack([chunk[i], goals[j]])
        found.ends[row, col] = np.column_stack([a, b])
        if not detail:
            continue
        source, goal = source_of[i, np.maximum(a, 0)], goal_of[j, np.maximum(b, 0)]
        on_roads = np.flatnonzero(a >= 0)
        length_m, gates = roads.measure(source[on_roads], goal[on_roads])
        start_m = (
            network.length_m[from_.snap.segment[chunk]][:, None] * from_.share[chunk]
            + from_.leg_m[chunk, None]
        )
        found.length_m[row, col] = along_m[i, j]
        found.length_m[row[on_roads], col[on_roads]] = (
            start_m[i, a][on_roads] + length_m + goal_m[j, b][on_roads]
        )
        found.crossings[row, col] = 0
        for k, passed in gates.items():
            at = int(row[on_roads[k]]), int(col[on_roads[k]])
            found.gates[at], found.crossings[at] = passed, len(passed)
        if path and len(on_roads):
            found.path = roads.track(int(source[on_roads[0]]), int(goal[on_roads[0]]))
    found.time_s = found.time_s.round(TIME_DECIMALS)
    return found


def times(network: Network, profile: str, from_: Sides, to: Sides) -> NDArray[np.float64]:
    """Return only the seconds of the fastest way of every pair of rows, inf where there is none:
    what :func:`solve` gives, sooner."""
    if profile not in network.hierarchies:
        return solve(network, profile, from_, to, detail=False).time_s
    best = np.full(
        (int(from_.of_row.max(initial=-1)) + 1, int(to.of_row.max(initial=-1)) + 1), np.inf
    )
    starts, goals = np.flatnonzero(from_.snap.segment >= 0), np.flatnonzero(to.snap.segment >= 0)
    if not len(starts) or not len(goals):
        return best
    prepared, gates = network.hierarchies[profile], gate_overlay.of(network, profile)
    start_s, end_s = (
        from_.out_s[starts] + from_.leg_s[starts, None],
        to.in_s[goals] + to.leg_s[goals, None],
    )
    time = contraction.many_to_many(
        prepared, from_.node[starts], to.node[goals], start_s=start_s, end_s=end_s
    )
    if len(gates.node):
        over, _ = gate_overlay.join(
            contraction.many_to_many(prepared, from_.node[starts], gates.node, start_s=start_s),
            gates.total_s,
        )
        across, _ = gate_overlay.join(
            over, contraction.many_to_many(prepared, gates.node, to.node[goals], end_s=end_s)
        )
        time = np.minimum(time, across)
    for i, j in zip(
        *np.nonzero(from_.snap.segment[starts][:, None] == to.snap.segment[goals]), strict=True
    ):
        time[i, j] = min(
            time[i, j], along(network, profile, (from_, int(starts[i])), (to, int(goals[j])))[0]
        )
    time[~facing(from_, starts, to, goals)] = np.inf
    np.minimum.at(best, (from_.of_row[starts][:, None], to.of_row[goals]), time)
    return best.round(TIME_DECIMALS)


def facing(
    from_: Sides, starts: NDArray[np.int64], to: Sides, goals: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Say from which entry one comes to which, (k, m): a gate is reached on one's own side."""
    faces = {country: to.faces(country)[goals] for country in set(from_.country[starts])}
    return np.array([faces[country] for country in from_.country[starts]])


def along(
    network: Network, profile: str, from_: tuple[Sides, int], to: tuple[Sides, int]
) -> tuple[float, float]:
    """Return time and length along the one segment on which two entries lie; inf where it is
    one-way the other way.

    From a point to itself it is nothing: the legs to the road and back are not driven.
    """
    (start, entry), (end, goal) = from_, to
    if np.array_equal(start.point[entry], end.point[goal]):
        return 0.0, 0.0
    segment = start.snap.segment[entry]
    share = end.snap.fraction[goal] - start.snap.fraction[entry]
    allowed = network.forward[segment] if share >= 0 else network.backward[segment]
    if not allowed and share != 0:
        return np.inf, np.inf
    time = network.time_s[profile][segment] * abs(share) + start.leg_s[entry] + end.leg_s[goal]
    return float(time), float(
        network.length_m[segment] * abs(share) + start.leg_m[entry] + end.leg_m[goal]
    )


class _Searched:
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
        detail: bool,
    ) -> None:
        from scipy.sparse.csgraph import dijkstra

        self.network, self.arcs, self.goals = network, network.arcs(profile), goals
        if detail:
            node_s, self.before = dijkstra(
                self.arcs.time_s, indices=sources, return_predecessors=True
            )
        else:
            node_s = dijkstra(self.arcs.time_s, indices=sources)
        self.time_s: NDArray[np.float64] = node_s[:, goals]

    def measure(
        self, source: NDArray[np.int64], goal: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
        """Return length and gates of the ways of some pairs, walking back from all goals at once,
        one arc a step."""
        length_m = np.zeros(len(source))
        gates: dict[int, list[int]] = {}
        way, row, here = np.arange(len(source)), source, self.goals[goal]
        while len(way):
            previous = self.before[row, here]
            going = previous >= 0
            way, row, here, previous = way[going], row[going], here[going], previous[going]
            segment = self.arcs.between(previous, here)
            length_m[way] += self.network.length_m[segment]
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


class _Prepared:
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
        self, source: NDArray[np.int64], goal: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
        """Return length and gates of the ways of some pairs."""
        length_m = np.zeros(len(source))
        gates: dict[int, list[int]] = {}
        for way, (one, other) in enumerate(zip(source.tolist(), goal.tolist(), strict=True)):
            segments = self.track(one, other)[1]
            length_m[way] = self.network.length_m[segments].sum()
            passed = self.network.gate[segments]
            if (passed >= 0).any():
                gates[way] = passed[passed >= 0].tolist()
        return length_m, gates

    def track(self, source: int, goal: int) -> Track:
        """Return one way."""
        start, end, leave = (
            int(self.sources[source]),
            int(self.goals[goal]),
            int(self.leave[source, goal]),
        )
        if leave < 0:
            return contraction.path(self.hierarchy, start, end)
        enter, node = int(self.enter[source, leave]), self.overlay.node.tolist()
        parts = [contraction.path(self.hierarchy, start, node[enter])]
        for one, other, segment in self.overlay.steps(enter, leave):
            if segment >= 0:
                parts.append((np.array([node[one], node[other]]), np.array([segment])))
            else:
                parts.append(contraction.path(self.hierarchy, node[one], node[other]))
        parts.append(contraction.path(self.hierarchy, node[leave], end))
        nodes = np.concatenate([parts[0][0][:1], *(part[0][1:] for part in parts)])
        return nodes, np.concatenate([part[1] for part in parts])

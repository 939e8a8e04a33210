"""The fastest ways between points that are joined to roads: what :mod:`geo.roads.access` is built
on.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from geo.kept import Kept
from geo.roads import contraction, gate_overlay
from geo.roads.joining import KEPT_FROM, KEPT_TO, Sides, by_row, facing, on_one_segment
from geo.roads.network import Network
from geo.roads.ways import Prepared, Searched, Track, Walked

CELLS_AT_ONCE = 20_000_000
"""Sources times nodes that one call of SciPy's Dijkstra may hold: three arrays of that size, under
0.5 GB.
"""
WAY_IN_NODES = 1500
"""Unpacking one way of a prepared network takes as long as the times to so many nodes; measured on
the main roads, 37,388 junctions.
"""
TIME_DECIMALS = 3
"""Times are sums of binary fractions: without rounding to a millisecond 60 min would often be above
a limit of 60 min.
"""
KEPT_CELLS = (100_000, 5_000_000)
"""Tables inside a country of so many cells are kept with a network: those of the sites of a
package."""
KEPT_BYTES = 150_000_000
"""Bytes of all of them together."""
FEW_STARTS = 2
"""From so many starts at most, a gate has two, the ways to kept goals are found one by one."""
KEPT_AIMS = 8
"""Layers of goals for which a network keeps what leads to them: people and parks, by vehicle."""


@dataclass
class Found:
    """The fastest way of each pair of rows. ``entries`` are those of the two `Sides` through which
    it goes, and ``ends`` which of their ``leave`` and ``come``, -1 where it is along one segment.
    ``counted_m`` (k, n, m) are its metres on each selection of segments that is counted.
    """

    time_s: NDArray[np.float64]
    length_m: NDArray[np.float64]
    crossings: NDArray[np.int64]
    gates: dict[tuple[int, int], list[int]]
    entries: NDArray[np.int64]
    ends: NDArray[np.int64]
    counted_m: NDArray[np.float64]
    path: Track | None = None

    @classmethod
    def nothing(cls, n: int, m: int, counts: int = 0) -> Found:
        """Return that no way has been found yet."""
        return cls(
            time_s=np.full((n, m), np.inf),
            length_m=np.full((n, m), np.inf),
            crossings=np.zeros((n, m), np.int64),
            gates={},
            entries=np.full((n, m, 2), -1),
            ends=np.full((n, m, 2), -1),
            counted_m=np.full((counts, n, m), np.nan),
        )


@dataclass(frozen=True, eq=False)
class _Ends:
    """Some entries of a layer, and the vertices at the ends of their segments.

    Attributes
    ----------
    node, number
        Every vertex there is, once; (k, w) which of them each entry has.
    time_s, length_m
        (k, w) between the point and each of them.
    """

    sides: Sides
    entry: NDArray[np.int64]
    node: NDArray[np.int64]
    number: NDArray[np.int64]
    time_s: NDArray[np.float64]
    length_m: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        network: Network,
        sides: Sides,
        entry: NDArray[np.int64],
        vertex: NDArray[np.int64],
        time_s: NDArray[np.float64],
    ) -> _Ends:
        node, number = np.unique(vertex, return_inverse=True)
        length_m = np.tile(sides.length_m(network, entry), vertex.shape[1] // 2)
        return cls(sides, entry, node, number.reshape(vertex.shape), time_s, length_m)

    @property
    def row(self) -> NDArray[np.int64]:
        """The row of each entry."""
        return self.sides.of_row[self.entry]


def solve(
    network: Network,
    profile: str,
    from_: Sides,
    to: Sides,
    *,
    detail: bool,
    path: bool = False,
    counts: NDArray[np.bool_] | None = None,
) -> Found:
    """Find the fastest way of every pair of rows.

    Parameters
    ----------
    detail
        Find lengths and gates too, not only times.
    path
        Keep the nodes and segments of the way; for one pair only, and only with `detail`.
    counts
        (k, m) which segments count; with `detail` the metres on each selection are found, without
        the legs between points and roads. Of two ways that take the same time either may count.
    """
    every = np.ones((1, len(network.length_m)), bool)
    metres = np.where(every if counts is None else [*every, *counts], network.length_m, 0.0)
    ways = Found.nothing(from_.rows, to.rows, len(metres) - 1)
    starts, goals = from_.joined, to.joined
    if not len(starts) or not len(goals):
        return ways
    goal = _Ends.of(network, to, goals, to.come[goals], to.arriving_s(goals))
    cells = 2 * max(network.turns(profile).count, goal.number.size)
    at_once = max(1, CELLS_AT_ONCE // cells)
    for chunk in (starts[i : i + at_once] for i in range(0, len(starts), at_once)):
        start = _Ends.of(network, from_, chunk, from_.leave[chunk], from_.leaving_s(chunk))
        roads = _roads(network, profile, start, goal, detail and not path)
        time_s, along_m, ends = _over_ends(network, profile, start, goal, roads.time_s)
        i, j = _quickest(time_s, start.row[:, None] * to.rows + goal.row)
        better = time_s[i, j] < ways.time_s[start.row[i], goal.row[j]]
        i, j = i[better], j[better]
        rows = start.row[i], goal.row[j]
        ways.time_s[rows] = time_s[i, j]
        ways.entries[rows] = np.column_stack([chunk[i], goals[j]])
        ways.ends[rows] = ends[i, j]
        if detail:
            ways.length_m[rows] = along_m[i, j]
            legs_m = from_.leg_m[chunk[i]] + to.leg_m[goals[j]]
            on_road_m = np.maximum(along_m[i, j] - legs_m, 0.0)
            at = from_.snap.segment[chunk[i]]
            ways.counted_m[:, *rows] = on_road_m * (metres[1:, at] > 0)
            ways.crossings[rows] = 0
            over = ends[i, j, 0] >= 0
            over_ends = start, goal, i[over], j[over]
            _measure(network, profile, ways, roads, *over_ends, metres, path)
    ways.time_s = ways.time_s.round(TIME_DECIMALS)
    return ways


def _roads(
    network: Network, profile: str, start: _Ends, goal: _Ends, many: bool
) -> Prepared | Searched | Walked:
    """Return what finds the ways between nodes soonest; `many` ways are measured, or one or
    none.
    """
    if profile not in network.hierarchies:
        return Searched(network, profile, start.node, goal.node)
    unpacking = len(start.entry) * len(goal.entry) * WAY_IN_NODES if many else 0
    if unpacking < min(len(start.node), len(goal.node)) * network.node_count:
        return Prepared(network, profile, start.node, goal.node)
    towards = len(goal.node) < len(start.node)
    return Walked(network, profile, start.node, goal.node, towards=towards)


def _over_ends(
    network: Network, profile: str, start: _Ends, goal: _Ends, node_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the time between entries, (k, m); the length of the ways along one segment; and by
    which of its vertices each other way leaves and arrives, (k, m, 2), -1 for those.
    """
    total = (
        start.time_s[:, :, None, None]
        + node_s[start.number[:, :, None, None], goal.number]
        + goal.time_s
    )
    width = goal.number.shape[1]
    by_ends = total.transpose(0, 2, 1, 3).reshape(len(start.entry), len(goal.entry), 2 * width)
    best = by_ends.argmin(axis=2)
    time_s = np.take_along_axis(by_ends, best[:, :, None], axis=2)[:, :, 0]
    length_m, ends = np.full(time_s.shape, np.nan), np.stack(np.divmod(best, width), axis=-1)
    both = start.sides, start.entry, goal.sides, goal.entry
    faces = facing(*both)
    time_s[~faces] = np.inf
    i, j, along_s, along_m = on_one_segment(network, profile, *both)
    along = faces[i, j] & (along_s <= time_s[i, j])
    i, j = i[along], j[along]
    time_s[i, j], length_m[i, j], ends[i, j] = along_s[along], along_m[along], -1
    return time_s, length_m, ends


def _quickest(
    time_s: NDArray[np.float64], pair: NDArray[np.int64]
) -> tuple[NDArray[np.int64], ...]:
    """Return where the quickest of the entries of each pair of rows stands."""
    order = np.lexsort((time_s.ravel(), pair.ravel()))
    first = order[np.append(True, np.diff(pair.ravel()[order]) > 0)]
    return np.unravel_index(first, time_s.shape)


def _measure(
    network: Network,
    profile: str,
    ways: Found,
    roads: Prepared | Searched | Walked,
    start: _Ends,
    goal: _Ends,
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    metres: NDArray[np.float64],
    path: bool,
) -> None:
    """Add lengths and gates of the ways over vertices between the entries `i` and `j`, and with
    `path` that way; `metres` (k, m) are those of each segment, and of each that is counted.
    """
    rows = start.row[i], goal.row[j]
    a, b = ways.ends[rows].T
    source, target = start.number[i, a], goal.number[j, b]
    lengths_m, gates = roads.measure(source, target, metres)
    ways.length_m[rows] = start.length_m[i, a] + lengths_m[0] + goal.length_m[j, b]
    for end, entry, vertex in ((start, start.entry[i], a), (goal, goal.entry[j], b)):
        share = end.sides.share[entry, vertex % 2]
        lengths_m[1:] += metres[1:, end.sides.snap.segment[entry]] * share
    ways.counted_m[:, *rows] = lengths_m[1:]
    for k, passed in gates.items():
        pair = int(rows[0][k]), int(rows[1][k])
        ways.gates[pair], ways.crossings[pair] = passed, len(passed)
    if path and len(i):
        assert not isinstance(roads, Walked)  # which is for many
        vertices, segments = roads.track(int(source[0]), int(target[0]))
        ways.path = network.turns(profile).nodes[vertices], segments


def times(
    network: Network, profile: str, from_: Sides, to: Sides, *, within_s: float = np.inf
) -> NDArray[np.float64]:
    """Return only the seconds of the fastest way of every pair of rows, inf where there is none:
    what :func:`solve` gives, sooner. A time above `within_s` may be inf, which is sooner still.
    """
    return unrounded(network, profile, from_, to, within_s=within_s).round(TIME_DECIMALS)


def unrounded(
    network: Network,
    profile: str,
    from_: Sides,
    to: Sides,
    *,
    within_s: float = np.inf,
    inside: bool = False,
) -> NDArray[np.float64]:
    """Return what :func:`times` rounds; with `inside` only of ways inside a country, which a
    prepared network is needed for.
    """
    if profile not in network.hierarchies:
        return solve(network, profile, from_, to, detail=False).time_s
    starts, goals = from_.joined, to.joined
    if not len(starts) or not len(goals):
        return Found.nothing(from_.rows, to.rows).time_s
    prepared, gates = network.hierarchies[profile], gate_overlay.of(network, profile)
    start_s, end_s = from_.leaving_s(starts), to.arriving_s(goals)
    start, end = from_.leave[starts], to.come[goals]
    if not inside and len(starts) <= FEW_STARTS and KEPT_FROM <= len(goals) <= KEPT_TO:
        time_s = _times_to_kept(network, profile, (start, start_s), (end, end_s), within_s)
        return by_row(network, profile, from_, starts, to, goals, time_s)
    time_s = _table(network, profile, (start, start_s), (end, end_s))
    if len(gates.node) and not inside:
        to_gates = to_the_gates(network, profile, start, start_s)
        from_gates = contraction.many_to_many(prepared, gates.node, end, end_s=end_s)
        over, _ = gate_overlay.join(to_gates, gates.total_s)
        over[over > within_s] = np.inf
        time_s = np.minimum(time_s, gate_overlay.join(over, from_gates)[0])
    return by_row(network, profile, from_, starts, to, goals, time_s)


def to_the_gates(
    network: Network, profile: str, start: NDArray[np.int64], start_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the times from starts to the ends of all gates on roads inside a country, (k, g)."""
    node = gate_overlay.of(network, profile).node
    return _table(network, profile, (start, start_s), (node, np.zeros(len(node))))


@dataclass(frozen=True, eq=False)
class _Table:
    """A table of times that is kept, and its size."""

    time_s: NDArray[np.float64]

    def __len__(self) -> int:
        """Return how many bytes it takes."""
        return self.time_s.nbytes


def _table(
    network: Network,
    profile: str,
    starts: tuple[NDArray[np.int64], NDArray[np.float64]],
    goals: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return the times between starts and goals, nodes and what is to be added, on roads inside a
    country. Tables that are neither small nor large are kept: gates that are closed or slow change
    nothing in them.
    """

    def make() -> NDArray[np.float64]:
        return contraction.many_to_many(
            network.hierarchies[profile], starts[0], goals[0], start_s=starts[1], end_s=goals[1]
        )

    if not KEPT_CELLS[0] <= len(starts[0]) * len(goals[0]) <= KEPT_CELLS[1]:
        return make()
    content = blake2b(profile.encode(), digest_size=16)
    for part in (*starts, *goals):
        content.update(str(part.shape).encode())
        content.update(np.ascontiguousarray(part).tobytes())
    tables: Kept = network.kept("tables", lambda: Kept(most_bytes=KEPT_BYTES))
    return tables.get(content.digest(), lambda: _Table(make())).time_s.copy()


def _times_to_kept(
    network: Network,
    profile: str,
    starts: tuple[NDArray[np.int64], NDArray[np.float64]],
    goals: tuple[NDArray[np.int64], NDArray[np.float64]],
    within_s: float,
) -> NDArray[np.float64]:
    """Return the times of few starts to goals that are asked for again and again, (k, m): what
    leads to these is kept, and the gates are starts too, later ones.
    """
    prepared, gates = network.hierarchies[profile], gate_overlay.of(network, profile)
    content = blake2b(np.ascontiguousarray(goals[0]).tobytes(), digest_size=16)
    content.update(np.ascontiguousarray(goals[1]).tobytes())
    aims: Kept = network.kept("aims", lambda: Kept(KEPT_AIMS))
    aim = aims.get(
        (profile, content.digest()), lambda: contraction.aim(prepared, goals[0], end_s=goals[1])
    )
    node, start_s = starts
    if len(gates.node):
        to_gates = contraction.many_to_many(prepared, node, gates.node, start_s=start_s)
        over, _ = gate_overlay.join(to_gates, gates.total_s)
        over[over > within_s] = np.inf
        node = np.column_stack([node, np.broadcast_to(gates.node, over.shape)])
        start_s = np.column_stack([start_s, over])
    rows = zip(node, start_s, strict=True)
    return np.array(
        [contraction.one_to_aim(prepared, at, aim, start_s=after) for at, after in rows]
    )

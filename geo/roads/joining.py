"""Points joined to roads: where a layer's points lie on the segments of a network, how far that is,
and which of them meet.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import Message, NotFoundError
from geo.kept import Kept
from geo.proximity import lonlat
from geo.roads.network import Network
from geo.roads.snapping import Snap
from geo.roads.turns import Turns

if TYPE_CHECKING:
    import geopandas as gpd

KEPT_FROM, KEPT_TO = 50, 20_000
"""Layers of so many points are kept joined: they are what is reached from one place after the
other. A larger one takes more memory than it saves time.
"""
FEW = 2
"""So few values are looked for one by one, rather than by sorting the others."""
_JOINED = Kept(24)
"""Layers by the network, the vehicle and their content: people, parks and targets of some networks.
"""


@dataclass(frozen=True, eq=False)
class Groups:
    """Entries that belong to the same row, beside each other.

    Attributes
    ----------
    order
        The entries, by row.
    start, row
        Where in ``order`` each row begins, and which row it is.
    """

    order: NDArray[np.int64]
    start: NDArray[np.int64]
    row: NDArray[np.int64]

    @classmethod
    def of(cls, rows: NDArray[np.int64]) -> Groups:
        order = np.argsort(rows, kind="stable")
        row, start = np.unique(rows[order], return_index=True)
        return cls(order, start, row)

    @property
    def is_single(self) -> bool:
        """Whether no row has two entries."""
        return len(self.row) == len(self.order)

    def least(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the least value of each row, (k, rows) of (k, entries)."""
        return np.minimum.reduceat(values[:, self.order], self.start, axis=1)


@dataclass(frozen=True, eq=False)
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
    leave, out_s
        (k, 2) vertices at which one arrives at the tail and the head of its segment, and the time
        on the segment to there; inf where one may not drive that way. See :mod:`geo.roads.turns`.
    come, in_s
        (k, w) vertices from which one comes onto the segment, in turns at its tail and its head,
        and the time on the segment from there; inf where one may not drive that way. Two unless
        turns are banned there.
    share
        (k, 2) share of the segment's length between the point and its tail and head.
    """

    point: NDArray[np.float64]
    of_row: NDArray[np.int64]
    country: NDArray[np.object_]
    snap: Snap
    leg_s: NDArray[np.float64]
    leg_m: NDArray[np.float64]
    leave: NDArray[np.int64]
    out_s: NDArray[np.float64]
    come: NDArray[np.int64]
    in_s: NDArray[np.float64]
    share: NDArray[np.float64]

    @classmethod
    def of(
        cls, network: Network, points: gpd.GeoDataFrame | NDArray[np.float64], profile: str
    ) -> Sides:
        """Join a point layer; with the columns ``country`` and ``opposite_country`` as
        :mod:`geo.roads.access` says. Or positions without any, (n, 2) WGS 84.
        """
        n = len(points)
        of_row = np.arange(n)
        country = np.full(n, None, object)
        if isinstance(points, np.ndarray):
            point = np.asarray(points, float).reshape(-1, 2)
        else:
            if "country" in points:
                country = points["country"].to_numpy(object, copy=True)
            if "opposite_country" in points:
                twin = np.flatnonzero(points["opposite_country"].notna())
                of_row = np.concatenate([of_row, twin])
                other = points["opposite_country"].to_numpy(object)[twin]
                country = np.concatenate([country, other])
            country[[not isinstance(code, str) for code in country]] = None
            point = lonlat(points)[of_row]

        def join() -> Sides:
            return cls.at(network, point, profile, country=country, of_row=of_row)

        if not KEPT_FROM <= n <= KEPT_TO:
            return join()
        content = blake2b(point.tobytes(), digest_size=16).digest()
        # no point is joined to a gate, so the times at gates do not count
        key = (network.roads_version, profile, content, of_row.tobytes(), tuple(country))
        return _JOINED.get(key, join)

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
        driven = np.column_stack([network.backward[at], network.forward[at]])
        to_ends = np.where(driven, time[:, None], np.inf)
        before = np.where(snap.segment >= 0, snap.fraction, 0)
        share = np.column_stack([before, 1 - before])
        leg_m = snap.distance_m * network.manifest.access_detour
        leg_s = leg_m / (network.manifest.access_speed_kph[profile] / 3.6)
        leave, come, known = _vertices(network.turns(profile), at, share)
        in_s = _part(to_ends[:, ::-1], share)
        if known is not None:
            in_s = np.where(known, np.tile(in_s, come.shape[1] // 2), np.inf)
        return cls(
            point=point,
            of_row=np.arange(len(point)) if of_row is None else of_row,
            country=country,
            snap=snap,
            leg_s=leg_s,
            leg_m=leg_m,
            leave=leave,
            out_s=_part(to_ends, share),
            come=come,
            in_s=in_s,
            share=share,
        )

    def some(self, entries: slice | NDArray[np.int64]) -> Sides:
        """Return some rows of a layer without gates as a layer of their own."""
        snap = replace(
            self.snap, **{name: array[entries] for name, array in vars(self.snap).items()}
        )
        arrays = {
            field.name: getattr(self, field.name)[entries]
            for field in fields(self)
            if field.name not in ("snap", "of_row")
        }
        return Sides(snap=snap, of_row=np.arange(len(arrays["point"])), **arrays)

    @cached_property
    def rows(self) -> int:
        """How many rows the layer has."""
        return int(self.of_row.max(initial=-1)) + 1

    @cached_property
    def is_single(self) -> bool:
        """Whether no row has a second entry, as gates have."""
        return self.rows == len(self.of_row)

    @cached_property
    def joined(self) -> NDArray[np.int64]:
        """The entries that are joined to a road."""
        return np.flatnonzero(self.snap.segment >= 0)

    @cached_property
    def joined_rows(self) -> Groups:
        """The entries that are ``joined``, by row."""
        return Groups.of(self.of_row[self.joined])

    def leaving_s(self, entry: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the time from some entries to where they ``leave``, (k, 2)."""
        return self.out_s[entry] + self.leg_s[entry, None]

    def arriving_s(self, entry: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the time from where they ``come`` from to some entries, (k, w)."""
        return self.in_s[entry] + self.leg_s[entry, None]

    def length_m(self, network: Network, entry: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the way from some entries to either end of their segments, (k, 2)."""
        segment_m = network.length_m[self.snap.segment[entry]]
        return segment_m[:, None] * self.share[entry] + self.leg_m[entry, None]

    def faces(self, country: str | None) -> NDArray[np.bool_]:
        """Return which entries are on the side that a point of `country` comes to."""
        if country not in self._faces:
            mine = self.country == country
            own = np.bincount(self.of_row, mine) > 0
            twin = np.bincount(self.of_row) > 1
            self._faces[country] = mine | ~(own & twin)[self.of_row]
        return self._faces[country]

    @cached_property
    def _faces(self) -> dict[str | None, NDArray[np.bool_]]:
        return {}

    def nearest_m(self, n: int) -> NDArray[np.float64]:
        """Return the shorter snap of each row of the layer, NaN where it has none."""
        nearest = np.full(n, np.inf)
        np.fmin.at(nearest, self.of_row, self.snap.distance_m)
        return known(nearest)


def _vertices(
    turns: Turns, segment: NDArray[np.int64], share: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_] | None]:
    """Return where one leaves segments, (k, 2), and comes onto them, (k, w), and which of the
    latter there are, None for all. A point that lies at a node, to which it has no `share`, (k, 2),
    is there whichever way one comes, and leaves as one likes.
    """
    node = np.column_stack([turns.tail[segment], turns.head[segment]]).astype(np.int64)
    if not len(turns.end) or not turns.copied[node].any():
        return node, node, None
    ends, at_node = 2 * segment[:, None] + (0, 1), share == 0
    leave = np.where(at_node, node, turns.arrival(ends))
    inside, outside = np.flatnonzero(~at_node.ravel()), np.flatnonzero(at_node.ravel())
    a, vertex, _ = turns.departures(ends.ravel()[inside])
    b, other = turns.copies(node.ravel()[outside])
    place, vertex = np.concatenate([inside[a], outside[b]]), np.concatenate([vertex, other])
    order = np.argsort(place, kind="stable")
    place, vertex = place[order], vertex[order]
    layer = 1 + np.arange(len(place)) - np.searchsorted(place, place)
    come = np.repeat(node[:, None], layer.max(initial=0) + 1, axis=1)
    known = np.zeros(come.shape, bool)
    known[:, 0] = True
    come[place // 2, layer, place % 2], known[place // 2, layer, place % 2] = vertex, True
    return leave, come.reshape(len(segment), -1), known.reshape(len(segment), -1)


def _part(time: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the time over a share of a segment; no share takes no time, also on a one-way street:
    the point is at the crossing.
    """
    return np.multiply(time, share, where=share > 0, out=np.zeros(time.shape))


def known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn infinite values, by which the search says “no way”, into NaN, by which tables do."""
    return np.where(np.isfinite(values), values, np.nan)


# Entries of two layers ----------------------------------------------------------------------------


def facing(
    from_: Sides, starts: NDArray[np.int64], to: Sides, goals: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return from which entry one comes to which, (k, m): a gate is reached on one's own side."""
    faces = {country: to.faces(country)[goals] for country in set(from_.country[starts])}
    return np.array([faces[country] for country in from_.country[starts]])


def on_one_segment(
    network: Network,
    profile: str,
    from_: Sides,
    starts: NDArray[np.int64],
    to: Sides,
    goals: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Find the entries that lie on one segment: their places among `starts` and `goals`, and the
    times and lengths along it; inf where it is one-way the other way.

    From a point to itself it is nothing: the legs to the road and back are not driven."""
    a, b = (
        (part.snap.segment[at], part.snap.fraction[at])
        for part, at in ((from_, starts), (to, goals))
    )
    i, j, share, barred = along_segments(network, a, b)
    entry, goal = starts[i], goals[j]
    segment = from_.snap.segment[entry]
    time_s = network.time_s[profile][segment] * share
    time_s += from_.leg_s[entry] + to.leg_s[goal]
    length_m = network.length_m[segment] * share + from_.leg_m[entry] + to.leg_m[goal]
    time_s[barred] = length_m[barred] = np.inf
    itself = (from_.point[entry] == to.point[goal]).all(axis=1)
    time_s[itself] = length_m[itself] = 0.0
    return i, j, time_s, length_m


Spots = tuple[NDArray[np.integer[Any]], NDArray[np.float64]]
"""Segments, and where on each of them something lies."""


def along_segments(
    network: Network, starts: Spots, goals: Spots
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Find the starts and goals that lie on one segment: their places, the share of the segment
    between them, and whether it is one-way the other way.
    """
    i, j = _equal(starts[0], goals[0])
    segment, share = starts[0][i], goals[1][j] - starts[1][i]
    allowed = np.where(share >= 0, network.forward[segment], network.backward[segment])
    return i, j, abs(share), (share != 0) & ~allowed


def _equal(
    values: NDArray[np.integer[Any]], others: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of places at which two arrays hold the same value."""
    if len(values) <= FEW:
        i, j = np.nonzero(values[:, None] == others)
        return i, j
    order = np.argsort(others, kind="stable")
    low, high = (np.searchsorted(others[order], values, side) for side in ("left", "right"))
    count = high - low
    i = np.repeat(np.arange(len(values)), count)
    within = np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count)
    return i, order[np.repeat(low, count) + within]


def by_row(
    network: Network,
    profile: str,
    from_: Sides,
    starts: NDArray[np.int64],
    to: Sides,
    goals: NDArray[np.int64],
    time_s: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the times between rows of two layers, inf without a way, from the times (k, m)
    between some entries of theirs over the nodes of the network.
    """
    i, j, along_s, _ = on_one_segment(network, profile, from_, starts, to, goals)
    time_s[i, j] = np.minimum(time_s[i, j], along_s)
    if not to.is_single:
        time_s[~facing(from_, starts, to, goals)] = np.inf
    if from_.is_single and to.is_single and time_s.shape == (from_.rows, to.rows):
        return time_s
    best = np.full((from_.rows, to.rows), np.inf)
    if not time_s.size:
        return best
    rows, columns = from_.of_row[starts], to.of_row[goals]
    if not to.is_single and not (groups := _by_row(to, goals)).is_single:
        time_s, columns = groups.least(time_s), groups.row
    if not from_.is_single and not (groups := _by_row(from_, starts)).is_single:
        time_s, rows = groups.least(time_s.T).T, groups.row
    best[rows[:, None], columns] = time_s
    return best


def _by_row(sides: Sides, entries: NDArray[np.int64]) -> Groups:
    """Group some entries by their row; all that are joined are grouped already."""
    return sides.joined_rows if entries is sides.joined else Groups.of(sides.of_row[entries])

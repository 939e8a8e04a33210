"""Roads as OpenStreetMap draws them, step by step, contracted to a
:class:`geo.roads.network.Network` of timed segments.

The last step for files (:mod:`geo.roads.osm_file`) and for OSMnx graphs
(:mod:`geo.roads.osm_download`) alike. The rules are those of OSMnx's ``simplify_graph``, and a test
compares the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message
from geo.roads import class_speeds, osm_tags, osm_turns, strong, turning_back
from geo.roads.arcs import by_vertex
from geo.roads.network import FERRY, PLANNED, Manifest, Network
from geo.roads.osm_tags import TRUCK_HEIGHT_M, TRUCK_WEIGHT_T

LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
ACCESS_DETOUR = 1.4
"""Length of the way to the road over the straight line."""
SNAP_LIMIT_M = 5000.0
"""A point farther than this from every road is not joined to the network."""
TRUCK = "truck"
"""The profile to which the truck limits apply."""


@dataclass(frozen=True)
class Roads:
    """Roads as they are drawn: *steps* from one point to the next.

    Attributes
    ----------
    lonlat
        (n, 2) points, WGS 84.
    tail, head, forward, backward
        (k,) ends of each step, and whether it may be driven from tail to head and back.
    way
        (k,) the way each step belongs to.
    road_class, label
        For each way its ``highway`` value, or “ferry”, and its name, empty where it has none.
    limit_kph, truck
        For each way the speed limit, NaN for unknown; whether a truck may use it.
    duration_s
        For each way how long all of it takes, NaN for unknown: a ferry's timetable.
    barred
        (k,) whether a barrier keeps the truck off the step.
    country, terrain
        For each way its country and terrain as the table of speeds names them, empty for unknown.
    accessible
        For each way what :func:`geo.roads.osm_tags.accessible` says of it; None if only its
        ``highway`` value tells. Points are joined to no other ways, to no ferry and to no way of a
        class that begins with ``planned_``.
    assumed
        For each way whether it is only assumed to be open; None for none.
    home
        For each way the country to which its source counts it, empty for unknown: what lies there
        is on that side of the border, wherever the outline of the country runs. None where only
        outlines tell.
    bans
        As :func:`geo.roads.osm_turns.banned` returns them; None for none.
    """

    lonlat: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    way: NDArray[np.int64]
    road_class: Sequence[str]
    label: Sequence[str]
    limit_kph: NDArray[np.float64]
    truck: NDArray[np.bool_]
    duration_s: NDArray[np.float64] | None = None
    barred: NDArray[np.bool_] | None = None
    country: Sequence[str] | None = None
    terrain: Sequence[str] | None = None
    accessible: NDArray[np.bool_] | None = None
    assumed: NDArray[np.bool_] | None = None
    home: Sequence[str] | None = None
    bans: dict[str, list[osm_turns.Ban]] | None = None

    @property
    def where(self) -> dict[str, Sequence[str] | None]:
        """Country and terrain of the ways."""
        return {"country": self.country, "terrain": self.terrain}

    @property
    def ferry(self) -> NDArray[np.bool_]:
        """For each way whether it is a ferry."""
        return np.array([name == FERRY for name in self.road_class], bool)

    @property
    def doubtful(self) -> NDArray[np.bool_]:
        """``assumed``, without a None."""
        return np.zeros(len(self.road_class), bool) if self.assumed is None else self.assumed

    @property
    def joinable(self) -> NDArray[np.bool_]:
        """For each way whether points may be joined to it."""
        accessible = self.accessible
        if accessible is None:
            accessible = np.array(
                [osm_tags.accessible({"highway": name}) for name in self.road_class], bool
            )
        planned = np.array([name.startswith(PLANNED) for name in self.road_class], bool)
        return accessible & ~self.ferry & ~planned


def build(
    roads: Roads,
    *,
    speeds: class_speeds.Speeds,
    title: str,
    source: str,
    as_of: str | None = None,
    notes: Sequence[str] = (),
) -> Network:
    """Contract steps to segments between junctions, and compute times.

    A junction is what it is for OSMnx's ``simplify_graph``: every point that is not simply passed
    through. (One difference: where a one-way street is drawn twice over the same points, they stay
    junctions; no time changes.) A segment may so consist of parts of several ways: its time is the
    sum over its parts, its class and name are those of the longest part, and one part closed to
    trucks closes it. A ferry and the road to it are never one segment, nor are roads that state two
    countries, nor a road that one may turn off anywhere and the motorway, motorroad, link, bridge
    or tunnel that continues it: no point is joined to these. Nor are roads between which a turn is
    banned. Rings without a junction are left out.

    A vehicle drives at the speed of its road class, in that country and terrain if the table has a
    row for it and the roads know where they are; else in that country, in that terrain, or
    anywhere. Where the limit is tagged it drives at the
    limit, slower than that in the ratio in which its class speed is lower than that of the fastest
    profile, and never faster than its own class speed on motorways. Where the duration of a way is
    known its steps share it in the ratio of their lengths.

    Parameters
    ----------
    speeds
        Columns profile, road_class (``highway`` values, “ferry” and “access”) and speed_kph, and
        perhaps country and terrain, which are missing where a row holds anywhere.

    Raises
    ------
    InputError
        There is no road, or the table of speeds lacks a row that is needed.
    """
    rows = class_speeds.rows_of(speeds)
    table = class_speeds.by_class(rows, roads.road_class)
    order, flipped, start, rings = contract(roads)
    if not len(order):
        raise InputError(
            Message("%(title)s holds no road that a car may drive on.", {"title": title})
        )
    leave = np.where(flipped, roads.head[order], roads.tail[order])
    arrive = np.where(flipped, roads.tail[order], roads.head[order])
    ahead = np.where(flipped, roads.backward[order], roads.forward[order])
    back = np.where(flipped, roads.forward[order], roads.backward[order])
    first, last, way, m = start[:-1], start[1:] - 1, roads.way[order], len(start) - 1
    segment = np.repeat(np.arange(m), np.diff(start))
    length_m = crs.distance_m(roads.lonlat[leave], roads.lonlat[arrive])
    known = next(iter(table.values()))
    class_of, classes = _codes(
        [c if c in known else class_speeds.UNKNOWN_CLASS for c in roads.road_class]
    )
    label_of, labels = _codes(roads.label)
    own = class_speeds.own_kph(roads.where, table, rows, class_of, classes)
    seconds = _seconds(roads, table, own, order, length_m)
    time_s = {profile: np.add.reduceat(step_s, first) for profile, step_s in seconds.items()}
    nodes, ends = np.unique(np.concatenate([leave[first], arrive[last]]), return_inverse=True)
    corners = np.empty(len(order) + m, np.int64)
    corners[first + np.arange(m)] = leave[first]
    corners[np.arange(len(order)) + segment + 1] = arrive
    name = _longest(segment, label_of[way], np.where(label_of[way] < 0, 0, length_m))
    network = Network(
        manifest=Manifest(
            title=title,
            source=source,
            licence=LICENCE,
            as_of=as_of,
            access_speed_kph={profile: table[profile][class_speeds.ACCESS] for profile in table},
            access_detour=ACCESS_DETOUR,
            snap_limit_m=SNAP_LIMIT_M,
            road_classes=classes,
            names=labels,
            gates=(),
            countries=(),
            notes=(*notes, *_left_out(roads, rings, np.unique(way), TRUCK in table)),
        ),
        node_lonlat=roads.lonlat[nodes],
        tail=ends[:m].astype(np.int32),
        head=ends[m:].astype(np.int32),
        forward=ahead[first],
        backward=back[first],
        length_m=np.add.reduceat(length_m, first),
        road_class=_longest(segment, class_of[way], length_m).astype(np.int16),
        name=name.astype(np.int32),
        gate=np.full(m, -1, np.int32),
        country=np.full(m, -1, np.int16),
        accessible=roads.joinable[way[first]],
        assumed=np.logical_or.reduceat(roads.doubtful[way], first),
        home=None if roads.home is None else np.array(roads.home, np.str_)[way[first]],
        shape_start=start + np.arange(m + 1),
        shape_lonlat=roads.lonlat[corners],
        time_s=time_s,
    )
    return _banning(network, roads, order, flipped, start)


def _banning(
    network: Network,
    roads: Roads,
    order: NDArray[np.int64],
    flipped: NDArray[np.bool_],
    start: NDArray[np.int64],
) -> Network:
    """Return the network with the banned turns of each vehicle, and those that would get round
    them at once.
    """
    bans = osm_turns.of_segments(roads.bans, order, flipped, start, len(roads.tail))
    vehicle_of, held = {TRUCK: osm_turns.TRUCK}, {}
    for profile, seconds in network.time_s.items():
        known = np.isfinite(seconds)
        held[profile] = turning_back.held(
            bans[vehicle_of.get(profile, osm_turns.CAR)],
            (network.tail, network.head),
            (network.forward & known, network.backward & known),
        )
    return replace(network, bans=held)


def _seconds(
    roads: Roads,
    table: dict[str, dict[str, float]],
    own: dict[str, NDArray[np.float64]],
    order: NDArray[np.int64],
    length_m: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """Return how long each step takes, in the order of the segments, by vehicle; inf where it may
    not go.
    """
    way = roads.way[order]
    whole_m = np.bincount(way, length_m, minlength=len(roads.road_class))
    seconds = {}
    for profile in table:
        speed_kph = class_speeds.driven_kph(
            own, profile, roads.limit_kph, table[profile]["motorway"]
        )
        if roads.duration_s is not None:
            timed = (roads.duration_s > 0) & (whole_m > 0)
            speed_kph[timed] = whole_m[timed] / roads.duration_s[timed] * 3.6
        seconds[profile] = length_m / (speed_kph[way] / 3.6)
    if TRUCK in seconds:
        barred = False if roads.barred is None else roads.barred[order]
        seconds[TRUCK][~roads.truck[way] | barred] = np.inf
    return seconds


def _left_out(roads: Roads, rings: int, ways: NDArray[np.int64], truck: bool) -> list[str]:
    """Return sentences on the rings that were left out, and on the ways closed to the truck."""
    notes = []
    if rings:
        ring = "ring that meets no other road was", "rings that meet no other road were"
        notes.append(f"{counted(rings, *ring)} left out.")
    closed = int((~roads.truck[ways]).sum())
    if closed and truck:
        limits = f"{TRUCK_HEIGHT_M:g} m or {TRUCK_WEIGHT_T:g} t"
        notes.append(
            f"{counted(closed, 'way is', 'ways are')} closed to the truck: goods vehicles banned,"
            f" or less than {limits} allowed."
        )
    return notes


def counted(n: int, single: str, several: str) -> str:
    """Put a number before the word that fits it."""
    return f"{n:,} {single if n == 1 else several}"


def contract(roads: Roads) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], int]:
    """Join steps through every point that is simply passed; where a road meets a ferry, or one that
    points are joined to meets one that they are not, another country begins, or a turn is banned,
    it is not.

    Returns
    -------
    order, flipped, start, rings
        Steps of segment i, in order, are ``order[start[i]:start[i + 1]]``, driven from head to tail
        where ``flipped``; the number of rings that have no junction and belong to no segment. A
        one-way segment always runs forward.
    """
    # A dart is a step in one direction: 2s from its tail, 2s + 1 from its head; d ^ 1 is the way
    # back.
    k = len(roads.tail)
    leaves = np.column_stack([roads.tail, roads.head]).ravel()
    allowed = np.column_stack([roads.forward, roads.backward]).ravel()
    arrives = np.column_stack([roads.head, roads.tail]).ravel()
    degree = np.bincount(leaves, minlength=len(roads.lonlat))
    by_node = np.argsort(leaves, kind="stable")
    two = np.flatnonzero(degree == 2)
    a, b = (
        by_node[(np.cumsum(degree) - degree)[two]],
        by_node[(np.cumsum(degree) - degree)[two] + 1],
    )
    passed = (arrives[a] != arrives[b]) & (arrives[a] != two) & (arrives[b] != two)
    home = np.zeros(len(roads.road_class)) if roads.home is None else np.array(roads.home, np.str_)
    for kind in (roads.ferry, roads.joinable, home):
        passed &= kind[roads.way[a >> 1]] == kind[roads.way[b >> 1]]
    passed &= (allowed[a] == allowed[b ^ 1]) & (allowed[a ^ 1] == allowed[b])
    passed &= ~np.isin(two, osm_turns.nodes(roads.bans, roads.tail, roads.head))
    a, b = a[passed], b[passed]
    # Where every dart ends, and how many steps before: each round doubles the distance looked
    # ahead.
    end, left = np.arange(2 * k), np.zeros(2 * k, np.int64)
    end[a ^ 1], end[b ^ 1] = b, a
    left[a ^ 1], left[b ^ 1] = 1, 1
    follows = left > 0
    active = np.flatnonzero(follows)
    for _ in range((2 * k).bit_length() + 1):
        beyond = end[active]
        left[active], end[active] = left[active] + left[beyond], end[beyond]
        active = active[follows[end[active]]]
    begins = np.flatnonzero(~follows[np.arange(2 * k) ^ 1])
    both_ways = allowed[begins] & allowed[begins ^ 1]
    begins = begins[np.where(both_ways, begins < (end[begins] ^ 1), allowed[begins])]
    segment_of = np.full(2 * k, -1)
    segment_of[end[begins]] = np.arange(len(begins))
    segment = segment_of[end]
    segment[active] = -1
    darts = np.flatnonzero(segment >= 0)
    darts = darts[np.lexsort((-left[darts], segment[darts]))]
    start = np.searchsorted(segment[darts], np.arange(len(begins) + 1))
    return darts >> 1, (darts & 1).astype(bool), start, _rings(roads, active >> 1)


def _rings(roads: Roads, steps: NDArray[np.int64]) -> int:
    """Return how many rings some steps make."""
    if not len(steps):
        return 0
    tail, head = roads.tail[steps], roads.head[steps]
    points, tails = np.unique(np.concatenate([tail, head]), return_inverse=True)
    heads = np.concatenate([tails[len(steps) :], tails[: len(steps)]])
    start, order = by_vertex(tails, len(points))
    return int(strong.components(start, heads[order]).max()) + 1


def _codes(words: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number words in alphabetical order, empty ones -1."""
    known = sorted({*words} - {""})
    codes = {word: code for code, word in enumerate(known)} | {"": -1}
    return np.array([codes[word] for word in words], np.int64), tuple(known)


def _longest(
    segment: NDArray[np.int64], value: NDArray[np.int64], length_m: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return for each segment the value, -1 or above, that covers most of it."""
    width = value.max() + 2
    pairs, which = np.unique(segment * width + value + 1, return_inverse=True)
    ranked = pairs[np.lexsort((np.bincount(which, length_m), pairs // width))]
    last = np.append(np.diff(ranked // width) > 0, True)
    return ranked[last] % width - 1

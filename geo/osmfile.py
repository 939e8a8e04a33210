"""OpenStreetMap files to a :class:`geo.network.Network`; the only importer of osmium.

Three steps, each of arrays: what the tags of a way mean, the ways and node positions of a file, and the contraction of
their steps to segments between junctions. :mod:`geo.osm` brings OSMnx graphs to the same last step. The rules are
OSMnx's own (``network_type="drive"``, ``simplify_graph``), and a test compares the two.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, NotFoundError
from geo.network import Manifest, Network

LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
FORMATS = {".osm.pbf": "pbf", ".pbf": "pbf", ".osm.gz": "osm.gz", ".osm.bz2": "osm.bz2", ".osm": "osm"}
"""Files that can be read: suffix to osmium's name of the format."""

NOT_DRIVEABLE: dict[str, str] = {
    "area": "yes",
    "access": "private",
    "highway": "abandoned|bridleway|bus_guideway|construction|corridor|cycleway|elevator|escalator|footway|no|path|pedestrian|planned|"
    "platform|proposed|raceway|razed|rest_area|service|services|steps|track",
    "motor_vehicle": "no",
    "motorcar": "no",
    "service": "alley|driveway|emergency_access|parking|parking_aisle|private",
}
"""Ways with a ``highway`` tag on which no car may drive: values are searched for anywhere in the tag, as Overpass does.

Source: OSMnx 2, ``network_type="drive"``.
"""
_NOT_DRIVEABLE = {key: re.compile(pattern) for key, pattern in NOT_DRIVEABLE.items()}

ONE_WAY = frozenset({"yes", "true", "1", "-1", "reverse", "T", "F"})
REVERSED = frozenset({"-1", "reverse", "T"})
"""Values of ``oneway``. Source: OSMnx 2, ``graph._add_paths``."""

ACCESS = "access"
UNKNOWN_CLASS = "road"
TRUCK = "truck"
"""The profile to which the truck limits apply."""

TRUCK_HEIGHT_M = 4.0
TRUCK_WEIGHT_T = 20.0
"""A way that allows less is closed to the truck.

Source: Council Directive 96/53/EC, Annex I, 1.3 (height 4.00 m); 20 t is a Zone Atlas assumption, half of the 40 t which
that directive allows a loaded articulated vehicle with five or six axles.
"""
_UNITS: dict[str, dict[str, float]] = {
    "speed": {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852},
    "weight": {"": 1.0, "t": 1.0, "tonnes": 1.0, "kg": 0.001, "st": 0.90718474, "lbs": 0.00045359237, "cwt": 0.050802345},
    "height": {"": 1.0, "m": 1.0, "cm": 0.01, "ft": 0.3048, "feet": 0.3048, "'": 0.3048, "in": 0.0254, '"': 0.0254},
}
"""Factors to km/h, tonnes and metres. Source: https://wiki.openstreetmap.org/wiki/Map_features/Units."""
WALK_KPH = 5.0


def driveable(tags: Mapping[str, str]) -> bool:
    """Tell whether a way with these tags is a road for cars."""
    return "highway" in tags and not any(pattern.search(tags[key]) for key, pattern in _NOT_DRIVEABLE.items() if key in tags)


def direction(tags: Mapping[str, str]) -> int:
    """Give 1 for one-way in the order of the nodes, -1 for one-way against it, 0 for both ways."""
    oneway = tags.get("oneway")
    if oneway in ONE_WAY:
        return -1 if oneway in REVERSED else 1
    return 1 if tags.get("junction") == "roundabout" else 0


def label(tags: Mapping[str, str]) -> str:
    """Name a way: its name and number, the one it has, or an empty text."""
    name, ref = tags.get("name", ""), tags.get("ref", "")
    return f"{name} ({ref})" if name and ref and ref not in name else name or ref


def limit_kph(text: str) -> float:
    """Read a ``maxspeed``: of several values the lowest that is understood; NaN for “none”, “VN:urban” and other words."""
    return min((WALK_KPH if part.strip() == "walk" else _quantity(part, "speed") for part in re.split(r"[;|,]", text)), key=_nan_last)


def truck_may(tags: Mapping[str, str]) -> bool:
    """Tell whether a 40-ft container truck may use a way: no ban on goods vehicles, and height and weight suffice."""
    if tags.get("hgv") in ("no", "private"):
        return False
    height_m = min((_quantity(part, "height") for part in tags.get("maxheight", "").split(";")), key=_nan_last)
    weight_t = min((_quantity(part, "weight") for part in tags.get("maxweight", "").split(";")), key=_nan_last)
    return not (height_m < TRUCK_HEIGHT_M or weight_t < TRUCK_WEIGHT_T)


def _nan_last(value: float) -> float:
    return np.inf if np.isnan(value) else value


@lru_cache(maxsize=4096)
def _quantity(text: str, kind: str) -> float:
    """Read “7.5 t”, “7,5” or “12'6"”; NaN where it is zero or a word or unit is not understood."""
    parts = re.findall(r"(\d+(?:[.,]\d+)?)\s*([a-zA-Z/'\"]*)", text)
    units = _UNITS[kind]
    if not parts or re.sub(r"\s", "", "".join(map("".join, parts))) != re.sub(r"\s", "", text):
        return np.nan
    if any(unit.lower() not in units for _, unit in parts) or (len(parts) > 1 and not parts[0][1]):
        return np.nan
    return sum(float(number.replace(",", ".")) * units[unit.lower()] for number, unit in parts) or np.nan


# Steps to segments -----------------------------------------------------------------------------------------------------


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
        For each way its ``highway`` value and its name, empty where it has none.
    limit_kph, truck
        For each way the speed limit, NaN for unknown; whether a truck may use it.
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


def build(
    roads: Roads,
    *,
    speeds: pd.DataFrame,
    title: str,
    source: str,
    as_of: str | None = None,
    access_detour: float = 1.4,
    snap_limit_m: float = 5000,
    notes: Sequence[str] = (),
) -> Network:
    """Contract steps to segments between junctions, and compute times.

    A junction is what it is for OSMnx's ``simplify_graph``: every point that is not simply passed through. A segment may
    so consist of parts of several ways: its time is the sum over its parts, its class and name are those of the longest
    part, and one part closed to trucks closes it. Rings without a junction are left out.

    A vehicle drives at the speed of its road class. Where the limit is tagged it drives at the limit, slower than that in
    the ratio in which its class speed is lower than that of the fastest profile, and never faster than its own class speed
    on motorways.

    Parameters
    ----------
    speeds
        Columns profile, road_class (``highway`` values and “access”) and speed_kph.

    Raises
    ------
    InputError
        There is no road, or the table of speeds lacks a row that is needed.
    """
    table = _speed_table(speeds)
    order, flipped, start, rings = contract(roads)
    if not len(order):
        raise InputError(f"{title} holds no road that a car may drive on.")
    leave = np.where(flipped, roads.head[order], roads.tail[order])
    arrive = np.where(flipped, roads.tail[order], roads.head[order])
    ahead = np.where(flipped, roads.backward[order], roads.forward[order])
    back = np.where(flipped, roads.forward[order], roads.backward[order])
    first, last, way = start[:-1], start[1:] - 1, roads.way[order]
    m = len(first)
    segment = np.repeat(np.arange(m), np.diff(start))
    length_m = crs.distance_m(roads.lonlat[leave], roads.lonlat[arrive])

    known = next(iter(table.values()))
    class_of, classes = _codes([name if name in known else UNKNOWN_CLASS for name in roads.road_class])
    label_of, labels = _codes(roads.label)
    time_s = {}
    for profile in table:
        speed_kph = _speed_kph(table, profile, classes, class_of, roads.limit_kph)
        seconds = length_m / (speed_kph[way] / 3.6)
        time_s[profile] = np.add.reduceat(np.where(roads.truck[way], seconds, np.inf) if profile == TRUCK else seconds, first)

    nodes, ends = np.unique(np.concatenate([leave[first], arrive[last]]), return_inverse=True)
    corners = np.empty(len(order) + m, np.int64)
    corners[first + np.arange(m)] = leave[first]
    corners[np.arange(len(order)) + segment + 1] = arrive
    name = _longest(segment, label_of[way], np.where(label_of[way] < 0, 0, length_m))
    told = [f"{rings} closed rings that meet no other road were left out."] if rings else []
    closed = int((~roads.truck[np.unique(way)]).sum())
    if closed and TRUCK in table:
        limits = f"{TRUCK_HEIGHT_M:g} m or {TRUCK_WEIGHT_T:g} t"
        told.append(f"{closed} ways are closed to the truck: goods vehicles banned, or less than {limits} allowed.")
    return Network(
        manifest=Manifest(
            title=title,
            source=source,
            licence=LICENCE,
            as_of=as_of,
            coarse=False,
            access_speed_kph={profile: table[profile][ACCESS] for profile in table},
            access_detour=access_detour,
            snap_limit_m=snap_limit_m,
            road_classes=classes,
            names=labels,
            gates=(),
            countries=(),
            notes=(*notes, *told),
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
        shape_start=start + np.arange(m + 1),
        shape_lonlat=roads.lonlat[corners],
        time_s=time_s,
    )


def contract(roads: Roads) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], int]:
    """Join steps through every point that is simply passed.

    Returns
    -------
    order, flipped, start, rings
        Steps of segment i, in order, are ``order[start[i]:start[i + 1]]``, driven from head to tail where ``flipped``; the
        number of rings that have no junction and belong to no segment. A one-way segment always runs forward.
    """
    # A dart is a step in one direction: 2s from its tail, 2s + 1 from its head; d ^ 1 is the way back.
    k = len(roads.tail)
    leaves = np.column_stack([roads.tail, roads.head]).ravel()
    allowed = np.column_stack([roads.forward, roads.backward]).ravel()
    arrives = np.column_stack([roads.head, roads.tail]).ravel()
    degree = np.bincount(leaves, minlength=len(roads.lonlat))
    by_node = np.argsort(leaves, kind="stable")
    two = np.flatnonzero(degree == 2)
    a, b = by_node[(np.cumsum(degree) - degree)[two]], by_node[(np.cumsum(degree) - degree)[two] + 1]
    passed = (arrives[a] != arrives[b]) & (arrives[a] != two) & (arrives[b] != two)
    passed &= (allowed[a] == allowed[b ^ 1]) & (allowed[a ^ 1] == allowed[b])
    a, b = a[passed], b[passed]
    # Where every dart ends, and how many steps before: each round doubles the distance looked ahead.
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
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(steps):
        return 0
    points, ends = np.unique(np.concatenate([roads.tail[steps], roads.head[steps]]), return_inverse=True)
    n = len(points)
    return int(connected_components(coo_matrix((np.ones(len(steps)), (ends[: len(steps)], ends[len(steps) :])), shape=(n, n)))[0])


def _codes(words: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number words in alphabetical order, empty ones -1."""
    codes, known = pd.factorize(np.array([word or None for word in words], object), sort=True)
    return codes, tuple(map(str, known))


def _longest(segment: NDArray[np.int64], value: NDArray[np.int64], length_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give for each segment the value that covers most of it."""
    sums = pd.Series(length_m).groupby([segment, value]).sum()
    sums = sums.sort_values(kind="stable")
    last = pd.Series(sums.index.get_level_values(1), index=sums.index.get_level_values(0)).groupby(level=0).last()
    return np.asarray(last, np.int64)


def _speed_table(speeds: pd.DataFrame) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for profile, road_class, speed in zip(speeds["profile"], speeds["road_class"], speeds["speed_kph"], strict=True):
        table.setdefault(str(profile), {})[str(road_class)] = float(speed)
    needed = {ACCESS, UNKNOWN_CLASS, "motorway"}.union(*table.values())
    faults = [f"{profile}: {one}" for profile, row in table.items() for one in sorted(needed - row.keys())]
    if faults or not table:
        raise InputError("The table of speeds lacks rows that every vehicle profile needs.", faults)
    return table


def _speed_kph(
    table: dict[str, dict[str, float]],
    profile: str,
    classes: Sequence[str],
    class_of: NDArray[np.int64],
    limit: NDArray[np.float64],
) -> NDArray[np.float64]:
    own = np.array([table[profile][name] for name in classes])[class_of]
    best = np.array([max(row[name] for row in table.values()) for name in classes])[class_of]
    return np.where(np.isnan(limit), own, np.minimum(limit * own / best, table[profile]["motorway"]))


# Files -----------------------------------------------------------------------------------------------------------------


def read(
    *paths: str | os.PathLike[str],
    speeds: pd.DataFrame,
    title: str | None = None,
    access_detour: float = 1.4,
    snap_limit_m: float = 5000,
    on_step: Callable[[str], None] | None = None,
) -> Network:
    """Read one OpenStreetMap file, or several that are taken together before anything is contracted.

    Only what the roads need is held in memory: some 16 bytes for each of their points, whatever else the files hold.
    A reference to a point that is missing, or has no usable position, ends the road there; nothing is drawn across the gap.
    Turn restrictions are counted in the manifest's notes but not obeyed, as in OSMnx.

    Parameters
    ----------
    paths
        Names ending in one of ``FORMATS``. A way that is in several files is taken from the first.
    on_step
        Called with a few words whenever the next step begins.

    Raises
    ------
    NotFoundError
        There is no such file.
    InputError
        A file is empty, damaged or cut short, or none holds a road; or as :func:`build`.
    """
    say = on_step or (lambda _: None)
    files = [_File.of(path) for path in paths]
    ways = _Ways()
    for file in files:
        say(f"Reading the roads of {file.path.name}")
        file.guard(ways.read)
    name = title or " + ".join(file.path.name for file in files)
    refs = np.array(ways.refs, np.int64)
    ids = np.unique(refs)
    if not len(ids):
        raise InputError(f"{name} holds no road that a car may drive on.")
    lonlat = np.full((len(ids), 2), np.nan)
    unusable = 0
    for file in files:
        say(f"Reading the positions of {len(ids):,} points from {file.path.name}")
        unusable += file.guard(partial(_read_positions, ids, lonlat))
    say("Joining the roads to segments")
    at = np.searchsorted(ids, refs)
    way = np.repeat(np.arange(len(ways.count)), np.frombuffer(ways.count, np.int32))
    placed = np.isfinite(lonlat[:, 0])
    step = np.flatnonzero((way[1:] == way[:-1]) & (at[1:] != at[:-1]) & placed[at[1:]] & placed[at[:-1]])
    oneway = np.frombuffer(ways.direction, np.int8)[way[step]]
    missing = int((~placed[at]).sum())
    notes = [
        f"{ways.restrictions} turn restrictions are not obeyed." if ways.restrictions else "",
        f"{missing} references to points without a position: the roads end there." if missing else "",
        f"{unusable} points lay at 0° 0° or outside the Earth and were left out." if unusable else "",
    ]
    roads = Roads(
        lonlat=lonlat,
        tail=at[step],
        head=at[step + 1],
        forward=oneway >= 0,
        backward=oneway <= 0,
        way=way[step],
        road_class=ways.road_class,
        label=ways.label,
        limit_kph=np.frombuffer(ways.limit_kph, np.float64),
        truck=np.frombuffer(ways.truck, np.int8).astype(bool),
    )
    return build(
        roads,
        speeds=speeds,
        title=name,
        source="; ".join(f"{file.path.name}, SHA-256 {file.sha256()}" for file in files),
        as_of=min((date for date in (file.as_of() for file in files) if date), default=None),
        access_detour=access_detour,
        snap_limit_m=snap_limit_m,
        notes=[note for note in notes if note],
    )


@dataclass(frozen=True)
class _File:
    path: Path
    format: str

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> _File:
        path = Path(path)
        suffix = next((one for one in FORMATS if path.name.lower().endswith(one)), None)
        if suffix is None:
            raise InputError(f"{path.name}: roads are read from {', '.join(FORMATS)} files.")
        if not path.is_file():
            raise NotFoundError(f"There is no file {path}.")
        if not path.stat().st_size:
            raise InputError(f"{path.name} is empty.")
        return cls(path, FORMATS[suffix])

    def objects(self, kinds: Any, *filters: Any) -> Iterable[Any]:
        import osmium

        processor = osmium.FileProcessor(osmium.io.File(str(self.path), self.format), kinds)
        for one in filters:
            processor.with_filter(one)
        return processor

    def guard(self, read: Callable[[_File], int]) -> int:
        import osmium

        try:
            return read(self)
        except (RuntimeError, osmium.InvalidLocationError) as error:
            raise InputError(f"{self.path.name} is damaged, cut short or no OpenStreetMap file ({error}).") from None

    def sha256(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def as_of(self) -> str | None:
        """Give the date of the data from the file's header; Overpass writes it into an element of its own."""
        import osmium

        with osmium.io.Reader(osmium.io.File(str(self.path), self.format)) as reader:
            header = reader.header()
            stamp = header.get("osmosis_replication_timestamp") or header.get("timestamp")
        if not stamp and self.format == "osm":
            with self.path.open("rb") as file:
                found = re.search(rb'osm_base="([0-9-]{10})', file.read(4096))
            stamp = found[1].decode() if found else ""
        return stamp[:10] or None


@dataclass
class _Ways:
    """Ways as they come from the files, in growing arrays."""

    refs: array[int] = field(default_factory=lambda: array("q"))
    count: array[int] = field(default_factory=lambda: array("i"))
    direction: array[int] = field(default_factory=lambda: array("b"))
    road_class: list[str] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    limit_kph: array[float] = field(default_factory=lambda: array("d"))
    truck: array[int] = field(default_factory=lambda: array("b"))
    seen: set[int] = field(default_factory=set)
    restrictions: int = 0

    def read(self, file: _File) -> int:
        import osmium

        bits = osmium.osm.osm_entity_bits
        for thing in file.objects(bits.WAY | bits.RELATION, osmium.filter.KeyFilter("highway", "type")):
            if thing.is_relation():
                self.restrictions += thing.tags.get("type", "").startswith("restriction")
            elif thing.visible and thing.id not in self.seen:
                self.add(thing.id, {tag.k: tag.v for tag in thing.tags}, [node.ref for node in thing.nodes])
        return len(self.count)

    def add(self, number: int, tags: dict[str, str], refs: list[int]) -> None:
        if not driveable(tags):
            return
        self.seen.add(number)
        self.refs.extend(refs)
        self.count.append(len(refs))
        self.direction.append(direction(tags))
        self.road_class.append(sys.intern(tags["highway"]))
        self.label.append(sys.intern(label(tags)))
        self.limit_kph.append(limit_kph(tags.get("maxspeed", "")))
        self.truck.append(truck_may(tags))


def _read_positions(ids: NDArray[np.int64], lonlat: NDArray[np.float64], file: _File) -> int:
    """Fill in the positions of the points ``ids`` (sorted) and count those that are unusable.

    osmium's own IdFilter and location tables would be faster, but they need 1.4 GB for the ids of one town.
    """
    import osmium

    unusable = 0
    number, x, y = array("q"), array("q"), array("q")

    def place() -> int:
        found = np.frombuffer(number, np.int64)
        at = np.minimum(np.searchsorted(ids, found), len(ids) - 1)
        mine = ids[at] == found
        xy = np.column_stack([np.frombuffer(x, np.int64), np.frombuffer(y, np.int64)])[mine] / 1e7
        good = (np.abs(xy) <= (180, 90)).all(axis=1) & (xy != 0).any(axis=1)
        lonlat[at[mine][good]] = xy[good]
        return int((~good).sum())

    for node in file.objects(osmium.osm.osm_entity_bits.NODE):
        location = node.location
        number.append(node.id)
        x.append(location.x)
        y.append(location.y)
        if len(number) == 1_000_000:
            unusable += place()
            number, x, y = array("q"), array("q"), array("q")
    return unusable + place()

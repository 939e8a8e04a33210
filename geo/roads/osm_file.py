"""OpenStreetMap files to a :class:`geo.roads.network.Network`; the only importer of osmium.

Two steps: the ways and node positions of the files, as arrays, and in :mod:`geo.roads.osm_simplify`
their contraction to segments between junctions. What counts as a road is OSMnx's own rule
(``network_type="drive"``), and a test compares the two. Ferries and barriers, which OSMnx leaves
out, come on top."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message, NotFoundError
from geo.roads import osm_tags
from geo.roads.network import FERRY, Network
from geo.roads.osm_simplify import Roads, build, counted

FORMATS = {
    ".osm.pbf": "pbf",
    ".pbf": "pbf",
    ".osm.gz": "osm.gz",
    ".osm.bz2": "osm.bz2",
    ".osm": "osm",
}
"""Files that can be read: suffix to osmium's name of the format."""

UNDEFINED = 2**31 - 1
"""Coordinate that is not known, as osmium gives it."""


def read(
    *paths: str | os.PathLike[str],
    speeds: pd.DataFrame,
    title: str | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Network:
    """Read one OpenStreetMap file, or several that are taken together before anything is
    contracted.

    A reference to a point that is missing, or has no usable position, ends the road there; nothing
    is drawn across the gap. So does a barrier that stops cars, on either side of it; one that stops
    only the truck closes the steps beside it. Ferries are taken where their tags say that cars or
    trucks may board, and last as long as their ``duration``. Turn restrictions are counted but not
    obeyed, as in OSMnx. All of this is told in the manifest's notes.

    Memory, measured: 16 to 32 bytes for each point of the largest file while positions are read,
    and after that, while the roads are joined, some 400 bytes for each point of the roads. What
    else the files hold costs nothing.

    Parameters
    ----------
    paths
        Names ending in one of ``FORMATS``. A way that is in several files is taken from the first.
    speeds
        As :func:`geo.roads.osm_simplify.build`.
    on_step
        Called with a few words whenever the next step begins.

    Raises
    ------
    NotFoundError
        There is no such file.
    InputError
        A file is empty, damaged or cut short, or none holds a road; or as
        :func:`geo.roads.osm_simplify.build`.
    """
    say = on_step or (lambda _: None)
    files = [_File.of(path) for path in paths]
    ways = _Ways()
    for file in files:
        say(f"Reading the roads of {file.path.name}")
        file.guard(ways.read)
    name = title or " + ".join(file.path.name for file in files)
    points = _Points.of(np.frombuffer(ways.refs, np.int64))
    if not len(points.ids):
        raise InputError(Message("%(name)s holds no road that a car may drive on.", {"name": name}))
    for file in files:
        say(f"Reading the positions of {len(points.ids):,} points from {file.path.name}")
        file.guard(points.read)
    say("Joining the roads to segments")
    roads, notes = _roads(ways, points)
    return build(
        roads,
        speeds=speeds,
        title=name,
        source="; ".join(f"{file.path.name}, SHA-256 {file.sha256()}" for file in files),
        as_of=min((date for date in (file.as_of() for file in files) if date), default=None),
        notes=notes,
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
            raise InputError(
                Message(
                    "%(file)s: roads are read from %(known)s files.",
                    {"file": path.name, "known": ", ".join(FORMATS)},
                )
            )
        if not path.is_file():
            raise NotFoundError(Message("There is no file %(path)s.", {"path": path}))
        if not path.stat().st_size:
            raise InputError(Message("%(file)s is empty.", {"file": path.name}))
        return cls(path, FORMATS[suffix])

    def objects(self, kinds: Any, *filters: Any) -> Iterable[Any]:
        import osmium

        processor = osmium.FileProcessor(osmium.io.File(str(self.path), self.format), kinds)
        for one in filters:
            processor.with_filter(one)
        return processor

    def guard(self, read: Callable[[_File], None]) -> None:
        import osmium

        try:
            read(self)
        except (RuntimeError, osmium.InvalidLocationError) as error:
            raise InputError(
                Message(
                    "%(name)s is damaged, cut short or no OpenStreetMap file (%(reason)s).",
                    {"name": self.path.name, "reason": one_line(error)},
                )
            ) from None

    def sha256(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def as_of(self) -> str | None:
        """Return the date of the data from the file's header; Overpass writes it into an element of
        its own.
        """
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
    duration_s: array[float] = field(default_factory=lambda: array("d"))
    truck: array[int] = field(default_factory=lambda: array("b"))
    accessible: array[int] = field(default_factory=lambda: array("b"))
    taken: set[int] = field(default_factory=set)
    silent_ferries: set[int] = field(default_factory=set)
    restrictions: set[int] = field(default_factory=set)

    def read(self, file: _File) -> None:
        import osmium

        bits = osmium.osm.osm_entity_bits
        for thing in file.objects(
            bits.WAY | bits.RELATION, osmium.filter.KeyFilter("highway", "route", "type")
        ):
            tags = thing.tags  # asked key by key, which is several times as fast as a dict of them
            if thing.is_relation():
                if tags.get("type", "").startswith("restriction"):
                    self.restrictions.add(thing.id)
                continue
            ferry = tags.get("route") == FERRY
            boards = ferry and osm_tags.ferry_admits(tags)
            if not boards and not osm_tags.driveable(tags):
                if boards is None:
                    self.silent_ferries.add(thing.id)
            elif thing.visible and thing.id not in self.taken:
                self.add(thing.id, tags, [node.ref for node in thing.nodes], ferry)

    def add(self, number: int, tags: Any, refs: list[int], ferry: bool) -> None:
        self.taken.add(number)
        self.refs.extend(refs)
        self.count.append(len(refs))
        self.direction.append(osm_tags.direction(tags))
        self.road_class.append(FERRY if ferry else sys.intern(tags.get("highway")))
        self.label.append(sys.intern(osm_tags.label(tags)))
        self.limit_kph.append(np.nan if ferry else osm_tags.limit_kph(tags.get("maxspeed", "")))
        self.duration_s.append(osm_tags.duration_s(tags.get("duration", "")) if ferry else np.nan)
        self.truck.append(osm_tags.truck_may(tags))
        self.accessible.append(osm_tags.accessible(tags))


@dataclass
class _Points:
    """Positions of the points of the roads, NaN until found; which of them lie nowhere on Earth;
    whom their barriers stop.
    """

    ids: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    nowhere: NDArray[np.bool_]
    stops_cars: NDArray[np.bool_]
    stops_trucks: NDArray[np.bool_]

    @classmethod
    def of(cls, refs: NDArray[np.int64]) -> _Points:
        ids = np.unique(refs)
        return cls(ids, np.full((len(ids), 2), np.nan), *np.zeros((3, len(ids)), bool))

    def read(self, file: _File) -> None:
        """Fill in what no file before has.

        osmium puts every point of the file into a table of its own, 16 bytes each, and Python asks
        for those of the roads. (Its IdFilter would keep only those, but takes 0.7 to 1.4 GB for the
        numbers of one town, and a loop in Python takes ten times as long.)"""
        import osmium

        table = osmium.index.create_map("sparse_mem_array")
        locations = osmium.NodeLocationsForWays(table)
        # points with negative numbers, which an editor has not uploaded yet, have no place in
        # osmium's table
        drafts = {}
        filters = (
            [locations] if self.ids[0] < 0 else [locations, osmium.filter.KeyFilter("barrier")]
        )
        for node in file.objects(osmium.osm.osm_entity_bits.NODE, *filters):
            if node.id < 0:
                drafts[node.id] = node.location
            at = min(np.searchsorted(self.ids, node.id), len(self.ids) - 1)
            if self.ids[at] == node.id and "barrier" in node.tags and np.isnan(self.lonlat[at, 0]):
                self.stops_cars[at] = osm_tags.stops_cars(node.tags)
                self.stops_trucks[at] = not osm_tags.truck_may(node.tags)
        with osmium.io.Reader(
            osmium.io.FileBuffer(b'<osm version="0.6"><way id="1"/></osm>', "osm")
        ) as one_way:
            osmium.apply(
                one_way, locations
            )  # a table out of order is sorted when the first way comes
        self._place(lambda number: drafts[number] if number < 0 else table.get(number))

    def _place(self, location_of: Callable[[int], Any]) -> None:
        wanted = np.flatnonzero(np.isnan(self.lonlat[:, 0]))
        found = array("i")
        for number in self.ids[wanted]:
            try:
                location = location_of(number)
            except KeyError:
                found.extend((UNDEFINED, UNDEFINED))
            else:
                found.append(location.x)
                found.append(location.y)
        xy = np.frombuffer(found, np.int32).reshape(-1, 2)
        good = (np.abs(xy) <= (180e7, 90e7)).all(axis=1) & (xy != 0).any(axis=1)
        self.nowhere[wanted] |= ~good & (xy[:, 0] != UNDEFINED)
        self.lonlat[wanted[good]] = xy[good] / 1e7


def _roads(ways: _Ways, points: _Points) -> tuple[Roads, list[str]]:
    """Cut the ways to steps, and the steps apart at barriers; with notes on what was left out."""
    at = np.searchsorted(points.ids, np.frombuffer(ways.refs, np.int64))
    way = np.repeat(np.arange(len(ways.count)), np.frombuffer(ways.count, np.int32))
    placed = np.isfinite(points.lonlat[:, 0])
    step = np.flatnonzero(
        (way[1:] == way[:-1]) & (at[1:] != at[:-1]) & placed[at[1:]] & placed[at[:-1]]
    )
    oneway = np.frombuffer(ways.direction, np.int8)[way[step]]
    ends = np.concatenate([at[step], at[step + 1]])
    inside = (
        np.bincount(ends, minlength=len(points.ids)) > 1
    )  # a barrier where a road ends anyway changes nothing
    cut = points.stops_cars & inside
    low = points.stops_trucks & inside & ~cut
    barred = low[ends].reshape(2, -1).any(axis=0)
    # Where cars are stopped every step has an end of its own.
    loose = np.flatnonzero(cut[ends])
    lonlat = np.concatenate([points.lonlat, points.lonlat[ends[loose]]])
    ends[loose] = len(points.ids) + np.arange(len(loose))
    tail, head = ends.reshape(2, -1)
    roads = Roads(
        lonlat=lonlat,
        tail=tail,
        head=head,
        forward=oneway >= 0,
        backward=oneway <= 0,
        way=way[step],
        road_class=ways.road_class,
        label=ways.label,
        limit_kph=np.frombuffer(ways.limit_kph, np.float64),
        truck=np.frombuffer(ways.truck, np.int8).astype(bool),
        duration_s=np.frombuffer(ways.duration_s, np.float64),
        barred=barred,
        accessible=np.frombuffer(ways.accessible, np.int8).astype(bool),
    )
    missing = int((~placed[at]).sum())
    return roads, _notes(ways, points, missing, int(cut.sum()), int(low.sum()))


def _notes(ways: _Ways, points: _Points, missing: int, cut: int, low: int) -> list[str]:
    """Return sentences on what was left out or assumed, from the numbers of references without a
    position and of barriers that stop cars and trucks.
    """
    ferries = ways.road_class.count(FERRY)
    untimed = ferries - sum(duration_s > 0 for duration_s in ways.duration_s)
    how = (
        f"taken, {untimed} at an assumed speed because no duration is tagged; the wait is not"
        " counted."
    )
    notes = [
        (
            len(ways.restrictions),
            "turn restriction is not obeyed.",
            "turn restrictions are not obeyed.",
        ),
        (
            missing,
            "reference to a point without a position: a road ends there.",
            "references to points without a position: roads end there.",
        ),
        (
            int((points.nowhere & np.isnan(points.lonlat[:, 0])).sum()),
            "point at 0° 0° or outside the Earth was left out.",
            "points at 0° 0° or outside the Earth were left out.",
        ),
        (ferries, f"ferry is {how}", f"ferries are {how}"),
        (
            len(ways.silent_ferries),
            "ferry does not say whether it takes cars and was left out.",
            "ferries do not say whether they take cars and were left out.",
        ),
        (
            cut,
            "barrier stops cars: the road ends on either side.",
            "barriers stop cars: the roads end on either side.",
        ),
        (
            low,
            "barrier is closed to the truck only.",
            "barriers are closed to the truck only.",
        ),
    ]
    return [counted(*note) for note in notes if note[0]]


def one_line(error: Exception) -> str:
    """Return what a library says of an error without its line breaks."""
    return " ".join(str(error).split())

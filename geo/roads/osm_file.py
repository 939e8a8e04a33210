"""OpenStreetMap files to a :class:`geo.roads.network.Network`; the only importer of osmium.

Two steps: the ways and node positions of the files, as the arrays of :mod:`geo.roads.osm_ways`, and
in :mod:`geo.roads.osm_simplify` their contraction to segments between junctions. What counts as a
road is OSMnx's own rule (``network_type="drive"``), and a test compares the two. Ferries and
barriers, which OSMnx leaves out, come on top."""

from __future__ import annotations

import hashlib
import os
import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.errors import InputError, Message, NotFoundError
from geo.roads import osm_tags, osm_turns
from geo.roads.class_speeds import Speeds
from geo.roads.network import FERRY, Network
from geo.roads.osm_simplify import build
from geo.roads.osm_turns import Restriction
from geo.roads.osm_ways import Box, Points, Ways, roads_of

if TYPE_CHECKING:
    import geopandas as gpd

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
    speeds: Speeds,
    title: str | None = None,
    boxes: Sequence[Box] = (),
    countries: gpd.GeoDataFrame | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Network:
    """Read one OpenStreetMap file, or several that are taken together before anything is
    contracted.

    Files meet in the numbers of their ways and points. A reference to a point that is missing, or
    has no usable position, ends the road there; nothing is drawn across the gap. So does a barrier
    that stops cars, on either side of it; one that stops only the truck closes the steps beside it.
    Ferries are taken where their tags say that cars or trucks may board, and last as long as their
    ``duration``. Turn restrictions are obeyed, unlike in OSMnx; such as hold at some hours only, or
    name no clear turn, are counted. All of this is told in the manifest's notes.

    Memory, measured: 16 to 32 bytes for each point of the largest file while positions are read,
    and after that, while the roads are joined, some 400 bytes for each point of the roads. What
    else the files hold costs nothing.

    Parameters
    ----------
    paths
        Names ending in one of ``FORMATS``. A way that is in several files is taken from the first.
    speeds
        As :func:`geo.roads.osm_simplify.build`.
    boxes
        Roads are cut to these: each leads to its first point outside all of them. Without any,
        everything is kept.
    countries
        Outlines with the column country: they say in which country each way lies, and so with
        what speeds it is driven. Its terrain is judged by the main roads around it.
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
    ways = Ways()
    for file in files:
        say(f"Reading the roads of {file.path.name}")
        file.guard(partial(_read_ways, ways=ways))
    name = title or " + ".join(file.path.name for file in files)
    points = Points.of(np.frombuffer(ways.refs, np.int64))
    if not len(points.ids):
        raise InputError(Message("%(name)s holds no road that a car may drive on.", {"name": name}))
    for file in files:
        say(f"Reading the positions of {len(points.ids):,} points from {file.path.name}")
        file.guard(partial(_read_points, points=points))
    say("Joining the roads to segments")
    if boxes:
        ways = ways.only(points.inside(boxes), points)
        if not ways.count:
            raise InputError(Message("%(name)s holds no road of the region.", {"name": name}))
    roads, notes = roads_of(ways, points, boxes, countries)
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

        named = osmium.io.File(str(self.path), self.format)
        # nothing but the header: else what follows would be read too
        with osmium.io.Reader(named, osmium.osm.NOTHING) as reader:
            header = reader.header()
            stamp = header.get("osmosis_replication_timestamp") or header.get("timestamp")
        if not stamp and self.format == "osm":
            with self.path.open("rb") as file:
                found = re.search(rb'osm_base="([0-9-]{10})', file.read(4096))
            stamp = found[1].decode() if found else ""
        return stamp[:10] or None


def _read_ways(file: _File, ways: Ways) -> None:
    """Read the ways that a car may drive on, and the ferries."""
    import osmium

    bits = osmium.osm.osm_entity_bits
    for thing in file.objects(
        bits.WAY | bits.RELATION, osmium.filter.KeyFilter("highway", "route", "type")
    ):
        tags = thing.tags  # asked key by key, which is several times as fast as a dict of them
        if thing.is_relation():
            if tags.get("type", "").startswith(osm_turns.KEY) and thing.visible:
                members = ((member.role, member.type, member.ref) for member in thing.members)
                known = {tag.k: tag.v for tag in tags}
                ways.restrictions.setdefault(thing.id, Restriction.of(known, members))
            continue
        ferry = tags.get("route") == FERRY
        boards = ferry and osm_tags.ferry_admits(tags)
        if not boards and not osm_tags.driveable(tags):
            if boards is None:
                ways.silent_ferries.add(thing.id)
        elif thing.visible and thing.id not in ways.taken:
            ways.add(thing.id, tags, [node.ref for node in thing.nodes], ferry)


def _read_points(file: _File, points: Points) -> None:
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
    filters = [locations] if points.ids[0] < 0 else [locations, osmium.filter.KeyFilter("barrier")]
    for node in file.objects(osmium.osm.osm_entity_bits.NODE, *filters):
        if node.id < 0:
            drafts[node.id] = node.location
        at = min(np.searchsorted(points.ids, node.id), len(points.ids) - 1)
        if points.ids[at] == node.id and "barrier" in node.tags and np.isnan(points.lonlat[at, 0]):
            points.stops_cars[at] = osm_tags.stops_cars(node.tags)
            points.stops_trucks[at] = not osm_tags.truck_may(node.tags)
    with osmium.io.Reader(
        osmium.io.FileBuffer(b'<osm version="0.6"><way id="1"/></osm>', "osm")
    ) as one_way:
        osmium.apply(one_way, locations)  # a table out of order is sorted when the first way comes
    _place(points, lambda number: drafts[number] if number < 0 else table.get(number))


def _place(points: Points, location_of: Callable[[int], Any]) -> None:
    wanted = np.flatnonzero(np.isnan(points.lonlat[:, 0]))
    found = array("i")
    for number in points.ids[wanted]:
        try:
            location = location_of(number)
        except KeyError:
            found.extend((UNDEFINED, UNDEFINED))
        else:
            found.append(location.x)
            found.append(location.y)
    xy = np.frombuffer(found, np.int32).reshape(-1, 2)
    good = (np.abs(xy) <= (180e7, 90e7)).all(axis=1) & (xy != 0).any(axis=1)
    points.nowhere[wanted] |= ~good & (xy[:, 0] != UNDEFINED)
    points.lonlat[wanted[good]] = xy[good] / 1e7


def one_line(error: Exception) -> str:
    """Return what a library says of an error without its line breaks."""
    return " ".join(str(error).split())

"""OpenStreetMap files to a :class:`geo.network.Network`; the only importer of osmium.

Two steps: the ways and node positions of the files, as arrays, and in :mod:`geo.osmroads` their contraction to segments
between junctions. What counts as a road is OSMnx's own rule (``network_type="drive"``), and a test compares the two.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import osmtags
from geo.errors import InputError, NotFoundError
from geo.network import Network
from geo.osmroads import Roads, build, counted

FORMATS = {".osm.pbf": "pbf", ".pbf": "pbf", ".osm.gz": "osm.gz", ".osm.bz2": "osm.bz2", ".osm": "osm"}
"""Files that can be read: suffix to osmium's name of the format."""


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
        A file is empty, damaged or cut short, or none holds a road; or as :func:`geo.osmroads.build`.
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
        (ways.restrictions, "turn restriction is not obeyed.", "turn restrictions are not obeyed."),
        (
            missing,
            "reference to a point without a position: a road ends there.",
            "references to points without a position: roads end there.",
        ),
        (unusable, "point at 0° 0° or outside the Earth was left out.", "points at 0° 0° or outside the Earth were left out."),
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
        notes=[counted(*note) for note in notes if note[0]],
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
            raise InputError(f"{self.path.name} is damaged, cut short or no OpenStreetMap file ({one_line(error)}).") from None

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
        if not osmtags.driveable(tags):
            return
        self.seen.add(number)
        self.refs.extend(refs)
        self.count.append(len(refs))
        self.direction.append(osmtags.direction(tags))
        self.road_class.append(sys.intern(tags["highway"]))
        self.label.append(sys.intern(osmtags.label(tags)))
        self.limit_kph.append(osmtags.limit_kph(tags.get("maxspeed", "")))
        self.truck.append(osmtags.truck_may(tags))


def one_line(error: Exception) -> str:
    """Give what a library says of an error without its line breaks."""
    return " ".join(str(error).split())


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

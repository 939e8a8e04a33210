"""Check a data package as a whole: not only its tables (:func:`check_tables`) but every file it
names, and where things lie.
"""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import crs, layers, proximity
from geo.errors import AtlasError, InputError, Message, behind
from geo.hours import gate_notices
from geo.layers import provenance
from geo.layers.region import Region
from geo.layers.validation import Row
from geo.roads import extracts, road_table
from geo.schema import LAYERS, TABLES, Field, unfold
from geo.siting import examples
from geo.visits import trip_file
from geo.visits.gazetteer import Gazetteer

PLACED = tuple(layer.id for layer in LAYERS.values() if layer.place)
BASEMAP = "basemap/basemap.pmtiles"
PMTILES = b"PMTiles\3"
PMTILES_HEAD = struct.Struct("<8Q")
"""Offset and length of root directory, metadata, leaf directories and tiles, from the eighth byte
on.

Source: PMTiles version 3 specification, section 3,
https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md. """
GZIP = 2
"""Compression of the directories, at byte 97 of the header."""


def region(folder: str | os.PathLike[str]) -> Region:
    """Read where the places of a data package lie, to hold others to it; errors as
    :func:`geo.layers.read`.
    """
    return _region(folder, {layer_id: layers.read(folder, layer_id) for layer_id in PLACED})


def _region(folder: str | os.PathLike[str], frames: Mapping[str, Any]) -> Region:
    """Return where the places of layers that were read lie."""
    box = _box(layers.describe(folder))
    columns = ["country", "province_en", "position_accuracy_m", "geometry"]
    placed = pd.concat([frames[layer_id][columns] for layer_id in PLACED])
    places = gpd.GeoDataFrame(placed, crs=crs.WGS84)
    return Region(box, layers.read_countries(folder), places)


def check(folder: str | os.PathLike[str]) -> dict[str, list[str]]:
    """Check a whole data package.

    Returns
    -------
    dict
        The report of :func:`check_tables`, to which positions are added that fit neither country,
        province nor region, and for ``datapackage``, ``countries``, ``basemap``, ``profiles`` and
        ``trips`` their faults; a part that is not there has none, unless ``datapackage.json`` names
        its file.

    Raises
    ------
    NotFoundError, InputError
        The folder is not a data package, or its description cannot be read.
    """
    folder = Path(folder)
    package = layers.describe(folder)
    report, frames = _tables(folder)
    report["datapackage"] = list(_resource_faults(folder, package))
    report["countries"] = _faults_of(lambda: layers.read_countries(folder))
    report["basemap"] = _faults_of(lambda: _check_basemap(folder / BASEMAP))
    report["profiles"] = _faults_of(
        lambda: (folder / examples.FILE).is_file() and examples.read(folder)
    )
    if any(report[name] for name in (*PLACED, "clocks", "countries", "datapackage", "speeds")):
        return report  # what follows asks all of these
    where = _region(folder, frames)
    report["countries"] = list(_missing_outlines(where, frames))
    if report["countries"]:
        return report
    for layer_id in PLACED:
        report[layer_id] += _position_faults(where, frames[layer_id])
    if not report["population"]:
        people = frames["population"].set_index("id")
        points = gpd.points_from_xy(people["lon"], people["lat"])
        report["population"] += _position_faults(
            where, gpd.GeoDataFrame(people, geometry=points, crs=crs.WGS84)
        )
    for name in ("corridors", "stations", "roads"):
        if not report[name]:
            report[name] += _far_faults(where, frames[name])
    report["gates"] += _clock_faults(frames["gates"], frames["clocks"])
    report["trips"] = _trip_faults(folder)
    return report


def _far_faults(where: Region, frame: pd.DataFrame) -> list[str]:
    """List the rows whose line or point lies outside the region, each once."""
    if isinstance(frame, gpd.GeoDataFrame):
        low, high = np.hsplit(frame.geometry.bounds.to_numpy(), 2)
    elif "wkt" in frame:
        low, high = np.hsplit(shapely.bounds(shapely.from_wkt(frame["wkt"].to_numpy(object))), 2)
    else:
        low = high = frame[["lon", "lat"]].to_numpy(float)
    far = np.array(where.outside(low), bool) | np.array(where.outside(high), bool)
    keys = pd.Series(frame.get("id", frame.index))
    return [behind(str(key), Message("lies outside the region")) for key in keys[far]]


def check_tables(folder: str | os.PathLike[str]) -> dict[str, list[str]]:
    """Check the tables of a data package, each and against each other.

    Returns
    -------
    dict
        For each layer and table its faults, an empty list where there is none. Beyond each row: ids
        are unique over all layers, the opening hours of all gates can be read and do not contradict
        each other, and whatever a field refers to exists.
    """
    return _tables(Path(folder))[0]


def _tables(folder: Path) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Check the tables, and return those that can be read."""
    layers.describe(folder)
    report: dict[str, list[str]] = {}
    frames: dict[str, Any] = {}

    def read(name: str) -> None:
        frames[name] = (layers.read if name in LAYERS else layers.read_table)(folder, name)

    for name in (*LAYERS, *TABLES):
        report[name] = _faults_of(partial(read, name))
    seen: dict[str, str] = {}
    for layer_id in LAYERS:
        for key in frames[layer_id].index if layer_id in frames else ():
            if key in seen:
                again = {"id": key, "layer": seen[key]}
                report[layer_id].append(Message("id “%(id)s” is also in %(layer)s", again))
            seen[key] = layer_id
    for name, fields in ({key: layer.fields for key, layer in LAYERS.items()} | TABLES).items():
        if name in frames:
            report[name] += _reference_faults(name, fields, frames)
    for name, others, look in ACROSS:
        if {name, *others} <= frames.keys():
            report[name] += look(*(frames[table] for table in (name, *others)))
    if provenance.TABLE in frames:
        report[provenance.TABLE] += provenance.faults(frames)
    if "aliases" in frames:
        report["aliases"] += [
            behind("place", Message("“%(id)s” is in no layer", {"id": place}))
            for place in sorted(set(frames["aliases"]["place"]) - seen.keys())
        ]
    return report, frames


def _reference_faults(
    name: str, fields: tuple[Field, ...], frames: Mapping[str, pd.DataFrame]
) -> list[str]:
    """List the identifiers that a layer or table refers to and that are not there, row by row."""
    frame = frames[name]
    rows = frame if name in LAYERS or "id" not in frame else frame.set_index("id")
    return [
        behind(f"{key}: {field.name}", _not_in(part, field.refers))
        for field in fields
        if field.refers in frames and field.name in rows
        for key, cell in rows[field.name].dropna().items()
        for part in (unfold(cell) if field.type == "list" else (cell,))
        if part not in frames[field.refers].index
    ]


def _zone_faults(parks: pd.DataFrame) -> list[str]:
    """List parks that lie in themselves by whatever way."""
    if "part_of" not in parks:
        return []
    faults: list[str] = []
    within = {str(key): unfold(cell) for key, cell in parks["part_of"].items()}
    for key in within:
        around: set[str] = set()
        ahead = list(within[key])
        while ahead:
            zone = ahead.pop()
            if zone not in around:
                around.add(zone)
                ahead += within.get(zone, ())
        if key in around:
            faults.append(behind(f"{key}: part_of", Message("it lies in itself")))
    return faults


def _hour_faults(hours: pd.DataFrame, gates: Any, clocks: pd.DataFrame) -> list[str]:
    return _faults_of(lambda: gate_notices.read(gates, hours, clocks))


ACROSS: tuple[tuple[str, tuple[str, ...], Callable[..., list[str]]], ...] = (
    ("parks", (), _zone_faults),
    ("gate_hours", ("gates", "clocks"), _hour_faults),
    ("roads", ("speeds",), road_table.faults),
    ("extracts", (), extracts.faults),
)
"""Each table that refers to others, those others, and what lists its faults."""


def _not_in(key: str, table: str) -> Message:
    return Message("“%(id)s” is not in %(table)s", {"id": key, "table": table})


def warnings(folder: str | os.PathLike[str]) -> list[Message]:
    """List what is not a fault of a data package, but keeps answers from being given."""
    if not borders_unknown(folder):
        return []
    return [
        Message(
            "There is no %(file)s, so no way is computed from a point that is not a site: which"
            " side of a border it lies on is not known. “%(command)s” makes the file.",
            {
                "file": layers.OUTLINES,
                "command": "python data/basemap/build.py --bbox W,S,E,N --out DIR",
            },
        )
    ]


def borders_unknown(folder: str | os.PathLike[str]) -> bool:
    """Check whether a package holds places of several countries and no outlines that tell them
    apart.
    """
    if (Path(folder) / layers.OUTLINES).is_file():
        return False
    named = (layers.read(folder, layer_id)["country"] for layer_id in PLACED)
    return len(set().union(*named)) > 1


def _faults_of(look: Callable[[], object]) -> list[str]:
    """List the faults that a reader finds."""
    try:
        look()
    except AtlasError as error:
        return list(error.faults) or [error.message]
    except OSError as error:
        return [Message("cannot be read: %(reason)s", {"reason": error.strerror})]
    except UnicodeError:
        return [Message("cannot be read: it is not UTF-8 text")]
    return []


def _resource_faults(folder: Path, package: dict[str, Any]) -> Iterator[str]:
    try:
        _box(package)
    except InputError as error:
        yield error.message
    for number, resource in enumerate(package["resources"], start=1):
        if not isinstance(resource, dict) or not isinstance(resource.get("name"), str):
            yield Message("resource %(number)s: has no name", {"number": number})
            continue
        paths = resource.get("path", [])
        for path in paths if isinstance(paths, list) else [paths]:
            if not isinstance(path, str) or not (folder / path).resolve().is_relative_to(
                folder.resolve()
            ):
                yield behind(resource["name"], Message("its path leads out of the package"))
            elif not (folder / path).is_file():
                yield behind(resource["name"], Message("there is no file %(path)s", {"path": path}))


def _box(package: dict[str, Any]) -> tuple[float, float, float, float] | None:
    box = package.get("bbox")
    if box is None:
        return None
    try:
        west, south, east, north = (float(edge) for edge in box)
    except (TypeError, ValueError):
        raise InputError(
            Message("bbox: is not a list of west, south, east and north in degrees")
        ) from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InputError(
            Message("bbox: west, south, east and north are out of order or out of range")
        )
    return west, south, east, north


def _missing_outlines(where: Region, frames: Mapping[str, Any]) -> Iterator[str]:
    if where.countries is None:
        return
    drawn = set(where.countries["country"])
    for layer_id in PLACED:
        for country in sorted(set(frames[layer_id]["country"]) - drawn):
            yield Message(
                "no outline of %(country)s, where %(layer)s lie",
                {"country": country, "layer": layer_id},
            )


def _check_basemap(path: Path) -> None:
    """Raise InputError unless a basemap has the header of PMTiles, its parts lie within it and its
    directory can be unpacked.
    """
    if not path.is_file():
        return
    with path.open("rb") as file:
        head = file.read(127)
        if len(head) < 127 or not head.startswith(PMTILES):
            raise InputError(Message("basemap.pmtiles is not a PMTiles file of version 3"))
        parts = PMTILES_HEAD.unpack_from(head, 8)
        if any(parts[i] + parts[i + 1] > path.stat().st_size for i in range(0, 8, 2)):
            raise InputError(Message("basemap.pmtiles is cut off"))
        file.seek(parts[0])
        directory = file.read(parts[1])
    try:
        if head[97] == GZIP:
            gzip.decompress(directory)
    except (OSError, EOFError, ValueError):
        raise InputError(Message("basemap.pmtiles is damaged")) from None


def _position_faults(where: Region, frame: gpd.GeoDataFrame) -> list[str]:
    columns = ("country", "opposite_country", "province_en", "position_accuracy_m")
    cells = frame[[name for name in columns if name in frame]].to_dict("records")
    rows: list[Row] = [
        {str(name): None if pd.isna(value) else str(value) for name, value in row.items()}
        | {"id": str(key), "_at": str(key)}
        for key, row in zip(frame.index, cells, strict=True)
    ]
    lonlat = proximity.lonlat(frame)
    return where.row_faults(rows, lonlat, lonlat, crs.WGS84)


def _clock_faults(gates: pd.DataFrame, clocks: pd.DataFrame) -> list[Message]:
    known = set(clocks["country"])
    return [
        behind(str(key), Message("%(country)s has no clock in clocks", {"country": country}))
        for key, *both in gates[["country", "opposite_country"]].itertuples()
        for country in both
        if country not in known
    ]


def _trip_faults(folder: Path) -> list[str]:
    """List the faults of the worked examples of field visits, each with its file."""
    places, faults = Gazetteer.read(folder), list[str]()
    for path in sorted((folder / trip_file.FOLDER).glob("*.yaml")):
        look = partial(lambda path: trip_file.read(path.read_bytes(), places), path)
        faults += [behind(path.name, fault) for fault in _faults_of(look)]
    return faults

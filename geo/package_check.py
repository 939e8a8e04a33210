"""Check a data package as a whole: not only its tables (:func:`check_tables`) but every file it
names, and where things lie.
"""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo import crs, layers, proximity
from geo.errors import AtlasError, InputError, Message, NotFoundError
from geo.hours import gate_notices
from geo.layers.region import Region
from geo.schema import LAYERS, TABLES, unfold
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
    box = _box(layers.describe(folder))
    frames = [layers.read(folder, layer_id) for layer_id in PLACED]
    places = gpd.GeoDataFrame(
        pd.concat(
            [
                frame[["country", "province_en", "position_accuracy_m", "geometry"]]
                for frame in frames
            ]
        ),
        crs=crs.WGS84,
    )
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
    report = check_tables(folder)
    report["datapackage"] = _resource_faults(folder, package)
    report["countries"] = _faults_of(lambda: _check_countries(folder))
    report["basemap"] = _faults_of(lambda: _check_basemap(folder / BASEMAP))
    report["profiles"] = _faults_of(
        lambda: (folder / examples.FILE).is_file() and examples.read(folder)
    )
    if any(report[name] for name in (*PLACED, "clocks", "countries", "datapackage", "speeds")):
        return report  # what follows asks all of these
    where = region(folder)
    for layer_id in PLACED:
        report[layer_id] += _position_faults(where, layers.read(folder, layer_id))
    population = (
        layers.read_table(folder, "population").set_index("id")
        if not report["population"]
        else pd.DataFrame()
    )
    if len(population):
        points = gpd.points_from_xy(population["lon"], population["lat"])
        report["population"] += _position_faults(
            where, gpd.GeoDataFrame(population, geometry=points, crs=crs.WGS84)
        )
    if not report["corridor_vertices"]:
        vertices = layers.read_table(folder, "corridor_vertices")
        far = vertices[where.outside(vertices[["lon", "lat"]].to_numpy())]
        report["corridor_vertices"] += [
            f"{row.corridor_id}, {row.seq}: lies outside the region" for row in far.itertuples()
        ]
    report["gates"] += _clock_faults(folder)
    report["trips"] = _trip_faults(folder)
    return report


def check_tables(folder: str | os.PathLike[str]) -> dict[str, list[str]]:
    """Check the tables of a data package, each and against each other.

    Returns
    -------
    dict
        For each layer and table its faults, an empty list where there is none. Beyond each row: ids
        are unique over all layers, corridors, vertices and policies that are referred to exist, a
        node has one position, and the opening hours of all gates can be read and do not contradict
        each other.
    """
    folder = Path(folder)
    layers.describe(folder)
    report: dict[str, list[str]] = {}
    frames: dict[str, Any] = {}
    for layer in LAYERS.values():
        try:
            frames[layer.id] = layers.read(folder, layer.id)
            report[layer.id] = []
        except (InputError, NotFoundError) as error:
            report[layer.id] = list(getattr(error, "faults", ())) or [str(error)]
    for name in TABLES:
        try:
            frames[name] = layers.read_table(folder, name)
            report[name] = []
        except (InputError, NotFoundError) as error:
            report[name] = list(getattr(error, "faults", ())) or [str(error)]
    seen: dict[str, str] = {}
    for layer_id in LAYERS:
        for key in frames.get(layer_id, pd.DataFrame()).index:
            if key in seen:
                report[layer_id].append(f"id “{key}” is also in {seen[key]}")
            seen[key] = layer_id
    if "parks" in frames and "policies" in frames:
        known = set(frames["policies"].index)
        for key, policies in frames["parks"]["policies"].dropna().items():
            report["parks"] += [
                f"{key}: policies: “{one}” is not in policies"
                for one in unfold(policies)
                if one not in known
            ]
    if "corridor_vertices" in frames and "corridors" in frames:
        vertices = frames["corridor_vertices"]
        unknown = sorted(set(vertices["corridor_id"]) - set(frames["corridors"].index))
        report["corridor_vertices"] += [
            f"corridor_id: “{one}” is not in corridors" for one in unknown
        ]
        spread = (
            vertices.dropna(subset="node_id")
            .groupby("node_id")[["lon", "lat"]]
            .nunique()
            .max(axis=1)
        )
        report["corridor_vertices"] += [
            f"node “{one}” has more than one position" for one in spread.index[spread > 1]
        ]
    if "corridor_vertices" in frames and "interchanges" in frames:
        ends = set(
            zip(
                frames["corridor_vertices"]["corridor_id"],
                frames["corridor_vertices"]["seq"],
                strict=True,
            )
        )
        for link in frames["interchanges"].itertuples():
            for corridor, seq in (
                (link.corridor_id, link.seq),
                (link.other_corridor_id, link.other_seq),
            ):
                if (corridor, seq) not in ends:
                    report["interchanges"].append(
                        f"{link.name_en}: “{corridor}” has no vertex {seq}"
                    )
    if "aliases" in frames:
        unknown = sorted(set(frames["aliases"]["place"]) - seen.keys())
        report["aliases"] += [f"place: “{one}” is in no layer" for one in unknown]
    if {"gates", "gate_hours", "clocks"} <= frames.keys():
        try:
            gate_notices.read(frames["gates"], frames["gate_hours"], frames["clocks"])
        except InputError as error:
            report["gate_hours"] += error.faults
    return report


def warnings(folder: str | os.PathLike[str]) -> list[str]:
    """List what is not a fault of a data package, but keeps answers from being given."""
    if borders_unknown(folder):
        return [
            f"There is no {layers.OUTLINES}, so no way is computed from a point that is not a site:"
            " which side of a border it lies on is not known. “python data/basemap/build.py --bbox"
            " W,S,E,N --out DIR” makes the file."
        ]
    return []


def borders_unknown(folder: str | os.PathLike[str]) -> bool:
    """Check whether a package holds places of several countries and no outlines that tell them
    apart.
    """
    if (Path(folder) / layers.OUTLINES).is_file():
        return False
    return (
        len(
            {country for layer_id in PLACED for country in layers.read(folder, layer_id)["country"]}
        )
        > 1
    )


def _faults_of(look: Callable[[], Any]) -> list[str]:
    """List the faults that a reader finds."""
    try:
        look()
    except AtlasError as error:
        return list(getattr(error, "faults", ())) or [str(error)]
    except (OSError, UnicodeError) as error:
        return [f"cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}"]
    return []


def _resource_faults(folder: Path, package: dict[str, Any]) -> list[str]:
    faults = []
    try:
        _box(package)
    except InputError as error:
        faults.append(str(error))
    for number, resource in enumerate(package["resources"], start=1):
        if not isinstance(resource, dict) or not isinstance(resource.get("name"), str):
            faults.append(f"resource {number}: has no name")
            continue
        paths = resource.get("path")
        for path in paths if isinstance(paths, list) else [paths] if paths is not None else []:
            if not isinstance(path, str) or not (folder / path).resolve().is_relative_to(
                folder.resolve()
            ):
                faults.append(f"{resource['name']}: its path leads out of the package")
            elif not (folder / path).is_file():
                faults.append(f"{resource['name']}: there is no file {path}")
    return faults


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


def _check_countries(folder: Path) -> None:
    outlines = layers.read_countries(folder)
    if outlines is None:
        return
    drawn, missing = set(outlines["country"]), []
    for layer_id in PLACED:
        used = layers.read(folder, layer_id)["country"]
        missing += [
            f"no outline of {country}, where {layer_id} lie"
            for country in sorted(set(used) - drawn)
        ]
    if missing:
        raise InputError("countries", missing)


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
    columns = [
        name
        for name in ("country", "opposite_country", "province_en", "position_accuracy_m")
        if name in frame
    ]
    rows = [
        {name: None if pd.isna(value) else str(value) for name, value in cells.items()}
        | {"id": str(key), "_at": str(key)}
        for key, cells in zip(frame.index, frame[columns].to_dict("records"), strict=True)
    ]
    lonlat = proximity.lonlat(frame)
    return where.row_faults(rows, lonlat, lonlat, crs.WGS84)


def _clock_faults(folder: Path) -> list[str]:
    gates, clocks = (
        layers.read(folder, "gates"),
        set(layers.read_table(folder, "clocks")["country"]),
    )
    sides = zip(gates.index, gates["country"], gates["opposite_country"], strict=True)
    return [
        f"{key}: {country} has no clock in clocks"
        for key, *both in sides
        for country in both
        if country not in clocks
    ]


def _trip_faults(folder: Path) -> list[str]:
    """List the faults of the worked examples of field visits, each with its file."""
    places, faults = Gazetteer.read(folder), []
    for path in sorted((folder / trip_file.FOLDER).glob("*.yaml")):
        look = partial(lambda path: trip_file.read(path.read_bytes(), places), path)
        faults += [f"{path.name}: {fault}" for fault in _faults_of(look)]
    return faults

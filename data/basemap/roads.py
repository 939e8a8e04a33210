"""Put the roads of a data package into its basemap.

Run by hand after a change of ``roads.csv``; ``build.py`` does it too::

    python data/basemap/roads.py

The layer ``roads`` of each tile of ``basemap.pmtiles`` is written anew, the other layers keep their
bytes. What is drawn from which zoom and how coarse it is stands in README.md beside this file. The
metadata of the archive name a digest of the table, which a test compares."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from tiles import Line, line_layer, read, tile_id, without, write

HERE = Path(__file__).parent
LAYER = "roads"
DRAWN = ("road_class", "ref", "name", "country", "status", "wkt")
"""The columns of the table that the tiles depend on."""

FIRST_ZOOM = {
    "motorway": 5,
    "trunk": 6,
    "primary": 7,
    "ferry": 7,
    "secondary": 9,
    "motorway_link": 10,
    "trunk_link": 10,
    "primary_link": 10,
    "secondary_link": 10,
    "tertiary": 10,
    "tertiary_link": 10,
    "unclassified": 10,
}
"""The zoom of the data from which a class is kept; the map shows it one zoom later."""

FROM_ZOOM, LAST_ZOOM = min(FIRST_ZOOM.values()), 10
REF_ZOOM = {"motorway": 5, "trunk": 6, "primary": 9, "secondary": 10, "tertiary": 10}
"""The zoom of the data from which the numbers of a class are kept."""

EXTENT, LAST_EXTENT = 2048, 8192
"""Units to a tile: a quarter of a pixel, and 5 m where the map magnifies."""

DOUBLE_M = {5: 900.0, 6: 900.0, 7: 450.0, 8: 250.0}
"""By zoom, how near a line of the same class is drawn once: the carriageways of a motorway."""

TILE_PX, BUFFER_PX = 512, 8
LEAST_PX = 3  # shorter pieces are left out where carriageways are drawn once
PIECE_PX = 12  # length of the pieces that are compared for that
RADIUS_M = 6_378_137.0
WORLD_M = 2 * math.pi * RADIUS_M

NUMBERED = re.compile(r"(CT|QL|ĐT|DT|TL|HL|AH|G|S|X)[ .']*(\d{1,4}[A-Z]?)")
BARE = re.compile(r"\d{1,3}[A-Z]?|HCM")
FIELDS = ("class", "status", "ref", "name_en", "name_vi", "name_zh")
OF_ROADS = " · Roads: "
NAME_OF = {"CN": "name_zh"}
"""The property that holds a name as the table has it; elsewhere it is ``name_vi``."""


class Road(NamedTuple):
    """What the tiles say of a road; lines that agree in it are one feature."""

    road_class: str
    status: str
    ref: str
    name: str
    country: str


Lines = dict[Road, list[shapely.LineString]]


# ---------------------------------------------------------------- the table


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of the table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summary(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return how many rows the table has, and a digest of what is drawn of them."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update("\t".join(row[name] for name in DRAWN).encode() + b"\n")
    return {"rows": len(rows), "sha256": digest.hexdigest()}


def roads_of(rows: Sequence[Mapping[str, str]]) -> Lines:
    """Return the lines of the table in Web Mercator, by what the tiles say of them."""
    lines = shapely.transform(shapely.from_wkt([row["wkt"] for row in rows]), mercator)
    roads: Lines = defaultdict(list)
    for row, line in zip(rows, lines, strict=True):
        road_class = row["road_class"]
        name = "" if road_class.endswith("_link") else row["name"]
        key = Road(road_class, row["status"], shield(row["ref"]), name, row["country"])
        roads[key].append(line)
    return roads


def mercator(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute positions in Web Mercator, in metres."""
    lon, lat = np.radians(lonlat).T
    return np.column_stack([RADIUS_M * lon, RADIUS_M * np.arctanh(np.sin(lat))])


def shield(ref: str) -> str:
    """Return the first road number of a `ref` as it is written on a shield, empty if it has none.

    ``QL.18`` and ``QL 18`` are QL18, ``DT.265`` is ĐT265; expressways keep their point, CT.04."""
    first = re.split("[;,]", unicodedata.normalize("NFC", ref).upper())[0].strip()
    if BARE.fullmatch(first):
        return first
    if not (found := NUMBERED.fullmatch(first)):
        return ""
    letters, digits = found.groups()
    return f"CT.{digits}" if letters == "CT" else letters.replace("DT", "ĐT") + digits


def plain(text: str) -> str:
    """Write a Latin name without its diacritics, as English maps do."""
    text = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D").replace("Ð", "D"))
    return "".join(c for c in text if not unicodedata.combining(c))


# ---------------------------------------------------------------- what is seen at a zoom


def generalise(roads: Lines, zoom: int) -> Lines:
    """Return what is drawn at a zoom of the data: roads of its classes, joined and simplified."""
    pixel_m = WORLD_M / TILE_PX / 2**zoom
    joined: Lines = defaultdict(list)
    for road, lines in roads.items():
        if FIRST_ZOOM[road.road_class] <= zoom:
            joined[_shortened(road, zoom)] += lines
    if zoom in DOUBLE_M:
        joined = _once(joined, zoom, pixel_m)
    if zoom == LAST_ZOOM:
        return {road: _merged(lines) for road, lines in joined.items()}
    return {road: _simple(_merged(lines), pixel_m / 2) for road, lines in joined.items()}


def _shortened(road: Road, zoom: int) -> Road:
    """Take off what a zoom does not show."""
    ref = road.ref if REF_ZOOM.get(road.road_class, 99) <= zoom else ""
    named = zoom == LAST_ZOOM and bool(road.name)
    country = road.country if named else ""
    return road._replace(ref=ref, name=road.name if named else "", country=country)


def _merged(lines: Sequence[shapely.LineString]) -> list[shapely.LineString]:
    """Join lines where two of them end; the longest comes first."""
    merged = shapely.get_parts(shapely.line_merge(shapely.MultiLineString(list(lines))))
    return sorted(merged, key=lambda line: (-line.length, line.coords[0]))


def _simple(lines: Sequence[shapely.LineString], tolerance_m: float) -> list[shapely.LineString]:
    return list(shapely.simplify(lines, tolerance_m)) if len(lines) else []


def _once(roads: Lines, zoom: int, pixel_m: float) -> Lines:
    """Draw lines of one class that run side by side once, and leave out what is too short."""
    classes: dict[tuple[str, str], Lines] = defaultdict(dict)
    for road, lines in roads.items():
        classes[road.road_class, road.status][road] = lines
    kept: Lines = {}
    for same in classes.values():
        # numbered roads first: of two carriageways the one whose number is known stays
        for road in sorted(same, key=lambda road: (not road.ref, road)):
            kept[road] = []
        pieces = [
            (road, piece)
            for road in kept
            if road in same
            for line in _simple(_merged(same[road]), pixel_m / 2)
            for piece in _pieces(line, PIECE_PX * pixel_m)
        ]
        for road, rest in _apart(pieces, DOUBLE_M[zoom]):
            kept[road].append(rest)
    return {
        road: [line for line in _merged(lines) if line.length >= LEAST_PX * pixel_m]
        for road, lines in kept.items()
        if lines
    }


def _pieces(line: shapely.LineString, length_m: float) -> Iterator[shapely.LineString]:
    """Cut a line at its vertices into pieces of about a length."""
    points = shapely.get_coordinates(shapely.segmentize(line, length_m))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    count = max(1, round(along[-1] / length_m))
    cuts = np.unique(np.searchsorted(along, np.linspace(0, along[-1], count + 1)))
    for begin, end in pairwise(cuts.tolist()):
        yield shapely.LineString(points[begin : end + 1])


def _apart(
    pieces: Sequence[tuple[Road, shapely.LineString]], distance_m: float
) -> Iterator[tuple[Road, shapely.LineString]]:
    """Return of each piece the parts that lie apart from all pieces before it.

    Pieces that share an end continue each other and are not compared."""
    lines = np.array([line for _, line in pieces], dtype=object)
    if not len(lines):
        return
    bands = shapely.buffer(lines, distance_m, cap_style="flat", quad_segs=2)
    ends = [{line.coords[0], line.coords[-1]} for line in lines]
    near: dict[int, list[int]] = defaultdict(list)
    for one, other in shapely.STRtree(bands).query(lines, predicate="intersects").T.tolist():
        if other < one and not ends[one] & ends[other]:
            near[one].append(other)
    for index, (road, line) in enumerate(pieces):
        if index not in near:
            yield road, line
            continue
        rest = shapely.difference(line, shapely.union_all(bands[sorted(near[index])]))
        for part in shapely.get_parts(rest):
            if part.geom_type == "LineString" and part.length > distance_m:
                yield road, part


# ---------------------------------------------------------------- tiles


def layers(roads: Lines, zoom: int) -> Iterator[tuple[int, bytes]]:
    """Cut the roads of a zoom into tiles; return the layer of each by the id of the tile."""
    extent = LAST_EXTENT if zoom == LAST_ZOOM else EXTENT
    side = WORLD_M / 2**zoom
    margin = side * BUFFER_PX / TILE_PX
    ranked = sorted(roads.items())
    keys = [road for road, lines in ranked for _ in lines]
    lines = np.array([line for _, lines in ranked for line in lines], dtype=object)
    if not len(lines):
        return
    tree = shapely.STRtree(lines)
    west, south, east, north = shapely.total_bounds(lines)
    for x in range(_column(west - margin, side), _column(east + margin, side) + 1):
        for y in range(_column(-north - margin, side), _column(-south + margin, side) + 1):
            left, top = x * side - WORLD_M / 2, WORLD_M / 2 - y * side
            box = (left - margin, top - side - margin, left + side + margin, top + margin)
            found = np.sort(tree.query(shapely.box(*box), predicate="intersects"))
            inside = shapely.clip_by_rect(lines[found], *box)
            parts: dict[Road, list[NDArray[np.int64]]] = defaultdict(list)
            for index, clipped in zip(found.tolist(), inside, strict=True):
                for part in shapely.get_parts(clipped):
                    units = _units(part, left, top, side / extent)
                    if len(units) > 1:
                        parts[keys[index]].append(units)
            features = (Line(placed, properties(road)) for road, placed in parts.items())
            if content := line_layer(LAYER, extent, features):
                yield tile_id(zoom, x, y), content


def _column(metres: float, side: float) -> int:
    return int((metres + WORLD_M / 2) // side)


def _units(part: shapely.LineString, left: float, top: float, unit_m: float) -> NDArray[np.int64]:
    """Return the positions of a line in units of its tile, none twice in succession."""
    points = shapely.get_coordinates(part)
    units = np.rint((points - (left, top)) * (1, -1) / unit_m).astype(np.int64)
    moved = np.any(np.diff(units, axis=0), axis=1) if len(units) else []
    return units[np.concatenate([[True], moved])] if len(units) else units


def properties(road: Road) -> dict[str, str]:
    """Return the properties of a road, those that are not known left out."""
    known = {"class": road.road_class, "status": road.status}
    if road.ref:
        known["ref"] = road.ref
    if road.name:
        known[NAME_OF.get(road.country, "name_vi")] = road.name
        if road.country not in NAME_OF:
            known["name_en"] = plain(road.name)
    return known


def add_roads(folder: Path) -> None:
    """Write the layer of the roads anew into the basemap of a data package."""
    basemap = folder / "basemap" / "basemap.pmtiles"
    archive = read(basemap)
    tiles = {number: without(tile, LAYER) for number, tile in archive.tiles.items()}
    rows = read_rows(folder / "roads.csv")
    roads = roads_of(rows)
    for zoom in range(FROM_ZOOM, LAST_ZOOM + 1):
        for number, content in layers(generalise(roads, zoom), zoom):
            tiles[number] = tiles.get(number, b"") + content
    about = {"id": LAYER, "fields": dict.fromkeys(FIELDS, "String")}
    about |= {"minzoom": FROM_ZOOM, "maxzoom": LAST_ZOOM}
    others = [layer for layer in archive.metadata["vector_layers"] if layer["id"] != LAYER]
    metadata = archive.metadata | {
        "attribution": archive.metadata["attribution"].split(OF_ROADS)[0] + attribution(folder),
        "vector_layers": [*others, about],
        LAYER: summary(rows),
    }
    full = {number: tile for number, tile in tiles.items() if tile}
    write(basemap, archive._replace(metadata=metadata, tiles=full))


def attribution(folder: Path) -> str:
    """Return what the package asks to be shown wherever its roads are shown."""
    described = folder / "datapackage.json"
    if not described.is_file():  # of a region that is being begun
        return ""
    package = json.loads(described.read_text(encoding="utf-8"))
    asked = [part.get("attribution") for part in package["resources"] if part["name"] == LAYER]
    return OF_ROADS + asked[0] if asked and asked[0] else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE.parent, help="folder of the data package")
    add_roads(parser.parse_args().out)


if __name__ == "__main__":
    main()

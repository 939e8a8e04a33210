"""Make roads.csv of a data package from an OpenStreetMap file of main roads.

Run by hand, once for each region or new edition of the file::

    pip install -r data/roads/requirements.txt
    python data/roads/build.py roads.osm.pbf

The file holds ways with the tags of OpenStreetMap and those that README.md of the data package
lists; :mod:`sides` says in which country each lies, by the outlines that ``data/basemap/build.py``
makes. A gate of ``gates.csv`` that has roads on both sides and none across gets a way over it.
Parts of one road that agree in everything are joined, and points are left out where no line moves
by more than ``TOLERANCE_M``. Every point where roads meet is kept: lines meet where they share a
position, and nowhere else."""

from __future__ import annotations

import argparse
import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import carriageways
import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
import sides

HERE = Path(__file__).parent
TOLERANCE_M = 10.0
GRID = 100_000  # positions to a degree: five decimals, about a metre
DEGREE_M = 111_320.0
TURN = math.cos(math.radians(100))  # parts of a road that turn more than 80 degrees are not joined
PLAIN = frozenset({"VN"})
"""Countries in which the file tells mountains from plains."""

KINDS = ("expressway", "national_road", "provincial_road")
"""Kinds of corridors that are roads."""

Ways = list[tuple[dict[str, str], list[int]]]
Place = tuple[int, int]
"""A position on the grid, longitude first."""


class Origin(NamedTuple):
    """What a value of the tag ``source`` stands for; README.md of the package explains each."""

    source: str
    source_kind: str
    as_of: str
    position_accuracy_m: int


ORIGINS = {
    "osm-2021-08": Origin("OpenStreetMap z14", "code", "2021-08-06", 20),
    "osm-2021-02": Origin("OpenStreetMap z7", "code", "2021-02-13", 100),
    "published": Origin("Zone Atlas, published", "memory", "2026-02", 3000),
    "zone-atlas-sketch": Origin("Zone Atlas, sketch", "memory", "2026-02", 8000),
    "zone-atlas-join": Origin("Zone Atlas, join", "assumption", "2021-02-13", 300),
    "zone-atlas-opening": Origin("Zone Atlas, join", "assumption", "2021-08-06", 300),
    "zone-atlas-gate": Origin("Zone Atlas, gate", "assumption", "2026-02", 500),
}
MAIN = ("motorway", "trunk", "primary")
"""Classes of the roads that a sketched one meets."""
OPENED_BY_PAGE = ("吴圩至上思", "上思至防城港", "大新经龙州至凭祥")
"""Roads whose opening stands on a page; the other dates are remembered."""


class Road(NamedTuple):
    """What a row says of its line, in the order of the columns; parts that agree in it are one
    road.
    """

    road_class: str
    ref: str
    name: str
    country: str
    terrain: str
    structure: str
    one_way: str
    status: str
    opening: str
    opening_source_kind: str
    corridor: str
    opening_assumed: str
    notes: str
    source: str
    source_kind: str
    as_of: str
    position_accuracy_m: int


RENUMBERED = {"CT.09": "CT.06"}
"""Expressways that bear another number since Decision 1454/QD-TTg of 2021, as corridors.csv has
it: Hai Phong - Ha Long - Van Don.
"""


@dataclass(frozen=True)
class Part:
    """A piece of a road between two points, by the numbers of its points."""

    road: Road
    nodes: list[int]


# ---------------------------------------------------------------- reading


def read(path: Path) -> tuple[Ways, dict[int, Place]]:
    """Read the ways with their tags, and the positions of their points, each on one of its own.

    Where the file has two points in one place, because roads cross there without meeting, one is
    moved by a metre.
    """
    ways: Ways = []
    places: dict[int, Place] = {}
    taken: set[Place] = set()
    for thing in osmium.FileProcessor(str(path)):
        if thing.is_node():
            x, y = round(thing.lon * GRID), round(thing.lat * GRID)
            while (x, y) in taken:
                x += 1
            taken.add((x, y))
            places[thing.id] = x, y
        elif thing.is_way():
            ways.append((dict(thing.tags), [node.ref for node in thing.nodes]))
    return ways, places


def add_sketched(ways: Ways, places: dict[int, Place], folder: Path) -> None:
    """Add the roads of corridors that are not open and that the file does not draw: the sketch of
    each, and a ramp to the nearest main road where it says that the two meet.
    """
    main = sorted({node for tags, way in ways if tags.get("highway") in MAIN for node in way})
    tree = shapely.STRtree(shapely.points([places[node] for node in main]))
    lines = [shapely.LineString([places[node] for node in way]) for _, way in ways]
    drawn = set(corridors_of(ways, lines, folder))
    for key, corridor, sketch in closed_corridors(folder):
        if key in drawn:
            continue
        nodes = []
        tags = {
            "highway": "construction",
            "construction": "motorway",
            "ref": corridor["ref"],
            "name": corridor["name_en"],
            "opening_date": corridor["open_year"],
            "source": "zone-atlas-sketch",
        }
        for vertex in sketch.itertuples():
            nodes.append(-len(places))
            places[nodes[-1]] = round(vertex.lon * GRID), round(vertex.lat * GRID)
            if vertex.joins:
                other = main[int(tree.nearest(shapely.Point(places[nodes[-1]])))]
                ways.append(
                    (tags | {"construction": "motorway_link", "ref": ""}, [nodes[-1], other])
                )
        ways.append((tags, nodes))


def add_gates(
    ways: Ways, places: dict[int, Place], outlines: gpd.GeoDataFrame, folder: Path
) -> None:
    """Add a way across each gate for vehicles that has roads on both sides and none across."""
    path = folder / "gates.csv"
    if not path.is_file():
        return
    gates = pd.read_csv(path).query("mode == 'road'")
    positions = gates[["lon", "lat", "position_accuracy_m"]].fillna(0).itertuples(index=False)
    parted = dict(places)
    known = sides.divided(ways, parted, outlines)
    for here, position, there in list(sides.without_road(known, parted, positions)):
        gate = -len(places)
        places[gate] = position
        ways.append(({"highway": "secondary", "source": sides.GATE}, [here, gate, there]))
    winding = {node for tags, nodes in ways if tags.get("terrain") == "mountain" for node in nodes}
    for tags, nodes in ways:
        if tags["source"] == sides.GATE and winding & {nodes[0], nodes[-1]}:
            tags["terrain"] = "mountain"


def closed_corridors(folder: Path) -> Iterator[tuple[str, dict[str, str], pd.DataFrame]]:
    """Yield each road corridor that is not open, with its row and its sketch."""
    path = folder / "corridors" / "sketch.csv"
    if not path.is_file():
        return
    sketch = pd.read_csv(path, keep_default_na=False)
    rows = pd.read_csv(folder / "corridors.csv", dtype=str, keep_default_na=False).set_index("id")
    for key, row in rows.iterrows():
        if row["kind"] in KINDS and row["status"] != "operating":
            yield str(key), row.to_dict(), sketch[sketch["corridor"] == key]


def corridors_of(ways: Ways, lines: list[shapely.LineString], folder: Path) -> list[str]:
    """Return for each way under construction the corridor that is to open with it: the nearest of
    those that are not open, within twice the error of its sketch; empty for other ways.

    Lines and sketches are on the grid.
    """
    nearby = {
        key: (
            shapely.LineString(sketch[["lon", "lat"]] * GRID),
            sketch["accuracy_m"].max() * 2 / DEGREE_M * GRID,
        )
        for key, _, sketch in closed_corridors(folder)
    }
    found = [""] * len(ways)
    for i, ((tags, _), line) in enumerate(zip(ways, lines, strict=True)):
        if tags.get("highway") == "construction" and nearby:
            off = {key: line.centroid.distance(shape) / far for key, (shape, far) in nearby.items()}
            nearest = min(off, key=lambda key: off[key])
            found[i] = nearest if off[nearest] < 1 else ""
    return found


def road_of(
    tags: Mapping[str, str], country: str, plain: frozenset[str], corridor: str = ""
) -> Road:
    """Return what the tags of a way in a country say; `plain` are the countries where a road
    without terrain is known to lie in the plain.
    """
    origin = ORIGINS[tags["source"]]
    name = tags.get("name") or tags.get("name:en", "")
    building = tags.get("highway") == "construction"
    ferry = tags.get("route") == "ferry"
    opening = tags.get("opening_date" if building else "start_date", "")
    by_page = name.startswith(OPENED_BY_PAGE) or building
    was = tags.get("osm:highway")
    notes = [tags.get("note", ""), f"{was} in OpenStreetMap" if was else ""]
    return Road(
        road_class="ferry" if ferry else tags["construction" if building else "highway"],
        ref=RENUMBERED.get(tags.get("ref", ""), tags.get("ref", "")),
        name=name,
        country=country,
        terrain=tags.get("terrain", "plain") if country in plain and not ferry else "",
        structure=next((kind for kind in ("bridge", "tunnel") if kind in tags), ""),
        one_way="true" if tags.get("oneway") == "yes" else "false",
        status="under_construction" if building else "open",
        opening=opening,
        opening_source_kind=("page" if by_page else "memory") if opening else "",
        corridor=corridor,
        opening_assumed="true" if tags.get("opened") == "assumed" else "",
        notes="; ".join(filter(None, notes)),
        **origin._asdict(),
    )


# ---------------------------------------------------------------- joining


def joined(parts: Iterable[Part], places: dict[int, Place]) -> Iterator[Part]:
    """Join the parts of each road end to end, at every point with the one that goes on straightest.

    A step that a road has twice is taken once.
    """
    by_road: dict[Road, list[list[int]]] = defaultdict(list)
    seen: dict[Road, set[tuple[int, int]]] = defaultdict(set)
    for part in parts:
        for nodes in without_repeats(part, seen[part.road]):
            by_road[part.road].append(nodes)
    for road, lines in by_road.items():
        for nodes in chains(lines, places, road.one_way == "true"):
            yield Part(road, nodes)


def without_repeats(part: Part, seen: set[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield the pieces of a part without the steps that were seen before."""
    piece = part.nodes[:1]
    for tail, head in pairwise(part.nodes):
        step = (tail, head) if part.road.one_way == "true" else (min(tail, head), max(tail, head))
        if step in seen or tail == head:
            if len(piece) > 1:
                yield piece
            piece = [head]
        else:
            seen.add(step)
            piece.append(head)
    if len(piece) > 1:
        yield piece


def chains(lines: list[list[int]], places: dict[int, Place], one_way: bool) -> Iterator[list[int]]:
    """Yield lines joined end to end; a one-way line only goes on in its own direction."""
    # an end is named by twice its line, plus one for the last point of it
    ends: dict[int, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        ends[line[0]].append(2 * number)
        ends[line[-1]].append(2 * number + 1)
    mate: dict[int, int] = {}
    for node, here in ends.items():
        pairs = [
            (straightness(lines, places, node, a, b), a, b)
            for i, a in enumerate(here)
            for b in here[i + 1 :]
            if a >> 1 != b >> 1 and not (one_way and a & 1 == b & 1)
        ]
        for straight, a, b in sorted(pairs):
            if straight < TURN and a not in mate and b not in mate:
                mate[a], mate[b] = b, a
    done: set[int] = set()
    starts = [end for end in range(2 * len(lines)) if end not in mate]
    for end in (*starts, *range(2 * len(lines))):
        if end >> 1 in done or (one_way and end & 1):
            continue
        chain: list[int] = []
        follow: int | None = end
        while follow is not None and follow >> 1 not in done:
            done.add(follow >> 1)
            line = lines[follow >> 1]
            chain += (line[::-1] if follow & 1 else line)[bool(chain) :]
            follow = mate.get(follow ^ 1)
        yield chain


def straightness(
    lines: list[list[int]], places: dict[int, Place], node: int, a: int, b: int
) -> float:
    """Return the cosine between the directions in which two lines leave a point: -1 goes straight
    on.
    """
    at = np.array(places[node], float)
    legs = []
    for end in (a, b):
        line = lines[end >> 1]
        leg = np.array(places[line[-2] if end & 1 else line[1]]) - at
        leg[0] *= math.cos(math.radians(at[1] / GRID))
        legs.append(leg / np.hypot(*leg))
    return float(legs[0] @ legs[1])


# ---------------------------------------------------------------- generalising


def simplified(parts: list[Part], places: dict[int, Place]) -> Iterator[Part]:
    """Yield the parts with fewer points: those where roads meet, or a road meets itself, and those
    without which a line would move by more than the tolerance.
    """
    times = Counter(node for part in parts for node in part.nodes)
    for part in parts:
        fixed = [
            i
            for i, node in enumerate(part.nodes)
            if i in (0, len(part.nodes) - 1) or times[node] > 1
        ]
        kept = part.nodes[:1]
        for start, end in pairwise(fixed):
            kept += thinned(part.nodes[start : end + 1], places)[1:]
        yield Part(part.road, kept)


def thinned(nodes: list[int], places: dict[int, Place]) -> list[int]:
    """Leave out points between the first and the last (Douglas and Peucker); a ring keeps three."""
    if len(nodes) < 3:
        return nodes
    xy = np.array([places[node] for node in nodes]) / GRID * DEGREE_M
    xy[:, 0] *= math.cos(math.radians(xy[0, 1] / DEGREE_M))
    kept = np.zeros(len(nodes), bool)
    kept[[0, -1]] = True
    ring = nodes[0] == nodes[-1]
    stack = [(0, len(nodes) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        leg, rest = xy[last] - xy[first], xy[first + 1 : last] - xy[first]
        along = np.clip(rest @ leg / max(leg @ leg, 1e-9), 0, 1)
        off = np.hypot(*(rest - along[:, None] * leg).T)
        worst = int(off.argmax())
        if off[worst] > TOLERANCE_M or (ring and kept.sum() < 4):
            kept[first + 1 + worst] = True
            stack += [(first, first + 1 + worst), (first + 1 + worst, last)]
    return [node for node, keep in zip(nodes, kept, strict=True) if keep]


# ---------------------------------------------------------------- writing


def write(parts: list[Part], places: dict[int, Place], path: Path) -> None:
    """Write the table, roads of one kind together and from north-west to south-east."""
    parts = sorted(parts, key=lambda part: (*map(str, part.road), places[part.nodes[0]]))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", *Road._fields, "wkt"])
        for number, part in enumerate(parts, start=1):
            points = (f"{degrees(x)} {degrees(y)}" for x, y in map(places.get, part.nodes))
            table.writerow([f"r{number}", *part.road, f"LINESTRING ({','.join(points)})"])


def degrees(value: int) -> str:
    """Write a position on the grid in degrees."""
    return f"{value / GRID:.5f}".rstrip("0").rstrip(".")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="OpenStreetMap file of the main roads")
    parser.add_argument("--out", type=Path, default=HERE.parent, help="folder of the data package")
    parser.add_argument(
        "--terrain",
        default=",".join(PLAIN),
        help="countries whose roads all state their terrain, by commas",
    )
    options = parser.parse_args()
    make(options.file, options.out, frozenset(options.terrain.split(",")))


def make(file: Path, folder: Path, plain: frozenset[str] = PLAIN) -> None:
    """Read a file and write the table of a data package; `plain` as in :func:`road_of`."""
    outlines = gpd.read_file(folder / "basemap" / "countries.geojson")
    ways, places = read(file)
    carriageways.mend(ways, places, "osm-2021-08", "zone-atlas-opening")
    add_sketched(ways, places, folder)
    add_gates(ways, places, outlines, folder)
    lines = [shapely.LineString([places[node] for node in nodes]) for _, nodes in ways]
    corridors = corridors_of(ways, lines, folder)
    parts = [
        Part(road_of(ways[side.way][0], side.country, plain, corridors[side.way]), side.nodes)
        for side in sides.divided(ways, places, outlines)
    ]
    parts = list(joined(parts, places))
    write(list(simplified(parts, places)), places, folder / "roads.csv")


if __name__ == "__main__":
    main()

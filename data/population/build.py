"""Write ``data/population.csv``: the people of wards, communes and counties, spread over the roads.

Run ``python data/population/build.py AREAS MARGIN POINTS_CN ROADS`` in the repository: three tables
of people (see ``data/README.md`` for where they come from) and an OpenStreetMap file of the main
roads. Places in Laos stay as they are in ``population.csv``; everything else is written anew.

An area of more than ``MOST`` people is written as several points of equal people. In Viet Nam, and
in the countryside of China, they are the middles of as many stretches of the roads that lie nearer
to the point of this area than to that of any other of the country, distances counted in units of
the size of each area. Where a table has the people of a town in one point, they are spread over a
disc around it, of the size that the planning standard GB 50137 grants: 105 m² for each of them.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2
from scipy.spatial import KDTree

TABLE = Path(__file__).parents[1] / "population.csv"
COUNTRIES = TABLE.with_name("basemap") / "countries.geojson"
WEST, SOUTH, EAST, NORTH = 102.0, 19.5, 110.6, 25.3
"""The region of the roads, in degrees: people beyond it are in no count."""
MOST = 10_000
"""People of a point at most, so that no count has a cliff; a ward has some 50,000, a county ten
times as many.
"""
STEP_KM = 0.4
"""Between two places of a road where people may live."""
ALONG = {"trunk", "primary", "secondary", "tertiary", "unclassified", "residential"}
"""Roads along which people live."""
REACH = 1.5
"""People live within so many radii of the disc that has the size of their area."""
RURAL_KM2 = 120.0
"""Size of the cell of 0.1 degrees that a point of the Chinese countryside stands for."""
TOWN_M2 = 105.0
"""Land for a person of a town: the upper end of what GB 50137-2011 grants, the Code for
classification of urban land use and planning standards of development land.
"""
KM = 111.19
"""Of a degree of latitude."""


@dataclass(frozen=True)
class Area:
    """People who are counted together, around a point; ``size_km2`` is that of their land."""

    id: str
    unit: str
    name: str
    country: str
    lon: float
    lat: float
    people: int
    year: str
    source: str
    kind: str
    size_km2: float
    is_town: bool


def main(areas: str, margin: str, points_cn: str, roads: str) -> None:
    counted = [area for area in read(areas, margin, points_cn) if within(area)]
    lots = places(roads)
    spread = [row for area, points in shared(counted, lots) for row in rows(area, points)]
    with TABLE.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        kept = [row for row in reader if row["country"] == "LA"]
    kept = [row for old in kept for row in settled(old)]
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(spread[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted([*spread, *kept], key=itemgetter("id")))


def settled(row: dict[str, str]) -> Iterator[dict[str, str]]:
    """Spread the people of a place in Laos over the town, unless that is done."""
    row |= {"area": row.get("area") or row["id"], "year": row["as_of"][:4], "counted": "residents"}
    people = int(row["population"])
    count = -(-people // MOST)
    middle = plane(np.array([float(row["lon"]), float(row["lat"])]))
    each, rest = divmod(people, count)
    for i, point in enumerate(disc(middle, np.sqrt(people * TOWN_M2 / 1e6 / np.pi), count)):
        lon, lat = (point / plane(np.ones(2))).tolist()
        yield (
            row
            if count == 1
            else row
            | {
                "id": f"{row['id']}-{i + 1}",
                "lon": f"{lon:.4f}",
                "lat": f"{lat:.4f}",
                "population": str(each + (i < rest)),
                "source_kind": "estimate",
            }
        )


def read(areas: str, margin: str, points_cn: str) -> Iterator[Area]:
    """Read the areas of Viet Nam, and the towns and cells of China."""
    sizes = {}
    for path in (areas, margin):
        for row in table(path):
            sizes[row["id"]] = float(row["area_km2"])
            if row["country"] == "VN":
                yield Area(
                    row["id"],
                    row["id"],
                    row["name_en"],
                    "VN",
                    float(row["lon"]),
                    float(row["lat"]),
                    int(row["population"]),
                    row["population_year"],
                    row["source"],
                    row["population_source_kind"],
                    sizes[row["id"]],
                    False,
                )
    for row in table(points_cn):
        people, is_town = int(row["population"]), row["part"] != "rural"
        yield Area(
            row["id"],
            row["area_id"],
            row["name_en"],
            "CN",
            float(row["lon"]),
            float(row["lat"]),
            people,
            row["population_year"],
            row["source"],
            row["population_source_kind"],
            people * TOWN_M2 / 1e6 if is_town else min(RURAL_KM2, sizes[row["area_id"]]),
            is_town,
        )


def table(path: str) -> Iterator[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def within(area: Area) -> bool:
    return WEST <= area.lon <= EAST and SOUTH <= area.lat <= NORTH


def places(path: str) -> NDArray[np.float64]:
    """Return places along the roads where people may live, in the plane of :func:`plane`."""
    found = []
    for way in (
        osmium.FileProcessor(path).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
    ):
        if not way.is_way() or way.tags["highway"] not in ALONG:
            continue
        line = plane(np.array([(node.lon, node.lat) for node in way.nodes]))
        along = np.append(0.0, np.hypot(*np.diff(line, axis=0).T).cumsum())
        at = np.arange(STEP_KM / 2, along[-1], STEP_KM)
        found.append(np.column_stack([np.interp(at, along, line[:, axis]) for axis in (0, 1)]))
    return np.concatenate(found)


def plane(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return kilometres east and north, true enough in this region."""
    return lonlat * KM * np.array([np.cos(np.radians((SOUTH + NORTH) / 2)), 1.0])


def shared(
    areas: list[Area], lots: NDArray[np.float64]
) -> Iterator[tuple[Area, NDArray[np.float64]]]:
    """Return each area with the points among which its people are shared."""
    outlines = gpd.read_file(COUNTRIES).set_index("country").geometry
    lonlat = lots / plane(np.ones(2))
    for country in ("VN", "CN"):
        inside = shapely.contains_xy(outlines[country], lonlat)
        land = [area for area in areas if area.country == country and not area.is_town]
        if land:
            yield from stretched(land, lots[inside])
    for area in areas:
        if area.is_town:
            middle = plane(np.array([area.lon, area.lat]))
            yield area, disc(middle, np.sqrt(area.size_km2 / np.pi), -(-area.people // MOST))


def stretched(
    land: list[Area], lots: NDArray[np.float64]
) -> Iterator[tuple[Area, NDArray[np.float64]]]:
    """Return each area of one country with the middles of stretches of its roads."""
    middles = plane(np.array([(area.lon, area.lat) for area in land]))
    radius = np.sqrt(np.array([area.size_km2 for area in land]) / np.pi)
    away, near = KDTree(middles).query(lots, k=range(1, min(len(land), 16) + 1))
    best = (away / radius[near]).argmin(axis=1)
    row = np.arange(len(lots))
    owner, apart = near[row, best], (away / radius[near])[row, best]
    mine = np.where(apart <= REACH, owner, -1)
    order = np.argsort(mine, kind="stable")
    start = np.searchsorted(mine[order], np.arange(len(land) + 1))
    for i, area in enumerate(land):
        count = -(-area.people // MOST)
        own = lots[order[start[i] : start[i + 1]]]
        if 1 < len(own) < count:
            own = np.concatenate([own, disc(middles[i], radius[i] / 2, 4 * count)])
        points = stretches(own, count) if count > 1 and len(own) > 1 else middles[i][None]
        yield area, points if len(points) == count else disc(middles[i], radius[i] / 2, count)


def stretches(lots: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the places in the middle of so many stretches of road."""
    centres, _ = kmeans2(lots, count, minit="++", seed=1, missing="warn")
    return lots[KDTree(lots).query(centres)[1]]


def disc(middle: NDArray[np.float64], radius: float, count: int) -> NDArray[np.float64]:
    """Return points that are spread evenly over a disc, as the seeds of a sunflower."""
    at = np.arange(count)
    turn, out = at * np.pi * (3 - np.sqrt(5)), radius * np.sqrt((at + 0.5) / count)
    if count == 1:
        return middle[None]
    return middle + np.column_stack([out * np.cos(turn), out * np.sin(turn)])


def rows(area: Area, points: NDArray[np.float64]) -> Iterator[dict[str, str]]:
    """Return the rows of an area: its people, shared evenly."""
    each, rest = divmod(area.people, len(points))
    lonlat = points / plane(np.ones(2))
    for i, (lon, lat) in enumerate(lonlat.tolist()):
        yield {
            "id": area.id if len(points) == 1 else f"{area.id}-{i + 1}",
            "area": area.unit,
            "name_en": area.name,
            "country": area.country,
            "lon": f"{lon:.4f}",
            "lat": f"{lat:.4f}",
            "population": str(each + (i < rest)),
            "year": area.year,
            "counted": "registered" if area.country == "VN" else "residents",
            "source": area.source,
            "source_kind": area.kind if len(points) == 1 else "estimate",
            "as_of": area.year,
        }


if __name__ == "__main__":
    main(*sys.argv[1:])

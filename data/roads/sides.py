"""Divide the ways of a source by the countries in which they lie.

Outlines of countries are drawn to a hundred metres or so, and roads run along borders on the bank
of a river. So a way that begins and ends in one country lies in that country, whatever an outline
says of its middle; one that leads from one country to another is divided once, where it crosses.
A number on its signs, or a source that holds roads of one country alone, outweighs outlines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise, product
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

GRID = 100_000
DEGREE_M = 111_320.0
COUNTRY_OF = {"osm-2021-02": "CN", "zone-atlas-join": "CN"}
"""Sources that hold roads of one country alone, by the value of the tag ``source``."""
SIGNS = {
    "CN": re.compile(r"[GSX]\d{3,4}"),
    "VN": re.compile(r"(QL|ĐT|DT|TL|CT)[. ]*\d"),
}
"""Numbers of roads that only one country has."""
GATE = "zone-atlas-gate"
"""Source of the ways drawn over a gate, whose second of three points is its position."""
BETWEEN = frozenset({GATE, "zone-atlas-opening"})
"""Sources of ways that were added between roads."""
NEAR_GATE_M = 2_000.0
"""A road across the border belongs to a gate within this distance, as in the package ``geo``."""
DRAWN = frozenset({"published", "zone-atlas-sketch"})
"""Sources so coarse that the middle of a way tells more than its ends."""
STRAY_M = 3_000.0
"""A piece of a road abroad, up to this long, that leads from one country back to the same, and to
no other road, lies in that country."""

LEAST_M = 3.0
"""A road is not divided nearer than this to one of its points, but in it."""

Ways = list[tuple[dict[str, str], list[int]]]
Place = tuple[int, int]


class Side(NamedTuple):
    """A part of a way that lies in one country."""

    way: int
    nodes: list[int]
    country: str
    sure: bool


def divided(ways: Ways, places: dict[int, Place], outlines: gpd.GeoDataFrame) -> list[Side]:
    """Return the parts of all ways, in their order, each with its country.

    Parameters
    ----------
    places
        The points where ways are divided are added to it.
    outlines
        Polygons with the column ``country``, WGS 84.
    """
    of_node = countries_of([places[node] for _, nodes in ways for node in nodes], outlines)
    sides: list[Side] = []
    first = 0
    for way, (tags, nodes) in enumerate(ways):
        known = of_node[first : first + len(nodes)]
        first += len(nodes)
        if stated := stated_country(tags):
            sides.append(Side(way, nodes, stated, sure=True))
        elif tags["source"] in DRAWN:
            line = shapely.LineString([places[node] for node in nodes])
            middle = line.interpolate(0.5, normalized=True)
            (country,) = countries_of([(middle.x, middle.y)], outlines)
            sides.append(Side(way, nodes, country, sure=True))
        elif tags["source"] not in BETWEEN:
            sides += parted(way, nodes, known, places, outlines)
    sides = without_strays(sides, places)
    sides += between(ways, sides, places, outlines)
    return sorted(sides, key=lambda side: side.way)


def stated_country(tags: dict[str, str]) -> str | None:
    """Return the country that the source of a way or its number tells; None if neither does."""
    if country := COUNTRY_OF.get(tags["source"]):
        return country
    if tags["source"] in DRAWN:
        return None
    ref = tags.get("ref", "")
    return next((country for country, sign in SIGNS.items() if sign.match(ref)), None)


def countries_of(points: list[tuple[float, float]], outlines: gpd.GeoDataFrame) -> list[str]:
    """Return the country in which each point on the grid lies, or the nearest one: piers and
    bridges lie outside.
    """
    lonlat = np.array(points, float) / GRID
    shapes, codes = outlines.geometry.to_numpy(), outlines["country"].to_numpy(str)
    country = np.full(len(lonlat), "", object)
    for shape, code in zip(shapes, codes, strict=True):
        shapely.prepare(shape)
        rest = np.flatnonzero(country == "")
        country[rest[shapely.intersects_xy(shape, *lonlat[rest].T)]] = code
    rest = np.flatnonzero(country == "")
    country[rest] = codes[shapely.STRtree(shapes).nearest(shapely.points(lonlat[rest]))]
    return list(map(str, country))


def parted(
    way: int,
    nodes: list[int],
    known: list[str],
    places: dict[int, Place],
    outlines: gpd.GeoDataFrame,
) -> Iterator[Side]:
    """Yield a way whole if it begins and ends in one country, else in two parts: divided where it
    crosses an outline, of several such places where least of it then lies on the wrong side.

    The point where it crosses is added to `places`.
    """
    here, there = known[0], known[-1]
    if here == there:
        yield Side(way, nodes, here, sure=False)
        return
    steps = list(zip(pairwise(nodes), pairwise(known), strict=True))
    inside = [
        {a: 1.0} if a == b else {a: share, b: 1 - share}
        for (tail, head), (a, b) in steps
        for share in [1.0 if a == b else change(places[tail], places[head], a, outlines)]
    ]
    metres = [length_m(places[tail], places[head]) for (tail, head), _ in steps]
    abroad_m = {
        side: [metre * (1 - part.get(side, 0)) for metre, part in zip(metres, inside, strict=True)]
        for side in (here, there)
    }
    crossings = [i for i, (_, (a, b)) in enumerate(steps) if a != b and here in (a, b)]
    at = min(crossings, key=lambda i: sum(abroad_m[here][:i]) + sum(abroad_m[there][i + 1 :]))
    joint = placed(steps[at][0], next(iter(inside[at].values())), places)
    before, after = nodes[: at + 1], nodes[at + 1 :]
    first = before if joint == before[-1] else [*before, joint]
    second = after if joint == after[0] else [joint, *after]
    for country, part in ((here, first), (there, second)):
        if len(part) > 1:
            yield Side(way, part, country, sure=False)


def change(tail: Place, head: Place, country: str, outlines: gpd.GeoDataFrame) -> float:
    """Return at which share of a step it leaves the country in which it begins."""
    low, high = 0.0, 1.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        point = tuple(a + (b - a) * middle for a, b in zip(tail, head, strict=True))
        if countries_of([point], outlines) == [country]:
            low = middle
        else:
            high = middle
    return high


def placed(step: tuple[int, int], share: float, places: dict[int, Place]) -> int:
    """Return the number of a point at a share of a step: a new one, unless it is as good as one of
    the two ends.
    """
    (x, y), (x2, y2) = (places[node] for node in step)
    place = round(x + (x2 - x) * share), round(y + (y2 - y) * share)
    for node in step:
        if length_m(place, places[node]) < LEAST_M:
            return node
    number = -len(places)
    places[number] = place
    return number


def length_m(a: Place, b: Place) -> float:
    """Return the length of a step on the grid."""
    flat = np.cos(np.radians((a[1] + b[1]) / 2 / GRID))
    return float(np.hypot((b[0] - a[0]) * flat, b[1] - a[1]) / GRID * DEGREE_M)


def without_strays(sides: list[Side], places: dict[int, Place]) -> list[Side]:
    """Return the parts with the country around them for those that are abroad by the outlines
    alone, up to ``STRAY_M`` of connected road with two ends or more in that country.
    """
    at: dict[int, list[int]] = defaultdict(list)
    for number, side in enumerate(sides):
        for node in side.nodes:
            at[node].append(number)
    same = [
        (here[0], other)
        for numbers in at.values()
        for country in {sides[number].country for number in numbers}
        for here in [[number for number in numbers if sides[number].country == country]]
        for other in here[1:]
    ]
    pairs = np.array(same).reshape(-1, 2)
    count = len(sides)
    graph = coo_matrix((np.ones(len(pairs)), tuple(pairs.T)), shape=(count, count))
    _, patch = connected_components(graph, directed=False)
    size = np.zeros(count)
    sure = np.zeros(count, bool)
    for number, side in enumerate(sides):
        size[patch[number]] += sum(length_m(places[a], places[b]) for a, b in pairwise(side.nodes))
        sure[patch[number]] |= side.sure
    around: dict[int, set[tuple[int, str]]] = defaultdict(set)
    for node, numbers in at.items():
        for number in numbers:
            around[patch[number]].update(
                (node, sides[other].country)
                for other in numbers
                if sides[other].country != sides[number].country
            )
    home = {
        part: next(iter(countries))
        for part, joints in around.items()
        for countries in [{country for _, country in joints}]
        if len(joints) > 1 and len(countries) == 1 and size[part] <= STRAY_M and not sure[part]
    }
    return [
        side._replace(country=home.get(patch[number], side.country))
        for number, side in enumerate(sides)
    ]


def between(
    ways: Ways, sides: list[Side], places: dict[int, Place], outlines: gpd.GeoDataFrame
) -> Iterator[Side]:
    """Yield the parts of the ways that were added between roads: each in the country of the roads
    that it meets, and divided at its middle point, the gate, if these are two.
    """
    met: dict[int, set[str]] = defaultdict(set)
    for side in sides:
        for node in side.nodes:
            met[node].add(side.country)
    for way, (tags, nodes) in enumerate(ways):
        if tags["source"] not in BETWEEN:
            continue
        ends = [
            sorted(met[node]) or countries_of([places[node]], outlines)
            for node in (nodes[0], nodes[-1])
        ]
        gate = len(nodes) // 2 if len(nodes) > 2 else 0
        here, there = max(product(*ends), key=lambda pair: (pair[0] != pair[1]) == bool(gate))
        if here == there or not gate:
            yield Side(way, nodes, here, sure=True)
        else:
            yield Side(way, nodes[: gate + 1], here, sure=True)
            yield Side(way, nodes[gate:], there, sure=True)


def without_road(
    sides: list[Side], places: dict[int, Place], gates: Iterable[tuple[float, float, float]]
) -> Iterator[list[Place | int]]:
    """Yield for each gate near which roads of two countries end or pass without meeting the points
    of a way across it: a point of a road, the position of the gate, a point of a road.

    Parameters
    ----------
    gates
        Longitude, latitude and accuracy in metres of the gates for vehicles.
    """
    home: dict[int, set[str]] = defaultdict(set)
    for side in sides:
        for node in side.nodes:
            home[node].add(side.country)
    nodes = list(home)
    grid = np.array([places[node] for node in nodes], float)
    joint = np.array([len(home[node]) > 1 for node in nodes])
    for lon, lat, accuracy_m in gates:
        at = round(lon * GRID), round(lat * GRID)
        flat = np.cos(np.radians(lat))
        away_m = np.hypot((grid[:, 0] - at[0]) * flat, grid[:, 1] - at[1]) / GRID * DEGREE_M
        if away_m[joint].min(initial=np.inf) <= max(NEAR_GATE_M, accuracy_m):
            continue
        nearest: dict[str, int] = {}
        for i in np.argsort(away_m)[: (away_m <= NEAR_GATE_M).sum()]:
            nearest.setdefault(min(home[nodes[i]]), nodes[i])
        if len(nearest) == 2:
            here, there = nearest.values()
            yield [here, at, there]

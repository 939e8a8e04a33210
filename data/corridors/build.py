"""Draw the lines of corridors.csv of a data package along the mapped roads and railways, and write
its stations.

Run by hand, after a row of ``corridors.csv``, ``corridors/sketch.csv`` or ``roads.csv`` has
changed::

    pip install -r data/roads/requirements.txt
    python data/corridors/build.py

``sketch.csv`` holds the ordered points from which a person drew each corridor. A road follows
``roads.csv``, a railway ``railways.geojson``, by the way of least cost from one end of its sketch
to the other: the farther from the sketch and the less fitting in number and class, the dearer is
a road, and dearest is the sketch itself, which is left in only where nothing is mapped. The columns
``wkt``, ``line_source``, ``mapped_pct`` and ``position_accuracy_m`` of ``corridors.csv``, and the
table ``stations.csv``, come from here."""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

HERE = Path(__file__).parent
TOLERANCE_M = 20.0
DEGREE_M = 111_320.0
DOUBT_M = {"VN": 4_000.0}
"""How far from its sketch a road costs twice as much; at twice that it is not looked for. The
sketches of other countries lie farther off."""
FAR_M = 10_000.0
SKETCH, BRIDGE, LINK, OTHER, SECOND, ALIKE = 20.0, 4.0, 3.0, 4.0, 2.0, 1.6
"""Costs of a metre: of the sketch, of a gap between two ends of mapped railways, of a ramp, of a
road of another class, of a trunk road for an expressway, of a road of the right class and another
number."""
END = 4.0
"""Cost of a metre between the end of a sketch and where the mapped line begins."""
BRIDGE_M = 1_500.0
STEP_M = 300.0
CLASSES = {
    "expressway": ("motorway",),
    "national_road": ("trunk", "primary"),
    "provincial_road": ("primary", "secondary", "tertiary"),
}
"""Classes of OpenStreetMap that a kind of corridor has."""
DERIVED = ("line_source", "mapped_pct", "wkt")
FORMERLY = {"CT1": "CT3", "CT6": "CT9"}
"""Numbers that expressways had in OpenStreetMap of 2021, before they were numbered anew."""
STATION_COLUMNS = (
    *("id", "corridor", "seq", "name_en", "lon", "lat", "position_accuracy_m"),
    *("source", "source_kind", "as_of"),
)

Points = NDArray[np.float64]


class Origin(NamedTuple):
    """Where a piece of a line comes from."""

    source: str
    accuracy_m: float
    mapped: bool


@dataclass
class Mapped:
    """Mapped lines, step by step: `tail` and `head` number the points, `line` the rows."""

    lonlat: Points
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    line: NDArray[np.int64]
    rows: pd.DataFrame


@dataclass
class Drawn:
    """A line with the origin of each of its steps."""

    lonlat: Points
    origins: list[Origin] = field(default_factory=list)

    def share(self, of: Iterable[Origin]) -> float:
        """Return the share of the length that comes from some origins."""
        wanted = set(of)
        step_m = lengths_m(self.lonlat)
        mine = np.array([origin in wanted for origin in self.origins], bool)
        return float(step_m[mine].sum() / step_m.sum())


def metres(lonlat: Points, lat: float) -> Points:
    """Lay degrees out in metres around a latitude."""
    return lonlat * (DEGREE_M * math.cos(math.radians(lat)), DEGREE_M)


def lengths_m(lonlat: Points) -> Points:
    """Return the length of each step of a line."""
    flat = np.diff(lonlat, axis=0) * DEGREE_M
    flat[:, 0] *= np.cos(np.radians((lonlat[1:, 1] + lonlat[:-1, 1]) / 2))
    return np.hypot(flat[:, 0], flat[:, 1])


# ---------------------------------------------------------------- reading


def steps(shapes: NDArray[np.object_], rows: pd.DataFrame) -> Mapped:
    """Take lines apart into steps between positions of five decimals."""
    parts, part_row = shapely.get_parts(shapes, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    places, at = np.unique(np.round(xy * 1e5).astype(np.int64), axis=0, return_inverse=True)
    step = np.flatnonzero((part[1:] == part[:-1]) & (at[1:] != at[:-1]))
    return Mapped(places / 1e5, at[step], at[step + 1], part_row[part[step]], rows)


def read_roads(path: Path) -> Mapped:
    """Read the table of roads."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    shapes = shapely.from_wkt(rows.pop("wkt").to_numpy(object))
    rows["number"] = [plain(ref) for ref in rows["ref"]]
    return steps(shapes, rows)


def read_railways(path: Path) -> Mapped:
    """Read the railways, with the straight gaps between their ends that are bridged."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    rows = pd.DataFrame([feature["properties"] for feature in features])
    shapes = np.array([shapely.geometry.shape(feature["geometry"]) for feature in features])
    return steps(shapes, rows)


def plain(ref: str) -> frozenset[str]:
    """Return the numbers of a road without what mappers write differently: ``QL.1A`` is ``1``.

    >>> sorted(plain("CT.03;QL.1A"))
    ['1', 'CT3']
    """
    numbers = set()
    for part in ref.upper().replace("/", ";").split(";"):
        bare = part.strip().replace(".", "").replace(" ", "").removeprefix("QL")
        if bare.startswith("CT"):
            bare = f"CT{bare[2:].lstrip('0')}"
        numbers.add("1" if bare == "1A" else bare)
    return frozenset(numbers - {""})


# ---------------------------------------------------------------- matching


def costs_of_roads(mapped: Mapped, corridor: Mapping[str, str]) -> Points:
    """Return what a metre of each road costs for a corridor, infinite where it is not driven."""
    rows = mapped.rows
    if corridor["status"] != "operating":
        return np.where(rows["corridor"] == corridor["id"], 1.0, np.inf)
    own_class = rows["road_class"].isin(CLASSES[corridor["kind"]]).to_numpy()
    cost = np.where(own_class, ALIKE, OTHER)
    if corridor["kind"] == "expressway":
        cost[rows["road_class"].eq("trunk").to_numpy()] = SECOND
    numbers = plain(corridor["ref"])
    numbers |= {FORMERLY[number] for number in numbers & FORMERLY.keys()}
    named = np.array([bool(numbers & have) for have in rows["number"]])
    nameless = (rows["country"] == "CN").to_numpy() & own_class
    cost[named | nameless | (own_class & (not numbers))] = 1
    cost[rows["road_class"].str.endswith("_link").to_numpy()] = LINK
    cost[rows["road_class"].eq("ferry").to_numpy()] = SKETCH
    cost[(rows["status"] != "open").to_numpy()] = np.inf
    return cost


def costs_of_railways(mapped: Mapped, corridor: Mapping[str, str]) -> Points:
    """Return what a metre of each railway costs for a corridor, infinite where none is its own."""
    if corridor["id"] not in set(mapped.rows["corridor_id"]):
        return np.full(len(mapped.rows), np.inf)
    own = (mapped.rows["corridor_id"] == corridor["id"]).to_numpy()
    return np.where(own, 1.0, np.where(mapped.rows["corridor_id"].notna(), 1.5, 2.5))


def follow(mapped: Mapped, cost: Points, sketch: Points, doubt_m: float, bridge: bool) -> Drawn:
    """Return the way of least cost along a sketch.

    Nodes are the mapped points near the sketch, then points along the sketch, then its two ends.
    """
    lat = float(sketch[:, 1].mean())
    line = shapely.LineString(metres(sketch, lat))
    reach_m = 2 * doubt_m
    low, high = sketch.min(axis=0) - 0.2, sketch.max(axis=0) + 0.2
    inside = ((mapped.lonlat > low) & (mapped.lonlat < high)).all(axis=1)
    step = np.flatnonzero(
        inside[mapped.tail] & inside[mapped.head] & np.isfinite(cost[mapped.line])
    )
    ends = metres(mapped.lonlat[[mapped.tail[step], mapped.head[step]]], lat)
    off_m = shapely.distance(line, shapely.points(ends.mean(axis=0)))
    near = off_m < reach_m
    step, off_m = step[near], off_m[near]
    step_m = np.hypot(*np.moveaxis(ends[0][near] - ends[1][near], -1, 0))
    known, at = np.unique(
        np.concatenate([mapped.tail[step], mapped.head[step]]), return_inverse=True
    )
    edge_cost = step_m * cost[mapped.line[step]] * (1 + (off_m / doubt_m) ** 2)
    tails, heads, prices = [at[: len(step)]], [at[len(step) :]], [edge_cost]
    lines = [mapped.line[step]]

    def add(tail: NDArray[np.int64], head: NDArray[np.int64], price: Points, code: int) -> None:
        tails.append(tail)
        heads.append(head)
        prices.append(price)
        lines.append(np.full(len(tail), code))

    along = shapely.get_coordinates(line.segmentize(STEP_M))
    first = len(known)
    number = first + np.arange(len(along))
    add(number[:-1], number[1:], SKETCH * np.hypot(*np.diff(along, axis=0).T), -1)
    xy = metres(mapped.lonlat[known], lat)
    start, goal = number[-1] + 1, number[-1] + 2
    ways = np.array([0, len(along) - 1])
    add(np.array([start, goal]), number[ways], np.zeros(2), -2)
    if len(known):
        tree = shapely.STRtree(shapely.points(xy))
        good = np.zeros(len(known), bool)
        right = cost[mapped.line[step]] <= SECOND
        good[at[: len(step)][right]] = good[at[len(step) :][right]] = True
        from_, to = tree.query(shapely.points(along), "dwithin", distance=doubt_m / 2)
        to_m = np.hypot(*(along[from_] - xy[to]).T)
        order = np.lexsort((to_m, from_))
        order = order[good[to[order]]]
        few = order[pd.Series(from_[order]).groupby(from_[order]).cumcount().to_numpy() < 5]
        add(number[from_[few]], to[few], SKETCH * to_m[few] + 1_000, -1)
        own = np.zeros(len(known), bool)
        best = cost[mapped.line[step]] <= ALIKE
        own[at[: len(step)][best]] = own[at[len(step) :][best]] = True
        for end, point in ((start, along[0]), (goal, along[-1])):
            to_m = np.hypot(*(xy - point).T)
            close = np.flatnonzero((to_m < doubt_m) & good)
            close = close[own[close]] if own[close].any() else close
            add(np.full(len(close), end), close, END * to_m[close], -2)
        if bridge:
            loose = np.flatnonzero(np.bincount(at, minlength=len(known)) == 1)
            a, b = shapely.STRtree(shapely.points(xy)).query(
                shapely.points(xy[loose]), "dwithin", distance=BRIDGE_M
            )
            gap_m = np.hypot(*(xy[loose[a]] - xy[b]).T)
            add(loose[a], b, BRIDGE * gap_m, -1)
    tail, head = np.concatenate(tails), np.concatenate(heads)
    price, code = np.concatenate(prices), np.concatenate(lines)
    places = np.vstack([mapped.lonlat[known], along / metres(np.ones(2), lat), sketch[[0, -1]]])
    return cheapest(tail, head, price, code, places, (int(start), int(goal)))


def cheapest(
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    price: Points,
    code: NDArray[np.int64],
    places: Points,
    ends: tuple[int, int],
) -> Drawn:
    """Return the cheapest way between two nodes, without the steps of code -2 at its ends; the
    origins are the codes, for the caller to name."""
    order = np.argsort(price, kind="stable")
    low, high = np.minimum(tail, head)[order], np.maximum(tail, head)[order]
    _, kept = np.unique(low * len(places) + high, return_index=True)
    pick = order[kept]
    graph = coo_matrix(
        (np.maximum(price[pick], 1e-6), (tail[pick], head[pick])), shape=(len(places),) * 2
    ).tocsr()
    _, before = dijkstra(graph, directed=False, indices=ends[0], return_predecessors=True)
    way = [ends[1]]
    while way[-1] != ends[0]:
        way.append(int(before[way[-1]]))
    way.reverse()
    by_pair = {
        (int(a), int(b)): int(c) for a, b, c in zip(low[kept], high[kept], code[pick], strict=True)
    }
    codes = [by_pair[min(a, b), max(a, b)] for a, b in pairwise(way)]
    inner = [i for i, one in enumerate(codes) if one != -2]
    return Drawn(places[way[inner[0] : inner[-1] + 2]], [codes[i] for i in inner])


# ---------------------------------------------------------------- drawing


def named(drawn: Drawn, mapped: Mapped, accuracy_m: float) -> Drawn:
    """Return a line whose steps name their origins."""
    sketch = Origin("sketch", accuracy_m, False)
    rows = mapped.rows
    origins = []
    for code in drawn.origins:
        if code < 0:
            origins.append(sketch)
        elif "road_class" in rows:
            row = rows.iloc[code]
            real = row["source_kind"] == "code"
            origins.append(Origin(row["source"], float(row["position_accuracy_m"]), real))
        else:
            origins.append(Origin("OpenStreetMap z14", 20.0, True))
    return Drawn(drawn.lonlat, origins)


def thinned(lonlat: Points, fixed: Iterable[tuple[float, float]]) -> Points:
    """Leave out points without which the line moves by less than the tolerance; fixed ones stay."""
    lat = float(lonlat[:, 1].mean())
    stay = set(fixed)
    cuts = [i for i, point in enumerate(map(tuple, lonlat)) if point in stay]
    cuts = sorted({0, len(lonlat) - 1, *cuts})
    pieces = []
    for a, b in pairwise(cuts):
        piece = shapely.LineString(metres(lonlat[a : b + 1], lat)).simplify(
            TOLERANCE_M, preserve_topology=False
        )
        pieces.append(shapely.get_coordinates(piece)[bool(pieces) :])
    return np.round(np.vstack(pieces) / metres(np.ones(2), lat), 5)


def through(lonlat: Points, point: Points) -> Points:
    """Return a line that has a point as one of its vertices, put in where the line is nearest."""
    lat = float(point[1])
    flat, at = metres(lonlat, lat), metres(point, lat)
    leg = np.diff(flat, axis=0)
    along = np.clip(
        ((at - flat[:-1]) * leg).sum(axis=1) / np.maximum((leg**2).sum(axis=1), 1e-9), 0, 1
    )
    foot = flat[:-1] + along[:, None] * leg
    best = int(np.hypot(*(foot - at).T).argmin())
    if along[best] in (0, 1):
        vertex = best + int(along[best])
        if np.hypot(*(flat[vertex] - at)) < TOLERANCE_M or vertex in (0, len(lonlat) - 1):
            return np.vstack([lonlat[:vertex], point, lonlat[vertex + 1 :]])
    return np.vstack([lonlat[: best + 1], point, lonlat[best + 1 :]])


def nearest(lonlat: Points, point: Points) -> Points:
    """Return the point of a line that is nearest to a point, to five decimals."""
    lat = float(point[1])
    line = shapely.LineString(metres(lonlat, lat))
    foot = shapely.line_interpolate_point(
        line, shapely.line_locate_point(line, shapely.Point(metres(point, lat)))
    )
    return np.round(shapely.get_coordinates(foot)[0] / metres(np.ones(2), lat), 5)


def positions(sketch: pd.DataFrame, lines: Mapping[str, Drawn], kinds: Mapping[str, str]) -> None:
    """Move the stations and the points shared by railways onto the mapped line, each onto one."""
    moved: dict[str, Points] = {}
    for row in sketch.itertuples():
        drawn = lines[row.corridor]
        if "rail" not in kinds[row.corridor] or not any(origin.mapped for origin in drawn.origins):
            continue
        if (row.node_id or row.station) and row.node_id not in moved:
            place = nearest(drawn.lonlat, np.array([row.lon, row.lat]))
            moved[row.node_id or f"{row.corridor} {row.seq}"] = place
    for row in sketch.itertuples():
        key = row.node_id or f"{row.corridor} {row.seq}"
        if key in moved and "rail" in kinds[row.corridor]:
            sketch.loc[row.Index, ["lon", "lat"]] = moved[key]


def draw(corridor: Mapping[str, str], sketch: pd.DataFrame, mapped: Mapped) -> Drawn:
    """Draw a corridor along what is mapped, by its sketch."""
    points, accuracy_m = sketch[["lon", "lat"]].to_numpy(float), float(sketch["accuracy_m"].max())
    rails = "rail" in corridor["kind"]
    if corridor["kind"] in CLASSES:
        cost = costs_of_roads(mapped, corridor)
    elif rails:
        cost = costs_of_railways(mapped, corridor)
    if corridor["kind"] not in CLASSES and not (rails and np.isfinite(cost).any()):
        return Drawn(points, [Origin("sketch", accuracy_m, False)] * (len(points) - 1))
    doubt_m = DOUBT_M.get(corridor["country"], FAR_M)
    return named(follow(mapped, cost, points, doubt_m, rails), mapped, accuracy_m)


def accuracy_m(drawn: Drawn) -> float:
    """Return the worst accuracy that holds for a twentieth of the line or more."""
    by_accuracy = sorted(set(drawn.origins), key=lambda origin: -origin.accuracy_m)
    seen: list[Origin] = []
    for origin in by_accuracy:
        seen.append(origin)
        if drawn.share(seen) >= 0.05:
            return max(origin.accuracy_m, TOLERANCE_M)
    raise AssertionError("the shares of a line add up to 1")


def stations(sketch: pd.DataFrame, corridors: pd.DataFrame) -> list[list[object]]:
    """List the stations along each railway."""
    rows: list[list[object]] = []
    by_id = corridors.set_index("id")
    for corridor, mine in sketch[sketch["station"] != ""].groupby("corridor", sort=False):
        status = by_id.loc[corridor, "status"]
        for seq, row in enumerate(mine.itertuples(), start=1):
            words = row.station.lower().replace(",", "").replace(" - ", " ").replace("-", " ")
            stem = str(corridor).removeprefix("rail-")
            key = f"{stem}-{'-'.join(words.removesuffix(' station').split())}"
            source = "analyst memory" + (
                "" if status == "operating" else "; that a train stops here is assumed"
            )
            place = (row.lon, row.lat, row.accuracy_m)
            rows.append([key, corridor, seq, row.station, *place, source, "memory", "2026"])
    return rows


# ---------------------------------------------------------------- writing


def wkt(lonlat: Points) -> str:
    """Write a line as well-known text."""
    return f"LINESTRING ({','.join(f'{degrees(x)} {degrees(y)}' for x, y in lonlat)})"


def degrees(value: float) -> str:
    """Write a position in degrees, to five decimals."""
    return f"{value:.5f}".rstrip("0").rstrip(".")


def make(folder: Path) -> None:
    """Write the lines of the corridors and the stations of a data package."""
    corridors = pd.read_csv(folder / "corridors.csv", dtype=str, keep_default_na=False)
    sketch = pd.read_csv(
        folder / "corridors" / "sketch.csv",
        dtype={"seq": int, "lon": float, "lat": float},
        keep_default_na=False,
    )
    roads = read_roads(folder / "roads.csv")
    railways = read_railways(folder / "corridors" / "railways.geojson")
    rows = corridors.to_dict("records")
    lines = {
        row["id"]: draw(
            row,
            sketch[sketch["corridor"] == row["id"]],
            railways if "rail" in row["kind"] else roads,
        )
        for row in rows
    }
    positions(sketch, lines, {row["id"]: row["kind"] for row in rows})
    for row in rows:
        drawn, mine = lines[row["id"]], sketch[sketch["corridor"] == row["id"]]
        points, fixed = np.round(drawn.lonlat, 5), []
        if "rail" in row["kind"]:
            keep = mine[(mine["node_id"] != "") | (mine["station"] != "")]
            if not any(origin.mapped for origin in drawn.origins):
                points = mine[["lon", "lat"]].to_numpy(float)
            for place in keep[["lon", "lat"]].to_numpy(float):
                points = through(points, place)
                fixed.append(tuple(place))
        row |= {
            "position_accuracy_m": f"{accuracy_m(drawn):g}",
            "line_source": "; ".join(sorted({origin.source for origin in drawn.origins})),
            "mapped_pct": f"{100 * drawn.share(way for way in drawn.origins if way.mapped):.0f}",
            "wkt": wkt(thinned(points, fixed)),
        }
        report(row)
    columns = [name for name in rows[0] if name not in DERIVED]
    after = columns.index("published_length_km") + 1
    columns = [*columns[:after], *DERIVED[:2], *columns[after:], DERIVED[2]]
    pd.DataFrame(rows)[columns].to_csv(folder / "corridors.csv", index=False, lineterminator="\n")
    with (folder / "stations.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(STATION_COLUMNS)
        table.writerows(stations(sketch, corridors))


def report(row: Mapping[str, str]) -> None:
    """Print how long a line is, and how far that is from what was published."""
    drawn_km = lengths_m(shapely.get_coordinates(shapely.from_wkt(row["wkt"]))).sum() / 1000
    published = row["published_length_km"]
    off = f"{drawn_km / float(published) - 1:+.0%}" if published else ""
    sys.stdout.write(
        f"{row['id']:34}{drawn_km:7.1f} km {published or '-':>6} {off:>5}  {row['mapped_pct']:>3} %"
        f" mapped  {row['position_accuracy_m']:>5} m  {row['line_source']}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE.parent, help="folder of the data package")
    make(parser.parse_args().out)


if __name__ == "__main__":
    main()

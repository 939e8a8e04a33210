"""Vector tiles: GDAL reads them back, and the tiles of a zoom hold every feature once."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from numpy.typing import NDArray

from geo import layers, tiles
from geo.errors import InputError, NotFoundError
from geo.tiles import PointTiles, ShapeTiles, Tile, mvt, points

FOLDER = layers.bundled()
HALF_M = float(np.pi * 6378137)
"""Half the side of the world in Web Mercator, from the radius of its sphere."""
MOST_LAT = 85.05112877980659
MERCATOR = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)


def read(folder: Path, tile: Tile, data: bytes) -> gpd.GeoDataFrame:
    """Let GDAL read a tile, in metres of Web Mercator."""
    path = folder / f"{tile.zoom}" / f"{tile.column}" / f"{tile.row}.mvt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return pyogrio.read_dataframe(f"MVT:{path}", CLIP="NO")


def around(lonlat: NDArray[np.float64], zoom: int) -> list[Tile]:
    """Return the tiles in which points lie, found by PROJ, and those beside them."""
    x, y = MERCATOR.transform(lonlat[:, 0], np.clip(lonlat[:, 1], -MOST_LAT, MOST_LAT))
    cells = np.column_stack([(x / HALF_M + 1) / 2, (1 - y / HALF_M) / 2]) * 2**zoom
    near = {
        (int(column) + east, int(row) + south)
        for column, row in np.floor(cells)
        for east, south in itertools.product((-1, 0, 1), repeat=2)
    }
    return [
        Tile(zoom, column, row)
        for column, row in sorted(near)
        if 0 <= column < 2**zoom and 0 <= row < 2**zoom
    ]


def shown(
    index: PointTiles, some: Iterable[Tile], wanted: NDArray[np.bool_] | None = None
) -> tuple[list[str], int]:
    """Return the ids of the points that stand alone in tiles, and the sum of the clusters."""
    features = [feature for tile in some for feature in index.features(tile, wanted)]
    alone = [feature.properties["id"] for feature in features if "id" in feature.properties]
    return alone, sum(feature.properties.get("count", 0) for feature in features)


def indexed(lonlat: Sequence[Any] | NDArray[np.float64]) -> PointTiles:
    shapes = shapely.points(np.asarray(lonlat, float).reshape(-1, 2))
    return PointTiles("parks", shapes, {"id": [f"p-{i}" for i in range(len(shapes))]})


EDGES = np.array(
    [
        *itertools.product((-180, -90, 0, 90, 180, 179.999999), (-90, -85.06, -45, 0, 66.5, 90)),
        *itertools.product((-180, 180), (85.0511287, -85.0511287)),
    ],
    float,
)
"""Points on the edges of tiles, at the antimeridian, and beyond where the grid ends."""


@pytest.mark.parametrize("zoom", [0, 1, 2, 5, 11, 12, 16, 17, 20, 24])
@pytest.mark.parametrize("kind", ["edges", "scattered", "crowded"])
def test_the_tiles_of_a_zoom_hold_every_point_once(zoom: int, kind: str) -> None:
    """Alone or counted, each point is in one tile of a zoom, also on an edge, at the antimeridian
    and at a pole; from the deepest zoom of the map on each stands alone.
    """
    dice = np.random.default_rng(zoom)
    lonlat = {
        "edges": EDGES,
        "scattered": np.column_stack([dice.uniform(-180, 180, 300), dice.uniform(-90, 90, 300)]),
        "crowded": np.round(np.array([106.5, 21]) + dice.normal(0, 0.01, (300, 2)), 2),
    }[kind]
    index = indexed(lonlat)
    alone, counted = shown(index, around(lonlat, zoom))
    assert len(alone) == len(set(alone))
    assert len(alone) + counted == len(lonlat)
    if zoom >= points.DEEPEST_ZOOM:
        assert not counted
    half = dice.random(len(lonlat)) < 0.5
    alone, counted = shown(index, around(lonlat, zoom), half)
    assert len(alone) + counted == half.sum()
    assert {int(key[2:]) for key in alone} <= set(np.flatnonzero(half))


def test_a_tile_shows_what_lies_in_it(tmp_path: Path) -> None:
    """GDAL reads the parks of a deep tile with their values, each where PROJ puts it, to a pixel of
    a screen of four times the dots; unknown values are left out.
    """
    parks = layers.read(FOLDER, "parks")
    index = tiles.index(layers.get("parks"), parks)
    lonlat = shapely.get_coordinates(parks.geometry.array)
    seen: dict[str, Any] = {}
    for tile in around(lonlat, 17):
        if data := index.encode(tile):
            for row in read(tmp_path, tile, data).to_dict("records"):
                assert row["id"] not in seen
                seen[row["id"]] = row
    assert seen.keys() == set(parks.index)
    metres = parks.to_crs(3857).geometry
    for key, park in parks.iterrows():
        row = seen[str(key)]
        assert row["geometry"].distance(metres[key]) < 2 * HALF_M / 2**17 / 1024
        for name in ("name_en", "name_vi", "name_zh", "kind", "status", "country"):
            assert row.get(name) == park[name] or (
                shapely.is_missing(park[name]) or park[name] is None or park[name] != park[name]
            )
        if park["position_accuracy_m"] == park["position_accuracy_m"]:
            assert float(row["position_accuracy_m"]) == park["position_accuracy_m"]


def test_a_cluster_parts_at_the_zoom_it_names() -> None:
    """Whoever goes to the zoom of a cluster sees more than one mark of its points, and one zoom
    before that still one; a cluster of what lies at one point parts at the deepest zoom.
    """
    dice = np.random.default_rng(3)
    centres = dice.uniform((102, 20), (110, 25), (12, 2))
    lonlat = np.vstack([middle + dice.normal(0, 0.03, (25, 2)) for middle in centres])
    for group in (lonlat, np.repeat([[106.5, 21.0]], 60, axis=0)):
        index = indexed(group)
        for zoom in (4, 7, 9):
            for tile in around(group, zoom):
                for feature in index.features(tile):
                    count = feature.properties.get("count", 0)
                    if not count:
                        continue
                    parting = feature.properties["zoom"]
                    assert zoom < parting <= points.DEEPEST_ZOOM
                    members = _members(group, tile, feature)
                    assert len(members) == count
                    marks = indexed(members)
                    assert _marks(marks, members, parting) > 1
                    assert _marks(marks, members, parting - 1) == 1


def _members(lonlat: NDArray[np.float64], tile: Tile, feature: mvt.Feature) -> NDArray[np.float64]:
    """Return the points that stand for a cluster: those in its quarter of a quarter of a tile."""
    at = [number >> 1 for number in feature.commands[1:]]
    x, y = MERCATOR.transform(lonlat[:, 0], lonlat[:, 1])
    units = np.column_stack([(x / HALF_M + 1) / 2, (1 - y / HALF_M) / 2]) * 2**tile.zoom
    cells = np.floor(units * 4).astype(int)
    cell = np.array([tile.column, tile.row]) * 4 + np.array(at) // 1024
    return lonlat[(cells == cell).all(axis=1)]


def _marks(index: PointTiles, lonlat: NDArray[np.float64], zoom: int) -> int:
    return sum(len(index.features(tile)) for tile in around(lonlat, zoom))


def test_clusters_do_not_cover_each_other() -> None:
    """Any two clusters of a zoom are at least half the side of a cell apart, over the edges of
    tiles too.
    """
    dice = np.random.default_rng(4)
    lonlat = dice.uniform((104, 20), (108, 23), (4000, 2))
    index = indexed(lonlat)
    marks = [
        (tile.column * 4096 + (feature.commands[1] >> 1), tile.row * 4096 + (at >> 1))
        for tile in around(lonlat, 8)
        for feature in index.features(tile)
        if "count" in feature.properties
        for at in feature.commands[2:]
    ]
    assert len(marks) > 50
    xy = np.array(marks, float)
    apart = np.abs(xy[:, None] - xy[None]).max(axis=2)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() >= 512


def test_a_tile_is_bounded_where_points_are_crowded() -> None:
    """Ten thousand points in a square kilometre make no tile of more marks than its cells may
    hold, until the deepest zoom.
    """
    lonlat = np.array([106.5, 21]) + np.random.default_rng(5).uniform(0, 0.01, (10_000, 2))
    index = indexed(lonlat)
    for zoom in range(points.DEEPEST_ZOOM):
        for tile in around(lonlat[:50], zoom):
            assert len(index.features(tile)) <= 16 * points.MOST_IN_CELL


def test_where_nothing_is_the_tile_is_empty() -> None:
    """A tile without a feature is empty, as is one of which nothing is wanted, and a point
    without a position is in none.
    """
    index = indexed([(106.5, 21)])
    (tile,) = [tile for tile in around(np.array([[106.5, 21.0]]), 9) if index.encode(tile)]
    assert index.encode(Tile(9, 0, 0)) == b""
    assert index.encode(tile, np.array([False])) == b""
    shapes = np.array([None, shapely.Point(), shapely.Point(106.5, 21)], object)
    unplaced = PointTiles("parks", shapes, {"id": ["a", "b", "c"]})
    assert shown(unplaced, [Tile(0, 0, 0)]) == (["c"], 0)


# Lines and areas ----------------------------------------------------------------------------------


@pytest.mark.parametrize("zoom", [4, 7, 10])
def test_the_tiles_of_a_zoom_hold_every_corridor(tmp_path: Path, zoom: int) -> None:
    """GDAL reads each corridor in the tiles it passes, once in each; its pieces together are the
    corridor, to a pixel, and nothing else.
    """
    corridors = layers.read(FOLDER, "corridors").iloc[::6]
    index = tiles.index(layers.get("corridors"), corridors)
    dense = shapely.segmentize(corridors.geometry.array, 0.02)
    pieces: dict[str, list[Any]] = {str(key): [] for key in corridors.index}
    side = 2 * HALF_M / 2**zoom
    for tile in around(shapely.get_coordinates(dense), zoom):
        data = index.encode(tile)
        if not data:
            continue
        rows = read(tmp_path, tile, data)
        assert rows["id"].is_unique
        for row in rows.to_dict("records"):
            pieces[row["id"]].append(row["geometry"])
            assert row["kind"] == corridors.loc[row["id"], "kind"]
    true = corridors.to_crs(3857).geometry
    for key, parts in pieces.items():
        off = shapely.hausdorff_distance(shapely.union_all(parts), true[key], densify=0.1)
        assert off < side / 256, key


def test_a_line_across_the_edge_of_a_tile_is_cut_beyond_it() -> None:
    """A line over an edge is in both tiles, in each a little beyond the edge, and in no others; a
    line of no length that can be seen is still there.
    """
    lines = np.array(
        [shapely.LineString([(-1, 10), (1, 10)]), shapely.LineString([(50, 10), (50, 10.00001)])]
    )
    index = ShapeTiles("corridors", lines, {"id": ["across", "short"]})
    here = {
        (tile.column, tile.row): [feature.properties["id"] for feature in index.features(tile)]
        for tile in (Tile(3, *at) for at in itertools.product(range(8), repeat=2))
    }
    held = {at: ids for at, ids in here.items() if ids}
    assert held == {(3, 3): ["across"], (4, 3): ["across"], (5, 3): ["short"]}


def test_areas_and_values_are_read_back(tmp_path: Path) -> None:
    """GDAL reads an area with a hole, two parts and every kind of value as they were written."""
    ring = shapely.box(100, 100, 3000, 2000)
    holed = shapely.difference(ring, shapely.box(500, 500, 900, 900))
    apart = shapely.box(3200, 3200, 3300, 3400)
    values = {
        "text": "Khu kinh tế 云屯 <b>{{7*7}}",
        "yes": True,
        "no": False,
        "whole": -7,
        "large": 2**40,
        "half": 0.5,
        "nan": float("nan"),
        "none": None,
    }
    commands = mvt.areas([holed, apart])
    data = mvt.layer("areas", [mvt.Feature(mvt.AREA, commands, values)] * 2)
    rows = read(tmp_path, Tile(0, 0, 0), data)
    assert len(rows) == 2
    unit = 2 * HALF_M / 4096
    shape = rows.geometry.iloc[0]
    assert shape.area / unit**2 == pytest.approx(holed.area + apart.area, rel=1e-6)
    back = shapely.transform(
        shape, lambda xy: np.column_stack([xy[:, 0] + HALF_M, HALF_M - xy[:, 1]]) / unit
    )
    assert shapely.symmetric_difference(back, shapely.union(holed, apart)).area < 1
    row = rows.iloc[1].to_dict()
    assert row["text"] == values["text"]
    assert (row["yes"], row["no"]) == (True, False)
    assert (row["whole"], row["large"], row["half"]) == (-7, 2**40, 0.5)
    assert not {"nan", "none"} & row.keys()


# Addresses ----------------------------------------------------------------------------------------


def test_only_tiles_of_the_grid_are_read() -> None:
    """The corners of each zoom are tiles; a step beyond is not found, and anything but a number is
    refused.
    """
    for zoom in range(tiles.MOST_ZOOM + 1):
        last = 2**zoom - 1
        for column, row in itertools.product((0, last), repeat=2):
            assert Tile.read(str(zoom), str(column), str(row)) == Tile(zoom, column, row)
        for wrong in ((str(last + 1), "0"), ("0", str(last + 1))):
            with pytest.raises(NotFoundError):
                Tile.read(str(zoom), *wrong)
    with pytest.raises(NotFoundError):
        Tile.read(str(tiles.MOST_ZOOM + 1), "0", "0")
    for text in ("", "-1", "+1", "01", "1.0", "1e1", "x", "²", "١", "9" * 10, " 1", "0x1"):
        for parts in itertools.permutations((text, "0", "0")):
            with pytest.raises(InputError):
                Tile.read(*parts)

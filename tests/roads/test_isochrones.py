from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy import ndimage

from geo import layers, proximity
from geo.errors import InputError, NotFoundError
from geo.roads import _contours, _fields, access, land
from geo.roads import isochrones as drawing
from geo.roads.isochrones import isochrones
from geo.roads.joining import Sides
from geo.roads.network import Network

Points = Callable[..., gpd.GeoDataFrame]


@pytest.fixture(scope="module")
def countries() -> gpd.GeoDataFrame:
    return gpd.read_file(layers.bundled() / "basemap" / "countries.geojson")


def test_areas_are_valid_nested_and_largest_first(
    grid: Network, points: Points, crossing: Callable[[int, int], tuple[float, float]]
) -> None:
    """Each area holds the smaller one, whatever the order of the limits asked for."""
    areas = isochrones(grid, points({"centre": crossing(6, 6)}), [120, 360, 240])
    assert areas["limit_s"].tolist() == [360, 240, 120]
    assert areas.geometry.is_valid.all()
    assert set(areas.geometry.geom_type) == {"MultiPolygon"}
    large, middle, small = areas.geometry
    assert shapely.area(shapely.difference(small, middle)) < 1e-9
    assert shapely.area(shapely.difference(middle, large)) < 1e-9


def test_crossings_at_the_limit_lie_inside_and_those_beyond_outside(
    grid: Network, points: Points, crossing: Callable[[int, int], tuple[float, float]]
) -> None:
    """On the grid of one minute a step, five minutes hold the crossings five steps away and not
    those six away.
    """
    area = isochrones(grid, points({"centre": crossing(6, 6)}), [330]).geometry.iloc[0]
    for column in range(13):
        for row in range(13):
            steps = abs(column - 6) + abs(row - 6)
            assert shapely.contains_xy(area, *crossing(column, row)) == (steps <= 5), (column, row)


def test_area_agrees_with_travel_times(
    real_network: Network, countries: gpd.GeoDataFrame, points: Points
) -> None:
    """Of random points on land, at least 99 % lie on the side of the limit that their travel time
    says.
    """
    dice = np.random.default_rng(3)
    lonlat = dice.uniform([106.3, 20.7], [108.6, 22.3], (3000, 2))
    country = proximity.Locator(countries, "country").find(lonlat, within_m=0)
    there = points({f"p{i}": tuple(point) for i, point in enumerate(lonlat)}, country=country)
    there = there[there["country"].notna()]
    origin = layers.read(layers.bundled(), "parks").loc[["dong-mai-ip"]]
    areas = isochrones(real_network, origin, [3600, 7200], profile="truck", countries=countries)
    time_s = access.time_matrix(real_network, origin, there, profile="truck").iloc[0].to_numpy()
    for limit, area in zip(areas["limit_s"], areas.geometry, strict=True):
        inside = shapely.contains_xy(area, there.geometry.x, there.geometry.y)
        assert (inside == (time_s <= limit)).mean() >= 0.99
        assert inside.sum() > 50


def test_area_crosses_the_border_only_through_a_gate(
    real_network: Network, countries: gpd.GeoDataFrame
) -> None:
    """In half an hour from Hai Yen a truck, which needs an hour and a half at the gate, reaches
    nothing of China; in four hours it does.
    """
    origin = layers.read(layers.bundled(), "parks").loc[["hai-yen-ip"]]
    areas = (
        isochrones(real_network, origin, [1800, 14400], profile="truck", countries=countries)
        .set_index("limit_s")
        .geometry
    )
    china = shapely.union_all(countries.geometry[countries["country"] == "CN"])
    assert shapely.area(shapely.intersection(areas[1800], china)) < 1e-6
    assert shapely.area(shapely.intersection(areas[14400], china)) > 0.01


def test_one_way_street_is_reached_one_way(roads: Callable[..., Network], points: Points) -> None:
    """From the beginning of a one-way ring its far end is near in one direction and far in the
    other.
    """
    ring = roads(
        [(0.0, 0.0), (0.02, 0.0), (0.02, 0.02), (0.0, 0.02)],
        [(0, 1, 600), (1, 2, 600), (2, 3, 600), (3, 0, 600)],
        one_way=range(4),
    )
    start = points({"start": (0.0, 0.0)})
    ahead, back = (0.02, 0.0), (0.0, 0.02)
    going = isochrones(ring, start, [700]).geometry.iloc[0]
    coming = isochrones(ring, start, [700], towards=True).geometry.iloc[0]
    assert shapely.contains_xy(going, *ahead)
    assert not shapely.contains_xy(going, *back)
    assert shapely.contains_xy(coming, *back)
    assert not shapely.contains_xy(coming, *ahead)


@pytest.mark.parametrize(
    "limits", [[], [0], [-60], [float("nan")], [float("inf")], list(range(60, 1000, 60))]
)
def test_limits_must_be_positive_and_few(
    grid: Network,
    points: Points,
    crossing: Callable[[int, int], tuple[float, float]],
    limits: list[float],
) -> None:
    """Limits that draw nothing, or too much, are refused."""
    with pytest.raises(InputError, match="limits"):
        isochrones(grid, points({"centre": crossing(6, 6)}), limits)


def test_point_without_a_road_has_no_area(grid: Network, points: Points) -> None:
    """A point far from every road gets a sentence, not an empty map."""
    with pytest.raises(NotFoundError, match="No road"):
        isochrones(grid, points({"far": (60.0, 60.0)}), [600])


def lattice(roads: Callable[..., Network], seed: int, side: int = 24) -> Network:
    """Make a jittered lattice with missing, one-way and slow streets, 1 km from crossing to
    crossing.
    """
    dice = np.random.default_rng(seed)
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    nodes = 0.01 * np.column_stack([column.ravel(), row.ravel()]) + dice.uniform(
        -0.003, 0.003, (side * side, 2)
    )
    number = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    pairs = pairs[dice.random(len(pairs)) < 0.85]
    segments = [(int(a), int(b), float(dice.uniform(40, 120))) for a, b in pairs]
    one_way = np.flatnonzero(dice.random(len(segments)) < 0.2).tolist()
    return roads([(float(lon), float(lat)) for lon, lat in nodes], segments, one_way=one_way)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (37, 53), (120, 64)])
def test_nearest_cell_is_exact(seed: int, shape: tuple[int, int]) -> None:
    """On random rasters, dense and sparse, every cell finds a marked cell, and none is nearer;
    SciPy says the same.
    """
    dice = np.random.default_rng(seed)
    marked = dice.random(shape) < (0.002, 0.02, 0.1, 0.5, 0.9, 1.0)[seed]
    marked[dice.integers(shape[0]), dice.integers(shape[1])] = True
    squared, index = _fields.nearest(marked)
    np.testing.assert_array_equal(squared, np.rint(ndimage.distance_transform_edt(~marked) ** 2))
    assert marked.ravel()[index].all()
    row, column = np.indices(shape)
    np.testing.assert_array_equal(
        squared, (index // shape[1] - row) ** 2 + (index % shape[1] - column) ** 2
    )


def test_nothing_is_nearest_where_nothing_is_marked() -> None:
    """An empty raster has no nearest cells."""
    squared, index = _fields.nearest(np.zeros((5, 7), bool))
    assert (squared == -1).all()
    assert (index == -1).all()


def noise(seed: int) -> np.ndarray:
    """A raster of times with a rim that is far away: whole numbers, any numbers, or hills."""
    dice = np.random.default_rng(seed)
    field = dice.integers(0, 20, (60, 80)) if seed % 3 == 0 else dice.uniform(0, 20, (60, 80))
    if seed % 3 == 2:
        field = 20 * ndimage.gaussian_filter(field - 10, 1.5) + 10
    return np.pad(field, 1, constant_values=1e4).astype(np.float32)


def drawn(field: np.ndarray, *limits_s: float) -> tuple[list[Any], np.ndarray]:
    """Areas within some limits, and the positions of all cells."""
    height, width = field.shape
    frame = drawing._Frame(105.0, 21.0, cell_m=5.0, latitude=21.0, width=width, height=height)
    row, column = np.indices(field.shape)
    lonlat = frame.lonlat(np.column_stack([column.ravel(), row.ravel()]).astype(float))
    return list(drawing._drawn(frame, field, list(limits_s), 3.0)), lonlat


@pytest.mark.parametrize("seed", range(20))
def test_contours_are_valid_as_they_are_drawn(seed: int) -> None:
    """Contours of noise, with many saddles and with values on the limit, are valid polygons and
    hold the cells within the limit.
    """
    field = noise(seed)
    (area,), lonlat = drawn(field, 7.0)
    assert shapely.is_valid(area), shapely.is_valid_reason(area)
    inside = shapely.intersects_xy(shapely.buffer(area, 1e-10), *lonlat.T).reshape(field.shape)
    np.testing.assert_array_equal(inside, field - 7 <= 3 * _contours.DIM)


@pytest.mark.parametrize("seed", range(12))
def test_parts_and_holes_are_those_of_the_raster(seed: int) -> None:
    """There are as many polygons as cells hang together, and as many holes as the others do,
    whether cells that touch at a corner count or not; outer rings run counter-clockwise.
    """
    field = noise(seed)
    within = field - 7 <= 3 * _contours.DIM
    (area,), _ = drawn(field, 7.0)
    polygons = shapely.get_parts(area)
    corners = np.ones((3, 3))
    parts, gaps = (
        [ndimage.label(cells, shape)[1] for shape in (corners, None)] for cells in (within, ~within)
    )
    assert parts[0] <= len(polygons) <= parts[1]
    assert gaps[0] <= shapely.get_num_interior_rings(polygons).sum() + 1 <= gaps[1]
    assert shapely.is_ccw(shapely.get_exterior_ring(polygons)).all()


@pytest.mark.parametrize("seed", range(6))
def test_limits_are_drawn_together_as_alone(seed: int) -> None:
    """Several limits give the areas that each gives alone, an empty one where nothing is within."""
    field = noise(seed)
    limits = (11.0, -1e6, 7.0, 9.0)
    together, _ = drawn(field, *limits)
    for limit, area in zip(limits, together, strict=True):
        (alone,), _ = drawn(field, limit)
        assert shapely.equals_exact(area, alone, 0)
    assert shapely.is_empty(together[1])


def test_what_lies_beyond_the_rim_is_left_out() -> None:
    """Of a raster that is all within the limit, all but the rim is drawn, in one piece."""
    (area,), lonlat = drawn(np.zeros((9, 12), np.float32), 7.0)
    inside = shapely.contains_xy(area, *lonlat.T).reshape(9, 12)
    assert inside.sum() == inside[1:-1, 1:-1].sum() == 7 * 10
    assert shapely.get_num_geometries(area) == 1


def test_areas_from_a_bare_position(
    grid: Network, points: Points, crossing: Callable[[int, int], tuple[float, float]]
) -> None:
    """A position gives the areas that a layer of it gives."""
    frame = isochrones(grid, points({"centre": crossing(6, 6)}), [120, 240])
    point = Sides.at(grid, np.array([crossing(6, 6)]), "car", country=np.array([None], object))
    shapes = drawing.areas(grid, point, frame["limit_s"].tolist())
    assert shapely.equals_exact(np.array(shapes), frame.geometry.to_numpy(), 0).all()


@pytest.mark.parametrize("seed", range(10))
def test_thinned_rings_stay_beside_themselves(seed: int) -> None:
    """Of the contours of noise and of smooth fields, a part of the corners is left, in their order;
    no corner lies farther beside than allowed, each ring is closed and has an area, and no two
    meet.
    """
    dice = np.random.default_rng(seed)
    off = 0.05
    field = dice.uniform(-1, 1, (50, 70)).astype(np.float32)
    if seed % 2:  # smooth, or as steep as roads that meet nowhere make it
        row, column = np.indices(field.shape)
        field = np.sin(row / 9 + seed) + np.cos(column / 7) + 0.1 * field
    field[[0, -1]] = field[:, [0, -1]] = np.inf
    steep = 0.3 if seed % 2 else 1.0
    places, start, *_ = _contours.outlines(field.astype(np.float32), np.array([0.0]), steep)
    thinned, begin = _fields.thin(places, start, off)
    assert len(begin) == len(start)
    assert len(thinned) < len(places) * (0.75 if seed % 2 else 1)
    lines: list[shapely.LineString] = []
    for ring in range(len(start) - 1):
        old = places[start[ring] : start[ring + 1]]
        new = thinned[begin[ring] : begin[ring + 1]]
        assert len(new) >= 4
        np.testing.assert_array_equal(new[0], new[-1])
        kept = [int(np.flatnonzero((old == corner).all(axis=1))[0]) for corner in new[:-1]]
        assert kept == sorted(kept)
        line = shapely.LineString(new)
        lines.append(line)
        assert shapely.distance(shapely.points(old), line).max() <= off + 1e-9
    assert shapely.is_simple(shapely.multilinestrings(lines))


def test_straight_sides_lose_their_corners() -> None:
    """A square with corners all along keeps four of them; a triangle stays as it is."""
    side = np.arange(0, 10) + 0.5
    square = np.concatenate(
        [
            np.column_stack([side, np.zeros(10)]),
            np.column_stack([np.full(10, 10.0), side]),
            np.column_stack([side[::-1], np.full(10, 10.0)]),
            np.column_stack([np.zeros(10), side[::-1]]),
            [[0.5, 0.0]],
        ]
    )
    thinned, begin = _fields.thin(square, np.array([0, len(square)]), 0.01)
    assert begin.tolist() == [0, len(thinned)]
    assert len(thinned) == 9  # both ends of each side, and the first again
    triangle = np.array([[0.5, 0.0], [0.52, 0.0], [0.51, 0.01], [0.5, 0.0]])
    again, _ = _fields.thin(triangle, np.array([0, 4]), 0.2)
    np.testing.assert_array_equal(again, triangle)


@pytest.mark.parametrize("towards", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_road_points_lie_on_the_right_side(
    roads: Callable[..., Network], points: Points, seed: int, towards: bool
) -> None:
    """On random networks at least 99 % of random road points lie inside exactly where they are
    within the limit.
    """
    network = lattice(roads, seed)
    start = points({"start": (0.117, 0.118)})
    dice = np.random.default_rng(seed)
    main = network.main("car")
    ids = dice.choice(np.flatnonzero(main[network.tail] & main[network.head]), 1500)
    share = dice.random((len(ids), 1))
    lonlat = (1 - share) * network.node_lonlat[network.tail[ids]] + share * network.node_lonlat[
        network.head[ids]
    ]
    there = points({f"p{i}": tuple(point) for i, point in enumerate(lonlat)})
    times = (
        access.time_matrix(network, there, start)["start"]
        if towards
        else access.time_matrix(network, start, there).iloc[0]
    )
    areas = isochrones(network, start, [300, 600, 900], towards=towards)
    assert areas.geometry.is_valid.all()
    for limit, area in zip(areas["limit_s"], areas.geometry, strict=True):
        assert (
            shapely.contains_xy(area, *lonlat.T) == (times.to_numpy() <= limit)
        ).mean() >= 0.99, limit


def test_prepared_network_draws_the_same(roads: Callable[..., Network], points: Points) -> None:
    """The road engine changes nothing about an area."""
    network, start = lattice(roads, 7), points({"start": (0.117, 0.118)})
    plain, prepared = (isochrones(net, start, [300, 600]) for net in (network, network.prepared()))
    for area, other in zip(plain.geometry, prepared.geometry, strict=True):
        assert shapely.area(shapely.symmetric_difference(area, other)) < 1e-9


def test_point_on_a_one_way_street_goes_only_ahead(
    roads: Callable[..., Network], points: Points
) -> None:
    """From the middle of a one-way street what lies ahead is near, and what lies behind is a long
    way round.
    """
    ring = roads(
        [(0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1)],
        [(0, 1, 600), (1, 2, 600), (2, 3, 600), (3, 0, 600)],
        one_way=range(4),
    )
    middle = points({"middle": (0.05, 0.0)})
    going = isochrones(ring, middle, [200]).geometry.iloc[0]
    coming = isochrones(ring, middle, [200], towards=True).geometry.iloc[0]
    assert [shapely.contains_xy(going, lon, 0.0) for lon in (0.02, 0.04, 0.06, 0.08, 0.09)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert [shapely.contains_xy(coming, lon, 0.0) for lon in (0.01, 0.02, 0.04, 0.06, 0.08)] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_short_time_on_a_long_road_is_drawn_finely(
    roads: Callable[..., Network], points: Points
) -> None:
    """A minute on a segment of 111 km, of which no end is reached, holds a kilometre either way."""
    road = roads([(0.0, 0.0), (1.0, 0.0)], [(0, 1, 111.195 * 60)])
    area = isochrones(road, points({"middle": (0.5, 0.0)}), [60]).geometry.iloc[0]
    kilometre = 1 / 111.195
    assert [
        shapely.contains_xy(area, 0.5 + way * kilometre, 0.0)
        for way in (-1.03, -0.97, 0.0, 0.97, 1.03)
    ] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_unreached_island_is_a_hole(roads: Callable[..., Network], points: Points) -> None:
    """A fast ring road round a slow street in its middle leaves a hole where that street is not
    reached.
    """
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    nodes = [(0.1 * float(np.cos(angle)), 0.1 * float(np.sin(angle))) for angle in turn] + [
        (0.01, 0.0),
        (-0.01, 0.0),
    ]
    ring = [(i, (i + 1) % 24, 30.0) for i in range(24)]
    network = roads(nodes, [*ring, (0, 24, 3600.0), (24, 25, 600.0)])
    area = isochrones(network, points({"start": nodes[6]}), [500]).geometry.iloc[0]
    assert shapely.is_valid(area)
    assert all(shapely.contains_xy(area, *place) for place in nodes[:24])
    assert not any(shapely.contains_xy(area, *place) for place in nodes[24:])
    assert shapely.get_num_interior_rings(shapely.get_parts(area)).sum() >= 1


def test_nothing_within_the_limit_is_an_empty_area(
    roads: Callable[..., Network], points: Points
) -> None:
    """Where the leg to the road alone takes longer, the area is an empty MultiPolygon, and the row
    stays.
    """
    road = roads([(0.0, 0.0), (0.1, 0.0)], [(0, 1, 600)])
    areas = isochrones(road, points({"aside": (0.05, 0.03)}), [100, 1000])
    assert areas["limit_s"].tolist() == [1000, 100]
    assert areas.geometry.is_empty.tolist() == [False, True]
    assert set(areas.geometry.geom_type) == {"MultiPolygon"}


def test_country_outline_cuts_exactly(roads: Callable[..., Network], points: Points) -> None:
    """Cutting only what of the outline lies around gives what the whole outline gives, and nothing
    is cut inland.
    """
    network = lattice(roads, 3)
    start, code = points({"start": (0.117, 0.118)}), ["AA"] * network.segment_count
    at_home = roads(
        network.node_lonlat,
        list(zip(network.tail, network.head, network.time_s["car"], strict=True)),
        country_of=code,
    )
    whole = isochrones(at_home, start, [600]).geometry.iloc[0]
    turn = np.linspace(0, 2 * np.pi, 500)
    coast = shapely.Polygon(
        np.column_stack(
            [
                0.1 + (2 + 0.1 * np.sin(40 * turn)) * np.cos(turn),
                2.05 + (1.99 + 0.005 * np.sin(90 * turn)) * np.sin(turn),
            ]
        )
    )
    for shore in (coast, shapely.box(-10, -10, 10, 10)):
        countries = gpd.GeoDataFrame(
            {"country": ["AA", "BB"]}, geometry=[shore, shapely.box(20, 20, 21, 21)], crs=4326
        )
        cut = isochrones(at_home, start, [600], countries=countries).geometry.iloc[0]
        assert shapely.is_valid(cut)
        assert (
            shapely.area(shapely.symmetric_difference(cut, shapely.intersection(whole, shore)))
            < 1e-12
        )


@pytest.mark.parametrize("seed", range(12))
def test_what_lies_around_a_box_is_valid_and_whole(countries: gpd.GeoDataFrame, seed: int) -> None:
    """Of a real outline, for boxes whose edges pass through corners of it, so that what GEOS cuts
    out often touches itself: valid shapes that hold all of the land in the box.
    """
    dice = np.random.default_rng(seed)
    for outline in land.by_country(countries).values():
        corners = shapely.get_coordinates(outline)
        west, east = np.sort(dice.choice(corners[:, 0], 2, replace=False))
        south, north = np.sort(dice.choice(corners[:, 1], 2, replace=False))
        box = np.array([west, south, east, north])
        around = land.around(outline, box)
        assert shapely.is_valid(around).all()
        missing = shapely.difference(
            shapely.intersection(shapely.union_all(outline), shapely.box(*box)),
            shapely.union_all(around),
        )
        assert shapely.area(missing) < 1e-9

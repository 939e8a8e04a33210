from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo import access, layers, proximity
from geo.errors import InputError, NotFoundError
from geo.isochrones import isochrones
from geo.network import Network

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
    """On the grid of one minute a step, five minutes hold the crossings five steps away and not those six away."""
    area = isochrones(grid, points({"centre": crossing(6, 6)}), [330]).geometry.iloc[0]
    for column in range(13):
        for row in range(13):
            steps = abs(column - 6) + abs(row - 6)
            assert shapely.contains_xy(area, *crossing(column, row)) == (steps <= 5), (column, row)


def test_area_agrees_with_travel_times(real_network: Network, countries: gpd.GeoDataFrame, points: Points) -> None:
    """Of random points on land, at least 99 % lie on the side of the limit that their travel time says."""
    dice = np.random.default_rng(3)
    lonlat = dice.uniform([106.3, 20.7], [108.6, 22.3], (3000, 2))
    country = proximity.Locator(countries, "country").find(lonlat, within_m=0)
    there = points({f"p{i}": tuple(one) for i, one in enumerate(lonlat)}, country=country)
    there = there[there["country"].notna()]
    origin = layers.read(layers.bundled(), "parks").loc[["dong-mai-ip"]]
    areas = isochrones(real_network, origin, [3600, 7200], profile="truck", countries=countries)
    time_s = access.time_matrix(real_network, origin, there, profile="truck").iloc[0].to_numpy()
    for limit, area in zip(areas["limit_s"], areas.geometry, strict=True):
        inside = shapely.contains_xy(area, there.geometry.x, there.geometry.y)
        assert (inside == (time_s <= limit)).mean() >= 0.99
        assert inside.sum() > 50


def test_area_crosses_the_border_only_through_a_gate(real_network: Network, countries: gpd.GeoDataFrame) -> None:
    """In half an hour from Hai Yen a truck, which needs an hour and a half at the gate, reaches nothing of China; in four hours it does."""
    origin = layers.read(layers.bundled(), "parks").loc[["hai-yen-ip"]]
    areas = isochrones(real_network, origin, [1800, 14400], profile="truck", countries=countries).set_index("limit_s").geometry
    china = shapely.union_all(countries.geometry[countries["country"] == "CN"])
    assert shapely.area(shapely.intersection(areas[1800], china)) < 1e-6
    assert shapely.area(shapely.intersection(areas[14400], china)) > 0.01


def test_one_way_street_is_reached_one_way(roads: Callable[..., Network], points: Points) -> None:
    """From the beginning of a one-way ring its far end is near in one direction and far in the other."""
    ring = roads(
        [(0.0, 0.0), (0.02, 0.0), (0.02, 0.02), (0.0, 0.02)], [(0, 1, 600), (1, 2, 600), (2, 3, 600), (3, 0, 600)], one_way=range(4)
    )
    start = points({"start": (0.0, 0.0)})
    ahead, back = (0.02, 0.0), (0.0, 0.02)
    going = isochrones(ring, start, [700]).geometry.iloc[0]
    coming = isochrones(ring, start, [700], towards=True).geometry.iloc[0]
    assert shapely.contains_xy(going, *ahead)
    assert not shapely.contains_xy(going, *back)
    assert shapely.contains_xy(coming, *back)
    assert not shapely.contains_xy(coming, *ahead)


@pytest.mark.parametrize("limits", [[], [0], [-60], [float("nan")], [float("inf")], list(range(60, 1000, 60))])
def test_limits_must_be_positive_and_few(
    grid: Network, points: Points, crossing: Callable[[int, int], tuple[float, float]], limits: list[float]
) -> None:
    """Limits that draw nothing, or too much, are refused."""
    with pytest.raises(InputError, match="limits"):
        isochrones(grid, points({"centre": crossing(6, 6)}), limits)


def test_point_without_a_road_has_no_area(grid: Network, points: Points) -> None:
    """A point far from every road gets a sentence, not an empty map."""
    with pytest.raises(NotFoundError, match="No road"):
        isochrones(grid, points({"far": (60.0, 60.0)}), [600])

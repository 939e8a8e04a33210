from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo import crs, proximity
from geo.errors import InputError

Points = Callable[..., gpd.GeoDataFrame]


@pytest.fixture(scope="module")
def many(points: Points) -> gpd.GeoDataFrame:
    """Two hundred places over the whole region, two of them in one spot."""
    lonlat = np.random.default_rng(1).uniform([103, 18], [110, 25], (200, 2))
    lonlat[17] = lonlat[3]
    return points({f"p{i}": tuple(place) for i, place in enumerate(lonlat)})


def test_table_has_every_pair_in_order(points: Points) -> None:
    """One row a pair, in the order of origins, then of destinations, and the arguments are left
    alone.
    """
    a, b = (
        points({"x": (107, 21), "y": (108, 21)}),
        points({"q": (107, 21), "p": (107, 22), "r": (109, 21)}),
    )
    before = a.copy(), b.copy()
    table = proximity.distance_table(a, b)
    assert list(table.columns) == ["from_id", "to_id", "distance_m"]
    assert list(zip(table["from_id"], table["to_id"], strict=True)) == [
        (x, y) for x in "xy" for y in "qpr"
    ]
    assert table["distance_m"][0] == 0
    assert a.equals(before[0])
    assert b.equals(before[1])


def test_distance_is_geodesic(points: Points) -> None:
    """One degree of the equator is 111,319.49 m, one degree of the first meridian from there
    110,574.39 m.
    """
    table = proximity.distance_table(
        points({"o": (0, 0)}), points({"east": (1, 0), "north": (0, 1)})
    )
    assert list(table["distance_m"]) == pytest.approx([111_319.49, 110_574.39], abs=0.01)


def test_distances_obey_the_triangle_inequality(many: gpd.GeoDataFrame) -> None:
    """No detour by a third place is shorter, and the way back is as long."""
    some = many.iloc[:40]
    d = proximity.distance_table(some, some)["distance_m"].to_numpy().reshape(40, 40)
    assert (d[:, None] <= d[:, :, None] + d[None] + 1e-6).all()
    np.testing.assert_allclose(d, d.T, atol=1e-6)


@pytest.mark.parametrize("k", [1, 3, 500])
def test_nearest_equals_brute_force(many: gpd.GeoDataFrame, k: int) -> None:
    """The k nearest are those of the full table, sorted; k above their number gives all of them."""
    origins = many.iloc[:30]
    nearest = proximity.nearest(origins, many, k=k)
    table = proximity.distance_table(origins, many)
    expected = table.assign(
        order=table["from_id"].map({key: i for i, key in enumerate(origins.index)})
    )
    expected = (
        expected.sort_values(["order", "distance_m"], kind="stable")
        .groupby("from_id", sort=False)
        .head(k)
    )
    assert list(nearest["to_id"]) == list(expected["to_id"])
    np.testing.assert_allclose(nearest["distance_m"], expected["distance_m"])
    assert list(nearest["rank"]) == [*range(1, min(k, 200) + 1)] * 30


def test_ties_come_in_the_order_of_destinations(points: Points) -> None:
    """Of places equally far the earlier row wins, also when only one is asked for."""
    here = points({"o": (107, 0)})
    both = points({"south": (107, -1), "north": (107, 1), "twin": (107, 1)})
    assert list(proximity.nearest(here, both)["to_id"]) == ["south"]
    assert list(proximity.nearest(here, both.iloc[::-1], k=2)["to_id"]) == ["twin", "north"]


@pytest.mark.parametrize("limit_m", [0, 50_000, 300_000, 3e7])
def test_within_equals_brute_force(many: gpd.GeoDataFrame, limit_m: float) -> None:
    """Exactly the pairs of the table up to the limit, nearest first."""
    within = proximity.within(many.iloc[:30], many, limit_m)
    table = proximity.distance_table(many.iloc[:30], many)
    table = table[table["distance_m"] <= limit_m]
    assert set(zip(within["from_id"], within["to_id"], strict=True)) == set(
        zip(table["from_id"], table["to_id"], strict=True)
    )
    assert all(
        group["distance_m"].is_monotonic_increasing for _, group in within.groupby("from_id")
    )


def test_within_includes_the_limit(points: Points) -> None:
    """A place exactly at the limit counts, one a millimetre farther does not."""
    a, b = points({"a": (107, 21)}), points({"b": (107.5, 21)})
    limit = float(proximity.distance_table(a, b)["distance_m"][0])
    assert len(proximity.within(a, b, limit)) == 1
    assert len(proximity.within(a, b, limit - 0.001)) == 0


def test_a_missing_position_has_no_neighbour(points: Points) -> None:
    """It is NaN in the table, has no rows in the lists, and is nobody's nearest."""
    a = points({"known": (107, 21), "unknown": (np.nan, np.nan)})
    table = proximity.distance_table(a, a)
    assert table["distance_m"].isna().tolist() == [False, True, True, True]
    assert list(proximity.nearest(a, a, k=2)["from_id"]) == ["known"]
    assert list(proximity.within(a, a, 1e9)["to_id"]) == ["known"]


@pytest.mark.parametrize("empty_side", ["origins", "destinations", "both"])
def test_empty_layers_give_empty_answers(points: Points, empty_side: str) -> None:
    """Nothing in, nothing out, with the same columns."""
    none, single = points({}), points({"a": (107, 21)})
    a = single if empty_side == "destinations" else none
    b = single if empty_side == "origins" else none
    full = (
        proximity.nearest(single, single),
        proximity.within(single, single, 1),
        proximity.distance_table(single, single),
    )
    empty = proximity.nearest(a, b), proximity.within(a, b, 1), proximity.distance_table(a, b)
    for with_rows, without in zip(full, empty, strict=True):
        assert len(without) == 0
        assert list(without.columns) == list(with_rows.columns)


@pytest.mark.parametrize(
    ("call", "value"), [("k", 0), ("k", -1), ("distance_m", -1), ("distance_m", np.nan)]
)
def test_nonsense_is_refused(points: Points, call: str, value: float) -> None:
    """A count below one or a negative or unknown limit is an error."""
    a = points({"a": (107, 21)})
    with pytest.raises(InputError, match=call):
        proximity.nearest(a, a, k=int(value)) if call == "k" else proximity.within(a, a, value)


@pytest.fixture(scope="module")
def provinces() -> gpd.GeoDataFrame:
    """Two squares of one degree side by side, the coast at 20° N."""
    return gpd.GeoDataFrame(
        {"name": ["west", "east"]},
        geometry=[shapely.box(106, 20, 107, 21), shapely.box(107, 20, 108, 21)],
        crs=4326,
    )


def test_locate_inside_and_just_outside(provinces: gpd.GeoDataFrame) -> None:
    """Inside is inside; a quay 500 m off the coast still belongs to the nearest; the open sea and
    the unknown to none.
    """
    off_m = 500 / 110_700
    places = np.array([[106.5, 20.5], [107.5, 20 - off_m], [107.5, 19], [np.nan, np.nan]])
    assert list(proximity.Locator(provinces, "name").find(places, within_m=1000)) == [
        "west",
        "east",
        None,
        None,
    ]
    assert list(proximity.Locator(provinces, "name").find(places, within_m=400)) == [
        "west",
        None,
        None,
        None,
    ]


def test_locate_at_the_tolerance() -> None:
    """A place is found up to the full tolerance also straight north at the equator and far in the
    north.
    """
    for lat in (0.0, 60.0):
        square = gpd.GeoDataFrame(
            {"name": ["land"]}, geometry=[shapely.box(10, lat - 1, 11, lat)], crs=4326
        )
        off = crs.geodesic().fwd(10.5, lat, 0, 9_990)[:2]
        assert proximity.Locator(square, "name").find(np.array([off]), within_m=10_000)[0] == "land"
        assert proximity.Locator(square, "name").find(np.array([off]), within_m=9_980)[0] is None


def test_locate_measures_to_the_nearest_shore() -> None:
    """The nearest shore is the nearest on the ground, not in degrees, which are half as wide at 60°
    N.
    """
    land = gpd.GeoDataFrame(
        {"name": ["slanted"]}, geometry=[shapely.Polygon([(10, 60), (12, 61), (12, 60)])], crs=4326
    )
    foot = np.array([11.0, 60.5])
    shore = crs.geodesic().inv(10, 60, 12, 61)[0]
    off = np.array([crs.geodesic().fwd(*foot, shore - 90, 5_000)[:2]])
    assert proximity.Locator(land, "name").find(off, within_m=5_050)[0] == "slanted"


def test_answers_carry_the_index_of_any_kind(points: Points) -> None:
    """Identifiers are the index of the layers, whatever their type."""
    a = points({"x": (107, 21)}).set_axis(pd.Index([42]))
    assert proximity.nearest(a, a)["to_id"].tolist() == [42]

"""The people of the bundled data: counted once, spread without cliffs, where a local finds them."""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo import Atlas, crs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return pd.read_csv(ROOT / "data" / "population.csv", dtype={"id": str, "area": str})


@pytest.fixture(scope="module")
def builder() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(
        "population", ROOT / "data" / "population" / "build.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclass looks
    spec.loader.exec_module(module)
    return module


def test_everybody_is_counted_once(people: pd.DataFrame) -> None:
    """Ids are unique, every figure has a source, a year and a kind; an area has one count, and
    only Laos has places of GeoNames.
    """
    assert people["id"].is_unique
    assert people.notna().all(axis=None)
    assert (people.groupby("area")[["name_en", "country", "year", "counted"]].nunique() == 1).all(
        axis=None
    )
    of_geonames = people["source"].str.startswith("GeoNames")
    assert (of_geonames == (people["country"] == "LA")).all()
    assert set(people.loc[~of_geonames, "area"].str[:3]) == {"vn-", "cn-"}


def test_no_point_is_a_cliff(people: pd.DataFrame) -> None:
    """No point has more than 10,000 people, the points of an area are equal, and a shared one is an
    estimate.
    """
    assert people["population"].max() <= 10_000
    shares = people.groupby("area")["population"]
    of_cells = people["id"].str.contains("-[ru]")  # of China, whose cells are areas in themselves
    assert ((shares.max() - shares.min())[people[~of_cells]["area"].unique()] <= 1).all()
    shared = shares.transform("size") > 1
    assert (people.loc[shared, "source_kind"] == "estimate").all()


def test_known_totals(people: pd.DataFrame) -> None:
    """Cities have the people of the census or of the register: Hanoi's old and new centre some two
    million, Nanning's districts, Ha Long's wards as Quang Ninh published them.
    """
    near = {
        "Hanoi": ((105.8412, 21.0245), 6_000, 1.2e6, 2.8e6),
        "Hai Phong": ((106.6834, 20.8648), 6_000, 0.5e6, 1.2e6),
        "Nanning": ((108.3200, 22.8200), 10_000, 1.5e6, 4.0e6),
        "Mong Cai": ((107.9690, 21.5260), 6_000, 0.04e6, 0.3e6),  # with Dongxing over the river
    }
    at = people[["lon", "lat"]].to_numpy()
    for city, (lonlat, within_m, least, most) in near.items():
        inside = crs.distance_m(np.broadcast_to(lonlat, at.shape), at) <= within_m
        assert least < people.loc[inside, "population"].sum() < most, city


def test_neighbours_reach_about_the_same() -> None:
    """Of parks within two kilometres of each other nine pairs in ten reach numbers of people within
    an hour that differ by less than a fifth; the park beside Hanoi reaches more than those in
    Quang Ninh, and there Dong Mai, next to Hai Phong, more than Viet Hung, but not half as many
    again.
    """
    atlas = Atlas.open(ROOT / "data")
    reached = atlas.sites()["people_60min"]
    assert reached.notna().sum() > 150
    parks = atlas.layer("parks")
    at, numbers = parks.geometry.get_coordinates().to_numpy(), reached.to_numpy(float)
    first, second = np.triu_indices(len(parks), 1)
    near = crs.distance_m(at[first], at[second]) < 2_000
    near &= parks["country"].to_numpy()[first] == parks["country"].to_numpy()[second]
    pairs = np.stack([numbers[first[near]], numbers[second[near]]])
    pairs = pairs[:, (pairs > 0).all(axis=0)]
    assert pairs.shape[1] > 30
    assert np.quantile(pairs.max(axis=0) / pairs.min(axis=0), 0.9) < 1.2
    assert reached["thang-long-ip"] > 5e6 > reached["dong-mai-ip"] > 1.5e6
    assert reached["dong-mai-ip"] > reached["viet-hung-ip"] > reached["dong-mai-ip"] / 1.5
    assert (reached.dropna() > 0).mean() > 0.9


def test_areas_are_spread_without_loss(builder: types.ModuleType) -> None:
    """Of two made areas beside each other nobody is lost, and each keeps to its own roads and
    country.
    """
    step = np.arange(0.0, 0.4, 0.004)
    roads = builder.plane(np.array([(105.5 + x, 21.0 + y) for x in step for y in (0.0, 0.05)]))
    areas = [
        builder.Area(*(name,) * 3, "VN", lon, 21.02, count, "2024", "made", "code", 80.0, False)
        for name, lon, count in (("west", 105.6, 64_321), ("east", 105.8, 9_999))
    ]
    town = ("town",) * 3
    areas.append(
        builder.Area(*town, "CN", 108.3, 22.8, 123_457, "2020", "made", "code", 13.0, True)
    )
    spread = {area.id: points for area, points in builder.shared(areas, roads)}
    rows = [row for area in areas for row in builder.rows(area, spread[area.id])]
    table = pd.DataFrame(rows).astype({"population": int, "lon": float, "lat": float})
    sums = table.groupby("area")["population"].sum()
    assert sums.to_dict() == {"west": 64_321, "east": 9_999, "town": 123_457}
    assert table["population"].max() <= builder.MOST
    assert table[table["area"] == "west"]["lon"].max() < 105.75
    on_roads = table[table["area"] == "west"]["lat"].round(3)
    assert set(on_roads) <= {21.0, 21.05}
    outlines = gpd.read_file(builder.COUNTRIES).set_index("country").geometry
    at = table.loc[table["area"] == "town", ["lon", "lat"]].to_numpy()
    assert shapely.contains_xy(outlines["CN"], at).all()

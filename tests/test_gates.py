from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geo import gates, layers


@pytest.fixture(scope="module")
def toy_gates(toy: Path) -> gpd.GeoDataFrame:
    return layers.read(toy, "gates")


@pytest.fixture(scope="module")
def crossings(toy: Path) -> pd.DataFrame:
    return layers.read_table(toy, "crossings")


def test_service_time_by_vehicle(toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame) -> None:
    """A car needs half an hour, a truck an hour; not through a railway station, nor a gate of a class that is not listed."""
    car = gates.service_time_s(toy_gates, crossings, "car")
    truck = gates.service_time_s(toy_gates, crossings, "truck")
    assert car["bridge"] == car["pass"] == 1800
    assert truck["bridge"] == 3600
    assert car[["ferry", "station"]].isna().all()


def test_a_truck_may_not_pass_a_gate_for_passengers(toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame) -> None:
    """A gate known to clear no cargo is closed to trucks and open to cars, and the other way round."""
    assert pd.isna(gates.service_time_s(toy_gates, crossings, "truck")["pass"])
    for_cargo = toy_gates.assign(passengers=pd.array([False] * len(toy_gates), "boolean"))
    assert pd.isna(gates.service_time_s(for_cargo, crossings, "car")["bridge"])


def test_unknown_service_is_taken_as_given(toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame) -> None:
    """Only a gate known to refuse passengers is closed to cars."""
    unknown = toy_gates.assign(passengers=pd.array([pd.NA] * len(toy_gates), "boolean"))
    assert gates.service_time_s(unknown, crossings, "car")["bridge"] == 1800


def test_index_kept_and_argument_unchanged(toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame) -> None:
    """The answer lies on the index of the gates in any order, and nothing given is changed."""
    turned = toy_gates.iloc[::-1]
    before = turned.copy(), crossings.copy()
    time = gates.service_time_s(turned, crossings, "car")
    assert list(time.index) == list(turned.index)
    assert time.name == "service_time_s"
    assert turned.equals(before[0])
    assert crossings.equals(before[1])


def test_a_profile_without_rules_passes_nowhere(toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame) -> None:
    """No rule, no passage."""
    assert gates.service_time_s(toy_gates, crossings, "bicycle").isna().all()

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo import layers
from geo.roads import accuracy, nearest, within
from geo.roads.network import Network
from geo.siting import sites
from geo.siting.measures import DESTINATIONS


@pytest.fixture(scope="module")
def parts(toy: Path) -> dict[str, Any]:
    """Everything a table of the toy's sites is made of, but the roads."""
    people = layers.read_table(toy, "population").set_index("id")
    return {
        "places": {row.id: layers.read(toy, row.layer) for row in DESTINATIONS},
        "population": gpd.GeoDataFrame(
            people, geometry=gpd.points_from_xy(people["lon"], people["lat"]), crs=4326
        ),
        "crossings": layers.read_table(toy, "crossings"),
    }


@pytest.fixture(scope="module")
def parks(toy: Path) -> gpd.GeoDataFrame:
    return layers.read(toy, "parks")


def with_gates(parts: dict[str, Any], gates: gpd.GeoDataFrame) -> dict[str, Any]:
    return parts | {"places": parts["places"] | {"gate": gates}}


@pytest.fixture(scope="module")
def toy_sites(parks: gpd.GeoDataFrame, parts: dict[str, Any], toy_network: Network) -> pd.DataFrame:
    return sites.table(parks, network=toy_network, **parts)


def test_times_are_those_one_counts_in_the_head(toy_sites: pd.DataFrame) -> None:
    """Twenty kilometres to the bridge take a car twenty minutes and a truck forty; the port is a
    quarter of the way.
    """
    west = toy_sites.loc["west-park"]
    assert west["gate_car_s"] == pytest.approx(1200, rel=0.01)
    assert west["gate_truck_s"] == pytest.approx(2400, rel=0.01)
    assert west["port_car_s"] == pytest.approx(300, rel=0.01)
    assert (west["gate_truck"], west["port_car"], west["city_car"]) == (
        "bridge",
        "west-port",
        "east-town",
    )
    assert west["city_car_s"] == pytest.approx(
        3600, rel=0.01
    )  # thirty kilometres, and half an hour at the gate


def test_the_table_keeps_the_index_and_names_its_columns(
    toy_sites: pd.DataFrame, parks: gpd.GeoDataFrame
) -> None:
    """One row a park, in their order; the columns are those that are listed, numbers are floats,
    texts are texts.
    """
    assert toy_sites.index.equals(parks.index)
    listed = sites.columns()
    assert list(toy_sites.columns) == list(listed)
    for name, column in listed.items():
        assert (toy_sites[name].dtype == np.float64) == (column.type == "number"), name
    assert {"gate_truck_s", "gate_car", "people_60min", "area_ha", "sectors"} <= set(listed)


def test_a_site_without_a_road_is_unknown(toy_sites: pd.DataFrame) -> None:
    """No road joins the lost park: its times and people are unknown, not endless and not zero."""
    lost = toy_sites.loc["lost-park"]
    numbers = [name for name in toy_sites if name.endswith("_s") or name.startswith("people_")]
    assert lost[numbers].isna().all()
    assert pd.isna(lost["gate_truck"])
    assert lost["position_accuracy_m"] == 100


def test_no_way_by_road_is_known(
    parks: gpd.GeoDataFrame, parts: dict[str, Any], toy_network: Network
) -> None:
    """With all gates shut the town on the other side is known to be out of reach."""
    shut = sites.table(
        parks,
        network=toy_network.with_waiting(dict.fromkeys(toy_network.manifest.gates, np.inf)),
        **parts,
    )
    assert shut.loc["west-park", "city_car_s"] == np.inf
    assert pd.isna(shut.loc["west-park", "city_car"])
    assert np.isnan(shut.loc["lost-park", "city_car_s"])
    assert np.isfinite(shut.loc["east-park", "city_car_s"])


def test_a_place_without_a_road_leaves_the_answer_open(
    parks: gpd.GeoDataFrame, parts: dict[str, Any], toy_network: Network
) -> None:
    """Where only a gate far from every road is left, nobody knows of no way to it."""
    far = sites.table(
        parks, network=toy_network, **with_gates(parts, parts["places"]["gate"].loc[["far-gate"]])
    )
    assert far["gate_truck_s"].isna().all()


def test_only_gates_that_the_vehicle_may_pass_count(
    parks: gpd.GeoDataFrame, parts: dict[str, Any], toy_network: Network
) -> None:
    """The pass clears no cargo: nearer or not, it is not a gate for a truck; where none is left
    no way is.
    """
    gates = parts["places"]["gate"].loc[["pass"]]
    gates = gates.set_geometry(gates.translate(yoff=-0.03))  # to where a road is near enough
    only = sites.table(parks, network=toy_network, **with_gates(parts, gates))
    assert only.loc["west-park", "gate_truck_s"] == np.inf
    assert only.loc["west-park", "gate_car"] == "pass"
    none = sites.table(parks, network=toy_network, **with_gates(parts, gates.iloc[:0]))
    assert none["gate_truck_s"].isna().all()  # of gates that nobody listed nothing is known


def test_planned_ports_and_military_fields_do_not_count(
    grid: Network, points: Callable[..., Any], parts: dict[str, Any]
) -> None:
    """A port that is only planned, a dry port and an air base are passed over for an open one; an
    unknown status is open.
    """
    park = points({"site": (107.0, 21.0)})
    where = {"a": (107.01, 21.0), "b": (107.02, 21.0), "c": (107.03, 21.0)}
    ports = points(
        where,
        kind=["seaport", "dry_port", "seaport"],
        status=["planned", "operating", None],
        containers=[True, True, True],
    )
    airports = points(
        where,
        kind=["military", "civil", "civil"],
        status=["operating", "under_construction", "operating"],
    )
    gates, cities = parts["places"]["gate"].iloc[:0], points({})
    layers_of = {"gates": gates, "ports": ports, "airports": airports, "cities": cities}
    row = sites.table(
        park,
        {row.id: layers_of[row.layer] for row in DESTINATIONS},
        population=points({}, population=[]),
        crossings=parts["crossings"],
        network=grid,
    ).loc["site"]
    assert (row["port_car"], row["airport_car"], row["depot_car"]) == ("c", "c", "b")
    assert row["port_car_s"] == pytest.approx(180)
    assert row["port_truck_s"] == pytest.approx(360)


@pytest.mark.parametrize(
    ("containers", "port", "minutes"),
    [
        ([True, True], "near", 1),
        ([False, True], "far", 2),
        ([None, True], "far", 2),
        ([None, None], None, np.nan),
        ([False, None], None, np.nan),
        ([False, False], None, np.inf),
    ],
)
def test_a_port_is_one_of_containers(
    grid: Network,
    points: Callable[..., Any],
    parts: dict[str, Any],
    containers: list[bool | None],
    port: str | None,
    minutes: float,
) -> None:
    """The coal quay next door is not the port; whether there is one stays open while nobody knows
    of some quay what it handles. The quay next door is the quickest quay all the same.
    """
    where = {"near": (107.01, 21.0), "far": (107.02, 21.0)}
    ports = points(where, kind="seaport", containers=containers)
    places = {row.id: points({}) for row in DESTINATIONS} | {"port": ports, "quay": ports}
    row = sites.table(
        points({"site": (107.0, 21.0)}),
        places,
        population=points({}, population=[]),
        crossings=parts["crossings"],
        network=grid,
    ).loc["site"]
    assert row["port_car"] == port or (port is None and pd.isna(row["port_car"]))
    assert row["port_car_s"] == pytest.approx(60 * minutes, nan_ok=True)
    assert row["quay_car"] == "near"


def test_a_container_port_without_a_road_leaves_the_answer_open(
    grid: Network, points: Callable[..., Any], parts: dict[str, Any]
) -> None:
    """No other quay steps in for the one terminal that no road of the network leads to."""
    ports = points(
        {"quay": (107.01, 21.0), "terminal": (100.0, 10.0)},
        kind="seaport",
        containers=[False, True],
    )
    places = {row.id: points({}) for row in DESTINATIONS} | {"port": ports, "quay": ports}
    row = sites.table(
        points({"site": (107.0, 21.0)}),
        places,
        population=points({}, population=[]),
        crossings=parts["crossings"],
        network=grid,
    ).loc["site"]
    assert np.isnan(row["port_truck_s"])
    assert pd.isna(row["port_truck"])


def test_people_within_an_hour(toy_sites: pd.DataFrame) -> None:
    """A car reaches both towns of the west and, just within the hour, the one behind the gate."""
    assert toy_sites.loc["west-park", "people_60min"] in (1200, 1230)


def test_people_come_by_car(
    parks: gpd.GeoDataFrame, parts: dict[str, Any], toy_network: Network
) -> None:
    """Half as fast, a truck reaches fewer people within the hour; the table of trucks and that of
    cars count the same, those of a car, and the shut gates keep those away who live behind them.
    """
    by = {
        profile: within.people_within(
            toy_network, parks, parts["population"], [3600.0], profile=profile
        )[3600.0]
        for profile in sites.VEHICLES
    }
    assert (by["truck"].dropna() <= by["car"].dropna()).all()
    assert not by["truck"].equals(by["car"])
    for profiles in (("truck",), ("car",), sites.VEHICLES):
        table = sites.table(parks, network=toy_network, profiles=profiles, **parts)
        assert [name for name in table if name.startswith("people")] == ["people_60min"]
        pd.testing.assert_series_equal(table["people_60min"], by["car"], check_names=False)
    shut = toy_network.with_waiting(dict.fromkeys(toy_network.manifest.gates, np.inf))
    table = sites.table(parks, network=shut, profiles=("truck",), **parts)
    assert table.loc["west-park", "people_60min"] == 1200


def test_empty_cells_are_unknown_and_lists_are_lists(toy_sites: pd.DataFrame) -> None:
    """A list is a tuple of codes, None where the cell is empty; an empty number is NaN."""
    assert toy_sites.loc["west-park", "sectors"] == ("logistics", "trade_services")
    assert toy_sites.loc["east-park", "sectors"] is None
    assert np.isnan(toy_sites.loc["east-park", "area_ha"])
    assert toy_sites["utilities"].isna().all()
    assert toy_sites["rent_term_low_usd_m2"].isna().all()


def test_lists_of_one_length_stay_lists(
    parks: gpd.GeoDataFrame, parts: dict[str, Any], toy_network: Network
) -> None:
    """Three parks with two sectors each have tuples, not a square of codes."""
    table = sites.table(
        parks.assign(sectors=["logistics;textiles"] * 3), network=toy_network, **parts
    )
    assert list(table["sectors"]) == [("logistics", "textiles")] * 3


def test_arguments_are_not_changed(
    parks: gpd.GeoDataFrame, parts: dict[str, Any], toy_network: Network
) -> None:
    """Frames go in and come out as they were."""
    places = parts["places"]
    frames = {**places, "parks": parks, "people": parts["population"], "rules": parts["crossings"]}
    before = {name: frame.copy() for name, frame in frames.items()}
    sites.table(parks, network=toy_network, **parts)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before[name]))


def unsure(
    table: pd.DataFrame, parts: dict[str, Any], network: Network, year: int = 2026
) -> pd.DataFrame:
    return sites.uncertainty(table, parts["places"], network=network, year=year)


@pytest.mark.parametrize("cells", [1, 7])
def test_a_table_that_is_made_in_parts_is_the_same(
    parks: gpd.GeoDataFrame,
    parts: dict[str, Any],
    toy_network: Network,
    toy_sites: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    cells: int,
) -> None:
    """However few parks are looked at together, each has the same times, places and people."""
    monkeypatch.setattr(nearest, "CELLS_AT_ONCE", cells)
    monkeypatch.setattr(within, "CELLS_AT_ONCE", cells)
    again = sites.table(parks, network=toy_network, **parts)
    pd.testing.assert_frame_equal(again, toy_sites)


def test_positions_make_times_unsure(
    toy_sites: pd.DataFrame, parts: dict[str, Any], toy_network: Network
) -> None:
    """Errors of both positions are driven at the access speed; the share of the time that was
    measured is added in squares.
    """
    spread = unsure(toy_sites, parts, toy_network)
    assert spread.index.equals(toy_sites.index)
    assert list(spread.columns) == list(toy_sites.columns)
    manifest = toy_network.manifest
    leg_s = np.hypot(100, 100) * manifest.access_detour / (manifest.access_speed_kph["car"] / 3.6)
    time = toy_sites.loc["west-park", "gate_car_s"]
    assert spread.loc["west-park", "gate_car_s"] == pytest.approx(
        np.hypot(leg_s, time * accuracy.TIME_SHARE)
    )


def test_unknown_and_endless_times_have_no_uncertainty(
    parks: gpd.GeoDataFrame, parts: dict[str, Any], toy_network: Network, toy_sites: pd.DataFrame
) -> None:
    """Nothing is said of how sure an unknown number is, nor of numbers whose source states no
    error.
    """
    spread = unsure(toy_sites, parts, toy_network)
    assert spread.loc["lost-park"].isna().all()
    assert (
        spread[["people_60min", "area_ha", "occupancy_pct", "established_year", "status"]]
        .isna()
        .all(axis=None)
    )
    shut = sites.table(
        parks,
        network=toy_network.with_waiting(dict.fromkeys(toy_network.manifest.gates, np.inf)),
        **parts,
    )
    assert np.isnan(unsure(shut, parts, toy_network).loc["west-park", "city_car_s"])


def test_an_old_rent_is_less_sure(
    parks: gpd.GeoDataFrame, parts: dict[str, Any], toy_network: Network
) -> None:
    """The deviation grows with each year of age; without a year none is known, and this year's rent
    is not exact.
    """
    dated = parks.assign(
        rent_term_low_usd_m2=100.0,
        rent_term_high_usd_m2=120.0,
        rent_year=pd.array([2020, 2026, pd.NA], "Int64"),
    )
    spread = unsure(sites.table(dated, network=toy_network, **parts), parts, toy_network)
    share = sites.ASSUMPTIONS["rent_share_per_year"].value
    assert spread["rent_term_low_usd_m2"].tolist() == pytest.approx(
        [600 * share, 100 * share, np.nan], nan_ok=True
    )
    assert spread["rent_term_high_usd_m2"].tolist() == pytest.approx(
        [720 * share, 120 * share, np.nan], nan_ok=True
    )


def test_every_assumption_says_that_it_is_one() -> None:
    """Assumed numbers carry their kind, a date and a ground."""
    for assumption in sites.ASSUMPTIONS.values():
        assert assumption.source_kind == "assumption"
        assert assumption.as_of
        assert assumption.note


def test_the_uncertainty_of_some_columns_is_that_of_all(
    parts: dict[str, Any], toy_network: Network, toy_sites: pd.DataFrame
) -> None:
    """Asking for fewer columns changes no number."""
    whole = unsure(toy_sites, parts, toy_network)
    for some in (["gate_car_s"], ["rent_term_low_usd_m2", "area_ha"]):
        part = sites.uncertainty(
            toy_sites, parts["places"], network=toy_network, year=2026, columns=some
        )
        pd.testing.assert_frame_equal(part, whole[some])

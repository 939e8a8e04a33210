from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geo import access, corridors, layers
from geo.errors import InputError
from geo.network import Network
from geo.schema import RAIL_KINDS

Points = Callable[..., gpd.GeoDataFrame]


@pytest.fixture(scope="module")
def parts(toy: Path) -> dict[str, Any]:
    """What the toy network is built from."""
    tables = ("corridor_vertices", "interchanges", "speeds", "crossings")
    found: dict[str, Any] = {name: layers.read_table(toy, name) for name in tables}
    found["vertices"] = found.pop("corridor_vertices")
    return found | {name: layers.read(toy, name) for name in ("corridors", "gates")}


@pytest.fixture(scope="module")
def towns(points: Points) -> gpd.GeoDataFrame:
    return points({"west-town": (100, 0), "east-town": (100.3, 0)}, country=["AA", "BB"])


def length_by_name(net: Network) -> pd.Series:
    names = np.array([*net.manifest.names, ""])[net.name]
    return pd.Series(net.length_m).groupby(names).sum()


def component_count(net: Network, kept: np.ndarray) -> int:
    """Count the pieces into which the nodes fall when only the segments in `kept` may be used."""
    kept = kept & (net.forward | net.backward)
    graph = coo_matrix((np.ones(kept.sum()), (net.tail[kept], net.head[kept])), shape=(net.node_count,) * 2)
    return int(connected_components(graph, directed=False)[0])


# The toy package


def test_hour_across_the_border(toy_network: Network, towns: gpd.GeoDataFrame) -> None:
    """20 km at 60 km/h, half an hour at the bridge, 10 km: one hour exactly by car, two by truck, through the bridge."""
    for profile, hours in (("car", 1), ("truck", 2)):
        table = access.travel_times(toy_network, towns, towns, profile=profile)
        assert (table["travel_time_s"] / 3600).tolist() == pytest.approx([0, hours, hours, 0], abs=1e-6)
        assert table["length_m"].tolist() == pytest.approx([0, 30_000, 30_000, 0], abs=0.01)
        assert table["gates"].tolist() == ["", "bridge", "bridge", ""]
        assert table["coarse"].all()


def test_people_within_the_hour(toy_network: Network, toy: Path, towns: gpd.GeoDataFrame) -> None:
    """Within 60 minutes means ≤ 60: from West Town all three towns on the road count, within 59 min not the far one."""
    table = layers.read_table(toy, "population")
    people = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)
    counts = access.people_within(toy_network, towns, people, [59 * 60, 3600])
    assert counts.loc["west-town"].tolist() == [1200, 1230]
    assert counts.loc["east-town"].tolist() == [230, 1230]


def test_length_is_the_published_one(toy_network: Network) -> None:
    """A drawn line is scaled to its published length; without one it keeps its own."""
    length = length_by_name(toy_network)
    assert length["R1, West road"] == pytest.approx(20_000)
    assert length["R2, East road"] == pytest.approx(10_000)
    assert length["M2, East motorway"] == pytest.approx(11_057.4, abs=1)


def test_speed_is_not_above_the_design_speed(toy_network: Network) -> None:
    """The motorway built for 30 km/h is driven at 30, not at the 90 of its class."""
    motorway = np.array(toy_network.manifest.names)[toy_network.name] == "M2, East motorway"
    kph = toy_network.length_m[motorway] / toy_network.time_s["car"][motorway] * 3.6
    np.testing.assert_allclose(kph, 30)


def test_only_open_roads(toy_network: Network) -> None:
    """Railways and planned roads are not in the network."""
    assert set(toy_network.manifest.names) - {""} == {
        "R1, West road",
        "R2, East road",
        "M2, East motorway",
        "East town interchange",
        "Bridge",
        "Ferry",
        "Pass",
    }


def test_border_is_closed_but_at_a_gate(parts: dict[str, Any], towns: gpd.GeoDataFrame) -> None:
    """Roads that share a node across the border, or an interchange there, do not meet: without gates there is no way."""
    closed = corridors.build(**parts | {"gates": parts["gates"].iloc[:0]})
    table = access.travel_times(closed, towns, towns)
    assert table["travel_time_s"].isna().tolist()[1:3] == [True, True]
    assert component_count(closed, np.ones(closed.segment_count, bool)) == 2


def test_each_way_abroad_passes_exactly_one_gate(toy_network: Network, toy: Path) -> None:
    """Between all places of the package a way passes one gate when the countries differ, and none otherwise."""
    places = pd.concat([layers.read(toy, name)[["country", "geometry"]] for name in ("parks", "ports", "airports", "cities")])
    table = access.travel_times(toy_network, places, places).dropna(subset="travel_time_s")
    country = places["country"]
    abroad = table["from_id"].map(country).to_numpy() != table["to_id"].map(country).to_numpy()
    assert abroad.any()
    assert (table["gates"].str.split(";").str.len().where(table["gates"] != "", 0) == abroad).all()


def test_gates_that_do_not_join(toy_network: Network, towns: gpd.GeoDataFrame, parts: dict[str, Any]) -> None:
    """A gate far from every road is noted and no way; a railway station is none; a ferry that serves nobody is shut."""
    present = {toy_network.manifest.gates[one] for one in toy_network.gate if one >= 0}
    assert present == {"bridge", "ferry", "pass"}
    assert [note for note in toy_network.manifest.notes if note.startswith("far-gate")]
    assert toy_network.manifest.notes[-1] == "3 gates have a road; no other road crosses a border."
    shut = corridors.build(**parts | {"gates": parts["gates"].loc[["ferry", "station"]]})
    assert np.isnan(access.travel_times(shut, towns, towns)["travel_time_s"][1])


def test_truck_goes_round_a_gate_for_passengers(parts: dict[str, Any], towns: gpd.GeoDataFrame) -> None:
    """Through the pass there is a way for cars and none for trucks."""
    net = corridors.build(**parts | {"gates": parts["gates"].loc[["pass"]]})
    car, truck = (access.travel_times(net, towns, towns, profile=one) for one in ("car", "truck"))
    assert car["gates"].tolist() == ["", "pass", "pass", ""]
    assert truck["travel_time_s"].isna().tolist()[1:3] == [True, True]


def test_lanes_of_a_gate_that_share_a_position(parts: dict[str, Any], towns: gpd.GeoDataFrame) -> None:
    """Where one lane is for cars and another for trucks, at one position, each vehicle passes its own."""
    bridge = parts["gates"].loc[["bridge", "pass"]]
    lanes = bridge.assign(cargo=[True, False], passengers=[False, True]).set_geometry([bridge.geometry["bridge"]] * 2, crs=4326)
    net = corridors.build(**parts | {"gates": lanes})
    for profile, lane in (("car", "pass"), ("truck", "bridge")):
        assert access.travel_times(net, towns, towns, profile=profile)["gates"].tolist() == ["", lane, lane, ""]


def test_gate_in_the_middle_of_a_segment(parts: dict[str, Any]) -> None:
    """A gate joins a corridor where it is nearest, between two vertices, and the corridor keeps its length."""
    gate = parts["gates"].loc[["bridge"]].set_geometry(gpd.points_from_xy([100.15], [0.01]), crs=4326)
    net = corridors.build(**parts | {"gates": gate})
    assert length_by_name(net)["R1, West road"] == pytest.approx(20_000)
    assert np.isclose(net.node_lonlat, [100.15, 0], atol=1e-6).all(axis=1).any()


def test_arguments_unchanged(parts: dict[str, Any]) -> None:
    """Building changes nothing it was given, and gives the same arrays each time."""
    before = {name: frame.copy() for name, frame in parts.items()}
    a, b = corridors.build(**parts), corridors.build(**parts)
    assert all(parts[name].equals(frame) for name, frame in before.items())
    np.testing.assert_array_equal(a.length_m, b.length_m)
    np.testing.assert_array_equal(a.tail, b.tail)


def test_no_open_road_is_refused(parts: dict[str, Any]) -> None:
    """Without one open road there is no network, and that is said."""
    planned = parts["corridors"].assign(status="planned")
    with pytest.raises(InputError, match="no open road"):
        corridors.build(**parts | {"corridors": planned})


def test_missing_speed_is_refused(parts: dict[str, Any]) -> None:
    """A class of road without a speed for one of the profiles is named."""
    speeds = parts["speeds"]
    fewer = speeds[~((speeds["profile"] == "truck") & (speeds["road_class"] == "access"))]
    with pytest.raises(InputError, match="access"):
        corridors.build(**parts | {"speeds": fewer})


# The real package


@pytest.fixture(scope="module")
def real_corridors() -> gpd.GeoDataFrame:
    return layers.read(layers.bundled(), "corridors")


def open_roads(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[~frame["kind"].isin(RAIL_KINDS) & (frame["status"] == "operating")]


def road_names(frame: gpd.GeoDataFrame) -> pd.Series:
    return frame["name_en"].where(frame["ref"].isna(), frame["ref"] + ", " + frame["name_en"])


def test_real_roads_hang_together(real_network: Network) -> None:
    """All open roads of the region are one component, for either vehicle, and every node can be left and reached."""
    assert component_count(real_network, np.ones(real_network.segment_count, bool)) == 1
    for profile in real_network.profiles:
        arcs = real_network.arcs(profile)
        assert connected_components(arcs.time_s, connection="strong")[0] == 1


def test_real_countries_meet_only_at_gates(real_network: Network) -> None:
    """Every road lies in one country and its ends too; the gates alone join nodes of two."""
    roads = real_network.gate < 0
    assert (real_network.country[roads] >= 0).all()
    country_of = np.full(real_network.node_count, -1)
    country_of[real_network.tail[roads]] = real_network.country[roads]
    country_of[real_network.head[roads]] = real_network.country[roads]
    ends = country_of[np.column_stack([real_network.tail, real_network.head])]
    assert (ends >= 0).all()
    assert (ends[roads] == real_network.country[roads][:, None]).all()
    assert (ends[~roads, 0] != ends[~roads, 1]).all()


def test_real_network_holds_open_roads_only(real_network: Network, real_corridors: gpd.GeoDataFrame) -> None:
    """Every open road is there; no railway and nothing planned is."""
    used = set(real_network.manifest.names)
    there = open_roads(real_corridors)
    absent = real_corridors.drop(there.index)
    assert set(road_names(there)) <= used
    assert not (set(road_names(absent)) - set(road_names(there))) & used


def test_real_lengths_are_the_published_ones(real_network: Network, real_corridors: gpd.GeoDataFrame) -> None:
    """In the network each corridor is as long as published."""
    there = open_roads(real_corridors)
    assert road_names(there).is_unique
    length = length_by_name(real_network)
    published = there["published_length_km"].dropna()
    assert len(published) > 10
    np.testing.assert_allclose(length[road_names(there)[published.index]], published * 1000, rtol=1e-9)


def test_real_speeds_are_those_of_the_table(real_network: Network) -> None:
    """No road is driven faster than its class allows, by any vehicle, and a truck is never faster than a car."""
    speeds = layers.read_table(layers.bundled(), "speeds").set_index(["profile", "road_class"])["speed_kph"]
    roads = (real_network.gate < 0) & (real_network.length_m > 0)
    classes = np.array(real_network.manifest.road_classes)[real_network.road_class]
    for profile in real_network.profiles:
        kph = real_network.length_m[roads] / real_network.time_s[profile][roads] * 3.6
        assert (kph <= speeds[profile][classes[roads]].to_numpy() + 1e-9).all()
    assert (real_network.time_s["truck"][roads] >= real_network.time_s["car"][roads]).all()


def test_real_times_from_park_to_gate(real_network: Network) -> None:
    """Every pair is in the table; no way is faster than 85 km/h, and hardly one shorter than a straight line, which coarse roads may be."""
    folder = layers.bundled()
    parks, gates = layers.read(folder, "parks"), layers.read(folder, "gates")
    table = access.travel_times(real_network, parks, gates)
    known = table.dropna(subset="travel_time_s")
    assert len(table) == len(parks) * len(gates)
    assert len(known) > len(table) / 2
    assert (known["length_m"] > known["distance_m"] * 0.98).mean() > 0.99
    assert (known["length_m"] / known["travel_time_s"] * 3.6 <= 85).all()

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

from geo import layers
from geo.errors import InputError, NotFoundError
from geo.proximity import lonlat
from geo.roads import access, corridors
from geo.roads.network import ARRAYS, Network
from geo.schema import RAIL_KINDS, ROAD_KINDS

Points = Callable[..., gpd.GeoDataFrame]


@pytest.fixture(scope="module")
def parts(toy: Path) -> dict[str, Any]:
    """What the toy network is built from."""
    tables = ("corridor_vertices", "interchanges", "speeds", "crossings", "transfers")
    parts: dict[str, Any] = {name: layers.read_table(toy, name) for name in tables}
    parts["vertices"] = parts.pop("corridor_vertices")
    return parts | {name: layers.read(toy, name) for name in ("corridors", "gates")}


@pytest.fixture(scope="module")
def towns(points: Points) -> gpd.GeoDataFrame:
    return points({"west-town": (100, 0), "east-town": (100.3, 0)}, country=["AA", "BB"])


def length_by_name(net: Network) -> pd.Series:
    names = np.array([*net.manifest.names, ""])[net.name]
    return pd.Series(net.length_m).groupby(names).sum()


def component_count(net: Network, kept: np.ndarray) -> int:
    """Count the pieces into which the nodes fall when only the segments in `kept` may be used."""
    kept = kept & (net.forward | net.backward)
    graph = coo_matrix(
        (np.ones(kept.sum()), (net.tail[kept], net.head[kept])), shape=(net.node_count,) * 2
    )
    return int(connected_components(graph, directed=False)[0])


# The toy package


def test_hour_across_the_border(toy_network: Network, towns: gpd.GeoDataFrame) -> None:
    """20 km at 60 km/h, half an hour at the bridge, 10 km: one hour exactly by car, two by truck,
    through the bridge.
    """
    for profile, hours in (("car", 1), ("truck", 2)):
        table = access.travel_times(toy_network, towns, towns, profile=profile)
        assert (table["travel_time_s"] / 3600).tolist() == pytest.approx(
            [0, hours, hours, 0], abs=1e-6
        )
        assert table["length_m"].tolist() == pytest.approx([0, 30_000, 30_000, 0], abs=0.01)
        assert table["gates"].tolist() == ["", "bridge", "bridge", ""]
        assert table["coarse"].all()


def test_people_within_the_hour(toy_network: Network, toy: Path, towns: gpd.GeoDataFrame) -> None:
    """Within 60 minutes means ≤ 60: from West Town all three towns on the road count, within 59 min
    not the far one.
    """
    table = layers.read_table(toy, "population")
    people = gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326
    )
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
    """Roads that share a node across the border, or an interchange there, do not meet: without
    gates there is no way.
    """
    closed = corridors.build(**parts | {"gates": parts["gates"].iloc[:0]})
    table = access.travel_times(closed, towns, towns)
    assert table["travel_time_s"].isna().tolist()[1:3] == [True, True]
    assert component_count(closed, np.ones(closed.segment_count, bool)) == 2


def test_each_way_abroad_passes_exactly_one_gate(toy_network: Network, toy: Path) -> None:
    """Between all places of the package a way passes one gate when the countries differ, and none
    otherwise.
    """
    places = pd.concat(
        [
            layers.read(toy, name)[["country", "geometry"]]
            for name in ("parks", "ports", "airports", "cities")
        ]
    )
    table = access.travel_times(toy_network, places, places).dropna(subset="travel_time_s")
    country = places["country"]
    abroad = table["from_id"].map(country).to_numpy() != table["to_id"].map(country).to_numpy()
    assert abroad.any()
    assert (table["gates"].str.split(";").str.len().where(table["gates"] != "", 0) == abroad).all()


def test_gates_that_do_not_join(
    toy_network: Network, towns: gpd.GeoDataFrame, parts: dict[str, Any]
) -> None:
    """A gate far from every road is noted and no way; a railway station is none; a ferry that
    serves nobody is shut.
    """
    present = {toy_network.manifest.gates[gate] for gate in toy_network.gate if gate >= 0}
    assert present == {"bridge", "ferry", "pass"}
    assert [note for note in toy_network.manifest.notes if note.startswith("far-gate")]
    assert toy_network.manifest.notes[-1] == "3 gates have a road; no other road crosses a border."
    shut = corridors.build(**parts | {"gates": parts["gates"].loc[["ferry", "station"]]})
    assert np.isnan(access.travel_times(shut, towns, towns)["travel_time_s"][1])


def test_truck_goes_round_a_gate_for_passengers(
    parts: dict[str, Any], towns: gpd.GeoDataFrame
) -> None:
    """Through the pass there is a way for cars and none for trucks."""
    net = corridors.build(**parts | {"gates": parts["gates"].loc[["pass"]]})
    car, truck = (
        access.travel_times(net, towns, towns, profile=profile) for profile in ("car", "truck")
    )
    assert car["gates"].tolist() == ["", "pass", "pass", ""]
    assert truck["travel_time_s"].isna().tolist()[1:3] == [True, True]


def test_lanes_of_a_gate_that_share_a_position(
    parts: dict[str, Any], towns: gpd.GeoDataFrame
) -> None:
    """Where one lane is for cars and another for trucks, at one position, each vehicle passes its
    own.
    """
    bridge = parts["gates"].loc[["bridge", "pass"]]
    lanes = bridge.assign(cargo=[True, False], passengers=[False, True]).set_geometry(
        [bridge.geometry["bridge"]] * 2, crs=4326
    )
    net = corridors.build(**parts | {"gates": lanes})
    for profile, lane in (("car", "pass"), ("truck", "bridge")):
        assert access.travel_times(net, towns, towns, profile=profile)["gates"].tolist() == [
            "",
            lane,
            lane,
            "",
        ]


def test_gate_in_the_middle_of_a_segment(parts: dict[str, Any]) -> None:
    """A gate joins a corridor where it is nearest, between two vertices, and the corridor keeps its
    length.
    """
    gate = (
        parts["gates"].loc[["bridge"]].set_geometry(gpd.points_from_xy([100.15], [0.01]), crs=4326)
    )
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
    """A package without an open road has no network, and the error says so."""
    planned = parts["corridors"].assign(status="planned")
    with pytest.raises(InputError, match="no open road"):
        corridors.build(**parts | {"corridors": planned})


def test_missing_speed_is_refused(parts: dict[str, Any]) -> None:
    """A class of road without a speed for one of the profiles is named."""
    speeds = parts["speeds"]
    fewer = speeds[~((speeds["profile"] == "truck") & (speeds["road_class"] == "access"))]
    with pytest.raises(InputError, match="access"):
        corridors.build(**parts | {"speeds": fewer})


# A year to come


def assert_same(a: Network, b: Network) -> None:
    """Two networks are equal to the last bit."""
    assert a.manifest == b.manifest
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    for profile in (*a.profiles, *b.profiles):
        np.testing.assert_array_equal(a.time_s[profile], b.time_s[profile])


def with_links(parts: dict[str, Any], *ends: tuple[str, int, str, int]) -> dict[str, Any]:
    """Add interchanges, named by the first corridor."""
    rows = pd.DataFrame(
        list(ends), columns=["corridor_id", "seq", "other_corridor_id", "other_seq"]
    )
    rows["name_en"] = rows["corridor_id"] + " interchange"
    return parts | {"interchanges": pd.concat([parts["interchanges"], rows], ignore_index=True)}


@pytest.fixture(scope="module")
def promised(parts: dict[str, Any]) -> dict[str, Any]:
    """The toy package with a motorway of 20 km from West town to the bridge, announced for 2030: 90
    km/h by car, 60 by truck.
    """
    vertices = parts["vertices"].copy()
    end = (vertices["corridor_id"] == "planned-motorway") & (vertices["seq"] == 2)
    vertices.loc[end, ["lat", "node_id"]] = [0, "bridge"]
    year = pd.Series({"planned-motorway": 2030}, dtype="Int64").reindex(parts["corridors"].index)
    ready = parts | {"vertices": vertices, "corridors": parts["corridors"].assign(open_year=year)}
    return with_links(ready, ("planned-motorway", 1, "west-road", 1))


@pytest.fixture(scope="module")
def rails(parts: dict[str, Any]) -> dict[str, Any]:
    """The toy package with its railway planned for 2030, at 120 km/h by car and 60 by truck, 100 s
    and 200 s to change.

    Stations at West town and at the bridge, 20 km by rail, and one at its end abroad that must not
    hold."""
    year = pd.Series({"old-railway": 2030}, dtype="Int64").reindex(parts["corridors"].index)
    corridors_ = parts["corridors"].assign(open_year=year)
    corridors_.loc["old-railway", ["status", "design_speed_kph"]] = ["planned", 200]
    speeds = pd.DataFrame(
        {"profile": ["car", "truck"], "road_class": "railway", "speed_kph": [120.0, 60.0]}
    )
    ready = parts | {
        "corridors": corridors_,
        "speeds": pd.concat([parts["speeds"], speeds], ignore_index=True),
        "transfers": parts["transfers"].assign(transfer_time_s=[100.0, 200.0]),
    }
    links = (
        ("old-railway", 1, "west-road", 1),
        ("west-road", 3, "old-railway", 2),
        ("old-railway", 3, "east-road", 2),
    )
    return with_links(ready, *links)


@pytest.fixture(scope="module")
def ends(points: Points) -> gpd.GeoDataFrame:
    """Both ends of the west road, in AA."""
    return points({"west": (100, 0), "bridge-foot": (100.2, 0)}, country=["AA", "AA"])


def classes(net: Network) -> np.ndarray:
    return np.array([*net.manifest.road_classes, ""])[net.road_class]


def test_without_a_year_it_is_today(
    promised: dict[str, Any], rails: dict[str, Any], toy_network: Network
) -> None:
    """Announced years, assumed years and stations change nothing as long as no year is asked
    for.
    """
    for ready in (promised, rails):
        assert_same(
            corridors.build(
                **ready, years={"planned-motorway": 2026}, licence=toy_network.manifest.licence
            ),
            toy_network,
        )


@pytest.mark.parametrize("profile", ["car", "truck"])
def test_planned_road_opens_in_its_year(
    promised: dict[str, Any], ends: gpd.GeoDataFrame, profile: str
) -> None:
    """In 2029 one drives 20 km on the road, in 2030 on the motorway, and in 2031 too."""
    road_s, motorway_s = {"car": (1200, 800), "truck": (2400, 1200)}[profile]
    for year, expected_s in ((2029, road_s), (2030, motorway_s), (2031, motorway_s)):
        net = corridors.build(**promised, year=year)
        assert net.manifest.title == f"Corridor network {year}"
        assert net.manifest.coarse
        assert access.time_matrix(net, ends, ends, profile=profile).loc[
            "west", "bridge-foot"
        ] == pytest.approx(expected_s, abs=0.01)
        assert ("planned_expressway" in classes(net)) == (year >= 2030)


def test_every_corridor_that_is_not_open_is_accounted_for(promised: dict[str, Any]) -> None:
    """The notes say what is there and by whose word, what comes later, and what has no year at
    all.
    """
    waiting = promised["corridors"].copy()
    waiting.loc["old-railway", "status"] = "planned"

    def first(year: int, **years: int) -> tuple[str, ...]:
        assumed = {name.replace("_", "-"): year for name, year in years.items()}
        return corridors.build(
            **promised | {"corridors": waiting}, year=year, years=assumed
        ).manifest.notes[:2]

    nothing = "Old railway has no opening year and is not in the network of {}."
    assert first(2030) == (
        "Planned: M9, Planned motorway, announced for 2030. Source: made up.",
        nothing.format(2030),
    )
    assert first(2029) == (
        "M9, Planned motorway is expected in 2030 and is not in the network of 2029.",
        nothing.format(2029),
    )
    assumed = (
        "Planned: M9, Planned motorway, taken as open from 2028 on, which is an assumption without"
        " a source."
    )
    assert first(2029, planned_motorway=2028) == (assumed, nothing.format(2029))


def test_a_year_can_be_put_off(promised: dict[str, Any]) -> None:
    """A later year that somebody assumes counts instead of the announced one."""
    net = corridors.build(**promised, year=2030, years={"planned-motorway": 2031})
    assert not [road_class for road_class in classes(net) if road_class.startswith("planned_")]


def test_years_of_other_corridors_are_refused(promised: dict[str, Any]) -> None:
    """A year for a corridor that is open, or that there is not, is a mistake."""
    with pytest.raises(InputError, match="open needs no year"):
        corridors.build(**promised, year=2030, years={"west-road": 2030})
    with pytest.raises(NotFoundError, match="no-road"):
        corridors.build(**promised, years={"no-road": 2030})


def test_a_planned_road_that_meets_none_is_named(parts: dict[str, Any]) -> None:
    """Without an interchange or a node in common a planned road changes nothing, and that is
    said.
    """
    net = corridors.build(
        **parts | {"gates": parts["gates"].loc[["bridge"]]},
        year=2030,
        years={"planned-motorway": 2030},
    )
    assert "M9, Planned motorway meets no open road and changes nothing." in net.manifest.notes


def test_rail_leg_counts_the_transfer_twice(rails: dict[str, Any], ends: gpd.GeoDataFrame) -> None:
    """Road, transfer, 20 km by train, transfer, road: 100 + 600 + 100 s by car, 200 + 1200 + 200 s
    by truck.
    """
    net = corridors.build(**rails, year=2030)
    for profile, expected_s in (("car", 800), ("truck", 1600)):
        table = access.travel_times(net, ends, ends, profile=profile)
        assert table["travel_time_s"].tolist() == pytest.approx(
            [0, expected_s, expected_s, 0], abs=0.01
        )
        way = access.route(net, ends.iloc[[0]], ends.iloc[[1]], profile=profile)
        steps = way[way["kind"] == "road"]
        assert steps["road_class"].tolist() == [
            "planned_transfer",
            "planned_railway",
            "planned_transfer",
        ]
        assert steps["travel_time_s"].tolist() == pytest.approx(
            [expected_s / 8, expected_s * 3 / 4, expected_s / 8]
        )
        assert steps["length_m"].tolist() == pytest.approx([0, 20_000, 0], abs=0.01)


def test_no_train_is_faster_than_its_railway_allows(rails: dict[str, Any]) -> None:
    """On a railway built for 100 km/h a train for 120 makes 70 on average, and a slower one what it
    makes anyway.
    """
    corridors_ = rails["corridors"].copy()
    corridors_.loc["old-railway", "design_speed_kph"] = 100
    net = corridors.build(**rails | {"corridors": corridors_}, year=2030)
    on_rails = classes(net) == "planned_railway"
    for profile, kph in (("car", 70), ("truck", 60)):
        np.testing.assert_allclose(
            net.length_m[on_rails] / net.time_s[profile][on_rails] * 3.6, kph
        )


def test_a_vehicle_without_a_transfer_stays_on_the_road(
    rails: dict[str, Any], ends: gpd.GeoDataFrame
) -> None:
    """Where no truck may change to the train it takes as long as today."""
    net = corridors.build(**rails | {"transfers": rails["transfers"].iloc[:1]}, year=2030)
    assert access.time_matrix(net, ends, ends, profile="truck").iloc[0, 1] == pytest.approx(
        2400, abs=0.01
    )
    assert access.time_matrix(net, ends, ends, profile="car").iloc[0, 1] == pytest.approx(
        800, abs=0.01
    )


def test_a_railway_needs_its_assumptions(rails: dict[str, Any]) -> None:
    """Without times for changing, or a speed, no railway joins; today's network needs neither."""
    with pytest.raises(InputError, match="transfers"):
        corridors.build(**rails | {"transfers": None}, year=2030)
    slow = rails["speeds"][rails["speeds"]["road_class"] != "railway"]
    with pytest.raises(InputError, match="railway"):
        corridors.build(**rails | {"speeds": slow}, year=2030)
    corridors.build(**rails | {"transfers": None, "speeds": slow})


def test_no_train_crosses_the_border(rails: dict[str, Any], towns: gpd.GeoDataFrame) -> None:
    """A station abroad does not hold: without road gates there is no way, though the railway is
    drawn to the other town.
    """
    net = corridors.build(**rails | {"gates": rails["gates"].loc[["station"]]}, year=2030)
    assert access.travel_times(net, towns, towns)["travel_time_s"].isna().tolist()[1:3] == [
        True,
        True,
    ]


def test_nothing_is_joined_to_what_is_planned(
    rails: dict[str, Any], promised: dict[str, Any], points: Points
) -> None:
    """A point on the rails, or on the motorway where no open road runs, is joined to the open road,
    as it is today.
    """
    vertices = promised["vertices"].copy()
    moved = (vertices["corridor_id"] == "planned-motorway") & (vertices["seq"] == 1)
    vertices.loc[moved, ["lon", "lat"]] = [100.1, 0.1]
    here = points(
        {"by-the-motorway": (100.15, 0.05), "by-the-rails": (100.05, 0)}, country=["AA", "AA"]
    )
    for ready in (rails, promised | {"vertices": vertices}):
        net, today = corridors.build(**ready, year=2030), corridors.build(**ready)
        at, before = (
            network.snap(
                np.array([[100.15, 0.05], [100.05, 0]]), "car", country=here["country"].to_numpy()
            )
            for network in (net, today)
        )
        assert not [
            road_class
            for road_class in classes(net)[at.segment]
            if road_class.startswith("planned_")
        ]
        np.testing.assert_allclose(at.lonlat, before.lonlat)


@pytest.fixture(scope="module")
def far_gate(parts: dict[str, Any]) -> dict[str, Any]:
    """The toy package with planned roads from either town to the gate that no road reaches
    today.
    """
    vertices = parts["vertices"].copy()
    both = vertices["corridor_id"].isin(["planned-motorway", "old-railway"])
    vertices.loc[both, ["lon", "lat"]] = np.array(
        [(100, 0), (100.2, 0.9), (100.3, 0), (100.25, 0.5), (100.2, 0.9)]
    )
    vertices.loc[both, "node_id"] = None
    corridors_ = parts["corridors"].copy()
    corridors_.loc["old-railway", ["kind", "status", "country", "published_length_km"]] = [
        "national_road",
        "planned",
        "BB",
        np.nan,
    ]
    corridors_.loc["planned-motorway", "published_length_km"] = np.nan
    ready = parts | {
        "vertices": vertices,
        "corridors": corridors_,
        "gates": parts["gates"].loc[["far-gate"]],
    }
    return with_links(
        ready, ("planned-motorway", 1, "west-road", 1), ("old-railway", 1, "east-road", 2)
    )


def test_planned_roads_open_a_gate(far_gate: dict[str, Any], towns: gpd.GeoDataFrame) -> None:
    """A gate that no road reaches today is a way through once roads lead there on both sides, and
    not on one side alone.
    """
    assert np.isnan(
        access.travel_times(corridors.build(**far_gate), towns, towns)["travel_time_s"][1]
    )
    half = corridors.build(**far_gate, year=2030, years={"planned-motorway": 2030})
    assert np.isnan(access.travel_times(half, towns, towns)["travel_time_s"][1])
    assert [note for note in half.manifest.notes if note.startswith("far-gate")]
    whole = corridors.build(
        **far_gate, year=2030, years={"planned-motorway": 2030, "old-railway": 2030}
    )
    assert access.travel_times(whole, towns, towns)["gates"].tolist() == [
        "",
        "far-gate",
        "far-gate",
        "",
    ]
    assert not [note for note in whole.manifest.notes if note.startswith("far-gate")]


def test_a_gate_is_joined_to_the_planned_road_that_is_nearer(
    promised: dict[str, Any], points: Points
) -> None:
    """The pass, 5.5 km from the road, is on the motorway that is built to it: the way there leaves
    the motorway at the pass.
    """
    vertices = promised["vertices"].copy()
    end = (vertices["corridor_id"] == "planned-motorway") & (vertices["seq"] == 2)
    vertices.loc[end, ["lat", "node_id"]] = [0.05, None]
    net = corridors.build(
        **promised | {"vertices": vertices, "gates": promised["gates"].loc[["pass"]]}, year=2030
    )
    west, east = (
        points({"a": (lon, 0)}, country=[country]) for lon, country in ((100, "AA"), (100.3, "BB"))
    )
    way = access.route(net, west, east)
    at = way.index[way["kind"] == "gate"][0]
    assert way.loc[at - 1, "name"] == "M9, Planned motorway"
    assert way.loc[at - 1, "length_m"] == pytest.approx(20_000)


def test_a_year_changes_no_argument(rails: dict[str, Any]) -> None:
    """Building for a year changes nothing it was given."""
    before = {name: frame.copy() for name, frame in rails.items()}
    corridors.build(**rails, year=2030, years={"planned-motorway": 2029})
    assert all(rails[name].equals(frame) for name, frame in before.items())


# The real package


@pytest.fixture(scope="module")
def real_corridors() -> gpd.GeoDataFrame:
    """Those that have points to build a network from."""
    frame = layers.read(layers.bundled(), "corridors")
    vertices = layers.read_table(layers.bundled(), "corridor_vertices")
    return frame[frame.index.isin(vertices["corridor_id"])]


@pytest.fixture(scope="module")
def real_future(real_corridors: gpd.GeoDataFrame) -> Network:
    """Everything that is not open, as if it opened by 2035."""
    closed = real_corridors.index[real_corridors["status"] != "operating"]
    return corridors.read(layers.bundled(), 2035, years=dict.fromkeys(closed, 2035))


def open_roads(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame[~frame["kind"].isin(RAIL_KINDS) & (frame["status"] == "operating")]


def road_names(frame: gpd.GeoDataFrame) -> pd.Series:
    return frame["name_en"].where(frame["ref"].isna(), frame["ref"] + ", " + frame["name_en"])


def test_real_roads_hang_together(real_network: Network) -> None:
    """All open roads of the region are one component, for either vehicle, and every node can be
    left and reached.
    """
    assert component_count(real_network, np.ones(real_network.segment_count, bool)) == 1
    for profile in real_network.profiles:
        arcs = real_network.arcs(profile)
        assert connected_components(arcs.time_s, connection="strong")[0] == 1


def test_real_countries_meet_only_at_gates(real_network: Network, real_future: Network) -> None:
    """Every road lies in one country and its ends too, planned ones not excepted; the gates alone
    join nodes of two.
    """
    for net in (real_network, real_future):
        roads = net.gate < 0
        assert (net.country[roads] >= 0).all()
        country_of = np.full(net.node_count, -1)
        country_of[net.tail[roads]] = net.country[roads]
        country_of[net.head[roads]] = net.country[roads]
        ends = country_of[np.column_stack([net.tail, net.head])]
        assert (ends >= 0).all()
        assert (ends[roads] == net.country[roads][:, None]).all()
        assert (ends[~roads, 0] != ends[~roads, 1]).all()
        assert not [road_class for road_class in classes(net)[~roads] if road_class]


def test_real_network_holds_open_roads_only(
    real_network: Network, real_corridors: gpd.GeoDataFrame
) -> None:
    """Every open road is there; no railway and nothing planned is."""
    used = set(real_network.manifest.names)
    there = open_roads(real_corridors)
    absent = real_corridors.drop(there.index)
    assert set(road_names(there)) <= used
    assert not (set(road_names(absent)) - set(road_names(there))) & used


def test_real_lengths_are_the_published_ones(
    real_network: Network, real_corridors: gpd.GeoDataFrame
) -> None:
    """In the network each corridor is as long as published."""
    there = open_roads(real_corridors)
    assert road_names(there).is_unique
    length = length_by_name(real_network)
    published = there["published_length_km"].dropna()
    assert len(published) > 10
    np.testing.assert_allclose(
        length[road_names(there)[published.index]], published * 1000, rtol=1e-9
    )


def test_real_speeds_are_those_of_the_table(real_network: Network) -> None:
    """No road is driven faster than its class allows, by any vehicle, and a truck is never faster
    than a car.
    """
    speeds = layers.read_table(layers.bundled(), "speeds").set_index(["profile", "road_class"])[
        "speed_kph"
    ]
    roads = (real_network.gate < 0) & (real_network.length_m > 0)
    classes = np.array(real_network.manifest.road_classes)[real_network.road_class]
    for profile in real_network.profiles:
        kph = real_network.length_m[roads] / real_network.time_s[profile][roads] * 3.6
        assert (kph <= speeds[profile][classes[roads]].to_numpy() + 1e-9).all()
    assert (real_network.time_s["truck"][roads] >= real_network.time_s["car"][roads]).all()


def test_real_times_from_park_to_gate(real_network: Network) -> None:
    """Every pair is in the table; no way is faster than 85 km/h, and hardly one shorter than a
    straight line, which coarse roads may be.
    """
    folder = layers.bundled()
    parks, gates = layers.read(folder, "parks"), layers.read(folder, "gates")
    table = access.travel_times(real_network, parks, gates)
    known = table.dropna(subset="travel_time_s")
    assert len(table) == len(parks) * len(gates)
    assert len(known) > len(table) / 2
    assert (known["length_m"] > known["distance_m"] * 0.98).mean() > 0.99
    assert (known["length_m"] / known["travel_time_s"] * 3.6 <= 85).all()


def test_real_network_of_today_knows_nothing_planned(
    real_network: Network, real_corridors: gpd.GeoDataFrame
) -> None:
    """Today's network is, bit by bit, the one that is built from open corridors alone."""
    folder = layers.bundled()
    tables = [
        layers.read_table(folder, name)
        for name in ("corridor_vertices", "interchanges", "speeds", "crossings")
    ]
    open_ = real_corridors[real_corridors["status"] == "operating"]
    licence = real_network.manifest.licence
    alone = corridors.build(
        open_, tables[0], tables[1], layers.read(folder, "gates"), *tables[2:], licence=licence
    )
    assert_same(real_network, alone)


def test_real_planned_corridors_all_hang_on_the_network(
    real_future: Network, real_corridors: gpd.GeoDataFrame
) -> None:
    """Each one meets open roads, at both of its ends or beyond them, and none is cut off from the
    rest.
    """
    assert component_count(real_future, np.ones(real_future.segment_count, bool)) == 1
    assert not [note for note in real_future.manifest.notes if "meets no open road" in note]
    closed = real_corridors[real_corridors["status"] != "operating"]
    assert set(road_names(closed)) <= set(real_future.manifest.names)
    kinds = real_corridors["kind"].isin(ROAD_KINDS)
    vertices = layers.read_table(layers.bundled(), "corridor_vertices")
    nodes = (
        vertices[vertices["corridor_id"].isin(real_corridors.index[kinds])]
        .groupby("node_id")["corridor_id"]
        .nunique()
    )
    for key in closed.index[closed["kind"].isin(ROAD_KINDS)]:
        line = vertices[vertices["corridor_id"] == key].sort_values("seq")
        start, end = line["node_id"].iloc[[0, -1]]
        assert nodes[start] > 1, key
        assert nodes[end] > 1 or end.startswith("g_"), key


def test_real_ways_get_no_slower(real_network: Network, real_future: Network) -> None:
    """Parks are joined where they are joined today, and no park is farther from any gate or port
    than it is today.
    """
    folder = layers.bundled()
    parks, places = (
        layers.read(folder, "parks"),
        pd.concat([layers.read(folder, name) for name in ("gates", "ports")]),
    )
    for profile in real_network.profiles:
        at, then = (
            net.snap(lonlat(parks), profile, country=parks["country"].to_numpy())
            for net in (real_network, real_future)
        )
        np.testing.assert_allclose(then.lonlat, at.lonlat)
        joined = then.segment[then.segment >= 0]
        assert not [
            road_class
            for road_class in classes(real_future)[joined]
            if road_class.startswith("planned_")
        ]
        before, after = (
            access.time_matrix(net, parks, places, profile=profile).to_numpy()
            for net in (real_network, real_future)
        )
        assert (np.isnan(after) <= np.isnan(before)).all()
        assert (np.nan_to_num(after) <= np.nan_to_num(before, nan=np.inf) + 0.1).all()
        assert (after < before - 60).any()


def test_real_railways_have_stations_at_most_so_far(real_future: Network) -> None:
    """Each planned railway has three stations or more, none farther from its road than 8 km, and
    only stations lead to trains.
    """
    kind = classes(real_future)
    on_rails = np.unique(
        np.column_stack([real_future.tail, real_future.head])[kind == "planned_railway"]
    )
    way = kind == "planned_transfer"
    assert (
        np.isin(real_future.tail[way], on_rails) != np.isin(real_future.head[way], on_rails)
    ).all()
    other = ~way & (kind != "planned_railway")
    assert not np.isin(real_future.tail[other], on_rails).any()
    assert not np.isin(real_future.head[other], on_rails).any()
    assert (real_future.length_m[way] < 8000 * corridors.ACCESS_DETOUR).all()
    links = layers.read_table(layers.bundled(), "interchanges")
    stations = links[links["corridor_id"].str.startswith("rail-")].groupby("corridor_id").size()
    assert (stations >= 3).all()

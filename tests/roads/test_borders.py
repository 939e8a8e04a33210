"""The border is closed except at the gates."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse.csgraph import dijkstra

from geo import crs
from geo.errors import InputError
from geo.roads import access, borders, osm_simplify
from geo.roads.network import Network

DEGREE_M = 111_320

CROSSINGS = pd.DataFrame(
    [
        ("car", "international", "passengers", 600.0),
        ("truck", "international", "cargo", 3600.0),
        ("car", "local", "passengers", 300.0),
    ],
    columns=["profile", "kind", "needs", "service_time_s"],
)
SPEEDS = pd.DataFrame(
    [
        (profile, kind, 36.0)
        for profile in ("car", "truck")
        for kind in ("road", "motorway", "residential", "access")
    ],
    columns=["profile", "road_class", "speed_kph"],
)


def countries() -> gpd.GeoDataFrame:
    """Return two squares of one degree, AA in the west and BB in the east, that meet at longitude
    1.
    """
    return gpd.GeoDataFrame(
        {"country": ["AA", "BB"]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        crs=4326,
    )


def gate(lat: float, **changes: object) -> dict[str, object]:
    """Return a gate on the border at a latitude."""
    row = {
        "kind": "international",
        "mode": "road",
        "cargo": True,
        "passengers": True,
        "country": "AA",
        "opposite_country": "BB",
    }
    return row | {"position_accuracy_m": 300.0, "geometry": shapely.Point(1, lat)} | changes


def gates(**rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Make the layer of gates."""
    columns = list(gate(0))
    return gpd.GeoDataFrame(
        [rows[key] for key in rows],
        columns=columns,
        index=pd.Index(list(rows), name="id", dtype="str"),
        crs=4326,
    ).astype({"cargo": "boolean", "passengers": "boolean"})


def bridges(
    *where: tuple[float, int], span: float = 0.005, kinds: Sequence[str] | None = None
) -> Network:
    """Make one road across the border at each latitude: 0 for both ways, 1 for west to east only,
    -1 for east to west.
    """
    lonlat = np.array([(1 + side * span, lat) for lat, _ in where for side in (-1, 1)])
    k = len(where)
    oneway = np.array([way for _, way in where])
    roads = osm_simplify.Roads(
        lonlat,
        np.arange(k) * 2,
        np.arange(k) * 2 + 1,
        oneway >= 0,
        oneway <= 0,
        np.arange(k),
        list(kinds or ["road"] * k),
        [""] * k,
        np.full(k, np.nan),
        np.ones(k, bool),
    )
    return osm_simplify.build(roads, speeds=SPEEDS, title="bridges", source="test")


def road(*lonlat: tuple[float, float]) -> Network:
    """Make one road through these points, with a junction at either end only."""
    steps = len(lonlat) - 1
    ends, both = np.arange(steps), np.ones(steps, bool)
    roads = osm_simplify.Roads(
        np.array(lonlat),
        ends,
        ends + 1,
        both,
        both,
        np.zeros(steps, int),
        ["road"],
        ["Road 1"],
        np.array([np.nan]),
        np.array([True]),
    )
    net = osm_simplify.build(roads, speeds=SPEEDS, title="road", source="test")
    assert net.segment_count == 1
    return net


def test_gate_opens_its_road_and_nothing_else() -> None:
    """The road at the gate costs its service time, the one 5 km off is cut, and nothing else
    changes.
    """
    net = bridges((0.5, 0), (0.55, 0))
    closed, report = borders.close(net, countries(), gates(bridge=gate(0.501)), CROSSINGS)
    np.testing.assert_allclose(closed.time_s["car"] - net.time_s["car"], [600, np.inf])
    np.testing.assert_allclose(closed.time_s["truck"] - net.time_s["truck"], [3600, np.inf])
    assert closed.gate.tolist() == [0, -1]
    assert closed.manifest.gates == ("bridge",)
    assert closed.forward.tolist() == closed.backward.tolist() == [True, False]
    assert report["verdict"].tolist() == ["matched", "cut"]
    assert report["gate"].tolist() == ["bridge", "bridge"]
    assert report["distance_m"].tolist() == pytest.approx(
        [0.001 * DEGREE_M, 0.049 * DEGREE_M], rel=0.01
    )
    assert report["lon"].tolist() == pytest.approx([1, 1])
    assert len(closed.manifest.notes) == len(net.manifest.notes) + 1


def test_argument_is_not_changed() -> None:
    """The open network is as before, and can be closed again with the same result."""
    net = bridges((0.5, 0), (0.55, 0))
    before = dataclasses.replace(
        net,
        **{
            name: np.array(getattr(net, name))
            for name in ("forward", "backward", "gate", "country")
        },
    )
    first, _ = borders.close(net, countries(), gates(bridge=gate(0.5)), CROSSINGS)
    second, _ = borders.close(net, countries(), gates(bridge=gate(0.5)), CROSSINGS)
    for name in ("forward", "backward", "gate", "country"):
        np.testing.assert_array_equal(getattr(net, name), getattr(before, name))
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert np.isfinite(net.time_s["car"]).all()
    np.testing.assert_array_equal(first.time_s["car"], second.time_s["car"])


def test_closing_twice_is_refused() -> None:
    """A network whose border is closed would pay the service time twice."""
    closed, _ = borders.close(bridges((0.5, 0)), countries(), gates(bridge=gate(0.5)), CROSSINGS)
    with pytest.raises(InputError, match="closed already"):
        borders.close(closed, countries(), gates(bridge=gate(0.5)), CROSSINGS)


@pytest.mark.parametrize(
    ("changes", "car", "truck"),
    [
        ({"cargo": False}, 600, np.inf),
        ({"cargo": pd.NA}, 600, np.inf),
        ({"passengers": False}, np.inf, 3600),
        ({"kind": "local"}, 300, np.inf),
        ({"kind": "closed"}, np.inf, np.inf),
    ],
)
def test_who_may_pass(changes: dict[str, object], car: float, truck: float) -> None:
    """The road at a gate is the gate's for everyone, and closed to the vehicle that cannot pass;
    see ``test_gates``.
    """
    net = bridges((0.5, 0))
    closed, _ = borders.close(net, countries(), gates(bridge=gate(0.5, **changes)), CROSSINGS)
    assert closed.gate[0] == 0
    assert closed.time_s["car"][0] - net.time_s["car"][0] == pytest.approx(car)
    assert closed.time_s["truck"][0] - net.time_s["truck"][0] == pytest.approx(truck)


@pytest.mark.parametrize("changes", [{"mode": "rail"}, {"opposite_country": "CC"}])
def test_gate_of_another_kind_opens_no_road(changes: dict[str, object]) -> None:
    """A railway gate, or one between other countries, does not open a road."""
    outlines = pd.concat(
        [
            countries(),
            gpd.GeoDataFrame({"country": ["CC"]}, geometry=[shapely.box(5, 0, 6, 1)], crs=4326),
        ]
    )
    closed, report = borders.close(
        bridges((0.5, 0)), outlines, gates(other=gate(0.5, **changes)), CROSSINGS
    )
    assert report["verdict"].iloc[0] == "cut"
    assert pd.isna(report["gate"].iloc[0])
    assert np.isnan(report["distance_m"].iloc[0])
    assert not closed.forward[0]


@pytest.mark.parametrize(
    ("accuracy", "verdict"), [(np.nan, "cut"), (300.0, "cut"), (5000.0, "matched")]
)
def test_reach_of_a_gate_is_two_km_or_its_accuracy(accuracy: float, verdict: str) -> None:
    """A road 3 km from a gate belongs to it only where the gate's position is that uncertain."""
    _, report = borders.close(
        bridges((0.5, 0)),
        countries(),
        gates(far=gate(0.5 + 3000 / DEGREE_M, position_accuracy_m=accuracy)),
        CROSSINGS,
    )
    assert report["verdict"].iloc[0] == verdict


def test_nearest_road_of_a_gate_wins() -> None:
    """Of two roads near one gate the nearer is the gate's and the other is cut, whichever comes
    first.
    """
    for order in ((0.501, 0.502), (0.502, 0.501)):
        _, report = borders.close(
            bridges(*((lat, 0) for lat in order)), countries(), gates(bridge=gate(0.5)), CROSSINGS
        )
        verdict = dict(zip(report["lat"].round(3), report["verdict"], strict=True))
        assert verdict == {0.501: "matched", 0.502: "cut"}


def test_two_carriageways_of_a_gate_stay_open() -> None:
    """Two one-way roads side by side both belong to the gate; a third is cut."""
    closed, report = borders.close(
        bridges((0.5, 1), (0.5003, -1), (0.5006, -1)),
        countries(),
        gates(bridge=gate(0.5)),
        CROSSINGS,
    )
    assert report["verdict"].tolist() == ["matched", "matched", "cut"]
    assert closed.gate.tolist() == [0, 0, -1]
    assert (closed.forward | closed.backward).tolist() == [True, True, False]


def test_gates_without_a_road_are_listed() -> None:
    """A road gate to which no road leads has a row of its own, at its own position."""
    _, report = borders.close(
        bridges((0.5, 0)), countries(), gates(bridge=gate(0.5), lonely=gate(0.9)), CROSSINGS
    )
    row = report.iloc[-1]
    assert (row["verdict"], row["gate"], row["lat"]) == ("no road", "lonely", 0.9)
    assert pd.isna(row["segment"])


def test_country_of_each_segment() -> None:
    """A segment lies where its ends lie; outside every outline the nearest country within 5 km
    counts, else none.
    """
    lonlat = np.array(
        [
            (0.2, 0.5),
            (0.3, 0.5),
            (1.2, 0.5),
            (1.3, 0.5),
            (2.01, 0.5),
            (2.02, 0.5),
            (2.4, 0.5),
            (2.5, 0.5),
            (0.1, -0.01),
            (0.1, 0.1),
        ]
    )
    k = 5
    ends = np.arange(k) * 2
    roads = osm_simplify.Roads(
        lonlat,
        ends,
        ends + 1,
        np.ones(k, bool),
        np.ones(k, bool),
        np.arange(k),
        ["road"] * k,
        [""] * k,
        np.full(k, np.nan),
        np.ones(k, bool),
    )
    net = osm_simplify.build(roads, speeds=SPEEDS, title="roads", source="test")
    closed, report = borders.close(net, countries(), gates(), CROSSINGS)
    place = {round(float(net.shape(i)[0, 0]), 2): closed.country[i] for i in range(k)}
    assert closed.manifest.countries == ("AA", "BB")
    assert place == {0.2: 0, 1.2: 1, 2.01: 1, 2.4: -1, 0.1: 0}
    assert report.empty


def test_only_the_step_across_is_the_gate() -> None:
    """What leads up to the border stays a road of its own country, and the parts add up to the
    whole.
    """
    net = road((0.9, 0.5), (0.95, 0.5), (0.999, 0.5), (1.001, 0.5), (1.1, 0.5))
    for layer, crossing_s in ((gates(bridge=gate(0.5)), 600), (gates(), np.inf)):
        closed, report = borders.close(net, countries(), layer, CROSSINGS)
        assert closed.segment_count == 3
        assert [len(closed.shape(i)) for i in range(3)] == [2, 3, 2]
        assert closed.length_m.sum() == pytest.approx(net.length_m.sum())
        for i in range(3):
            assert closed.length_m[i] == pytest.approx(
                crs.distance_m(closed.shape(i)[:-1], closed.shape(i)[1:]).sum()
            )
            np.testing.assert_array_equal(
                closed.node_lonlat[[closed.tail[i], closed.head[i]]], closed.shape(i)[[0, -1]]
            )
        assert closed.time_s["car"].sum() == pytest.approx(net.time_s["car"].sum() + crossing_s)
        assert closed.country.tolist() == [-1, 0, 1]
        assert np.isfinite(closed.time_s["car"][1:]).all()
        assert closed.name.tolist() == [0, 0, 0]
        assert report["lon"].tolist() == pytest.approx([1])


def test_country_without_an_outline_is_refused() -> None:
    """Where a gate leads to a country that the outlines lack, its border would stay open: the
    country is named.
    """
    with pytest.raises(InputError, match="leads to BB, of which there is no outline"):
        borders.close(bridges((0.5, 0)), countries().iloc[:1], gates(bridge=gate(0.5)), CROSSINGS)
    borders.close(bridges((0.5, 0)), countries().iloc[:1], gates(), CROSSINGS)


def test_roads_that_cross_nothing() -> None:
    """In a network of one country nothing changes, and each gate is told to have no road."""
    net = road((0.4, 0.5), (0.5, 0.5))
    closed, report = borders.close(net, countries(), gates(bridge=gate(0.5)), CROSSINGS)
    assert report["verdict"].tolist() == ["no road"]
    assert report["reason"].tolist() == [""]
    assert closed.manifest.notes[-1] == "No road crosses a border."
    assert closed.manifest.gates == ()
    np.testing.assert_array_equal(closed.time_s["car"], net.time_s["car"])


def test_two_gates_in_one_place_take_a_road_each() -> None:
    """The lanes of a gate may share a position: the nearest road belongs to the first and the next
    to the other.
    """
    lanes = gates(people=gate(0.5, cargo=False), goods=gate(0.5, passengers=False))
    closed, report = borders.close(
        bridges((0.5005, 0), (0.501, 0), (0.5015, 0)), countries(), lanes, CROSSINGS
    )
    assert report["verdict"].tolist() == ["matched", "matched", "cut"]
    assert report["gate"].tolist()[:2] == ["people", "goods"]
    assert np.isfinite(closed.time_s["car"]).tolist() == [True, False, False]
    assert np.isfinite(closed.time_s["truck"]).tolist() == [False, True, False]


# What is suspicious


@pytest.mark.parametrize(
    ("distance_m", "accuracy_m", "suspicious"),
    [(500, 300, False), (700, 300, True), (700, 500, False), (700, np.nan, False)],
)
def test_road_far_from_a_gate_of_known_position(
    distance_m: float, accuracy_m: float, suspicious: bool
) -> None:
    """A gate's road farther off than twice the accuracy of the gate's position is the gate's and is
    suspicious.
    """
    layer = gates(bridge=gate(0.5 + distance_m / DEGREE_M, position_accuracy_m=accuracy_m))
    _, report = borders.close(bridges((0.5, 0)), countries(), layer, CROSSINGS)
    assert report["verdict"].tolist() == ["matched"]
    assert (
        "bridge is 69" in report["reason"][0] and "good to 300 m" in report["reason"][0]
    ) == suspicious
    assert (report["reason"][0] != "") == suspicious


@pytest.mark.parametrize(
    ("kind", "classes", "suspicious"),
    [
        ("international", ["residential"], True),
        ("international", ["residential", "residential"], True),
        ("international", ["residential", "motorway"], False),
        ("international", ["road"], False),
        ("local", ["residential"], False),
    ],
)
def test_international_gate_on_a_minor_road(
    kind: str, classes: list[str], suspicious: bool
) -> None:
    """An international gate with roads of a minor class only is suspicious; an unknown class says
    nothing.
    """
    net = bridges(*[(0.5, 1), (0.5003, -1)][: len(classes)], kinds=classes)
    _, report = borders.close(net, countries(), gates(bridge=gate(0.5, kind=kind)), CROSSINGS)
    assert set(report["verdict"]) == {"matched"}
    assert set(report["reason"]) == (
        {"the international gate bridge has no better road than one of class residential"}
        if suspicious
        else {""}
    )


def test_main_road_that_is_cut() -> None:
    """A motorway that is cut is suspicious, with a gate far off or with none at all; a road of
    unknown class is not.
    """
    net = bridges((0.5, 0), (0.6, 0), kinds=["motorway", "road"])
    for layer in (gates(), gates(far=gate(0.9))):
        _, report = borders.close(net, countries(), layer, CROSSINGS)
        assert report["verdict"].tolist()[:2] == ["cut", "cut"]
        assert report["reason"].tolist()[:2] == [
            "a road of class motorway is cut, so a gate may be missing",
            "",
        ]


def test_road_that_is_cut_beside_a_nearer_one() -> None:
    """Of two roads near a gate the one that is cut is suspicious, and of two gates far apart
    neither.
    """
    net = bridges((0.501, 0), (0.502, 0), (0.6, 0))
    _, report = borders.close(net, countries(), gates(bridge=gate(0.5)), CROSSINGS)
    assert report["reason"].tolist() == [
        "",
        "a road of class road is cut, because the gate bridge has a nearer one",
        "",
    ]


def test_road_that_leaves_its_country_and_comes_back() -> None:
    """Such a road is told with its first point abroad, and is as open as before."""
    net = road((0.9, 0.5), (0.99, 0.5), (1.01, 0.5), (1.02, 0.55), (0.9, 0.6))
    closed, report = borders.close(net, countries(), gates(bridge=gate(0.5)), CROSSINGS)
    assert report["verdict"].tolist() == ["kept", "no road"]
    assert report[["segment", "lon", "lat"]].iloc[0].tolist() == pytest.approx([0, 1.01, 0.5])
    assert report["reason"].tolist() == [
        "a road of AA runs through BB and comes back, and is not cut",
        "",
    ]
    assert report["gate"].isna().tolist() == [True, False]
    assert closed.country.tolist() == [0]
    np.testing.assert_array_equal(closed.time_s["car"], net.time_s["car"])
    at_sea = road((0.1, 0.1), (0.15, -0.02), (0.2, 0.1))
    assert borders.close(at_sea, countries(), gates(), CROSSINGS)[1].empty


# Bridges, each a segment of its own


def over_bridges(
    lines: Sequence[np.ndarray], bridge: Sequence[np.ndarray], oneway: Sequence[int] | None = None
) -> Network:
    """Make roads through points, each step a way of its own, on which points may join or not."""
    steps = np.concatenate([np.arange(len(line) - 1) for line in lines])
    of = np.repeat(np.arange(len(lines)), [len(line) - 1 for line in lines])
    tail = steps + np.cumsum([0, *map(len, lines)])[of]
    way = np.arange(len(tail))
    driven = np.array(oneway or [0] * len(lines))[of]
    roads = osm_simplify.Roads(
        np.concatenate(lines),
        tail,
        tail + 1,
        driven >= 0,
        driven <= 0,
        way,
        ["road"] * len(way),
        [""] * len(way),
        np.full(len(way), np.nan),
        np.ones(len(way), bool),
        accessible=~np.concatenate(bridge).astype(bool),
    )
    return osm_simplify.build(roads, speeds=SPEEDS, title="roads", source="test")


def on_equator(*lon: float, lat: float = 0.5) -> np.ndarray:
    """Return the points of a road along a parallel."""
    return np.array([(x, lat) for x in lon])


def test_gate_on_a_bridge_over_the_border_river() -> None:
    """The only road of a gate is a bridge: one drives over it, and the gate itself takes the road
    at either end of it.
    """
    net = over_bridges([on_equator(0.95, 0.99, 1.01, 1.05)], [np.array([0, 1, 0])])
    layer = gates(bridge=gate(0.5))
    closed, report = borders.close(net, countries(), layer, CROSSINGS)
    assert report["verdict"].tolist() == ["matched"]
    places = gpd.GeoDataFrame(
        {"country": ["AA", "BB"]},
        index=["west", "east"],
        geometry=gpd.points_from_xy([0.96, 1.04], [0.5, 0.5]),
        crs=4326,
    )
    there = access.time_matrix(closed, places, places)
    km = float(crs.distance_m([0.96, 0.5], [1.04, 0.5])) / 1000
    assert there.loc["west", "east"] == pytest.approx(600 + km * 100, rel=1e-3)
    snap = closed.snap(np.array([[1.0, 0.5]] * 2), "car", country=np.array(["AA", "BB"], object))
    assert snap.lonlat[:, 0].tolist() == pytest.approx([0.99, 1.01])
    assert closed.accessible[snap.segment].all()
    for ways in ((places, layer), (layer, places)):
        assert access.time_matrix(closed, *ways).notna().all(axis=None)


def test_gate_beside_the_road_to_its_bridge() -> None:
    """A gate stands on land, 1.1 km before the bridge over the river; a track crosses the border
    somewhat nearer. The gate's road is the one that passes it.
    """
    road_ = np.array([(0.97, 0.5), (0.99, 0.5), (0.999, 0.51), (1.001, 0.51), (1.02, 0.51)])
    lines = [road_, on_equator(0.999, 1.001, lat=0.493)]
    layer = gates(bridge=gate(0.5, geometry=shapely.Point(0.99, 0.5)))
    for bridge in ([0, 0, 0, 0], [0, 0, 1, 0]):
        net = over_bridges(lines, [np.array(bridge), np.array([0])])
        _, report = borders.close(net, countries(), layer, CROSSINGS)
        verdict = dict(zip(report["lat"].round(3), report["verdict"], strict=True))
        assert verdict == {0.51: "matched", 0.493: "cut"}
        assert report["distance_m"].min() < 1


def test_bridge_on_a_road_that_strays_over_the_border() -> None:
    """A road whose bridge lies abroad, by an outline that is a little off, is not cut there."""
    line = on_equator(0.98, 0.999, 1.001, 1.002, 0.999, 0.98)
    line[4:, 1] = 0.51
    net = over_bridges([line], [np.array([0, 0, 1, 0, 0])])
    assert net.segment_count == 3
    closed, report = borders.close(net, countries(), gates(bridge=gate(0.5)), CROSSINGS)
    assert report["verdict"].tolist() == ["kept", "no road"]
    assert closed.country.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(closed.time_s["car"], net.time_s["car"])


@pytest.mark.parametrize("seed", range(30))
def test_bridges_change_nothing_at_the_border(seed: int) -> None:
    """Wherever bridges begin, the same gates take the same roads at the same place, the same roads
    are cut or stay, and all times are the same.
    """
    dice = np.random.default_rng(seed)
    lines, bridge = [], []
    for lat in np.linspace(0.1, 0.9, 8):
        lon = dice.choice([0.9, 1.1]), *(1 + dice.normal(0, 0.01, 6)), dice.choice([0.9, 1.1])
        lines.append(np.column_stack([lon, lat + np.sort(dice.uniform(0, 0.02, 8))]))
        bridge.append(dice.random(7) < 0.5)
    oneway = dice.choice([-1, 0, 0, 1], 8).tolist()
    lines[0][:, 0] += 3  # a road without a country
    layer = gates(
        **{
            f"g{i}": gate(0.1 + 0.8 * i / 7, geometry=shapely.Point(*lines[i][dice.integers(1, 7)]))
            for i in range(1, 8, 2)
        }
    )
    with_, without = (
        over_bridges(lines, where, oneway) for where in (bridge, [steps & 0 for steps in bridge])
    )
    assert with_.segment_count > without.segment_count
    (closed, report), (plain, expected) = (
        borders.close(net, countries(), layer, CROSSINGS) for net in (with_, without)
    )
    kept, kept_before = (int((table["verdict"] == "kept").sum()) for table in (report, expected))
    assert kept == kept_before
    report, expected = (
        table[table["verdict"] != "kept"].sort_values(["lat", "lon"], ignore_index=True)
        for table in (report, expected)
    )
    columns = ["lon", "lat", "verdict", "gate", "distance_m", "reason"]
    pd.testing.assert_frame_equal(report[columns], expected[columns])
    at = {tuple(place): i for i, place in enumerate(closed.node_lonlat.tolist())}
    same = [at[tuple(place)] for place in plain.node_lonlat.tolist()]
    for profile in ("car", "truck"):
        np.testing.assert_allclose(
            dijkstra(closed.arcs(profile).time_s)[np.ix_(same, same)],
            dijkstra(plain.arcs(profile).time_s),
        )

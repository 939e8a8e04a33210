from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from geo import crs
from geo.errors import NotFoundError
from geo.roads import storage
from geo.roads.network import Network

Roads = Callable[..., Network]
Crossing = Callable[[int, int], tuple[float, float]]


def hours(net: Network, profile: str = "car") -> np.ndarray:
    return dijkstra(net.arcs(profile).time_s)


# Arcs


def test_grid_counts_in_the_head(grid: Network) -> None:
    """From corner to corner of the grid it is 12 + 12 steps of one minute; a truck takes twice as
    long.
    """
    assert hours(grid)[0, -1] == 24 * 60
    assert hours(grid, "truck")[0, -1] == 48 * 60
    assert grid.main("car").all()


def test_parallel_segments_take_the_minimum(roads: Roads) -> None:
    """Of several segments between two nodes the fastest counts: they are neither added nor is the
    last one taken.
    """
    net = roads([(107, 21), (107.01, 21)], [(0, 1, 60), (0, 1, 40), (1, 0, 50)])
    time = hours(net)
    assert time[0, 1] == 40
    assert time[1, 0] == 40
    assert list(net.arcs("car").between(np.array([0, 1]), np.array([1, 0]))) == [1, 1]


def test_one_way_is_respected(roads: Roads) -> None:
    """A ring of one-way streets is driven round: one step ahead, two steps back."""
    ring = roads(
        [(107, 21), (107.01, 21), (107, 21.01)],
        [(0, 1, 60), (1, 2, 60), (2, 0, 60)],
        one_way=[0, 1, 2],
    )
    assert hours(ring)[0].tolist() == [0, 60, 120]


def test_parallel_one_way_streets_keep_their_own_times(roads: Roads) -> None:
    """A fast street one way does not lend its time to the way back."""
    net = roads([(107, 21), (107.01, 21)], [(0, 1, 10), (0, 1, 60)], one_way=[0])
    assert hours(net)[0, 1] == 10
    assert hours(net)[1, 0] == 60


def test_a_street_closed_to_a_vehicle_is_no_arc(roads: Roads) -> None:
    """Infinite time means no way for that vehicle, and leaves the other one alone."""
    net = roads(
        [(107, 21), (107.01, 21), (107.02, 21)], [(0, 1, 60), (1, 2, 60)], truck_s=[60, np.inf]
    )
    assert hours(net)[0, 2] == 120
    assert np.isinf(hours(net, "truck")[0, 2])
    assert net.main("truck").tolist() == [True, True, False]


def test_no_time_is_still_a_way(roads: Roads) -> None:
    """A segment that takes no time joins its ends; SciPy alone would read its zero as “no arc”."""
    net = roads([(107, 21), (107.01, 21), (107.02, 21)], [(0, 1, 0), (1, 2, 60)])
    assert hours(net)[0, 2] == pytest.approx(60, abs=0.01)


def test_unknown_profile_is_refused(grid: Network) -> None:
    """A vehicle that the network does not know is an error that names those it knows."""
    with pytest.raises(NotFoundError, match="car, truck"):
        grid.arcs("bicycle")


# Snapping


def test_snap_finds_street_share_and_distance(grid: Network, crossing: Crossing) -> None:
    """A point 111 m north of the middle of a street is joined to its middle, and says how far it
    is.
    """
    a, b = crossing(5, 6), crossing(6, 6)
    point = np.array([[(a[0] + b[0]) / 2, a[1] + 0.001]])
    snap = grid.snap(point, "car")
    ends = {int(grid.tail[snap.segment[0]]), int(grid.head[snap.segment[0]])}
    assert ends == {6 * 13 + 5, 6 * 13 + 6}
    assert snap.fraction[0] == pytest.approx(0.5)
    assert snap.distance_m[0] == pytest.approx(110.7, abs=0.5)
    np.testing.assert_allclose(snap.lonlat[0], [point[0, 0], a[1]], atol=1e-9)


def test_snap_is_the_nearest_of_all(roads: Roads) -> None:
    """No point sampled on any street is nearer than the one found, also seen from far outside."""
    rng = np.random.default_rng(2)
    nodes = rng.uniform([107, 21], [107.2, 21.2], (12, 2))
    net = roads(
        nodes,
        [(i, (i * 5 + 1) % 12, 60) for i in range(12) if i != (i * 5 + 1) % 12]
        + [(i, (i + 1) % 12, 60) for i in range(12)],
    )
    inside = rng.uniform([107, 21], [107.2, 21.2], (60, 2))
    points = np.concatenate([inside, rng.uniform([106.8, 20.8], [107.4, 21.4], (200, 2))])
    snap = net.snap(points, "car")
    share = np.linspace(0, 1, 100)[:, None]
    samples = np.concatenate(
        [
            crs.mercator(net.shape(i)[0]) * (1 - share) + crs.mercator(net.shape(i)[1]) * share
            for i in range(net.segment_count)
        ]
    )
    nearest = crs.distance_m(points[:, None], crs.from_mercator(samples)[None]).min(axis=1)
    known = np.isfinite(snap.distance_m)
    assert known[:60].sum() > 50
    assert 10 < known[60:].sum() < 180
    assert (snap.distance_m[known] <= nearest[known] * 1.001 + 0.01).all()
    assert (nearest[~known] > net.manifest.snap_limit_m * 0.99).all()
    np.testing.assert_allclose(crs.distance_m(points, snap.lonlat), snap.distance_m)


def test_too_far_from_every_road(grid: Network) -> None:
    """Beyond the limit a point is joined to nothing, and nothing is made up; an unknown point
    neither.
    """
    snap = grid.snap(np.array([[106.5, 21], [np.nan, 21], [107, 21]]), "car")
    assert snap.segment.tolist()[:2] == [-1, -1]
    assert snap.segment[2] >= 0
    for values in (snap.fraction, snap.distance_m, snap.lonlat[:, 0]):
        assert np.isnan(values).tolist() == [True, True, False]


def test_snap_prefers_the_own_country(border: Network) -> None:
    """A point is joined to a road of its own country, though one across the border is nearer."""
    point = np.array([[107.025, 21.009]] * 3)
    snap = border.snap(point, "car", country=np.array(["AA", "BB", None], object))
    assert snap.segment.tolist() == [0, 1, 1]
    assert snap.distance_m[0] > 8 * snap.distance_m[1]


def test_snap_without_roads_of_the_own_country(border: Network) -> None:
    """A country without roads gives no way; a point without a country takes the nearest road."""
    point = np.array([[107.025, 21.009]])
    assert border.snap(point, "car", country=np.array(["CC"], object)).segment[0] == -1
    assert border.snap(point, "car").segment[0] == 1


def test_nothing_is_joined_to_the_gate_itself(border: Network) -> None:
    """One does not live on the crossing: a point beside it takes the road."""
    assert border.snap(np.array([[107.0, 21.004]]), "car").segment[0] == 0


def test_only_the_main_component_counts(roads: Roads) -> None:
    """A dead piece of road, or one that can be entered but not left, takes no points."""
    nodes = [(107, 21), (107.01, 21), (107.02, 21), (107, 21.02), (107.01, 21.02), (107, 21.04)]
    net = roads(nodes, [(0, 1, 60), (1, 2, 60), (3, 4, 60), (0, 5, 60)], one_way=[3])
    snap = net.snap(np.array([[107.005, 21.02], [107, 21.035]]), "car")
    assert set(snap.segment.tolist()) <= {0, 1}


def test_a_truck_is_joined_where_trucks_may_drive(roads: Roads) -> None:
    """The nearest road is that of the vehicle."""
    net = roads(
        [(107, 21), (107.01, 21), (107, 21.01), (107.01, 21.01)],
        [(0, 1, 60), (2, 3, 60), (0, 2, 60), (1, 3, 60)],
        truck_s=[np.inf, 60, 60, 60],
    )
    point = np.array([[107.005, 21.001]])
    assert net.snap(point, "car").segment[0] == 0
    assert net.snap(point, "truck").segment[0] != 0


# What is kept of a network


def test_networks_have_one_version_if_they_are_the_same(border: Network, tmp_path: Path) -> None:
    """The version follows the content: roads, manifest, and the times at the gates."""
    copy = replace(border, tail=border.tail.copy())
    assert copy.version == border.version
    waits = [border.with_waiting({"gate": wait_s}) for wait_s in (0.0, 60.0, np.inf)]
    assert waits[0].version == border.version
    others = [
        *waits[1:],
        waits[2].with_waiting({"gate": 60.0}),
        replace(border, length_m=border.length_m + 1),
        replace(border, manifest=replace(border.manifest, title="Other roads")),
        replace(border, time_s={name: time + 1 for name, time in border.time_s.items()}),
    ]
    versions = [network.version for network in (border, *others)]
    assert versions[2] == versions[3], "a closed gate takes no longer with waiting"
    assert len(set(versions)) == len(versions) - 1
    folder = storage.save(border, tmp_path / "border")
    loaded = storage.load(folder)
    assert loaded.version == storage.load(folder).version
    assert loaded.version != loaded.with_waiting({"gate": 60.0}).version


def test_only_what_depends_on_gates_is_computed_anew(border: Network) -> None:
    """A network with waiting shares what is kept of its roads, and nothing of its gates."""
    for gates, expected in ((False, "first"), (True, "second")):
        border.kept("name", lambda: "first", depends_on_gates=gates)
        later = border.with_waiting({"gate": 60.0})
        assert later.kept("name", lambda: "second", depends_on_gates=gates) == expected
        assert border.kept("name", lambda: "third", depends_on_gates=gates) == "first"
    assert replace(border).kept("name", lambda: "own") == "own"

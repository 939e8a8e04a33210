from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from geo import crs, hierarchy, network
from geo.errors import InputError, NotFoundError
from geo.network import ARRAYS, Network

Roads = Callable[..., Network]
Crossing = Callable[[int, int], tuple[float, float]]


def hours(net: Network, profile: str = "car") -> np.ndarray:
    return dijkstra(net.arcs(profile).time_s)


# Arcs


def test_grid_counts_in_the_head(grid: Network) -> None:
    """From corner to corner of the grid it is 12 + 12 steps of one minute; a truck takes twice as long."""
    assert hours(grid)[0, -1] == 24 * 60
    assert hours(grid, "truck")[0, -1] == 48 * 60
    assert grid.arcs("car").main.all()


def test_parallel_segments_take_the_minimum(roads: Roads) -> None:
    """Of several segments between two nodes the fastest counts: they are neither added nor is the last one taken."""
    net = roads([(107, 21), (107.01, 21)], [(0, 1, 60), (0, 1, 40), (1, 0, 50)])
    time = hours(net)
    assert time[0, 1] == 40
    assert time[1, 0] == 40
    assert list(net.arcs("car").between(np.array([0, 1]), np.array([1, 0]))) == [1, 1]


def test_one_way_is_respected(roads: Roads) -> None:
    """A ring of one-way streets is driven round: one step ahead, two steps back."""
    ring = roads([(107, 21), (107.01, 21), (107, 21.01)], [(0, 1, 60), (1, 2, 60), (2, 0, 60)], one_way=[0, 1, 2])
    assert hours(ring)[0].tolist() == [0, 60, 120]


def test_parallel_one_way_streets_keep_their_own_times(roads: Roads) -> None:
    """A fast street one way does not lend its time to the way back."""
    net = roads([(107, 21), (107.01, 21)], [(0, 1, 10), (0, 1, 60)], one_way=[0])
    assert hours(net)[0, 1] == 10
    assert hours(net)[1, 0] == 60


def test_a_street_closed_to_a_vehicle_is_no_arc(roads: Roads) -> None:
    """Infinite time means no way for that vehicle, and leaves the other one alone."""
    net = roads([(107, 21), (107.01, 21), (107.02, 21)], [(0, 1, 60), (1, 2, 60)], truck_s=[60, np.inf])
    assert hours(net)[0, 2] == 120
    assert np.isinf(hours(net, "truck")[0, 2])
    assert net.arcs("truck").main.tolist() == [True, True, False]


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
    """A point 111 m north of the middle of a street is joined to its middle, and says how far it is."""
    a, b = crossing(5, 6), crossing(6, 6)
    point = np.array([[(a[0] + b[0]) / 2, a[1] + 0.001]])
    snap = grid.snap(point, "car")
    ends = {int(grid.tail[snap.segment[0]]), int(grid.head[snap.segment[0]])}
    assert ends == {6 * 13 + 5, 6 * 13 + 6}
    assert snap.fraction[0] == pytest.approx(0.5)
    assert snap.distance_m[0] == pytest.approx(110.7, abs=0.5)
    np.testing.assert_allclose(snap.lonlat[0], [point[0, 0], a[1]], atol=1e-9)


def test_snap_is_the_nearest_of_all(roads: Roads) -> None:
    """No point sampled on any street is nearer than the one found."""
    rng = np.random.default_rng(2)
    nodes = rng.uniform([107, 21], [107.2, 21.2], (12, 2))
    net = roads(nodes, [(i, (i * 5 + 1) % 12, 60) for i in range(12) if i != (i * 5 + 1) % 12] + [(i, (i + 1) % 12, 60) for i in range(12)])
    points = rng.uniform([107, 21], [107.2, 21.2], (60, 2))
    snap = net.snap(points, "car")
    share = np.linspace(0, 1, 100)[:, None]
    samples = np.concatenate(
        [crs.mercator(net.shape(i)[0]) * (1 - share) + crs.mercator(net.shape(i)[1]) * share for i in range(net.segment_count)]
    )
    nearest = crs.distance_m(points[:, None], crs.from_mercator(samples)[None]).min(axis=1)
    known = np.isfinite(snap.distance_m)
    assert known.sum() > 50
    assert (snap.distance_m[known] <= nearest[known] * 1.001 + 0.01).all()
    assert (nearest[~known] > net.manifest.snap_limit_m * 0.99).all()
    np.testing.assert_allclose(crs.distance_m(points, snap.lonlat), snap.distance_m)


def test_too_far_from_every_road(grid: Network) -> None:
    """Beyond the limit a point is joined to nothing, and nothing is made up; an unknown point neither."""
    snap = grid.snap(np.array([[106.5, 21], [np.nan, 21], [107, 21]]), "car")
    assert snap.segment.tolist()[:2] == [-1, -1]
    assert snap.segment[2] >= 0
    for values in (snap.fraction, snap.distance_m, snap.lonlat[:, 0]):
        assert np.isnan(values).tolist() == [True, True, False]


@pytest.fixture(scope="module")
def border(roads: Roads) -> Network:
    """Two streets 1.1 km apart in AA (south) and BB (north), joined by a gate at their west ends."""
    nodes = [(107, 21), (107.05, 21), (107, 21.01), (107.05, 21.01)]
    return roads(nodes, [(0, 1, 300), (2, 3, 300), (0, 2, 60)], gate_of={2: "gate"}, country_of=["AA", "BB", ""])


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
    """The crossing is no road to live on: a point beside it takes the road."""
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


# Saving


def equal(a: Network, b: Network) -> bool:
    same = all(np.array_equal(getattr(a, name), getattr(b, name)) and getattr(a, name).dtype == getattr(b, name).dtype for name in ARRAYS)
    return (
        same
        and a.manifest == b.manifest
        and a.profiles == b.profiles
        and all(np.array_equal(a.time_s[one], b.time_s[one]) for one in a.profiles)
    )


def test_every_array_is_saved() -> None:
    """The table of arrays names every array of the class."""
    assert set(ARRAYS) == {field.name for field in fields(Network)} - {"manifest", "time_s", "hierarchies", "_cache"}


def test_round_trip(grid: Network, toy_network: Network, border: Network, tmp_path: Path) -> None:
    """What is loaded equals what was saved, array by array, and gives the same times; nothing else lies in the folder."""
    for name, net in (("grid", grid), ("toy", toy_network), ("border", border)):
        loaded = network.load(net.save(tmp_path / name))
        assert equal(net, loaded)
        np.testing.assert_array_equal(hours(net), hours(loaded))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["border", "grid", "toy"]


def test_saving_again_replaces(grid: Network, border: Network, tmp_path: Path) -> None:
    """The later network of a name is the one that is there, and the earlier one has gone."""
    grid.save(tmp_path / "roads")
    border.save(tmp_path / "roads")
    assert equal(network.load(tmp_path / "roads"), border)
    assert [path.name for path in tmp_path.iterdir()] == ["roads"]


@pytest.mark.parametrize("moment", ["writing", "moving"])
def test_interrupted_save_leaves_the_old_one(
    grid: Network, border: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Stopped while writing or while moving into place, the earlier network is still there, whole, and nothing else is."""
    goal = tmp_path / "roads"
    grid.save(goal)
    with monkeypatch.context() as patch:
        if moment == "writing":
            patch.setattr(np, "save", _fails_at_call(np.save, 5))
        else:
            patch.setattr(Path, "rename", _fails_at_call(Path.rename, 2))
        with pytest.raises(KeyboardInterrupt):
            border.save(goal)
    assert equal(network.load(goal), grid)
    assert [path.name for path in tmp_path.iterdir()] == ["roads"]


def _fails_at_call(function: Callable[..., object], number: int) -> Callable[..., object]:
    calls = []

    def call(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        if len(calls) == number:
            raise KeyboardInterrupt
        return function(*arguments, **options)

    return call


def test_no_network_there(tmp_path: Path) -> None:
    """An empty or missing folder is “not found”, not “damaged”."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFoundError, match="no road network"):
            network.load(folder)


def _truncated(folder: Path) -> None:
    path = folder / "length_m.npy"
    path.write_bytes(path.read_bytes()[:-100])


def _text(folder: Path, text: str) -> None:
    (folder / network.MANIFEST).write_text(text, encoding="utf-8")


def _manifest(folder: Path, **changes: object) -> None:
    raw = json.loads((folder / network.MANIFEST).read_text(encoding="utf-8"))
    _text(folder, json.dumps({key: value for key, value in (raw | changes).items() if value != "gone"}))


def _array(folder: Path, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    np.save(folder / f"{name}.npy", change(np.load(folder / f"{name}.npy")))


DAMAGE: dict[str, Callable[[Path], None]] = {
    "missing array": lambda folder: (folder / "tail.npy").unlink(),
    "missing profile": lambda folder: (folder / "time_s.truck.npy").unlink(),
    "truncated array": _truncated,
    "empty array file": lambda folder: (folder / "gate.npy").write_bytes(b""),
    "array of objects": lambda folder: np.save(folder / "name.npy", np.array([{"a": 1}], object), allow_pickle=True),
    "other format": lambda folder: _manifest(folder, format=network.FORMAT + 1),
    "no format": lambda folder: _manifest(folder, format="gone"),
    "no profiles": lambda folder: _manifest(folder, profiles="gone"),
    "unknown word": lambda folder: _manifest(folder, colour="red"),
    "profile outside the folder": lambda folder: _manifest(folder, profiles=["../../car"]),
    "foreign json": lambda folder: _text(folder, '{"type": "FeatureCollection", "features": []}'),
    "json list": lambda folder: _text(folder, "[1, 2]"),
    "broken json": lambda folder: _text(folder, '{"format": 1,'),
    "not text": lambda folder: (folder / network.MANIFEST).write_bytes(b"\xff\xfe\x00\x81"),
    "shorter array": lambda folder: _array(folder, "head", lambda a: a[:-1]),
    "one number": lambda folder: _array(folder, "head", lambda a: a.sum()),
    "node that is not there": lambda folder: _array(folder, "head", lambda a: a + 1),
    "negative node": lambda folder: _array(folder, "tail", lambda a: a - 1),
    "gate that is not there": lambda folder: _array(folder, "gate", lambda a: a + 5),
    "other kind of number": lambda folder: _array(folder, "tail", lambda a: a.astype(float)),
    "flat nodes": lambda folder: _array(folder, "node_lonlat", lambda a: a[:, 0]),
    "shapes out of order": lambda folder: _array(folder, "shape_start", lambda a: np.concatenate([a[:1], a[1:-1][::-1], a[-1:]])),
    "missing shape": lambda folder: _array(folder, "shape_lonlat", lambda a: a[:-1]),
    "negative time": lambda folder: _array(folder, "time_s.car", lambda a: -a),
    "unknown time": lambda folder: _array(folder, "time_s.car", lambda a: a * np.nan),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_network_is_refused(grid: Network, tmp_path: Path, damage: str) -> None:
    """Whatever is wrong with a saved network, it is said in one sentence and nothing is computed from it."""
    folder = grid.save(tmp_path / "roads")
    DAMAGE[damage](folder)
    with pytest.raises(InputError, match="import it again"):
        network.load(folder)


def test_prepared_network_is_saved_whole(grid: Network, tmp_path: Path) -> None:
    """What was prepared is there again after loading, array by array; without it a network loads as before."""
    back = network.load(grid.prepared().save(tmp_path / "grid"))
    for profile in grid.profiles:
        for name in hierarchy.ARRAYS:
            assert np.array_equal(getattr(back.hierarchies[profile], name), getattr(grid.prepared().hierarchies[profile], name))
    assert network.load(grid.save(tmp_path / "plain")).hierarchies == {}


@pytest.mark.parametrize("name", sorted(hierarchy.ARRAYS))
@pytest.mark.parametrize("damage", ["shorter", "far", "missing", "type"])
def test_damaged_preparation_is_refused(grid: Network, tmp_path: Path, name: str, damage: str) -> None:
    """Compiled code never sees an array that does not fit: each kind of damage is a sentence."""
    folder = grid.prepared().save(tmp_path / "grid")
    path = folder / f"hierarchy.car.{name}.npy"
    array = np.load(path)
    if damage == "missing":
        path.unlink()
    else:
        changed = {"shorter": array[:-1], "far": np.where(np.arange(len(array)) == len(array) - 1, -7, array), "type": array.astype("f4")}
        np.save(path, changed[damage].astype(array.dtype if damage != "type" else "f4"))
    with pytest.raises(InputError, match="damaged"):
        network.load(folder)

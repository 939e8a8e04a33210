"""Lookups against the engine: the same times, whichever gates are open."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from countries import places, two_countries

from geo.errors import InputError, NotFoundError
from geo.roads import access, storage, surfaces
from geo.roads.network import Network
from geo.roads.routing import Sides

Roads = Callable[..., Network]
Points = Callable[..., gpd.GeoDataFrame]


@pytest.mark.parametrize("seed", range(12))
def test_lookups_are_the_times_of_the_engine(roads: Roads, points: Points, seed: int) -> None:
    """From anywhere to all places and back, with a gate open, slow or closed, and no surface is
    made anew.
    """
    net, there, here = (
        two_countries(roads, seed).prepared(),
        places(points, seed, 20),
        places(points, seed + 500, 15),
    )
    there["opposite_country"] = [
        {"AA": "BB", "BB": "AA"}[country] if i % 4 == 0 else None
        for i, country in enumerate(there["country"])
    ]
    for profile in net.profiles:
        table = surfaces.build(net, there, profile)
        sides = Sides.of(net, here, profile)
        for wait_s in (None, 333.0, np.inf):
            now = net if wait_s is None else net.with_waiting({"gate 0": wait_s})
            lookup = replace(table, network=now)
            np.testing.assert_allclose(
                lookup.times(sides),
                access.time_matrix(now, here, there, profile=profile),
                atol=0.02,
            )
            back = access.time_matrix(now, there, here, profile=profile)
            np.testing.assert_allclose(lookup.times(sides, towards=True), back.T, atol=0.02)


def test_a_place_to_itself_takes_no_time(
    grid: Network, points: Points, crossing: Callable[[int, int], tuple[float, float]]
) -> None:
    """Nor does a step along one street go round by a crossing."""
    east = crossing(1, 0)[0] - crossing(0, 0)[0]
    where = points({"a": (107 + 0.2 * east, 21), "b": (107 + 0.7 * east, 21)})
    table = surfaces.build(grid.prepared(), where, "car")
    times = table.times(Sides.of(grid, where, "car"))
    np.testing.assert_allclose(times, [[0, 30], [30, 0]], atol=0.02)


def test_places_without_a_road_are_unknown(grid: Network, points: Points) -> None:
    """A place out at sea has no column and no time; with no place at all there is nothing to
    tell.
    """
    net = grid.prepared()
    table = surfaces.build(net, points({"far": (109, 20), "near": (107, 21)}), "car")
    assert table.to_s.shape == (net.node_count, 1)
    assert np.isnan(
        table.times(Sides.of(net, points({"here": (107.01, 21.01)}), "car"))
    ).tolist() == [[True, False]]
    assert np.isnan(table.times(Sides.of(net, points({"sea": (109, 20)}), "car"))).all()
    assert surfaces.build(net, points({}), "car").times(
        Sides.of(net, points({"here": (107.01, 21.01)}), "car")
    ).shape == (1, 0)


def test_kept_beside_the_network(roads: Roads, points: Points, tmp_path: Path) -> None:
    """What is loaded is what was made, to the bit; other places, another version and damage are
    told apart.
    """
    net, there = two_countries(roads, 3).prepared(), places(points, 3)
    with pytest.raises(NotFoundError, match="no surfaces"):
        surfaces.load(net, there, tmp_path)
    folder = storage.save(net, tmp_path / "net")
    steps: list[str] = []
    surfaces.write(net, there, folder, on_step=steps.append)
    assert steps == ["car", "truck"]
    kept = surfaces.load(storage.load(folder), there, folder)
    for profile in net.profiles:
        table = surfaces.build(net, there, profile)
        assert np.array_equal(kept[profile].to_s, table.to_s)
        assert np.array_equal(kept[profile].from_s, table.from_s)
    assert surfaces.size_mb(net, there) == pytest.approx(
        sum(path.stat().st_size - 128 for path in folder.glob("surface.*.npy")) / 1e6
    )
    moved = there.set_geometry(there.geometry.translate(1e-6))
    for other in (
        moved,
        there.iloc[::-1],
        there.rename(index={"p0": "p00"}),
        there.assign(country="AA"),
    ):
        with pytest.raises(NotFoundError, match="other places"):
            surfaces.load(net, other, folder)
    manifest = json.loads((folder / surfaces.MANIFEST).read_text())
    path = folder / "surface.car.to.npy"
    whole = path.read_bytes()
    for damage in (whole[:-10], b"", whole[:40]):
        path.write_bytes(damage)
        with pytest.raises(InputError, match="damaged"):
            surfaces.load(net, there, folder)
    path.write_bytes(whole)
    with pytest.raises(InputError, match="another type or size"):
        surfaces.load(two_countries(roads, 2).prepared(), there, folder)
    (folder / surfaces.MANIFEST).write_text(json.dumps(manifest | {"format": 0}))
    with pytest.raises(InputError, match="prepare them again"):
        surfaces.load(net, there, folder)


def test_only_a_prepared_network_has_surfaces(grid: Network, points: Points) -> None:
    """They are made from what is prepared."""
    with pytest.raises(InputError, match="prepared"):
        surfaces.build(grid, points({"here": (107, 21)}), "car")

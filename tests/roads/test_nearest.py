"""The quickest place of many, and people within a limit: each answer against the table of all
times, on networks made by chance, with gates and with banned turns.
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
from countries import places, two_countries
from test_turns import by_chance

from geo.roads import nearest, within
from geo.roads.joining import Sides
from geo.roads.network import Network
from geo.roads.routing import times

Roads = Callable[..., Network]
Points = Callable[..., gpd.GeoDataFrame]
INF = float("inf")


def networks(roads: Roads, seed: int) -> tuple[Network, dict[str, float]]:
    """Return a prepared network, by turns with gates alone and with banned turns too, and some
    waiting at its gates, or closed ones.
    """
    net = two_countries(roads, seed) if seed % 2 else by_chance(roads, seed, gates=seed % 4 == 0)
    dice = np.random.default_rng(seed)
    waits = dice.choice([0.0, 300.0, INF], len(net.manifest.gates))
    return net.prepared(), dict(zip(net.manifest.gates, waits.tolist(), strict=True))


def scattered(points: Points, net: Network, seed: int, count: int) -> gpd.GeoDataFrame:
    """Scatter points about the nodes, many of them at a node and some at one place, with the
    country of one of the roads there.
    """
    dice = np.random.default_rng(seed)
    node = net.node_lonlat[dice.integers(0, net.node_count, count)]
    lonlat = node + dice.uniform(-0.004, 0.004, (count, 2)) * dice.integers(0, 2, (count, 1))
    lonlat[count // 2 :: 3] = lonlat[0]
    known = [*net.manifest.countries, None]
    return points(
        {f"q{i}": tuple(point) for i, point in enumerate(lonlat)},
        country=dice.choice(np.array(known, object), count),
    )


def twins(frame: gpd.GeoDataFrame, net: Network, seed: int) -> gpd.GeoDataFrame:
    """Make gates of some places: with a second entry, in another country."""
    dice, countries = np.random.default_rng(seed), net.manifest.countries
    if len(countries) < 2:
        return frame
    other = dict(zip(countries, countries[::-1], strict=True))
    beyond = [other.get(code) if dice.random() < 0.7 else None for code in frame["country"]]
    return frame.assign(opposite_country=np.array(beyond, object))


@pytest.mark.parametrize("seed", range(24))
def test_the_quickest_is_the_first_with_the_least_time(
    roads: Roads, points: Points, seed: int
) -> None:
    """Time and place are those of the table of all times: over open, slow and closed gates, to
    places with an entry on either side, beside banned turns, along one road, and of equal places
    the first.
    """
    net, wait_s = networks(roads, seed)
    origins = scattered(points, net, seed, 40)
    for state in ({}, wait_s):
        now = net.with_waiting(state)
        for profile in net.profiles:
            for goals in (
                scattered(points, net, seed + 50, 15),
                twins(scattered(points, net, seed + 90, 15), net, seed),
                origins.iloc[::3],
                scattered(points, net, seed + 50, 1),
            ):
                from_, to = (Sides.of(now, each, profile) for each in (origins, goals))
                table = times(now, profile, from_, to)
                time_s, number = nearest.quickest(now, profile, from_, to)
                np.testing.assert_array_equal(time_s, table.min(axis=1))
                some = np.isfinite(time_s)
                np.testing.assert_array_equal(number[some], table.argmin(axis=1)[some])


def test_the_networks_hold_what_they_are_made_for(roads: Roads, points: Points) -> None:
    """Among them are ways over gates, places without a way, and equal places."""
    over, none, equal = 0, 0, 0
    for seed in range(24):
        net, _ = networks(roads, seed)
        origins, goals = scattered(points, net, seed, 40), scattered(points, net, seed + 50, 15)
        from_, to = (Sides.of(net, each, "car") for each in (origins, goals))
        table = times(net, "car", from_, to)
        closed = net.with_waiting(dict.fromkeys(net.manifest.gates, INF))
        over += int((times(closed, "car", from_, to).min(axis=1) > table.min(axis=1)).sum())
        none += int(np.isinf(table.min(axis=1)).sum())
        equal += int((np.sort(table, axis=1)[:, 0] == np.sort(table, axis=1)[:, 1]).sum())
    assert min(over, none, equal) > 20


def test_places_that_tie_to_the_millisecond(roads: Roads, points: Points) -> None:
    """Of two places, a hair farther apart than nothing, the first wins where the times are equal
    once rounded, and the nearer where they are not.
    """
    net = roads([(107, 21), (107.1, 21), (107.2, 21)], [(0, 1, 600.0), (1, 2, 600.0)]).prepared()
    origin = points({"here": (107.1, 21)})
    for aside, wanted in ((1e-9, 0), (1e-3, 1)):
        goals = points({"far": (107.15 + aside, 21), "near": (107.05, 21)})
        from_, to = (Sides.of(net, each, "car") for each in (origin, goals))
        time_s, number = nearest.quickest(net, "car", from_, to)
        assert number.tolist() == [wanted]
        assert time_s == pytest.approx([300], abs=0.01)


def test_without_places_there_is_nothing_to_reach(roads: Roads, points: Points) -> None:
    """Where nothing is reached, because there is nothing or no road joins it, the time is inf."""
    net = roads([(107, 21), (107.1, 21)], [(0, 1, 600.0)]).prepared()
    from_ = Sides.of(net, points({"here": (107.05, 21), "lost": (120, 21)}), "car")
    for goals in (points({}), points({"island": (125, 21)})):
        time_s, _ = nearest.quickest(net, "car", from_, Sides.of(net, goals, "car"))
        assert np.isinf(time_s).all()


@pytest.mark.parametrize("cells", [within.CELLS_AT_ONCE, 100])
@pytest.mark.parametrize("seed", range(16))
def test_people_within_a_limit_are_those_of_the_table(
    roads: Roads, points: Points, monkeypatch: pytest.MonkeyPatch, seed: int, cells: int
) -> None:
    """With many points on few roads and few on many, gates open, slow and closed, and turns banned,
    people are those of the table of all times, asked for in turn on networks that share what they
    keep.
    """
    monkeypatch.setattr(within, "CELLS_AT_ONCE", cells)
    net, wait_s = networks(roads, seed)
    people = scattered(points, net, seed + 50, 30)
    people["population"] = np.random.default_rng(seed).integers(1, 1000, 30).astype(float)
    crowd = scattered(points, net, seed, 90)
    for origins in (crowd, crowd.iloc[:4], places(points, seed)):
        for state in ({}, wait_s, dict.fromkeys(net.manifest.gates, INF), {}):
            now = net.with_waiting(state)
            for limit_s in (0.0, 250.0, 900.0):
                sides = (Sides.of(now, each, "car") for each in (origins, people))
                table = times(now, "car", *sides) <= limit_s
                counts = within.people_within(now, origins, people, [limit_s])[limit_s]
                joined = counts.notna().to_numpy()
                wanted = table @ people["population"].to_numpy()
                np.testing.assert_allclose(counts[joined], wanted[joined])
                assert not table[~joined].any()

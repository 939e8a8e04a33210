"""Ways across the border: roads prepared inside each country, and the gates above them, against a
search of everything.
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from countries import places, two_countries
from scipy.sparse.csgraph import dijkstra

from geo.errors import InputError, NotFoundError
from geo.roads import access, gate_overlay, routing, within
from geo.roads.network import Network

Roads = Callable[..., Network]
Points = Callable[..., gpd.GeoDataFrame]


@pytest.mark.parametrize("seed", range(24))
def test_prepared_equals_searching_everything(roads: Roads, points: Points, seed: int) -> None:
    """Times, lengths and gates are those of Dijkstra's algorithm on all roads, ways that cross
    twice included.
    """
    net, somewhere = two_countries(roads, seed), places(points, seed)
    fast = net.prepared()
    for profile in net.profiles:
        slow_table = access.travel_times(net, somewhere, somewhere, profile=profile)
        table = access.travel_times(fast, somewhere, somewhere, profile=profile)
        np.testing.assert_allclose(table["travel_time_s"], slow_table["travel_time_s"], atol=2e-3)
        np.testing.assert_allclose(table["length_m"], slow_table["length_m"], rtol=1e-9)
        assert table["gates"].equals(slow_table["gates"])
        node_s = dijkstra(net.arcs(profile).time_s)
        gates = gate_overlay.of(fast, profile)
        np.testing.assert_allclose(
            gates.total_s, node_s[np.ix_(gates.node, gates.node)], rtol=1e-12
        )
        for towards in (False, True):
            origin = somewhere.iloc[[0]]
            reached = access.reach(fast, origin, profile=profile, towards=towards)
            np.testing.assert_allclose(
                reached.node_s,
                access.reach(net, origin, profile=profile, towards=towards).node_s,
                rtol=1e-12,
            )


def test_some_ways_cross_twice(roads: Roads, points: Points) -> None:
    """The random countries hold what they are made for: ways inside one country that pass two
    gates.
    """
    twice = 0
    for seed in range(24):
        somewhere = places(points, seed)
        table = access.travel_times(two_countries(roads, seed).prepared(), somewhere, somewhere)
        twice += int(table["gates"].fillna("").str.contains(";").sum())
    assert twice > 50


@pytest.mark.parametrize("seed", range(12))
def test_closing_a_gate_changes_what_recomputing_everything_changes(
    roads: Roads, points: Points, seed: int
) -> None:
    """With a gate closed, or waiting at it, the answers are those of a network that is made so from
    the beginning.
    """
    net, somewhere = two_countries(roads, seed), places(points, seed)
    fast = net.prepared()
    before = access.time_matrix(fast, somewhere, somewhere)
    for wait_s in (np.inf, 400.0):
        changed = fast.with_waiting({"gate 0": wait_s})
        assert changed.hierarchies is fast.hierarchies
        table = access.travel_times(changed, somewhere, somewhere)
        anew = with_gate_time(net, wait_s)
        expected = access.travel_times(anew, somewhere, somewhere)
        np.testing.assert_allclose(table["travel_time_s"], expected["travel_time_s"], atol=2e-3)
        assert table["gates"].equals(expected["gates"])
        after = table["travel_time_s"].to_numpy().reshape(before.shape)
        through = (
            access.travel_times(fast, somewhere, somewhere)["gates"]
            .fillna("")
            .str.contains("gate 0")
            .to_numpy()
            .reshape(before.shape)
        )
        same = (after == before.to_numpy()) | (np.isnan(after) & np.isnan(before.to_numpy()))
        assert same[~through].all(), "a way that does not pass the gate has changed"
        assert np.array_equal(
            access.time_matrix(fast, somewhere, somewhere), before, equal_nan=True
        ), "the network itself has changed"


def with_gate_time(net: Network, wait_s: float) -> Network:
    """Make the network anew, with other times at the first gate and nothing kept; the roads that
    count stay what they were.
    """
    from dataclasses import replace

    first = net.gate == 0
    anew = replace(
        net,
        time_s={
            profile: np.where(first, time + wait_s, time) for profile, time in net.time_s.items()
        },
    )
    for profile in net.profiles:
        anew.keep(("main", profile), net.main(profile))
    return anew


def test_waiting_must_be_possible(border: Network) -> None:
    """A gate that no road passes, and a time that is none, are refused by name."""
    with pytest.raises(NotFoundError, match="elsewhere"):
        border.with_waiting({"elsewhere": 10})
    for wait_s in (-1.0, float("nan")):
        with pytest.raises(InputError, match="Waiting"):
            border.with_waiting({"gate": wait_s})


@pytest.mark.parametrize("seed", range(6))
def test_the_segments_of_a_way_join_its_nodes(roads: Roads, points: Points, seed: int) -> None:
    """What a prepared network tells of a way are the segments that the search takes, in the same
    order.
    """
    net, somewhere = two_countries(roads, seed), places(points, seed)
    fast = net.prepared()
    for other in range(1, 6):
        if np.isfinite(
            access.time_matrix(net, somewhere.iloc[[0]], somewhere.iloc[[other]]).iloc[0, 0]
        ):
            plain_way, two = (
                access.route(which, somewhere.iloc[[0]], somewhere.iloc[[other]])
                for which in (net, fast)
            )
            assert plain_way["name"].tolist() == two["name"].tolist()
            np.testing.assert_allclose(plain_way["travel_time_s"], two["travel_time_s"])


@pytest.mark.parametrize("seed", range(6))
def test_what_is_kept_of_a_country_serves_every_state_of_its_gates(
    roads: Roads, points: Points, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times to many places and people within an hour are those of roads without anything kept, with
    gates closed and slow, asked for in turn on networks that share what they keep.
    """
    monkeypatch.setattr(routing, "KEPT_CELLS", (0, 10**9))
    monkeypatch.setattr(routing, "KEPT_FROM", 1)
    net, somewhere = two_countries(roads, seed), places(points, seed)
    plain = somewhere.assign(population=3.0)
    fast = net.prepared()
    gates = net.manifest.gates
    states: list[dict[str, float]] = [
        *({}, {gates[0]: float("inf")}, dict.fromkeys(gates, 600.0), {}),
        {gate: float("inf") for gate in gates},
    ]
    for wait_s in states:
        kept, anew = fast.with_waiting(wait_s), net.with_waiting(wait_s)
        for profile in net.profiles:
            for origins in (somewhere, somewhere.iloc[[0]], somewhere.iloc[1:3]):
                pd.testing.assert_frame_equal(
                    access.time_matrix(kept, origins, somewhere, profile=profile),
                    access.time_matrix(anew, origins, somewhere, profile=profile),
                    atol=2e-3,
                )
            for limit_s in (300.0, 1200.0, 3600.0):
                pd.testing.assert_frame_equal(
                    within.people_within(kept, plain, plain, [limit_s], profile=profile),
                    within.people_within(anew, plain, plain, [limit_s], profile=profile),
                )

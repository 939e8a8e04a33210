"""A way segment by segment: how far it goes on the roads of each country and class."""

from __future__ import annotations

import numpy as np

from geo.roads.joining import Sides
from geo.roads.network import Network
from geo.roads.routing import Found, solve


def pieces(
    network: Network, from_: Sides, to: Sides, ways: Found
) -> list[tuple[int, float, float]]:
    """Return the segments of a way in their order, each with the fractions between which it is
    driven.
    """
    entry, goal = ways.entries[0, 0]
    a, b = ways.ends[0, 0]
    first, last = int(from_.snap.segment[entry]), int(to.snap.segment[goal])
    f, g = float(from_.snap.fraction[entry]), float(to.snap.fraction[goal])
    if a < 0:
        return [(first, f, g)]
    assert ways.path is not None
    nodes, between = ways.path
    return [
        (first, f, float(a)),
        *(
            (int(way), 0.0, 1.0) if network.tail[way] == node else (int(way), 1.0, 0.0)
            for way, node in zip(between, nodes[:-1], strict=True)
        ),
        (last, float(b % 2), g),  # at its tail and its head in turns
    ]


def lengths(
    network: Network, profile: str, from_: Sides, to: Sides
) -> dict[tuple[str, str], float]:
    """Measure the fastest way from one point to another by the country and the class of its roads:
    metres, whose sum is that of :func:`geo.roads.access.travel_times`; empty where nothing leads
    there.

    Parameters
    ----------
    from_, to
        Of one row each.

    Returns
    -------
    dict
        By country and road class. The legs from the points to the roads have no class and the
        country of the road that they lead to; a country that the network does not know is empty.
    """
    ways = solve(network, profile, from_, to, detail=True, path=True)
    if not np.isfinite(ways.time_s[0, 0]):
        return {}
    countries, classes = ("", *network.manifest.countries), ("", *network.manifest.road_classes)
    entry, goal = ways.entries[0, 0]
    driven = pieces(network, from_, to, ways)
    sums: dict[tuple[str, str], float] = {}
    legs = [(driven[0][0], from_.leg_m[entry]), (driven[-1][0], to.leg_m[goal])]
    if ways.ends[0, 0][0] < 0 and np.array_equal(from_.point[entry], to.point[goal]):
        driven, legs = [], []
    for segment, metres in legs:
        key = countries[network.country[segment] + 1], ""
        sums[key] = sums.get(key, 0.0) + float(metres)
    for segment, start, end in driven:
        key = countries[network.country[segment] + 1], classes[network.road_class[segment] + 1]
        sums[key] = sums.get(key, 0.0) + float(network.length_m[segment]) * abs(end - start)
    return sums

"""Two made-up countries that meet at a few gates, at random."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np

from geo.roads.network import Network

Roads = Callable[..., Network]
Points = Callable[..., gpd.GeoDataFrame]


def two_countries(roads: Roads, seed: int) -> Network:
    """Make AA in the south and BB in the north, each in two halves that may meet only through the
    other, and gates at random.

    Some streets and some gates are one-way; two gates may share a node, and one gate may have two
    roads."""
    dice = np.random.default_rng(seed)
    side = 6
    lonlat = [
        (107 + 0.01 * column, 21 + 0.01 * row) for row in range(2 * side) for column in range(side)
    ]
    node = np.arange(2 * side * side).reshape(2 * side, side)
    segments, country, gate_of = [], [], {}
    for row in range(2 * side):
        for column in range(side):
            for other in ((row, column + 1), (row + 1, column)):
                if other[0] >= 2 * side or other[1] >= side or (row < side) != (other[0] < side):
                    continue
                cut = (
                    seed % 2 and row < side and column == 2 and other[1] == 3
                )  # AA falls into a west and an east
                if not cut and dice.random() > 0.1:
                    segments.append(
                        (int(node[row, column]), int(node[other]), float(dice.uniform(30, 300)))
                    )
                    country.append("AA" if row < side else "BB")
    for number in range(int(dice.integers(1, 6))):
        column = int(dice.integers(side))
        gate_of[len(segments)] = f"gate {number // 2}"
        segments.append(
            (int(node[side - 1, column]), int(node[side, column]), float(dice.uniform(1, 900)))
        )
        country.append("")
    one_way = [i for i in range(len(segments)) if dice.random() < 0.15]
    truck_s = [np.inf if dice.random() < 0.1 else 2 * segment[2] for segment in segments]
    return roads(
        lonlat, segments, one_way=one_way, gate_of=gate_of, country_of=country, truck_s=truck_s
    )


def places(points: Points, seed: int, count: int = 12) -> gpd.GeoDataFrame:
    dice = np.random.default_rng(seed + 1000)
    lonlat = dice.uniform([106.995, 20.995], [107.055, 21.115], (count, 2))
    return points(
        {f"p{i}": tuple(point) for i, point in enumerate(lonlat)},
        country=["AA" if lat < 21.055 else "BB" for lat in lonlat[:, 1]],
    )

"""The roads that cross a border, and the gates to which they belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.roads.countries import Countries, distance_m
from geo.roads.network import Network
from geo.roads.whole_roads import WholeRoad, whole_roads

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

NEAR_GATE_M = 2_000
"""A road across the border belongs to a gate within this distance, or within the accuracy of the
gate's position.
"""


@dataclass(frozen=True, eq=False)
class Crossings:
    """The roads of a network that cross a border, each once between two junctions.

    Attributes
    ----------
    segment, step
        (k,) the segment in which each crosses, and the step of its shape.
    place
        (n,) country of each node. Where a road is cut between two junctions, because a bridge
        begins there, it is that of the junction on its side of the crossing.
    nearest, distance_m
        (k,) row of the gate that each takes, or else of the nearest one between its countries, -1
        without any; how far that is from it, NaN without any.
    matched
        (k,) whether it takes that gate.
    """

    segment: NDArray[np.int64]
    step: list[int]
    place: NDArray[np.int64]
    nearest: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    matched: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        network: Network,
        countries: Countries,
        place: NDArray[np.int64],
        gates: gpd.GeoDataFrame,
    ) -> Crossings:
        """Find the crossings from the country of each node."""
        roads = whole_roads(network, np.flatnonzero(place[network.tail] != place[network.head]))
        settled = place.copy()
        for road in roads:
            settled[road.node[1:-1]] = place[road.node[[0, -1]]].max()
        ends = [tuple(place[road.node[[0, -1]]].tolist()) for road in roads]
        across = [i for i, (a, b) in enumerate(ends) if a != b and min(a, b) >= 0]
        roads, ends = [roads[i] for i in across], [ends[i] for i in across]
        pairs = [frozenset((countries.codes[a], countries.codes[b])) for a, b in ends]
        rows, away_m = _nearest_gates([road.line for road in roads], pairs, gates)
        leaving = [
            [country for country, may in zip(pair, road.both_ways, strict=True) if may]
            for pair, road in zip(ends, roads, strict=True)
        ]
        chosen = _choose(leaving, rows, away_m, reach_m(gates).to_numpy(float))
        first = [row[0] if row else -1 for row in rows]
        nearest = np.where(chosen >= 0, chosen, first).astype(np.int64)
        places = []
        for road, (a, b), row in zip(roads, ends, nearest.tolist(), strict=True):
            step = _step(road, countries, gates.geometry.iloc[row] if row >= 0 else None)
            settled[road.node[1:-1]] = np.where(
                np.arange(1, len(road.segment)) > road.part[step], b, a
            )
            places.append(road.place_of(step))
        segment = np.array([i for i, _ in places], np.int64)
        steps = [step for _, step in places]
        return cls(segment, steps, settled, nearest, away_m, chosen >= 0)

    @property
    def used(self) -> NDArray[np.int64]:
        """The rows of the gates that have a road, each once."""
        return np.unique(self.nearest[self.matched])


def _step(road: WholeRoad, countries: Countries, gate: shapely.Point | None) -> int:
    """Return the step of a road that crosses: where the country changes, and of several such steps
    the one nearest the gate. A joint of two countries is a single step.
    """
    line = road.line
    if len(line) == 2:
        return 0
    along = _filled(countries.near(line))
    changes = np.flatnonzero(along[1:] != along[:-1])
    if gate is not None:
        middle = (line[changes] + line[changes + 1]) / 2
        away_m = crs.distance_m(middle, shapely.get_coordinates(gate)[0])
        changes = changes[np.argsort(away_m, kind="stable")]
    return int(changes[0])


def _filled(place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the country along a road: where none is near it is still the one before."""
    known = np.maximum.accumulate(np.where(place >= 0, np.arange(len(place)), 0))
    return place[known]


def reach_m(gates: gpd.GeoDataFrame) -> pd.Series:
    """Return how far from each gate a road across the border may belong to it."""
    return (
        gates["position_accuracy_m"]
        .astype(float)
        .fillna(0)
        .clip(lower=NEAR_GATE_M)
        .rename("reach_m")
    )


def _nearest_gates(
    lines: list[NDArray[np.float64]], pairs: list[frozenset[str]], gates: gpd.GeoDataFrame
) -> tuple[list[list[int]], NDArray[np.float64]]:
    """Return for each crossing the row of the nearest gate between the same two countries, and its
    distance.

    The lanes of one gate may share a position, so that several rows are nearest; there may be none.
    """
    nearest: list[list[int]] = [[] for _ in lines]
    away_m = np.full(len(lines), np.nan)
    flat = np.array([shapely.LineString(crs.mercator(line)) for line in lines], object)
    points = shapely.transform(gates.geometry.to_numpy(), crs.mercator)
    sides = list(map(frozenset, zip(gates["country"], gates["opposite_country"], strict=True)))
    for pair in set(pairs) & set(sides):
        crossing = np.array([i for i, between in enumerate(pairs) if between == pair])
        gate = np.array([row for row, between in enumerate(sides) if between == pair])
        line, point = shapely.STRtree(points[gate]).query_nearest(flat[crossing])
        away_m[crossing[line]] = distance_m(points[gate[point]], flat[crossing[line]])
        for i, row in sorted(zip(crossing[line].tolist(), gate[point].tolist(), strict=True)):
            nearest[i].append(row)
    return nearest, away_m


def _choose(
    leaving: list[list[int]],
    candidates: list[list[int]],
    away_m: NDArray[np.float64],
    limit_m: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Take for each gate, nearest first, the crossings that open a direction which no nearer one
    has opened; -1 for the others. ``leaving`` are the countries from which each may be driven.
    """
    chosen = np.full(len(leaving), -1)
    opened: set[tuple[int, int]] = set()
    for i in np.argsort(away_m, kind="stable"):
        for row in candidates[i]:
            directions = {(row, country) for country in leaving[i]}
            if away_m[i] <= limit_m[row] and directions - opened:
                chosen[i] = row
                opened |= directions
                break
    return chosen

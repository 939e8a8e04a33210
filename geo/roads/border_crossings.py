"""The roads that cross a border, and the gates to which they belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.roads.countries import Countries, distance_m
from geo.roads.network import Network

if TYPE_CHECKING:
    import geopandas as gpd

NEAR_GATE_M = 2_000
"""A road across the border belongs to a gate within this distance, or within the accuracy of the
gate's position.
"""


@dataclass(frozen=True, eq=False)
class Crossings:
    """The segments of a network that cross a border.

    Attributes
    ----------
    segment, lines
        (k,) which they are, and their points.
    nearest, distance_m
        (k,) row of the gate that each takes, or else of the nearest one between its countries, -1
        without any; how far that is from it, NaN without any.
    matched
        (k,) whether it takes that gate.
    """

    segment: NDArray[np.int64]
    lines: list[NDArray[np.float64]]
    nearest: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    matched: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        network: Network,
        countries: Countries,
        tail: NDArray[np.int64],
        head: NDArray[np.int64],
        gates: gpd.GeoDataFrame,
    ) -> Crossings:
        """Find the crossings from the countries of the ends of each segment."""
        segment = np.flatnonzero((tail != head) & (tail >= 0) & (head >= 0))
        lines = [network.shape(int(i)) for i in segment]
        pairs = [
            frozenset((countries.codes[a], countries.codes[b]))
            for a, b in zip(tail[segment], head[segment], strict=True)
        ]
        rows, away_m = _nearest_gates(lines, pairs, gates)
        leaving = [
            [
                int(country[i])
                for may, country in ((network.forward, tail), (network.backward, head))
                if may[i]
            ]
            for i in segment
        ]
        chosen = _choose(leaving, rows, away_m, reach_m(gates).to_numpy(float))
        first = [row[0] if row else -1 for row in rows]
        nearest = np.where(chosen >= 0, chosen, first).astype(np.int64)
        return cls(segment, lines, nearest, away_m, chosen >= 0)

    @property
    def used(self) -> NDArray[np.int64]:
        """The rows of the gates that have a road, each once."""
        return np.unique(self.nearest[self.matched])

    def steps(self, countries: Countries, gates: gpd.GeoDataFrame) -> list[int]:
        """Return the step of each line that crosses: where the country changes, and of several such
        steps the one nearest the gate."""
        steps = []
        for line, row in zip(self.lines, self.nearest, strict=True):
            changes = np.arange(len(line) - 1)
            if countries.outlines is not None:
                place = countries.near(line)
                for i in range(1, len(place)):
                    place[i] = place[i] if place[i] >= 0 else place[i - 1]
                changes = np.flatnonzero(place[1:] != place[:-1])
            if row >= 0:
                gate = shapely.get_coordinates(gates.geometry.iloc[row])[0]
                away_m = crs.distance_m((line[changes] + line[changes + 1]) / 2, gate)
                changes = changes[np.argsort(away_m, kind="stable")]
            steps.append(int(changes[0]))
        return steps


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

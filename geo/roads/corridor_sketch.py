"""Segments of a sketch, from one corridor vertex to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.roads.network import PLANNED, Manifest, Network
from geo.schema import ROAD_KINDS

ACCESS = "access"
LINK = "provincial_road"
"""Class of the connecting road at an interchange."""
JOINT = "link"
"""Class of the connecting road at an interchange with a planned road, after ``planned_``; driven
like any connecting road. """
TRANSFER = "transfer"
"""Class of the way between a road and the platform of a station, the change from one to the other
included.
"""
ACCESS_DETOUR = 1.4
"""Road length over straight line on the way from a site or gate to the corridor, and on connecting
roads.

Source: of the order of the country means in Ballou, Rahardja and Sakai (2002), Selected country
circuity factors for road travel distance estimation, Transportation Research A 36, 843-848;
remembered, not read again. """


class Sketch:
    """Lists that grow while corridors are strung together; `network` turns them into arrays."""

    def __init__(self) -> None:
        self.points: list[NDArray[np.float64]] = []
        self.country: list[str] = []
        self.shared: dict[tuple[str, str], int] = {}
        self.segments: list[tuple[int, int, float, str, str, float]] = []

    def node(
        self, point: NDArray[np.float64], country: str, key: tuple[str, str] | None = None
    ) -> int:
        if key is not None and key in self.shared:
            return self.shared[key]
        self.points.append(point)
        self.country.append(country)
        if key is not None:
            self.shared[key] = len(self.points) - 1
        return len(self.points) - 1

    def segment(
        self, tail: int, head: int, length_m: float, kind: str, name: str, cap_kph: float = np.inf
    ) -> None:
        self.segments.append((tail, head, length_m, kind, name, cap_kph))

    def nearest(
        self, point: NDArray[np.float64], country: str, *, planned: bool = False
    ) -> tuple[int, float, float]:
        """Find the nearest open or planned road of a country: segment, fraction along it, distance
        in metres (inf without any).
        """
        kinds = {PLANNED + kind for kind in ROAD_KINDS} if planned else {*ROAD_KINDS, LINK}
        mine = [
            i
            for i, segment in enumerate(self.segments)
            if self.country[segment[0]] == country and segment[3] in kinds
        ]
        if not mine:
            return -1, np.nan, np.inf
        ends = np.array(
            [[self.points[self.segments[i][0]], self.points[self.segments[i][1]]] for i in mine]
        )
        lines = np.asarray(shapely.linestrings(crs.mercator(ends)))
        here = shapely.points(crs.mercator(point))
        at = int(shapely.distance(lines, here).argmin())
        fraction = float(shapely.line_locate_point(lines[at], here, normalized=True))
        foot = crs.from_mercator(
            shapely.get_coordinates(
                shapely.line_interpolate_point(lines[at], fraction, normalized=True)
            )[0]
        )
        return mine[at], fraction, float(crs.distance_m(point, foot))

    def joined(
        self, point: NDArray[np.float64], country: str, *, planned: bool = False, leg: str = ACCESS
    ) -> int:
        """Return a node at the point that is joined to the nearest corridor of the country,
        splitting it where needed."""
        foot, distance, name = self.foot(point, country, planned)
        if distance < 1:
            return foot
        node = self.node(point, country)
        self.segment(foot, node, distance * ACCESS_DETOUR, leg, name if planned else "")
        return node

    def join(self, node: int, country: str) -> None:
        """Join a node that is there already to the nearest planned road of the country, by a leg
        that counts as part of it.
        """
        foot, distance, name = self.foot(self.points[node], country, True)
        self.segment(foot, node, distance * ACCESS_DETOUR, PLANNED + ACCESS, name)

    def foot(
        self, point: NDArray[np.float64], country: str, planned: bool
    ) -> tuple[int, float, str]:
        """Return a node where the nearest corridor of the country is nearest, how far that is, and
        what the corridor is called.
        """
        at, fraction, distance = self.nearest(point, country, planned=planned)
        tail, head, length, kind, name, cap = self.segments[at]
        if fraction * length < 1:
            return tail, distance, name
        if (1 - fraction) * length < 1:
            return head, distance, name
        ends = crs.mercator(np.array([self.points[tail], self.points[head]]))
        foot = self.node(crs.from_mercator(ends[0] + fraction * (ends[1] - ends[0])), country)
        self.segments[at] = (tail, foot, length * fraction, kind, name, cap)
        self.segment(foot, head, length * (1 - fraction), kind, name, cap)
        return foot, distance, name

    def network(
        self, speed: pd.DataFrame, manifest: Manifest, transfer_s: Mapping[str, float]
    ) -> Network:
        """Make the network, whose border is still open: the way across at a gate has no class and
        takes no time.
        """
        tail, head, length_m, kind, name, cap = (
            np.array(column) for column in zip(*self.segments, strict=True)
        )
        points = np.array(self.points)
        names, name_index = np.unique(name, return_inverse=True)
        classes = {kind: i for i, kind in enumerate(manifest.road_classes)}
        driven = [
            LINK if one in (PLANNED + JOINT, PLANNED + TRANSFER) else one.removeprefix(PLANNED)
            for one in kind
        ]
        kph = {
            profile: np.minimum(speed[profile].reindex(driven).fillna(np.inf).to_numpy(), cap)
            for profile in speed.columns
        }
        time_s = {profile: length_m / (kph[profile] / 3.6) for profile in speed.columns}
        for profile, change_s in transfer_s.items():
            time_s[profile][kind == PLANNED + TRANSFER] += change_s
        both = np.ones(len(tail), bool)
        return Network(
            manifest=replace(manifest, names=tuple(str(one) for one in names)),
            node_lonlat=points,
            tail=tail.astype(np.int32),
            head=head.astype(np.int32),
            forward=both,
            backward=both.copy(),
            length_m=length_m,
            road_class=np.array([classes.get(one, -1) for one in kind], np.int16),
            name=np.where(name == "", -1, name_index).astype(np.int32),
            gate=np.full(len(tail), -1, np.int32),
            country=np.full(len(tail), -1, np.int16),
            accessible=~np.char.startswith(kind, PLANNED),
            shape_start=np.arange(0, 2 * len(tail) + 1, 2, dtype=np.int64),
            shape_lonlat=np.column_stack([points[tail], points[head]]).reshape(-1, 2),
            time_s=time_s,
        )

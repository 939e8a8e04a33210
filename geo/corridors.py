"""The coarse road network of a data package: its corridors, joined across the border by gates and by nothing else."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import borders, crs, layers
from geo.errors import InputError
from geo.network import Manifest, Network
from geo.proximity import lonlat
from geo.schema import ROAD_KINDS

if TYPE_CHECKING:
    import geopandas as gpd

ACCESS = "access"
LINK = "provincial_road"
"""Class of the connecting road at an interchange."""
ACCESS_DETOUR = 1.4
"""Road length over straight line on the way from a site or gate to the corridor, and on connecting roads.

Source: of the order of the country means in Ballou, Rahardja and Sakai (2002), Selected country circuity factors for road
travel distance estimation, Transportation Research A 36, 843-848; remembered, not read again.
"""
SNAP_LIMIT_M = 30_000.0
"""A site farther from every corridor than this is not joined to the network: the guess would be longer than the knowledge."""
GATE_LIMIT_M = 15_000.0
"""A gate farther than this from the corridors of one side is no way through in this network."""


def read(folder: str | os.PathLike[str]) -> Network:
    """Build the network of a data package; errors as :func:`geo.layers.read` and :func:`build`."""
    resource: dict[str, Any] = next((one for one in layers.describe(folder)["resources"] if one.get("name") == "corridors"), {})
    licences = [str(licence.get("title") or licence.get("name")) for licence in resource.get("licenses", [])]
    tables = {name: layers.read_table(folder, name) for name in ("corridor_vertices", "interchanges", "speeds", "crossings")}
    return build(
        layers.read(folder, "corridors"),
        tables["corridor_vertices"],
        tables["interchanges"],
        layers.read(folder, "gates"),
        tables["speeds"],
        tables["crossings"],
        licence=", ".join(licences),
    )


def build(
    corridors: gpd.GeoDataFrame,
    vertices: pd.DataFrame,
    interchanges: pd.DataFrame,
    gates: gpd.GeoDataFrame,
    speeds: pd.DataFrame,
    crossings: pd.DataFrame,
    *,
    title: str = "Corridor network",
    source: str = "corridors.csv",
    licence: str = "",
) -> Network:
    """Build the network from open roads; railways and anything not yet open are left out.

    Nodes stand at the corridor vertices. Corridors of one country meet where they share a ``node_id`` or where an
    interchange joins two vertices by a connecting road; a node shared by two countries becomes two, and only a gate joins
    them. Each corridor's length is scaled to its published length. The speed is that of the corridor's kind, but not above
    its design speed. A gate is joined to the nearest corridor on either side by an access leg, and one segment without
    length leads across the border there; :func:`geo.borders.close` makes it the gate. Corridors are drawn too coarsely to
    be compared with outlines: each lies in the country that its row names.

    Parameters
    ----------
    corridors, gates
        Layers of those names.
    vertices, interchanges, speeds, crossings
        Tables ``corridor_vertices``, ``interchanges``, ``speeds``, ``crossings``.

    Raises
    ------
    InputError
        There is no open road, or a profile lacks the speed of a class in use.
    """
    roads = corridors[corridors["kind"].isin(ROAD_KINDS) & (corridors["status"] == "operating")]
    if roads.empty:
        raise InputError("The corridors hold no open road, so there is no network.")
    speed = speeds.pivot_table(index="road_class", columns="profile", values="speed_kph")
    missing = [kind for kind in (*sorted({*roads["kind"], LINK}), ACCESS) if kind not in speed.index or speed.loc[kind].isna().any()]
    if missing:
        raise InputError("The table of speeds lacks classes for some profile.", missing)
    sketch = _Sketch()
    at: dict[tuple[str, int], int] = {}
    for corridor in roads.itertuples():
        rows = vertices[vertices["corridor_id"] == corridor.Index].sort_values("seq")
        points = rows[["lon", "lat"]].to_numpy()
        nodes = [
            sketch.node(point, corridor.country, (corridor.country, node) if isinstance(node, str) else None)
            for node, point in zip(rows["node_id"], points, strict=True)
        ]
        drawn_m = crs.distance_m(points[:-1], points[1:])
        published_m = corridor.published_length_km * 1000
        scale = published_m / drawn_m.sum() if np.isfinite(published_m) else 1.0
        cap = corridor.design_speed_kph if np.isfinite(corridor.design_speed_kph) else np.inf
        name = f"{corridor.ref}, {corridor.name_en}" if isinstance(corridor.ref, str) else corridor.name_en
        for tail, head, length in zip(nodes[:-1], nodes[1:], drawn_m * scale, strict=True):
            sketch.segment(tail, head, length, corridor.kind, name, cap)
        at |= {(corridor.Index, int(seq)): node for seq, node in zip(rows["seq"], nodes, strict=True)}
    for link in interchanges.itertuples():
        near, far = at.get((link.corridor_id, int(link.seq))), at.get((link.other_corridor_id, int(link.other_seq)))
        if near is not None and far is not None and sketch.country[near] == sketch.country[far]:
            length = float(crs.distance_m(sketch.points[near], sketch.points[far])) * ACCESS_DETOUR
            sketch.segment(near, far, length, LINK, link.name_en)
    notes = _join_gates(sketch, gates)
    network = sketch.network(
        speed,
        Manifest(
            title=title,
            source=source,
            licence=licence,
            as_of=None,
            coarse=True,
            access_speed_kph={profile: float(speed.loc[ACCESS, profile]) for profile in speed.columns},
            access_detour=ACCESS_DETOUR,
            snap_limit_m=SNAP_LIMIT_M,
            road_classes=(*ROAD_KINDS, ACCESS),
            names=(),
            gates=(),
            countries=(),
            notes=tuple(notes),
        ),
    )
    closed, _ = borders.close(network, np.array(sketch.country), gates, crossings)
    return closed


def _join_gates(sketch: _Sketch, gates: gpd.GeoDataFrame) -> list[str]:
    """Join every road gate that has a corridor on both sides; give a sentence for each of the others."""
    notes = []
    for gate, point in zip(gates.itertuples(), lonlat(gates), strict=True):
        if gate.mode != "road":
            continue
        sides = {country: sketch.nearest(point, country) for country in (gate.country, gate.opposite_country)}
        far = [country for country, (_, _, distance) in sides.items() if not distance <= GATE_LIMIT_M]
        if far:
            notes.append(
                f"{gate.Index}: no corridor within {GATE_LIMIT_M / 1000:g} km on the side of {' and '.join(far)}, so no way through."
            )
            continue
        tail, head = (sketch.joined(point, country) for country in sides)
        sketch.segment(tail, head, 0.0, "", gate.name_en)
    return notes


class _Sketch:
    """Lists that grow while corridors are strung together; `network` turns them into arrays."""

    def __init__(self) -> None:
        self.points: list[NDArray[np.float64]] = []
        self.country: list[str] = []
        self.shared: dict[tuple[str, str], int] = {}
        self.segments: list[tuple[int, int, float, str, str, float]] = []

    def node(self, point: NDArray[np.float64], country: str, key: tuple[str, str] | None = None) -> int:
        if key is not None and key in self.shared:
            return self.shared[key]
        self.points.append(point)
        self.country.append(country)
        if key is not None:
            self.shared[key] = len(self.points) - 1
        return len(self.points) - 1

    def segment(self, tail: int, head: int, length_m: float, kind: str, name: str, cap_kph: float = np.inf) -> None:
        self.segments.append((tail, head, length_m, kind, name, cap_kph))

    def nearest(self, point: NDArray[np.float64], country: str) -> tuple[int, float, float]:
        """Find the nearest corridor of a country: segment, fraction along it, distance in metres (inf without any)."""
        mine = [i for i, segment in enumerate(self.segments) if self.country[segment[0]] == country and segment[3] not in (ACCESS, "")]
        if not mine:
            return -1, np.nan, np.inf
        ends = np.array([[self.points[self.segments[i][0]], self.points[self.segments[i][1]]] for i in mine])
        lines = shapely.linestrings(crs.mercator(ends))
        here = shapely.points(crs.mercator(point))
        at = int(shapely.distance(lines, here).argmin())
        fraction = float(shapely.line_locate_point(lines[at], here, normalized=True))
        foot = crs.from_mercator(shapely.get_coordinates(shapely.line_interpolate_point(lines[at], fraction, normalized=True))[0])
        return mine[at], fraction, float(crs.distance_m(point, foot))

    def joined(self, point: NDArray[np.float64], country: str) -> int:
        """Give a node at the point that is joined to the nearest corridor of the country, splitting it where needed."""
        at, fraction, distance = self.nearest(point, country)
        tail, head, length, kind, name, cap = self.segments[at]
        if fraction * length < 1:
            foot = tail
        elif (1 - fraction) * length < 1:
            foot = head
        else:
            ends = crs.mercator(np.array([self.points[tail], self.points[head]]))
            foot = self.node(crs.from_mercator(ends[0] + fraction * (ends[1] - ends[0])), country)
            self.segments[at] = (tail, foot, length * fraction, kind, name, cap)
            self.segment(foot, head, length * (1 - fraction), kind, name, cap)
        if distance < 1:
            return foot
        node = self.node(point, country)
        self.segment(foot, node, distance * ACCESS_DETOUR, ACCESS, "")
        return node

    def network(self, speed: pd.DataFrame, manifest: Manifest) -> Network:
        """Make the network, whose border is still open: the way across at a gate has no class and takes no time."""
        tail, head, length_m, kind, name, cap = (np.array(column) for column in zip(*self.segments, strict=True))
        points = np.array(self.points)
        names, name_index = np.unique(name, return_inverse=True)
        classes = {kind: i for i, kind in enumerate(manifest.road_classes)}
        kph = {profile: np.minimum(speed[profile].reindex(kind).fillna(np.inf).to_numpy(), cap) for profile in speed.columns}
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
            shape_start=np.arange(0, 2 * len(tail) + 1, 2, dtype=np.int64),
            shape_lonlat=np.column_stack([points[tail], points[head]]).reshape(-1, 2),
            time_s={profile: length_m / (kph[profile] / 3.6) for profile in speed.columns},
        )

"""The coarse road network of a data package: its corridors, joined across the border by gates and
by nothing else.

Today's network holds open roads. That of a year to come holds, besides, what is announced to open
by then, and railways among it: every segment so added has a class that begins with ``planned_``,
and nothing of today's network is changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo import crs, layers
from geo.errors import InputError, Message, NotFoundError, behind
from geo.proximity import lonlat
from geo.roads import borders
from geo.roads.corridor_sketch import ACCESS, ACCESS_DETOUR, JOINT, LINK, TRANSFER, Sketch
from geo.roads.corridor_years import coming_by, full_name
from geo.roads.network import PLANNED, Manifest, Network
from geo.schema import RAIL_KINDS, ROAD_KINDS

if TYPE_CHECKING:
    import geopandas as gpd

SNAP_LIMIT_M = 30_000.0
"""A site farther from every corridor than this is not joined to the network: the guess would be
longer than the knowledge.
"""
GATE_LIMIT_M = 15_000.0
"""A gate farther than this from the corridors of one side is no way through in this network."""
COMMERCIAL = 0.7
"""No train is faster, from departure to arrival, than this share of the design speed of its
railway.

Source: the train Kunming - Vientiane, on a railway for 160 km/h, takes 10 h 30 min with the
formalities at the border (https://www.shine.cn/news/nation/2304117858/) for 1,035 km
(https://uk.news.yahoo.com/china-launches-high-speed-200-120000257.html): 99 km/h, and 0.7 times 160
without an hour and a quarter at the border. One railway, so an assumption for any other. """


def read(
    folder: str | os.PathLike[str],
    year: int | None = None,
    *,
    years: Mapping[str, int] | None = None,
) -> Network:
    """Build the network of a data package, today's or that of a year; errors as
    :func:`geo.layers.read` and :func:`build`.
    """
    return assemble(
        layers.describe(folder),
        partial(layers.read, folder),
        partial(layers.read_table, folder),
        year,
        years=years,
    )


def assemble(
    package: Mapping[str, Any],
    layer: Callable[[str], Any],
    table: Callable[[str], pd.DataFrame],
    year: int | None = None,
    *,
    years: Mapping[str, int] | None = None,
) -> Network:
    """Build the network of a data package of which the parts are read already; errors as
    :func:`read`.

    Parameters
    ----------
    package
        The content of ``datapackage.json``.
    layer, table
        Return a layer or table by its name, as :func:`geo.layers.read` and
        :func:`geo.layers.read_table` do.
    """
    resource: dict[str, Any] = next(
        (part for part in package["resources"] if part.get("name") == "corridors"), {}
    )
    licences = [
        str(licence.get("title") or licence.get("name")) for licence in resource.get("licenses", [])
    ]
    transfers = None
    if year is not None:
        with suppress(NotFoundError):
            transfers = table("transfers")
    return build(
        layer("corridors"),
        table("corridor_vertices"),
        table("interchanges"),
        layer("gates"),
        table("speeds"),
        table("crossings"),
        transfers=transfers,
        year=year,
        years=years,
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
    transfers: pd.DataFrame | None = None,
    year: int | None = None,
    years: Mapping[str, int] | None = None,
    title: str = Message("Corridor network"),
    source: str = "corridors.csv",
    licence: str = "",
) -> Network:
    """Build the network from open roads and, for a year, from what is announced to be open by then.

    Points may join expressways here: by the interchanges known, 28 parks would lose their road.
    Nodes stand at the corridor vertices. Corridors of one country meet where they share a
    ``node_id`` or where an interchange joins two vertices by a connecting road; a node shared by
    two countries becomes two, and only a gate joins them. Each corridor's length is scaled to its
    published length. The speed is that of the corridor's kind, but not above its design speed. A
    gate is joined to the nearest corridor on either side by an access leg, and one segment without
    length leads across the border there; :func:`geo.roads.borders.close` makes it the gate.
    Corridors are drawn too coarsely to be compared with outlines: each lies in the country that its
    row names.

    In the network of a year the roads of today are as they are today, and what is planned is added:
    so no way becomes slower. Sites are joined to open roads only; a planned road is entered at the
    nodes and interchanges it shares with others, and at a gate that it comes nearer to than any
    open road. A railway is boarded at stations, which are its interchanges with roads, and nowhere
    between: the way is road, transfer, ride, transfer, road. Where railways share a node trains run
    through. Railways end at the border, because no gate here is one for trains; those of today are
    in no network.

    Parameters
    ----------
    corridors, gates
        Layers of those names.
    vertices, interchanges, speeds, crossings, transfers
        Tables ``corridor_vertices``, ``interchanges``, ``speeds``, ``crossings``, ``transfers``. A
        vehicle without a transfer cannot use that kind of railway.
    year
        Corridors that are not open yet, but are announced for this year or one before it, are
        added; None for today's network.
    years
        Years by the id of corridors that are not open, taken instead of those of the data, as
        assumptions. A corridor with neither is never added; the notes of the manifest name it.

    Raises
    ------
    InputError
        There is no open road, a profile lacks the speed of a class in use, a railway has no
        transfers, or a year is assumed for a corridor that is open.
    NotFoundError
        A year is assumed for a corridor that there is not.
    """
    corridors = corridors[corridors.index.isin(vertices["corridor_id"])]
    roads = corridors[corridors["kind"].isin(ROAD_KINDS) & (corridors["status"] == "operating")]
    if roads.empty:
        raise InputError(Message("The corridors hold no open road, so there is no network."))
    coming, promises = coming_by(corridors, year, years or {})
    speed = speeds.pivot_table(index="road_class", columns="profile", values="speed_kph")
    used = sorted({*roads["kind"], *coming["kind"], LINK})
    missing = [
        kind for kind in (*used, ACCESS) if kind not in speed.index or speed.loc[kind].isna().any()
    ]
    if missing:
        raise InputError(Message("The table of speeds lacks classes for some profile."), missing)
    sketch = Sketch()
    at = _string(sketch, roads, vertices, "")
    _link(sketch, interchanges, at, ())
    doors, closed = _join_gates(sketch, gates)
    classes: tuple[str, ...] = (*ROAD_KINDS, ACCESS)
    transfer_s: dict[str, float] = {}
    if len(coming):
        today = frozenset(at)
        at |= _string(sketch, coming, vertices, PLANNED)
        _link(sketch, interchanges, at, today, coming.index[coming["kind"].isin(RAIL_KINDS)])
        _join_planned(sketch, gates, doors, closed)
        classes += tuple(
            PLANNED + kind for kind in (*ROAD_KINDS, *RAIL_KINDS, JOINT, ACCESS, TRANSFER)
        )
        transfer_s, boarding = _transfers(coming, transfers, speed)
        promises += boarding + _loose(sketch, coming, at)
    network = sketch.network(
        speed,
        Manifest(
            title=title if year is None else f"{title} {year}",
            source=source,
            licence=licence,
            as_of=None,
            coarse=True,
            access_speed_kph={
                str(profile): float(kph)
                for profile, kph in zip(speed, speed.loc[ACCESS].to_numpy(float), strict=True)
            },
            access_detour=ACCESS_DETOUR,
            snap_limit_m=SNAP_LIMIT_M,
            road_classes=classes,
            names=(),
            gates=(),
            countries=(),
            notes=(*promises, *closed.values()),
        ),
        transfer_s,
    )
    whole, _ = borders.close(network, np.array(sketch.country), gates, crossings)
    return whole


def _string(
    sketch: Sketch, corridors: gpd.GeoDataFrame, vertices: pd.DataFrame, prefix: str
) -> dict[tuple[str, int], int]:
    """String corridors together; give the node at each of their vertices, by corridor and order."""
    at: dict[tuple[str, int], int] = {}
    corridor: Any
    for corridor in corridors.itertuples():
        rails = corridor.kind in RAIL_KINDS
        family = f"{corridor.country} rails" if rails else corridor.country
        rows = vertices[vertices["corridor_id"] == corridor.Index].sort_values("seq")
        points = rows[["lon", "lat"]].to_numpy()
        nodes = [
            sketch.node(point, corridor.country, (family, node) if isinstance(node, str) else None)
            for node, point in zip(rows["node_id"], points, strict=True)
        ]
        drawn_m = crs.distance_m(points[:-1], points[1:])
        published_m = corridor.published_length_km * 1000
        scale = published_m / drawn_m.sum() if np.isfinite(published_m) else 1.0
        cap = corridor.design_speed_kph if np.isfinite(corridor.design_speed_kph) else np.inf
        for tail, head, length in zip(nodes[:-1], nodes[1:], drawn_m * scale, strict=True):
            sketch.segment(
                tail,
                head,
                length,
                prefix + corridor.kind,
                full_name(corridor),
                cap * COMMERCIAL if rails else cap,
            )
        at |= {
            (corridor.Index, int(seq)): node for seq, node in zip(rows["seq"], nodes, strict=True)
        }
    return at


def _link(
    sketch: Sketch,
    interchanges: pd.DataFrame,
    at: dict[tuple[str, int], int],
    done: Collection[tuple[str, int]],
    rails: Iterable[str] = (),
) -> None:
    """Join what an interchange joins, unless both of its ends are `done`: then it is there
    already.
    """
    link: Any
    for link in interchanges.itertuples():
        ends = (link.corridor_id, int(link.seq)), (link.other_corridor_id, int(link.other_seq))
        near, far = at.get(ends[0]), at.get(ends[1])
        if near is None or far is None or all(end in done for end in ends):
            continue
        if sketch.country[near] == sketch.country[far]:
            length = float(crs.distance_m(sketch.points[near], sketch.points[far])) * ACCESS_DETOUR
            kind = (
                LINK
                if not done
                else PLANNED
                + (TRANSFER if {link.corridor_id, link.other_corridor_id} & set(rails) else JOINT)
            )
            sketch.segment(near, far, length, kind, link.name_en)


def _join_gates(
    sketch: Sketch, gates: gpd.GeoDataFrame
) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """Join every road gate that has a corridor on both sides: its nodes by country; a sentence for
    each of the others.
    """
    doors: dict[str, dict[str, int]] = {}
    closed: dict[str, str] = {}
    gate: Any
    for gate, point in zip(gates.itertuples(), lonlat(gates), strict=True):
        if gate.mode != "road":
            continue
        sides = {
            country: sketch.nearest(point, country)
            for country in (gate.country, gate.opposite_country)
        }
        far = [
            country for country, (_, _, distance) in sides.items() if not distance <= GATE_LIMIT_M
        ]
        if far:
            closed[gate.Index] = behind(
                str(gate.Index),
                Message(
                    "no corridor within %(km)s km on the side of %(country)s, so no way through.",
                    {"km": f"{GATE_LIMIT_M / 1000:g}", "country": far},
                ),
            )
            continue
        tail, head = (sketch.joined(point, country) for country in sides)
        sketch.segment(tail, head, 0.0, "", gate.name_en)
        doors[gate.Index] = dict(zip(sides, (tail, head), strict=True))
    return doors, closed


def _join_planned(
    sketch: Sketch,
    gates: gpd.GeoDataFrame,
    doors: dict[str, dict[str, int]],
    closed: dict[str, str],
) -> None:
    """Join gates to planned roads that come nearer than open ones; take those from `closed` that
    have a way through then.
    """
    gate: Any
    for gate, point in zip(gates.itertuples(), lonlat(gates), strict=True):
        if gate.Index not in doors and gate.Index not in closed:
            continue
        sides = (gate.country, gate.opposite_country)
        open_m, planned_m = (
            {one: sketch.nearest(point, one, planned=planned)[2] for one in sides}
            for planned in (False, True)
        )
        nearer = [
            one
            for one in sides
            if planned_m[one] < open_m[one] - 1 and planned_m[one] <= GATE_LIMIT_M
        ]
        if gate.Index in doors:
            for one in nearer:
                sketch.join(doors[gate.Index][one], one)
        elif nearer and all(min(open_m[one], planned_m[one]) <= GATE_LIMIT_M for one in sides):
            ends = [
                sketch.joined(point, one, planned=one in nearer, leg=PLANNED + ACCESS)
                for one in sides
            ]
            sketch.segment(ends[0], ends[1], 0.0, "", gate.name_en)
            del closed[gate.Index]


def _transfers(
    coming: gpd.GeoDataFrame, transfers: pd.DataFrame | None, speed: pd.DataFrame
) -> tuple[dict[str, float], list[str]]:
    """Return the time between road and train by vehicle, inf where it cannot change, and what is
    assumed of railways.
    """
    rails = coming[coming["kind"].isin(RAIL_KINDS)]
    if rails.empty:
        return {}, []
    if transfers is None or transfers.empty:
        raise InputError(
            Message(
                "A railway joins the network, but the table transfers does not say how long it"
                " takes to change there."
            ),
            list(rails.index),
        )
    by_profile = transfers.set_index("profile")["transfer_time_s"].astype(float)
    known_s = by_profile.reindex(speed.columns).fillna(np.inf).to_numpy()
    time_s: dict[str, float] = dict(zip(speed.columns, known_s.tolist(), strict=True))
    rides = [
        f"{profile} {seconds / 60:g} min at each end and {kph:g} km/h on board"
        for kind in sorted(set(rails["kind"]))
        for (profile, seconds), kph in zip(
            time_s.items(), speed.loc[kind].to_numpy(float), strict=True
        )
        if np.isfinite(seconds) and np.isfinite(kph)
    ]
    note = (
        "By rail one changes at a station, waiting for the train included, and is carried at an"
        " average speed, all assumed: "
    )
    return time_s, [
        note + "; ".join(rides) + f"; never above {COMMERCIAL:.0%} of a railway's design speed."
    ]


def _loose(sketch: Sketch, coming: gpd.GeoDataFrame, at: dict[tuple[str, int], int]) -> list[str]:
    """Return a sentence for each planned corridor that meets no open road, not even over others."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    tail, head = (np.array([segment[end] for segment in sketch.segments]) for end in (0, 1))
    graph = coo_matrix((np.ones(len(tail)), (tail, head)), shape=(len(sketch.points),) * 2)
    label = connected_components(graph, directed=False)[1]
    reached = {label[node] for (one, _), node in at.items() if one not in coming.index}
    met = {one for (one, _), node in at.items() if label[node] in reached}
    return [
        f"{full_name(one)} meets no open road and changes nothing."
        for one in coming.itertuples()
        if one.Index not in met
    ]

"""Access by road: travel-time tables, the nearest of each kind, people within reach, routes.

Every function takes a :class:`geo.roads.network.Network` and point layers. A point layer may have
the columns ``country`` and, for gates, ``opposite_country``: a point is joined to roads of its own
country only, and a gate to those of either side. From a point of one of its two countries a gate is
reached on that side: the way to a gate does not pass through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message, NotFoundError
from geo.roads import along, contraction, gate_overlay
from geo.roads.joining import Sides, known
from geo.roads.network import Network
from geo.roads.routing import Found, solve, times

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

Points: TypeAlias = "gpd.GeoDataFrame | Sides"
"""A point layer, or its points joined to roads already."""
NO_ROAD_AT_START = Message(
    "No road of this network that one can turn off lies within %(km)s km of the start."
)
NO_ROAD_AT_DESTINATION = Message(
    "No road of this network that one can turn off lies within %(km)s km of the destination."
)


def travel_times(
    network: Network,
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
    *,
    profile: str = "car",
) -> pd.DataFrame:
    """Tabulate the way by road from every origin to every destination: the fastest one, and how
    long it is.

    Returns
    -------
    DataFrame
        One row a pair, in the order of origins, then of destinations: ``from_id``, ``to_id``;
        ``travel_time_s`` and ``length_m`` along the fastest way, both with the legs from the points
        to the road, NaN where there is no way; ``distance_m`` as the crow flies; ``from_snap_m``,
        ``to_snap_m`` straight from the points to the road, NaN where no road is within the
        network's limit; ``gates`` passed, in order, separated by semicolons, empty for none and NaN
        where there is no way.
    """
    import pandas as pd

    columns = ways(network, origins, destinations, profile=profile)
    n, m = len(origins), len(destinations)
    return pd.DataFrame(
        {
            "from_id": origins.index.repeat(m),
            "to_id": destinations.index.take(np.tile(np.arange(m), n)),
            **columns,
            "gates": pd.array(columns["gates"], dtype="str"),
        }
    )


def ways(
    network: Network, origins: Points, destinations: Points, *, profile: str = "car"
) -> dict[str, NDArray[Any]]:
    """Return the columns of :func:`travel_times` but the ids, as arrays, which are there sooner."""
    from_, to = _sides(network, origins, profile), _sides(network, destinations, profile)
    fastest = solve(network, profile, from_, to, detail=True)
    n, m = from_.rows, to.rows
    gates = np.full((n, m), "", object)
    for row, column in zip(*np.nonzero(fastest.crossings), strict=True):
        passed = fastest.gates[row, column]
        gates[row, column] = ";".join(network.manifest.gates[gate] for gate in passed)
    gates[~np.isfinite(fastest.time_s)] = np.nan
    return {
        "travel_time_s": known(fastest.time_s).ravel(),
        "length_m": known(fastest.length_m).ravel(),
        "distance_m": crs.distance_m(from_.point[:n, None], to.point[None, :m]).ravel(),
        "from_snap_m": np.repeat(from_.nearest_m(n), m),
        "to_snap_m": np.tile(to.nearest_m(m), n),
        "gates": gates.ravel(),
    }


def time_matrix(
    network: Network,
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
    *,
    profile: str = "car",
) -> pd.DataFrame:
    """Return only the seconds of :func:`travel_times`: origins down, destinations across."""
    import pandas as pd

    time_s = seconds(network, origins, destinations, profile=profile)
    return pd.DataFrame(time_s, index=origins.index, columns=destinations.index)


def seconds(
    network: Network,
    origins: gpd.GeoDataFrame | NDArray[np.float64],
    destinations: gpd.GeoDataFrame | NDArray[np.float64],
    *,
    profile: str = "car",
) -> NDArray[np.float64]:
    """Return :func:`time_matrix` as an array, (n, m), which is there sooner; it needs no pandas.

    Parameters
    ----------
    origins, destinations
        Point layers; or positions, (n, 2) WGS 84, of which no country is known.
    """
    sides = (Sides.of(network, points, profile) for points in (origins, destinations))
    return known(times(network, profile, *sides))


def nearest(table: pd.DataFrame, *, k: int = 1) -> pd.DataFrame:
    """Keep the `k` quickest destinations of each origin, quickest first, with their ``rank``;
    unreachable ones never count.

    Parameters
    ----------
    table
        As :func:`travel_times` gives it.
    """
    if k < 1:
        raise InputError(Message("k must be 1 or more."))
    order = {key: i for i, key in enumerate(dict.fromkeys(table["from_id"]))}
    reachable = table[table["travel_time_s"].notna()]
    ranked = reachable.assign(_order=reachable["from_id"].map(order)).sort_values(
        ["_order", "travel_time_s"], kind="stable"
    )
    best = ranked.groupby("from_id", sort=False).head(k)
    rank = best.groupby("from_id", sort=False).cumcount() + 1
    return best.drop(columns="_order").assign(rank=rank).reset_index(drop=True)


def _sides(network: Network, points: Points, profile: str) -> Sides:
    return points if isinstance(points, Sides) else Sides.of(network, points, profile)


def route(
    network: Network, origin: Points, destination: Points, *, profile: str = "car"
) -> gpd.GeoDataFrame:
    """Find the fastest way from one point to another, step by step.

    Parameters
    ----------
    origin, destination
        Layers of one row.

    Returns
    -------
    GeoDataFrame
        One row a step: ``kind`` (``access``, ``road`` or ``gate``), ``name`` and main
        ``road_class`` of the road, ``gate`` passed, ``length_m``, ``assumed_m`` of it that is
        only assumed to be open, ``travel_time_s``, and the line in the direction of travel (WGS
        84). The sums are those of :func:`travel_times`.

    Raises
    ------
    NotFoundError
        No way leads there; the sentence says why.
    """
    import geopandas as gpd

    rows = steps(network, origin, destination, profile=profile)
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs.WGS84)


def steps(
    network: Network, origin: Points, destination: Points, *, profile: str = "car"
) -> list[dict[str, Any]]:
    """Return the rows of :func:`route`, which are there sooner than a frame of them."""
    from_, to = _sides(network, origin, profile), _sides(network, destination, profile)
    if from_.rows != 1 or to.rows != 1:
        raise InputError(Message("A route has one origin and one destination."))
    for sides, text in ((from_, NO_ROAD_AT_START), (to, NO_ROAD_AT_DESTINATION)):
        if not len(sides.joined):
            raise NotFoundError(Message(text, {"km": f"{network.manifest.snap_limit_m / 1000:g}"}))
    ways = solve(network, profile, from_, to, detail=True, path=True)
    if not np.isfinite(ways.time_s[0, 0]):
        raise NotFoundError(Message("These roads do not lead from the start to the destination."))
    rows = _steps(network, profile, from_, to, ways)
    lines = [row["geometry"] for row in rows]
    shapes: Any = shapely.linestrings(
        np.concatenate([part for line in lines for part in line]),
        indices=np.repeat(np.arange(len(rows)), [sum(map(len, line)) for line in lines]),
    )
    return [row | {"geometry": shape} for row, shape in zip(rows, shapes, strict=True)]


@dataclass(frozen=True)
class Reach:
    """How the whole network is reached from one point.

    Attributes
    ----------
    node_s
        (n,) seconds from the point to each node, or from the node to the point; inf where there is
        no way.
    end_s
        (a,) the same for the ends of segments that :mod:`geo.roads.turns` keeps apart, because not
        everybody who comes to the node may turn there.
    segments, fractions, leg_s
        Where the point is joined to roads (a gate twice), and the seconds of the leg to there.
    """

    node_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    segments: NDArray[np.int64]
    fractions: NDArray[np.float64]
    leg_s: NDArray[np.float64]


def reach(network: Network, point: Points, *, profile: str = "car", towards: bool = False) -> Reach:
    """Return the travel time to every node of the network; `towards`, from every node to the point.

    Parameters
    ----------
    point
        Layer of one row.
    """
    from scipy.sparse.csgraph import dijkstra

    sides = _sides(network, point, profile)
    if sides.rows != 1:
        raise InputError(Message("Reach is told from one point."))
    joined, turns = sides.joined, network.turns(profile)
    vertex_s = np.full(turns.count, np.inf)
    if len(joined):
        start_s = sides.arriving_s(joined) if towards else sides.leaving_s(joined)
        vertices = sides.come if towards else sides.leave
        nodes, offsets = vertices[joined].ravel(), start_s.ravel()
        if profile in network.hierarchies:
            vertex_s = reach_prepared(network, profile, nodes, offsets, towards)
        else:
            graph = network.arcs(profile).time_s
            rows = dijkstra(graph.T.tocsr() if towards else graph, indices=nodes)
            vertex_s = (rows + offsets[:, None]).min(axis=0)
    return Reach(
        vertex_s[: network.node_count] if towards else turns.at_nodes(vertex_s),
        turns.at_ends(vertex_s, towards=towards),
        sides.snap.segment[joined],
        sides.snap.fraction[joined],
        sides.leg_s[joined],
    )


def reach_prepared(
    network: Network,
    profile: str,
    nodes: NDArray[np.int64],
    offset_s: NDArray[np.float64],
    towards: bool,
) -> NDArray[np.float64]:
    """Start at the point and, later, at every gate that is passed: what remains are roads inside a
    country.
    """
    prepared, gates = network.hierarchies[profile], gate_overlay.of(network, profile)
    if len(gates.node):
        sources, targets = (gates.node, nodes[None]) if towards else (nodes[None], gates.node)
        passed = {"end_s" if towards else "start_s": offset_s[None]}
        times = contraction.many_to_many(prepared, sources, targets, **passed)
        total_s = gates.total_s.T if towards else gates.total_s
        over, _ = gate_overlay.join(times.reshape(1, -1), total_s)
        nodes, offset_s = np.concatenate([nodes, gates.node]), np.concatenate([offset_s, over[0]])
    return contraction.one_to_all(prepared, nodes[None], start_s=offset_s[None], reverse=towards)[0]


# Routes -------------------------------------------------------------------------------------------


def _steps(
    network: Network, profile: str, from_: Sides, to: Sides, ways: Found
) -> list[dict[str, Any]]:
    """Return the steps with the parts of their lines as lists of arrays."""
    entry, goal = ways.entries[0, 0]
    if ways.ends[0, 0][0] < 0 and np.array_equal(from_.point[entry], to.point[goal]):
        return [_leg(from_.point[entry], to.point[goal], 0.0, 0.0)]
    pieces = along.pieces(network, from_, to, ways)
    steps = [
        _leg(from_.point[entry], from_.snap.lonlat[entry], from_.leg_m[entry], from_.leg_s[entry])
    ]
    for segment, start, end in pieces:
        if start == end:
            continue
        step = _road(network, profile, segment, start, end)
        previous = steps[-1]
        same_road = previous["kind"] == step["kind"] == "road" and previous["name"] == step["name"]
        if same_road and (step["name"] or previous["road_class"] == step["road_class"]):
            if step["length_m"] > previous["length_m"]:
                previous["road_class"] = step["road_class"]
            previous["length_m"] += step["length_m"]
            previous["assumed_m"] += step["assumed_m"]
            previous["travel_time_s"] += step["travel_time_s"]
            previous["geometry"] += [part[1:] for part in step["geometry"]]
        else:
            steps.append(step)
    steps.append(_leg(to.snap.lonlat[goal], to.point[goal], to.leg_m[goal], to.leg_s[goal]))
    return steps


def _leg(
    start: NDArray[np.float64], end: NDArray[np.float64], length_m: float, time_s: float
) -> dict[str, Any]:
    return {
        "kind": "access",
        "name": "",
        "road_class": "",
        "gate": "",
        "length_m": float(length_m),
        "assumed_m": 0.0,
        "travel_time_s": float(time_s),
        "geometry": [np.array([start, end])],
    }


def _road(network: Network, profile: str, segment: int, start: float, end: float) -> dict[str, Any]:
    manifest = network.manifest
    points = network.shape(segment)[:: 1 if start < end else -1]
    if {start, end} != {0.0, 1.0}:
        line = shapely.LineString(crs.mercator(network.shape(segment)))
        if line.length:
            part = shapely.ops.substring(line, start, end, normalized=True)
            points = crs.from_mercator(shapely.get_coordinates(part))
    codes = network.gate, network.name, network.road_class
    gate, name, road_class = (int(code[segment]) for code in codes)
    length_m = float(network.length_m[segment] * abs(end - start))
    return {
        "kind": "gate" if gate >= 0 else "road",
        "name": manifest.names[name] if name >= 0 else "",
        "road_class": manifest.road_classes[road_class] if road_class >= 0 else "",
        "gate": manifest.gates[gate] if gate >= 0 else "",
        "length_m": length_m,
        "assumed_m": length_m if network.assumed[segment] else 0.0,
        "travel_time_s": float(network.time_s[profile][segment] * abs(end - start)),
        "geometry": [points if len(points) > 1 else np.repeat(points, 2, axis=0)],
    }

"""Access by road: travel-time tables, the nearest of each kind, people within reach, routes.

Every function takes a :class:`geo.network.Network` and point layers. A point layer may have the columns ``country`` and, for
gates, ``opposite_country``: a point is joined to roads of its own country only, and a gate to those of either side. From a
point of one of its two countries a gate is reached on that side: the way to a gate does not pass through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
import shapely.ops
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, NotFoundError
from geo.network import Arcs, Network, Snap
from geo.proximity import lonlat

if TYPE_CHECKING:
    import geopandas as gpd

CELLS_AT_ONCE = 20_000_000
"""Sources times nodes that one call of SciPy's Dijkstra may hold: three arrays of that size, under 0.5 GB."""

TIME_DECIMALS = 3
"""Times are sums of binary fractions: without rounding to a millisecond 60 min would often be above a limit of 60 min."""


def travel_times(network: Network, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, *, profile: str = "car") -> pd.DataFrame:
    """Tabulate the way by road from every origin to every destination: the fastest one, and how long it is.

    Returns
    -------
    DataFrame
        One row a pair, in the order of origins, then of destinations: ``from_id``, ``to_id``; ``travel_time_s`` and
        ``length_m`` along the fastest way, both with the legs from the points to the road, NaN where there is no way;
        ``distance_m`` as the crow flies; ``from_snap_m``, ``to_snap_m`` straight from the points to the road, NaN where no
        road is within the network's limit; ``gates`` passed, in order, separated by semicolons, empty for none and NaN
        where there is no way; ``coarse``, true where the network is a sketch.
    """
    from_, to = _Sides.of(network, origins, profile), _Sides.of(network, destinations, profile)
    found = _solve(network, profile, from_, to, detail=True)
    n, m = len(origins), len(destinations)
    gates = np.full((n, m), "", object)
    for row, column in zip(*np.nonzero(found.crossings), strict=True):
        passed = found.gates[row, column]
        gates[row, column] = ";".join(network.manifest.gates[one] for one in passed)
    gates[~np.isfinite(found.time_s)] = np.nan
    table = pd.MultiIndex.from_product([origins.index, destinations.index], names=["from_id", "to_id"]).to_frame(index=False)
    return table.assign(
        travel_time_s=_known(found.time_s).ravel(),
        length_m=_known(found.length_m).ravel(),
        distance_m=crs.distance_m(lonlat(origins)[:, None], lonlat(destinations)[None]).ravel(),
        from_snap_m=np.repeat(from_.nearest_m(n), m),
        to_snap_m=np.tile(to.nearest_m(m), n),
        gates=pd.array(gates.ravel(), dtype="str"),
        coarse=network.manifest.coarse,
    )


def time_matrix(network: Network, origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, *, profile: str = "car") -> pd.DataFrame:
    """Give only the travel times of :func:`travel_times`, in seconds: origins down, destinations across, NaN where no way."""
    found = _solve(network, profile, _Sides.of(network, origins, profile), _Sides.of(network, destinations, profile), detail=False)
    return pd.DataFrame(_known(found.time_s), index=origins.index, columns=destinations.index)


def nearest(table: pd.DataFrame, *, k: int = 1) -> pd.DataFrame:
    """Keep the `k` quickest destinations of each origin, quickest first, with their ``rank``; unreachable ones never count.

    Parameters
    ----------
    table
        As :func:`travel_times` gives it.
    """
    if k < 1:
        raise InputError("k must be 1 or more.")
    order = {key: i for i, key in enumerate(dict.fromkeys(table["from_id"]))}
    reachable = table[table["travel_time_s"].notna()]
    ranked = reachable.assign(_order=reachable["from_id"].map(order)).sort_values(["_order", "travel_time_s"], kind="stable")
    best = ranked.groupby("from_id", sort=False).head(k)
    rank = best.groupby("from_id", sort=False).cumcount() + 1
    return best.drop(columns="_order").assign(rank=rank).reset_index(drop=True)


def people_within(
    network: Network, origins: gpd.GeoDataFrame, population: gpd.GeoDataFrame, limits_s: Sequence[float], *, profile: str = "car"
) -> pd.DataFrame:
    """Count the people who live at most so far from each origin, by road.

    Parameters
    ----------
    population
        Points with a column ``population`` and ``country``. Only people who live in these places are counted.
    limits_s
        Travel times; a place exactly at the limit counts.

    Returns
    -------
    DataFrame
        On the index of `origins`, one column a limit, named by it; NaN where the origin is joined to no road.
    """
    from_, to = _Sides.of(network, origins, profile), _Sides.of(network, population, profile)
    time = _solve(network, profile, from_, to, detail=False).time_s
    people = population["population"].to_numpy(float)
    counts = {limit: (people * (time <= limit)).sum(axis=1) for limit in limits_s}
    table = pd.DataFrame(counts, index=origins.index)
    table[np.isnan(from_.nearest_m(len(origins)))] = np.nan
    return table


def route(network: Network, origin: gpd.GeoDataFrame, destination: gpd.GeoDataFrame, *, profile: str = "car") -> gpd.GeoDataFrame:
    """Find the fastest way from one point to another, step by step.

    Parameters
    ----------
    origin, destination
        Layers of one row.

    Returns
    -------
    GeoDataFrame
        One row a step: ``kind`` (``access``, ``road`` or ``gate``), ``name`` and main ``road_class`` of the road, ``gate`` passed,
        ``length_m``, ``travel_time_s``, and the line in the direction of travel (WGS 84). The sums are those of
        :func:`travel_times`.

    Raises
    ------
    NotFoundError
        There is no way; the sentence says whether a point has no road nearby or the roads do not meet.
    """
    import geopandas as gpd

    if len(origin) != 1 or len(destination) != 1:
        raise InputError("A route has one origin and one destination.")
    from_, to = _Sides.of(network, origin, profile), _Sides.of(network, destination, profile)
    for sides, end in ((from_, "start"), (to, "destination")):
        if not (sides.snap.segment >= 0).any():
            raise NotFoundError(f"No road of this network lies within {network.manifest.snap_limit_m / 1000:g} km of the {end}.")
    found = _solve(network, profile, from_, to, detail=True, path=True)
    if not np.isfinite(found.time_s[0, 0]):
        raise NotFoundError("These roads do not lead from the start to the destination.")
    steps = _steps(network, profile, from_, to, found)
    return gpd.GeoDataFrame(steps, geometry="geometry", crs=crs.WGS84)


@dataclass(frozen=True)
class Reach:
    """How the whole network is reached from one point.

    Attributes
    ----------
    node_s
        (n,) seconds from the point to each node, or from the node to the point; inf where there is no way.
    segments, fractions, leg_s
        Where the point is joined to roads (a gate twice), and the seconds of the leg to there.
    """

    node_s: NDArray[np.float64]
    segments: NDArray[np.int64]
    fractions: NDArray[np.float64]
    leg_s: NDArray[np.float64]


def reach(network: Network, point: gpd.GeoDataFrame, *, profile: str = "car", towards: bool = False) -> Reach:
    """Give the travel time to every node of the network; `towards`, from every node to the point.

    Parameters
    ----------
    point
        Layer of one row.
    """
    from scipy.sparse.csgraph import dijkstra

    if len(point) != 1:
        raise InputError("Reach is told from one point.")
    sides = _Sides.of(network, point, profile)
    joined = np.flatnonzero(sides.snap.segment >= 0)
    node_s = np.full(network.node_count, np.inf)
    graph = network.arcs(profile).time_s
    start_s = (sides.in_s if towards else sides.out_s) + sides.leg_s[:, None]
    if len(joined):
        nodes, offsets = sides.node[joined].ravel(), start_s[joined].ravel()
        rows = dijkstra(graph.T.tocsr() if towards else graph, indices=nodes)
        node_s = (rows + offsets[:, None]).min(axis=0)
    return Reach(node_s, sides.snap.segment[joined], sides.snap.fraction[joined], sides.leg_s[joined])


# Points joined to the network ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sides:
    """Points joined to roads, a gate once on either side.

    ``of_row`` gives the row of the layer each entry belongs to. ``out_*`` and ``in_*`` are (k, 2), for the tail and the head
    of the segment: the time and length from the point to that node, or from that node to the point; inf where one may not
    drive that way.
    """

    point: NDArray[np.float64]
    of_row: NDArray[np.int64]
    country: NDArray[np.object_]
    snap: Snap
    leg_s: NDArray[np.float64]
    leg_m: NDArray[np.float64]
    node: NDArray[np.int64]
    out_s: NDArray[np.float64]
    in_s: NDArray[np.float64]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, network: Network, points: gpd.GeoDataFrame, profile: str) -> _Sides:
        if profile not in network.profiles:
            raise NotFoundError(f"There is no vehicle profile “{profile}”; there are {', '.join(network.profiles)}.")
        n = len(points)
        of_row = np.arange(n)
        country: NDArray[np.object_] = points["country"].to_numpy(object, copy=True) if "country" in points else np.full(n, None, object)
        if "opposite_country" in points:
            of_row = np.concatenate([of_row, of_row])
            country = np.concatenate([country, points["opposite_country"].to_numpy(object)])
        country[pd.isna(country)] = None
        point = lonlat(points)[of_row]
        snap = network.snap(point, profile, country=country)
        at = np.maximum(snap.segment, 0)
        time = np.where(snap.segment >= 0, network.time_s[profile][at], np.inf)
        ahead = np.where(network.forward[at], time, np.inf)
        back = np.where(network.backward[at], time, np.inf)
        fraction = np.nan_to_num(snap.fraction)
        leg_m = snap.distance_m * network.manifest.access_detour
        leg_s = leg_m / (network.manifest.access_speed_kph[profile] / 3.6)
        return cls(
            point=point,
            of_row=of_row,
            country=country,
            snap=snap,
            leg_s=leg_s,
            leg_m=leg_m,
            node=np.column_stack([network.tail[at], network.head[at]]).astype(np.int64),
            out_s=np.column_stack([_part(back, fraction), _part(ahead, 1 - fraction)]),
            in_s=np.column_stack([_part(ahead, fraction), _part(back, 1 - fraction)]),
            share=np.column_stack([fraction, 1 - fraction]),
        )

    def faces(self, country: str | None) -> NDArray[np.bool_]:
        """Say which entries are on the side that a point of `country` comes to."""
        mine = self.country == country
        own = np.bincount(self.of_row, mine) > 0
        twin = np.bincount(self.of_row) > 1
        faces: NDArray[np.bool_] = mine | ~(own & twin)[self.of_row]
        return faces

    def nearest_m(self, n: int) -> NDArray[np.float64]:
        """Give the shorter snap of each row of the layer, NaN where it has none."""
        out = np.full(n, np.inf)
        np.fmin.at(out, self.of_row, self.snap.distance_m)
        return _known(out)


def _part(time: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the time over a share of a segment; no share takes no time, also on a one-way street: the point is at the crossing."""
    time = np.where(share > 0, time, 0)
    return np.where(np.isfinite(time), np.where(np.isfinite(time), time, 0) * share, np.inf)


def _known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nan)


# The fastest ways ------------------------------------------------------------------------------------------------------


@dataclass
class _Found:
    """The fastest way of each pair of rows. ``entries`` says through which entries of the two `_Sides` it goes."""

    time_s: NDArray[np.float64]
    length_m: NDArray[np.float64]
    crossings: NDArray[np.int64]
    gates: dict[tuple[int, int], list[int]]
    entries: NDArray[np.int64]
    ends: NDArray[np.int64]
    path: list[int] | None = None


def _solve(network: Network, profile: str, from_: _Sides, to: _Sides, *, detail: bool, path: bool = False) -> _Found:
    from scipy.sparse.csgraph import dijkstra

    arcs = network.arcs(profile)
    n, m = int(from_.of_row.max(initial=-1)) + 1, int(to.of_row.max(initial=-1)) + 1
    found = _Found(
        time_s=np.full((n, m), np.inf),
        length_m=np.full((n, m), np.inf),
        crossings=np.zeros((n, m), np.int64),
        gates={},
        entries=np.full((n, m, 2), -1),
        ends=np.full((n, m, 2), -1),
    )
    starts = np.flatnonzero(from_.snap.segment >= 0)
    goals = np.flatnonzero(to.snap.segment >= 0)
    if not len(starts) or not len(goals):
        return found
    goal_nodes = to.node[goals]
    goal_s = to.in_s[goals] + to.leg_s[goals, None]
    goal_m = network.length_m[to.snap.segment[goals]][:, None] * to.share[goals] + to.leg_m[goals, None]
    at_once = max(1, CELLS_AT_ONCE // max(2 * network.node_count, 4 * len(goals)))
    for chunk in (starts[i : i + at_once] for i in range(0, len(starts), at_once)):
        sources, source_of = np.unique(from_.node[chunk], return_inverse=True)
        source_of = source_of.reshape(len(chunk), 2)
        if detail:
            node_s, before = dijkstra(arcs.time_s, indices=sources, return_predecessors=True)
            walked = _walk(network, arcs, before, sources, np.unique(goal_nodes))
        else:
            node_s = dijkstra(arcs.time_s, indices=sources)
        # entry of the origin, end of its segment, goal, end of the goal's segment
        start_s = from_.out_s[chunk] + from_.leg_s[chunk, None]
        total = start_s[:, :, None, None] + node_s[source_of[:, :, None, None], goal_nodes] + goal_s
        facing = {country: to.faces(country)[goals] for country in set(from_.country[chunk])}
        faces = np.array([facing[country] for country in from_.country[chunk]])
        by_pair = np.where(faces[:, :, None], total.transpose(0, 2, 1, 3).reshape(len(chunk), len(goals), 4), np.inf)
        best = by_pair.argmin(axis=2)
        time = np.take_along_axis(by_pair, best[:, :, None], axis=2)[:, :, 0]
        a, b = best // 2, best % 2
        metres, crossed = np.full(time.shape, np.inf), np.zeros(time.shape, np.int64)
        source = np.take_along_axis(source_of, a, axis=1)
        goal_at = np.take_along_axis(goal_nodes, b.T, axis=1).T
        if detail:
            start_m = network.length_m[from_.snap.segment[chunk]][:, None] * from_.share[chunk] + from_.leg_m[chunk, None]
            column = walked.column(goal_at)
            metres = np.take_along_axis(start_m, a, axis=1) + walked.length_m[source, column] + np.take_along_axis(goal_m, b.T, axis=1).T
            crossed = walked.crossings[source, column]
        for i, j in zip(*np.nonzero((from_.snap.segment[chunk][:, None] == to.snap.segment[goals]) & faces), strict=True):
            along_s, along_m = _along(network, profile, from_, chunk[i], to, goals[j])
            if along_s <= time[i, j]:
                time[i, j], metres[i, j], crossed[i, j], a[i, j], b[i, j] = along_s, along_m, 0, -1, -1
        # of the entries of one pair of rows the quickest counts
        pair = from_.of_row[chunk][:, None] * m + to.of_row[goals]
        order = np.lexsort((time.ravel(), pair.ravel()))
        winner = order[np.append(True, np.diff(pair.ravel()[order]) > 0)]
        i, j = np.unravel_index(winner, time.shape)
        row, col = np.divmod(pair[i, j], m)
        better = time[i, j] < found.time_s[row, col]
        i, j, row, col = i[better], j[better], row[better], col[better]
        found.time_s[row, col], found.length_m[row, col], found.crossings[row, col] = time[i, j], metres[i, j], crossed[i, j]
        found.entries[row, col] = np.column_stack([chunk[i], goals[j]])
        found.ends[row, col] = np.column_stack([a[i, j], b[i, j]])
        for k in np.flatnonzero(crossed[i, j]):
            found.gates[int(row[k]), int(col[k])] = walked.gates[int(source[i[k], j[k]]), int(column[i[k], j[k]])]
        if path and found.ends[0, 0, 0] >= 0 and found.entries[0, 0, 0] in chunk:
            entry = int(np.flatnonzero(chunk == found.entries[0, 0, 0])[0])
            found.path = _path(before[source_of[entry, found.ends[0, 0, 0]]], int(to.node[found.entries[0, 0, 1], found.ends[0, 0, 1]]))
    found.time_s = found.time_s.round(TIME_DECIMALS)
    return found


def _along(network: Network, profile: str, from_: _Sides, entry: int, to: _Sides, goal: int) -> tuple[float, float]:
    """Give time and length along the one segment on which both points lie; inf where it is one-way the other way.

    From a point to itself it is nothing: the legs to the road and back are not driven.
    """
    if np.array_equal(from_.point[entry], to.point[goal]):
        return 0.0, 0.0
    segment = from_.snap.segment[entry]
    share = to.snap.fraction[goal] - from_.snap.fraction[entry]
    allowed = network.forward[segment] if share >= 0 else network.backward[segment]
    if not allowed and share != 0:
        return np.inf, np.inf
    time = network.time_s[profile][segment] * abs(share) + from_.leg_s[entry] + to.leg_s[goal]
    return float(time), float(network.length_m[segment] * abs(share) + from_.leg_m[entry] + to.leg_m[goal])


@dataclass
class _Walked:
    """Length and gates of the ways from each source to each goal node."""

    nodes: NDArray[np.int64]
    length_m: NDArray[np.float64]
    crossings: NDArray[np.int64]
    gates: dict[tuple[int, int], list[int]]

    def column(self, node: Any) -> Any:
        return np.searchsorted(self.nodes, node)


def _walk(network: Network, arcs: Arcs, before: NDArray[np.int32], sources: NDArray[np.int64], nodes: NDArray[np.int64]) -> _Walked:
    """Walk back from all goal nodes to all sources at once, one arc a step."""
    shape = (len(sources), len(nodes))
    length_m, crossings = np.zeros(shape), np.zeros(shape, np.int64)
    gates: dict[tuple[int, int], list[int]] = {}
    row, column = (axis.ravel() for axis in np.indices(shape))
    here = np.broadcast_to(nodes, shape).ravel()
    while len(row):
        previous = before[row, here]
        going = previous >= 0
        row, column, here, previous = row[going], column[going], here[going], previous[going]
        segment = arcs.between(previous, here)
        length_m[row, column] += network.length_m[segment]
        for step in np.flatnonzero(network.gate[segment] >= 0):
            key = int(row[step]), int(column[step])
            crossings[key] += 1
            gates.setdefault(key, []).insert(0, int(network.gate[segment[step]]))
        here = previous.astype(np.int64)
    return _Walked(nodes, length_m, crossings, gates)


def _path(before: NDArray[np.int32], node: int) -> list[int]:
    nodes = [node]
    while before[nodes[-1]] >= 0:
        nodes.append(int(before[nodes[-1]]))
    return nodes[::-1]


# Routes ----------------------------------------------------------------------------------------------------------------


def _steps(network: Network, profile: str, from_: _Sides, to: _Sides, found: _Found) -> list[dict[str, Any]]:
    entry, goal = found.entries[0, 0]
    a, b = found.ends[0, 0]
    first, last = int(from_.snap.segment[entry]), int(to.snap.segment[goal])
    f, g = float(from_.snap.fraction[entry]), float(to.snap.fraction[goal])
    if a < 0 and np.array_equal(from_.point[entry], to.point[goal]):
        return [_leg(from_.point[entry], to.point[goal], 0.0, 0.0)]
    pieces: list[tuple[int, float, float]] = []  # segment, from fraction, to fraction
    if a < 0:
        pieces.append((first, f, g))
    else:
        assert found.path is not None
        nodes = np.array(found.path)
        between = network.arcs(profile).between(nodes[:-1], nodes[1:]) if len(nodes) > 1 else np.empty(0, int)
        pieces.append((first, f, float(a)))
        pieces += [
            (int(one), 0.0, 1.0) if network.tail[one] == node else (int(one), 1.0, 0.0)
            for one, node in zip(between, nodes[:-1], strict=True)
        ]
        pieces.append((last, float(b), g))
    steps = [_leg(from_.point[entry], from_.snap.lonlat[entry], from_.leg_m[entry], from_.leg_s[entry])]
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
            previous["travel_time_s"] += step["travel_time_s"]
            previous["geometry"] = _join(previous["geometry"], step["geometry"])
        else:
            steps.append(step)
    steps.append(_leg(to.snap.lonlat[goal], to.point[goal], to.leg_m[goal], to.leg_s[goal]))
    return steps


def _leg(start: NDArray[np.float64], end: NDArray[np.float64], length_m: float, time_s: float) -> dict[str, Any]:
    return {
        "kind": "access",
        "name": "",
        "road_class": "",
        "gate": "",
        "length_m": float(length_m),
        "travel_time_s": float(time_s),
        "geometry": shapely.LineString([start, end]),
    }


def _road(network: Network, profile: str, segment: int, start: float, end: float) -> dict[str, Any]:
    manifest = network.manifest
    line = shapely.LineString(crs.mercator(network.shape(segment)))
    piece = shapely.get_coordinates(shapely.ops.substring(line, start, end, normalized=True)) if line.length else network.shape(segment)
    points = crs.from_mercator(piece) if line.length else piece
    gate, name, road_class = int(network.gate[segment]), int(network.name[segment]), int(network.road_class[segment])
    return {
        "kind": "gate" if gate >= 0 else "road",
        "name": manifest.names[name] if name >= 0 else "",
        "road_class": manifest.road_classes[road_class] if road_class >= 0 else "",
        "gate": manifest.gates[gate] if gate >= 0 else "",
        "length_m": float(network.length_m[segment] * abs(end - start)),
        "travel_time_s": float(network.time_s[profile][segment] * abs(end - start)),
        "geometry": shapely.LineString(points if len(points) > 1 else np.repeat(points, 2, axis=0)),
    }


def _join(line: Any, more: Any) -> Any:
    return shapely.LineString(np.concatenate([shapely.get_coordinates(line), shapely.get_coordinates(more)[1:]]))

"""Close the border in a network everywhere except at the gates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message
from geo.hours import gates as border_gates
from geo.roads.network import Network

NEAR_COUNTRY_M = 5_000
"""A point outside every country, on a pier or an islet that the outline lacks, belongs to the
nearest one within this.
"""

NEAR_GATE_M = 2_000
"""A road across the border belongs to a gate within this distance, or within the accuracy of the
gate's position.
"""

FAR = 2
"""A gate's road is suspicious beyond so many times the accuracy of the gate's position, which is an
estimate itself.
"""

MAJOR = frozenset({"motorway", "trunk", "primary"})
"""Classes that lead across a border at a gate: where such a road is cut, a gate may be missing."""

MINOR = frozenset({"unclassified", "residential", "living_street"})
"""Classes that hardly lead to an international gate: its road may be another one.

Source: https://wiki.openstreetmap.org/wiki/Key:highway ranks them below the roads that link towns;
remembered, not read again. """

PER_SEGMENT = ("forward", "backward", "length_m", "road_class", "name", "gate", "country")


def close(
    network: Network, countries: Any, gates: Any, crossings: pd.DataFrame
) -> tuple[Network, pd.DataFrame]:
    """Return every segment its country, each gate its road, and cut every other road across the
    border.

    A road crosses where the two ends of a segment lie in different countries; one that leaves a
    country and comes back between two junctions does not, and is reported. Of the roads near a gate
    the nearest one in each direction is taken, so that a gate with two carriageways keeps both;
    every other is cut. Only the step that crosses is the gate or is cut: what leads up to it on
    either side becomes a segment of its own, on which one may still drive. That step lies in no
    country, and passing a gate adds its service time.

    Parameters
    ----------
    countries
        GeoDataFrame of polygons with the column country (ISO 3166-1 alpha-2), WGS 84. An outline
        that is a kilometre off cuts roads along the border: look at the report. Where the roads are
        drawn more coarsely than that but their country is known, an array with the code of each
        node instead; a road then crosses at its step nearest the gate.
    gates
        GeoDataFrame of points, WGS 84, indexed by id, with kind, mode, cargo, passengers, country,
        opposite_country and position_accuracy_m. Only gates of mode “road” count.
    crossings
        Columns profile, kind, needs, service_time_s; who may pass which gate is for
        :func:`geo.hours.gates.service_time_s` to say.

    Returns
    -------
    network
        A new network; the argument is not changed. Segments keep their numbers, new ones come last.
    report
        One row a road that crosses: segment, lon and lat of the crossing, verdict “matched” or
        “cut”, gate and distance_m of the nearest gate of this pair of countries from the road
        (missing where there is none). Then one row, “kept” and without a gate, for each road that
        leaves its country and comes back, at its first point abroad; then one, “no road” and
        without a segment, for each road gate to which no road leads, at the gate's own position.
        The column reason says why a row is suspicious and should be looked at on a map, and is
        empty where it is not.

    Raises
    ------
    InputError
        The network's border has been closed before, or a gate leads to a country without an
        outline.
    """
    if network.manifest.countries or network.manifest.gates:
        raise InputError(
            Message(
                "The border of this network is closed already; import the roads again to close"
                " it anew."
            )
        )
    roads = gates[gates["mode"] == "road"]
    outlines = countries.dropna(subset="country") if isinstance(countries, pd.DataFrame) else None
    known = countries if outlines is None else outlines["country"]
    codes = tuple(sorted({*known, *gates["country"], *gates["opposite_country"]}))
    if outlines is None:
        place = np.searchsorted(codes, known)
    else:
        if lacking := sorted({*roads["country"], *roads["opposite_country"]} - set(known)):
            raise InputError(
                Message(
                    "The border cannot be closed, because a gate leads to %(countries)s, of which"
                    " there is no outline.",
                    {"countries": " and ".join(lacking)},
                )
            )
        place = _country_of(network.node_lonlat, outlines, codes)
    tail, head = place[network.tail], place[network.head]
    crossing = np.flatnonzero((tail != head) & (tail >= 0) & (head >= 0))
    lines = [network.shape(int(i)) for i in crossing]
    candidates, distance_m = _nearest_gates(lines, codes, tail[crossing], head[crossing], roads)
    chosen = _choose(
        network, crossing, candidates, distance_m, reach_m(roads).to_numpy(float), tail, head
    )
    matched = chosen >= 0
    nearest = np.where(matched, chosen, [rows[0] if rows else -1 for rows in candidates]).astype(
        np.int64
    )

    country = np.where(tail >= 0, tail, head)
    country[crossing] = -1
    split, parent, after = _split(
        network, crossing, _breaks(lines, nearest, roads, outlines, codes)
    )
    cut, used = crossing[~matched], np.unique(nearest[matched])
    gate = np.full(split.segment_count, -1, np.int32)
    gate[crossing[matched]] = np.searchsorted(used, nearest[matched])
    forward, backward = split.forward.copy(), split.backward.copy()
    forward[cut] = backward[cut] = False
    time_s = {}
    for profile, seconds in split.time_s.items():
        time_s[profile] = seconds.copy()
        time_s[profile][cut] = np.inf
        passing = (
            border_gates.service_time_s(roads, crossings, profile).fillna(np.inf).to_numpy(float)
        )
        time_s[profile][crossing[matched]] += passing[nearest[matched]]
    notes = (*network.manifest.notes, _summary(len(used), len(cut)))
    closed = replace(
        split,
        manifest=replace(
            network.manifest,
            countries=codes,
            gates=tuple(str(roads.index[row]) for row in used),
            notes=notes,
        ),
        forward=forward,
        backward=backward,
        gate=gate,
        country=np.concatenate([country, np.where(after, head[parent], tail[parent])]).astype(
            np.int16
        ),
        time_s=time_s,
    )
    report = pd.concat(
        [
            _crossings(closed, crossing, matched, nearest, distance_m, roads),
            _strays(network, tail, head, outlines, codes),
            _idle(roads.drop(index=roads.index[used])),
        ],
        ignore_index=True,
    )
    return closed, report


def reach_m(gates: Any) -> pd.Series:
    """Return how far from each gate a road across the border may belong to it."""
    return (
        gates["position_accuracy_m"]
        .astype(float)
        .fillna(0)
        .clip(lower=NEAR_GATE_M)
        .rename("reach_m")
    )


def _summary(gates: int, cut: int) -> Message:
    if not gates + cut:
        return Message("No road crosses a border.")
    opened = {0: Message("No gate has a road"), 1: Message("1 gate has a road")}.get(
        gates, Message("%(gates)s gates have a road", {"gates": f"{gates:,}"})
    )
    closed = {
        0: Message("no other road crosses a border"),
        1: Message("1 other road across a border is cut"),
    }.get(cut, Message("%(cut)s other roads across a border are cut", {"cut": f"{cut:,}"}))
    return Message("%(opened)s; %(closed)s.", {"opened": opened, "closed": closed})


def _country_of(
    lonlat: NDArray[np.float64], outlines: Any, codes: tuple[str, ...]
) -> NDArray[np.int64]:
    """Return the index in ``codes`` of the country of each point, -1 where none is near."""
    place = _inside(lonlat, outlines, codes)
    outside = np.flatnonzero(place < 0)
    if len(outside) and len(outlines):
        points, flat = (
            shapely.points(crs.mercator(lonlat[outside])),
            shapely.transform(outlines.geometry.to_numpy(), crs.mercator),
        )
        shape = shapely.STRtree(flat).nearest(points)
        near = _distance_m(points, flat[shape]) <= NEAR_COUNTRY_M
        place[outside[near]] = np.searchsorted(codes, outlines["country"])[shape[near]]
    return place


def _inside(
    lonlat: NDArray[np.float64], outlines: Any, codes: tuple[str, ...]
) -> NDArray[np.int64]:
    """Return the index in ``codes`` of the country in whose outline each point lies, -1 for
    none.
    """
    place = np.full(len(lonlat), -1, np.int64)
    for code, shape in zip(outlines["country"], outlines.geometry, strict=True):
        shapely.prepare(shape)  # a hundred times faster for the many points of a road network
        rest = np.flatnonzero(place < 0)
        place[rest[shapely.intersects_xy(shape, *lonlat[rest].T)]] = codes.index(code)
    return place


def _distance_m(points: Any, shapes: Any) -> NDArray[np.float64]:
    """Measure from points to the nearest points of shapes, pair by pair; both in the sphere's
    Mercator.
    """
    ends = shapely.get_coordinates(shapely.shortest_line(points, shapes)).reshape(-1, 2, 2)
    return crs.distance_m(crs.from_mercator(ends[:, 0]), crs.from_mercator(ends[:, 1]))


def _nearest_gates(
    lines: list[NDArray[np.float64]],
    codes: tuple[str, ...],
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    roads: Any,
) -> tuple[list[list[int]], NDArray[np.float64]]:
    """Return for each crossing the row of the nearest gate between the same two countries, and its
    distance.

    The lanes of one gate may share a position, so that several rows are nearest; there may be none.
    """
    nearest: list[list[int]] = [[] for _ in lines]
    distance_m = np.full(len(lines), np.nan)
    flat = np.array([shapely.LineString(crs.mercator(line)) for line in lines], object)
    points = shapely.transform(roads.geometry.to_numpy(), crs.mercator)
    pair_of_gate = [
        frozenset(pair) for pair in zip(roads["country"], roads["opposite_country"], strict=True)
    ]
    pair_of_line = [frozenset((codes[a], codes[b])) for a, b in zip(tail, head, strict=True)]
    for pair in set(pair_of_line) & set(pair_of_gate):
        crossing = np.array([i for i, one in enumerate(pair_of_line) if one == pair])
        gate = np.array([i for i, one in enumerate(pair_of_gate) if one == pair])
        line, point = shapely.STRtree(points[gate]).query_nearest(flat[crossing])
        distance_m[crossing[line]] = _distance_m(points[gate[point]], flat[crossing[line]])
        for i, row in sorted(zip(crossing[line].tolist(), gate[point].tolist(), strict=True)):
            nearest[i].append(row)
    return nearest, distance_m


def _choose(
    network: Network,
    crossing: NDArray[np.int64],
    candidates: list[list[int]],
    distance_m: NDArray[np.float64],
    limit_m: NDArray[np.float64],
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Take for each gate, nearest first, the crossings that open a direction which no nearer one
    has opened; -1 for the others.
    """
    chosen = np.full(len(crossing), -1)
    opened: set[tuple[int, int]] = set()
    for i in np.lexsort((crossing, distance_m)):
        segment = crossing[i]
        leaving = [
            int(country[segment])
            for may, country in ((network.forward, tail), (network.backward, head))
            if may[segment]
        ]
        for row in candidates[i]:
            directions = {(row, country) for country in leaving}
            if distance_m[i] <= limit_m[row] and directions - opened:
                chosen[i] = row
                opened |= directions
                break
    return chosen


def _breaks(
    lines: list[NDArray[np.float64]],
    nearest: NDArray[np.int64],
    roads: Any,
    outlines: Any,
    codes: tuple[str, ...],
) -> list[int]:
    """Return the step of each line that crosses: where the country changes, and of several such
    steps the one nearest the gate."""
    breaks = []
    for line, row in zip(lines, nearest, strict=True):
        changes = np.arange(len(line) - 1)
        if outlines is not None:
            place = _country_of(line, outlines, codes)
            for i in range(1, len(place)):
                place[i] = place[i] if place[i] >= 0 else place[i - 1]
            changes = np.flatnonzero(place[1:] != place[:-1])
        if row >= 0:
            gate = shapely.get_coordinates(roads.geometry.iloc[row])[0]
            changes = changes[
                np.argsort(
                    crs.distance_m((line[changes] + line[changes + 1]) / 2, gate), kind="stable"
                )
            ]
        breaks.append(int(changes[0]))
    return breaks


def _split(
    network: Network, crossing: NDArray[np.int64], breaks: list[int]
) -> tuple[Network, NDArray[np.int64], NDArray[np.bool_]]:
    """Shorten each crossing segment to the step that crosses; what is left before and after it
    becomes new segments.

    Returns
    -------
    network, parent, after
        For each new segment the one it was part of, and whether it lies after the step.
    """
    tail, head, count = network.tail.copy(), network.head.copy(), np.diff(network.shape_start)
    keep = np.ones(len(network.shape_lonlat), bool)
    nodes: list[NDArray[np.float64]] = []
    parts: list[NDArray[np.float64]] = []
    ends: list[tuple[int, int]] = []
    parent: list[int] = []
    after: list[bool] = []
    for segment, step in zip(crossing.tolist(), breaks, strict=True):
        line, start = network.shape(segment), network.shape_start[segment]
        keep[start : start + len(line)] = False
        keep[start + step : start + step + 2] = True
        count[segment] = 2
        if step > 0:
            new = network.node_count + len(nodes)
            nodes.append(line[step])
            parts.append(line[: step + 1])
            ends.append((tail[segment], new))
            tail[segment] = new
            parent.append(segment)
            after.append(False)
        if step + 2 < len(line):
            new = network.node_count + len(nodes)
            nodes.append(line[step + 1])
            parts.append(line[step + 1 :])
            ends.append((new, head[segment]))
            head[segment] = new
            parent.append(segment)
            after.append(True)
    of = np.array(parent, np.int64)
    share = np.ones(network.segment_count + len(of))
    for i, (segment, part) in enumerate(
        zip(parent, parts, strict=True), start=network.segment_count
    ):
        whole = _length_m(network.shape(segment))
        share[i] = _length_m(part) / whole if whole else 0.0
        share[segment] -= share[i]
    grown: dict[str, Any] = {
        name: np.concatenate([getattr(network, name), getattr(network, name)[of]])
        for name in PER_SEGMENT
    }
    time_s = {}
    for profile, seconds in network.time_s.items():
        seconds = np.concatenate([seconds, seconds[of]])
        time_s[profile] = np.where(
            np.isfinite(seconds),
            np.where(np.isfinite(seconds), seconds, 0) * np.maximum(share, 0),
            np.inf,
        )
    grown["length_m"] = grown["length_m"] * np.maximum(share, 0)
    more = np.array(ends, np.int32).reshape(-1, 2)
    split = replace(
        network,
        node_lonlat=np.concatenate([network.node_lonlat, np.array(nodes).reshape(-1, 2)]),
        tail=np.concatenate([tail, more[:, 0]]),
        head=np.concatenate([head, more[:, 1]]),
        shape_start=np.concatenate([[0], np.cumsum([*count, *map(len, parts)])]).astype(np.int64),
        shape_lonlat=np.concatenate([network.shape_lonlat[keep], *parts]),
        time_s=time_s,
        _cache={},
        **grown,
    )
    return split, of, np.array(after, bool)


def _length_m(line: NDArray[np.float64]) -> float:
    return float(crs.distance_m(line[:-1], line[1:]).sum())


def _rows(
    segment: Any, lonlat: NDArray[np.float64], verdict: Any, gate: Any, distance_m: Any, reason: Any
) -> pd.DataFrame:
    columns = {
        "segment": segment,
        "lon": lonlat[:, 0],
        "lat": lonlat[:, 1],
        "verdict": verdict,
        "gate": gate,
        "distance_m": distance_m,
    }
    table = pd.DataFrame(columns | {"reason": reason}, index=range(len(lonlat)))
    return table.astype(
        {"segment": "Int64", "verdict": "str", "gate": "str", "distance_m": float, "reason": "str"}
    )


def _crossings(
    closed: Network,
    crossing: NDArray[np.int64],
    matched: NDArray[np.bool_],
    nearest: NDArray[np.int64],
    distance_m: NDArray[np.float64],
    roads: Any,
) -> pd.DataFrame:
    """Report the roads that cross, and of those what is suspicious."""
    classes = np.array([*closed.manifest.road_classes, ""], object)[closed.road_class[crossing]]
    accuracy_m, limit_m = (
        roads["position_accuracy_m"].to_numpy(float),
        reach_m(roads).to_numpy(float),
    )
    better = {
        row
        for row, kind in zip(nearest[matched], classes[matched], strict=True)
        if kind not in MINOR
    }
    reasons = []
    for taken, row, distance, kind in zip(matched, nearest, distance_m, classes, strict=True):
        gate, why = str(roads.index[row]) if row >= 0 else "", []
        if taken and distance > FAR * accuracy_m[row]:
            why.append(
                f"the road of the gate {gate} is {distance:,.0f} m from it, whose position is good"
                f" to {accuracy_m[row]:,.0f} m"
            )
        if taken and roads["kind"].iloc[row] == "international" and row not in better:
            why.append(f"the international gate {gate} has no better road than one of class {kind}")
        if not taken and row >= 0 and distance <= limit_m[row]:
            why.append(f"a road of class {kind} is cut, because the gate {gate} has a nearer one")
        elif not taken and kind in MAJOR:
            why.append(f"a road of class {kind} is cut, so a gate may be missing")
        reasons.append("; ".join(why))
    middle = np.array([closed.shape(int(i)).mean(axis=0) for i in crossing]).reshape(-1, 2)
    ids = [str(roads.index[row]) if row >= 0 else None for row in nearest]
    return _rows(crossing, middle, np.where(matched, "matched", "cut"), ids, distance_m, reasons)


def _strays(
    network: Network,
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    outlines: Any,
    codes: tuple[str, ...],
) -> pd.DataFrame:
    """Report the roads that leave a country and come back between two junctions, where outlines can
    tell.
    """
    home = np.repeat(np.where(tail == head, tail, -1), np.diff(network.shape_start))
    there = (
        np.full(len(home), -1)
        if outlines is None
        else _inside(network.shape_lonlat, outlines, codes)
    )
    abroad = np.flatnonzero((home >= 0) & (there >= 0) & (there != home))
    segment, first = np.unique(
        np.searchsorted(network.shape_start, abroad, side="right") - 1, return_index=True
    )
    point = abroad[first]
    reasons = [
        f"a road of {codes[home[i]]} runs through {codes[there[i]]} and comes back, and is not cut"
        for i in point
    ]
    return _rows(segment, network.shape_lonlat[point], "kept", None, np.nan, reasons)


def _idle(roads: Any) -> pd.DataFrame:
    """Report the gates to which no road leads."""
    return _rows(
        pd.NA,
        shapely.get_coordinates(roads.geometry.to_numpy()),
        "no road",
        list(map(str, roads.index)),
        np.nan,
        "",
    )

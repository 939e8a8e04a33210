"""Close the border in a network everywhere except at the gates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message
from geo.hours import gates as border_gates
from geo.roads import border_joints, border_report, turns
from geo.roads.border_crossings import Crossings
from geo.roads.countries import Countries
from geo.roads.network import Network

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

PER_SEGMENT = (
    *("forward", "backward", "length_m", "road_class", "name", "gate", "country"),
    *("accessible", "assumed"),
)


def close(
    network: Network,
    countries: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    crossings: pd.DataFrame,
) -> tuple[Network, pd.DataFrame]:
    """Return every segment its country, each gate its road, and cut every other road across the
    border.

    Roads whose source states their country lie in it. Where such roads of two countries meet they
    are parted, and joined by a segment without length, which is the crossing: no road inside a
    country is cut. All others lie where the outlines say.

    There, a road crosses where two junctions with nothing between them lie in different
    countries; one that leaves a country and comes back between two junctions does not, and is
    reported. Where a bridge begins is not a junction. Of the roads near a gate the nearest one in
    each direction is taken, so that a gate with two carriageways keeps both; every other is cut.
    Only the step that crosses is the gate or is cut: what leads up to it on either side becomes a
    segment of its own, on which one may still drive. That step lies in no country, and passing a
    gate adds its service time.

    Parameters
    ----------
    countries
        Polygons with the column country (ISO 3166-1 alpha-2), WGS 84. An outline that is a
        kilometre off cuts roads along the border that do not state their country: look at the
        report.
    gates
        Points, WGS 84, indexed by id, with kind, mode, cargo, passengers, country,
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
        leaves its country and comes back, at its first point abroad, unless roads state their
        country; then one, “no road” and
        without a segment, for each road gate to which no road leads, at the gate's own position.
        The column reason says why a row is suspicious and should be looked at on a map, and is
        empty where it is not.

    Raises
    ------
    InputError
        The network's border has been closed before, or a gate leads to a country without an
        outline.
    """
    import pandas as pd

    if network.manifest.countries or network.manifest.gates:
        raise InputError(
            Message(
                "The border of this network is closed already; import the roads again to close"
                " it anew."
            )
        )
    roads = gates[gates["mode"] == "road"]
    stated = () if network.home is None else np.unique(network.home).tolist()
    known = Countries.of(countries, gates, stated)
    network, place = border_joints.parted(network, known)
    border = Crossings.of(network, known, place, roads)
    tail, head = border.place[network.tail], border.place[network.head]
    split, parent, after = _split(network, border.segment, border.step)
    country = np.where(tail >= 0, tail, head)
    country[border.segment] = -1
    country = np.concatenate([country, np.where(after, head[parent], tail[parent])])
    split = replace(split, country=country.astype(np.int16))
    closed = _at_gates(split, border, known.codes, roads, crossings)
    report = [
        border_report.of_crossings(closed, border, roads),
        *([] if stated else [border_report.of_strays(network, border, known)]),
        border_report.of_idle(roads.drop(index=roads.index[border.used])),
    ]
    return closed, pd.concat(report, ignore_index=True)


def _at_gates(
    network: Network,
    border: Crossings,
    codes: tuple[str, ...],
    roads: gpd.GeoDataFrame,
    crossings: pd.DataFrame,
) -> Network:
    """Let the matched crossings pass their gates, in the time this takes, and cut the others."""
    passing, cut = border.segment[border.matched], border.segment[~border.matched]
    row, used = border.nearest[border.matched], border.used
    gate = np.full(network.segment_count, -1, np.int32)
    gate[passing] = np.searchsorted(used, row)
    forward, backward = network.forward.copy(), network.backward.copy()
    forward[cut] = backward[cut] = False
    time_s = {}
    for profile, seconds in network.time_s.items():
        service_s = border_gates.service_time_s(roads, crossings, profile).fillna(np.inf)
        time_s[profile] = seconds.copy()
        time_s[profile][cut] = np.inf
        time_s[profile][passing] += service_s.to_numpy(float)[row]
    manifest = replace(
        network.manifest,
        countries=codes,
        gates=tuple(str(roads.index[row]) for row in used),
        notes=(*network.manifest.notes, _summary(len(used), len(cut))),
    )
    return replace(
        network, manifest=manifest, forward=forward, backward=backward, gate=gate, time_s=time_s
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


def _split(
    network: Network, crossing: NDArray[np.int64], steps: list[int]
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
    parent: list[int] = []
    after: list[bool] = []
    for segment, step in zip(crossing.tolist(), steps, strict=True):
        line, start = network.shape(segment), network.shape_start[segment]
        keep[start : start + len(line)] = False
        keep[start + step : start + step + 2] = True
        count[segment] = 2
        for later, part in ((False, line[: step + 1]), (True, line[step + 1 :])):
            if len(part) > 1:
                parts.append(part)
                parent.append(segment)
                after.append(later)
                nodes.append(part[0] if later else part[-1])
    of, behind = np.array(parent, np.int64), np.array(after, bool)
    new = network.node_count + np.arange(len(of), dtype=np.int32)
    new_tail, new_head = np.where(behind, new, tail[of]), np.where(behind, head[of], new)
    head[of[behind]], tail[of[~behind]] = new[behind], new[~behind]
    share = _shares(network, of, parts)
    grown: dict[str, Any] = {
        name: np.concatenate([getattr(network, name), getattr(network, name)[of]])
        for name in PER_SEGMENT
    }
    grown["length_m"] = grown["length_m"] * share
    time_s = {}
    for profile, before_s in network.time_s.items():
        seconds = np.concatenate([before_s, before_s[of]])
        time_s[profile] = np.multiply(seconds, share, where=np.isfinite(seconds), out=seconds)
    split = replace(
        network,
        node_lonlat=np.concatenate([network.node_lonlat, np.array(nodes).reshape(-1, 2)]),
        tail=np.concatenate([tail, new_tail]),
        head=np.concatenate([head, new_head]),
        shape_start=np.cumsum([0, *count, *map(len, parts)], dtype=np.int64),
        shape_lonlat=np.concatenate([network.shape_lonlat[keep], *parts]),
        time_s=time_s,
        bans=_bans(network, of, behind),
        **grown,
    )
    return split, of, behind


def _bans(
    network: Network, parent: NDArray[np.int64], behind: NDArray[np.bool_]
) -> dict[str, NDArray[np.int32]]:
    """Return the banned turns between segments of which some have lost a part before or behind to
    a new segment.
    """
    part = {
        2 * segment + later: 2 * number + later
        for number, (segment, later) in enumerate(
            zip(parent.tolist(), behind.tolist(), strict=True), network.segment_count
        )
    }

    def over(end: int) -> list[int]:
        """Return the ends by which one enters the parts of a segment, from this end on."""
        begins = [part[end], end] if end in part else [end]
        return begins + ([part[end ^ 1] ^ 1] if end ^ 1 in part else [])

    return {
        profile: turns.table(
            [
                part.get(ban[0], ban[0]),
                *(end for passed in ban[1:-1] for end in over(passed)),
                part.get(ban[-1], ban[-1]),
            ]
            for ban in turns.sequences(bans)
        )
        for profile, bans in network.bans.items()
    }


def _shares(
    network: Network, parent: NDArray[np.int64], parts: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return which share of its length each segment keeps, and each part of one takes from it."""
    share = np.ones(network.segment_count + len(parent))
    for i, (segment, part) in enumerate(zip(parent, parts, strict=True), network.segment_count):
        whole_m = _length_m(network.shape(segment))
        share[i] = _length_m(part) / whole_m if whole_m else 0.0
        share[segment] -= share[i]
    return np.maximum(share, 0)


def _length_m(line: NDArray[np.float64]) -> float:
    return float(crs.distance_m(line[:-1], line[1:]).sum())

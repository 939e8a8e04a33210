"""What an import of roads has brought about, in sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.roads import border_crossings, surfaces
from geo.roads.importing import Basis, Import
from geo.roads.network import Network

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SHOWN = 10
"""Rows of the border report that are shown of each kind."""


def kept(done: Import, name: str, folder: Path, basis: Basis) -> list[str]:
    """Return what a network that has been kept is good for."""
    network = done.network
    sentences = [
        f"{'Replaced' if done.replaced else 'Kept'} the network {name}:"
        f" {network.segment_count:,} segments, {float(network.length_m.sum()) / 1000:,.0f} km."
    ]
    if done.has_surfaces:
        sentences.append(surfaced(network, basis.places, folder))
    else:
        sentences.append(
            f"Its surfaces would take {done.surfaces_mb:,.1f} MB and were left out;"
            f" “zoneatlas roads prepare {name}” makes them."
        )
    return [
        *sentences,
        *_joined(network, basis.parks),
        *network.manifest.notes,
        *_border(network, done.report, basis),
    ]


def surfaced(network: Network, places: gpd.GeoDataFrame, folder: Path) -> str:
    """Return what surfaces there are."""
    prepared = surfaces.load(network, places, folder).values()
    joined = {int(row) for each in prepared for row in each.sides.of_row[each.joined]}
    size_mb = sum(each.to_s.nbytes + each.from_s.nbytes for each in prepared) / 1e6
    return (
        f"{len(joined)} of {len(places)} places are joined to its roads; their surfaces take"
        f" {size_mb:,.1f} MB."
    )


class Crossing(NamedTuple):
    """A row of the report of :func:`geo.roads.borders.close`; a road far from any gate has none."""

    verdict: str
    gate: str | float
    segment: int
    lon: float
    lat: float
    distance_m: float
    reason: str


def _border(network: Network, report: pd.DataFrame, basis: Basis) -> Iterator[str]:
    """Return which gates have a road, which roads are cut, and what is suspicious."""
    reach_m = border_crossings.reach_m(basis.gates)
    here = (report["verdict"] != "no road") | _inside(report["lon"], report["lat"], network)
    rows = report.loc[here, list(Crossing._fields)].itertuples(index=False)
    crossings = [Crossing(*row) for row in rows]
    by_verdict = defaultdict[str, list[Crossing]](list)
    for crossing in crossings:
        by_verdict[crossing.verdict].append(crossing)
    for sentences in (
        [_matched(crossing, network) for crossing in by_verdict["matched"]],
        [_cut(crossing, reach_m) for crossing in by_verdict["cut"]],
        [f"The gate {at.gate} has no road in this network." for at in by_verdict["no road"]],
        [f"Suspicious at {at.lon:.4f},{at.lat:.4f}: {at.reason}." for at in crossings if at.reason],
    ):
        yield from sentences[:SHOWN]
        if len(sentences) > SHOWN:
            yield f"And {len(sentences) - SHOWN:,} more."


def _joined(network: Network, parks: gpd.GeoDataFrame) -> list[str]:
    """Return for each vehicle how many of the parks in its box the network serves."""
    parks = parks[_inside(parks.geometry.x, parks.geometry.y, network)]
    if parks.empty:
        return ["No park of the data lies in its area."]
    sentences = []
    for profile in network.profiles:
        lonlat = parks.geometry.get_coordinates().to_numpy()
        distance_m = network.snap(
            lonlat, profile, country=parks["country"].to_numpy(object)
        ).distance_m
        near = distance_m[np.isfinite(distance_m)]
        farthest = f", the farthest over {near.max() / 1000:.1f} km" if len(near) else ""
        sentences.append(
            f"Parks in its area that are joined to a road by {profile}: {len(near)} of"
            f" {len(parks)}{farthest}."
        )
    return sentences


def _matched(crossing: Crossing, network: Network) -> str:
    barred = [
        profile
        for profile in network.profiles
        if not np.isfinite(network.time_s[profile][crossing.segment])
    ]
    closed = f"; it is closed to the {' and the '.join(barred)}" if barred else ""
    away = f"{crossing.distance_m / 1000:.1f} km from it"
    return f"The gate {crossing.gate} has a road, {away}{closed}."


def _cut(crossing: Crossing, reach_m: pd.Series) -> str:
    gate = crossing.gate
    if not isinstance(gate, str):
        why = "no gate joins these countries"
    elif crossing.distance_m > float(reach_m[gate]):
        why = f"the nearest gate, {gate}, is {crossing.distance_m / 1000:.1f} km away"
    else:
        why = f"the gate {gate} has a nearer road"
    return f"The road across the border at {crossing.lon:.4f},{crossing.lat:.4f} is cut: {why}."


def _inside(lon: pd.Series, lat: pd.Series, network: Network) -> pd.Series[bool]:
    west, south = network.node_lonlat.min(axis=0)
    east, north = network.node_lonlat.max(axis=0)
    return lon.between(west, east) & lat.between(south, north)

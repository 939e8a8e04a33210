"""What an import of roads has brought about, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geo.roads import border_crossings, surfaces
from geo.roads.importing import Basis, Import
from geo.roads.network import Network

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


def surfaced(network: Network, places: Any, folder: Path) -> str:
    """Return what surfaces there are."""
    found = surfaces.load(network, places, folder).values()
    joined = {int(row) for one in found for row in one.sides.of_row[one.joined]}
    size_mb = sum(one.to_s.nbytes + one.from_s.nbytes for one in found) / 1e6
    return (
        f"{len(joined)} of {len(places)} places are joined to its roads; their surfaces take"
        f" {size_mb:,.1f} MB."
    )


def _border(network: Network, report: Any, basis: Basis) -> Iterator[str]:
    """Return which gates have a road, which roads are cut, and what is suspicious."""
    reach_m = border_crossings.reach_m(basis.gates)
    here = (report["verdict"] != "no road") | _inside(report["lon"], report["lat"], network)
    sentences: tuple[tuple[Any, Callable[[Any], str]], ...] = (
        (report["verdict"] == "matched", lambda row: _matched(row, network)),
        (report["verdict"] == "cut", lambda row: _cut(row, reach_m)),
        (
            report["verdict"] == "no road",
            lambda row: f"The gate {row['gate']} has no road in this network.",
        ),
        (
            report["reason"] != "",
            lambda row: f"Suspicious at {row['lon']:.4f},{row['lat']:.4f}: {row['reason']}.",
        ),
    )
    for which, sentence_of in sentences:
        rows = report[here & which]
        for _, row in rows.head(SHOWN).iterrows():
            yield sentence_of(row)
        if len(rows) > SHOWN:
            yield f"And {len(rows) - SHOWN:,} more."


def _joined(network: Network, parks: Any) -> list[str]:
    """Say for each vehicle how many parks the network serves, of those in its box; the others are
    none of its business.
    """
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


def _matched(row: Any, network: Network) -> str:
    barred = [
        profile
        for profile in network.profiles
        if not np.isfinite(network.time_s[profile][row["segment"]])
    ]
    closed = f"; it is closed to the {' and the '.join(barred)}" if barred else ""
    return f"The gate {row['gate']} has a road, {row['distance_m'] / 1000:.1f} km from it{closed}."


def _cut(row: Any, reach_m: Any) -> str:
    if not isinstance(row["gate"], str):
        why = "no gate joins these countries"
    elif row["distance_m"] > reach_m[row["gate"]]:
        why = f"the nearest gate, {row['gate']}, is {row['distance_m'] / 1000:.1f} km away"
    else:
        why = f"the gate {row['gate']} has a nearer road"
    return f"The road across the border at {row['lon']:.4f},{row['lat']:.4f} is cut: {why}."


def _inside(lon: Any, lat: Any, network: Network) -> Any:
    west, south = network.node_lonlat.min(axis=0)
    east, north = network.node_lonlat.max(axis=0)
    return lon.between(west, east) & lat.between(south, north)

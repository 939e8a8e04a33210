"""What closing a border did to each road and gate, and what of it should be looked at on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.roads.border_crossings import Crossings, reach_m
from geo.roads.countries import Countries
from geo.roads.network import Network
from geo.roads.whole_roads import whole_roads

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

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


def of_crossings(closed: Network, border: Crossings, roads: gpd.GeoDataFrame) -> pd.DataFrame:
    """Report the roads that cross, and of those what is suspicious."""
    known = np.array([*closed.manifest.road_classes, ""], object)
    classes = known[closed.road_class[border.segment]]
    accuracy_m = roads["position_accuracy_m"].to_numpy(float)
    limit_m = reach_m(roads).to_numpy(float)
    better = {
        row
        for row, kind in zip(border.nearest[border.matched], classes[border.matched], strict=True)
        if kind not in MINOR
    }
    reasons = []
    facts = zip(border.matched, border.nearest, border.distance_m, classes, strict=True)
    for taken, row, distance, kind in facts:
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
    middle = np.array([closed.shape(int(i)).mean(axis=0) for i in border.segment]).reshape(-1, 2)
    ids = [str(roads.index[row]) if row >= 0 else None for row in border.nearest]
    verdict = np.where(border.matched, "matched", "cut")
    return _rows(border.segment, middle, verdict, ids, border.distance_m, reasons)


def of_strays(network: Network, border: Crossings, countries: Countries) -> pd.DataFrame:
    """Report the roads that leave a country and come back between two junctions, where outlines can
    tell.
    """
    tail, head = border.place[network.tail], border.place[network.head]
    home = np.repeat(np.where(tail == head, tail, -1), np.diff(network.shape_start))
    there, codes = countries.inside(network.shape_lonlat), countries.codes
    abroad = np.flatnonzero((home >= 0) & (there >= 0) & (there != home))
    segment = np.searchsorted(network.shape_start, abroad, side="right") - 1
    first = [
        np.flatnonzero(np.isin(segment, road.segment))[0]
        for road in whole_roads(network, np.unique(segment))
        if not np.isin(road.segment, border.segment).any()
    ]
    point, segment = abroad[first], segment[first]
    reasons = [
        f"a road of {codes[home[i]]} runs through {codes[there[i]]} and comes back, and is not cut"
        for i in point
    ]
    return _rows(segment, network.shape_lonlat[point], "kept", None, np.nan, reasons)


def of_idle(roads: gpd.GeoDataFrame) -> pd.DataFrame:
    """Report the gates to which no road leads."""
    import pandas as pd

    return _rows(
        pd.NA,
        shapely.get_coordinates(roads.geometry.to_numpy()),
        "no road",
        list(map(str, roads.index)),
        np.nan,
        "",
    )


def _rows(
    segment: Any, lonlat: NDArray[np.float64], verdict: Any, gate: Any, distance_m: Any, reason: Any
) -> pd.DataFrame:
    import pandas as pd

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

"""List the parks whose pin lies in no industrial area of OpenStreetMap, to check positions by.

Run ``python data/industrial_areas.py`` in the repository. An area is no proof: it has no name, it
is of August 2021, and a park that is planned or new has none. No pin is moved by it alone."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd

from geo import layers
from geo.siting.limits import ZONES

AREAS = Path(__file__).with_name("industrial_areas.geojson")
METRES = 32648
"""UTM zone 48N, in which the areas lie."""


def outside(parks: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Find the parks that work, are not zones, lie in the box of the areas and in none of them.

    Returns
    -------
    GeoDataFrame
        Part of `parks`, with ``area_m``, the distance to the nearest area.
    """
    west, south, east, north = areas.total_bounds
    checked = parks.cx[west:east, south:north]
    checked = checked[
        (checked["country"] == "VN")
        & (checked["status"] == "operating")
        & ~checked["kind"].isin(ZONES)
    ]
    near = checked.to_crs(METRES).geometry.apply(areas.to_crs(METRES).distance).min(axis=1)
    return checked.assign(area_m=near)[near > 0]


def main() -> None:
    parks = outside(layers.read(AREAS.parent, "parks"), gpd.read_file(AREAS))
    far = parks[parks["area_m"] > parks["position_accuracy_m"]]
    lines = [f"{len(parks)} in none, {len(far)} farther off than their stated accuracy:"]
    for name, rows in (("farther", far), ("within", parks.drop(far.index))):
        lines.append(f"{name}: {', '.join(f'`{key}`' for key in sorted(rows.index))}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

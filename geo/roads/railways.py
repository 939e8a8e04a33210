"""Railways that are not open yet, in the network of a year to come.

One boards at stations and nowhere between: the way is road, transfer, ride, transfer, road.
Railways end at the border, because no gate here is one for trains; those of today are in no
network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo import crs
from geo.errors import InputError, Message
from geo.roads import osm_tags
from geo.roads.class_speeds import ACCESS
from geo.roads.network import PLANNED, Network
from geo.roads.openings import full_name
from geo.roads.osm_simplify import ACCESS_DETOUR
from geo.schema import RAIL_KINDS

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

COMMERCIAL = 0.7
"""No train is faster, from departure to arrival, than this share of the design speed of its
railway.

Source: the train Kunming - Vientiane, on a railway for 160 km/h, takes 10 h 30 min with the
formalities at the border (https://www.shine.cn/news/nation/2304117858/) for 1,035 km
(https://uk.news.yahoo.com/china-launches-high-speed-200-120000257.html): 99 km/h, and 0.7 times 160
without an hour and a quarter at the border. One railway, so an assumption for any other. """
TRANSFER = "transfer"
"""Class of the way between a road and the platform of a station, the change from one to the other
included.
"""
STATION_LIMIT_M = 5_000.0
"""A station farther than this from every road is not boarded."""


def names(rails: pd.DataFrame) -> dict[str, str]:
    """Return what corridors are called in a network, by their ids."""
    return {str(row.Index): full_name(row) for row in rails.itertuples()}


def rows(rails: gpd.GeoDataFrame, stations: pd.DataFrame, roads: pd.DataFrame) -> pd.DataFrame:
    """Return railways, and the ways from their stations to the nearest road, as rows of the table
    of roads.

    Parameters
    ----------
    rails
        Rows of the layer ``corridors``.
    stations
        The table of that name: each lies on a point of the line of its corridor.
    roads
        The table ``roads``, with lines in ``geometry``.
    """
    import pandas as pd

    named = names(rails)
    lines: list[tuple[Any, ...]] = [
        (corridor, kind, country, part)
        for corridor, kind, country, line in zip(
            rails.index, rails["kind"], rails["country"], rails.geometry, strict=True
        )
        for part in shapely.get_parts(line)
    ]
    stops = stations[stations["corridor"].isin(named)]
    for country, group in stops.groupby(stops["corridor"].map(rails["country"])):
        points = group[["lon", "lat"]].to_numpy(float)
        for corridor, leg in zip(group["corridor"], _to_road(points, roads, country), strict=True):
            if leg is not None:
                lines.append((corridor, TRANSFER, country, leg))
    table = pd.DataFrame(lines, columns=["corridor", "road_class", "country", "geometry"])
    table.index = pd.Index([f"rail-{i}" for i in range(len(table))])
    return table.assign(name=table["corridor"].map(named), one_way=False, planned=True)


def _to_road(
    points: np.ndarray, roads: pd.DataFrame, country: str
) -> list[shapely.LineString | None]:
    """Return the straight line from each point to the nearest corner of an open road off which one
    may turn; None where none is near.
    """
    near = roads[(roads["status"] == "open") & (roads["country"] == country)]
    turned_off = np.array(
        [
            osm_tags.accessible({"highway": name, structure: "yes"})
            for name, structure in zip(
                near["road_class"], near["structure"].fillna(""), strict=True
            )
        ],
        bool,
    )
    corners = shapely.get_coordinates(near["geometry"].to_numpy()[turned_off])
    if not len(corners) or not len(points):
        return [None] * len(points)
    flat, from_ = (np.asarray(shapely.points(crs.mercator(xy)), object) for xy in (corners, points))
    nearest = shapely.STRtree(flat).nearest(from_)
    away_m = crs.distance_m(points, corners[nearest])
    return [
        shapely.LineString([point, corner]) if 0 < away <= STATION_LIMIT_M else None
        for point, corner, away in zip(points, corners[nearest], away_m, strict=True)
    ]


def timed(
    network: Network, rails: gpd.GeoDataFrame, speeds: pd.DataFrame, transfers: pd.DataFrame
) -> Network:
    """Return a network with the times by rail: of rides, never above ``COMMERCIAL`` of the design
    speed, and of the change at each end, inf for a vehicle that cannot change.

    Raises
    ------
    InputError
        The tables do not say how fast one rides or how long it takes to change.
    """
    if rails.empty:
        return network
    if transfers.empty:
        raise InputError(
            Message(
                "A railway joins the network, but the table transfers does not say how long it"
                " takes to change there."
            ),
            list(rails.index),
        )
    speed = speeds.pivot_table(index="road_class", columns="profile", values="speed_kph")
    known = speed.reindex(sorted({*rails["kind"]})).isna().any(axis=1)
    if known.any():
        raise InputError(
            Message("The table of speeds lacks classes for some profile."), list(known[known].index)
        )
    change_s = transfers.set_index("profile")["transfer_time_s"].astype(float)
    cap_kph = dict(zip(names(rails).values(), rails["design_speed_kph"] * COMMERCIAL, strict=True))
    known_names = [str(name) for name in (*network.manifest.names, "")]
    caps = np.nan_to_num([cap_kph.get(name, np.inf) for name in known_names], nan=np.inf)
    classes = np.array([*network.manifest.road_classes, ""])[network.road_class]
    time_s = {}
    for profile, old in network.time_s.items():
        time = np.array(old)
        for kind in set(rails["kind"]):
            ridden = classes == PLANNED + kind
            kph = np.minimum(speed[profile][kind], caps[network.name[ridden]])
            time[ridden] = network.length_m[ridden] / (kph / 3.6)
        changed = classes == PLANNED + TRANSFER
        kph = network.manifest.access_speed_kph[profile] / ACCESS_DETOUR
        time[changed] = network.length_m[changed] / (kph / 3.6) + change_s.get(profile, np.inf)
        time_s[profile] = time
    return replace(network, time_s=time_s, hierarchies={})


def classes(speeds: pd.DataFrame) -> pd.DataFrame:
    """Return rows for a table of speeds that name the classes of :func:`rows`; :func:`timed` puts
    their times right.
    """
    import pandas as pd

    access = speeds[speeds["road_class"] == ACCESS]
    return pd.concat([access.assign(road_class=PLANNED + kind) for kind in (*RAIL_KINDS, TRANSFER)])

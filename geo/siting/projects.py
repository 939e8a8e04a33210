"""Investment projects: where they are, and which are coming near a site.

A project names a park or a port, or says in words where it is. It is placed at that park or port,
else in the city that is called so; all others are unknown, and stay out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo import crs
from geo.roads.joining import Sides
from geo.schema import unfold
from geo.search import fold
from geo.siting.sites import times_to_places

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.roads.network import Network

NEAR_S = 1800.0
"""Time by road within which a project is near. Source: a Zone Atlas assumption."""
CALLING = "calling_for_investment"
THERE = "operating"
"""Status of a project that is not coming: it is there."""
PLACED_BY = {"park": "parks", "port": "ports"}
"""Fields of a project that name a place, and the layer of that place, the most precise first."""
TOWNS = "cities"
TOWN_NAMES = ("name_zh", "name_vi", "name_en")


@dataclass(frozen=True)
class Near:
    """A project that is near a site, by road; 0 s where it is in the site itself."""

    project: str
    place: str
    time_s: float


def located(projects: pd.DataFrame, layer: Callable[[str], gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Find where projects are.

    Parameters
    ----------
    projects
        The layer.
    layer
        Called with ``parks``, ``ports`` and ``cities``, returns that layer.

    Returns
    -------
    GeoDataFrame
        The projects that can be placed, in their order: ``layer`` and ``place`` (the identifier) of
        where they are, with its ``country`` and position, WGS 84.
    """
    import geopandas as gpd

    placed = pd.DataFrame(
        {"layer": pd.Series(dtype=object), "place": pd.Series(dtype=object)}, projects.index
    )
    towns = layer(TOWNS)
    keys = {
        (country, fold(name)): town
        for column in TOWN_NAMES
        for country, name, town in zip(towns["country"], towns[column], towns.index, strict=True)
        if isinstance(name, str)
    }
    pairs = zip(projects["country"], projects["place"], strict=True)
    by_name = pd.Series(
        [keys.get((country, fold(str(place)))) for country, place in pairs],
        projects.index,
        dtype=object,
    )
    named = [(PLACED_BY[field], projects[field]) for field in PLACED_BY]
    for layer_id, places in (*named, (TOWNS, by_name)):
        free = placed["place"].isna() & places.isin(layer(layer_id).index)
        placed.loc[free, "place"] = places[free]
        placed.loc[free, "layer"] = layer_id
    placed = placed.dropna(subset="place")
    rows = [layer(name).loc[key] for name, key in placed.itertuples(index=False)]
    placed["country"] = [row["country"] for row in rows]
    return gpd.GeoDataFrame(placed, geometry=[row["geometry"] for row in rows], crs=crs.WGS84)


def near(
    network: Network,
    sites: gpd.GeoDataFrame,
    placed: gpd.GeoDataFrame,
    *,
    profile: str,
    within_s: float = NEAR_S,
) -> dict[str, list[Near]]:
    """Find the projects near each site, the quickest first, those in the site itself before all.

    Parameters
    ----------
    sites
        Rows of ``parks``.
    placed
        As :func:`located` returns it, narrowed to the projects that are asked for.
    within_s
        Travel time by road from the site.

    Returns
    -------
    dict
        For each site its projects; to one that is joined to no road only those in it are near.
    """
    by_site: dict[str, list[Near]] = {str(site): [] for site in sites.index}
    if not len(placed) or not len(sites):
        return by_site
    places = placed.drop_duplicates("place").set_index("place", drop=False)
    outward = np.zeros(len(places), bool)
    joined = Sides.of(network, sites, profile)
    time_s = times_to_places(network, joined, places, outward, profile=profile)
    own = sites.index.to_numpy()[:, None] == places.index.to_numpy()[None, :]
    time_s[own] = 0.0
    column = {place: at for at, place in enumerate(places.index)}
    at = [column[place] for place in placed["place"]]
    for site, seconds in zip(by_site, time_s[:, at], strict=True):
        order = np.argsort(seconds, kind="stable")
        by_site[site] = [
            Near(str(placed.index[row]), str(placed["place"].iloc[row]), float(seconds[row]))
            for row in order[seconds[order] <= within_s]
        ]
    return by_site


def coming(projects: pd.DataFrame) -> pd.Series:
    """Check which projects are coming: single ones that do not operate yet."""
    return (projects["status"] != THERE) & ~_programme(projects)


def calling(
    projects: pd.DataFrame,
    sectors: Sequence[str] = (),
    countries: Sequence[str] = (),
    provinces: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the projects that call for investment and fit what is asked, single ones before whole
    programmes, then the newest first.

    Parameters
    ----------
    sectors, countries, provinces
        Codes, of which one must fit; empty where any will do. A project of unknown sector fits no
        sector, one of unknown province no province.
    """
    fits = projects["status"] == CALLING
    if sectors:
        wanted = frozenset(sectors)
        lists = map(unfold, projects["sectors"])
        fits &= np.fromiter((not wanted.isdisjoint(own) for own in lists), bool, len(projects))
    for names, column in ((countries, "country"), (provinces, "province_en")):
        if names:
            fits &= projects[column].isin(names)
    kept = projects[fits]
    newest_first = -kept["as_of"].fillna("").rank().to_numpy()
    return kept.iloc[np.lexsort((newest_first, _programme(kept).to_numpy()))]


def _programme(projects: pd.DataFrame) -> pd.Series:
    """Check which rows are totals of many projects."""
    return projects["kind"].eq("programme").fillna(value=False).astype(bool)

"""The list of sites, as the table and the map show it: what is asked for, in which order, and how
many sites each filter would leave.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import islice
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import search
from geo.facets import FILTERED, Facets
from geo.search import Rank
from webapp import args, labels
from webapp.explore import drawn, site_sheet
from webapp.store import Store

LISTED = 100
"""Sites of one page of the list."""
MOST_HITS, MOST_GROUPS = 8, 3
"""Hits that complete what is typed, and provinces and developers among them, at most."""
AROUND = 5
"""Decimals of a degree of the box around what is found: 1 m."""


def ordered(
    frame: pd.DataFrame, sort: str | None, best: dict[str, dict[str, tuple[str, float]]]
) -> pd.DataFrame:
    """Sort places by name, area or the time to the nearest gate, port or airport; otherwise they
    stay as they are.
    """
    if sort == "name" and "name_en" in frame:
        return frame.iloc[labels.names(frame).map(labels.collation).argsort(kind="stable")]
    if sort == "area" and "area_ha" in frame:
        return frame.sort_values("area_ha", ascending=False, kind="stable", na_position="last")
    if sort in ("gate", "port", "airport") and best:
        nearest = best[f"{sort}s"]
        return frame.loc[sorted(frame.index, key=lambda key: nearest.get(key, ("", math.inf))[1])]
    return frame


def answer(store: Store, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of the list of the map, and what stands around it.

    Parameters
    ----------
    values
        Filters, ``sort`` and ``offset`` by their names in an address.

    Returns
    -------
    dict
        ``total``, how many sites there are; ``count``, how many are found; ``searched``, whether a
        text was looked for; ``parks``, those of the page as :func:`geo.maps.payload` writes them,
        each with the place ``where`` its text was found; ``filters``, the number of all sites by
        column and value, and ``counts``, that of the sites which the other filters leave; ``bbox``
        around what is found; ``best``, the hits of all kinds that complete what is typed, the best
        first; ``first``, the best place of all.
    """
    frame, facets = store.layer("parks"), (store.facets("parks"), store.classes())
    filters = args.filters(dict(values))
    hits = None
    if "q" in filters and search.fold(filters["q"]):
        hits = store.hits("parks", filters["q"])
    else:
        filters.pop("q", None)
    kept = store.chosen("parks", filters)
    kept = np.ones(len(frame), bool) if kept is None else kept
    rows = np.flatnonzero(kept)
    if hits is not None:
        rows = frame.index.get_indexer(pd.Index(list(hits)))
        rows = rows[rows >= 0]
        rows = rows[kept[rows]]
    rows = _sorted(store, rows, values.get("sort"))
    offset = values.get("offset", 0)
    page = rows[offset : offset + LISTED]
    where = [None if hits is None else hits[key][0] for key in frame.index[page]]
    return {
        "total": len(frame),
        "count": len(rows),
        "searched": hits is not None,
        "parks": drawn.layer(
            store,
            "parks",
            page,
            where=where,
            **{name: drawn.found_by(frame.iloc[page], name) for name in drawn.FOUND_BY},
        ),
        "filters": {
            _column(name): list(facet.counts(name).items())
            for facet in facets
            for name in facet.names
        },
        "counts": {
            _column(name): _left(store, facet, filters, name)
            for facet in facets
            for name in facet.names
        },
        "bbox": _around(frame.iloc[rows]) if len(rows) else None,
        "best": _best(store, filters.get("q", ""), hits or {}),
        "first": _first(store, hits or {}, kept),
    }


def _sorted(store: Store, rows: NDArray[np.int64], sort: str | None) -> NDArray[np.int64]:
    """Return positions of parks in the order that is asked for."""
    best = site_sheet.headline(store, "truck") if sort in ("gate", "port", "airport") else {}
    frame = store.layer("parks")
    if sort is None or not len(rows):
        return rows
    return frame.index.get_indexer(ordered(frame.iloc[rows], sort, best).index)


def _column(name: str) -> str:
    """Return the column that a filter looks at; a class is one of its own."""
    return FILTERED.get(name, name)


def _left(store: Store, facets: Facets, filters: dict[str, Any], name: str) -> dict[str, int]:
    """Count the values of a filter among the sites that all other filters leave."""
    others = {key: wanted for key, wanted in filters.items() if key != name}
    return facets.counts(name, store.chosen("parks", others))


def _around(frame: gpd.GeoDataFrame) -> list[float]:
    return [float(edge) for edge in np.round(frame.total_bounds, AROUND)]


def _best(store: Store, query: str, hits: Mapping[str, Rank]) -> list[dict[str, Any]]:
    """Return the best hits, each with its ``rank``: a ``place``, or a ``group`` of parks, which
    stands before the places of the same rank.
    """
    named = drawn.groups(store)
    of_groups = named.index.find(query) if query else {}
    groups = [(rank, True, key) for key, rank in islice(of_groups.items(), MOST_GROUPS)]
    places = [(rank, False, key) for key, rank in islice(hits.items(), MOST_HITS)]
    best = sorted([*groups, *places], key=lambda hit: hit[0])[:MOST_HITS]
    return [
        {"group": named.groups[key], "rank": rank}
        if is_group
        else {"place": _place(store, key), "rank": rank}
        for rank, is_group, key in best
    ]


def _place(store: Store, key: str) -> dict[str, Any]:
    """Return what the map's script writes and draws of a place that is found."""
    layer_id = store.index().entries[key].layer
    row = store.layer(layer_id).loc[key]
    names = (*drawn.NAMES[1:], *drawn.OPPOSITE, "kind", "status", "province_en")
    shape = np.round(shapely.get_coordinates(row.geometry), AROUND).tolist()
    known = {name: row[name] for name in names if labels.is_known(row.get(name))}
    return {"id": key, "layer": layer_id, "shape": shape, **known}


def _first(store: Store, hits: Mapping[str, Rank], kept: NDArray[np.bool_]) -> str | None:
    """Return the best of what is found and not filtered out."""
    index = store.layer("parks").index
    entries = store.index().entries if hits else {}
    for key in hits:
        if entries[key].layer != "parks" or kept[index.get_loc(key)]:
            return key
    return None

"""What planned corridors would change: today's network against that of a year to come.

Both are built by :class:`geo.roads.main_roads.MainRoads`. What the second one adds is announced or
assumed, never open: say so wherever a number from it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message
from geo.roads import access
from geo.roads.network import PLANNED, Network
from geo.roads.openings import full_name, opening_years
from geo.roads.railways import TRANSFER
from geo.schema import RAIL_KINDS, ROAD_KINDS

if TYPE_CHECKING:
    import geopandas as gpd

DRIVEN = ROAD_KINDS + RAIL_KINDS
"""Kinds of corridors that join a network when they open; a canal does not."""
COLUMNS = {
    "from_id": "str",
    "layer": "str",
    "today_id": "str",
    "today_s": "float",
    "then_id": "str",
    "then_s": "float",
    "gain_s": "float",
    "planned": "str",
}
"""Columns of :func:`difference`, and their types."""
CHANGE_S = 1.0
"""Times that differ by less are the same: a road that is cut in two where another one joins it
rounds its time anew.
"""


def segments(network: Network) -> NDArray[np.bool_]:
    """Return for each segment whether it is planned: of a corridor that is not open, or a way to
    one; (m,), all false today.
    """
    classes = [name.startswith(PLANNED) for name in network.manifest.road_classes]
    return np.array([*classes, False])[network.road_class]  # the last without a class


def names(route: gpd.GeoDataFrame | Mapping[str, Sequence[str]]) -> list[str]:
    """Name the planned corridors of a way, in the order of travel, each once; `route` is as
    :func:`geo.roads.access.route` gives it, or its columns ``road_class`` and ``name``.
    """
    steps = zip(route["road_class"], route["name"], strict=True)
    return list(
        dict.fromkeys(
            name for kind, name in steps if kind.startswith(PLANNED) and kind != PLANNED + TRANSFER
        )
    )


def timeline(corridors: gpd.GeoDataFrame, years: Mapping[str, int] | None = None) -> pd.DataFrame:
    """Return when each corridor opens that is not open yet, the next first, those without a year
    last; without canals, which are in no network.

    Parameters
    ----------
    corridors
        The layer of that name.
    years
        Years by id that are assumed instead; see :func:`geo.roads.openings.opening_years`, also for
        what is raised.

    Returns
    -------
    DataFrame
        On ids: ``year`` (Int64, NA where unknown), ``name`` as in the network, ``kind``,
        ``status``, ``assumed``, whether the year is one of `years`, and ``source`` and ``as_of`` of
        the row, NA where the year is assumed or unknown.
    """
    year = opening_years(corridors[corridors["kind"].isin(DRIVEN)], years)
    rows = corridors.loc[year.index]
    assumed = pd.Series(year.index.isin(list(years or {})), year.index)
    announced = ~assumed & year.notna()
    table = pd.DataFrame(
        {
            "year": year,
            "name": pd.Series(
                [full_name(row) for row in rows.itertuples()], year.index, dtype="str"
            ),
            "kind": rows["kind"],
            "status": rows["status"],
            "assumed": assumed,
            "source": rows["source"].where(announced),
            "as_of": rows.get("as_of", pd.Series(pd.NA, year.index)).where(announced),
        }
    )
    return table.sort_values("year", kind="stable", na_position="last")


def difference(
    today: Network,
    future: Network,
    origins: gpd.GeoDataFrame,
    destinations: Mapping[str, gpd.GeoDataFrame],
    *,
    profile: str = "car",
) -> pd.DataFrame:
    """Compare the quickest way from each origin to each layer, today and with what is planned.

    Parameters
    ----------
    today, future
        Networks of :class:`geo.roads.main_roads.MainRoads`, that of today and that of a year.
    origins, destinations
        Point layers as for :func:`geo.roads.access.travel_times`; the destinations by the name of
        their layer.

    Returns
    -------
    DataFrame
        One row for each origin and layer whose time changes, in the order of both: ``from_id``,
        ``layer``; ``today_id``, ``today_s``, the quickest destination and the time to it, NA and
        NaN where there is no way; ``then_id``, ``then_s`` likewise; ``gain_s``, seconds saved, NaN
        where there is no way today, because nothing can be subtracted from that; ``planned``, names
        of the planned corridors that the new way uses, in its order, separated by semicolons.

    Raises
    ------
    InputError
        Something is planned in the network of today.
    """
    if segments(today).any():
        raise InputError(
            Message("The network of today holds a planned corridor, so it is not that of today.")
        )
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    for layer, places in destinations.items():
        if len(places) and len(origins):
            part = _changes(today, future, origins, places, profile)
            parts.append(part.assign(layer=layer))
    table = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True).astype(COLUMNS)
    return table.assign(gain_s=table["today_s"] - table["then_s"])[list(COLUMNS)]


def _changes(
    today: Network,
    future: Network,
    origins: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    profile: str,
) -> pd.DataFrame:
    """Compare the quickest ways to one layer; the index is the place of the origin in its layer."""
    now_id, now_s = _quickest(access.time_matrix(today, origins, places, profile=profile))
    then_id, then_s = _quickest(access.time_matrix(future, origins, places, profile=profile))
    # of two that are unreachable none differs; one that can be reached at last does
    differ = ~(np.abs(then_s - now_s) < CHANGE_S) & (np.isfinite(now_s) | np.isfinite(then_s))
    rows = np.flatnonzero(differ)
    uses = []
    for row in rows.tolist():
        corridors: list[str] = []
        if np.isfinite(then_s[row]):
            start, goal = origins.iloc[[row]], places.loc[[then_id[row]]]
            corridors = names(access.route(future, start, goal, profile=profile))
        uses.append("; ".join(corridors))
    return pd.DataFrame(
        {
            "from_id": origins.index[rows],
            "today_id": now_id[rows],
            "today_s": now_s[rows],
            "then_id": then_id[rows],
            "then_s": then_s[rows],
            "planned": uses,
        },
        index=rows,
    )


def _quickest(time_s: pd.DataFrame) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Return for each row the destination that is reached first, and in what time; None and NaN
    where none is."""
    known = time_s.fillna(np.inf).to_numpy()
    best = known.argmin(axis=1)
    least = known[np.arange(len(known)), best]
    ids = time_s.columns.to_numpy(object)[best]
    ids[~np.isfinite(least)] = None
    return ids, np.where(np.isfinite(least), least, np.nan)

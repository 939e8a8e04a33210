"""What lies within a travel time: people, and how much is reached as time goes on."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.roads.joining import Sides
from geo.roads.network import Network
from geo.roads.routing import times

CELLS_AT_ONCE = 4_000_000
"""Origins times places whose times are held at once: 32 MB."""


def people_within(
    network: Network,
    origins: gpd.GeoDataFrame,
    population: gpd.GeoDataFrame,
    limits_s: Sequence[float],
    *,
    profile: str = "car",
) -> pd.DataFrame:
    """Count the people who live at most so far from each origin, by road.

    Parameters
    ----------
    population
        Points with a column ``population`` and ``country``. Only people who live in these places
        are counted.
    limits_s
        Travel times; a place exactly at the limit counts.

    Returns
    -------
    DataFrame
        On the index of `origins`, one column a limit, named by it; NaN where the origin is joined
        to no road.
    """
    to = Sides.of(network, population, profile)
    people = population["population"].to_numpy(float)
    counts = np.full((len(origins), len(limits_s)), np.nan)
    at_once = max(1, CELLS_AT_ONCE // max(1, len(population)))
    for at in range(0, len(origins), at_once):
        some = slice(at, at + at_once)
        from_ = Sides.of(network, origins.iloc[some], profile)
        time = times(network, profile, from_, to, within_s=max(limits_s, default=0.0))
        reached = np.column_stack([(time <= limit) @ people for limit in limits_s])
        joined = ~np.isnan(from_.nearest_m(len(reached)))
        counts[some][joined] = reached[joined]
    return pd.DataFrame(counts, index=origins.index, columns=list(limits_s))


def profile_within(
    network: Network,
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
    *,
    amount: str | None = None,
    profile: str = "car",
) -> pd.DataFrame:
    """Tabulate how much is reached from each origin as time goes on: the steps of its access
    profile.

    Parameters
    ----------
    destinations
        One with the id of an origin is that origin, and does not count for it.
    amount
        Column of the destinations that is summed, such as ``population``; None counts each as 1.

    Returns
    -------
    DataFrame
        One row a step, by origin, then rising: ``from_id``; ``travel_time_s``, 0 in the first row;
        ``reached``, the sum over all destinations at most that far away. What no road leads to is
        in no sum; an origin that is joined to no road has a single row, with NaN.
    """
    from_, to = Sides.of(network, origins, profile), Sides.of(network, destinations, profile)
    time_s = times(network, profile, from_, to)
    size = np.ones(len(destinations)) if amount is None else destinations[amount].to_numpy(float)
    known = ~np.isnan(from_.nearest_m(len(origins)))
    steps_s, reached = [], []
    for key, row_s, known_at_all in zip(origins.index, time_s, known, strict=True):
        counts = np.isfinite(row_s) & (destinations.index != key)
        at_s, step = np.unique(np.append(0.0, row_s[counts]), return_inverse=True)
        steps_s.append(at_s)
        reached.append(
            np.bincount(step, np.append(0.0, size[counts])).cumsum()
            if known_at_all
            else np.full(len(at_s), np.nan)
        )
    return pd.DataFrame(
        {
            "from_id": origins.index.repeat(list(map(len, steps_s))),
            "travel_time_s": np.concatenate([np.empty(0), *steps_s]),
            "reached": np.concatenate([np.empty(0), *reached]),
        }
    )

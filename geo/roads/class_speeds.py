"""How fast each vehicle drives on each way, by the table of speeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message
from geo.roads.network import FERRY

ACCESS = "access"
UNKNOWN_CLASS = "road"
PLACE = ["country", "terrain"]
"""Columns of the table of speeds that say where a speed holds."""


def everywhere(speeds: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of speeds that hold in any country and terrain."""
    named = [name for name in PLACE if name in speeds]
    return speeds[speeds[named].isna().all(axis=1)]


def by_class(speeds: pd.DataFrame, used: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the speed of each class by vehicle from the rows that hold anywhere; `used` are the
    classes of the ways.

    Raises
    ------
    InputError
        The table lacks a row that is needed.
    """
    table: dict[str, dict[str, float]] = {}
    for profile, road_class, speed in zip(
        speeds["profile"], speeds["road_class"], speeds["speed_kph"], strict=True
    ):
        table.setdefault(str(profile), {})[str(road_class)] = float(speed)
    needed = {ACCESS, UNKNOWN_CLASS, "motorway"}.union({FERRY} & set(used), *table.values())
    faults = [
        f"{profile}: {name}"
        for profile, row in table.items()
        for name in sorted(needed - row.keys())
    ]
    if faults or not table:
        raise InputError(
            Message("The table of speeds lacks rows that every vehicle profile needs."), faults
        )
    return table


def own_kph(
    where: Mapping[str, Sequence[str] | None],
    table: dict[str, dict[str, float]],
    special: pd.DataFrame,
    class_of: NDArray[np.int64],
    classes: Sequence[str],
) -> dict[str, NDArray[np.float64]]:
    """Return for each vehicle the speed of its class on each way, where the way is.

    `where` holds country and terrain of the ways, None where unknown. Of the `special` rows those
    count that name the way's country and terrain, more than those that name its country, and these
    more than those that name its terrain.
    """
    own = {
        profile: np.array([row[name] for name in classes])[class_of]
        for profile, row in table.items()
    }
    nowhere = [""] * len(class_of)
    for named in (["terrain"], ["country"], PLACE):
        if special.empty or not {*named} <= {*special}:
            continue
        others = [name for name in PLACE if name in special and name not in named]
        rows = special[special[named].notna().all(axis=1) & special[others].isna().all(axis=1)]
        keys = ["profile", "road_class", *named]
        speed = rows.set_index(keys)["speed_kph"]
        ways = pd.DataFrame(
            {"road_class": np.array(classes, object)[class_of]}
            | {name: np.array(where[name] or nowhere, object) for name in named}
        )
        for profile in own:
            at = pd.MultiIndex.from_frame(ways.assign(profile=profile)[keys])
            here = speed.reindex(at).to_numpy(float)
            own[profile] = np.where(np.isnan(here), own[profile], here)
    return own


def driven_kph(
    own: dict[str, NDArray[np.float64]],
    profile: str,
    limit: NDArray[np.float64],
    most_kph: float,
) -> NDArray[np.float64]:
    """Return the speed of a vehicle on each way with the limit that is tagged; `own` as
    :func:`own_kph` returns it, `most_kph` is its speed on motorways.
    """
    best = np.maximum.reduce([*own.values()])
    return np.where(
        np.isnan(limit), own[profile], np.minimum(limit * own[profile] / best, most_kph)
    )

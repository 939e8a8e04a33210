"""How fast each vehicle drives on each way, by the table of speeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError, Message
from geo.roads.network import FERRY

if TYPE_CHECKING:
    import pandas as pd

ACCESS = "access"
UNKNOWN_CLASS = "road"

Speeds: TypeAlias = "pd.DataFrame | Mapping[str, Sequence[Any]]"
"""A table of speeds: a frame, or its columns by name, which need no pandas."""


class Speed(NamedTuple):
    """A row of the table; None for the country and the terrain where it holds in any."""

    profile: str
    road_class: str
    speed_kph: float
    country: str | None
    terrain: str | None

    @property
    def is_general(self) -> bool:
        """Whether it holds in any country and terrain."""
        return self.country is None and self.terrain is None


def bundled() -> Mapping[str, Sequence[Any]]:
    """Return the table of the data package that comes with Zone Atlas, as columns."""
    from geo import layers

    return layers.read_columns(layers.bundled(), "speeds")


def rows_of(speeds: Speeds) -> list[Speed]:
    """Return the rows of a table of speeds."""
    count = len(speeds["profile"])
    places = (
        [value if isinstance(value, str) else None for value in speeds[name]]
        if name in speeds
        else [None] * count
        for name in ("country", "terrain")
    )
    return [
        Speed(str(profile), str(road_class), float(kph), country, terrain)
        for profile, road_class, kph, country, terrain in zip(
            *(speeds["profile"], speeds["road_class"], speeds["speed_kph"], *places), strict=True
        )
    ]


def by_class(speeds: Iterable[Speed], used: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the speed of each class by vehicle from the rows that hold anywhere; `used` are the
    classes of the ways.

    Raises
    ------
    InputError
        The table lacks a row that is needed.
    """
    table: dict[str, dict[str, float]] = {}
    for row in speeds:
        if row.is_general:
            table.setdefault(row.profile, {})[row.road_class] = row.speed_kph
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
    speeds: Iterable[Speed],
    class_of: NDArray[np.int64],
    classes: Sequence[str],
) -> dict[str, NDArray[np.float64]]:
    """Return for each vehicle the speed of its class on each way, where the way is.

    `where` holds country and terrain of the ways, None where unknown. Rows of `speeds` that name
    the way's country and terrain count more than those that name its country, and these more than
    those that name its terrain.
    """
    own = {
        profile: np.array([row[name] for name in classes])[class_of]
        for profile, row in table.items()
    }
    place = {name: np.array(words) for name, words in where.items() if words is not None}
    special = [row for row in speeds if not row.is_general and row.road_class in classes]
    # rows that name more come later, and so count more
    for row in sorted(special, key=lambda row: (row.country is not None, row.terrain is not None)):
        named = {"country": row.country, "terrain": row.terrain}
        if row.profile not in own or any(named[name] and name not in place for name in named):
            continue
        here = class_of == classes.index(row.road_class)
        for name, words in place.items():
            if named[name]:
                here &= words == named[name]
        own[row.profile][here] = row.speed_kph
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

"""Land that is still free: what the leasable land, the occupancy and the area of a park tell of it,
and what they do not; and whether a tenant can lease there at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geo.schema import SOURCE_KINDS, unfold
from geo.siting import money
from geo.siting.limits import ZONES

FULL_PCT = 95.0
"""From this occupancy on a site counts as full.

Source: a Zone Atlas assumption; occupancies are rounded, and what is left is mostly odd corners or
reserved. """
AVAILABILITY = ("free", "full")
ROLES = ("site", "zone")
TENANTS = ("open", "captive")
FIELDS = ("area_ha", "leasable_ha", "occupancy_pct")
"""Fields of a park that :func:`free_land` reads and that have sources of their own."""
NO_KINDS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Land:
    """What is known of the land of a site that is still free.

    Attributes
    ----------
    full
        Whether the site counts as full (``FULL_PCT``); None is unknown, and never counts as full.
    free_pct, free_ha
        Share and hectares of the leasable land that are free; NaN is unknown. The hectares need the
        leasable land to be known.
    most_ha
        The most that can be free, as far as is known: of the leasable land, or where that is
        unknown of the whole area, the part that is not known to be taken. NaN where no area is
        known.
    year
        Year of the occupancy; None is unknown.
    source_kind
        The weakest source among the numbers behind ``free_ha`` or ``free_pct``; empty where nothing
        is known.
    """

    full: bool | None = None
    free_pct: float = math.nan
    free_ha: float = math.nan
    most_ha: float = math.nan
    year: int | None = None
    source_kind: str = ""

    @property
    def availability(self) -> str | None:
        return None if self.full is None else AVAILABILITY[self.full]


def parts(parks: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return which parks lie in which zone, by the zone: what ``part_of`` says, read backwards."""
    inside: dict[str, list[str]] = {}
    for key, cell in parks["part_of"].items() if "part_of" in parks else ():
        for zone in unfold(cell):
            inside.setdefault(zone, []).append(str(key))
    return {zone: tuple(keys) for zone, keys in inside.items()}


def roles(parks: pd.DataFrame) -> list[str]:
    """Return for each park whether it is a site or a zone that contains sites."""
    inside = parts(parks)
    kinds = parks["kind"] if "kind" in parks else [None] * len(parks)
    return [
        ROLES[kind in ZONES or key in inside] for key, kind in zip(parks.index, kinds, strict=True)
    ]


def tenants(parks: pd.DataFrame) -> list[str | None]:
    """Return for each park whether other companies can lease there; None is unknown."""
    if "open_to_tenants" not in parks:
        return [None] * len(parks)
    return [None if pd.isna(cell) else TENANTS[not cell] for cell in parks["open_to_tenants"]]


def leased_share(park: Mapping[str, Any]) -> money.Occupancy | None:
    """Divide the leased by the leasable land where a park holds both; more leased than leasable
    counts different land.
    """
    leased, leasable = _known(park.get("area_ha")), _known(park.get("leasable_ha"))
    return (
        money.occupancy(leased, leasable)
        if park.get("area_basis") == "leased" and 0 < leasable >= leased
        else None
    )


def free_land(park: Mapping[str, Any], kinds: Mapping[str, str] = NO_KINDS) -> Land:
    """Work out what is known of the free land of a park: leasable land × (1 − occupancy), where
    both are known.

    Parameters
    ----------
    kinds
        How its values are known, by field.
    """
    area, leasable = _known(park.get("area_ha")), _known(park.get("leasable_ha"))
    basis, divided = park.get("area_basis"), leased_share(park)
    if math.isnan(leasable) and basis == "leasable":
        leasable = area
    taken = divided.pct if divided else _known(park.get("occupancy_pct"))
    base = leasable if not math.isnan(leasable) else area if basis != "leased" else math.nan
    if math.isnan(taken):
        return Land(most_ha=base)
    free, year = 1 - taken / 100, math.nan if divided else _known(park.get("occupancy_year"))
    used = [
        None if divided else "occupancy_pct",
        "area_ha" if divided or basis == "leasable" else None,
        None if math.isnan(leasable) else "leasable_ha",
    ]
    return Land(
        full=taken >= FULL_PCT,
        free_pct=100 - taken,
        free_ha=leasable * free,
        most_ha=base * free,
        year=None if math.isnan(year) else int(year),
        source_kind=max(
            (kinds[name] for name in used if name and kinds.get(name) in SOURCE_KINDS),
            key=SOURCE_KINDS.index,
            default="",
        ),
    )


def _known(value: Any) -> float:
    """Read a number of a park, NaN where its cell is empty."""
    return math.nan if value is None or pd.isna(value) else float(value)

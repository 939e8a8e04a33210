"""The table of sites: everything one can set a limit on or rank by, one column each, and how sure
each number is.

Numbers stay in seconds, hectares and people; the screen makes minutes of them.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message
from geo.hours import gates as border_gates
from geo.roads import access
from geo.roads.network import Network
from geo.roads.routing import Sides, times
from geo.schema import LAYERS, unfold
from geo.siting.land import AVAILABILITY, free_land

if TYPE_CHECKING:
    import geopandas as gpd

ColumnType = Literal["number", "text", "remarks", "list"]
Kind = Literal["at_least", "at_most", "one_of", "none_of", "includes"]
Value = float | tuple[str, ...]

VEHICLES = ("truck", "car")
KINDS = {"gate": None, "port": "seaport", "airport": "civil", "city": None}
"""Places whose time is told, and the one kind that counts; of gates, those that the vehicle may
pass.
"""
NOT_OPEN = ("planned", "under_construction")
PEOPLE_S = 3600.0
FROM_PARKS = (
    *("area_ha", "area_basis", "leasable_ha", "occupancy_pct", "occupancy_year"),
    *(
        "rent_term_low_usd_m2",
        "rent_term_high_usd_m2",
        "rent_year",
        "established_year",
        "position_accuracy_m",
    ),
    *("status", "kind", "country", "province_en", "sectors", "policies", "utilities"),
)
"""Columns that are the parks' own."""
ZONES = ("economic_zone", "border_gate_economic_zone", "cross_border_zone")
"""Kinds that contain sites and are not sites themselves: an authority plans them, and a tenant
leases in a park inside.

Bonded and high-tech zones and clusters lease plots and factories, so they are sites, as is every
kind that is not listed here. """
REMARKS = ("utilities",)
"""Free text: what it does not mention is unknown, not absent."""
LIMITS: dict[str, tuple[str, ...]] = {
    "at_least": ("number",),
    "at_most": ("number",),
    "one_of": ("text",),
    "none_of": ("text",),
    "includes": ("list", "remarks"),
}
"""Kinds of limits, and the types of columns they can be set on."""


@dataclass(frozen=True)
class Column:
    """A column of the table. ``remarks`` are free text; a ``list`` cell is a tuple of codes;
    `allowed` holds all codes there are.
    """

    name: str
    type: ColumnType
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assumption:
    """A number that we assume; ``note`` says on what ground."""

    id: str
    value: float
    unit: str
    note: str
    source_kind: str = "assumption"
    as_of: str = "2026-11"


ASSUMPTIONS = {
    one.id: one
    for one in (
        Assumption(
            "speed_share",
            0.10,
            "share of the travel time",
            "One standard deviation of every travel time, because the average speeds in speeds.csv"
            " are assumed too. Not measured.",
        ),
        Assumption(
            "coarse_share",
            0.15,
            "share of the travel time",
            "One more on a coarse network, added in squares. Lines drawn there are up to 28 %"
            " shorter than the published length (data/README.md); times are scaled to it, so about"
            " half of that is left for where it is unknown.",
        ),
        Assumption(
            "rent_share_per_year",
            0.15,
            "share of the rent per year of age",
            "One standard deviation of a dated asking price for each year since. The only pair in"
            " the data doubled in four years (Que Vo III: 65 USD/m² in about 2020, 130 in 2024),"
            " other parks are taken to have risen less. A rent of this year counts as one year"
            " old.",
        ),
    )
}
"""What :func:`uncertainty` assumes where the data tell nothing."""


def columns(profiles: Sequence[str] = VEHICLES) -> dict[str, Column]:
    """List the columns of :func:`table` for these vehicles, in order."""
    out = []
    for place in KINDS:
        for profile in profiles:
            out += [
                Column(f"{place}_{profile}_s", "number", "s", 0),
                Column(f"{place}_{profile}", "text"),
            ]
    out += [Column(f"people_60min_{profile}", "number", "people", 0) for profile in profiles]
    for name in FROM_PARKS:
        field = LAYERS["parks"].field(name)
        if field.type in ("number", "integer"):
            out.append(Column(name, "number", field.unit, field.minimum, field.maximum))
        else:
            kind: ColumnType = (
                "list" if field.type == "list" else "remarks" if name in REMARKS else "text"
            )
            out.append(Column(name, kind, field.unit, allowed=field.allowed))
    out += [
        Column("availability", "text", allowed=AVAILABILITY),
        Column("free_ha", "number", "ha", 0),
        Column("land_ha", "number", "ha", 0),
    ]
    return {column.name: column for column in out}


def table(
    parks: gpd.GeoDataFrame,
    *,
    gates: gpd.GeoDataFrame,
    ports: gpd.GeoDataFrame,
    airports: gpd.GeoDataFrame,
    cities: gpd.GeoDataFrame,
    population: gpd.GeoDataFrame,
    crossings: pd.DataFrame,
    network: Network,
    profiles: Sequence[str] = VEHICLES,
) -> pd.DataFrame:
    """Tabulate the sites.

    Parameters
    ----------
    parks, gates, ports, airports, cities
        The layers. Gates that are taken as closed are left out of `gates` by the caller.
    population, crossings
        As for :func:`geo.roads.access.people_within` and :func:`geo.hours.gates.service_time_s`.

    Returns
    -------
    DataFrame
        On the index of `parks`. For each place of ``KINDS`` and each vehicle ``gate_truck_s``, the
        seconds to the quickest one that serves it today, and ``gate_truck``, which one. NaN is
        unknown: the site is joined to no road, or nothing was reached and some place that counts is
        joined to no road either. inf is known: there is no way by road. A place joined to no road
        is never the quickest, though on the ground it may be. ``people_60min_truck``: people in
        listed places within sixty minutes. Then the columns ``FROM_PARKS``: numbers as floats, NaN
        where the cell is empty; lists as tuples, None where the cell is empty; texts, NaN where it
        is. Last what :func:`geo.siting.land.free_land` knows: ``availability`` (free, full, NaN),
        ``free_ha``, and ``land_ha``, the most that can be free.
    """
    places = {"gate": gates, "port": ports, "airport": airports, "city": cities}
    found: dict[str, Any] = {}
    for name, frame in places.items():
        for profile in profiles:
            serving = _serving(name, frame, crossings, profile)
            time_s, which = _quickest(network, parks, serving, profile, listed=len(frame) > 0)
            found |= {f"{name}_{profile}_s": time_s, f"{name}_{profile}": _texts(which)}
    for profile in profiles:
        people = access.people_within(network, parks, population, (PEOPLE_S,), profile=profile)
        found[f"people_60min_{profile}"] = people[PEOPLE_S].to_numpy(float)
    held = columns(profiles)
    for name in FROM_PARKS:
        column = held[name]
        cells = parks[name] if name in parks else pd.Series(np.nan, index=parks.index, dtype=object)
        if column.type == "number":
            found[name] = cells.astype("float64").to_numpy(float)
        elif column.type == "list":
            found[name] = objects(unfold(cell) or None for cell in cells)
        else:
            found[name] = _texts(cells)
    land = [
        free_land(park)
        for park in pd.DataFrame(parks.drop(columns=parks.geometry.name)).to_dict("records")
    ]
    found["availability"] = _texts(park.availability for park in land)
    found["free_ha"] = np.array([park.free_ha for park in land], float)
    found["land_ha"] = np.array([park.most_ha for park in land], float)
    return pd.DataFrame(found, index=parks.index)


def uncertainty(
    sites: pd.DataFrame,
    *,
    gates: gpd.GeoDataFrame,
    ports: gpd.GeoDataFrame,
    airports: gpd.GeoDataFrame,
    cities: gpd.GeoDataFrame,
    network: Network,
    year: int,
) -> pd.DataFrame:
    """Return how sure each number of :func:`table` is: plus or minus one standard deviation.

    Times: the stated accuracies of both positions, driven at the access speed of the network with
    its detour, and shares of the time for assumed speeds and a coarse network, added in squares.
    Rents: a share for each year of their age. Those shares are in ``ASSUMPTIONS``. The whole
    ``position_accuracy_m`` is taken as one deviation along the way, which is on the safe side.

    Parameters
    ----------
    sites
        As :func:`table` gives it.
    year
        The year one stands in: ages of rents are counted from there.

    Returns
    -------
    DataFrame
        Index and columns of `sites`, floats. NaN where no uncertainty is known: of unknown and
        infinite cells, of people, areas, occupancies and years, whose sources state none, and of
        everything that is no number. NaN is not “exact”.
    """
    out = pd.DataFrame(np.nan, index=sites.index, columns=sites.columns)
    access_error_m = sites["position_accuracy_m"].to_numpy(float)
    share = ASSUMPTIONS["speed_share"].value
    if network.manifest.coarse:
        share = float(np.hypot(share, ASSUMPTIONS["coarse_share"].value))
    for name, frame in {"gate": gates, "port": ports, "airport": airports, "city": cities}.items():
        for profile in (one for one in network.profiles if f"{name}_{one}_s" in sites):
            time = sites[f"{name}_{profile}_s"].to_numpy(float)
            there = frame["position_accuracy_m"].reindex(sites[f"{name}_{profile}"]).to_numpy(float)
            metres = np.hypot(access_error_m, there) * network.manifest.access_detour
            seconds = metres / (network.manifest.access_speed_kph[profile] / 3.6)
            known = np.isfinite(time)
            out.loc[known, f"{name}_{profile}_s"] = np.hypot(seconds[known], share * time[known])
    age = np.maximum(year - sites["rent_year"].to_numpy(float), 1)
    for name in ("rent_term_low_usd_m2", "rent_term_high_usd_m2"):
        out[name] = sites[name].to_numpy(float) * age * ASSUMPTIONS["rent_share_per_year"].value
    return out


def _serving(
    name: str, frame: gpd.GeoDataFrame, crossings: pd.DataFrame, profile: str
) -> gpd.GeoDataFrame:
    """Keep the places that serve this vehicle today; a status that is not known is taken as
    open.
    """
    if name == "gate":
        return (
            frame[border_gates.service_time_s(frame, crossings, profile).notna()]
            if len(frame)
            else frame
        )
    kept = np.ones(len(frame), bool)
    if KINDS[name] is not None:
        kept &= (frame["kind"] == KINDS[name]).to_numpy(bool)
    if "status" in frame:
        kept &= ~frame["status"].isin(NOT_OPEN).to_numpy(bool)
    return frame[kept]


def _quickest(
    network: Network,
    parks: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    profile: str,
    *,
    listed: bool,
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return seconds and id of the quickest place for each park; without any that serves, inf where
    the layer lists others.
    """
    if not places.index.is_unique:
        raise InputError(Message("Two places have the same id."))
    from_, to = Sides.of(network, parks, profile), Sides.of(network, places, profile)
    joined = np.isfinite(from_.nearest_m(len(parks)))
    best = np.where(joined, np.inf if listed else np.nan, np.nan)
    which = np.full(len(parks), None, object)
    if not len(places) or not len(parks):
        return best, which
    time_s = np.full((len(parks), len(places)), np.inf)
    found = times(network, profile, from_, to)
    time_s[: found.shape[0], : found.shape[1]] = found
    best[joined] = time_s[joined].min(axis=1)
    reached = np.isfinite(best)
    which[reached] = places.index.to_numpy(object)[time_s[reached].argmin(axis=1)]
    country = (
        parks["country"].to_numpy(object)
        if "country" in parks
        else np.full(len(parks), None, object)
    )
    for one in {None if pd.isna(code) else code for code in country[np.isinf(best)]}:
        here = (
            np.bincount(to.of_row, to.faces(one) & (to.snap.segment >= 0), minlength=len(places))
            > 0
        )
        if not here.all():  # a place without a road may have a way that this network does not know
            best[np.isinf(best) & (pd.isna(country) if one is None else country == one)] = np.nan
    return best, which


def _texts(cells: Iterable[object]) -> Any:
    """Make a column of texts, NaN for anything else."""
    return pd.array(
        [cell if isinstance(cell, str) and cell else None for cell in cells], dtype="str"
    )


def objects(cells: Iterable[object]) -> NDArray[np.object_]:
    """Make an array of objects, tuples included, one a cell."""
    held = list(cells)
    out = np.empty(len(held), object)
    for i, cell in enumerate(
        held
    ):  # at once, NumPy would make tuples of one length a second dimension
        out[i] = cell
    return out


# Limits on columns --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """One requirement.

    Attributes
    ----------
    kind
        ``at_least`` and ``at_most`` take a number in the unit of the column, which itself passes.
        ``one_of`` takes the texts that are allowed, ``none_of`` those that are not. ``includes``
        takes codes of which a list must hold at least one; in free text it looks for words, and
        text that does not mention them is unknown.
    unknown
        Whether sites whose cell is empty stay (``keep``) or go (``drop``).
    """

    column: str
    kind: Kind
    value: Value
    unknown: Literal["keep", "drop"] = "keep"

    def __post_init__(self) -> None:
        value: Any = self.value
        if isinstance(value, list | set | frozenset) or (
            isinstance(value, str) and self.kind in ("one_of", "none_of", "includes")
        ):
            object.__setattr__(self, "value", (value,) if isinstance(value, str) else tuple(value))


STANDING = {
    "zones": Limit("kind", "none_of", ZONES),
    "full": Limit("availability", "none_of", ("full",)),
}
"""Limits that hold unless somebody wants these sites too: zones that contain sites, and sites known
to be full; unknown ones stay.
"""


def limit_faults(limits: Sequence[Limit], held: Mapping[str, Column]) -> list[str]:
    """List everything that is wrong with limits on these columns."""
    out: list[str] = []
    for number, limit in enumerate(limits, start=1):
        at = f"limit {number} ({shown(limit.column)})"
        of_kind = LIMITS.get(limit.kind, ()) if isinstance(limit.kind, str) else ()
        column = held.get(limit.column) if isinstance(limit.column, str) else None
        if not of_kind:
            out.append(
                f"{at}: “{shown(limit.kind)}” is no kind of limit; there are {', '.join(LIMITS)}"
            )
        if limit.unknown not in ("keep", "drop"):
            out.append(
                f"{at}: unknown sites are kept or dropped (keep, drop), not"
                f" “{shown(limit.unknown)}”"
            )
        if column is None:
            close = difflib.get_close_matches(str(limit.column), list(held), 1)
            out.append(
                f"{at}: there is no such column"
                + (f"; did you mean “{close[0]}”?" if close else "")
            )
        if of_kind and column and column.type not in of_kind:
            out.append(f"{at}: {limit.kind} cannot be asked of a {column.type} column")
        elif of_kind:
            out += [f"{at}: {limit.kind} {fault}" for fault in _value_faults(limit, column)]
    return out + _contradictions(limits)


def _value_faults(limit: Limit, column: Column | None) -> list[str]:
    value: Any = limit.value
    if limit.kind in ("at_least", "at_most"):
        if not is_number(value):
            return [f"{shown(value)}: the value is not a number"]
        if column and column.minimum is not None and value < column.minimum:
            return [f"{shown(value)}: the column begins at {column.minimum:g}"]
        if column and column.maximum is not None and value > column.maximum:
            return [f"{shown(value)}: the column ends at {column.maximum:g}"]
        return []
    texts = isinstance(value, tuple) and all(isinstance(one, str) and one.strip() for one in value)
    if not texts or not (value or limit.kind == "none_of"):
        return [f"{shown(value)}: the value is not a list of texts"]
    wrong = [one for one in value if column and column.allowed and one not in column.allowed]
    return (
        [f"“{shown(one)}” is unknown; there are {', '.join(column.allowed)}" for one in wrong]
        if column
        else []
    )


def _contradictions(limits: Sequence[Limit]) -> list[str]:
    out = []
    for name in dict.fromkeys(limit.column for limit in limits if isinstance(limit.column, str)):
        ends: dict[str, list[float]] = {"at_least": [], "at_most": []}
        for limit in limits:
            if limit.column == name and limit.kind in ends and is_number(limit.value):
                ends[limit.kind].append(limit.value)  # type: ignore[arg-type]
        if all(ends.values()) and max(ends["at_least"]) > min(ends["at_most"]):
            out.append(
                f"{name}: the minimum {max(ends['at_least']):g} is above the maximum"
                f" {min(ends['at_most']):g}"
            )
    return out


def is_number(value: object) -> bool:
    """Return whether this is a finite number; true and false are none, nor is an integer that no
    float can hold."""
    try:
        return (
            isinstance(value, int | float | np.integer | np.floating)
            and not isinstance(value, bool)
            and math.isfinite(value)
        )
    except OverflowError:
        return False


def shown(value: object) -> str:
    """Write what somebody gave, shortened, into a fault."""
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"

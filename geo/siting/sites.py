"""The table of sites: everything one can set a limit on or rank by, one column each, and how sure
each number is.

Numbers stay in seconds, hectares and people; the screen makes minutes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo.errors import InputError, Message
from geo.hours import gates as border_gates
from geo.roads import nearest, routing, within
from geo.roads.accuracy import TIME_SHARE
from geo.roads.drive import PEOPLE_PROFILE
from geo.roads.joining import Sides
from geo.roads.network import Network
from geo.schema import LAYERS, unfold
from geo.siting.land import AVAILABILITY, FIELDS, ROLES, TENANTS, free_land, roles, tenants
from geo.siting.limits import Column, ColumnType
from geo.siting.measures import DESTINATIONS, MEASURES, OWN, Destination

if TYPE_CHECKING:
    import geopandas as gpd

VEHICLES = ("truck", "car")
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
"""Columns that are the parks' own; those that a row of ``MEASURES`` names come after them."""
REMARKS = ("utilities",)
"""Free text: what it does not mention is unknown, not absent."""


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
            TIME_SHARE,
            "share of the travel time",
            "One standard deviation of every travel time by road, as measured on pairs of places"
            " (bench/README.md).",
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
    for destination in DESTINATIONS:
        for profile in profiles:
            time, place = destination.columns(profile)
            out += [Column(time, "number", "s", 0), Column(place, "text")]
    out += [Column("people_60min", "number", "people", 0)]
    for name in _from_parks():
        field = LAYERS["parks"].field(name)
        if field.type in ("number", "integer"):
            out.append(Column(name, "number", field.unit, field.minimum, field.maximum))
        else:
            kind: ColumnType = (
                "list" if field.type == "list" else "remarks" if name in REMARKS else "text"
            )
            out.append(Column(name, kind, field.unit, allowed=field.allowed))
    out += [
        Column("role", "text", allowed=ROLES),
        Column("tenants", "text", allowed=TENANTS),
        Column("availability", "text", allowed=AVAILABILITY),
        Column("free_ha", "number", "ha", 0),
        Column("land_ha", "number", "ha", 0),
    ]
    return {column.name: column for column in out}


def _from_parks() -> list[str]:
    measured = (row.column for row in MEASURES if LAYERS["parks"].has(row.column))
    return list(dict.fromkeys((*FROM_PARKS, *measured)))


def table(
    parks: gpd.GeoDataFrame,
    places: Mapping[str, gpd.GeoDataFrame],
    *,
    population: gpd.GeoDataFrame,
    crossings: pd.DataFrame,
    network: Network,
    profiles: Sequence[str] = VEHICLES,
    own: Mapping[str, Any] | None = None,
    joined: Callable[[str], Sides] | None = None,
) -> pd.DataFrame:
    """Tabulate the sites.

    Parameters
    ----------
    parks
        The layer.
    places
        The layer of each of ``DESTINATIONS``, by its id. Gates that are taken as closed are left
        out by the caller.
    population, crossings
        As for :func:`geo.roads.within.people_within` and :func:`geo.hours.gates.service_time_s`.
    own
        What :func:`own_columns` returns of these parks, where it is known already.
    joined
        Called with a vehicle, returns these parks joined to the network, where that is kept.

    Returns
    -------
    DataFrame
        On the index of `parks`. For each of ``DESTINATIONS`` and each vehicle ``gate_truck_s``, the
        seconds to the quickest one that serves it today, and ``gate_truck``, which one. NaN is
        unknown: the site is joined to no road, or nothing was reached and some place that counts is
        joined to no road either, or nobody knows whether it counts. inf is known: there is no way
        by road. A place joined to no road is never the quickest, though on the ground it may be.
        ``people_60min``: people in listed places within sixty minutes by car, whatever the vehicles
        of the table. Then the columns ``FROM_PARKS``: numbers as floats, NaN where the cell is
        empty; lists as tuples, None where the cell is empty; texts, NaN where it is. Then ``role``
        (site, zone) and ``tenants`` (open, captive, NaN), of :mod:`geo.siting.land`. Last what
        :func:`geo.siting.land.free_land` knows: ``availability`` (free, full, NaN), ``free_ha``,
        and ``land_ha``, the most that can be free.
    """
    join = joined or partial(Sides.of, network, parks)
    cells_of: dict[str, Any] = {}
    for profile in profiles:
        serving = {
            row.id: serving_of(row, places[row.id], crossings, profile) for row in DESTINATIONS
        }
        from_ = join(profile)
        for destination in DESTINATIONS:
            frame, maybe = serving[destination.id]
            listed = len(places[destination.id]) > 0
            time_s, which = _quickest(network, parks, from_, frame, profile, listed=listed)
            if maybe:
                time_s[np.isinf(time_s)] = np.nan
            time, place = destination.columns(profile)
            cells_of |= {time: time_s, place: _texts(which)}
    cells_of = {
        name: cells_of[name]
        for row in DESTINATIONS
        for profile in profiles
        for name in row.columns(profile)
    }
    home, size = Sides.of(network, population, PEOPLE_PROFILE), population["population"]
    cells_of["people_60min"] = within.people_near(
        network, join(PEOPLE_PROFILE), home, size.to_numpy(float), PEOPLE_S, profile=PEOPLE_PROFILE
    )
    cells_of |= own_columns(parks) if own is None else own
    return pd.DataFrame(cells_of, index=parks.index)


def times_to(
    network: Network, parks: gpd.GeoDataFrame, site: str, *, profile: str
) -> NDArray[np.float64]:
    """Return the seconds by road from every site to one of them, 0 to itself.

    NaN is unknown: one of both is joined to no road. inf is known: nothing leads there.
    """
    joined = Sides.of(network, parks, profile)
    time_s = times_to_places(network, joined, parks.loc[[site]], [False], profile=profile)[:, 0]
    time_s[parks.index.get_loc(site)] = 0.0
    return time_s


def times_to_places(
    network: Network,
    parks: Sides,
    places: gpd.GeoDataFrame,
    comes_in: ArrayLike,
    *,
    profile: str,
) -> NDArray[np.float64]:
    """Return the seconds by road between n sites and m places, in the direction of the goods.

    Parameters
    ----------
    parks
        The sites, joined to the roads.
    places
        Points, with the columns ``country`` and, for gates, ``opposite_country``.
    comes_in
        (m,) whether goods come from a place to the site; else they go there.

    Returns
    -------
    ndarray of float64
        (n, m). NaN is unknown: one of both is joined to no road. inf is known: nothing leads there.
    """
    time_s = np.full((parks.rows, len(places)), np.nan)
    inward = np.asarray(comes_in, bool)
    for way, columns in ((True, np.flatnonzero(inward)), (False, np.flatnonzero(~inward))):
        if not len(columns) or not parks.rows:
            continue
        there = Sides.of(network, places.iloc[columns], profile)
        ends = (there, parks) if way else (parks, there)
        seconds = routing.times(network, profile, *ends)
        near = [np.isfinite(side.nearest_m(side.rows)) for side in (parks, there)]
        known = near[0][:, None] & near[1][None, :]
        time_s[:, columns] = np.where(known, seconds.T if way else seconds, np.nan)
    return time_s


def own_columns(parks: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the columns of :func:`table` that do not depend on roads: what the layer holds of the
    parks, and what follows from that.
    """
    cells_of: dict[str, Any] = {}
    known = columns()
    for name in _from_parks():
        column = known[name]
        cells = parks[name] if name in parks else pd.Series(np.nan, index=parks.index, dtype=object)
        if column.type == "number":
            cells_of[name] = cells.astype("float64").to_numpy(float)
        elif column.type == "list":
            cells_of[name] = objects(unfold(cell) or None for cell in cells.to_numpy(object))
        else:
            cells_of[name] = _texts(cells)
    read = [name for name in (*FIELDS, "area_basis", "occupancy_year") if name in parks]
    rows = zip(*(parks[name].to_numpy(object) for name in read), strict=True)
    land = [free_land(dict(zip(read, row, strict=True))) for row in rows]
    land = land or [free_land({})] * len(parks)
    cells_of["role"] = _texts(roles(parks))
    cells_of["tenants"] = _texts(tenants(parks))
    cells_of["availability"] = _texts(park.availability for park in land)
    cells_of["free_ha"] = np.array([park.free_ha for park in land], float)
    cells_of["land_ha"] = np.array([park.most_ha for park in land], float)
    return cells_of


def uncertainty(
    sites: pd.DataFrame,
    places: Mapping[str, gpd.GeoDataFrame],
    *,
    network: Network,
    year: int,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return how sure each number of :func:`table` is: plus or minus one standard deviation.

    Times: the stated accuracies of both positions, driven at the access speed of the network with
    its detour, and a share of the time for what is measured to be off, added in squares.
    Rents: a share for each year of their age. Those shares are in ``ASSUMPTIONS``. The whole
    ``position_accuracy_m`` is taken as one deviation along the way, which is on the safe side.

    Parameters
    ----------
    sites, places
        As :func:`table` returns and takes them.
    year
        The year one stands in: ages of rents are counted from there.
    columns
        Of which columns of `sites`; None for all.

    Returns
    -------
    DataFrame
        Index of `sites` and those columns, floats. NaN where no uncertainty is known: of unknown
        and infinite cells, of people, areas, occupancies and years, whose sources state none, and
        of everything that is not a number. NaN is not “exact”.
    """
    wanted = sites.columns if columns is None else columns
    spread = {str(name): np.full(len(sites), np.nan) for name in wanted}
    access_error_m = sites["position_accuracy_m"].to_numpy(float)
    share, detour = ASSUMPTIONS["speed_share"].value, network.manifest.access_detour
    s_per_m = {name: 3.6 * detour / kph for name, kph in network.manifest.access_speed_kph.items()}
    for destination in DESTINATIONS:
        accuracy_m = places[destination.id]["position_accuracy_m"]
        for profile in network.profiles:
            column, place = destination.columns(profile)
            if column not in spread:
                continue
            time = sites[column].to_numpy(float)
            there = accuracy_m.reindex(sites[place]).to_numpy(float)
            seconds = np.hypot(access_error_m, there) * s_per_m[profile]
            known = np.isfinite(time)
            spread[column][known] = np.hypot(seconds[known], share * time[known])
    for profile in network.profiles:
        column = OWN.column.format(profile=profile)
        if column in spread:
            time = sites[column].to_numpy(float)
            seconds = access_error_m * s_per_m[profile]
            known = np.isfinite(time)
            spread[column][known] = np.hypot(seconds[known], share * time[known])
    age = np.maximum(year - sites["rent_year"].to_numpy(float), 1)
    for name in {"rent_term_low_usd_m2", "rent_term_high_usd_m2"} & spread.keys():
        spread[name] = sites[name].to_numpy(float) * age * ASSUMPTIONS["rent_share_per_year"].value
    return pd.DataFrame(spread, index=sites.index)


def serving_of(
    destination: Destination, frame: gpd.GeoDataFrame, crossings: pd.DataFrame, profile: str
) -> tuple[gpd.GeoDataFrame, bool]:
    """Keep the places that serve this vehicle today, and say whether there are others of which it
    is not known; a status that is not known is taken as open.
    """
    if not len(frame):
        return frame, False
    counts = destination.counts(frame)
    if destination.layer == "gates":
        counts &= border_gates.service_time_s(frame, crossings, profile).notna()
    elif "status" in frame:
        counts &= ~frame["status"].isin(NOT_OPEN)
    return frame[counts.fillna(False).to_numpy(bool)], bool(counts.isna().any())


def _quickest(
    network: Network,
    parks: gpd.GeoDataFrame,
    from_: Sides,
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
    to = Sides.of(network, places, profile)
    joined = np.isfinite(from_.nearest_m(len(parks)))
    best = np.where(joined, np.inf if listed else np.nan, np.nan)
    which = np.full(len(parks), None, object)
    if not len(places) or not len(parks):
        return best, which
    time_s, number = nearest.quickest(network, profile, from_, to)
    best[joined] = time_s[joined]
    reached = np.isfinite(best)
    which[reached] = places.index.to_numpy(object)[number[reached]]
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
    cells = cells.to_numpy(object) if isinstance(cells, pd.Series) else cells
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

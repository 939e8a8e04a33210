"""The roads of a data package: the table ``roads`` to a :class:`geo.roads.network.Network`.

The table is read as roads are drawn, step by step, and built by the code that builds any extract
(:mod:`geo.roads.osm_simplify`). What is under construction is left out, or joins the network of a
day to come: then its classes begin with ``planned_``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs, layers
from geo.errors import InputError, Message, behind
from geo.layers import rows as rows_of
from geo.layers import validation
from geo.roads import osm_tags, railways
from geo.roads.network import PLANNED, Network
from geo.roads.openings import opening_years
from geo.roads.osm_simplify import Roads, build
from geo.schema import TABLES

if TYPE_CHECKING:
    import pandas as pd

FILE = "roads.csv"
GRID = 1e5
"""Positions to a degree: lines that agree in them meet."""


def read(folder: str | os.PathLike[str], speeds: pd.DataFrame) -> pd.DataFrame:
    """Read the table of a data package, with the line of each row in the column ``geometry``.

    Parameters
    ----------
    speeds
        The table of that name: a class that lacks a speed is a fault.

    Raises
    ------
    NotFoundError
        The package has no such table.
    InputError
        The table has faults; all of them are listed.
    """
    fields = TABLES["roads"]
    rows, faults = rows_of.csv_rows(Path(folder) / FILE, fields)
    faults += validation.row_faults(rows, fields)
    faults += _without_speed((row.get("road_class") for row in rows), speeds)
    validation.refuse(FILE, faults)
    table = rows_of.typed(rows, fields)
    return table.assign(geometry=shapely.from_wkt(table.pop("wkt").to_numpy(object)))


def faults(roads: pd.DataFrame, speeds: pd.DataFrame) -> list[str]:
    """List what does not fit together in the tables ``roads`` and ``speeds``."""
    return _without_speed(roads["road_class"], speeds)


def _without_speed(classes: Iterable[str | None], speeds: pd.DataFrame) -> list[str]:
    """List the classes for which some vehicle has no speed that holds in any country."""
    general = speeds[_general(speeds)]
    known = [set(group) for _, group in general.groupby("profile")["road_class"]]
    return [
        behind("road_class", Message("“%(name)s” is not in speeds", {"name": name}))
        for name in sorted({name for name in classes if name})
        if not all(name in group for group in known)
    ]


def _general(speeds: pd.DataFrame) -> NDArray[np.bool_]:
    named = [name for name in ("country", "terrain") if name in speeds]
    return speeds[named].isna().all(axis=1).to_numpy(bool)


def network(
    folder: str | os.PathLike[str], speeds: pd.DataFrame, *, open_by: str | None = None
) -> Network:
    """Build the network of the roads of a data package; its border is still open.

    Parameters
    ----------
    speeds
        As :func:`geo.roads.osm_simplify.build`.
    open_by
        A day. What is under construction and announced to open by then is added, in classes that
        begin with ``planned_``: a month or a year is over by then. None for today's roads.

    Raises
    ------
    NotFoundError, InputError
        As :func:`read` and :func:`geo.roads.osm_simplify.build`, or `open_by` is not a day.
    """
    table = read(folder, speeds)
    return built(folder, table, select(table, open_by), speeds)


def opening(roads: pd.DataFrame, corridors: pd.DataFrame, opens: Mapping[str, int]) -> pd.DataFrame:
    """Return the table of roads with the names of the corridors that are not open yet, and with
    their years of opening where a road has no date of its own.

    Parameters
    ----------
    opens
        Years that somebody assumes instead of all dates, by the id of a corridor.
    """
    planned = roads["corridor"].notna() & (roads["status"] != "open")
    names = railways.names(corridors.loc[roads.loc[planned, "corridor"].unique()])
    roads = roads.copy()
    roads.loc[planned, "name"] = roads["corridor"].map(names)
    roads.loc[planned, "ref"] = None
    years = opening_years(corridors, opens).dropna().astype("str").to_dict()
    year = roads["corridor"].map(years).astype("str")
    again = planned & (roads["opening"].isna() | roads["corridor"].isin(list(opens)))
    roads["opening"] = roads["opening"].astype("str").mask(again, year)
    return roads


def built(
    folder: str | os.PathLike[str], table: pd.DataFrame, driven: pd.DataFrame, speeds: pd.DataFrame
) -> Network:
    """Build the network of the rows of a table that are driven, as :func:`select` returns them."""
    import pandas as pd

    folder = Path(folder)
    if driven["planned"].any():
        later = speeds.assign(road_class=PLANNED + speeds["road_class"])
        speeds = pd.concat([speeds, later, railways.classes(speeds)], ignore_index=True)
    resource = _resource(layers.describe(folder))
    network = build(
        drawn(driven),
        speeds=speeds,
        title=str(resource.get("title", FILE)),
        source=f"{FILE}, SHA-256 {hashlib.sha256((folder / FILE).read_bytes()).hexdigest()}",
        as_of=table["as_of"].min(),
        notes=_notes(table, driven),
    )
    if licence := resource.get("attribution"):
        network = replace(network, manifest=replace(network.manifest, licence=str(licence)))
    return network


def _resource(package: Mapping[str, Any]) -> dict[str, Any]:
    return next((part for part in package["resources"] if part.get("name") == "roads"), {})


def select(table: pd.DataFrame, open_by: str | None) -> pd.DataFrame:
    """Return the rows that are open, and those that open by a day, which are ``planned``."""
    planned = table["status"] != "open"
    kept = ~planned
    if open_by is not None:
        try:
            day = date.fromisoformat(open_by)
        except ValueError:
            raise InputError(
                Message("“%(text)s” is not a day such as 2027-01-31.", {"text": open_by})
            ) from None
        last = table["opening"].map(last_day, na_action="ignore").astype("str")
        kept |= last.notna() & (last <= day.isoformat())
    return table.assign(planned=planned)[kept]


def last_day(text: str) -> str:
    """Return the last day of a day, month or year, as text.

    >>> last_day("2028-02")
    '2028-02-29'
    """
    if len(text) == 10:
        return text
    first = date.fromisoformat(f"{text}-01-01"[:10])
    after = first + timedelta(days=31 if len(text) == 7 else 366)
    return (after.replace(day=1) - timedelta(days=1)).isoformat()


def drawn(table: pd.DataFrame) -> Roads:
    """Return the rows of a table as roads that are drawn from point to point.

    Lines meet where they share a point; a road without a known number of lanes, limit or ban is
    open to every vehicle. The column ``country`` decides on which side of a border each lies.
    """
    xy, row = shapely.get_coordinates(table["geometry"].to_numpy(), return_index=True)
    places, at = np.unique(np.round(xy * GRID).astype(np.int64), axis=0, return_inverse=True)
    step = np.flatnonzero((row[1:] == row[:-1]) & (at[1:] != at[:-1]))
    way = row[step]
    one_way = table["one_way"].to_numpy(bool)
    classes = [
        PLANNED + name if planned else name
        for name, planned in zip(table["road_class"], table["planned"], strict=True)
    ]
    return Roads(
        lonlat=places / GRID,
        tail=at[step],
        head=at[step + 1],
        forward=np.ones(len(step), bool),
        backward=~one_way[way],
        way=way,
        road_class=classes,
        label=[
            osm_tags.label({"name": name, "ref": ref})
            for name, ref in zip(table["name"].fillna(""), table["ref"].fillna(""), strict=True)
        ],
        limit_kph=np.full(len(table), np.nan),
        truck=np.ones(len(table), bool),
        accessible=np.array(
            [
                osm_tags.accessible({"highway": name, structure: "yes"})
                for name, structure in zip(
                    table["road_class"], table["structure"].fillna(""), strict=True
                )
            ],
            bool,
        ),
        assumed=table["opening_assumed"].fillna(False).to_numpy(bool),
        country=table["country"].fillna("").tolist(),
        home=table["country"].fillna("").tolist(),
        terrain=table["terrain"].fillna("").tolist(),
    )


def _notes(table: pd.DataFrame, driven: pd.DataFrame) -> list[Message]:
    """Return sentences on what of the roads is assumed, sketched, or not open."""
    length_km = length_m(driven) / 1000
    closed_km = length_m(table[~table.index.isin(driven.index)]) / 1000
    notes = {
        Message("%(km)s km under construction are left out."): closed_km,
        Message("%(km)s km that are not open yet are taken to be open."): length_km[
            driven["planned"].to_numpy(bool)
        ],
        Message("%(km)s km are assumed to have opened since the date of the source."): length_km[
            driven["opening_assumed"].fillna(False).to_numpy(bool)
        ],
        Message("%(km)s km are sketched or assumed, not surveyed."): length_km[
            (driven["source_kind"] != "code").to_numpy(bool)
        ],
    }
    return [
        Message(text, {"km": f"{amount.sum():,.0f}"})
        for text, amount in notes.items()
        if len(amount)
    ]


def length_m(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the length of each row."""
    xy, row = shapely.get_coordinates(table["geometry"].to_numpy(), return_index=True)
    length: NDArray[np.float64] = np.zeros(len(table))
    same = row[1:] == row[:-1]
    np.add.at(length, row[1:][same], crs.distance_m(xy[:-1], xy[1:])[same])
    return length

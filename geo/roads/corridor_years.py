"""When planned corridors open, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo.errors import InputError, Message, NotFoundError

if TYPE_CHECKING:
    import geopandas as gpd


def opening_years(corridors: gpd.GeoDataFrame, years: Mapping[str, int] | None = None) -> pd.Series:
    """Return the year in which each corridor that is not open is to open: that of `years`, or else
    the announced one, or NA.

    Errors as :func:`build`.
    """
    closed = corridors["status"] != "operating"
    unknown = sorted((years or {}).keys() - set(corridors.index))
    if unknown:
        raise NotFoundError(
            Message(
                "There is no corridor %(names)s.",
                {"names": ", ".join(f"“{one}”" for one in unknown)},
            )
        )
    opened = [one for one in years or {} if not closed[one]]
    if opened:
        raise InputError(Message("A corridor that is open needs no year of opening."), opened)
    announced = corridors.loc[closed].get(
        "open_year", pd.Series(pd.NA, index=corridors.index[closed])
    )
    return announced.astype("Int64").where(
        ~announced.index.isin(list(years or {})), pd.Series(years or {}, dtype="Int64")
    )


def full_name(corridor: Any) -> str:
    """Return what a corridor is called in a network; a row of the layer, as a Series or a tuple."""
    return (
        f"{corridor.ref}, {corridor.name_en}"
        if isinstance(corridor.ref, str)
        else str(corridor.name_en)
    )


def coming_by(
    corridors: gpd.GeoDataFrame, year: int | None, years: Mapping[str, int]
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the corridors that open by a year, and a sentence for each that is not open: why it is
    there or is not.
    """
    opens = opening_years(corridors, years)
    if year is None:
        return corridors.iloc[:0], []
    notes = []
    corridor: Any
    for corridor in corridors.loc[opens.index].itertuples():
        name, when = full_name(corridor), opens[corridor.Index]
        if pd.isna(when):
            notes.append(f"{name} has no opening year and is not in the network of {year}.")
        elif when > year:
            notes.append(f"{name} is expected in {when} and is not in the network of {year}.")
        elif corridor.Index in years:
            notes.append(
                f"Planned: {name}, taken as open from {when} on, which is an assumption without a"
                " source."
            )
        else:
            notes.append(f"Planned: {name}, announced for {when}. Source: {corridor.source}.")
    return corridors.loc[opens.index[(opens <= year).fillna(False).astype(bool)]], notes

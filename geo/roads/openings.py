"""When corridors open that are not open yet, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geo.errors import InputError, Message, NotFoundError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def opening_years(corridors: pd.DataFrame, years: Mapping[str, int] | None = None) -> pd.Series:
    """Return the year in which each corridor that is not open is to open: that of `years`, or else
    the announced one, or NA.

    Raises
    ------
    InputError
        A year is assumed for a corridor that is open.
    NotFoundError
        A year is assumed for a corridor that there is not.
    """
    import pandas as pd

    years = dict(years or {})
    closed = corridors["status"] != "operating"
    unknown = sorted(years.keys() - set(corridors.index))
    if unknown:
        names = ", ".join(f"“{name}”" for name in unknown)
        raise NotFoundError(Message("There is no corridor %(names)s.", {"names": names}))
    opened = [corridor for corridor in years if not closed[corridor]]
    if opened:
        raise InputError(Message("A corridor that is open needs no year of opening."), opened)
    ids = corridors.index[closed]
    announced = corridors.loc[closed].get("open_year", pd.Series(pd.NA, index=ids))
    assumed = pd.Series(years, dtype="Int64")
    return announced.astype("Int64").where(~announced.index.isin(list(years)), assumed)


def full_name(corridor: Any) -> str:
    """Return what a corridor is called in a network; a row of the layer, as a Series or a tuple."""
    return (
        f"{corridor.ref}, {corridor.name_en}"
        if isinstance(corridor.ref, str)
        else str(corridor.name_en)
    )


def coming_by(
    corridors: gpd.GeoDataFrame, year: int, years: Mapping[str, int]
) -> tuple[gpd.GeoDataFrame, list[Message]]:
    """Return the corridors that open by a year, and a sentence for each that is not open: why it is
    there or is not; errors as :func:`opening_years`.
    """
    import pandas as pd

    opens = opening_years(corridors, years)
    notes = []
    corridor: Any
    for corridor in corridors.loc[opens.index].itertuples():
        when = opens[corridor.Index]
        values = {"name": full_name(corridor), "year": year, "when": when}
        if pd.isna(when):
            note = Message(
                "%(name)s has no opening year and is not in the network of %(year)s.", values
            )
        elif when > year:
            note = Message(
                "%(name)s is expected in %(when)s and is not in the network of %(year)s.", values
            )
        elif corridor.Index in years:
            note = Message(
                "Planned: %(name)s, opening in %(when)s is an assumption without a source.", values
            )
        else:
            note = Message(
                "Planned: %(name)s, announced for %(when)s. Source: %(source)s.",
                values | {"source": corridor.source},
            )
        notes.append(note)
    return corridors.loc[opens.index[(opens <= year).fillna(False).astype(bool)]], notes

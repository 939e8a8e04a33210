"""The extracts of OpenStreetMap that a data package names: brought here, and read as one network
of its region."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.errors import Message, NotFoundError, behind
from geo.roads import fetching, osm_file
from geo.roads.network import Network
from geo.roads.osm_ways import Box

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

EDGES = ("west", "south", "east", "north")


@dataclass(frozen=True)
class Extract:
    """A row of the table ``extracts``; its roads are cut to ``box``."""

    id: str
    title: str
    source: fetching.Source
    attribution: str
    licence: str
    box: Box

    @property
    def file_name(self) -> str:
        """The name under which it is kept: that of its row, with the ending that its address
        has.
        """
        address = self.source.url.lower()
        return self.id + next(suffix for suffix in osm_file.FORMATS if address.endswith(suffix))


def choose(table: pd.DataFrame, ids: Sequence[str] = ()) -> list[Extract]:
    """Return extracts of the table of that name by their identifiers, all of them without any.

    Raises
    ------
    NotFoundError
        The table names none, or not those; all that are missing are listed.
    """
    if table.empty:
        raise NotFoundError(
            Message(
                "This data package names no extracts of roads. Bring a file and read it with"
                " “zoneatlas roads import FILE”."
            )
        )
    known = {row.id: row for row in map(_extract, table.to_dict("records"))}
    if missing := [key for key in dict.fromkeys(ids) if key not in known]:
        raise NotFoundError(
            Message(
                "There is no extract %(ids)s; there are %(known)s.",
                {"ids": ", ".join(f"“{key}”" for key in missing), "known": ", ".join(known)},
            )
        )
    return [known[key] for key in dict.fromkeys(ids or known)]


def _extract(row: Mapping[Hashable, Any]) -> Extract:
    import pandas as pd

    def text(name: str) -> str:
        value = row.get(name)
        return "" if pd.isna(value) else str(value)

    west, south, east, north = (float(text(edge)) for edge in EDGES)
    return Extract(
        id=text("id"),
        title=text("name_en"),
        source=fetching.Source(text("url"), text("md5_url"), text("sha256")),
        attribution=text("attribution"),
        licence=text("licence"),
        box=(west, south, east, north),
    )


def faults(table: pd.DataFrame) -> list[str]:
    """List the extracts whose box is upside down."""
    wrong = (table["west"] >= table["east"]) | (table["south"] >= table["north"])
    fault = Message("west, south, east and north are out of order")
    return [behind(str(key), fault) for key in table.loc[wrong, "id"]]


def read(
    chosen: Sequence[Extract],
    folder: Path,
    *,
    speeds: pd.DataFrame,
    countries: gpd.GeoDataFrame | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Network:
    """Read extracts that are in a folder as one network.

    Parameters
    ----------
    folder
        Where each is under its ``file_name``.
    speeds, countries, on_step
        As :func:`geo.roads.osm_file.read`, also for what is raised.
    """
    network = osm_file.read(
        *(folder / extract.file_name for extract in chosen),
        speeds=speeds,
        title=f"OpenStreetMap: {', '.join(extract.title for extract in chosen)}",
        boxes=[extract.box for extract in chosen],
        countries=countries,
        on_step=on_step,
    )
    licence = "; ".join(
        dict.fromkeys(f"{extract.licence}, {extract.attribution}" for extract in chosen)
    )
    return replace(network, manifest=replace(network.manifest, licence=licence))

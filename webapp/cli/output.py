"""How commands print their tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geo.errors import InputError, behind
from webapp import i18n
from webapp.i18n import gettext

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo.roads.network import Network


def show(
    table: pd.DataFrame,
    format_: str,
    output: Path | None,
    title: str,
    places: gpd.GeoDataFrame | None = None,
    net: Network | None = None,
) -> None:
    """Print a table, or write it; GeoJSON takes the positions of its ``to_id`` from `places`, its
    licence from the network.
    """
    import geopandas as gpd
    import pandas as pd

    from geo import export as writers

    if format_ == "geojson" and places is not None and not isinstance(table, gpd.GeoDataFrame):
        shapes = places.geometry.loc[table["to_id"]].array
        table = gpd.GeoDataFrame(table, geometry=shapes, crs=4326)
    if format_ in ("csv", "geojson"):
        about = writers.About(layer=title, title=title)
        if net is not None:
            about = replace(
                about,
                sources=(net.manifest.source,),
                licence=net.manifest.licence,
                as_of=net.manifest.as_of,
            )
        data = writers.write(table, format_, about)
    else:
        plain = pd.DataFrame(
            table.drop(columns="geometry") if isinstance(table, gpd.GeoDataFrame) else table
        )
        text = (
            plain.to_json(orient="records", force_ascii=False, indent=1)
            if format_ == "json"
            else _text(plain)
        )
        data = (text + "\n").encode()
    if output:
        writers.save(output, data)
    else:
        click.echo(data.decode("utf-8-sig"), nl=False)


def _text(table: pd.DataFrame) -> str:
    """Lay a table out for the screen: travel times in minutes, lengths and distances in kilometres,
    snaps in metres.
    """
    if table.empty:
        return "no rows"
    for name, column in table.items():
        unit, decimals = _unit(str(name))
        table[name] = (
            column.map(lambda value, u=unit, d=decimals: _or_dash(value, u, d))
            if unit
            else column.fillna("")
        )
    return table.rename(columns=RENAMED).to_string(index=False, max_colwidth=46)


RENAMED = {"travel_time_s": "min", "length_m": "length_km", "distance_m": "distance_km"}


def _unit(name: str) -> tuple[float, int]:
    """Return the unit of the screen in that of a column, and decimals; 0 for what has none."""
    if name in RENAMED:
        return (60, 0) if name == "travel_time_s" else (1000, 1)
    return (1 if name.endswith("_m") else 0), 0


def _or_dash(value: float, unit: float, decimals: int) -> str:
    return "–" if value != value else f"{value / unit:,.{decimals}f}"  # NaN differs from itself


def refuse(report: dict[str, list[str]], data: Path) -> None:
    """Refuse a package with the faults of its check."""
    wrong = [behind(name, fault) for name, faults in report.items() for fault in faults]
    if wrong:
        raise InputError(gettext("%(path)s has faults:", path=data), wrong)


def warn(data: Path) -> None:
    """Print what keeps a package without faults from giving some answers."""
    from geo import package_check

    for warning in package_check.warnings(data):
        click.echo(gettext("Warning: %(text)s", text=i18n.said(warning)), err=True)

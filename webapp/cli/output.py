"""How commands print their tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from geo.errors import InputError, behind
from webapp import i18n
from webapp.i18n import gettext


def show(
    table: Any, format_: str, output: Path | None, title: str, places: Any = None, net: Any = None
) -> None:
    """Print a table, or write it; GeoJSON takes the positions of its ``to_id`` from `places`, its
    licence from the network.
    """
    import geopandas as gpd
    import pandas as pd

    from geo import export as writers

    if format_ == "geojson" and places is not None and not isinstance(table, gpd.GeoDataFrame):
        table = gpd.GeoDataFrame(
            table, geometry=places.geometry.loc[table["to_id"]].to_numpy(), crs=4326
        )
    if format_ in ("csv", "geojson"):
        about = writers.About(layer=title, title=title)
        if net is not None:
            coarse = (
                ("The road network is coarse: times and lengths are sketches.",)
                if net.manifest.coarse
                else ()
            )
            about = replace(
                about,
                sources=(net.manifest.source,),
                licence=net.manifest.licence,
                as_of=net.manifest.as_of,
                notes=coarse,
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


def _text(table: Any) -> str:
    """Lay a table out for the screen: travel times in minutes, lengths and distances in kilometres,
    snaps in metres.
    """
    if table.empty:
        return "no rows"
    shown = {}
    for name, column in table.drop(columns="coarse", errors="ignore").items():
        if name == "travel_time_s":
            shown["min"] = column.map(lambda value: _or_dash(value, 60, 0))
        elif name in ("length_m", "distance_m"):
            shown[name.replace("_m", "_km")] = column.map(lambda value: _or_dash(value, 1000, 1))
        elif str(name).endswith("_m"):
            shown[name] = column.map(lambda value: _or_dash(value, 1, 0))
        else:
            shown[str(name)] = column.fillna("")
    text: str = type(table)(shown).to_string(index=False, max_colwidth=46)
    return text


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

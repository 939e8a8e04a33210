"""The command group ``roads``: road networks from OpenStreetMap, kept under the home folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from geo import borders, layers, network, osm
from geo.errors import InputError, NotFoundError
from webapp import settings

NAME = re.compile(r"[a-z0-9-]+")
RESERVED = "corridors"
"""The network that comes with the data package."""

SHOWN = 10
"""Rows of the border report that are shown of each kind."""


@dataclass(frozen=True)
class Package:
    """What an import needs of the data package, read before anything else so that its faults show at once."""

    speeds: Any
    crossings: Any
    gates: Any
    countries: Any

    @classmethod
    def of(cls, context: click.Context) -> Package:
        import geopandas as gpd

        data = Path(getattr(context.obj, "data", None) or layers.bundled())
        outlines = data / "basemap" / "countries.geojson"
        if not outlines.is_file():
            raise NotFoundError(f"There is no file {outlines}, which is needed to close the border.")
        return cls(
            layers.read_table(data, "speeds"), layers.read_table(data, "crossings"), layers.read(data, "gates"), gpd.read_file(outlines)
        )


@click.group()
def roads() -> None:
    """Road networks from OpenStreetMap: download, import, list, remove."""


@roads.command()
@click.option("--bbox", nargs=4, type=float, metavar="W S E N", help="Box in degrees: west, south, east, north.")
@click.option("--place", help="Name of an area, as OpenStreetMap's Nominatim knows it.")
@click.option(
    "--name", default="download", show_default=True, callback=lambda _, __, value: _name(value), help="Name to keep the network under."
)
@click.option("--overpass-url", default=osm.OVERPASS, show_default=True, help="Server to ask for the roads.")
@click.pass_context
def download(
    context: click.Context, bbox: tuple[float, float, float, float] | None, place: str | None, name: str, overpass_url: str
) -> None:
    """Download the roads of a box or a place and keep them as a network."""
    package = Package.of(context)
    cache = settings.home() / "cache" / "overpass"
    made = osm.download(bbox=bbox, place=place, speeds=package.speeds, overpass_url=overpass_url, cache_folder=cache, on_step=_say)
    _keep(made, name, package)
    shutil.rmtree(cache, ignore_errors=True)


@roads.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", required=True, callback=lambda _, __, value: _name(value), help="Name to keep the network under.")
@click.pass_context
def import_(context: click.Context, files: tuple[Path, ...], name: str) -> None:
    """Read OpenStreetMap files (.osm, .osm.pbf, .osm.gz, .osm.bz2) or one OSMnx graph (.graphml) and keep them as one network."""
    package = Package.of(context)
    _keep(osm.read(*files, speeds=package.speeds, on_step=_say), name, package)


@roads.command("list")
def list_() -> None:
    """List the networks that are kept, one a line: name, title, segments, length, date of the data."""
    for folder in sorted(_folder().glob("*/")):
        if not NAME.fullmatch(folder.name):
            continue
        try:
            one = network.load(folder)
        except (InputError, NotFoundError) as error:
            click.echo(f"{folder.name}\t{error}")
            continue
        km = float(one.length_m.sum()) / 1000
        click.echo(
            f"{folder.name}\t{one.manifest.title}\t{one.segment_count:,} segments\t{km:,.0f} km\t{one.manifest.as_of or 'date unknown'}"
        )


@roads.command()
@click.argument("name", callback=lambda _, __, value: _name(value))
def remove(name: str) -> None:
    """Remove a network."""
    folder = _folder() / name
    if not folder.is_dir():
        raise NotFoundError(f"There is no road network “{name}”.")
    shutil.rmtree(folder)
    click.echo(f"Removed the network {name}.")


def _keep(made: network.Network, name: str, package: Package) -> None:
    _say("Closing the border")
    closed, report = borders.close(made, package.countries, package.gates, package.crossings)
    existed = (_folder() / name).exists()
    closed.save(_folder() / name)
    km = float(closed.length_m.sum()) / 1000
    click.echo(f"{'Replaced' if existed else 'Kept'} the network {name}: {closed.segment_count:,} segments, {km:,.0f} km.")
    for note in closed.manifest.notes:
        click.echo(f"  {note}")
    _show(report, "matched", lambda row: f"{row['gate']}: a road crosses {row['distance_m']:,.0f} m from it")
    _show(report, "cut", lambda row: f"a road across the border at {row['lon']:.4f} {row['lat']:.4f} is cut: {_why(row)}")
    _show(report[_inside(report, closed)], "no road", lambda row: f"{row['gate']}: no road crosses near it")


def _why(row: Any) -> str:
    if not isinstance(row["gate"], str):
        return "no gate joins these countries"
    return f"the nearest gate, {row['gate']}, is {row['distance_m']:,.0f} m away, or has a nearer road"


def _inside(report: Any, made: network.Network) -> Any:
    """Keep of the gates without a road only those within the box of the network: the others are none of its business."""
    west, south = made.node_lonlat.min(axis=0)
    east, north = made.node_lonlat.max(axis=0)
    return report["lon"].between(west, east) & report["lat"].between(south, north)


def _show(report: Any, verdict: str, line: Callable[[Any], str]) -> None:
    rows = report[report["verdict"] == verdict]
    for _, row in rows.head(SHOWN).iterrows():
        click.echo(f"  {line(row)}")
    if len(rows) > SHOWN:
        click.echo(f"  and {len(rows) - SHOWN} more")


def _say(step: str) -> None:
    click.echo(f"{step} …", err=True)


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise InputError(f"“{value}” cannot be the name of a network: use small letters, digits and hyphens.")
    if value == RESERVED:
        raise InputError(f"“{RESERVED}” is the network that comes with the data; choose another name.")
    return value


def _folder() -> Path:
    return settings.home() / "networks"

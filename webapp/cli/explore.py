"""The commands that print or write what the library finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from geo.errors import InputError, NotFoundError
from geo.roads.drive import REACH_MIN, Drive
from webapp import i18n
from webapp.cli.options import (
    Context,
    drive_options,
    table_options,
    where,
)
from webapp.cli.output import refuse, show, warn
from webapp.i18n import gettext


@click.command("layers")
@table_options
def list_layers(context: Context, format_: str, output: Path | None) -> None:
    """List the layers of the data package."""
    import pandas as pd

    rows = [
        {
            "layer": layer.id,
            "rows": about.total,
            "geometry": layer.geometry or "",
            "newest": about.as_of or "unknown",
            "licence": about.licence,
        }
        for layer in context.atlas.held()
        for about in (context.atlas.about(layer.id),)
    ]
    show(pd.DataFrame(rows), format_, output, "layers")


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--layer", "layer_id", help="What the file holds; needed with a file.")
@click.option("--epsg", default=4326, show_default=True, help="System of lon and lat in the FILE.")
@click.pass_obj
def check(context: Context, file: Path | None, layer_id: str | None, epsg: int) -> None:
    """Check the data package, or one FILE against a layer and the region of the package, and name
    every fault.
    """
    from geo import layers, package_check
    from geo.layers.validation import counted

    if file is not None:
        if layer_id is None:
            raise InputError(
                gettext(
                    "Say with --layer what %(file)s holds: %(known)s.",
                    file=file.name,
                    known=", ".join(layers.LAYERS),
                )
            )
        rows = layers.read_file(
            file, layer_id, epsg=epsg, region=package_check.region(context.data)
        )
        click.echo(f"{file.name}: {len(rows)} rows, no fault.")
        return
    report = package_check.check(context.data)
    for name, faults in report.items():
        click.echo(f"{name}: {i18n.said(counted(faults))}")
    refuse(report, context.data)
    warn(context.data)


@click.command()
@click.argument("layer_id", metavar="LAYER")
@click.option("--from", "from_", required=True, metavar="ID|LON,LAT", help="Where from.")
@click.option("-k", default=5, show_default=True, type=click.IntRange(1), help="How many.")
@table_options
def nearest(
    context: Context, layer_id: str, from_: str, k: int, format_: str, output: Path | None
) -> None:
    """Find the nearest features of LAYER as the crow flies."""
    table = context.atlas.nearest(layer_id, where(from_), k)
    show(table, format_, output, f"nearest {layer_id}", context.atlas.layer(layer_id))


@click.command()
@click.option("--from", "from_", metavar="ID|LON,LAT", help="Where from. Default: every park.")
@click.option(
    "--to",
    "to",
    default="gates,ports,airports",
    show_default=True,
    help="Layers to reach, separated by commas.",
)
@click.option(
    "--nearest", "k", type=click.IntRange(1), help="Only so many of each layer, quickest first."
)
@drive_options
@table_options
def access(
    context: Context,
    from_: str | None,
    to: str,
    k: int | None,
    drive: Drive,
    format_: str,
    output: Path | None,
) -> None:
    """Tabulate the ways by road: time, length, distance, gates passed."""
    import geopandas as gpd
    import pandas as pd

    from geo.roads import access as by_road

    atlas = context.atlas
    origins = context.place(from_) if from_ else atlas.layer("parks")
    net = atlas.roads(drive)
    parts = {
        layer_id: atlas.access(origins, layer_id, drive).assign(layer=layer_id)
        for layer_id in to.split(",")
    }
    if from_ and all(part["from_snap_m"].isna().all() for part in parts.values()):
        limit = net.manifest.snap_limit_m / 1000
        raise NotFoundError(
            gettext(
                "No road of this network that one can turn off lies within %(km)s km of %(place)s"
                " in its country, so there is no way from there.",
                km=f"{limit:g}",
                place=from_,
            )
        )
    if k:
        parts = {layer_id: by_road.nearest(part, k=k) for layer_id, part in parts.items()}
        few = [layer_id for layer_id, part in parts.items() if from_ and len(part) < k]
        for layer_id in few:
            total = len(atlas.layer(layer_id))
            click.echo(
                f"Only {len(parts[layer_id])} of {total} {layer_id} can be reached by road.",
                err=True,
            )
    show(
        pd.concat(parts.values(), ignore_index=True),
        format_,
        output,
        "access",
        gpd.GeoDataFrame(
            pd.concat([atlas.layer(layer_id)[["geometry"]] for layer_id in parts]), crs=4326
        ),
        net,
    )


@click.command()
@click.argument("from_", metavar="FROM")
@click.argument("to", metavar="TO")
@drive_options
@table_options
def route(
    context: Context,
    from_: str,
    to: str,
    drive: Drive,
    format_: str,
    output: Path | None,
) -> None:
    """Find the fastest way between two places, each an ID or LON,LAT."""
    from geo.roads import access as by_road

    atlas = context.atlas
    net = atlas.roads(drive)
    steps = by_road.route(net, context.place(from_), context.place(to), profile=drive.profile)
    show(steps, format_, output, "route", net=net)
    minutes, kilometres = steps["travel_time_s"].sum() / 60, steps["length_m"].sum() / 1000
    gates = [gate for gate in steps["gate"] if gate]
    click.echo(
        f"{minutes:.0f} min, {kilometres:.1f} km by {drive.profile}, gates:"
        f" {', '.join(gates) or 'none'}",
        err=True,
    )


@click.command()
@click.option("--from", "from_", required=True, metavar="ID|LON,LAT", help="Where from.")
@click.option(
    "--minutes",
    default=",".join(map(str, REACH_MIN)),
    show_default=True,
    help="Limits, separated by commas.",
)
@click.option(
    "--towards",
    is_flag=True,
    help="From where one reaches it, rather than what one reaches from it.",
)
@drive_options
@table_options
def isochrones(
    context: Context,
    from_: str,
    minutes: str,
    towards: bool,
    drive: Drive,
    format_: str,
    output: Path | None,
) -> None:
    """Draw the area within some travel times; take --format geojson for the shapes."""
    from geo import crs
    from geo.roads.isochrones import isochrones as draw

    try:
        limits = [60 * float(minute) for minute in minutes.split(",")]
    except ValueError:
        raise InputError(
            gettext("“%(text)s” is not a list of minutes such as 30,60,120.", text=minutes)
        ) from None
    atlas = context.atlas
    net = atlas.roads(drive)
    areas = draw(
        net,
        context.place(from_),
        limits,
        profile=drive.profile,
        towards=towards,
        countries=atlas.countries(),
    )
    areas.insert(1, "area_ha", crs.area_ha(areas.geometry).round(1))
    show(areas, format_, output, "isochrones", net=net)


@click.command()
@click.argument("layer_id", metavar="LAYER")
@click.option(
    "--format",
    "format_",
    default="geojson",
    show_default=True,
    help="geojson, gpkg, csv, kml, xlsx, shp, fgb, parquet or dxf.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write.",
)
@click.option(
    "--epsg",
    default=4326,
    show_default=True,
    help="System of the coordinates, where the format allows another.",
)
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Keep rows that match; may stand several times.",
)
@click.pass_obj
def export(
    context: Context, layer_id: str, format_: str, output: Path, epsg: int, filters: tuple[str, ...]
) -> None:
    """Write a layer to a file."""
    from werkzeug.datastructures import MultiDict

    from geo import export as writers
    from webapp import args

    atlas = context.atlas
    pairs = [text.partition("=")[::2] for text in filters if "=" in text]
    if len(pairs) < len(filters):
        raise InputError(gettext("A filter has the form name=value."))
    values = args.parse(MultiDict(pairs), args.FILTERS)
    frame = atlas.select(layer_id, args.filters(values))
    about = replace(atlas.about(layer_id), filters=dict(pairs))
    writers.save(output, writers.write(frame, format_, about, epsg=epsg))
    click.echo(f"{output}: {len(frame)} rows of {layer_id}.", err=True)


COMMANDS = (list_layers, check, nearest, access, route, isochrones, export)

"""The command line: each command is one call of the library, printed."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from geo import __version__
from geo.errors import AtlasError, InputError, NotFoundError, UnavailableError
from webapp import catalogues
from webapp.cli.roads import roads
from webapp.cli.trips import trip


@dataclass
class Context:
    """What every command gets: the folder of the data package, and a store of it."""

    data: Path
    given: str | None

    def store(self) -> Any:
        from webapp import settings
        from webapp.store import Store

        chosen = settings.resolve({"DATA": self.given})
        return Store(chosen["DATA"], chosen["HOME"], chosen["PUBLIC_URL"])


class Commands(click.Group):
    """A group that prints what went wrong as a sentence and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AtlasError as error:
            language = catalogues.LANGUAGES.get(ctx.meta.get("lang") or "")
            sentence = error.said_in(
                catalogues.catalogue((language or catalogues.of_environment()).locale).gettext
            )
            click.echo(f"zoneatlas: {sentence}", err=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zoneatlas")
@click.option(
    "--data",
    metavar="DIR",
    envvar="ZONEATLAS_DATA",
    help="Data package to use. Default: the one that comes with Zone Atlas.",
)
@click.option(
    "--lang",
    type=click.Choice(list(catalogues.LANGUAGES)),
    help="Language of messages. Default: that of LC_ALL, LC_MESSAGES or LANG, else English.",
)
@click.pass_context
def main(ctx: click.Context, data: str | None, lang: str | None) -> None:
    """Explore industrial zones, border gates and transport corridors."""
    from geo import layers

    ctx.meta["lang"] = lang
    ctx.obj = Context(Path(data).resolve() if data else layers.bundled(), data)


main.add_command(roads)
main.add_command(trip)

_format = click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json", "geojson"]),
    default="table",
    show_default=True,
)
_output = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write instead of the screen.",
)
_profile = click.option(
    "--profile", default="truck", show_default=True, help="Vehicle: car or truck."
)
_closed = click.option(
    "--closed",
    multiple=True,
    metavar="GATE",
    help="Reckon as if this border gate were closed; may stand several times.",
)
_network = click.option(
    "--network",
    default="corridors",
    show_default=True,
    help="Road network; see “zoneatlas roads list”.",
)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.pass_obj
def serve(context: Context, host: str, port: int) -> None:
    """Serve the web app until Ctrl+C; a data package with faults is not served."""
    import os

    from geo import package_check
    from webapp import create_app, server

    name = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    shown = f"http://{name}:{port}"
    config = {"DATA": context.given} | (
        {} if os.environ.get("ZONEATLAS_PUBLIC_URL") else {"PUBLIC_URL": shown}
    )
    app = create_app(config)
    _refuse(package_check.check(app.config["DATA"]), app.config["DATA"])
    try:
        serving = server.create(app, host=host, port=port)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise UnavailableError(
            f"{name}:{port} cannot be used: {why}. Try another --host or --port."
        ) from None
    _compile(app)
    threading.Thread(target=_warm, args=(app,), daemon=True).start()
    click.echo(
        f"Zone Atlas serves {app.config['DATA']} at {app.config['PUBLIC_URL']} — Ctrl+C stops it."
    )
    _warn(app.config["DATA"])
    if host in ("0.0.0.0", "::") and not os.environ.get("ZONEATLAS_TRUSTED_HOSTS"):
        click.echo(
            "Set ZONEATLAS_PUBLIC_URL or ZONEATLAS_TRUSTED_HOSTS to the name under which others"
            " reach it; other names get 400.",
            err=True,
        )
    serving.run()


def _refuse(report: dict[str, list[str]], data: Path) -> None:
    wrong = [f"{name}: {fault}" for name, faults in report.items() for fault in faults]
    if wrong:
        raise InputError(f"{data} has faults:", wrong)


def _warn(data: Path) -> None:
    """Print what keeps a package without faults from giving some answers."""
    from geo import package_check

    for warning in package_check.warnings(data):
        click.echo(f"Warning: {warning}", err=True)


def _compile(app: Any) -> None:
    """Compile what requests will need, so that none waits for it: some seconds once, and a moment
    from then on.
    """
    from geo.roads import contraction, gate_overlay, isochrones, snapping

    snapping.warm_up()
    isochrones.warm_up()
    if len(app.extensions["zoneatlas"].networks.names()) > 1:
        gate_overlay.warm_up()
        contraction.warm_up()


def _warm(app: Any) -> None:
    """Make what the first visitor needs before they come."""
    from geo.roads import isochrones
    from geo.visits import feasibility, planner

    store = app.extensions["zoneatlas"]
    with app.test_client() as client:
        for path in ("/", "/api/map/parks.json", "/api/map/corridors.json", "/basemap.pmtiles"):
            client.get(path, base_url=app.config["PUBLIC_URL"]).close()
    for name in store.networks.names():
        with contextlib.suppress(
            AtlasError
        ):  # a network that cannot be opened is told of when somebody asks for it
            store.surfaces(name)
            for profile in store.network(name).profiles:
                isochrones.put_in_order(store.network(name), profile)
    planner.warm_up()  # last: compiled the first time, they take half a minute
    feasibility.warm_up()


@main.command("layers")
@_format
@_output
@click.pass_obj
def list_layers(context: Context, format_: str, output: Path | None) -> None:
    """List the layers of the data package."""
    import pandas as pd

    from geo.layers import LAYERS

    opened = context.store()
    rows = []
    for layer in LAYERS.values():
        about = opened.about(layer.id)
        rows.append(
            {
                "layer": layer.id,
                "rows": about.total,
                "geometry": layer.geometry or "",
                "newest": about.as_of or "unknown",
                "licence": about.licence,
            }
        )
    _print(pd.DataFrame(rows), format_, output, "layers")


@main.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--layer", "layer_id", help="What the file holds; needed with a file.")
@click.option("--epsg", default=4326, show_default=True, help="System of lon and lat in the FILE.")
@click.pass_obj
def check(context: Context, file: Path | None, layer_id: str | None, epsg: int) -> None:
    """Check the data package, or one FILE against a layer and the region of the package, and name
    every fault.
    """
    from geo import layers, package_check
    from geo.tables.validation import counted

    if file is not None:
        if layer_id is None:
            raise InputError(
                f"Say with --layer what {file.name} holds: {', '.join(layers.LAYERS)}."
            )
        rows = layers.read_file(
            file, layer_id, epsg=epsg, region=package_check.region(context.data)
        )
        click.echo(f"{file.name}: {len(rows)} rows, no fault.")
        return
    report = package_check.check(context.data)
    for name, faults in report.items():
        click.echo(f"{name}: {counted(faults)}")
    _refuse(report, context.data)
    _warn(context.data)


@main.command()
@click.argument("layer_id", metavar="LAYER")
@click.option("--from", "from_", required=True, metavar="ID|LON,LAT", help="Where from.")
@click.option("-k", default=5, show_default=True, type=click.IntRange(1), help="How many.")
@_format
@_output
@click.pass_obj
def nearest(
    context: Context, layer_id: str, from_: str, k: int, format_: str, output: Path | None
) -> None:
    """Find the nearest features of LAYER as the crow flies."""
    from geo import layers, proximity

    opened = context.store()
    layer = layers.get(layer_id)
    if layer.geometry != "Point":
        raise InputError(f"The layer {layer_id} has no points.")
    frame = opened.layer(layer_id)
    found = proximity.nearest(_place(opened, from_, by_road=False), frame, k=k)
    found.insert(2, "name_en", frame.loc[found["to_id"], "name_en"].to_numpy())
    _print(found, format_, output, f"nearest {layer_id}", frame)


@main.command()
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
@_profile
@_network
@_closed
@_format
@_output
@click.pass_obj
def access(
    context: Context,
    from_: str | None,
    to: str,
    k: int | None,
    profile: str,
    network: str,
    closed: tuple[str, ...],
    format_: str,
    output: Path | None,
) -> None:
    """Tabulate the ways by road: time, length, distance, gates passed."""
    import geopandas as gpd
    import pandas as pd

    from geo import layers
    from geo.roads import access as by_road
    from geo.roads.drive import Drive

    opened = context.store()
    origins = _place(opened, from_) if from_ else opened.layer("parks")
    net = opened.roads(Drive(profile, network, closed))
    parts, places = [], []
    for layer_id in to.split(","):
        if not layers.get(layer_id).place:
            raise InputError(f"The layer {layer_id} has no places to reach.")
        table = by_road.travel_times(net, origins, opened.layer(layer_id), profile=profile)
        parts.append(table.assign(layer=layer_id))
        places.append(opened.layer(layer_id)[["name_en", "geometry"]])
    if from_ and all(part["from_snap_m"].isna().all() for part in parts):
        limit = net.manifest.snap_limit_m / 1000
        raise NotFoundError(
            f"No road of this network lies within {limit:g} km of {from_} in its country, so there"
            " is no way from there."
        )
    if net.manifest.coarse:
        click.echo("These times come from a coarse network: take them to compare.", err=True)
    if k:
        parts = [by_road.nearest(part, k=k) for part in parts]
        if from_:
            for layer_id, part in zip(to.split(","), parts, strict=True):
                if len(part) < k:
                    total = len(opened.layer(layer_id))
                    click.echo(
                        f"Only {len(part)} of {total} {layer_id} can be reached by road.", err=True
                    )
    _print(
        pd.concat(parts, ignore_index=True),
        format_,
        output,
        "access",
        gpd.GeoDataFrame(pd.concat(places), crs=4326),
        net,
    )


@main.command()
@click.argument("from_", metavar="FROM")
@click.argument("to", metavar="TO")
@_profile
@_network
@_closed
@_format
@_output
@click.pass_obj
def route(
    context: Context,
    from_: str,
    to: str,
    profile: str,
    network: str,
    closed: tuple[str, ...],
    format_: str,
    output: Path | None,
) -> None:
    """Find the fastest way between two places, each an ID or LON,LAT."""
    from geo.roads import access as by_road
    from geo.roads.drive import Drive

    opened = context.store()
    net = opened.roads(Drive(profile, network, closed))
    steps = by_road.route(net, _place(opened, from_), _place(opened, to), profile=profile)
    _print(steps, format_, output, "route", net=net)
    minutes, kilometres = steps["travel_time_s"].sum() / 60, steps["length_m"].sum() / 1000
    gates = [gate for gate in steps["gate"] if gate]
    coarse = ", coarse" if net.manifest.coarse else ""
    click.echo(
        f"{minutes:.0f} min, {kilometres:.1f} km by {profile}, gates:"
        f" {', '.join(gates) or 'none'}{coarse}",
        err=True,
    )


@main.command()
@click.option("--from", "from_", required=True, metavar="ID|LON,LAT", help="Where from.")
@click.option(
    "--minutes", default="30,60,120", show_default=True, help="Limits, separated by commas."
)
@click.option(
    "--towards",
    is_flag=True,
    help="From where one reaches it, rather than what one reaches from it.",
)
@_profile
@_network
@_closed
@_format
@_output
@click.pass_obj
def isochrones(
    context: Context,
    from_: str,
    minutes: str,
    towards: bool,
    profile: str,
    network: str,
    closed: tuple[str, ...],
    format_: str,
    output: Path | None,
) -> None:
    """Draw the area within some travel times; take --format geojson for the shapes."""
    from geo import crs
    from geo.roads.drive import Drive
    from geo.roads.isochrones import isochrones as draw

    try:
        limits = [60 * float(one) for one in minutes.split(",")]
    except ValueError:
        raise InputError(f"“{minutes}” is not a list of minutes such as 30,60,120.") from None
    opened = context.store()
    net = opened.roads(Drive(profile, network, closed))
    areas = draw(
        net,
        _place(opened, from_),
        limits,
        profile=profile,
        towards=towards,
        countries=opened.countries(),
    )
    areas.insert(1, "area_ha", crs.area_ha(areas.geometry).round(1))
    _print(areas, format_, output, "isochrones", net=net)


@main.command()
@click.argument("layer_id", metavar="LAYER")
@click.option(
    "--format", "format_", default="geojson", show_default=True, help="geojson, gpkg, csv or kml."
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

    opened = context.store()
    if any("=" not in one for one in filters):
        raise InputError("A filter has the form name=value.")
    pairs = [(one.partition("=")[0], one.partition("=")[2]) for one in filters]
    values = args.parse(MultiDict(pairs), args.FILTERS)
    frame = opened.select(layer_id, args.filters(values))
    about = replace(opened.about(layer_id), filters=dict(pairs))
    writers.save(output, writers.write(frame, format_, about, epsg=epsg))
    click.echo(f"{output}: {len(frame)} rows of {layer_id}.", err=True)


@main.command("map")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="HTML file to write.",
)
@_profile
@click.option(
    "--lang",
    type=click.Choice(["en", "vi", "zh"]),
    default="en",
    show_default=True,
    help="Language of the map.",
)
@click.pass_obj
def single_map(context: Context, output: Path, profile: str, lang: str) -> None:
    """Write the map as one HTML file that opens without a server or a network."""
    from geo import export as writers
    from webapp import create_app
    from webapp.explore import offline_map

    app = create_app({"DATA": context.given})
    with app.test_request_context(base_url=app.config["PUBLIC_URL"], query_string={"lang": lang}):
        page = offline_map.render(profile)
    writers.save(output, page.encode())
    click.echo(f"{output}: {len(page.encode()) / 1e6:.1f} MB, opens in any browser.", err=True)


def _place(opened: Any, text: str, *, by_road: bool = True) -> Any:
    import geopandas as gpd

    from webapp import args

    if "," not in text:
        return opened.place(text)[1]
    try:
        lon, lat = args.lonlat(text)
        return (
            opened.point(lon, lat)
            if by_road
            else gpd.GeoDataFrame(
                index=["point"], geometry=gpd.points_from_xy([lon], [lat]), crs=4326
            )
        )
    except ValueError as error:
        raise InputError(f"{error}.") from None


def _print(
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


if __name__ == "__main__":
    main()

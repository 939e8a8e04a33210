"""The command group ``roads``: road networks from OpenStreetMap, kept under the home folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from geo import text
from geo.errors import InputError, NotFoundError
from geo.layers.validation import counted
from geo.roads import default_network, importing, osm_download, storage, surfaces
from geo.roads.drive import MAIN_ROADS
from geo.roads.main_roads import NO_ROADS
from geo.roads.network import Network
from webapp import i18n, settings
from webapp.cli import roads_report as report
from webapp.cli.roads_get import default, get
from webapp.cli.roads_keeping import (
    check_home,
    folder_of,
    home_writable,
    keep,
    network_name,
    networks_folder,
    progress,
    runner,
    scheduler_option,
    surfaces_option,
)
from webapp.i18n import gettext

DOWNLOAD_STEPS = 2
"""Steps that :func:`geo.roads.osm_download.download` names if nothing has to be asked twice.
"""
MAIN_STEPS = 7
"""Steps that :meth:`geo.roads.main_roads.MainRoads.prepare` names."""


@click.group()
def roads() -> None:
    """Road networks from OpenStreetMap: get, download, import, prepare, choose the default, list,
    check, remove.
    """
    storage.sweep(networks_folder())


roads.add_command(get)
roads.add_command(default)


@roads.command()
@click.option(
    "--bbox",
    nargs=4,
    type=float,
    metavar="W S E N",
    help="Box in degrees: west, south, east, north.",
)
@click.option("--place", help="Name of an area, as OpenStreetMap's Nominatim knows it.")
@click.option(
    "--name",
    default="download",
    show_default=True,
    callback=lambda _, __, value: network_name(value),
    help="Name to keep the network under.",
)
@click.option(
    "--overpass-url",
    default=osm_download.OVERPASS,
    show_default=True,
    help="Server to ask for the roads.",
)
@surfaces_option
@scheduler_option
@click.pass_context
def download(
    context: click.Context,
    bbox: tuple[float, float, float, float] | None,
    place: str | None,
    name: str,
    overpass_url: str,
    wanted: bool | None,
    scheduler: str | None,
) -> None:
    """Download the roads of a box or a place and keep them as a network."""
    cache = settings.home() / "cache" / "overpass"

    def ask(basis: importing.Basis, say: importing.OnStep) -> Network:
        with home_writable():
            return osm_download.download(
                bbox=bbox,
                place=place,
                speeds=basis.speeds,
                countries=basis.countries,
                overpass_url=overpass_url,
                cache_folder=cache,
                on_step=say,
            )

    keep(context, name, wanted, scheduler, ("Asking for the roads", DOWNLOAD_STEPS), ask)
    shutil.rmtree(cache, ignore_errors=True)


@roads.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", help="Name to keep the network under. Default: that of the file.")
@surfaces_option
@scheduler_option
@click.pass_context
def import_(
    context: click.Context,
    files: tuple[Path, ...],
    name: str | None,
    wanted: bool | None,
    scheduler: str | None,
) -> None:
    """Read OpenStreetMap files (.osm, .osm.pbf, .osm.gz, .osm.bz2) or one OSMnx graph (.graphml)
    and keep them as one network.
    """

    def read(basis: importing.Basis, say: importing.OnStep) -> Network:
        return osm_download.read(
            *files, speeds=basis.speeds, countries=basis.countries, on_step=say
        )

    begin = "Reading the files", _steps(files)
    name = network_name(_name_of(files) if name is None else name)
    keep(context, name, wanted, scheduler, begin, read)


def _steps(files: Sequence[Path]) -> int:
    """Count the steps that :func:`geo.roads.osm_download.read` names."""
    return 1 if files[0].suffix.lower() == ".graphml" else 2 * len(files) + 1


@roads.command()
@click.argument("name", default=MAIN_ROADS)
@scheduler_option
@click.pass_context
def prepare(context: click.Context, name: str, scheduler: str | None) -> None:
    """Make the surfaces of a network anew: the data have changed, or they had been left out.
    Without a name: those of the main roads.
    """
    built_in = name == MAIN_ROADS
    folder = None if built_in else folder_of(network_name(name))
    check_home()
    atlas = context.obj.atlas
    places, run = atlas.targets(), runner(scheduler)
    if folder is None:
        with progress("Opening the network", steps=MAIN_STEPS) as say:
            atlas.networks.main_roads.prepare(places, say, run)
        click.echo(f"Prepared the network {name}.")
        return
    old = storage.load(folder)
    steps = 1 + len(old.profiles) * (1 if importing.is_whole(old) else 2)
    del old
    with progress("Opening the network", steps=steps) as say, home_writable():
        importing.prepare(folder, places, run, say)
    click.echo(
        f"Prepared the network {name}. {report.surfaced(storage.load(folder), places, folder)}"
    )


@roads.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List the networks: that of the data package and those that are kept, one a line; the default
    one is marked.
    """
    heads = ("name", "title", "junctions", "segments", "source date", "surfaces")
    rows: list[tuple[str, ...]] = [(*heads, "profiles")]
    chosen, mark = default_network.of(settings.home()), gettext("default")
    for name in (MAIN_ROADS, *storage.names(networks_folder())):
        try:
            network, folder = _listed(name, context)
            ready = _ready(folder, context)
        except (InputError, NotFoundError) as error:
            click.echo(f"{name}: {error}", err=True)
            continue
        about = network.manifest
        shown = f"{name} ({mark})" if name == chosen else name
        rows.append(
            (
                *(shown, about.title, f"{network.node_count:,}", f"{network.segment_count:,}"),
                *(about.as_of or "unknown", ready),
                ", ".join(network.profiles),
            )
        )
    width = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(w) if at in (2, 3) else cell.ljust(w)
            for at, (cell, w) in enumerate(zip(row, width, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())


def _listed(name: str, context: click.Context) -> tuple[Network, Path]:
    """Open a network, and say in which folder it is kept."""
    if name != MAIN_ROADS:
        return storage.load(networks_folder() / name), networks_folder() / name
    networks = context.obj.atlas.networks
    if not networks.main_roads.has_roads:
        raise NotFoundError(NO_ROADS)
    return networks.open(), networks.place(name)


@roads.command()
@click.argument(
    "names",
    metavar="[NAME]...",
    nargs=-1,
    callback=lambda _, __, values: [network_name(value) for value in values],
)
def check(names: list[str]) -> None:
    """Check that every file of the kept networks, or of those named, is as it was written."""
    faults = []
    for name in names or storage.names(networks_folder()):
        wrong = _faults(folder_of(name))
        click.echo(f"{name}: {i18n.said(counted(wrong))}")
        faults += wrong
    if faults:
        raise InputError(gettext("Road networks are damaged:"), faults)


def _faults(folder: Path) -> list[str]:
    """List what is wrong with the files of a network and of its surfaces."""
    faults = []
    for look in (storage.load, surfaces.check_files):
        try:
            look(folder)
        except (InputError, NotFoundError) as error:
            faults.append(error.message)
    return faults


@roads.command()
@click.argument("name", callback=lambda _, __, value: network_name(value))
def remove(name: str) -> None:
    """Remove a network. Without the default one, the built-in network is the default again."""
    folder, home = folder_of(name), settings.home()
    was_default = default_network.of(home) == name
    shutil.rmtree(folder)
    click.echo(f"Removed the network {name}.")
    if was_default:
        default_network.choose(home, MAIN_ROADS)
        click.echo(gettext("The default network is %(name)s again.", name=MAIN_ROADS))


def _ready(folder: Path, context: click.Context) -> str:
    """Return whether surfaces are there and fit the data."""
    if not (folder / surfaces.MANIFEST).is_file():
        return "none"
    places = context.obj.atlas.targets()
    try:
        surfaces.check_fit(places, folder)
    except (InputError, NotFoundError):
        return "old"
    return "ready"


def _name_of(files: Sequence[Path]) -> str:
    """Make the name of a network of that of its file: hanoi of hanoi.osm.pbf, ha-noi-2025 of “Hà
    Nội 2025.osm”.
    """
    if len(files) > 1:
        raise InputError(gettext("Several files make one network: name it with --name."))
    stem = files[0].name.lower()
    while stem.endswith((".osm", ".pbf", ".gz", ".bz2", ".xml", ".graphml")):
        stem = stem.rpartition(".")[0]
    plain = text.decomposed(stem).encode("ascii", "ignore").decode()
    name = "-".join("".join(char if char.isalnum() else " " for char in plain).split())
    if not name or name == MAIN_ROADS:
        raise InputError(
            gettext(
                "The file name %(file)s makes no name for a network; choose one with --name.",
                file=files[0].name,
            )
        )
    return name

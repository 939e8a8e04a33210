"""The command group ``roads``: road networks from OpenStreetMap, kept under the home folder."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from geo import layers, text
from geo.errors import InputError, NotFoundError, UnavailableError
from geo.layers.validation import counted
from geo.roads import importing, osm_download, road_table, storage, surfaces
from geo.roads.drive import CORRIDORS
from geo.roads.network import Network
from webapp import i18n, settings
from webapp.cli import roads_report as report
from webapp.i18n import gettext

DOWNLOAD_STEPS = 2
"""Steps that :func:`geo.roads.osm_download.download` names if nothing has to be asked twice.
"""
MAIN_ROADS = "main-roads"
"""The network of the roads of the data package, where it is given no other name."""
BAR = "[%(bar)s] %(info)s  %(label)s"


@click.group()
def roads() -> None:
    """Road networks from OpenStreetMap: download, import, prepare, list, check, remove."""
    storage.sweep(_folder())


_surfaces = click.option(
    "--surfaces/--no-surfaces",
    "wanted",
    default=None,
    help=(
        "Also prepare the times to gates, ports, airports and cities. Default: if they take no"
        f" more than {importing.SURFACES_MB:,} MB."
    ),
)
_scheduler = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Cluster to make the surfaces on: its dask.distributed scheduler. Default: this machine.",
)


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
    callback=lambda _, __, value: _name(value),
    help="Name to keep the network under.",
)
@click.option(
    "--overpass-url",
    default=osm_download.OVERPASS,
    show_default=True,
    help="Server to ask for the roads.",
)
@_surfaces
@_scheduler
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
        with _home_writable():
            return osm_download.download(
                bbox=bbox,
                place=place,
                speeds=basis.speeds,
                overpass_url=overpass_url,
                cache_folder=cache,
                on_step=say,
            )

    _import(context, name, wanted, scheduler, ("Asking for the roads", DOWNLOAD_STEPS), ask)
    shutil.rmtree(cache, ignore_errors=True)


@roads.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--name", help="Name to keep the network under. Default: that of the file.")
@_surfaces
@_scheduler
@click.pass_context
def import_(
    context: click.Context,
    files: tuple[Path, ...],
    name: str | None,
    wanted: bool | None,
    scheduler: str | None,
) -> None:
    """Read OpenStreetMap files (.osm, .osm.pbf, .osm.gz, .osm.bz2) or one OSMnx graph (.graphml)
    and keep them as one network. Without a file: the main roads of the data package.
    """

    def read(basis: importing.Basis, say: importing.OnStep) -> Network:
        if not files:
            return road_table.network(context.obj.atlas.data, basis.speeds)
        return osm_download.read(*files, speeds=basis.speeds, on_step=say)

    if name is None:
        name = _name_of(files) if files else MAIN_ROADS
    begin = ("Reading the files", _steps(files)) if files else ("Reading the roads", 1)
    _import(context, _name(name), wanted, scheduler, begin, read)


def _steps(files: Sequence[Path]) -> int:
    """Count the steps that :func:`geo.roads.osm_download.read` names."""
    return 1 if files[0].suffix.lower() == ".graphml" else 2 * len(files) + 1


def _import(
    context: click.Context,
    name: str,
    wanted: bool | None,
    scheduler: str | None,
    begin: tuple[str, int],
    make: Callable[[importing.Basis, importing.OnStep], Network],
) -> None:
    """Keep what `make` returns as a network; `begin` names its first step and counts its steps."""
    _check_home()
    basis, run = _basis(context), _runner(scheduler)
    folder, (first, steps) = _folder() / name, begin
    kept_steps = 2 + basis.speeds["profile"].nunique() * (1 if wanted is False else 2)
    with _progress(first, steps=steps + kept_steps) as say:
        network = make(basis, say)
        with _home_writable():
            done = importing.keep(network, folder, basis, wanted=wanted, run=run, on_step=say)
        sentences = report.kept(done, name, folder, basis)
    click.echo("\n  ".join(sentences))


@roads.command()
@click.argument("name", callback=lambda _, __, value: _name(value))
@_scheduler
@click.pass_context
def prepare(context: click.Context, name: str, scheduler: str | None) -> None:
    """Make the surfaces of a network anew: the data have changed, or they had been left out."""
    folder = _of(name)
    _check_home()
    places, run = context.obj.atlas.targets(), _runner(scheduler)
    old = storage.load(folder)
    steps = 1 + len(old.profiles) * (1 if importing.is_whole(old) else 2)
    del old
    with _progress("Opening the network", steps=steps) as say, _home_writable():
        importing.prepare(folder, places, run, say)
    click.echo(
        f"Prepared the network {name}. {report.surfaced(storage.load(folder), places, folder)}"
    )


@roads.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List the networks: that of the data package and those that are kept, one a line."""
    heads = ("name", "title", "junctions", "segments", "coarse", "source date", "surfaces")
    rows: list[tuple[str, ...]] = [(*heads, "profiles")]
    for name in (CORRIDORS, *storage.names(_folder())):
        folder = _folder() / name
        try:
            network = context.obj.atlas.network() if name == CORRIDORS else storage.load(folder)
            ready = _ready(folder, context)
        except (InputError, NotFoundError) as error:
            click.echo(f"{name}: {error}", err=True)
            continue
        about = network.manifest
        rows.append(
            (
                *(name, about.title, f"{network.node_count:,}", f"{network.segment_count:,}"),
                *("yes" if about.coarse else "no", about.as_of or "unknown", ready),
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


@roads.command()
@click.argument(
    "names",
    metavar="[NAME]...",
    nargs=-1,
    callback=lambda _, __, values: [_name(value) for value in values],
)
def check(names: list[str]) -> None:
    """Check that every file of the kept networks, or of those named, is as it was written."""
    faults = []
    for name in names or storage.names(_folder()):
        wrong = _faults(_of(name))
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
@click.argument("name", callback=lambda _, __, value: _name(value))
def remove(name: str) -> None:
    """Remove a network."""
    folder = _of(name)
    shutil.rmtree(folder)
    click.echo(f"Removed the network {name}.")


def _runner(scheduler: str | None) -> surfaces.Runner:
    """Return where surfaces are made; a cluster is asked at once, so that what is wrong with it
    shows before hours of work."""
    if scheduler is None:
        return surfaces.on_this_machine
    from geo.roads import cluster

    return cluster.runner(scheduler)


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


def _basis(context: click.Context) -> importing.Basis:
    """Return what an import needs, read before anything else so that faults show at once."""
    atlas = context.obj.atlas
    outlines = atlas.countries()
    if outlines is None:
        make = "python data/basemap/build.py --bbox W,S,E,N --out DIR"
        raise NotFoundError(
            gettext(
                "There is no file %(path)s, which is needed to close the border; “%(command)s”"
                " makes it.",
                path=atlas.data / layers.OUTLINES,
                command=make,
            )
        )
    return importing.Basis(
        speeds=atlas.table("speeds"),
        crossings=atlas.table("crossings"),
        gates=atlas.layer("gates"),
        parks=atlas.layer("parks"),
        countries=outlines,
        places=atlas.targets(),
    )


@contextmanager
def _progress(first: str, *, steps: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on a terminal, and elsewhere one line a step; both on stderr.

    Yields a function to call whenever the next step begins.
    """
    with click.progressbar(
        length=steps,
        label=_label(first),
        file=sys.stderr,
        show_eta=False,
        show_percent=False,
        show_pos=True,
        bar_template=BAR,
        width=20,
    ) as bar:

        def say(step: str) -> None:
            bar.label = _label(step)
            bar.update(
                min(1, steps - 1 - bar.pos)
            )  # a server that has to be asked again adds steps

        yield say
        bar.update(steps - bar.pos)


def _label(step: str) -> str:
    """Cut the name of a step to what fits beside the bar, which cannot wrap."""
    room = shutil.get_terminal_size().columns - 32
    return f"{step if not sys.stderr.isatty() or len(step) <= room else step[: max(room, 0)]} …"


def _name(value: str) -> str:
    if not storage.NAME.fullmatch(value):
        raise InputError(
            gettext(
                "“%(text)s” cannot be the name of a network: use small letters, digits and"
                " hyphens.",
                text=value,
            )
        )
    if value == CORRIDORS:
        raise InputError(gettext("“%(name)s” is taken; choose another name.", name=value))
    return value


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
    if not name or name == CORRIDORS:
        raise InputError(
            gettext(
                "The file name %(file)s makes no name for a network; choose one with --name.",
                file=files[0].name,
            )
        )
    return name


def _check_home() -> None:
    """Refuse a home folder that cannot be written, before hours of work; nothing is left of the
    attempt.
    """
    with _home_writable():
        folder = _folder()
        while not folder.exists():
            folder = folder.parent
        os.rmdir(tempfile.mkdtemp(prefix=".", dir=folder))


@contextmanager
def _home_writable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            gettext(
                "The home folder %(path)s cannot be written: %(reason)s.",
                path=settings.home(),
                reason=error.strerror or error,
            )
        ) from None


def _folder() -> Path:
    return settings.home() / "networks"


def _of(name: str) -> Path:
    """Return the folder of a network that is kept."""
    folder = _folder() / name
    if not folder.is_dir():
        raise NotFoundError(gettext("There is no road network “%(name)s”.", name=name))
    return folder

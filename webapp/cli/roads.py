"""The command group ``roads``: road networks from OpenStreetMap, kept under the home folder."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from geo import layers
from geo.errors import InputError, NotFoundError, UnavailableError
from geo.roads import borders, corridors, network, osm_download, storage, surfaces
from geo.tables.validation import counted
from webapp import settings

RESERVED = "corridors"
"""The network that comes with the data package."""

SHOWN = 10
"""Rows of the border report that are shown of each kind."""

SURFACES_MB = 2_000
"""Surfaces that take more disk are made only when they are asked for."""

DOWNLOAD_STEPS = 2
"""Steps that :func:`geo.roads.osm_download.download` tells of when nothing has to be asked twice.
"""
BAR = "[%(bar)s] %(info)s  %(label)s"


@dataclass(frozen=True)
class Package:
    """What an import needs of the data package, read before anything else so that its faults show
    at once.
    """

    speeds: Any
    crossings: Any
    gates: Any
    parks: Any
    countries: Any
    places: Any

    @classmethod
    def of(cls, context: click.Context) -> Package:
        data = _data(context)
        outlines = layers.read_countries(data)
        if outlines is None:
            make = "python data/basemap/build.py --bbox W,S,E,N --out DIR"
            raise NotFoundError(
                f"There is no file {data / layers.OUTLINES}, which is needed to close the border;"
                f" “{make}” makes it."
            )
        return cls(
            speeds=layers.read_table(data, "speeds"),
            crossings=layers.read_table(data, "crossings"),
            gates=layers.read(data, "gates"),
            parks=layers.read(data, "parks"),
            countries=outlines,
            places=context.obj.atlas.targets(),
        )


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
        f" more than {SURFACES_MB:,} MB."
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
    _check_home()
    package, run = Package.of(context), _runner(scheduler)
    cache = settings.home() / "cache" / "overpass"
    with (
        _home_writable(),
        _progress(
            "Asking for the roads", steps=DOWNLOAD_STEPS + _steps_kept(package, wanted)
        ) as say,
    ):
        made = osm_download.download(
            bbox=bbox,
            place=place,
            speeds=package.speeds,
            overpass_url=overpass_url,
            cache_folder=cache,
            on_step=say,
        )
        told = _keep(made, name, package, wanted, run, say)
    click.echo("\n  ".join(told))
    shutil.rmtree(cache, ignore_errors=True)


@roads.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
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
    and keep them as one network.
    """
    name = _name_of(files) if name is None else _name(name)
    _check_home()
    package, run = Package.of(context), _runner(scheduler)
    with _progress("Reading the files", steps=_steps(files) + _steps_kept(package, wanted)) as say:
        made = osm_download.read(*files, speeds=package.speeds, on_step=say)
        told = _keep(made, name, package, wanted, run, say)
    click.echo("\n  ".join(told))


@roads.command()
@click.argument("name", callback=lambda _, __, value: _name(value))
@_scheduler
@click.pass_context
def prepare(context: click.Context, name: str, scheduler: str | None) -> None:
    """Make the surfaces of a network anew: the data have changed, or they had been left out."""
    folder = _folder() / name
    if not folder.is_dir():
        raise NotFoundError(f"There is no road network “{name}”.")
    _check_home()
    places, run = context.obj.atlas.targets(), _runner(scheduler)
    one = storage.load(folder)
    whole = tuple(one.hierarchies) == one.profiles
    steps = 1 + len(one.profiles) * (1 if whole else 2)
    with (
        _progress("Opening the network", steps=steps) as say,
        _home_writable(),
        storage.beside(folder) as made,
    ):
        if whole:
            _share(folder, made)
        else:
            one = one.prepared(lambda profile: say(_preparing(profile)))
            storage.write(one, made)
        surfaces.write(one, places, made, run=run, on_step=lambda profile: say(_surfacing(profile)))
        del one  # Windows moves no folder with mapped files
    click.echo(f"Prepared the network {name}. {_surfaced(storage.load(folder), places, folder)}")


@roads.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List the networks: that of the data package and those that are kept, one a line."""
    rows = [
        ("name", "title", "junctions", "segments", "coarse", "source date", "surfaces", "profiles")
    ]
    for name in (RESERVED, *storage.names(_folder())):
        try:
            one = (
                corridors.read(_data(context))
                if name == RESERVED
                else storage.load(_folder() / name)
            )
            ready = _ready(_folder() / name, context)
        except (InputError, NotFoundError) as error:
            click.echo(f"{name}: {error}", err=True)
            continue
        coarse = "yes" if one.manifest.coarse else "no"
        size = (f"{one.node_count:,}", f"{one.segment_count:,}")
        rows.append(
            (
                name,
                one.manifest.title,
                *size,
                coarse,
                one.manifest.as_of or "unknown",
                ready,
                ", ".join(one.profiles),
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
        if not (_folder() / name).is_dir():
            raise NotFoundError(f"There is no road network “{name}”.")
        found = _faults(_folder() / name)
        click.echo(f"{name}: {counted(found)}")
        faults += found
    if faults:
        raise InputError("Road networks are damaged:", faults)


def _faults(folder: Path) -> list[str]:
    """List what is wrong with the files of a network and of its surfaces."""
    faults = []
    for look in (storage.load, surfaces.check_files):
        try:
            look(folder)
        except (InputError, NotFoundError) as error:
            faults.append(str(error))
    return faults


@roads.command()
@click.argument("name", callback=lambda _, __, value: _name(value))
def remove(name: str) -> None:
    """Remove a network."""
    folder = _folder() / name
    if not folder.is_dir():
        raise NotFoundError(f"There is no road network “{name}”.")
    shutil.rmtree(folder)
    click.echo(f"Removed the network {name}.")


def _preparing(profile: str) -> str:
    return f"Preparing fast answers by {profile} (compiles, the first time)"


def _surfacing(profile: str) -> str:
    return f"Making the surfaces by {profile}"


def _runner(scheduler: str | None) -> surfaces.Runner:
    """Return where surfaces are made; a cluster is asked at once, so that what is wrong with it
    shows before hours of work."""
    if scheduler is None:
        return surfaces.on_this_machine
    from geo.roads import cluster

    return cluster.runner(scheduler)


def _keep(
    made: network.Network,
    name: str,
    package: Package,
    wanted: bool | None,
    run: surfaces.Runner,
    say: Callable[[str], None],
) -> list[str]:
    """Close the border of a network, prepare it, save it, and give in sentences what it is good
    for.
    """
    say("Closing the border")
    closed, report = borders.close(made, package.countries, package.gates, package.crossings)
    closed = closed.prepared(lambda profile: say(_preparing(profile)))
    folder = _folder() / name
    existed = folder.exists()
    size_mb = surfaces.size_mb(closed, package.places)
    enough = size_mb <= SURFACES_MB if wanted is None else wanted
    with _home_writable(), storage.beside(folder) as beside:
        storage.write(closed, beside)
        if enough:
            surfaces.write(
                closed,
                package.places,
                beside,
                run=run,
                on_step=lambda profile: say(_surfacing(profile)),
            )
    km = float(closed.length_m.sum()) / 1000
    told = [
        f"{'Replaced' if existed else 'Kept'} the network {name}: {closed.segment_count:,}"
        f" segments, {km:,.0f} km."
    ]
    if enough:
        told.append(_surfaced(closed, package.places, folder))
    else:
        told.append(
            f"Its surfaces would take {size_mb:,.1f} MB and were left out; “zoneatlas roads prepare"
            f" {name}” makes them."
        )
    return [
        *told,
        *_joined(closed, package.parks),
        *closed.manifest.notes,
        *_border(closed, report, package),
    ]


def _surfaced(made: network.Network, places: Any, folder: Path) -> str:
    """Return what surfaces there are."""
    found = surfaces.load(made, places, folder).values()
    joined = {int(row) for one in found for row in one.sides.of_row[one.joined]}
    size_mb = sum(one.to_s.nbytes + one.from_s.nbytes for one in found) / 1e6
    return (
        f"{len(joined)} of {len(places)} places are joined to its roads; their surfaces take"
        f" {size_mb:,.1f} MB."
    )


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


def _share(old: Path, new: Path) -> None:
    """Put the files of a network into another folder too, except surfaces: what is written there
    anew must not be written here.
    """
    for path in old.iterdir():
        if not path.name.startswith(("surface.", surfaces.MANIFEST)):
            try:
                os.link(path, new / path.name)
            except OSError:  # not every file system has links
                shutil.copy2(path, new / path.name)


def _border(made: network.Network, report: Any, package: Package) -> Iterator[str]:
    """Return which gates have a road, which roads are cut, and what is suspicious."""
    reach_m = borders.reach_m(package.gates)
    here = (report["verdict"] != "no road") | _inside(report["lon"], report["lat"], made)
    sentences: tuple[tuple[Any, Callable[[Any], str]], ...] = (
        (report["verdict"] == "matched", lambda row: _matched(row, made)),
        (report["verdict"] == "cut", lambda row: _cut(row, reach_m)),
        (
            report["verdict"] == "no road",
            lambda row: f"The gate {row['gate']} has no road in this network.",
        ),
        (
            report["reason"] != "",
            lambda row: f"Suspicious at {row['lon']:.4f},{row['lat']:.4f}: {row['reason']}.",
        ),
    )
    for which, sentence_of in sentences:
        rows = report[here & which]
        for _, row in rows.head(SHOWN).iterrows():
            yield sentence_of(row)
        if len(rows) > SHOWN:
            yield f"And {len(rows) - SHOWN:,} more."


def _joined(made: network.Network, parks: Any) -> list[str]:
    """Say for each vehicle how many parks the network serves, of those in its box; the others are
    none of its business.
    """
    parks = parks[_inside(parks.geometry.x, parks.geometry.y, made)]
    if parks.empty:
        return ["No park of the data lies in its area."]
    sentences = []
    for profile in made.profiles:
        lonlat = parks.geometry.get_coordinates().to_numpy()
        distance_m = made.snap(
            lonlat, profile, country=parks["country"].to_numpy(object)
        ).distance_m
        near = distance_m[np.isfinite(distance_m)]
        farthest = f", the farthest over {near.max() / 1000:.1f} km" if len(near) else ""
        sentences.append(
            f"Parks in its area that are joined to a road by {profile}: {len(near)} of"
            f" {len(parks)}{farthest}."
        )
    return sentences


def _matched(row: Any, made: network.Network) -> str:
    barred = [
        profile
        for profile in made.profiles
        if not np.isfinite(made.time_s[profile][row["segment"]])
    ]
    closed = f"; it is closed to the {' and the '.join(barred)}" if barred else ""
    return f"The gate {row['gate']} has a road, {row['distance_m'] / 1000:.1f} km from it{closed}."


def _cut(row: Any, reach_m: Any) -> str:
    if not isinstance(row["gate"], str):
        why = "no gate joins these countries"
    elif row["distance_m"] > reach_m[row["gate"]]:
        why = f"the nearest gate, {row['gate']}, is {row['distance_m'] / 1000:.1f} km away"
    else:
        why = f"the gate {row['gate']} has a nearer road"
    return f"The road across the border at {row['lon']:.4f},{row['lat']:.4f} is cut: {why}."


def _inside(lon: Any, lat: Any, made: network.Network) -> Any:
    west, south = made.node_lonlat.min(axis=0)
    east, north = made.node_lonlat.max(axis=0)
    return lon.between(west, east) & lat.between(south, north)


def _steps(files: Sequence[Path]) -> int:
    """Count the steps that :func:`geo.roads.osm_download.read` tells of."""
    return 1 if files[0].suffix.lower() == ".graphml" else 2 * len(files) + 1


def _steps_kept(package: Package, wanted: bool | None) -> int:
    """Count the steps of :func:`_keep`, and the last, which ends when everything does."""
    return 2 + package.speeds["profile"].nunique() * (1 if wanted is False else 2)


@contextmanager
def _progress(first: str, *, steps: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on a terminal, and elsewhere one line a step; both on stderr.

    Yields a function to call whenever the next step begins.
    """
    options: dict[str, Any] = {
        "show_eta": False,
        "show_percent": False,
        "show_pos": True,
        "bar_template": BAR,
        "width": 20,
    }
    with click.progressbar(length=steps, label=_label(first), file=sys.stderr, **options) as bar:

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
            f"“{value}” cannot be the name of a network: use small letters, digits and hyphens."
        )
    if value == RESERVED:
        raise InputError(
            f"“{RESERVED}” is the network that comes with the data; choose another name."
        )
    return value


def _name_of(files: Sequence[Path]) -> str:
    """Make the name of a network of that of its file: hanoi of hanoi.osm.pbf, ha-noi-2025 of “Hà
    Nội 2025.osm”.
    """
    if len(files) > 1:
        raise InputError("Several files make one network: name it with --name.")
    stem = files[0].name.lower()
    while stem.endswith((".osm", ".pbf", ".gz", ".bz2", ".xml", ".graphml")):
        stem = stem.rpartition(".")[0]
    plain = unicodedata.normalize("NFKD", stem.replace("đ", "d")).encode("ascii", "ignore").decode()
    name = "-".join("".join(char if char.isalnum() else " " for char in plain).split())
    if not name or name == RESERVED:
        raise InputError(
            f"The file name {files[0].name} makes no name for a network; choose one with --name."
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
            f"The home folder {settings.home()} cannot be written: {error.strerror or error}."
        ) from None


def _data(context: click.Context) -> Path:
    return Path(getattr(context.obj, "data", None) or layers.bundled())


def _folder() -> Path:
    return settings.home() / "networks"

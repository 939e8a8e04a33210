"""What the commands share that keep road networks in the home folder."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from geo import layers
from geo.errors import InputError, NotFoundError, UnavailableError
from geo.roads import importing, storage, surfaces
from geo.roads.drive import MAIN_ROADS
from geo.roads.network import Network
from webapp import i18n, settings
from webapp.cli import roads_report as report
from webapp.i18n import gettext

BAR = "[%(bar)s] %(info)s  %(label)s"


surfaces_option = click.option(
    "--surfaces/--no-surfaces",
    "wanted",
    default=None,
    help=(
        "Also prepare the times to gates, ports, airports and cities. Default: if they take no"
        f" more than {importing.SURFACES_MB:,} MB."
    ),
)
scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Cluster to make the surfaces on: its dask.distributed scheduler. Default: this machine.",
)


def keep(
    context: click.Context,
    name: str,
    wanted: bool | None,
    scheduler: str | None,
    begin: tuple[str, int],
    make: Callable[[importing.Basis, importing.OnStep], Network],
) -> None:
    """Keep what `make` returns as a network; `begin` names its first step and counts its steps."""
    check_home()
    basis, run = basis_of(context), runner(scheduler)
    folder, (first, steps) = networks_folder() / name, begin
    kept_steps = 2 + basis.speeds["profile"].nunique() * (1 if wanted is False else 2)
    with progress(first, steps=steps + kept_steps) as say:
        network = make(basis, say)
        with home_writable():
            done = importing.keep(network, folder, basis, wanted=wanted, run=run, on_step=say)
        sentences = report.kept(done, name, folder, basis)
    click.echo("\n  ".join(sentences))


def runner(scheduler: str | None) -> surfaces.Runner:
    """Return where surfaces are made; a cluster is asked at once, so that what is wrong with it
    shows before hours of work."""
    if scheduler is None:
        return surfaces.on_this_machine
    from geo.roads import cluster

    return cluster.runner(scheduler)


def basis_of(context: click.Context) -> importing.Basis:
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
def progress(first: str, *, steps: int) -> Iterator[Callable[[str], None]]:
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
    step = i18n.said(step)
    return f"{step if not sys.stderr.isatty() or len(step) <= room else step[: max(room, 0)]} …"


def network_name(value: str) -> str:
    """Check the name of a network that is, or will be, kept."""
    if not storage.NAME.fullmatch(value):
        raise InputError(
            gettext(
                "“%(text)s” cannot be the name of a network: use small letters, digits and"
                " hyphens.",
                text=value,
            )
        )
    if value == MAIN_ROADS:
        raise InputError(gettext("“%(name)s” is taken; choose another name.", name=value))
    return value


def check_home() -> None:
    """Refuse a home folder that cannot be written, before hours of work; nothing is left of the
    attempt.
    """
    with home_writable():
        folder = networks_folder()
        while not folder.exists():
            folder = folder.parent
        os.rmdir(tempfile.mkdtemp(prefix=".", dir=folder))


@contextmanager
def home_writable() -> Iterator[None]:
    """Refuse in one sentence where the home folder cannot be written."""
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


def networks_folder() -> Path:
    """Return the folder of the networks that are kept; it need not exist yet."""
    return settings.home() / "networks"


def folder_of(name: str) -> Path:
    """Return the folder of a network that is kept."""
    folder = networks_folder() / name
    if not folder.is_dir():
        raise NotFoundError(gettext("There is no road network “%(name)s”.", name=name))
    return folder

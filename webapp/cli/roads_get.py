"""The commands ``roads get`` and ``roads default``: the extracts that a data package names as the
network one drives on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from geo.roads import default_network, extracts, fetching, importing
from geo.roads.extracts import Extract
from geo.roads.network import Network
from webapp import i18n, settings
from webapp.cli.roads_keeping import (
    basis_of,
    check_home,
    folder_of,
    home_writable,
    keep,
    network_name,
    scheduler_option,
    surfaces_option,
)
from webapp.i18n import gettext

NAME = "openstreetmap"
"""The network of the extracts, where it is given no other name."""
REDRAWN_S = 0.2
"""How often a terminal shows the bytes that have arrived."""


@click.command()
@click.argument("ids", metavar="[EXTRACT]...", nargs=-1)
@click.option(
    "--name",
    default=NAME,
    show_default=True,
    callback=lambda _, __, value: network_name(value),
    help="Name to keep the network under.",
)
@click.option(
    "--default/--no-default",
    "chosen",
    default=True,
    show_default=True,
    help="Make it the network one drives on where none is named.",
)
@surfaces_option
@scheduler_option
@click.pass_context
def get(
    context: click.Context,
    ids: tuple[str, ...],
    name: str,
    chosen: bool,
    wanted: bool | None,
    scheduler: str | None,
) -> None:
    """Download the extracts of OpenStreetMap that the data package names, or some of them by their
    ids, and keep their roads as one network, which becomes the default.

    Stopped, it goes on where it was the next time. What is here and unchanged is not downloaded
    again.
    """
    wished = extracts.choose(context.obj.atlas.table("extracts"), ids)
    check_home()
    basis_of(context)
    folder = settings.home() / "extracts"
    _download(wished)

    def read(basis: importing.Basis, say: importing.OnStep) -> Network:
        return extracts.read(
            wished, folder, speeds=basis.speeds, countries=basis.countries, on_step=say
        )

    begin = (gettext("Reading the extracts"), 2 * len(wished) + 1)
    keep(context, name, wanted, scheduler, begin, read)
    if chosen:
        _choose(name)


def _download(wished: Sequence[Extract]) -> None:
    """Bring the extracts into the home folder, one after another."""
    folder = settings.home() / "extracts"
    for extract in wished:
        with _shown(extract.title) as (on_bytes, on_step), home_writable():
            new = fetching.fetch(
                extract.source, folder / extract.file_name, on_bytes=on_bytes, on_step=on_step
            )
        if not new:
            text = gettext("%(name)s: unchanged, not downloaded again.", name=extract.title)
            click.echo(text, err=True)


@contextmanager
def _shown(name: str) -> Iterator[tuple[fetching.OnBytes, Callable[[str], None]]]:
    """Show on stderr how much of a file has arrived: on a terminal in one line, elsewhere a line
    for each tenth.

    Yields what is called with the bytes, and with what happens on the way.
    """
    on_terminal = sys.stderr.isatty()
    last: tuple[float, int] = (0.0, -1)
    opened = False

    def on_bytes(here: int, total: int | None) -> None:
        nonlocal last, opened
        tenth = 10 * here // total if total else here // 100_000_000
        now = time.monotonic()
        due = now - last[0] >= REDRAWN_S if on_terminal else tenth != last[1]
        if not due and here != total:
            return
        last = now, tenth
        arrived, whole = (f"{amount / 1e6:,.1f}" for amount in (here, total or 0))
        text = (
            gettext("%(name)s: %(here)s of %(total)s MB", name=name, here=arrived, total=whole)
            if total
            else gettext("%(name)s: %(here)s MB", name=name, here=arrived)
        )
        click.echo(f"\r{text}" if on_terminal else text, nl=not on_terminal, err=True)
        opened = on_terminal

    def end_line() -> None:
        nonlocal opened
        if opened:
            click.echo(err=True)
        opened = False

    def on_step(text: str) -> None:
        end_line()
        click.echo(f"{i18n.said(text)} …", err=True)

    try:
        yield on_bytes, on_step
    finally:
        end_line()


@click.command()
@click.argument("name", required=False)
def default(name: str | None) -> None:
    """Show the network one drives on where none is named, or choose it by NAME."""
    if name is None:
        click.echo(default_network.of(settings.home()))
        return
    if name != default_network.BUILT_IN:
        folder_of(network_name(name))
    _choose(name)


def _choose(name: str) -> None:
    """Make a network the default one, and say how to go back."""
    home = settings.home()
    with home_writable():
        default_network.choose(home, name)
    click.echo(gettext("The default network is %(name)s now.", name=name))
    if name != default_network.BUILT_IN:
        back = f"zoneatlas roads default {default_network.BUILT_IN}"
        click.echo(gettext("“%(command)s” goes back to the built-in one.", command=back))

"""What commands share: the opened package, and options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo.errors import InputError
from geo.roads import default_network
from geo.roads.drive import PROFILE, PROFILES, Drive
from geo.schema.tables import PACES

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.atlas import Atlas
    from geo.exchange.book import Book


@dataclass
class Context:
    """What every command gets: the folder of the data package, and an atlas of it."""

    data: Path
    given: str | None

    @cached_property
    def atlas(self) -> Atlas:
        """The opened data package."""
        from geo.atlas import Atlas
        from webapp.catalogues import province_names

        return Atlas(self.config["DATA"], self.config["HOME"], province_names)

    @cached_property
    def config(self) -> dict[str, Any]:
        """All settings, with the release that they lead to."""
        from webapp import settings

        return settings.resolve({"DATA": self.given})

    @property
    def book(self) -> Book | None:
        """The book of the exchange; None where nothing was ever written."""
        from geo.exchange.book import Book

        return Book.held(self.config["HOME"], self.config["STORE"])

    @property
    def new_book(self) -> Book:
        """The book of the exchange, begun where there is none."""
        from geo.exchange.book import Book

        return Book.of(self.config["HOME"], self.config["STORE"])

    def place(self, text: str) -> gpd.GeoDataFrame:
        """Read an ID or LON,LAT as an option holds it."""
        return self.atlas.where(where(text))


def person(name: str | None) -> str:
    """Return the name of whoever does something: the one stated, or that of the machine."""
    import getpass

    if name:
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a system without names
        return "?"


def where(text: str) -> str | tuple[float, float]:
    """Read an ID or LON,LAT."""
    from webapp import readers

    if "," not in text:
        return text
    try:
        return readers.lonlat(text)
    except ValueError as error:
        raise InputError(f"{error}.") from None


_format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json", "geojson"]),
    default="table",
    show_default=True,
)
_output_option = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write instead of the screen.",
)
profile_option = click.option(
    "--profile", default=PROFILE, show_default=True, help=f"Vehicle: {' or '.join(PROFILES)}."
)
network_option = click.option(
    "--network",
    default=default_network.name,
    show_default="that of “zoneatlas roads default”",
    help="Road network; see “zoneatlas roads list”.",
)
_closed_option = click.option(
    "--closed",
    multiple=True,
    metavar="GATE",
    help="Reckon as if this border gate were closed; may stand several times.",
)


_pace_option = click.option(
    "--pace",
    type=click.Choice(PACES),
    default=PACES[0],
    show_default=True,
    help="Sort of day at the border: how long gates take.",
)


def drive_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how one drives; the command gets them as one ``drive``."""

    @profile_option
    @network_option
    @_closed_option
    @_pace_option
    @wraps(command)
    def with_drive(
        profile: str, network: str, closed: tuple[str, ...], pace: str, **options: object
    ) -> None:
        command(drive=Drive(profile, network, closed, pace=pace), **options)

    return with_drive


def table_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a command that prints a table, and pass it the context."""
    return _format_option(_output_option(click.pass_obj(command)))

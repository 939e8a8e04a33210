"""The command group ``trip``: plan a field visit, check its file, write what one takes along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geo.errors import InputError, NotFoundError
from webapp.catalogues import LANGUAGES
from webapp.cli.options import Context, network_option
from webapp.i18n import current, gettext, speaking

if TYPE_CHECKING:
    from geo.visits.trip import Trip
    from webapp.trips.address import Lines

_file = click.argument("file", metavar="FILE")
_lang = click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    default=lambda: current().code,
    help="Language of names and words. Default: that of messages.",
)


@click.group()
def trip() -> None:
    """Plan field visits: order, days, gates and hours, and why not.

    FILE is a trip file in YAML (geo/visits/trip_file.py lists its keys), or the name of an example;
    “zoneatlas trip examples” lists them."""


@trip.command()
@click.pass_obj
def examples(context: Context) -> None:
    """List the worked examples."""
    from geo.visits import safe_yaml, trip_file

    known = trip_file.examples(context.data)
    if not known:
        click.echo("This data package has no example of a trip.")
    for name, text in known.items():
        click.echo(f"{name}: {safe_yaml.read(text).get('title', name)}")


@trip.command()
@_file
@network_option
@_lang
@click.option(
    "--why/--no-why", default=True, help="Say of stops that are left out what would help."
)
@click.pass_obj
def plan(context: Context, file: str, network: str, lang: str, why: bool) -> None:
    """Plan a trip and print it, with every clock; ends with 1 where a stop that must be seen is
    left out.
    """
    from webapp.cli.trips_report import report
    from webapp.trips import answers

    with speaking(LANGUAGES[lang]):
        lines, wish = _read(context, file, network)
        plan = context.atlas.plan(wish, network, seconds=answers.SECONDS)
        for line in report(context.atlas, lines, plan, why=why):
            click.echo(line)
    if not plan.feasible:
        raise SystemExit(1)


@trip.command()
@_file
@network_option
@click.pass_obj
def check(context: Context, file: str, network: str) -> None:
    """Name every fault of a trip file; and say whether the trip is possible as it is wished."""
    from webapp.trips import answers

    _lines, wish = _read(context, file, network)
    for sentence in wish.told:
        click.echo(f"! {sentence}")
    plan = context.atlas.plan(wish, network, seconds=answers.SECONDS)
    missed = [stop.place.name() for stop in plan.left_out if stop.must]
    for sentence in plan.faults:
        click.echo(f"! {sentence}")
    if missed:
        click.echo(
            f"Not possible: no room for {', '.join(missed)}. “zoneatlas trip plan {file}” says"
            " what would help."
        )
    if not plan.feasible:
        raise SystemExit(1)
    click.echo(f"Possible: {len(wish.stops)} stops in {len(wish.days)} days.")


@trip.command()
@_file
@network_option
@_lang
@click.option(
    "--format",
    "format_",
    required=True,
    help="html, sheet.html, gpx, kml, geojson, ics, csv, names.csv, names.ics or yaml.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write.",
)
@click.pass_obj
def export(
    context: Context, file: str, network: str, lang: str, format_: str, output: Path
) -> None:
    """Write the plan as a file to take along; the day sheet has a code for phones if
    ZONEATLAS_PUBLIC_URL is set.
    """
    from geo.export import save
    from geo.visits import safe_yaml
    from webapp.trips import answers

    with speaking(LANGUAGES[lang]):
        lines, wish = _read(context, file, network)
        answers.check_file(format_)
        if format_ == "yaml":
            data = safe_yaml.write(lines.written()).encode()
        elif format_ in answers.PAGES:
            data = _page(context, lines, wish, format_, lang)
        else:
            plan = context.atlas.plan(wish, network, seconds=answers.SECONDS)
            data, _type = answers.data_file(context.atlas, network, plan, format_)
    save(output, data)
    click.echo(f"{output}: {len(data):,} bytes")


def _page(context: Context, lines: Lines, wish: Trip, format_: str, lang: str) -> bytes:
    """Write a file that is a page: its templates need the web app."""
    from webapp import create_app
    from webapp.jobs import Desk
    from webapp.trips import files

    app = create_app({"DATA": context.given})
    opened = app.extensions["zoneatlas"]
    opened.keep("desk", lambda: Desk(patience_s=None))
    with app.test_request_context(base_url=app.config["PUBLIC_URL"], query_string={"lang": lang}):
        return files.write(opened, lines, wish, format_).data


def _read(context: Context, file: str, network: str) -> tuple[Lines, Trip]:
    """Read a file or an example: as the form holds it, for what is kept of it, and as a trip."""
    from geo.visits import safe_yaml, trip_file
    from webapp.trips.address import Lines

    path = Path(file)
    known = trip_file.examples(context.data)
    if not path.is_file() and file not in known:
        raise NotFoundError(
            gettext(
                "There is neither a file nor an example %(file)s; the examples are %(known)s.",
                file=file,
                known=", ".join(known),
            )
            if known
            else gettext(
                "There is neither a file nor an example %(file)s; this data package has no"
                " examples.",
                file=file,
            )
        )
    try:
        text = path.read_text(encoding="utf-8-sig") if path.is_file() else known[file]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            gettext("%(path)s cannot be read as UTF-8 text: %(error)s", path=path, error=error)
        ) from None
    wish = trip_file.read(text, context.atlas.places)
    context.atlas.network(network)
    return replace(Lines.of_mapping(safe_yaml.read(text)), network=network), wish

"""The command group ``trip``: plan a field visit, check its file, write what one takes along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geo.errors import InputError, NotFoundError
from webapp.catalogues import LANGUAGES
from webapp.cli.options import Context, network_option
from webapp.i18n import gettext, speaking

if TYPE_CHECKING:
    from geo.visits.trip import Plan, Trip
    from webapp.trips.address import Lines
    from webapp.trips.agenda import Agenda, Clock

_file = click.argument("file", metavar="FILE")
_lang = click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    default="en",
    show_default=True,
    help="Language of names and words.",
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

    found = trip_file.examples(context.data)
    if not found:
        click.echo("This data package has no example of a trip.")
    for name, text in found.items():
        given = safe_yaml.read(text)
        click.echo(f"{name}: {given.get('title', name)}")


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
    from webapp.trips import agenda, answers

    with speaking(LANGUAGES[lang]):
        lines, wish = _read(context, file, network)
        made = context.atlas.plan(wish, network, seconds=answers.SECONDS)
        shown = agenda.clocks(context.atlas)
        _print_head(wish, made, answers.warnings(context.atlas, made))
        for day in agenda.of(context.atlas, made):
            _print_day(day, wish, shown)
        for stop in made.left_out:
            click.echo(
                "\nLeft out:"
                f" {agenda.place_name(stop.place)}{' (must be seen)' if stop.must else ''}"
            )
            if why:
                _print_why(context, lines, made, stop.place.id)
    if not made.feasible:
        raise SystemExit(1)


def _print_head(wish: Trip, made: Plan, warnings: list[dict[str, str]]) -> None:
    from webapp.trips import agenda

    click.echo(made.trip.title)
    proof = "proven: no plan is better" if made.proof == "proven" else "not proven to be the best"
    click.echo(
        f"{len(wish.stops) - len(made.left_out)} of {len(wish.stops)} stops,"
        f" {agenda.length(made.on_road_s)} on the road; {proof}"
    )
    if made.coarse:
        click.echo("Driving times are coarse: a sketch of the main roads.")
    for sentence in (*wish.told, *made.faults):
        click.echo(f"! {sentence}")
    for warning in warnings:
        click.echo(f"! {warning['text']} [{warning['where']}; {warning['source']}]")


def _print_day(day: Agenda, wish: Trip, shown: tuple[Clock, ...]) -> None:
    from webapp.trips import agenda

    click.echo(
        f"\nDay {day.number}, {wish.days[day.plan.number].date.isoformat()}:"
        f" {' | '.join(clock.name for clock in shown)}"
    )
    for remark in day.remarks:
        click.echo(f"  ! {remark}")
    for row in day.rows:
        number = f"{row.number}. " if row.number else ""
        until = (
            ""
            if row.until == row.begin or row.kind == "drive"
            else f" to {agenda.both(row.until, shown)}"
        )
        badge = f" [{row.badge}]" if row.badge else ""
        click.echo(
            f"  {' | '.join(clock.time(row.begin) for clock in shown)} "
            f" {number}{row.text}{until}{badge}"
        )
        for note in row.notes:
            click.echo(f"      {note}")


def _print_why(context: Context, lines: Lines, made: Plan, stop_id: str) -> None:
    from geo.visits import trip_file
    from webapp.trips import agenda, answers, words

    atlas = context.atlas
    why = atlas.explain(
        made,
        stop_id,
        lines.network,
        seconds=answers.WHY_S,
        rewrite=lambda changed: trip_file.read(
            trip_file.write(changed, atlas.places), atlas.places
        ),
    )
    shown = words.explained(why, lines, made.trip, agenda.clocks(atlas))
    for sentence in shown["reasons"]:
        click.echo(f"  {sentence}")
    for change in shown["changes"]:
        click.echo(f"  would help: {change['text']}")
    if not shown["complete"]:
        click.echo("  Not everything was tried.")


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
    made = context.atlas.plan(wish, network, seconds=answers.SECONDS)
    missed = [stop.place.name() for stop in made.left_out if stop.must]
    for sentence in made.faults:
        click.echo(f"! {sentence}")
    if missed:
        click.echo(
            f"Not possible: no room for {', '.join(missed)}. “zoneatlas trip plan {file}” says"
            " what would help."
        )
    if not made.feasible:
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
            made = context.atlas.plan(wish, network, seconds=answers.SECONDS)
            data, _type = answers.data_file(context.atlas, network, made, format_)
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
                known=", ".join(known) or "–",
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

"""The command group ``trip``: plan a field visit, check its file, write what one takes along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from geo.errors import InputError, NotFoundError

LANGUAGES = ("en", "vi", "zh")

_file = click.argument("file", metavar="FILE")
_network = click.option(
    "--network",
    default="corridors",
    show_default=True,
    help="Road network; see “zoneatlas roads list”.",
)
_lang = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
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
def examples(context: Any) -> None:
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
@_network
@_lang
@click.option(
    "--why/--no-why", default=True, help="Say of stops that are left out what would help."
)
@click.pass_obj
def plan(context: Any, file: str, network: str, lang: str, why: bool) -> None:
    """Plan a trip and print it, with every clock; ends with 1 where a stop that must be seen is
    left out.
    """
    from webapp.trips import agenda
    from webapp.trips import pages as web

    with _opened(context, lang) as opened:
        lines, wish = _read(context, opened, file, network)
        made = web.planned(opened, network, wish)
        shown = agenda.clocks(opened)
        click.echo(made.trip.title)
        proof = (
            "proven: no plan is better" if made.proof == "proven" else "not proven to be the best"
        )
        click.echo(
            f"{len(wish.stops) - len(made.left_out)} of {len(wish.stops)} stops,"
            f" {agenda.length(made.on_road_s)} on the road; {proof}"
        )
        if made.coarse:
            click.echo("Driving times are coarse: a sketch of the main roads.")
        for sentence in (*wish.told, *made.faults):
            click.echo(f"! {sentence}")
        for one in web.warnings(opened, made):
            click.echo(f"! {one['text']} [{one['where']}; {one['source']}]")
        for day in agenda.of(opened, made):
            click.echo(
                f"\nDay {day.number}, {wish.days[day.plan.number].date.isoformat()}:"
                f" {' | '.join(one.name for one in shown)}"
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
                    f"  {' | '.join(one.time(row.begin) for one in shown)} "
                    f" {number}{row.text}{until}{badge}"
                )
                for note in row.notes:
                    click.echo(f"      {note}")
        for stop in made.left_out:
            click.echo(
                "\nLeft out:"
                f" {agenda.place_name(stop.place)}{' (must be seen)' if stop.must else ''}"
            )
            if why:
                _tell_why(opened, lines, made, stop.place.id)
        if not made.feasible:
            raise SystemExit(1)


@trip.command()
@_file
@_network
@click.pass_obj
def check(context: Any, file: str, network: str) -> None:
    """Name every fault of a trip file; and say whether the trip is possible as it is wished."""
    from webapp.trips import pages as web

    with _opened(context, "en") as opened:
        _lines, wish = _read(context, opened, file, network)
        for sentence in wish.told:
            click.echo(f"! {sentence}")
        made = web.planned(opened, network, wish)
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
@_network
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
def export(context: Any, file: str, network: str, lang: str, format_: str, output: Path) -> None:
    """Write the plan as a file to take along; the day sheet has a code for phones if
    ZONEATLAS_PUBLIC_URL is set.
    """
    from geo.export import save
    from webapp.trips import files

    with _opened(context, lang) as opened:
        lines, wish = _read(context, opened, file, network)
        data = files.write(opened, lines, wish, format_).data
        save(output, data)
        click.echo(f"{output}: {len(data):,} bytes")


def _tell_why(opened: Any, lines: Any, made: Any, stop_id: str) -> None:
    from geo.visits import trip_file
    from webapp.trips import pages as web

    places = opened.places
    found = web.explained(
        opened,
        lines,
        made,
        stop_id,
        lambda changed: trip_file.read(trip_file.write(changed, places), places),
    )
    for sentence in found["reasons"]:
        click.echo(f"  {sentence}")
    for one in found["changes"]:
        click.echo(f"  would help: {one['text']}")
    if not found["complete"]:
        click.echo("  Not everything was tried.")


def _read(context: Any, opened: Any, file: str, network: str) -> tuple[Any, Any]:
    """Read a file or an example: as the form holds it, for what is kept of it, and as a trip."""
    from geo.visits import safe_yaml, trip_file
    from webapp.trips.address import Lines

    path = Path(file)
    known = trip_file.examples(context.data)
    if not path.is_file() and file not in known:
        examples = (
            f"the examples are {', '.join(known)}" if known else "this data package has no examples"
        )
        raise NotFoundError(f"There is neither a file nor an example {file}; {examples}.")
    try:
        text = path.read_text(encoding="utf-8-sig") if path.is_file() else known[file]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text: {error}") from None
    wish = trip_file.read(text, opened.places)
    opened.network(network)
    return replace(Lines.of_mapping(safe_yaml.read(text)), network=network), wish


@contextmanager
def _opened(context: Any, lang: str) -> Iterator[Any]:
    """Return the store in a request of that language, by which words and names are chosen."""
    from webapp import create_app
    from webapp.jobs import Desk

    app = create_app({"DATA": context.given})
    app.extensions["zoneatlas"].keep("desk", lambda: Desk(patience_s=None))
    with app.test_request_context(base_url=app.config["PUBLIC_URL"], query_string={"lang": lang}):
        yield app.extensions["zoneatlas"]

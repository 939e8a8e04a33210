"""Field visits: which stops, on which days, through which gate, and why not."""

from __future__ import annotations

from concurrent import futures
from dataclasses import replace

import orjson
from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from geo.errors import InputError, NotFoundError
from geo.visits.trip_lines import StopLine
from webapp import args
from webapp.i18n import gettext as _
from webapp.i18n import translated
from webapp.store import store
from webapp.trips import planning, readings, views
from webapp.trips.address import TRIP, Lines
from webapp.trips.agenda import place_name
from webapp.trips.days import first_day
from webapp.trips.edit import edited
from webapp.trips.links import link, to_page
from webapp.trips.plan_map import features

pages = Blueprint("trip", __name__)

GLANCE_S = 0.4
"""How long the page's script waits for a plan before it is told how far it has come."""


@pages.get("/trip")
def trip() -> tuple[str, int] | AnyResponse:
    values = args.parse(request.args, (*TRIP, "example", "whole", "pick", "year", "opens"))
    opened = store()
    if "example" in values:
        return to_page(_example(values["example"]))
    lines = planning.lines_of(values)
    if "pick" in values:  # from a ranking, whose planned roads nobody can drive on today
        picked = map(StopLine, dict.fromkeys(values["pick"]))
        return to_page(replace(lines, stops=(*lines.stops, *picked)))
    if lines.stops and not lines.days:
        lines = replace(lines, days=first_day(opened, lines))
    return page(lines, whole=bool(values.get("whole")))


def _example(name: str) -> Lines:
    known = views.examples(store())
    if name not in known:
        raise NotFoundError(
            _(
                "There is no example “%(name)s”; there are %(known)s.",
                name=name,
                known=", ".join(known),
            )
        )
    lines = Lines.of_mapping(known[name])
    return replace(lines, title=translated(lines.title))


def page(
    lines: Lines, *, whole: bool = False, file_error: InputError | None = None
) -> tuple[str, int]:
    """Write the page of a trip, with its plan if that is asked for.

    Parameters
    ----------
    file_error
        What is wrong with a file that was to be opened; the trip is that of the page before.
    """
    opened = store()
    shown = replace(views.page(opened, lines), file_error=file_error)
    reading = readings.read(opened, lines) if lines.stops and not file_error else None
    if reading and reading.trip is None:
        # days follow once a stop is understood
        faults = [fault for fault in reading.faults if lines.days or fault.path != "days"]
        message = reading.message if len(faults) == len(reading.faults) else ""
        shown = replace(shown, reading=reading, faults=faults, message=message)
        return render_template("trips/trip.html", page=shown), 400
    if lines.stops:
        ask, address = link("trip.plan", lines), link("trip.trip", lines, whole="1")
        shown = replace(shown, reading=reading, ask=ask, whole=address)
    if whole and reading and reading.trip:
        plan = views.answered(opened, lines, reading.trip, reading.odd)
        shown = replace(shown, shown=plan)
    return render_template("trips/trip.html", page=shown), 400 if file_error else 200


@pages.get("/trip/plan")
def plan() -> str | tuple[dict[str, float], int]:
    opened = store()
    reading, wish = planning.understood(args.parse(request.args, TRIP))
    lines = reading.lines
    wishes = [wish] if planning.free(wish) == wish else [wish, planning.free(wish)]
    jobs = [planning.ask(opened, lines.network, each) for each in wishes]
    if futures.wait([job.future for job in jobs], GLANCE_S).not_done:
        return {"share": sum(job.share for job in jobs) / len(jobs)}, 202
    shown = views.answered(opened, lines, wish, reading.odd)
    undrivable = isinstance(shown, views.Undrivable)
    return render_template(
        "trips/_undrivable.html" if undrivable else "trips/_plan.html", shown=shown
    )


@pages.get("/trip/ways")
def ways() -> Response:
    """Return the plan's ways and stops as GeoJSON for the map."""
    opened = store()
    reading, wish = planning.understood(args.parse(request.args, TRIP))
    network = reading.lines.network
    drawn = features(opened, network, planning.planned(opened, network, wish))
    return Response(orjson.dumps(drawn), mimetype="application/geo+json")


@pages.get("/trip/why")
def why() -> str:
    """Explain why a stop is left out, and what would help."""
    values = args.parse(request.args, (*TRIP, "of", "part"))
    opened = store()
    reading, wish = planning.understood(values)
    lines = reading.lines
    stop = next((stop for stop in wish.stops if stop.place.id == values.get("of")), None)
    if stop is None:
        raise NotFoundError(
            _("There is no stop “%(name)s” in this trip.", name=values.get("of", ""))
        )
    answer = planning.explained(
        opened, reading.kept, planning.planned(opened, lines.network, wish), stop.place.id
    )
    return render_template(
        "trips/_why.html" if values.get("part") else "trips/why.html",
        name=place_name(stop.place),
        back=link("trip.trip", lines, whole="1"),
        complete=answer.complete,
        reasons=answer.reasons,
        changes=[
            (change.text, link("trip.trip", reading.restored(change.lines)))
            for change in answer.changes
        ],
    )


@pages.get("/trip/edit")
def edit() -> AnyResponse:
    """Read the form, do what is asked, and lead to the page that says so in its address."""
    return to_page(edited(store(), request.args))

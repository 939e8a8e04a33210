"""Field visits: which stops, on which days, through which gate, and why not; and what one takes
along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import orjson
import shapely
from flask import (
    Blueprint,
    Response,
    copy_current_request_context,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from geo import maps
from geo.errors import InputError, NotFoundError
from geo.roads.drive import Drive
from geo.roads.network import Network
from geo.visits import plan_lines, safe_yaml, trip_file
from geo.visits.trip import Plan, Trip
from geo.visits.trip_lines import StopLine, split_places
from geo.visits.whynot import WhyNot
from webapp import args
from webapp.i18n import current, translated
from webapp.jobs import Desk, Job
from webapp.store import Store, store
from webapp.trips import agenda, answers, fields, lookup, readings, words
from webapp.trips.address import TRIP, Lines
from webapp.trips.agenda import place_name
from webapp.trips.days import first_day, next_day, settled

pages = Blueprint("trip", __name__)

GLANCE_S = 0.4
"""How long the page's script waits for a plan before it is told how far it has come."""


# What is asked ------------------------------------------------------------------------------------


def wished(values: dict[str, Any]) -> tuple[Lines, Trip]:
    """Read a trip from a query; `InputError` names every fault."""
    lines = known_network(Lines.of_query(values))
    return lines, read(store(), lines)


def known_network(lines: Lines) -> Lines:
    """Let pass what names a network that there is; `NotFoundError` says which there are."""
    if lines.network not in store().networks.names():
        store().network(lines.network)
    return lines


def understood(values: dict[str, Any]) -> tuple[readings.Reading, Trip]:
    """Read a trip from a query without the stops that are not understood; `InputError` names every
    fault where nothing is left.
    """
    reading = readings.read(store(), known_network(Lines.of_query(values)))
    return reading, reading.understood()


def read(opened: Store, lines: Lines) -> Trip:
    """Read the trip that a form or a link holds; `InputError` names every fault, in the words of
    the form.
    """
    return readings.read(opened, lines).whole()


def examples(opened: Store) -> dict[str, dict[str, Any]]:
    """Return the worked examples by name, as their files hold them."""
    return opened.keep(
        "trip examples",
        lambda: {
            name: safe_yaml.read(text) for name, text in trip_file.examples(opened.data).items()
        },
    )


def roads(opened: Store, name: str) -> Network:
    """Return the roads of a trip; its closed gates are its own affair."""
    return opened.roads(Drive(network=name))


def ask(opened: Store, name: str, trip: Trip) -> Job:
    """Ask for the plan of a trip on the network of that name; who asks again gets the same."""
    network = roads(opened, name)

    def make(tell: Callable[[float], None]) -> Plan:
        return opened.plan(trip, name, seconds=answers.SECONDS, on_progress=tell)

    desk: Desk = opened.keep("desk", Desk)
    return desk.ask(("plan", repr(trip), network.version), make)


def planned(opened: Store, name: str, trip: Trip) -> Plan:
    """Return the plan of a trip, however long it takes.

    Raises
    ------
    UnavailableError
        It takes longer than anybody waits, because others are served first.
    """
    plan: Plan = ask(opened, name, trip).patiently()
    return plan


def free(trip: Trip) -> Trip:
    """Take away what somebody has set of order and days."""
    return replace(trip, stops=tuple(replace(one, order=None, day=None) for one in trip.stops))


# The page -----------------------------------------------------------------------------------------


@pages.get("/trip")
def trip() -> str | tuple[str, int] | AnyResponse:
    values = args.parse(request.args, (*TRIP, "example", "whole", "pick", "year", "opens"))
    opened = store()
    if "example" in values:
        known = examples(opened)
        if values["example"] not in known:
            raise NotFoundError(
                _(
                    "There is no example “%(name)s”; there are %(known)s.",
                    name=values["example"],
                    known=", ".join(known),
                )
            )
        lines = Lines.of_mapping(known[values["example"]])
        return to_page(replace(lines, title=translated(lines.title)))
    lines = known_network(Lines.of_query(values))
    if "pick" in values:  # from a ranking, whose planned roads nobody can drive on today
        return to_page(
            replace(
                lines,
                stops=(*lines.stops, *(StopLine(one) for one in dict.fromkeys(values["pick"]))),
            )
        )
    if lines.stops and not lines.days:
        lines = replace(lines, days=first_day(opened, lines))
    context: dict[str, Any] = {"ask": "", "whole": "", "reading": None}
    if lines.stops:
        reading = readings.read(opened, lines)
        context["reading"] = reading
        if reading.trip is None:
            faults = [
                fault for fault in reading.faults if lines.days or fault.path != "days"
            ]  # days follow once a stop is understood
            context |= {
                "fault_message": reading.message if len(faults) == len(reading.faults) else "",
                "faults": faults,
            }
        else:
            context |= {"ask": link("trip.plan", lines), "whole": link("trip.trip", lines, whole=1)}
            if values.get("whole"):
                context |= answered(opened, lines, reading.trip, reading.odd)
    page = render_template("trips/trip.html", **form(opened, lines), **context)
    return (page, 400) if "faults" in context else page


def form(opened: Store, lines: Lines) -> dict[str, Any]:
    """Return what the form and the map of the page need."""
    every = lookup.named(opened)
    lon, lat, zoom = opened.view()
    frame = maps.frame(lon=lon, lat=lat, zoom=zoom)
    points = {key: f"{text} ({key})" for key, text in lines.point_names().items()}
    basemap = (opened.data / "basemap" / "basemap.pmtiles").is_file()
    config = {
        "urls": {"basemap": url_for("pages.basemap") if basemap else ""},
        "language": current().code,
        "colours": agenda.COLOURS,
        "texts": texts(),
        "places": [
            [key, every[key], round(lon, 5), round(lat, 5)]
            for key, (lon, lat) in lookup.positions(opened).items()
        ],
    }
    return {
        "lines": lines,
        "stop_names": [
            one.name or (every | points).get(one.place, one.place) for one in lines.stops
        ],
        "place_names": {
            text: lookup.listed(split_places(text), every)
            for day in lines.days
            for text in (day.begin, day.end)
        },
        "every": every,
        "examples": {key: given.get("title", key) for key, given in examples(opened).items()},
        "profiles": opened.network().profiles,
        "networks": opened.networks.names(),
        "countries": sorted(opened.table("clocks")["country"]),
        "frame": replace(frame, html=Markup(frame.html), script=Markup(frame.script)),
        "config": Markup(maps.script_json(config)),
    }


def texts() -> dict[str, str]:
    """Return the words of the page's script."""
    return {
        "add": _("Add as stop"),
        "planning": _("Planning"),
        "asking": _("Trying what would help …"),
        "failed": _("This could not be loaded. Is the server still running?"),
        "offline": _(
            "No connection to the server. The plan below stays as it is; it cannot be changed until"
            " the connection is back."
        ),
        "stale": _(
            "No connection to the server. The plan below is from before your last change; the new"
            " one follows with the connection."
        ),
        "again": _("Try again"),
    }


@pages.get("/trip/plan")
def plan() -> str | tuple[Any, int]:
    opened = store()
    reading, wish = understood(args.parse(request.args, TRIP))
    lines = reading.lines
    wishes = [wish] if free(wish) == wish else [wish, free(wish)]
    jobs = [ask(opened, lines.network, one) for one in wishes]
    if futures.wait([job.future for job in jobs], GLANCE_S).not_done:
        return {"share": sum(job.share for job in jobs) / len(jobs)}, 202
    context = answered(opened, lines, wish, reading.odd)
    return render_template(
        "trips/_undrivable.html" if "undrivable" in context else "trips/_plan.html", **context
    )


def answered(
    opened: Store, lines: Lines, wish: Trip, odd: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """Return what is shown of a plan, or of a trip whose days cannot be driven: why, as
    ``undrivable``, with every stop left out.
    """
    try:
        return told(opened, lines, wish, odd)
    except InputError as error:
        return {"undrivable": error, "left_out": wish.stops, "place_name": place_name}


def told(
    opened: Store, lines: Lines, wish: Trip, odd: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """Return what is shown of a plan; `odd` are stops of the form that it does not have, which
    therefore is not taken along.
    """
    made = planned(opened, lines.network, wish)
    return {
        "plan": made,
        "days": agenda.of(opened, made),
        "clocks": agenda.clocks(opened),
        "visited": len(wish.stops) - len(made.left_out),
        "cost": cost(opened, lines.network, made),
        "pinned": {stop.place.id for stop in wish.stops if stop.day is not None},
        "pinning": True,
        "told": answers.warnings(opened, made),
        "links": {},
        "span": agenda.length,
        "place_name": place_name,
        "ways_url": link("trip.ways", lines),
        "why_url": link("trip.why", lines),
        "odd": odd or {},
        "downloads": [] if odd else downloads(lines),
    }


def cost(opened: Store, name: str, made: Plan) -> str | None:
    """Return what an order by hand costs; None where nothing is set by hand."""
    if free(made.trip) == made.trip:
        return None
    best = planned(opened, name, free(made.trip))
    lost = len(made.left_out) - len(best.left_out)
    more = made.on_road_s - best.on_road_s
    if lost > 0:
        return _(
            "With order and days as you set them, stops lost against the free plan: %(n)s.", n=lost
        )
    if more < 60:
        return _("Order and days as you set them cost nothing more.")
    return _(
        "Order and days as you set them: %(time)s more on the road than the free plan.",
        time=agenda.length(more),
    )


@pages.get("/trip/ways")
def ways() -> Response:
    """Return the plan's ways and stops as GeoJSON for the map."""
    opened = store()
    reading, wish = understood(args.parse(request.args, TRIP))
    lines = reading.lines
    return Response(
        orjson.dumps(features(opened, lines.network, planned(opened, lines.network, wish))),
        mimetype="application/geo+json",
    )


def features(opened: Store, name: str, made: Plan) -> dict[str, Any]:
    """Make the map of a plan: a line a way, a point a stop."""
    shown = agenda.clocks(opened)
    out: list[dict[str, Any]] = []
    drawn = plan_lines.lines(made, roads(opened, name))
    for (at, number), line in drawn.items():
        leg = made.days[at].legs[number]
        title = f"{place_name(leg.start)} → {place_name(leg.goal)}"
        out.append(
            _feature(line, {"day": at, "kind": "way", "name": title, "approximate": made.coarse})
        )
    number = 0
    for one in made.days:
        ends = (
            [(one.start, one.legs[0].depart), (one.goal, one.legs[-1].arrive)] if one.legs else []
        )
        for place, moment in ends:
            told_ = {
                "day": one.number,
                "kind": "end",
                "name": place_name(place),
                "time": agenda.both(moment, shown),
            }
            out.append(_feature(shapely.Point(place.lon, place.lat), told_))
        for visit in one.visits:
            number += 1
            place = visit.stop.place
            told_ = {
                "day": one.number,
                "kind": "visit",
                "number": number,
                "name": place_name(place),
                "time": agenda.both(visit.start, shown),
            }
            out.append(_feature(shapely.Point(place.lon, place.lat), told_))
    return {"type": "FeatureCollection", "features": out}


def _feature(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {
        "type": shape.geom_type,
        "coordinates": np.round(shapely.get_coordinates(shape), maps.DECIMALS).tolist(),
    }
    if shape.geom_type == "Point":
        geometry["coordinates"] = geometry["coordinates"][0]
    return {"type": "Feature", "geometry": geometry, "properties": properties}


@pages.get("/trip/why")
def why() -> str:
    """Say why a stop is left out, and what would help."""
    values = args.parse(request.args, (*TRIP, "of", "part"))
    opened = store()
    reading, wish = understood(values)
    stop = next((one for one in wish.stops if one.place.id == values.get("of")), None)
    if stop is None:
        raise NotFoundError(
            _("There is no stop “%(name)s” in this trip.", name=values.get("of", ""))
        )
    found = explained(
        opened, reading.kept, planned(opened, reading.lines.network, wish), stop.place.id
    )
    for change in found["changes"] if reading.odd else ():
        change["address"] = link("trip.trip", reading.restored(change["lines"]))
    if values.get("part"):
        return render_template("trips/_why.html", **found)
    return render_template(
        "trips/why.html",
        name=place_name(stop.place),
        back=link("trip.trip", reading.lines, whole=1),
        **found,
    )


def explained(
    opened: Store,
    lines: Lines,
    made: Plan,
    stop_id: str,
    rewrite: Callable[[Trip], Trip] | None = None,
) -> dict[str, Any]:
    """Find why a stop is left out and what would help, in words, each change with the address of
    the changed trip.

    Parameters
    ----------
    rewrite
        Called with a changed trip to write and read it as somebody does who follows the advice;
        None: as the link to it.
    """
    network = roads(opened, lines.network)

    @copy_current_request_context
    def make(_tell: Callable[[float], None]) -> WhyNot:
        return opened.explain(
            made,
            stop_id,
            lines.network,
            seconds=answers.WHY_S,
            rewrite=rewrite or partial(_by_link, lines, made.trip),
        )

    desk: Desk = opened.keep("desk", Desk)
    key = ("why", repr(made.trip), lines, network.version, stop_id, rewrite is None, date.today())
    found = desk.ask(key, make).patiently()
    said = words.explained(found, lines, made.trip, agenda.clocks(opened))
    for one in said["changes"]:
        one["address"] = link("trip.trip", one["lines"])
    return said


def _by_link(lines: Lines, trip: Trip, changed: Trip) -> Trip:
    """Write a changed trip into its link and read that as the page does; `trip` is what `lines`
    were read as.
    """
    query = MultiDict(parse_qsl(words.changed(lines, trip, changed).link(), keep_blank_values=True))
    return wished(args.parse(query, TRIP))[1]


# The form -----------------------------------------------------------------------------------------


@pages.get("/trip/edit")
def edit() -> AnyResponse:
    """Take the form, do what is asked, and lead to the page that says so in its address."""
    opened = store()
    find = lookup.finder(opened)
    values, lines = fields.read(request.args)
    days = (
        replace(day, begin=lookup.meant(day.begin, find), end=lookup.meant(day.end, find))
        for day in lines.days
    )
    lines = replace(lines, days=tuple(days))
    done, __, which = values.get("do", "").partition(":")
    ids = values.get("ids", "").split()
    if done == "add" or "add" in values:
        lines = _with_stop(lines, lookup.meant(values.get("add", ""), find))
    if done == "remove" and which.isdecimal():
        lines = replace(
            lines,
            stops=tuple(one for number, one in enumerate(lines.stops) if str(number) != which),
        )
    elif done == "day":
        lines = replace(lines, days=(*lines.days, next_day(lines)))
    elif done.startswith("day-"):
        lines = replace(
            lines,
            days=tuple(one for number, one in enumerate(lines.days) if str(number) != done[4:]),
        )
    elif done == "order":
        place = {one: str(number) for number, one in enumerate(ids, 1)}
        lines = replace(
            lines,
            stops=_stops(
                opened, lines, lambda key, one: replace(one, order=place.get(key, ""), day="")
            ),
        )
    elif done == "pin" and which.isdecimal() and int(which) < len(lines.days):
        names = (lines.days[int(which)].date, str(int(which) + 1))
        lines = replace(
            lines,
            stops=_stops(
                opened,
                lines,
                lambda key, one: (
                    replace(one, day="" if one.day in names else names[0]) if key in ids else one
                ),
            ),
        )
    elif done == "free":
        lines = replace(lines, stops=tuple(replace(one, order="", day="") for one in lines.stops))
    elif done == "open":
        lines = replace(lines, closed=())
    elif done == "choose":
        path, __, place = which.partition(":")
        lines = readings.chosen(lines, path, place)
    return to_page(settled(opened, lines))


def _with_stop(lines: Lines, place: str) -> Lines:
    if not place or any(one.place == place for one in lines.stops):
        return lines
    return replace(lines, stops=(*lines.stops, StopLine(place)))


def _stops(
    opened: Store, lines: Lines, change: Callable[[str, StopLine], StopLine]
) -> tuple[StopLine, ...]:
    """Change stops by the id that they have in a plan, which for a point is another than in the
    form.
    """
    reading = readings.read(opened, lines)
    keys = iter(() if reading.trip is None else [stop.place.id for stop in reading.trip.stops])
    return tuple(
        change(next(keys, stop.place) if number not in reading.odd else stop.place, stop)
        for number, stop in enumerate(lines.stops)
    )


def to_page(lines: Lines) -> AnyResponse:
    """Lead to the page of a trip."""
    lang = request.args.get("lang")
    return redirect(link("trip.trip", lines, **({"lang": lang} if lang else {})), 303)


def link(endpoint: str, lines: Lines, **more: Any) -> str:
    """Return the address of something about a trip."""
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{url_for(endpoint)}?{lines.link()}{extra}"


def downloads(lines: Lines) -> list[tuple[str, str, str]]:
    """List what can be taken along: its name, its address, and for what opens as a page the name
    under which it is saved.
    """
    return [
        (
            str(text),
            f"{url_for('takealong.file', extension=name)}?{lines.link()}",
            answers.saved_as(name) if "html" in name else "",
        )
        for name, text in answers.FILES.items()
    ]

"""A saved trip file is opened in the page: read, turned into the address of the trip, and not
kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from geo.errors import InputError
from geo.visits import safe_yaml, trip_file
from geo.visits.gazetteer import Gazetteer
from geo.visits.trip import Place, Trip
from geo.visits.trip_lines import DayLine, split_places
from geo.visits.trip_values import said_number
from webapp import args
from webapp.store import Store, store
from webapp.trips import pages as trip
from webapp.trips.address import TRIP, Lines

pages = Blueprint("tripopen", __name__)

LONGEST_LINK = 100_000
"""Characters of an address: less than half of what the server reads as the head of a request."""


@pages.route("/trip/open", methods=["GET", "POST"])
def file() -> AnyResponse | tuple[str, int]:
    """Open the file that was sent; where it has faults, show them all beside the trip of the
    address, which stays as it was.
    """
    opened = store()
    lines = trip.known_network(Lines.of_query(args.parse(request.args, TRIP)))
    if request.method == "GET":  # the page of faults, asked for again or in another language
        return trip.to_page(lines)
    try:
        return trip.to_page(replace(_opened(opened), network=lines.network))
    except InputError as error:
        asked = (
            {"ask": trip.link("trip.plan", lines), "whole": trip.link("trip.trip", lines, whole=1)}
            if lines.stops
            else {}
        )
        shown = {
            "file_message": error.message,
            "file_faults": error.faults,
            "ask": "",
            "whole": "",
        } | asked
        return render_template("trips/trip.html", **trip.form(opened, lines), **shown), 400


def _opened(opened: Store) -> Lines:
    """Read the file of the request; `InputError` names all its faults in the words of the file."""
    if set(request.form) or set(request.files) - {"file"}:
        raise InputError(_("This form holds a file, and nothing else."))
    sent = request.files.get("file")
    data = sent.read(safe_yaml.MAX_BYTES + 1) if sent else b""
    if not data:
        raise InputError(_("Choose a file first: a trip file (YAML), at most 200 kB."))
    places = opened.places
    read = trip_file.read(data, places)
    lines = _tidied(Lines.of_mapping(safe_yaml.read(data)), read, places)
    if len(lines.link()) > LONGEST_LINK:
        raise InputError(
            _(
                "This trip is too long for the page; the command line plans it: zoneatlas trip plan"
                " FILE."
            )
        )
    return lines


def _tidied(lines: Lines, read: Trip, places: Gazetteer) -> Lines:
    """Write as ids what a file holds as points though it is known here, and as times of the day
    what it holds as moments.

    Parameters
    ----------
    read
        The trip that `lines` stand for; it stays the same.
    """
    ids = {
        line.place: line.id
        for line in lines.points
        if line.id in places.layer_of and _lonlat(places.place(line.id)) == line.place
    }
    days = [
        (replace(DayLine.of(day), begin=line.begin, end=line.end) if "/" in line.hours else line)
        for line, day in zip(lines.days, read.days, strict=True)
    ]
    known = partial(_with_ids, ids)
    return replace(
        lines,
        stops=tuple(
            replace(line, place=ids[line.place], name="") if line.place in ids else line
            for line in lines.stops
        ),
        days=tuple(replace(line, begin=known(line.begin), end=known(line.end)) for line in days),
        points=tuple(line for line in lines.points if line.place not in ids),
    )


def _lonlat(place: Place) -> str:
    return f"{said_number(place.lon)},{said_number(place.lat)}"


def _with_ids(ids: Mapping[str, str], text: str) -> str:
    return ",".join(ids.get(place, place) for place in split_places(text))

"""A saved trip file is opened in the page: read, turned into the address of the trip, and not
kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from geo.errors import InputError, Message
from geo.visits import safe_yaml, trip_file
from geo.visits.place_texts import position, split_places
from geo.visits.trip import Day, Trip
from geo.visits.trip_lines import DayLine
from webapp import args, lookup
from webapp.i18n import gettext as _
from webapp.store import Store, store
from webapp.team import forgery
from webapp.trips import pages as trip
from webapp.trips.address import TRIP, Lines
from webapp.trips.links import to_page
from webapp.trips.planning import lines_of

pages = Blueprint("tripopen", __name__)

LONGEST_LINK = 100_000
"""Characters of an address: less than half of what the server reads as the head of a request."""


@pages.route("/trip/open", methods=["GET", "POST"])
def file() -> AnyResponse | tuple[str, int]:
    """Open the file that was sent; where it has faults, show them all beside the trip of the
    address, which stays as it was.
    """
    opened = store()
    lines = lines_of(args.parse(request.args, TRIP))
    if request.method == "GET":  # the page of faults, asked for again or in another language
        return to_page(lines)
    try:
        return to_page(replace(_opened(opened), network=lines.network))
    except InputError as error:
        return trip.page(lines, file_error=error)


def _opened(opened: Store) -> Lines:
    """Read the file of the request; `InputError` names all its faults in the words of the file."""
    if set(request.form) - {forgery.FIELD} or set(request.files) - {"file"}:
        raise InputError(_("Send only a file with this form."))
    sent = request.files.get("file")
    data = sent.read(safe_yaml.MAX_BYTES + 1) if sent else b""
    if not data:
        raise InputError(_("Choose a file first: a trip file (YAML), at most 200 kB."))
    document = safe_yaml.read(data, Message("The trip"))
    read = trip_file.read(document, opened.places)
    lines = _tidied(Lines.of_mapping(document), read, lookup.positions(opened))
    if len(lines.link()) > LONGEST_LINK:
        raise InputError(
            _(
                "This trip is too long for the page; the command line plans it: zoneatlas trip plan"
                " FILE."
            )
        )
    return lines


def _tidied(lines: Lines, read: Trip, known: Mapping[str, tuple[float, float]]) -> Lines:
    """Write as ids what a file holds as points though it is known here, and as times of the day
    what it holds as moments.

    Parameters
    ----------
    read
        The trip that `lines` stand for; it stays the same.
    known
        Longitude and latitude of the places here, by id.
    """
    ids = {
        line.place: line.id
        for line in lines.points
        if line.id in known and known[line.id] == position(line.place)
    }

    def tidied(line: DayLine, day: Day) -> DayLine:
        begin, end = (
            ",".join(ids.get(place, place) for place in split_places(text))
            for text in (line.begin, line.end)
        )
        return replace(DayLine.of(day) if "/" in line.hours else line, begin=begin, end=end)

    stops = (
        replace(line, place=ids[line.place], name="") if line.place in ids else line
        for line in lines.stops
    )
    return replace(
        lines,
        stops=tuple(stops),
        days=tuple(map(tidied, lines.days, read.days)),
        points=tuple(line for line in lines.points if line.place not in ids),
    )

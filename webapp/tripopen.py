"""A saved trip file is opened in the page: read, turned into the address of the trip, and not kept."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from geo.errors import InputError
from geo.visits import plainyaml, tripfile
from webapp import args, trip
from webapp.store import Store, store
from webapp.triplink import TRIP, Lines

pages = Blueprint("tripopen", __name__)

LONGEST_LINK = 100_000
"""Characters of an address: less than half of what the server reads as the head of a request."""


@pages.route("/trip/open", methods=["GET", "POST"])
def file() -> AnyResponse | tuple[str, int]:
    """Open the file that was sent; where it has faults, show them all beside the trip of the address, which stays as it was."""
    opened = store()
    lines = trip.known_network(Lines.of_query(args.parse(request.args, TRIP)))
    if request.method == "GET":  # the page of faults, asked for again or in another language
        return trip.to_page(lines)
    try:
        return trip.to_page(replace(_opened(opened), network=lines.network))
    except InputError as error:
        asked = {"ask": trip.link("trip.plan", lines), "whole": trip.link("trip.trip", lines, whole=1)} if lines.stops else {}
        shown = {"file_message": error.message, "file_faults": error.faults, "ask": "", "whole": ""} | asked
        return render_template("trip.html", **trip.form(opened, lines), **shown), 400


def _opened(opened: Store) -> Lines:
    """Read the file of the request; `InputError` names all its faults in the words of the file."""
    if set(request.form) or set(request.files) - {"file"}:
        raise InputError(_("This form holds a file, and nothing else."))
    sent = request.files.get("file")
    data = sent.read(plainyaml.MAX_BYTES + 1) if sent else b""
    if not data:
        raise InputError(_("Choose a file first: a trip file (YAML), at most 200 kB."))
    tripfile.read(data, trip.places(opened))
    lines = Lines.of_mapping(plainyaml.read(data))
    if len(lines.link()) > LONGEST_LINK:
        raise InputError(_("This trip is too long for the page; the command line plans it: zoneatlas trip plan FILE."))
    return lines

"""Addresses of a trip: its page, and what one takes along."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from webapp.trips import answers
from webapp.trips.address import Lines


def link(endpoint: str, lines: Lines, **more: str) -> str:
    """Return the address of something about a trip."""
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{url_for(endpoint)}?{lines.link()}{extra}"


def to_page(lines: Lines) -> Response:
    """Lead to the page of a trip."""
    lang = request.args.get("lang")
    return redirect(link("trip.trip", lines, **({"lang": lang} if lang else {})), 303)


def downloads(lines: Lines) -> list[tuple[str, str, str]]:
    """List what can be taken along: its name, its address, and for what opens as a page the name
    under which it is saved.
    """
    return [
        (
            str(text),
            f"{url_for('takealong.file', extension=name)}?{lines.link()}",
            answers.saved_as(name) if name in answers.PAGES else "",
        )
        for name, text in answers.FILES.items()
    ]

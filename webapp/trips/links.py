"""Addresses of a trip: its pages, and the files that can be taken along."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext

from webapp.i18n import current
from webapp.trips.address import Lines

FILES: dict[str, Any] = {
    "html": lazy_gettext("One file for the phone"),
    "sheet.html": lazy_gettext("Day sheet to print"),
    "gpx": "GPX",
    "kml": "KML",
    "geojson": "GeoJSON",
    "ics": lazy_gettext("Calendar (ICS)"),
    "csv": "CSV",
    "names.csv": lazy_gettext("CSV, names only"),
    "names.ics": lazy_gettext("Calendar, names only"),
    "yaml": lazy_gettext("Trip file (YAML)"),
}
"""What can be had, by the end of the file's name."""


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
            saved_as(name) if "html" in name else "",
        )
        for name, text in FILES.items()
    ]


def saved_as(extension: str) -> str:
    """Return the name under which a file of :data:`FILES` is saved."""
    return f"zone-atlas-trip-{current().code}.{extension}"

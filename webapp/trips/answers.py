"""Warnings and files of a plan, in the language of the moment; loads no Flask."""

from __future__ import annotations

from typing import Any

from geo.atlas import Atlas
from geo.errors import NotFoundError
from geo.roads.drive import Drive
from geo.visits import advisories, plan_files, plan_lines
from geo.visits.trip import Plan
from webapp import labels
from webapp.i18n import current, day, lazy_gettext
from webapp.i18n import gettext as _
from webapp.trips import agenda
from webapp.trips.agenda import place_name

SECONDS = 3.0
"""How long a better plan is looked for where none can be proven."""
WHY_S = 2.0
"""How long changes are looked for that would bring in a stop."""

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


PAGES = ("html", "sheet.html")
"""Those of :data:`FILES` that are pages, which the templates of the web app write."""


def warnings(atlas: Atlas, plan: Plan) -> list[dict[str, str]]:
    """Return what belongs to the places of a plan and should be checked."""
    shown = []
    for advisory in advisories.of(plan, atlas.countries(), atlas.table("notices")):
        sure, unsure = (
            [place_name(each.place) for each in advisory.places if each.certain == certain]
            for certain in (True, False)
        )
        where = [_("here: %(places)s", places=", ".join(dict.fromkeys(sure)))] if sure else []
        if unsure:
            places = ", ".join(dict.fromkeys(unsure))
            where.append(
                _("perhaps here, the position is not that exact: %(places)s", places=places)
            )
        source = [
            advisory.legal_basis,
            labels.label(advisory.source_kind),
            day(advisory.as_of) if advisory.as_of else "",
        ]
        shown.append(
            {
                "text": advisory.text(current().code),
                "where": "; ".join(where),
                "source": ", ".join(filter(None, source)),
            }
        )
    return shown


def saved_as(extension: str) -> str:
    """Return the name under which a file of :data:`FILES` is saved."""
    return f"zone-atlas-trip-{current().code}.{extension}"


def check_file(extension: str) -> None:
    """Refuse what is not in :data:`FILES` with `NotFoundError`."""
    if extension not in FILES:
        raise NotFoundError(
            _(
                "A trip is not written as %(name)s; there are %(known)s.",
                name=extension,
                known=", ".join(FILES),
            )
        )


def data_file(atlas: Atlas, network: str, plan: Plan, extension: str) -> tuple[bytes, str]:
    """Write one of those :data:`FILES` of a plan that need no page: its bytes and media type."""
    names_only, form = extension.startswith("names."), extension.removeprefix("names.")
    roads = atlas.roads(Drive(network=network))
    data = plan_files.write(
        plan,
        form,
        current().code,
        lines=None if names_only else plan_lines.lines(plan, roads),
        names_only=names_only,
        gates=atlas.layer("gates"),
        hours=atlas.hours,
        clocks=agenda.zone_names(atlas),
    )
    return data, plan_files.get(form).media_type

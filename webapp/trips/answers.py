"""Warnings and files of a plan, in the language of the moment; loads no Flask."""

from __future__ import annotations

from typing import NamedTuple

from geo.atlas import Atlas
from geo.errors import NotFoundError
from geo.visits import advisories, plan_files, plan_lines
from geo.visits.advisories import Borders
from geo.visits.trip import Plan
from webapp import labels
from webapp.i18n import clauses, current, day, in_script, lazy_gettext, listed, sentences
from webapp.i18n import gettext as _
from webapp.trips import agenda
from webapp.trips.agenda import place_name

SECONDS = 3.0
"""How long a better plan is looked for where none can be proven."""
WHY_S = 2.0
"""How long changes are looked for that would bring in a stop."""

FILES: dict[str, str] = {
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


class Hint(NamedTuple):
    """What should be checked before one goes: where it holds, and who says so."""

    text: str
    where: str
    source: str


def warnings(atlas: Atlas, plan: Plan) -> list[Hint]:
    """Return what belongs to the places of a plan and should be checked."""
    outlines = atlas.countries()
    borders = None if outlines is None else atlas.keep("borders", lambda: Borders(outlines))
    return [
        Hint(in_script(notice.text(current().data)), _where(notice), _source(notice))
        for notice in advisories.of(plan, borders, atlas.table("notices"))
    ]


def _where(notice: advisories.Notice) -> str:
    sure, unsure = (
        listed(
            dict.fromkeys(
                place_name(each.place) for each in notice.places if each.certain == certain
            )
        )
        for certain in (True, False)
    )
    where = [_("here: %(places)s", places=sure)] if sure else []
    if unsure:
        where.append(_("perhaps here, the position is not that exact: %(places)s", places=unsure))
    return sentences(where)


def _source(notice: advisories.Notice) -> str:
    kind, date = labels.label(notice.source_kind), day(notice.as_of) if notice.as_of else ""
    return clauses((notice.legal_basis, kind, date))


def saved_as(extension: str) -> str:
    """Return the name under which a file of :data:`FILES` is saved."""
    return f"zone-atlas-trip-{current().code}.{extension}"


def check_file(extension: str) -> None:
    """Refuse what is not in :data:`FILES` with `NotFoundError`."""
    if extension not in FILES:
        raise NotFoundError(
            _(
                "A trip cannot be saved as %(name)s; available: %(known)s.",
                name=extension,
                known=", ".join(FILES),
            )
        )


def data_file(atlas: Atlas, network: str, plan: Plan, extension: str) -> tuple[bytes, str]:
    """Write one of those :data:`FILES` of a plan that need no page: its bytes and media type."""
    names_only, form = extension.startswith("names."), extension.removeprefix("names.")
    lines = None if names_only else plan_lines.lines(plan, atlas.network(network))
    steps = agenda.itinerary(atlas, plan)
    data = plan_files.write(steps, form, lines=lines, names_only=names_only)
    return data, plan_files.get(form).media_type

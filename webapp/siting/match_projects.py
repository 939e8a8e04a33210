"""Projects that call for investors in the sector of a company, for the pages and files of a
match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from geo.schema import LAYERS
from geo.siting import matching, projects
from geo.siting.companies import Company
from geo.siting.matching import Match
from webapp.explore import coming, records
from webapp.explore.records import Piece, Record
from webapp.i18n import clauses
from webapp.i18n import gettext as _
from webapp.labels import label
from webapp.siting.match_words import once
from webapp.store import Store

SHOWN = 5
"""Projects of a company; its sector may have a hundred."""


def calling(opened: Store, company: Company) -> list[Record]:
    """Return the projects that call for investors and fit the sector, country and province of a
    company, the first few; none where it states no sector.
    """
    if not company.sector:
        return []
    asked = company.sector, company.country, company.province

    def find() -> list[Record]:
        frame, (sector, *where) = opened.layer(coming.TABLE), asked
        sectors = matching.sectors(sector, opened.examples())
        at = frame.index.get_indexer(projects.calling(frame, sectors, *where)[:SHOWN].index)
        return records.rows(opened, LAYERS[coming.TABLE], at.tolist())

    return once(("calling", *asked), find)


def document(opened: Store, company: Company) -> list[dict[str, Any]]:
    """Return them for programs."""
    return [
        {"id": each.id, "name": each.name, "facts": _facts(each), "source": each.source.href}
        for each in calling(opened, company)
    ]


def sheet(opened: Store, matches: Sequence[Match]) -> Iterator[Sequence[Any]]:
    """Write them as the rows of a sheet, with a header."""
    yield _("Company"), _("Your row"), _("Name"), _("Facts"), _("Source"), _("Date")
    for match in matches:
        for each in calling(opened, match.company):
            source = each.source.href or label(each.source.kind)
            head = match.company.company, match.company.row
            yield (*head, each.name, clauses(_facts(each)), source, each.source.date)


def _facts(record: Record) -> list[str]:
    return [_joined(cell) for cell in record.cells if cell]


def _joined(cell: Sequence[Piece]) -> str:
    return ", ".join(piece.text for piece in cell)

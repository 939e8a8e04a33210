"""Matches of companies for programs: the sites of each, with their reasons in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from geo.roads.drive import Drive
from geo.siting.companies import Sheet
from geo.siting.matching import Match, Park
from geo.siting.measures import criteria, limits
from webapp import labels
from webapp.explore import provenance
from webapp.i18n import current, translated
from webapp.siting import files, match_projects, rank_files, wording
from webapp.siting.match_words import reason, sentence, terms, unmet
from webapp.store import Store


def document(
    opened: Store, drive: Drive, also: Sequence[str], matches: Sequence[Match], sheet: Sheet
) -> dict[str, Any]:
    """Return all matches of a sheet, its notes, and the rows that were left out."""
    about = opened.about("parks")
    query = [*drive.query().items(), *(("also", name) for name in also), ("lang", current().code)]
    return {
        "link": f"{opened.public_url}{request.script_root}/match?{urlencode(query)}",
        "terms": [{"title": title, "text": text} for title, text in terms(opened, drive, (*also,))],
        "companies": [_company(opened, match) for match in matches],
        "notes": [sentence(note) for note in sheet.notes],
        "left_out": [sentence(fault) for fault in sheet.left_out],
        "licence": about.licence,
        "sources": list(about.sources),
    }


def _company(opened: Store, match: Match) -> dict[str, Any]:
    return {
        "company": match.company.company,
        "row": match.company.row,
        "notes": match.company.notes or None,
        "sites_that_fit": match.left,
        "criteria_left_out": [wording.criterion_name(name) for name in match.left_out],
        "unmet": None if match.parks else unmet(match),
        "projects_calling": match_projects.document(opened, match.company),
        "sites": [_site(opened, match, park) for park in match.parks],
    }


def _site(opened: Store, match: Match, park: Park) -> dict[str, Any]:
    row: Any = opened.layer("parks").loc[park.id]
    land = provenance.land_of(row, park.id)
    return {
        "id": park.id,
        "name": labels.name(row),
        "link": f"{opened.public_url}/sites/{park.id}",
        "free_land": land.text,
        "free_land_kind": land.kind or None,
        "score": files.number(100 * park.score),
        "score_low": files.number(100 * park.low),
        "score_high": files.number(100 * park.high),
        "reasons": [
            {
                "limit": each.limit,
                "text": reason(match, each),
                "known": each.known,
                "value": files.number(each.value),
                "margin": files.number(each.margin),
                "unit": _unit(each.limit),
            }
            for each in park.reasons
        ],
        "strengths": [
            {
                "criterion": name,
                "text": f"{wording.criterion_name(name)}: {wording.amount(name, value)}",
                "value": files.number(value / criteria()[name].scale),
                "unit": rank_files.unit(criteria()[name]) or None,
            }
            for name, value in park.strengths
        ],
    }


def _unit(limit: str) -> str | None:
    """Return the unit of a limit that is a number."""
    return str(translated(limits()[limit].unit)) if limit in limits() else None

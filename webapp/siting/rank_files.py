"""A ranking as files: the funnel, the ranked sites with their numbers, and what is not ranked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from geo.roads.accuracy import minutes_between
from geo.siting import land
from geo.siting.measures import TIMES, Measure, criteria
from webapp import args, labels
from webapp.explore import provenance
from webapp.explore.provenance import Origin
from webapp.i18n import gettext as _
from webapp.i18n import province, translated
from webapp.labels import is_known, label
from webapp.siting import files, sources, wording
from webapp.siting.files import Line
from webapp.siting.rank import STATE, asked, strict
from webapp.siting.ranked import Result, Trust, result, trust
from webapp.siting.wish import Wish
from webapp.store import Store, store

pages = Blueprint("rank_files", __name__)

FIELDS = {"rent": "rent_term_low_usd_m2", "occupancy": "occupancy_pct"}
"""Fields of a park that hold the amounts of a criterion; land has several."""
MOST_SITES = 300
"""Ranked sites of a file; the page shows the first of them."""


@dataclass(frozen=True)
class Amount:
    """The amount of a site in a criterion: in words, and between which numbers in its unit; None
    for what is not a number.
    """

    text: str
    low: float | None
    high: float | None


def amount(row: Measure, value: Any) -> Amount:
    """Read the amount of a criterion as the page shows it."""
    text = wording.amount(row.id, value)
    if not is_known(value) or not math.isfinite(value):
        return Amount(text, None, None)
    if row.id in TIMES:
        low, high = minutes_between(value)
        return Amount(text, float(low), float(high))
    least = None if row.enough is not None else float(value)  # “up to” that
    return Amount(text, least, float(value))


@pages.get("/rank.json")
def as_json() -> Response:
    return files.json_response(document(*for_file()))


@pages.get("/rank.xlsx")
def as_xlsx() -> Response:
    book = sheets(*for_file())
    widths = dict.fromkeys(list(book)[:1], (8, 24, 40, 18, 18, 28))
    return files.xlsx_response(book, widths, "ranking")


def for_file() -> tuple[Store, Wish, Result, Trust | None]:
    """Rank as the page of the same query does; unlike it, a field that cannot be read is a
    fault.
    """
    opened = store()
    wish, _left_out, funnel = asked(opened, strict(opened, args.parse(request.args, STATE)))
    answer = result(opened, wish, funnel)
    return opened, wish, answer, trust(opened, wish, answer)


def document(opened: Store, wish: Wish, ranking: Result, trusted: Trust | None) -> dict[str, Any]:
    """Return the ranking for programs."""
    ranked = ranking.ranked
    order = list(ranked.ranking.order[:MOST_SITES]) if ranked else []
    return {
        "link": files.link(opened, urlencode(wish.query())),
        "total": len(ranking.table),
        "remaining": ranking.remaining,
        "limits": [
            {
                "limit": wording.limit_text(name, step.limit),
                "passed": step.passed,
                "failed": step.failed,
                "unknown": step.unknown,
                "remaining": step.remaining,
            }
            for name, step in ranking.steps
        ],
        "weights": ranked.weights if ranked else {},
        "ranked": len(ranked.ranking.order) if ranked else 0,
        "sites": [
            {"place": place} | _site(opened, wish, ranking, trusted, site)
            for place, site in enumerate(order, start=1)
        ],
        "not_ranked": [
            {
                "id": str(site),
                "name": labels.name(opened.layer("parks").loc[str(site)]),
                "unknown": list(row["missing"]),
                "score_low": files.number(100 * row["score_low"]),
                "score_high": files.number(100 * row["score_high"]),
            }
            for site, row in (ranked.apart.sites[:MOST_SITES].iterrows() if ranked else ())
        ],
        "removed": [
            {
                "id": each.site,
                "name": labels.name(opened.layer("parks").loc[each.site]),
                "limit": wording.limit_text(each.name, each.limit),
                "unknown": each.unknown,
            }
            for each in ranking.removed[:MOST_SITES]
        ],
        "licence": opened.about("parks").licence,
        "sources": list(opened.about("parks").sources),
    }


def _scores(ranking: Result, site: str) -> tuple[float, float]:
    """Return between which of 100 the score of a ranked site lies."""
    ranked = ranking.ranked
    assert ranked is not None
    if site in ranked.ranged.sites.index and ranked.ranking.unknown_as == "apart":
        row: Any = ranked.ranged.sites.loc[site]
        return 100 * float(row["score_low"]), 100 * float(row["score_high"])
    [score] = ranked.ranking.scores.loc[[site]].tolist()
    return 100 * score, 100 * score


def _site(
    opened: Store, wish: Wish, ranking: Result, trusted: Trust | None, site: str
) -> dict[str, Any]:
    ranked = ranking.ranked
    assert ranked is not None
    park: Any = opened.layer("parks").loc[site]
    low, high = _scores(ranking, site)
    amounts = {}
    for criterion in ranked.ranking.criteria:
        row = criteria()[criterion.id]
        value = amount(row, ranking.table.at[site, criterion.column])
        amounts[criterion.id] = {
            "text": value.text,
            "low": files.number(value.low),
            "high": files.number(value.high),
            "unit": unit(row) or None,
            "sources": [
                files.origin(source) for source in _origins(opened, wish, site, criterion.id)
            ],
        }
    shares = {}
    if trusted:
        shares = {
            "first": files.number(trusted.shares["first"].get(site)),
            "first_five": files.number(trusted.shares["first_five"].get(site)),
        }
    return {
        "id": site,
        "name": labels.name(park),
        "link": f"{opened.public_url}/sites/{site}",
        "free_land": provenance.land_of(park, site).text,
        "score_low": files.number(low),
        "score_high": files.number(high),
        "criteria": amounts,
        "places": [
            {"name": name} | _minutes(float(seconds[site])) for name, seconds in ranking.own
        ],
        "shares": shares,
    }


def unit(row: Measure) -> str:
    """Return the unit that heads the amounts of a criterion."""
    return "" if row.is_counted else translated(row.unit)


def _origins(opened: Store, wish: Wish, site: str, name: str) -> tuple[Origin, ...]:
    if name == "area":
        return sources.of_land(opened, site, *land.FIELDS)
    if name in FIELDS:
        return sources.of_field(opened, site, FIELDS[name])
    return sources.computed(wish.drive.network)


def sheets(
    opened: Store, wish: Wish, ranking: Result, trusted: Trust | None
) -> dict[str, list[Line]]:
    """Return the sheets of the workbook: the ranking, the sources, what is left out, and how to
    read it.
    """
    about = list(files.about_lines(opened, files.link(opened, urlencode(wish.query()))))
    for name, step in ranking.steps:
        about.append((_("Limit"), wording.limit_text(name, step.limit), step.remaining))
    if ranking.ranked:
        weights = ranking.ranked.weights.items()
        about += [(_("Weight"), wording.criterion_name(name), share) for name, share in weights]
    return {
        _("Ranking"): list(_table(opened, ranking, trusted)),
        _("Sources"): [files.source_heads(), *_source_lines(opened, wish, ranking)],
        _("Not ranked"): list(_others(opened, ranking)),
        _("How to read it"): about,
    }


def _minutes(seconds: float) -> dict[str, Any]:
    """Return the time to an own place as the page shows it."""
    ends = minutes_between(seconds) if math.isfinite(seconds) else (None, None)
    return {"text": wording.time(seconds), "low": ends[0], "high": ends[1], "unit": _("min")}


def _order(ranking: Result) -> list[str]:
    return list(ranking.ranked.ranking.order[:MOST_SITES]) if ranking.ranked else []


def _table(opened: Store, ranking: Result, trusted: Trust | None) -> Iterator[Line]:
    ranked = ranking.ranked
    measures = [criteria()[each.id] for each in ranked.ranking.criteria] if ranked else []
    yield (
        *(_("Place"), _("Identifier"), _("Site"), _("Province"), _("Status"), _("Free land")),
        *(_("Score of 100, from"), _("Score of 100, to")),
        *(head for row in measures for head in _heads(row)),
        *(head for name, _seconds in ranking.own for head in _ends(name, _("min"))),
        *(_("Ranks first (%)"), _("Top 5 (%)")),
    )
    for place, site in enumerate(_order(ranking), start=1):
        assert ranked is not None
        assert trusted is not None  # as soon as a site is ranked
        park: Any = opened.layer("parks").loc[site]
        low, high = _scores(ranking, site)
        cells: list[Any] = []
        for each, row in zip(ranked.ranking.criteria, measures, strict=True):
            value = amount(row, ranking.table.at[site, each.column])
            number = value.text if value.high is None else files.number(value.high)
            low_end = value.text if value.low is None else files.number(value.low)
            cells += [low_end, number] if row.id in TIMES else [number]
        for _name, seconds in ranking.own:
            ends = _minutes(float(seconds[site]))
            cells += [ends["text"] if ends[end] is None else ends[end] for end in ("low", "high")]
        shares: list[Any] = [trusted.shares.at[site, name] for name in ("first", "first_five")]
        yield (
            *(place, site, labels.name(park), province(park["province_en"])),
            *(label(park["status"]), provenance.land_of(park, site).text),
            *(round(low, 1), round(high, 1), *cells),
            *(round(100 * float(share), 1) for share in shares),
        )


def _heads(row: Measure) -> list[str]:
    name = wording.criterion_name(row.id)
    if row.id in TIMES:
        return _ends(name, unit(row))
    text = _("%(title)s, at most", title=name) if row.enough is not None else name
    return [files.with_unit(text, unit(row))]


def _ends(title: str, of: str) -> list[str]:
    """Head two columns, from and to."""
    texts = (_("%(title)s, from", title=title), _("%(title)s, to", title=title))
    return [files.with_unit(text, of) for text in texts]


def _source_lines(opened: Store, wish: Wish, ranking: Result) -> Iterator[Line]:
    ranked = ranking.ranked
    for site in _order(ranking):
        assert ranked is not None
        name = labels.name(opened.layer("parks").loc[site])
        for each in ranked.ranking.criteria:
            text = amount(criteria()[each.id], ranking.table.at[site, each.column]).text
            kind = ""
            if each.id in FIELDS:
                kind = provenance.mark("parks", site, FIELDS[each.id])
            origins = _origins(opened, wish, site, each.id)
            fact = wording.criterion_name(each.id)
            yield from files.source_lines(name, fact, text, kind, origins)


def _others(opened: Store, ranking: Result) -> Iterator[Line]:
    """Write the sites that are not ranked, and why."""
    parks = opened.layer("parks")
    yield (_("Identifier"), _("Site"), _("Reason"), _("Unknown"))
    if ranking.ranked:
        for site, row in ranking.ranked.apart.sites[:MOST_SITES].iterrows():
            names = "; ".join(map(wording.criterion_name, row["missing"]))
            yield (str(site), labels.name(parks.loc[str(site)]), names, _("yes"))
    for each in ranking.removed[:MOST_SITES]:
        reason = wording.limit_text(each.name, each.limit)
        flag = _("yes") if each.unknown else _("no")
        yield (each.site, labels.name(parks.loc[each.site]), reason, flag)

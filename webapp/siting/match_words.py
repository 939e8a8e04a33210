"""Matches of companies in words: on which terms, what each column holds, why a site fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import g

from geo.roads.drive import MAIN_ROADS, Drive
from geo.siting import companies, workbook
from geo.siting.matching import Match, Park, Reason
from geo.siting.measures import limits
from geo.siting.sheet_faults import SENTENCES, Fault
from webapp import labels, readers
from webapp.i18n import current, in_script, listed, province, sentences
from webapp.i18n import gettext as _
from webapp.siting import wording
from webapp.store import Store, store

T = TypeVar("T")


def terms(opened: Store, drive: Drive, also: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return how one drives, in which vehicle, on which roads, past which closed gates, when, and
    which sites are offered.
    """
    built_in = drive.network == MAIN_ROADS
    terms = [
        (_("Vehicle"), labels.label(drive.profile)),
        (_("Road network"), _("Main roads") if built_in else drive.network),
    ]
    if drive.closed:
        names = labels.names(opened.layer("gates"))
        terms.append((_("Assumed closed"), listed(str(names[gate]) for gate in drive.closed)))
    if drive.year and built_in:
        year = _(
            "%(year)s, with corridors planned to open by then; plans may slip",
            year=drive.year,
        )
        terms.append((_("Year"), year))
        if drive.opens:
            names = labels.names(opened.layer("corridors"))
            opens = listed(f"{names[corridor]} {year}" for corridor, year in drive.opens)
            terms.append((_("Openings assumed"), opens))
    offered = [text for name, text in wording.standing().items() if name not in also]
    return [*terms, (_("Sites offered"), sentences(offered))] if offered else terms


def explain_score() -> str:
    """Return what the score is."""
    return _(
        "The sites that fit are ordered by a weighted sum from 0 to 100, with the weights of the"
        " example of the company’s sector, which is assumed; without an example the port weighs"
        " %(port)s %%, the gate %(gate)s %% and free land %(area)s %%. A range is given where a"
        " value is unknown.",
        **{name: readers.plain(weight) for name, weight in companies.USUAL.items()},
    )


def explain_unknown() -> str:
    """Return what becomes of unknown values."""
    return _(
        "Sites with unknown values are kept, and the unknowns are named: ask about them at the "
        "meeting."
    )


def explain_area() -> str:
    """Return which area is meant."""
    return _(
        "Free land is given with each site and its year, as far as it is known. Where the occupancy"
        " is unknown, the whole site counts as free. Rents are asking prices for the whole term of"
        " the lease."
    )


def explained(profile: str) -> dict[str, str]:
    """Return what each column holds, for a vehicle."""
    minutes = _("Max. minutes by container truck, or hours: 1.5 h.")
    if profile == "car":
        minutes = _("Max. minutes by car, or hours: 1.5 h.")
    return {
        "company": _("Name; required in every row."),
        "sector": _(
            "One or more of the sectors below, in English, Vietnamese or Chinese, separated by "
            "semicolons."
        ),
        "country": _("Country where the company looks for land; empty for all."),
        "province": _("One or more provinces, separated by semicolons; empty for all."),
        "area_ha": _("Free land needed: hectares; also 50,000 m2, 75 mu."),
        "max_gate_min": minutes,
        "max_port_min": minutes,
        "max_airport_min": minutes,
        "max_rent_usd_m2": _("Max. land price for the whole lease: USD/m²."),
        "people_60min": _("Min. population within 60 minutes by car."),
        "notes": _("Free text; returned unchanged."),
    }


def sentence(fault: Fault) -> str:
    """Write a fault of a sheet, or a note on it, in the language of the request."""
    values = dict(fault.values)
    for name, value in fault.values.items():
        if isinstance(value, list):
            of = fault.values.get("of", "")
            values[name] = listed(dict.fromkeys(_named(of, code) for code in value))
    text = str(_(SENTENCES[fault.code], **values))
    if fault.column:
        return _(
            "row %(row)s, column %(column)s: %(text)s",
            row=fault.row,
            column=fault.column,
            text=text,
        )
    return _("row %(row)s: %(text)s", row=fault.row, text=text) if fault.row else text


def _named(of: str, code: str) -> str:
    """Name a code that a sentence lists: a column, a province, a sector or an example, a country;
    units are what they are.
    """
    if of == "column":
        return in_script(workbook.title_of(code, current().data))
    if of == "province":
        return province(code)
    if of == "sector" and code in store().examples():
        return labels.name(vars(store().examples()[code]))
    return str(labels.label(code)) if of else code


def reason(one: Match, each: Reason) -> str:
    """Return how a site stands to a limit."""
    name, asked = each.limit, one.limits[each.limit]
    limit = once((name, asked), lambda: wording.limit_text(name, asked))
    if not each.known:
        return once("unknown", lambda: str(_("%(limit)s: unknown here"))) % {"limit": limit}
    if each.value != each.value:
        return limit
    row = once("limits", limits)[name]
    is_time, margin = row.scale == 60, round(each.margin, 1)
    if is_time:
        margin = round(each.margin)

    def size(amount: float, write: Callable[[float], str]) -> str:
        return write(60 * amount) if is_time else labels.quantity(amount, row.unit)

    value = once((name, each.value), lambda: size(each.value, labels.duration))
    spare = (
        _("less than 5 min")
        if is_time and margin < 5
        else once((name, "spare", margin), lambda: size(margin, labels.about))
    )
    if row.enough is not None:
        return once("land", lambda: str(_("%(limit)s: up to %(value)s may be free"))) % {
            "limit": limit,
            "value": value,
        }
    if row.kind == "at_least":
        met = once(
            "above", lambda: str(_("%(limit)s: %(value)s here, %(spare)s above your minimum"))
        )
    else:
        met = once(
            "below", lambda: str(_("%(limit)s: %(value)s here, %(spare)s below your maximum"))
        )
    return met % {"limit": limit, "value": value, "spare": spare}


def strength(criterion: str, value: float) -> str:
    """Return what gives a site its score."""
    return once(
        (criterion, value),
        lambda: wording.criterion_name(criterion) + _(": ") + wording.amount(criterion, value),
    )


def once(key: Any, make: Callable[[], T]) -> T:
    """Write what stands in thousands of rows once a request: numbers in words are slow to make."""
    kept: dict[Any, T] = g.setdefault("written", {})
    if key not in kept:
        kept[key] = make()
    return kept[key]


def score(park: Park) -> str:
    """Write a score of 100, or the range in which it lies."""
    if park.low == park.high:
        return labels.decimal(100 * park.score, 1)
    return _(
        "%(low)s to %(high)s",
        low=labels.decimal(100 * park.low),
        high=labels.decimal(100 * park.high),
    )


def unmet(one: Match) -> str:
    """Return which limits leave no site, and what would help."""
    if not one.relaxed:
        return _("No site meets all limits, and no single limit is to blame. Remove some.")
    changes = [
        f"{wording.limit_text(name, each.limit)} → {wording.relaxed_text(name, each)}"
        for name, each in one.relaxed
    ]
    return _(
        "No site meets all limits. One would with: %(changes)s", changes=_(" or ").join(changes)
    )

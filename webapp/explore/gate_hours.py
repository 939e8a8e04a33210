"""What a sheet says of the hours of a gate: whether it is open now, on both clocks, and who has
said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import geopandas as gpd

from geo.atlas import Atlas
from geo.hours import calendars
from geo.hours import gates as border_gates
from geo.hours.gate_notices import KINDS, Notice
from geo.hours.openings import DayHours, Opening
from geo.layers import unfold
from geo.schema.tables import WEEKDAYS
from webapp.i18n import clauses, day, lazy_gettext, listed
from webapp.i18n import gettext as _
from webapp.labels import label

TRAFFIC: dict[str, Any] = {"passenger": lazy_gettext("Passengers"), "cargo": lazy_gettext("Cargo")}


@dataclass(frozen=True)
class State:
    """Whether one may enter now: for whom, in words, and whether it is open, closed, or only
    assumed.
    """

    whom: str
    text: str
    mark: str


@dataclass(frozen=True)
class Said:
    """A notice as a sheet shows it: for whom, its hours with what narrows them, when it is valid,
    and who says so.
    """

    whom: str
    hours: str
    terms: tuple[str, ...]
    valid: str
    kind: str
    date: str
    sources: tuple[str, ...]
    notes: str


@dataclass(frozen=True)
class GateHours:
    """When a gate is open: the moment on the clocks of both sides, the name of the clock of the
    hours, the states, and the notices that are valid now or will be.
    """

    clocks: tuple[tuple[str, datetime], ...]
    zone: str
    states: list[State]
    said: list[Said]


def of(opened: Atlas, gate: gpd.GeoDataFrame, now: datetime | None = None) -> GateHours:
    """Return when a gate is open."""
    key, row = str(gate.index[0]), gate.iloc[0]
    countries = (str(row["country"]), str(row["opposite_country"]))
    known, now = opened.hours, now or datetime.now(UTC)
    local = now.astimezone(known.zone(key))
    return GateHours(
        clocks=calendars.both_clocks(now, countries, known.clocks),
        zone=known.zone(key).key,
        states=_states(known, key, countries, now),
        said=[_said(notice) for notice in known.notices(key, local.date())],
    )


def on_day(that_day: DayHours, enter: datetime, clock: str) -> tuple[str, str]:
    """Write the hours of a gate on a day of a plan.

    Parameters
    ----------
    enter
        When one enters it.
    clock
        Name of its clock.

    Returns
    -------
    tuple
        The hours with their source, and a warning where one enters less than an hour before it
        closes; empty otherwise.
    """
    hours = that_day.text()
    times = f"{hours} {clock}" if hours else _("around the clock")
    badge, last = "", that_day.last_entry
    at_close = last == that_day.closes
    if last and not at_close:
        times += _(", ") + _("last entry %(time)s", time=last.strftime("%H:%M"))
    if last and that_day.is_near(enter):
        minutes = int((last - enter).total_seconds() // 60)
        badge = (
            _("closes in %(n)s min", n=minutes)
            if at_close
            else _("last entry in %(n)s min", n=minutes)
        )
    notice = that_day.notice
    if notice is None:
        return (
            _("Hours not known, daylight assumed: %(hours)s; ask before you go", hours=times),
            badge,
        )
    remembered = notice.source_kind == "memory"
    kind = label(notice.source_kind) if notice.source_kind else ""
    date = day(notice.as_of) if notice.as_of else "" if remembered else _("no date")
    source = clauses((*notice.hosts(), kind, date))
    if remembered:
        text = _("Open %(hours)s (%(source)s; ask before you go)", hours=times, source=source)
    else:
        text = _("Open %(hours)s (%(source)s)", hours=times, source=source)
    return text, badge


def by_traffic(opened: Atlas) -> set[str]:
    """Name the gates that have hours of their own for some traffic, now or later."""
    known, now = opened.hours, datetime.now(UTC)
    return {
        gate
        for gate in map(str, opened.layer("gates").index)
        if not all(
            notice.general
            for notice in known.notices(gate, now.astimezone(known.zone(gate)).date())
        )
    }


def _states(
    known: border_gates.Hours, gate: str, countries: tuple[str, str], now: datetime
) -> list[State]:
    """Write it for each kind of traffic: in one line if both directions have the same answer."""
    states = []
    local = now.astimezone(known.zone(gate))
    for kind in KINDS:
        openings = {
            towards: known.when_open(gate, towards, kind, now) for towards in reversed(countries)
        }
        texts = {
            towards: _text(opening, local, countries, known)
            for towards, opening in openings.items()
        }
        alike = len(set(texts.values())) == 1
        for towards, opening in list(openings.items())[: 1 if alike else None]:
            mark = "unknown" if not opening.known else "open" if opening.open else "closed"
            whom = _whom(kind, None if alike else towards, None)
            states.append(State(whom, texts[towards], mark))
    return states


def _text(
    opening: Opening,
    now: datetime,
    countries: tuple[str, str],
    known: border_gates.Hours,
) -> str:
    """Write what an answer of :meth:`geo.hours.gates.Hours.when_open` means, every time on
    both clocks.
    """
    if opening.why == "never":
        return _("not served here")
    if opening.open:
        if opening.until is None:
            return _("open, around the clock")
        until = _moment(opening.until, now, countries, known)
        if opening.why == "assumed_daylight":
            return _("hours unknown; assumed open in daylight, until %(time)s", time=until)
        if opening.why == "holidays_unknown":
            return _(
                "open until %(time)s, unless this is a holiday: those of this year are not"
                " known yet",
                time=until,
            )
        if opening.why == "new_year":
            return _(
                "open until %(time)s by its usual hours; around the lunar new year cargo mostly"
                " stands still",
                time=until,
            )
        return _("open until %(time)s", time=until)
    if opening.opens is None:
        return _("closed; no opening within 30 days")
    opens = _moment(opening.opens, now, countries, known)
    if opening.why == "assumed_night":
        return _("hours unknown; assumed closed at night, until %(time)s", time=opens)
    if opening.why == "holiday":
        return _(
            "closed for a holiday (%(name)s); opens %(time)s", name=opening.holiday, time=opens
        )
    if opening.why == "after_last_entry":
        return _("past the last entry; opens %(time)s", time=opens)
    return _("closed; opens %(time)s", time=opens)


def _moment(
    moment: datetime, now: datetime, countries: tuple[str, str], known: border_gates.Hours
) -> str:
    """Write a moment on both clocks, with its date where that is not today."""
    text = " · ".join(
        f"{time:%H:%M} {name}"
        for name, time in calendars.both_clocks(moment, countries, known.clocks)
    )
    if moment.date() == now.date():
        return text
    if moment.date() == now.date() + timedelta(days=1):
        return _("tomorrow, %(time)s", time=text)
    return clauses((day(moment.date().isoformat()), text))


def _whom(kind: str | None, towards: str | None, vehicle_country: str | None) -> str:
    parts = [str(TRAFFIC[kind])] if kind else []
    parts += [_("towards %(country)s", country=label(towards))] if towards else []
    parts += (
        [_("vehicles of %(country)s", country=label(vehicle_country))] if vehicle_country else []
    )
    return clauses(parts) or _("Everyone")


def _said(notice: Notice) -> Said:
    rule = notice.rule
    terms = [_("last entry %(time)s", time=rule.last_entry)] if rule.last_entry else []
    for countries, text in (
        (rule.closed_on, _("closed on the holidays of %(countries)s")),
        (rule.workdays, _("follows the working days of %(countries)s")),
    ):
        if countries:
            terms.append(text % {"countries": listed(map(label, countries))})
    days = ",".join(WEEKDAYS[number] for number in sorted(notice.weekdays))
    first, last = (
        day(date.isoformat()) if date else "" for date in (notice.valid_from, notice.valid_to)
    )
    return Said(
        _whom(notice.kind, notice.towards, notice.vehicle_country),
        f"{days} {rule.text}" if days and not rule.text.startswith(WEEKDAYS) else rule.text,
        tuple(terms),
        f"{first}–{last}" if last else _("since %(date)s", date=first) if first else "",
        notice.source_kind or "",
        day(notice.as_of) if notice.as_of else "",
        unfold(notice.source) if not notice.general else (),
        notice.notes,
    )

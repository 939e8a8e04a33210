"""What :mod:`geo` says of a trip that it reads, word for word as it says it, for the translators; a
test provokes each sentence.

``webapp.i18n.said`` knows them again by their form, so what says more stands before what says less.
What no form or link can bring about, since the reader of trips refuses it first, is not here."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask_babel import gettext

from webapp.i18n import N_, form, said

FAULTS = (
    N_("“%(text)s” has no unit; write “%(minutes)s” or “%(hours)s”"),
    N_("“%(text)s” is no length of time; write it like “45 min” or “1 h 30 min”"),
    N_("“%(text)s” is not between a minute and a day"),
    N_("“%(text)s” is a bare number; write a time as hours and minutes, such as “07:30”"),
    N_("“%(text)s” is no time; write hours and minutes of 24 hours, such as “07:30”"),
    N_("“%(text)s” is no span of hours; write from when to when, such as “07:30-18:00”"),
    N_("“%(text)s” is no day of the calendar"),
    N_("“%(text)s” is no date; write year, month and day, such as “2026-12-01”"),
    N_("“%(text)s” is not between %(least)s and %(most)s"),
    N_("“%(text)s” is not from when to when; write it like “2026-12-01T08:00/2026-12-01T11:30”"),
    N_("“%(text)s” is no moment; write date and time, such as “2026-12-01T08:00”"),
    N_("“%(text)s” ends before it begins"),
    N_("“%(text)s” has no length"),
    N_("“%(text)s” is not a number"),
    N_("“%(text)s” is not a whole number from 1"),
    N_("“%(text)s” is neither yes nor no"),
    N_("has %(count)s characters; %(most)s are allowed"),
    N_("holds control characters"),
    N_("“%(text)s” is no country; write two capital letters, such as “VN”"),
    N_("“%(text)s” is not above 0"),
    N_("there is no “%(text)s”; did you mean “%(one)s” or “%(other)s”?"),
    N_("there is no “%(text)s”; did you mean “%(one)s”?"),
    N_("there is no “%(text)s”; there are %(known)s"),
    N_("there is no “%(text)s”"),
    N_("“%(text)s” may mean %(places)s; write one of these ids"),
    N_("there is no place “%(text)s”; did you mean “%(one)s” or “%(other)s”?"),
    N_("there is no place “%(text)s”; did you mean “%(one)s”?"),
    N_("there is no place “%(text)s”"),
    N_("“%(text)s” lies in %(country)s, and the clock of that country is unknown"),
    N_("“%(text)s” is no IANA time zone."),
    N_("deeper than %(levels)s levels"),
    N_("must be text, not a list"),
    N_("must be text, not several keys"),
    N_("must be keys with values, such as “%(example)s”"),
    N_("unknown key; did you mean “%(one)s” or “%(other)s”?"),
    N_("unknown key; did you mean “%(one)s”?"),
    N_("unknown key; write “%(one)s” and “%(other)s”"),
    N_("unknown key; write “%(one)s”"),
    N_("unknown key; there are %(known)s"),
    N_("%(count)s entries; %(most)s are allowed"),
    N_("must be names by language, such as “en: …”"),
    N_("is missing; write from when to when, such as “hours: 07:30-18:00”"),
    N_("is missing, such as “45 min”"),
    N_("is missing"),
    N_(
        "lies at sea or in a country that is not on the map; write its country, such as"
        " “country: VN”"
    ),
    N_("the clock of %(country)s is unknown; write it, such as “timezone: Asia/Bangkok”"),
    N_("“%(text)s” is already the id of another place of the trip"),
    N_("a trip has at least one day, such as “- date: 2026-12-01”"),
    N_("where does the day begin? Write “begin: <place>”"),
    N_("where does the day end? Write “end: <place>”"),
    N_("the hours begin on %(date)s"),
    N_("the day has no hours"),
    N_("the day ends before it begins"),
    N_("%(date)s is already the date of %(day)s"),
    N_("begins before the end of the day above it"),
    N_("%(count)s stops; %(most)s are allowed"),
    N_("a trip has at least one stop, such as “- site: hai-yen-ip”"),
    N_("“%(text)s” is already %(stop)s"),
    N_("is a site or a point, not both"),
    N_("names no place; write “site: <id>” or “point: …”"),
    N_("none is as long as the visit of %(visit)s"),
    N_("has hours and windows; write one of them"),
    N_("%(until)s is before %(begin)s"),
    N_(
        "“%(text)s” are no opening hours: %(why)s; write them like “Mo-Fr 08:00-11:30,13:30-17:00;"
        " PH off”"
    ),
    N_("the trip has no day %(date)s"),
    N_("the trip has %(count)s days"),
    N_("school holidays (SH) are not known here"),
    N_("unknown hours have no row"),
    N_("an open end is no hour"),
    N_("a fallback (||) is not understood here"),
    N_("PH in “%(rule)s” does not stand at the beginning, alone or among days of the week"),
    N_("There is no calendar of holidays for “%(country)s”."),
    N_("is empty"),
    N_("The trip has 1 fault:"),
    N_("The trip has %(count)s faults:"),
    N_("and %(count)s more"),
    N_("The trip is not plain YAML:"),
    N_("The trip is not written in UTF-8."),
    N_("The trip cannot be read as YAML: it holds control characters."),
    N_("The trip cannot be read as YAML, line %(line)s, column %(column)s: %(problem)s."),
    N_("The trip has %(size)s bytes; %(most)s are allowed."),
    N_("line %(line)s: anchors and aliases (& and *) are not allowed; write it out"),
    N_("line %(line)s: tags (!) are not allowed"),
    N_("line %(line)s: deeper than %(levels)s levels"),
    N_("line %(line)s: a key must be text"),
    N_("line %(line)s: %(key)s: stands twice"),
    N_("This trip cannot be planned."),
    N_("The days of this trip cannot be driven, even without a stop."),
    N_("Day %(day)s: it is longer than a week."),
    N_("Day %(day)s: no end is reached in time."),
)
"""What is wrong with a trip, without the path before it: ``stops[3].visit: is missing``."""
TOLD = (
    N_("Hours of days without a zone are on the clock of the place where the day begins."),
    N_(
        "Where a day may begin on several clocks, its hours are on that of the first town of the"
        " night before."
    ),
    N_("Hours and windows of stops without a zone are on the clock of the stop."),
    N_("A visit without a length is taken to last 60 minutes."),
    N_("A point without a country belongs to the country on whose land it lies."),
    N_(
        "Not all public holidays of %(country)s in %(year)s are known yet; hours that depend on"
        " them may be wrong."
    ),
)
"""What is assumed when a trip is read."""
SENTENCES = (*FAULTS, *TOLD)

FORM = {
    "where does the day begin? Write “begin: <place>”": N_("where does the day begin?"),
    "where does the day end? Write “end: <place>”": N_("where does the day end?"),
    "is missing; write from when to when, such as “hours: 07:30-18:00”": N_(
        "is missing; write from when to when, such as “07:30-18:00”"
    ),
    "lies at sea or in a country that is not on the map; write its country, such as"
    " “country: VN”": N_("lies at sea or in a country that is not on the map"),
    "the clock of %(country)s is unknown; write it, such as “timezone: Asia/Bangkok”": N_(
        "the clock of %(country)s is unknown"
    ),
    "a trip has at least one day, such as “- date: 2026-12-01”": N_("a trip has at least one day"),
    "a trip has at least one stop, such as “- site: hai-yen-ip”": N_(
        "a trip has at least one stop"
    ),
    "names no place; write “site: <id>” or “point: …”": N_("names no place"),
    "there is no place “%(text)s”; did you mean “%(one)s” or “%(other)s”?": N_(
        "there is no place “%(text)s”"
    ),
    "there is no place “%(text)s”; did you mean “%(one)s”?": N_("there is no place “%(text)s”"),
}
"""What a sentence of the library that names keys of a file is in a form, which has none."""
_ROW = re.compile(r"(?:stops|days)\[\d+\]")


def of_form(sentence: str, word: Callable[[str], str]) -> str:
    """Return a sentence of the library in the language of the request and the words of the form.

    Parameters
    ----------
    word
        Called with the path of a stop or day, such as ``stops[0]``, or the id of a place that
        stands there; returns what the form calls it.
    """
    known = form(sentence)
    if known is None:
        return said(sentence)
    text, values = known
    if any(name in ("stop", "day") and _ROW.fullmatch(value) for name, value in values.items()):
        values = {name: word(value) if name != "date" else value for name, value in values.items()}
    elif text not in FORM:
        return said(sentence)
    return str(gettext(FORM.get(text, text), **values))

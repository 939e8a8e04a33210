"""The languages of the interface: which one an answer is in, its catalogue, its numbers and dates,
and what there is to translate.

Catalogues are read as they are edited, from ``messages.po``, the first time a language is asked
for. That takes some 50 ms and spares compiled copies, which are not kept in the repository and
could be older than what they were made from."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.messages import mofile, pofile
from babel.support import NullTranslations, Translations
from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, Domain, get_locale, gettext, pgettext

COOKIE = "lang"
YEAR_S = 365 * 24 * 3600
FOLDER = Path(__file__).parent / "translations"
LONGEST, MOST_COLONS = 600, 4
"""Of a sentence that is looked for by its form, so that what somebody typed cannot make the search
long.
"""


@dataclass(frozen=True)
class Language:
    """A language: ``code`` in addresses and in names of columns, ``locale`` for Babel, ``tag`` in
    HTML and HTTP, its own ``name``.
    """

    code: str
    locale: str
    tag: str
    name: str


LANGUAGES = {
    one.code: one
    for one in (
        Language("en", "en", "en", "English"),
        Language("vi", "vi", "vi", "Tiếng Việt"),
        Language("zh", "zh_Hans", "zh-Hans", "中文"),
    )
}
ENGLISH = LANGUAGES["en"]

# Which language an answer is in -------------------------------------------------------------------


def install(app: Flask) -> None:
    """Let an app speak the language that each visitor asks for."""
    babel = Babel(app, locale_selector=_choose)
    babel.domain_instance = Catalogues()
    app.after_request(_say_language)


def current() -> Language:
    """Return the language of this request; English outside of one."""
    locale = str(get_locale())
    return next((one for one in LANGUAGES.values() if one.locale == locale), ENGLISH)


def _choose() -> str:
    """Take the language from the address, else from the cookie, else from the browser; what names
    no language of ours counts nowhere.

    That an address names one that is none is told by :func:`webapp.args.parse`.
    """
    if not has_request_context():
        return ENGLISH.locale
    preferred = (
        re.split("[-_]", tag)[0].lower() for tag, quality in request.accept_languages if quality > 0
    )  # the dearest first
    wishes = (request.args.get("lang"), request.cookies.get(COOKIE), *preferred)
    return next((LANGUAGES[wish].locale for wish in wishes if wish in LANGUAGES), ENGLISH.locale)


def _say_language(response: Response) -> Response:
    """Head pages and errors with their language, and remember the one that a page's address names.

    Layers, downloads and files hold codes, not texts: they are the same in every language and may
    be kept for all."""
    page = response.mimetype == "text/html"
    if not page and response.mimetype != "application/pdf" and response.status_code < 400:
        return response
    if (
        request.method != "POST"
    ):  # the browser alone keeps an answer to a form, for Back, and finds it again by the cookie
        response.vary.update(("Accept-Language", "Cookie"))
    response.headers["Content-Language"] = current().tag
    asked = request.args.get("lang")
    if (
        page
        and response.status_code < 400
        and asked in LANGUAGES
        and asked != request.cookies.get(COOKIE)
        and "part" not in request.args
    ):
        response.set_cookie(
            COOKIE, asked, max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure
        )
    return response


def switches() -> list[tuple[Language, list[tuple[str, str]]]]:
    """Return each language with the query of this page in it, for links that keep everything
    else.
    """
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return [(one, [*kept, ("lang", one.code)]) for one in LANGUAGES.values()]


# Catalogues ---------------------------------------------------------------------------------------


class Catalogues(Domain):  # type: ignore[misc]
    """Flask-Babel's way to a catalogue, without compiled files."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return catalogue(str(locale)) if locale else NullTranslations()


@functools.cache
def catalogue(locale: str) -> NullTranslations:
    """Read the catalogue of a locale; one that has none speaks English."""
    path = FOLDER / locale / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        mofile.write_mo(compiled, pofile.read_po(file, locale=locale))
    compiled.seek(0)
    return Translations(compiled)


def translated(text: Any) -> str:
    """Translate a text that the code or the bundled data package brings along; any other stays as
    it is.
    """
    return gettext(str(text)) if text else ""


def province(name: Any) -> str:
    """Name a province, of which the layers hold only the English name."""
    return pgettext("province", str(name)) if name else ""


@functools.cache
def province_names(name: str) -> tuple[str, ...]:
    """Return the names of a province in all languages, for the search."""
    return tuple(
        dict.fromkeys(
            (
                name,
                *(catalogue(one.locale).upgettext("province", name) for one in LANGUAGES.values()),
            )
        )
    )


def N_(text: str) -> str:
    """Mark a text for pybabel that is translated later."""
    return text


SENTENCES = (
    N_("These roads do not lead from the start to the destination."),
    N_("No road of this network lies within %(km)s km of the origin."),
    N_("No road of this network lies within %(km)s km of the destination."),
    N_("No road of this network lies within %(km)s km of the point."),
    N_("There is no reference system EPSG:%(epsg)s."),
    N_("There is no way from EPSG:%(source)s to EPSG:%(target)s: %(reason)s"),
    N_("no corridor within %(km)s km on the side of %(country)s, so no way through."),
    N_("%(n)s gates have a road; no other road crosses a border."),
    N_("Corridor network"),
    N_("CSV table"),
    N_("The years left of the lease must be stated."),
    N_("%(number)s is no number of years left of a lease."),
    N_("Years left are stated, but the basis stays as it is."),
    N_("The exchange rate must be stated."),
    N_("%(number)s is no exchange rate."),
    N_("The date of the exchange rate must be stated."),
    N_("“%(text)s” is no date; write it as YYYY-MM-DD."),
    N_("An exchange rate is stated, but the currency stays as it is."),
    N_("%(kinds)s are different quantities: %(help)s."),
    N_("%(currencies)s are different currencies: say an exchange rate and its date, and convert."),
)
"""Sentences of :mod:`geo` that a visitor meets. The library knows no languages, so they are known
again by their form.
"""
PARTS = (
    N_("land rent for the whole lease term"),
    N_("land rent per year left of the lease"),
    N_("rent of a built factory per month"),
    N_("management fee per year"),
    N_("say the years left of the lease and convert"),
    N_("they pay for different things"),
)
"""Words of :mod:`geo` that are filled into such sentences, alone or several with “and” between
them.
"""


def said(sentence: str) -> str:
    """Return a sentence of :mod:`geo` in the language of the request, also one behind a path such
    as ``stops[3].visit: ``.

    One that is not known by its form stays English.
    """
    if current() is ENGLISH:
        return sentence
    path = re.match(r"[\w.\[\]]+: |", sentence)
    colons = islice(
        re.finditer(": ", sentence), MOST_COLONS
    )  # the path of a key that somebody made up may hold some
    for begin in (path.end() if path else 0, 0, *(found.end() for found in colons)):
        known = form(sentence[begin:])
        if known:
            return sentence[:begin] + gettext(
                known[0], **{name: _part(name, text) for name, text in known[1].items()}
            )
    return sentence


def form(sentence: str) -> tuple[str, dict[str, str]] | None:
    """Find which sentence of :mod:`geo` it is, and what is filled in."""
    if len(sentence) <= LONGEST:
        for known, pattern in _forms():
            found = pattern.fullmatch(sentence)
            if found:
                return known, found.groupdict()
    return None


@functools.cache
def _forms() -> list[tuple[str, re.Pattern[str]]]:
    from webapp import sentences

    return [
        (known, re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(known)), re.DOTALL))
        for known in (*SENTENCES, *sentences.SENTENCES)
    ]


def _part(name: str, text: str) -> str:
    if name == "why":
        return "; ".join(map(said, text.split("; ")))
    several = [text] if text in PARTS else text.split(" and ")
    known = all(one in PARTS or re.fullmatch("[A-Z]{3}", one) for one in several)
    return gettext(" and ").join(map(gettext, several)) if known else text


# Dates --------------------------------------------------------------------------------------------


def day(text: Any) -> str:
    """Write a date of the data, which may be only a year or a month, in the language of the
    request.
    """
    found = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", str(text))
    if not found:
        return str(text)
    locale = get_locale() or ENGLISH.locale
    try:
        when = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return str(text)
    if found[3]:
        return str(format_date(when, "medium", locale=locale))
    return str(format_skeleton("yMMM" if found[2] else "y", when, locale=locale))


def weekday(text: str) -> str:
    """Write a whole date with the day of the week, in the language of the request."""
    return str(format_date(date.fromisoformat(text), "full", locale=get_locale() or ENGLISH.locale))


# What there is to translate -----------------------------------------------------------------------


def extract_tables(*_args: Any, **_options: Any) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Return the titles, descriptions and units of the table of layers to pybabel."""
    from geo.schema import LAYERS

    for layer in LAYERS.values():
        for text in (
            layer.title,
            layer.description,
            *(text for field in layer.fields for text in (field.title, field.description)),
        ):
            if text:
                yield 0, "gettext", text, []
        for unit in (field.unit for field in layer.fields):
            if re.search(r"[a-z]", unit):
                yield 0, "gettext", unit, []


def extract_package(
    file: Any, *_args: Any, **_options: Any
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Return the words of a data package to pybabel: titles, descriptions, and the provinces of its
    layers.
    """
    package = json.load(file)
    for one in (package, *package["resources"]):
        for text in filter(None, (one.get("title"), one.get("description"))):
            yield 0, "gettext", text, []
    provinces = set()
    for path in sorted(Path(file.name).parent.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as table:
            for row in csv.DictReader(table):
                provinces |= {
                    row[name]
                    for name in ("province_en", "province_former_en", "opposite_province_en")
                    if row.get(name)
                }
    for name in sorted(provinces):
        yield 0, "pgettext", ("province", name), []

"""The languages of the interface: which one an answer is in, its catalogue, its numbers and dates,
and what there is to translate."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.support import NullTranslations
from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, Domain, get_locale, gettext, pgettext

from geo.errors import Message
from webapp.catalogues import ENGLISH, LANGUAGES, Language, catalogue

COOKIE = "lang"
YEAR_S = 365 * 24 * 3600
FOLDER = Path(__file__).parent / "translations"

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


def translated(text: Any) -> str:
    """Translate a text that the code or the bundled data package brings along; any other stays as
    it is.
    """
    return gettext(str(text)) if text else ""


def province(name: Any) -> str:
    """Name a province, of which the layers hold only the English name."""
    return pgettext("province", str(name)) if name else ""


def N_(text: str) -> str:
    """Mark a text for pybabel that is translated later."""
    return text


def said(text: str) -> str:
    """Return a sentence of :mod:`geo` in the language of the request; one that somebody else wrote
    stays as it is.
    """
    return text.translated(gettext) if isinstance(text, Message) else translated(text)


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


def extract_messages(
    file: Any, *_args: Any, **_options: Any
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Return the texts of every ``Message`` of a module of the library to pybabel, also of one
    inside another.
    """
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Message":
            text = node.args[0]
            if isinstance(text, ast.Constant):
                yield node.lineno, "gettext", text.value, []

"""What is said in the language of the moment: texts, dates, and what there is to translate; loads
no Flask.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.support import LazyProxy

from geo.errors import Message
from webapp import catalogues
from webapp.catalogues import ENGLISH, Language, catalogue

T = TypeVar("T")

# Which language is spoken -------------------------------------------------------------------------

_spoken: ContextVar[Language | None] = ContextVar("spoken", default=None)
_insisted: ContextVar[Language | None] = ContextVar("insisted", default=None)
_askers: list[Callable[[], Language | None]] = []


def ask(of_request: Callable[[], Language | None]) -> None:
    """Let the web app say which language its request is in; None outside of one."""
    _askers.append(of_request)


def current() -> Language:
    """Return the language of this request; outside of one that of :func:`speaking`, or English.
    That of :func:`insisting` goes before both.
    """
    if insisted := _insisted.get():
        return insisted
    for of_request in _askers:
        if asked := of_request():
            return asked
    return _spoken.get() or ENGLISH


@contextmanager
def insisting(language: Language) -> Iterator[None]:
    """Speak a language whatever a request is in, as a table of words in all languages does."""
    before = _insisted.set(language)
    try:
        yield
    finally:
        _insisted.reset(before)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak a language, as the command line does."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def gettext(text: str, /, **values: Any) -> str:
    """Translate a text and fill in its values."""
    translated = in_locale(text, current().locale)
    if not values:
        return translated
    return translated % {name: in_script(value) for name, value in values.items()}


@lru_cache(20_000)  # a page has hundreds of texts, many of them again and again
def in_locale(text: str, locale: str) -> str:
    """Translate a text; its values are not filled in."""
    return str(catalogue(locale).ugettext(text))


def in_script(text: T) -> T:
    """Return a text of the data in the characters of the language of the moment; anything else as
    it is.
    """
    if type(text) is not str or not current().converted:
        return text
    return cast(T, catalogues.in_script(str(text), current().locale))


def lazy_gettext(text: str) -> str:
    """Return a text that is translated whenever it is written; to type checkers it is a string,
    whose methods it has.
    """
    return cast(str, LazyProxy(gettext, text, enable_cache=False))


# Texts --------------------------------------------------------------------------------------------


def translated(text: Any) -> str:
    """Translate a text that the code or the bundled data package brings along; any other stays as
    it is.
    """
    return gettext(str(text)) if text else ""


def province(name: Any) -> str:
    """Name a province, of which the layers hold only the English name."""
    return _province(str(name), current().locale) if name else ""


@lru_cache(2000)
def _province(name: str, locale: str) -> str:
    return str(catalogue(locale).upgettext("province", name))


def N_(text: str) -> str:
    """Mark a text for pybabel that is translated later."""
    return text


def said(text: str) -> str:
    """Return a sentence of :mod:`geo` in the language of the request; one that somebody else wrote
    stays as it is.
    """
    return text.translated(gettext) if isinstance(text, Message) else translated(text)


# Signs between words ------------------------------------------------------------------------------


def comma() -> str:
    """Return what stands between the parts of a list: 、 in Chinese."""
    return _comma(current().locale)


@lru_cache
def _comma(locale: str) -> str:
    middle: str = Locale.parse(locale).list_patterns["standard"]["middle"]
    return middle.format("", "")


def listed(parts: Iterable[Any]) -> str:
    """Write the parts of a list, one after the other."""
    return comma().join(map(str, parts))


def clauses(parts: Iterable[Any]) -> str:
    """Write what is known of one thing, such as its province and its country; parts that are empty
    are left out.
    """
    return gettext(", ").join(str(part) for part in parts if part)


def bracketed(text: Any) -> str:
    """Write what follows a text in brackets, with the space before it that the language asks."""
    return gettext(" (%(text)s)", text=text)


def sentences(parts: Iterable[Any]) -> str:
    """Write parts that hold commas of their own."""
    return gettext("; ").join(map(str, parts))


# Dates --------------------------------------------------------------------------------------------


def day(text: Any) -> str:
    """Write a date of the data, which may be only a year or a month, in the language of the
    request.
    """
    return _day(str(text), current().locale)


@lru_cache(2000)
def _day(text: str, locale: str) -> str:
    parts = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
    if not parts:
        return text
    try:
        when = date(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1))
    except ValueError:
        return text
    if parts[3]:
        return str(format_date(when, "medium", locale=locale))
    return str(format_skeleton("yMMM" if parts[2] else "y", when, locale=locale))


def weekday(text: str) -> str:
    """Write a whole date with the day of the week, in the language of the request."""
    return str(format_date(date.fromisoformat(text), "full", locale=current().locale))


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
    for described in (package, *package["resources"]):
        for text in filter(None, (described.get("title"), described.get("description"))):
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

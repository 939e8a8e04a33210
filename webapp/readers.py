"""How the texts of a parameter become a value. A reader raises `ValueError` with a sentence, in the
language of the request, about what cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from geo.errors import InputError
from geo.siting import own_places
from geo.siting.measures import table_criteria
from geo.siting.money import BASES
from geo.siting.own_places import OwnPlace
from geo.siting.rates import LINES, SHARES
from geo.text import short
from webapp.i18n import N_, said
from webapp.i18n import gettext as _

T = TypeVar("T")
Schema = dict[str, Any]
SLUG = "[a-z0-9]+(-[a-z0-9]+)*"
SHAPES = ("linear", "step", "saturating")
"""Shapes of :class:`geo.siting.criteria.Criterion` that may be chosen."""
CURRENCIES = ("USD", "CNY", "VND")
MOST_AMOUNT = 1e9
TOO_LARGE = N_("%(text)s is not an amount between 0 and a thousand million")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a query: how all its texts are read, and what the OpenAPI document says of it.

    Only addresses for programs are in that document, so others need no description."""

    read: Callable[[list[str]], Any]
    schema: Mapping[str, Any]
    description: str = ""

    def about(self, description: str) -> Parameter:
        """Return the same parameter with a description."""
        return replace(self, description=description)

    def openapi(self, name: str, *, required: bool = False) -> Schema:
        """Return its object in an OpenAPI document."""
        return {
            "name": name,
            "in": "query",
            "required": required,
            "description": self.description,
            "schema": self.schema,
            "style": "form",
            "explode": False,
        }


# How often a parameter is given -------------------------------------------------------------------


def single(read: Callable[[str], T]) -> Callable[[list[str]], T]:
    """Build the reader of a parameter that is given once."""
    return lambda texts: read(once(texts))


def every(read: Callable[[str], T]) -> Callable[[Iterable[str]], list[T]]:
    """Build the reader of a parameter that may be repeated, which names all faults."""

    def read_all(texts: Iterable[str]) -> list[T]:
        values, faults = [], []
        for text in texts:
            try:
                values.append(read(text))
            except ValueError as error:
                faults.append(str(error))
        if faults:
            raise ValueError("; ".join(faults))
        return values

    return read_all


def once(texts: list[str]) -> str:
    """Return the one text of a parameter."""
    if len(texts) != 1:
        raise ValueError(_("is given more than once"))
    return texts[0]


# One text -----------------------------------------------------------------------------------------


def shown(text: str) -> str:
    """Return the beginning of a text without what cannot be printed, for a sentence."""
    return short("".join(char if char.isprintable() else "?" for char in text))


def number(text: str) -> float:
    """Read a finite ASCII number."""
    if not re.fullmatch(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})", text, re.ASCII):
        raise ValueError(_("“%(text)s” is not a number", text=shown(text)))
    return float(text)


def plain(value: float) -> str:
    """Write a number as :func:`number` reads it: nothing is lost, and there is no exponent."""
    return np.format_float_positional(value, precision=15, trim="-")


def _between(low: float, high: float, fault: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = number(text)
        if not low <= value <= high:
            raise ValueError(_(fault, text=shown(text)))
        return value

    return read


longitude = _between(-180, 180, N_("%(text)s is not a longitude between -180 and 180"))
latitude = _between(-90, 90, N_("%(text)s is not a latitude between -90 and 90"))
amount = _between(0, MOST_AMOUNT, TOO_LARGE)
weight = _between(0, 100, N_("%(text)s is not a weight between 0 and 100"))
percent = _between(0, 100, N_("%(text)s is not a share between 0 and 100 %%"))


def span(read: Callable[[str], float]) -> Callable[[str], tuple[float, float]]:
    """Build the reader of one value, or of two as ``300-350``."""

    def read_ends(text: str) -> tuple[float, float]:
        ends = re.split(r"\s*[-–]\s*", text.strip()) if text.strip()[:1] != "-" else [text]
        if len(ends) > 2 or not all(ends):
            raise ValueError(_("“%(text)s” is not a number", text=shown(text)))
        low, high = read(ends[0]), read(ends[-1])
        if low > high:
            raise ValueError(_("“%(text)s” ends below its beginning", text=shown(text)))
        return low, high

    return read_ends


def exchange(text: str) -> tuple[float, float]:
    """Read an exchange rate, or two."""
    low, high = span(amount)(text)
    if not low:
        raise ValueError(_("%(text)s is not an exchange rate above 0", text=shown(text)))
    return low, high


def own_rate(text: str) -> tuple[str, str, tuple[float, float]]:
    """Read ``site:wage:300-350``, the own number of one site for a line of the rate card."""
    match = re.fullmatch(rf"({SLUG}):({'|'.join(LINES)}):([^:]+)", text, re.ASCII)
    if not match:
        raise ValueError(
            _(
                "“%(text)s” does not have the form site:rate:number, with a rate of %(known)s",
                text=shown(text),
                known=", ".join(LINES),
            )
        )
    return match[1], match[3], rate(match[3])(match[4])


def rate(line: str) -> Callable[[str], tuple[float, float]]:
    """Build the reader of a line of the rate card."""
    return span(percent if line in SHARES else amount)


def stated(text: str) -> float:
    """Read a number that may have to be repeated as it was typed; :mod:`geo.siting.money` judges
    it.
    """
    value = _between(-MOST_AMOUNT, MOST_AMOUNT, TOO_LARGE)(text)
    return int(value) if value.is_integer() else value


def lonlat(text: str) -> tuple[float, float]:
    """Read ``lon,lat``."""
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError(_("“%(text)s” is not lon,lat", text=shown(text)))
    return longitude(parts[0].strip()), latitude(parts[1].strip())


def box(text: str) -> tuple[float, float, float, float]:
    """Read ``west,south,east,north``."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4:
        raise ValueError(_("needs four numbers: west,south,east,north"))
    west, east, south, north = *map(longitude, parts[::2]), *map(latitude, parts[1::2])
    if south > north:
        raise ValueError(_("south is greater than north"))
    return west, south, east, north


def blocks(text: str) -> tuple[int, int, int, int]:
    """Read ``west,north,east,south``, columns and rows of the grid of the web."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4:
        raise ValueError(_("needs four whole numbers: west,north,east,south"))
    west, north, east, south = map(count, parts)
    if west > east or north > south:
        raise ValueError(_("west is greater than east, or north than south"))
    return west, north, east, south


def one_of(allowed: Iterable[str]) -> Callable[[str], str]:
    """Build the reader of a choice."""
    known = tuple(dict.fromkeys(allowed))

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(
                _("“%(text)s” is not one of %(known)s", text=shown(text), known=", ".join(known))
            )
        return text

    return read


def slug(text: str) -> str:
    """Read an identifier."""
    if not re.fullmatch(SLUG, text):
        raise ValueError(_("“%(text)s” is not an identifier", text=shown(text)))
    return text


def end(text: str) -> str | tuple[float, float]:
    """Read an identifier or ``lon,lat``."""
    return lonlat(text) if "," in text else slug(text)


def count(text: str) -> int:
    """Read a whole number."""
    if not re.fullmatch(r"\d{1,7}", text, re.ASCII):
        raise ValueError(_("“%(text)s” is not a whole number from 0", text=shown(text)))
    return int(text)


def epsg(text: str) -> int:
    """Read the number of a system of reference."""
    if not re.fullmatch(r"\d{4,6}", text, re.ASCII):
        raise ValueError(_("“%(text)s” is not an EPSG code", text=shown(text)))
    return int(text)


def minutes(text: str) -> list[int]:
    """Read travel times, separated by commas."""
    parts = text.split(",")
    if len(parts) > 6 or not all(re.fullmatch(r"[1-9]\d{0,2}", part, re.ASCII) for part in parts):
        raise ValueError(
            _(
                "“%(text)s” is not one to six whole numbers of minutes from 1 to 999, separated by"
                " commas",
                text=shown(text),
            )
        )
    return [int(part) for part in parts]


def picked(texts: Iterable[str]) -> list[str]:
    """Read ids, each in a parameter of its own or several behind commas."""
    return every(slug)(part for text in texts for part in text.split(",") if part)


def slugs(text: str) -> tuple[str, ...]:
    """Read identifiers, separated by commas: each once, in order."""
    return tuple(sorted(set(every(slug)(text.split(",")))))


def offer(text: str) -> tuple[str, str, float, str]:
    """Read ``site:factory_month:4.5:USD``, an amount of money for a square metre."""
    bases, currencies = "|".join(BASES), "|".join(CURRENCIES)
    match = re.fullmatch(rf"({SLUG}):({bases}):([^:]+):({currencies})", text, re.ASCII)
    if not match:
        raise ValueError(
            _(
                "“%(text)s” does not have the form site:basis:amount:currency, with a basis of "
                "%(bases)s and a currency of %(currencies)s",
                text=shown(text),
                bases=", ".join(BASES),
                currencies=", ".join(CURRENCIES),
            )
        )
    return match[1], match[3], amount(match[4]), match[5]


def own_place(text: str) -> OwnPlace:
    """Read a place of somebody's own, as :func:`geo.siting.own_places.read` does."""
    try:
        return own_places.read(text)
    except InputError as error:
        raise ValueError(said(error.message)) from None


def shape(text: str) -> tuple[str, tuple[float | None, ...]]:
    """Read ``saturating``, ``linear:30:180``, one end of which may be empty, or ``step:60``: the
    shape, and the ends that are stated.
    """
    name, *ends = text.split(":")
    one_of(SHAPES)(name)
    if ends and len(ends) != (1 if name == "step" else 2):
        raise ValueError(
            _(
                "“%(text)s” does not have the form step:60, linear, linear:30:180 or "
                "saturating:30:180",
                text=shown(text),
            )
        )
    numbers = every(lambda end: amount(end) if end else None)(ends)
    return name, tuple(numbers) if any(end is not None for end in numbers) else ()


# All texts together -------------------------------------------------------------------------------


def opens(texts: list[str]) -> tuple[tuple[str, int], ...]:
    """Read ``corridor:2032`` several times, or separated by commas."""
    years: dict[str, int] = {}

    def read(text: str) -> None:
        match = re.fullmatch(rf"({SLUG}):(\d{{4}})", text, re.ASCII)
        if not match:
            raise ValueError(_("“%(text)s” does not have the form corridor:year", text=shown(text)))
        if match[1] in years:
            raise ValueError(_("“%(text)s” gives a corridor a second year", text=shown(text)))
        years[match[1]] = int(match[3])

    every(read)(part for text in texts for part in text.split(","))
    return tuple(sorted(years.items()))


def pairs(texts: list[str]) -> dict[tuple[str, str], int]:
    """Read ``gate:port:3``, the first three times as important as the second; 1/3 is -3."""
    compared: dict[tuple[str, str], int] = {}

    def read(text: str) -> None:
        match = re.fullmatch(r"([a-z]+):([a-z]+):([1-9]|-[2-9])", text, re.ASCII)
        if not match:
            raise ValueError(
                _(
                    "“%(text)s” does not have the form first:second:3, with a number from 1 to "
                    "9 or from -2 to -9",
                    text=shown(text),
                )
            )
        first, second, times = match.groups()
        if not {first, second} <= table_criteria().keys():
            raise ValueError(
                _(
                    "“%(text)s” compares what is not one of %(known)s",
                    text=shown(text),
                    known=", ".join(table_criteria()),
                )
            )
        if first == second:
            raise ValueError(_("“%(text)s” compares a criterion with itself", text=shown(text)))
        if {(first, second), (second, first)} & compared.keys():
            raise ValueError(_("“%(text)s” compares two criteria again", text=shown(text)))
        compared[first, second] = int(times)

    every(read)(texts)
    return compared

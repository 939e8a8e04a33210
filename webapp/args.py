"""Everything that is read from a query string: one table of parameters, one error that names every
fault.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.errors import InputError
from geo.schema import LAYERS
from geo.siting.limits import STANDING
from geo.siting.measures import NEEDS, criteria, limits
from geo.siting.money import BASES
from webapp.catalogues import LANGUAGES
from webapp.i18n import gettext as _

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

Reader = Callable[[list[str]], Any]
MAX_LENGTH = 200
YEARS = (2030, 2035)
"""Years to come that can be asked for."""
LENGTHS = {
    **{
        "text": 2000,
        "opens": 1000,
        "stop": 12_000,
        "day": 3000,
        "ids": 6000,
        "closed": 6000,
        "notes": 2000,
        "source": 2000,
        "point": 1500,
    },
    **{"hours": 6000, "contact": 2000, "end": 3000},
}
"""How long these may be instead, a line break counted as one."""
SHAPES = ("linear", "step", "saturating")
"""Shapes of :class:`geo.siting.criteria.Criterion` that may be chosen."""
CURRENCIES = ("USD", "CNY", "VND")


class AddressError(InputError):
    """Parameters of an address that cannot be read; ``parameters`` are their names."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(
            _("The address has a fault:") if len(faults) == 1 else _("The address has faults:"),
            faults.values(),
        )
        self.parameters = tuple(faults)


def parse(given: MultiDict[str, str], allowed: Iterable[str]) -> dict[str, Any]:
    """Read a query string into values.

    Parameters
    ----------
    allowed
        Names of ``PARAMETERS`` that this page takes; every page takes ``lang`` as well.

    Returns
    -------
    dict
        Only the parameters that were given and not empty, without ``lang``, which
        :mod:`webapp.i18n` answers.

    Raises
    ------
    AddressError
        Names every unknown, doubled or malformed parameter.
    """
    values, _slips = parse_form(given, allowed, ())
    return values


@dataclass(frozen=True)
class Slip:
    """What somebody typed into a field that cannot be read, and the fault in it, without the name
    of the field.
    """

    text: str
    fault: str


def parse_form(
    given: MultiDict[str, str], allowed: Iterable[str], typed: Iterable[str]
) -> tuple[dict[str, Any], dict[str, Slip]]:
    """Read a query string as :func:`parse` does, but keep the page: faults in fields that people
    type into are returned by field.

    Raises
    ------
    AddressError
        Names every fault of the other parameters.
    """
    allowed, typed = (*allowed, "lang"), set(typed)
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    slips: dict[str, Slip] = {}
    for name, raw in given.lists():
        if name not in allowed:
            faults[name] = _(
                "%(name)s: is not known here; known are: %(known)s",
                name=_shown(name),
                known=", ".join(allowed),
            )
            continue
        texts = [text for text in raw if text != ""]
        most = LENGTHS.get(name, MAX_LENGTH)
        if any(len(text.replace("\r\n", "\n")) > most or "\x00" in text for text in texts):
            faults[name] = _(
                "%(name)s: is longer than %(n)s characters or holds a zero byte", name=name, n=most
            )
        elif texts:
            try:
                values[name] = PARAMETERS[name](texts)
            except ValueError as error:
                if name in typed:
                    slips[name] = Slip(texts[0], str(error))
                else:
                    faults[name] = f"{name}: {error}"
    if faults:
        raise AddressError(faults | {name: f"{name}: {slip.fault}" for name, slip in slips.items()})
    values.pop("lang", None)
    return values, slips


def number(text: str) -> float:
    """Read a finite ASCII number; `ValueError` with a sentence otherwise."""
    if not re.fullmatch(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})", text, re.ASCII):
        raise ValueError(_("“%(text)s” is not a number", text=_shown(text)))
    return float(text)


def plain(value: float) -> str:
    """Write a number as :func:`number` reads it: nothing is lost, and there is no exponent."""
    return np.format_float_positional(value, precision=15, trim="-")


def lonlat(text: str) -> tuple[float, float]:
    """Read ``lon,lat``; `ValueError` with a sentence otherwise."""
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError(_("“%(text)s” is not lon,lat", text=_shown(text)))
    lon, lat = _LONGITUDE([parts[0].strip()]), _LATITUDE([parts[1].strip()])
    return lon, lat


def _shown(text: str) -> str:
    clean = "".join(char if char.isprintable() else "?" for char in text)
    return clean if len(clean) <= 40 else clean[:39] + "…"


def _once(texts: list[str]) -> str:
    if len(texts) != 1:
        raise ValueError(_("is given more than once"))
    return texts[0]


def _lines(texts: list[str]) -> str:
    return _once(texts).replace("\r\n", "\n")


def _within(limit: int) -> Reader:
    def read(texts: list[str]) -> float:
        value = number(_once(texts))
        if not math.isfinite(value) or abs(value) > limit:
            if limit == 180:
                raise ValueError(
                    _(
                        "%(text)s is no longitude: it lies between -180 and 180",
                        text=_shown(texts[0]),
                    )
                )
            raise ValueError(
                _("%(text)s is no latitude: it lies between -90 and 90", text=_shown(texts[0]))
            )
        return value

    return read


_LONGITUDE, _LATITUDE = _within(180), _within(90)


def _bbox(texts: list[str]) -> tuple[float, ...]:
    parts = _once(texts).split(",")
    if len(parts) != 4:
        raise ValueError(_("needs four numbers: west,south,east,north"))
    west, east = (_LONGITUDE([parts[i].strip()]) for i in (0, 2))
    south, north = (_LATITUDE([parts[i].strip()]) for i in (1, 3))
    if south > north:
        raise ValueError(_("south is greater than north"))
    return west, south, east, north


def _choice(*allowed: str) -> Reader:
    def read(texts: list[str]) -> str:
        text = _once(texts)
        if text not in allowed:
            raise ValueError(
                _("“%(text)s” is not one of %(known)s", text=_shown(text), known=", ".join(allowed))
            )
        return text

    return read


def _several(texts: list[str]) -> list[str]:
    return texts


def _several_of(allowed: Iterable[str]) -> Reader:
    allowed = tuple(dict.fromkeys(allowed))

    def read(texts: list[str]) -> list[str]:
        wrong = [text for text in texts if text not in allowed]
        if wrong:
            raise ValueError(
                _(
                    "“%(text)s” is not one of %(known)s",
                    text=_shown(wrong[0]),
                    known=", ".join(allowed),
                )
            )
        return texts

    return read


def _slug(texts: list[str]) -> str:
    text = _once(texts)
    if not re.fullmatch(_SLUG, text):
        raise ValueError(_("“%(text)s” has not the form of an identifier", text=_shown(text)))
    return text


def _end(texts: list[str]) -> str | tuple[float, float]:
    text = _once(texts)
    return lonlat(text) if "," in text else _slug([text])


def _count(texts: list[str]) -> int:
    text = _once(texts)
    if not re.fullmatch(r"\d{1,7}", text, re.ASCII):
        raise ValueError(_("“%(text)s” is no whole number from 0", text=_shown(text)))
    return int(text)


def _layers(texts: list[str]) -> list[str]:
    shown = _several_of((*LAYERS, "roads", "railways"))(_once(texts).split(","))
    return [str(one) for one in shown]


def _point(texts: list[str]) -> tuple[float, float]:
    return lonlat(_once(texts))


def _minutes(texts: list[str]) -> list[int]:
    parts = _once(texts).split(",")
    if len(parts) > 6 or not all(re.fullmatch(r"[1-9]\d{0,2}", part, re.ASCII) for part in parts):
        raise ValueError(
            _(
                "“%(text)s” is not one to six whole numbers of minutes from 1 to 999, separated by"
                " commas",
                text=_shown(texts[0]),
            )
        )
    return [int(part) for part in parts]


def _gates(texts: list[str]) -> tuple[str, ...]:
    return tuple(sorted({_slug([part]) for part in _once(texts).split(",")}))


def _opens(texts: list[str]) -> tuple[tuple[str, int], ...]:
    """Read ``corridor:2032`` several times, or separated by commas; every fault is named."""
    out: dict[str, int] = {}
    faults: list[str] = []
    for text in (part for given in texts for part in given.split(",")):
        found = re.fullmatch(r"([a-z0-9]+(?:-[a-z0-9]+)*):(\d{4})", text, re.ASCII)
        if not found:
            faults.append(_("“%(text)s” has not the form corridor:year", text=_shown(text)))
        elif found[1] in out:
            faults.append(_("“%(text)s” gives a corridor a second year", text=_shown(text)))
        else:
            out[found[1]] = int(found[2])
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(sorted(out.items()))


def _epsg(texts: list[str]) -> int:
    text = _once(texts)
    if not re.fullmatch(r"\d{4,6}", text, re.ASCII):
        raise ValueError(_("“%(text)s” is no EPSG code", text=_shown(text)))
    return int(text)


def _amount(texts: list[str]) -> float:
    value = number(_once(texts))
    if not 0 <= value <= 1e9:
        raise ValueError(
            _(
                "%(text)s is no amount: it lies between 0 and a thousand million",
                text=_shown(texts[0]),
            )
        )
    return value


def _number(texts: list[str]) -> float:
    value = number(_once(texts))
    if abs(value) > 1e9:
        raise ValueError(
            _(
                "%(text)s is no amount: it lies between 0 and a thousand million",
                text=_shown(texts[0]),
            )
        )
    return (
        int(value) if value.is_integer() else value
    )  # as it was typed, should it have to be repeated


def _offers(texts: list[str]) -> list[tuple[str, str, float, str]]:
    """Read ``site:factory_month:4.5:USD``, an amount of money for a square metre; every fault of
    every offer is named.
    """
    out: list[tuple[str, str, float, str]] = []
    faults: list[str] = []
    form = rf"([a-z0-9]+(?:-[a-z0-9]+)*):({'|'.join(BASES)}):([^:]+):({'|'.join(CURRENCIES)})"
    for text in texts:
        found = re.fullmatch(form, text, re.ASCII)
        if not found:
            bases, currencies = ", ".join(BASES), ", ".join(CURRENCIES)
            faults.append(
                _(
                    "“%(text)s” has not the form site:basis:amount:currency, with a basis of"
                    " %(bases)s and a currency of %(currencies)s",
                    text=_shown(text),
                    bases=bases,
                    currencies=currencies,
                )
            )
            continue
        try:
            out.append((found[1], found[2], _amount([found[3]]), found[4]))
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise ValueError("; ".join(faults))
    return out


def _weight(texts: list[str]) -> float:
    value = number(_once(texts))
    if not 0 <= value <= 100:
        raise ValueError(
            _("%(text)s is no weight: it lies between 0 and 100", text=_shown(texts[0]))
        )
    return value


def _shape(texts: list[str]) -> tuple[str, tuple[float | None, ...]]:
    """Read ``saturating``, ``linear:30:180``, one end of which may be empty, or ``step:60``: the
    shape, and the ends that are said.
    """
    text = _once(texts)
    shape, *ends = text.split(":")
    if shape not in SHAPES:
        raise ValueError(
            _("“%(text)s” is not one of %(known)s", text=_shown(shape), known=", ".join(SHAPES))
        )
    if ends and len(ends) != (1 if shape == "step" else 2):
        raise ValueError(
            _(
                "“%(text)s” has not the form step:60, linear, linear:30:180 or saturating:30:180",
                text=_shown(text),
            )
        )
    numbers: list[float | None] = []
    faults = []
    for end in ends:
        try:
            numbers.append(_amount([end]) if end else None)
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise ValueError("; ".join(faults))
    return shape, tuple(numbers) if any(one is not None for one in numbers) else ()


def _criteria(texts: list[str]) -> list[str]:
    wrong = [text for text in texts if text not in criteria()]
    if wrong:
        known = ", ".join(criteria())
        raise ValueError(
            "; ".join(
                _("“%(text)s” is not one of %(known)s", text=_shown(text), known=known)
                for text in wrong
            )
        )
    return texts


def _pairs(texts: list[str]) -> dict[tuple[str, str], int]:
    """Read ``gate:port:3``, the first three times as important as the second; 1/3 is -3. Every
    fault of every pair is named.
    """
    out: dict[tuple[str, str], int] = {}
    faults: list[str] = []
    for text in texts:
        found = re.fullmatch(r"([a-z]+):([a-z]+):([1-9]|-[2-9])", text, re.ASCII)
        one, other, times = found.groups() if found else ("", "", "")
        unknown = [name for name in (one, other) if name not in criteria()]
        if not found:
            faults.append(
                _(
                    "“%(text)s” has not the form first:second:3, with a number from 1 to 9 or from"
                    " -2 to -9",
                    text=_shown(text),
                )
            )
        elif unknown:
            faults.append(
                _(
                    "“%(text)s” compares what is not one of %(known)s",
                    text=_shown(text),
                    known=", ".join(criteria()),
                )
            )
        elif one == other:
            faults.append(_("“%(text)s” compares a criterion with itself", text=_shown(text)))
        elif {(one, other), (other, one)} & out.keys():
            faults.append(_("“%(text)s” compares two criteria again", text=_shown(text)))
        else:
            out[one, other] = int(times)
    if faults:
        raise ValueError("; ".join(faults))
    return out


def _allowed(name: str) -> list[str]:
    return [
        value for layer in LAYERS.values() if layer.has(name) for value in layer.field(name).allowed
    ]


@dataclass(frozen=True)
class Described:
    """A reader with what the OpenAPI document says of its parameter: what it is, and its schema."""

    read: Reader
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})

    def __call__(self, texts: list[str]) -> Any:
        return self.read(texts)


def _described_choice(description: str, *allowed: str) -> Described:
    return Described(_choice(*allowed), description, {"type": "string", "enum": list(allowed)})


def _described_degrees(description: str, limit: int) -> Described:
    schema = {"type": "number", "minimum": -limit, "maximum": limit}
    return Described(_within(limit), description, schema)


_SLUG = "[a-z0-9]+(-[a-z0-9]+)*"
_SLUGS = {"type": "string", "pattern": f"^{_SLUG}$"}


def _listed(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


PARAMETERS: dict[str, Reader] = {
    "q": _once,
    "layer": _described_choice("Only places of this layer.", *LAYERS),
    "country": _several,
    "province": _several,
    "kind": _several_of(_allowed("kind")),
    "sector": _several_of(_allowed("sectors")),
    "status": _several_of(_allowed("status")),
    "bbox": _bbox,
    "lon": _described_degrees("Longitude of the place, with lat instead of site.", 180),
    "lat": _described_degrees("Latitude of the place, with lon instead of site.", 90),
    "site": Described(_slug, "Identifier of the place.", _SLUGS),
    "from": Described(_end, "Where the way begins: an identifier, or lon,lat."),
    "to": Described(_end, "Where the way ends: an identifier, or lon,lat."),
    "profile": _described_choice("Vehicle.", "car", "truck"),
    "network": Described(_slug, "Road network, by name.", _SLUGS),
    "closed": Described(_gates, "Gates taken as closed, by identifier.", _listed(_SLUGS)),
    "year": Described(
        lambda texts: int(_choice(*map(str, YEARS))(texts)),
        "Year by which planned corridors count as open; without it today.",
        {"type": "integer", "enum": list(YEARS)},
    ),
    "opens": Described(
        _opens,
        "Years of opening assumed for planned corridors, as corridor:year.",
        _listed({"type": "string", "pattern": rf"^{_SLUG}:[0-9]{{4}}$"}),
    ),
    "part": _choice("sheet"),
    "wait": _choice("1"),
    "minutes": Described(
        _minutes,
        "Travel times in minutes.",
        _listed({"type": "integer", "minimum": 1, "maximum": 999}) | {"minItems": 1, "maxItems": 6},
    ),
    "area": _minutes,
    "direction": _described_choice("Away from the place, or to it.", "from", "to"),
    "at": _point,
    "layers": _layers,
    "tiles": _choice("1"),
    "offset": _count,
    "epsg": _epsg,
    "lang": _described_choice("Language of the answer.", *LANGUAGES),
    "sort": _choice("name", "area", "gate", "port", "airport", "money"),
    "text": _lines,
    "criterion": _criteria,
    "pair": _pairs,
}

RANKING: dict[str, Reader] = {
    "example": _slug,
    "edited": _choice("1"),
    "needs": _several_of(NEEDS),
    "policy": lambda texts: [_slug([text]) for text in texts],
    "drop": _several,
    "also": _several_of(STANDING),
    "method": _choice("sum", "topsis"),
    "unknown": _choice("apart", "worst"),
    "pick": lambda texts: [_slug([text]) for text in texts],
    **dict.fromkeys(limits(), _amount),
}
for _name in criteria():
    RANKING |= {f"w_{_name}": _weight}
    RANKING |= {f"v_{_name}": _shape, f"v_{_name}_from": _amount, f"v_{_name}_to": _amount}
PARAMETERS |= RANKING

MONEY: dict[str, Reader] = {
    "basis": _choice("land_year"),
    "years_left": _number,
    "currency": _choice(*CURRENCIES),
    "rate": _number,
    "rate_date": lambda texts: _shown(_once(texts)),
    "offer": _offers,
    "offer_site": _slug,
    "offer_basis": _choice(*BASES),
    "offer_value": _amount,
    "offer_currency": _choice(*CURRENCIES),
}
"""On what basis money is compared. Whether what is stated makes sense is said by
:mod:`geo.siting.money`.
"""
PARAMETERS |= MONEY

TRIP: dict[str, Reader] = {
    **dict.fromkeys(("title", "lunch", "reserve", "vehicle", "of", "do", "ids", "add"), _once),
    **dict.fromkeys(("stop", "day", "point"), _several),
    **dict.fromkeys(("notes", "source"), _lines),
    "traffic": _choice("passenger", "cargo"),
    "avoid": _choice("1"),
    "whole": _choice("1"),
}
PARAMETERS |= TRIP

DRIVE = ("profile", "network", "closed", "year", "opens")
"""Parameters that say how one drives: see :class:`webapp.store.Drive`."""
FROM = ("site", "lon", "lat", *DRIVE)
"""Where from and how one drives."""


@dataclass(frozen=True)
class Query:
    """What one address of ``/api`` answers, in which media type, and the parameters it takes."""

    summary: str
    media_type: str
    parameters: tuple[str, ...] = ()


API = {
    "/map/<layer_id>.json": Query("What the map draws of a layer", "application/json"),
    "/search.json": Query("What the search of places looks through", "application/json"),
    "/access": Query(
        "Travel times to all destinations, as features", "application/geo+json", (*FROM, "layer")
    ),
    "/times": Query(
        "Seconds to or from all destinations", "application/json", (*FROM, "direction")
    ),
    "/route": Query("One route", "application/geo+json", ("from", "to", *DRIVE)),
    "/isochrones": Query(
        "Areas within travel times", "application/geo+json", (*FROM, "minutes", "direction")
    ),
}
"""The addresses below ``/api``: what their views read, and what the OpenAPI document says."""
FILTERS = ("q", "country", "province", "kind", "sector", "status", "bbox")
"""Parameters that narrow a layer."""


def filters(values: dict[str, Any]) -> dict[str, Any]:
    """Take the filters out of parsed values, by the column each of them narrows."""
    return {
        "province_en" if name == "province" else name: values[name]
        for name in FILTERS
        if name in values
    }

"""The parameters of the OGC API in one table. What the OpenAPI document promises and what
:func:`read` accepts come from the same rows, so they cannot part.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from geo.errors import InputError
from geo.schema import Field, Layer
from webapp.catalogues import LANGUAGES
from webapp.i18n import gettext as _
from webapp.ogc import schemas
from webapp.readers import Parameter, Schema, single

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
MAX_LIMIT = 10_000
DEFAULT_LIMIT = 100
MOST_DIGITS = 15
"""Of an offset."""
TRUTH = ("true", "false", "1", "0")
"""GDAL, and so QGIS, asks for a truth value by number."""
Box = tuple[float, float, float, float]

_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_TIME = rf"{_DAY}(?:[Tt]{_CLOCK}:(?:[0-5][0-9]|60)(?:\.[0-9]{{1,9}})?(?:[Zz]|[+-]{_CLOCK}))?"
_INTERVAL = rf"{_TIME}(?:/(?:{_TIME}|\.\.)?)?|(?:\.\.)?/{_TIME}"
"""A date or time of RFC 3339, or an interval between two, of which one end may be open (OGC
17-069r4, 7.15.4).
"""


# One text -----------------------------------------------------------------------------------------


def _limit(text: str) -> int:
    """A limit above the maximum is not an error: the maximum counts (OGC 17-069r4, 7.15.2)."""
    if not re.fullmatch(r"0*[1-9]\d*", text, re.ASCII):
        raise ValueError(_("is not a whole number from 1 to %(most)s", most=MAX_LIMIT))
    digits = text.lstrip("0")
    return MAX_LIMIT if len(digits) > len(str(MAX_LIMIT)) else min(int(digits), MAX_LIMIT)


def _offset(text: str) -> int:
    if not re.fullmatch(rf"\d{{1,{MOST_DIGITS}}}", text, re.ASCII):
        raise ValueError(_("is not a whole number from 0 up"))
    return int(text)


def _bbox(text: str) -> Box:
    """Return west, south, east, north; heights are read and left aside. West is east of east across
    the antimeridian.
    """
    parts = text.split(",")
    numbers = [float(part) for part in parts if _NUMBER.fullmatch(part)]
    if (
        len(parts) not in (4, 6)
        or len(numbers) != len(parts)
        or not all(math.isfinite(number) for number in numbers)
    ):
        raise ValueError(
            _("is not four or six numbers: west,south,east,north or west,south,low,east,north,high")
        )
    half = len(numbers) // 2
    if any(low > high for low, high in zip(numbers[1:half], numbers[half + 1 :], strict=True)):
        raise ValueError(_("has its south above its north, or its low above its high"))
    return numbers[0], numbers[1], numbers[half], numbers[half + 1]


def _datetime(text: str) -> str:
    fault = _("is not an RFC 3339 date, time or interval such as 2026-01-01T00:00:00Z/..")
    if not re.fullmatch(_INTERVAL, text):
        raise ValueError(fault)
    try:
        times = [_instant(end) for end in text.split("/") if end not in ("", "..")]
    except ValueError:
        raise ValueError(fault) from None
    if times[0] > times[-1]:
        raise ValueError(_("ends before it begins"))
    return text


def _instant(text: str) -> datetime:
    whole = text if len(text) > 10 else f"{text}T00:00:00Z"
    return datetime.fromisoformat(re.sub(r"(?<=:\d\d):60", ":59", whole.upper()))


def _one_of(words: Iterable[str]) -> Callable[[str], str]:
    known = tuple(words)

    def parse(text: str) -> str:
        if text not in known:
            raise ValueError(_("is not one of %(known)s", known=", ".join(known)))
        return text

    return parse


def _form(pattern: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(_("does not have the form %(form)s", form=pattern))
        return text

    return parse


def _some_text(text: str) -> str:
    if not text:
        raise ValueError(_("is empty"))
    return text


# The table ----------------------------------------------------------------------------------------


def choice(words: Iterable[str], description: str, **more: str) -> Parameter:
    """Build a parameter that takes one of some words."""
    schema: Schema = {"type": "string", "enum": list(words), **more}
    return Parameter(single(_one_of(schema["enum"])), schema, description)


PAGE = {
    "f": choice(("json", "html"), "Format of the answer; without it the header Accept decides."),
    "lang": choice(LANGUAGES, "Language of the HTML pages."),
}
"""What every address takes."""
PARAMETERS = PAGE | {
    "limit": Parameter(
        single(_limit),
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "Largest number of features in the answer; a larger value counts as the maximum.",
    ),
    "offset": Parameter(
        single(_offset),
        {"type": "integer", "minimum": 0, "maximum": 10**MOST_DIGITS - 1, "default": 0},
        "Number of features to pass over.",
    ),
    "bbox": Parameter(
        single(_bbox),
        {
            "type": "array",
            "items": {"type": "number"},
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        },
        "Only features that meet this box: west, south, east, north, in degrees. West lies east"
        " of east across the antimeridian.",
    ),
    "bbox-crs": choice((CRS84,), "System of the box.", format="uri", default=CRS84),
    "datetime": Parameter(
        single(_datetime),
        {"type": "string", "pattern": f"^(?:{_INTERVAL})$"},
        "A date or time of RFC 3339, or an interval with at most one open end: 2026-01-01,"
        " 2026-01-01T00:00:00Z/.. No layer has a time of its own, so every feature matches.",
    ),
}
"""What the items of every layer take."""


def filters(layer: Layer) -> dict[str, Parameter]:
    """Return the parameters that select features by an equal value: one for each text and truth
    value of the layer."""
    return {
        field.name: _filter(field).about(
            f"Only features with this value. {schemas.describe(field)}"
        )
        for field in layer.fields
        if field.type in ("string", "boolean") and field.name != "id"
    }


def _filter(field: Field) -> Parameter:
    if field.type == "boolean":
        truth = _one_of(TRUTH)
        return Parameter(
            single(lambda text: truth(text) in TRUTH[::2]), {"type": "string", "enum": list(TRUTH)}
        )
    schema = schemas.of_value(field)
    if field.allowed:
        return Parameter(single(_one_of(field.allowed)), schema)
    if field.pattern:
        return Parameter(single(_form(field.pattern)), schema)
    return Parameter(single(_some_text), schema | {"minLength": 1})


def read(arguments: MultiDict[str, str], known: Mapping[str, Parameter] = PAGE) -> dict[str, Any]:
    """Read a query string; what is not given is not in the result.

    Raises
    ------
    InputError
        Unknown, repeated and wrong parameters, all of them.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, texts in arguments.lists():
        if name not in known:
            listed = ", ".join(known)
            faults.append(_("“%(name)s” is unknown; there are %(known)s", name=name, known=listed))
        elif len(texts) > 1:
            faults.append(_("%(name)s is given %(count)s times", name=name, count=len(texts)))
        else:
            try:
                values[name] = known[name].read(texts)
            except ValueError as error:
                faults.append(f"{name} {error}")
    if faults:
        raise InputError(_("The query has faults:"), faults)
    return values

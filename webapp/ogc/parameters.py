"""The parameters of the OGC API in one table. What the OpenAPI document promises and what
:func:`read` accepts come from the same rows, so they cannot part.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from geo.errors import InputError
from geo.schema import Field, Layer
from webapp.catalogues import LANGUAGES
from webapp.i18n import gettext as _
from webapp.ogc import negotiation, schemas, selection, systems
from webapp.ogc.cql import reading, times
from webapp.ogc.cql.values import Value
from webapp.ogc.systems import CRS84
from webapp.readers import Parameter, Schema, single

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

MAX_LIMIT = 10_000
DEFAULT_LIMIT = 100
MOST_DIGITS = 15
"""Of an offset."""
TRUTH = ("true", "false", "1", "0")
"""GDAL, and so QGIS, asks for a truth value by number."""

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


def _bbox(text: str) -> list[float]:
    """Return four or six numbers, which :func:`webapp.ogc.systems.area` understands."""
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
    return numbers


def _datetime(text: str) -> Value:
    fault = _("is not an RFC 3339 date, time or interval such as 2026-01-01T00:00:00Z/..")
    if not re.fullmatch(_INTERVAL, text):
        raise ValueError(fault)
    try:
        ends = [None if end in ("", "..") else times.literal(end) for end in text.split("/")]
    except ValueError:
        raise ValueError(fault) from None
    interval = times.between(ends[0], ends[-1])
    if interval.data[0, 0] > interval.data[0, 1]:
        raise ValueError(_("ends before it begins"))
    return interval


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Build the reader of names with commas between them."""
    one_of = _one_of(known)
    return lambda text: [one_of(name) for name in text.split(",")]


def _sorting(known: Iterable[str]) -> Callable[[str], list[tuple[str, bool]]]:
    """Build the reader of columns with signs; each comes with whether it descends."""
    one_of = _one_of(known)

    def parse(text: str) -> list[tuple[str, bool]]:
        if any(key.startswith(" ") for key in text.split(",")):
            raise ValueError(_("has a blank before a name; leave the plus sign out"))
        keys = [(one_of(key.lstrip("+-")[:60]), key[:1] == "-") for key in text.split(",")]
        if len({name for name, _descends in keys}) < len(keys):
            raise ValueError(_("names a column twice"))
        return keys

    return parse


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


def _system(what: str) -> Parameter:
    return Parameter(
        single(systems.read),
        {"type": "string", "format": "uri", "default": CRS84},
        f"{what}: one of those that the collection lists under crs.",
    )


def _listed(read: Callable[[list[str]], Any], pattern: str, description: str) -> Parameter:
    items: Schema = {"type": "string", "pattern": pattern}
    return Parameter(read, {"type": "array", "minItems": 1, "items": items}, description)


PAGE = {
    "f": choice(("json", "html"), "Format of the answer; without it the header Accept decides."),
    "lang": choice(LANGUAGES, "Language of the HTML pages."),
}
"""What every address takes."""
FEATURES = PAGE | {
    "f": choice(
        negotiation.FEATURES, "Format of the answer; without it the header Accept decides."
    ),
    "profile": choice(
        negotiation.PROFILES,
        "Profile of GeoJSON: jsonfg says of each feature when it was so.",
        default=negotiation.PROFILES[0],
    ),
}
"""What every address of features takes."""
PARAMETERS = FEATURES | {
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
        " of east across the antimeridian. With bbox-crs the numbers stand in the axis order of"
        " that system.",
    ),
    "bbox-crs": _system("System of the box"),
    "crs": _system("System of the coordinates in the answer"),
    "datetime": Parameter(
        single(_datetime),
        {"type": "string", "pattern": f"^(?:{_INTERVAL})$"},
        "A date or time of RFC 3339, or an interval with at most one open end: 2026-01-01,"
        " 2026-01-01T00:00:00Z/.. A feature matches if the day, month or year of its source, as_of,"
        " meets it; one of an unknown date matches always.",
    ),
    "filter": Parameter(
        single(_some_text),
        {"type": "string", "minLength": 1, "maxLength": reading.MOST_LENGTH},
        "Only features for which this holds, in the language CQL2 (OGC 21-065r2); names are those"
        " of the queryables. What is unknown equals nothing.",
    ),
    "filter-lang": choice(
        (reading.TEXT, reading.JSON), "How the filter is written.", default=reading.TEXT
    ),
    "filter-crs": _system("System of the coordinates in the filter"),
    "sortby": _listed(
        single(_some_text),
        r"^[+-]?[^+\-\s].*$",
        "Sortables by which the features are ordered, with - before those that descend; what is"
        " unknown comes last.",
    ),
    "properties": _listed(
        single(_some_text), "^.+$", "Properties that the answer holds; without it all of them."
    ),
}
"""What the items of every layer take."""


FEATURE = FEATURES | {"crs": PARAMETERS["crs"]}
"""What one feature takes."""


def filters(layer: Layer) -> dict[str, Parameter]:
    """Return the parameters that select features by an equal value: one for each text, number and
    truth value of the layer."""
    return {
        field.name: _filter(field).about(
            f"Only features with this value. {schemas.describe(field)}"
        )
        for field in selection.plain(layer)
    }


@cache
def of_items(layer: Layer) -> Mapping[str, Parameter]:
    """Return all parameters of the items of a layer."""
    sorts = [field.name for field in selection.plain(layer)]
    held = [field.name for field in selection.fields(layer) if field.name != "id"]
    sortby, properties = (PARAMETERS[name] for name in ("sortby", "properties"))
    return {
        **PARAMETERS,
        **filters(layer),
        "sortby": replace(sortby, read=single(_sorting(sorts))),
        "properties": replace(properties, read=single(_names(held))),
    }


def _filter(field: Field) -> Parameter:
    if field.type == "boolean":
        truth = _one_of(TRUTH)
        return Parameter(
            single(lambda text: truth(text) in TRUTH[::2]), {"type": "string", "enum": list(TRUTH)}
        )
    schema = schemas.of_value(field)
    if field.type in ("number", "integer"):
        return Parameter(single(_amount(field)), schema)
    if field.allowed:
        return Parameter(single(_one_of(field.allowed)), schema)
    if field.pattern:
        return Parameter(single(_form(field.pattern)), schema)
    return Parameter(single(_some_text), schema | {"minLength": 1})


def _amount(field: Field) -> Callable[[str], float]:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum

    def parse(text: str) -> float:
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        whole = field.type == "number" or number.is_integer()
        if not (math.isfinite(number) and low <= number <= high and whole):
            raise ValueError(_("is not a number that this column may hold"))
        return number

    return parse


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
    if "bbox" in values:
        system = values.get("bbox-crs") or systems.offered()[CRS84]
        try:
            values["bbox"] = systems.area(values["bbox"], system)
        except ValueError as error:
            faults.append(f"bbox {error}")
    if faults:
        raise InputError(_("The query has faults:"), faults)
    return values

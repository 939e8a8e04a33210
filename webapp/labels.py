"""How codes, numbers, times and lengths are written on the screen; loads no Flask."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from babel.numbers import format_decimal

from geo import chinese
from geo.roads.accuracy import TIME_RANGE, minutes_between
from geo.siting.land import NO_KINDS, Land, free_land
from webapp import catalogues, i18n
from webapp.codes import CODES
from webapp.i18n import gettext
from webapp.i18n import lazy_gettext as _
from webapp.record_words import WORDS

TEXTS: dict[str, str] = {
    "sites": _("{n} sites"),
    "of": _("{n} of {m} sites"),
    "none": _("No sites match."),
    "gate": _("gate"),
    "port": _("port"),
    "free": _("Free land"),
    "save": _("Save {name}"),
    "unreachable": _("no road"),
    "gates": _("Gates"),
    "ports": _("Ports"),
    "airports": _("Airports"),
    "projects": _("Projects"),
    "projects.at": _("{name}: projects coming: {n}"),
    "roads": _("Road corridors"),
    "railways": _("Railways"),
    "waterways": _("Waterways"),
    "tiles": _("Online tiles"),
    "tilesHint": _(
        "Loads map images from tile.openstreetmap.org; nothing else leaves this server."
    ),
    "clause": _(", "),
    "part": _("; "),
    "reset": _("Clear filters"),
    "failed": _("Could not load. Check the connection and try again."),
    "routeFrom": _("Route by {vehicle}: {time}, {length}"),
    "via": _("through {gates}"),
    "noGate": _("no border crossing"),
    "plannedWay": _("planned: {names}"),
    "assumedWay": _("{length} assumed open"),
    "areaNote": _("Area within {m} min by {vehicle}"),
    "areaToNote": _("Area that can reach this site within {m} min by {vehicle}"),
    "facet.kind": _("Kind"),
    "facet.status": _("Status"),
    "facet.country": _("Country"),
    "legend.under_construction": _("under construction"),
    "legend.planned": _("planned"),
    "zoom-in": _("Zoom in"),
    "zoom-out": _("Zoom out"),
    # times, lengths and areas, as labels.py and the script write them
    "h": _("{h} h"),
    "min": _("{m} min"),
    "h.min": _("{h} h {m} min"),
    "h.min.brief": _("{h} h {m}"),
    "min.range": _("{low}–{high} min"),
    "m": _("{n} m"),
    "km": _("{n} km"),
    "ha": _("{n} ha"),
    # land that is still free
    "land.full": _("full ({year})"),
    "land.ha": _("{n} free ({year})"),
    "land.pct": _("{n} of the land free ({year})"),
    "land.undated": _("year unknown"),
    "land.unknown": _("availability unknown"),
}
"""Texts of the map's script; ``{…}`` is filled in there."""


def for_script(provinces: Iterable[str] = ()) -> dict[str, Any]:
    """Return all codes and texts, in the language of the request, and how times spread, as the
    map's script takes them."""
    labels, texts = ({code: str(text) for code, text in own.items()} for own in (CODES, TEXTS))
    texts["list"] = i18n.comma()
    labels |= {name: shown for name in provinces if (shown := i18n.province(name)) != name}
    return {"labels": labels, "texts": texts, "spread": TIME_RANGE, **script_names()}


def script_names() -> dict[str, Any]:
    """Return how a script names places: the code of the language, that of its columns, and the
    traditional characters if they are written."""
    language = i18n.current()
    characters = chinese.traditional_characters() if language.converted else {}
    return {"lang": language.code, "language": language.data, "traditional": characters}


def label(code: object) -> str:
    """Name a code; a code without a name is shown as it is, and an unknown value as unknown."""
    if not isinstance(code, str) or not code:
        return gettext("unknown")
    return _label(code, i18n.current().locale)


@lru_cache(10_000)
def _label(code: str, _locale: str) -> str:
    """Name a code in the language of the request, whose locale it is kept for."""
    if code in CODES:
        return str(CODES[code])
    return gettext(WORDS[code]) if code in WORDS else code


def name(row: Any, stem: str = "name") -> str:
    """Name a feature in the language of the request; in English where the data have no such name.
    `stem` may be any such text.
    """
    own = row.get(f"{stem}_{i18n.current().data}")
    shown = own if is_known(own) else row[f"{stem}_en" if f"{stem}_en" in row else stem]
    return i18n.in_script(str(shown))


def names(frame: Any) -> Any:
    """Name all features of a layer as :func:`name` does: a Series on the same index."""
    column = f"name_{i18n.current().data}"
    if column not in frame:
        return frame["name_en"]
    shown = frame[column].where(frame[column].map(is_known), frame["name_en"])
    return shown.map(i18n.in_script) if i18n.current().converted else shown


def collation(text: str) -> Any:
    """Return what a name is sorted by: Chinese by sound, as GB 18030 numbers the common characters;
    traditional Chinese by strokes, as Big5 does; Vietnamese without its marks.
    """
    if i18n.current().code == "zh":
        return text.encode("gb18030")
    if i18n.current().converted:
        return text.encode("big5", "replace").replace(b"?", b"\xff"), text
    plain = (
        unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
        if i18n.current().code == "vi"
        else text
    )
    return "".join(char for char in plain if not unicodedata.combining(char))


def all_names(row: Any, stem: str = "name") -> list[tuple[str, str]]:
    """Return the known names of a feature with the tag of their language, that of the request
    first, each once."""
    first = i18n.current()
    tags: dict[str, str] = {}
    others = (language for language in catalogues.WRITTEN if language.data != first.data)
    for language in (first, *others):
        text = row.get(f"{stem}_{language.data}")
        if is_known(text):
            tags.setdefault(catalogues.in_script(str(text), language.locale), language.tag)
    return [(tag, text) for text, tag in tags.items()]


def is_known(value: Any) -> bool:
    """Return whether a value from a frame is known, that is neither NaN, NA, None nor empty."""
    if isinstance(value, str):
        return value != ""
    if isinstance(value, float):
        return value == value  # all but NaN
    # an undefined name of a template is written as nothing
    return value is not None and str(value) not in ("", "<NA>", "nan", "NaT")


def explain_times() -> str:
    """Return what a travel time is, and how far it is off."""
    return gettext(
        "Driving times without queues or opening hours. In nine of ten checked routes the true "
        "time lies within the range."
    )


def about(seconds: Any) -> str:
    """Write a travel time, or a difference of two, to the nearest five minutes, after ≈."""
    minutes = 5 * round(float(seconds) / 300)
    return f"≈ {_minutes(max(minutes, 5))}".replace(" ", "\N{NO-BREAK SPACE}")


def duration(seconds: Any) -> str:
    """Write a travel time in hours and minutes, as the range in which it lies."""
    if not is_known(seconds):
        return gettext("unreachable")
    return _range(*minutes_between(seconds), i18n.current().locale)


@lru_cache(10_000)
def _range(low: int, high: int, _locale: str) -> str:
    if low == high:
        text = _minutes(low)
    elif high < 60:
        text = str(TEXTS["min.range"]).format(low=low, high=high)
    else:
        text = f"{_minutes(low)} – {_minutes(high)}"
    # a line may break behind the dash, where a space that does not break would stand out
    return text.replace(" ", "\N{NO-BREAK SPACE}").replace("–\N{NO-BREAK SPACE}", "– ")


def _minutes(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    form = "min" if not hours else "h.min" if rest else "h"
    return str(TEXTS[form]).format(h=hours, m=rest)


def kilometres(metres: Any) -> str:
    """Write a length in kilometres: one decimal below 10 km, none above; metres below one
    kilometre.
    """
    if not is_known(metres):
        return "–"
    metres = float(metres)
    if metres < 1000:
        return _length("m", round(metres, -1), 0, i18n.current().locale)
    places = 1 if metres < 10_000 else 0
    return _length("km", round(metres / 1000, places), places, i18n.current().locale)


@lru_cache(10_000)
def _length(form: str, number: float, places: int, _locale: str) -> str:
    text = str(TEXTS[form]).format(n=decimal(number, places))
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def decimal(value: Any, places: int = 0) -> str:
    """Write a number with the signs of the language."""
    return _decimal(round(float(value), places) + 0.0, places, i18n.current().locale)


@lru_cache(10_000)  # a page has hundreds of the same
def _decimal(value: float, places: int, locale: str) -> str:
    form = "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(value, form, locale=locale))


def quantity(value: Any, unit: str = "") -> str:
    """Write a number with its unit, with at most one decimal; an unknown one as unknown."""
    if not is_known(value):
        return gettext("unknown")
    value = float(value)
    text = decimal(value, 0 if value == int(value) or abs(value) >= 1000 else 1)
    return f"{text}\N{NO-BREAK SPACE}{i18n.translated(unit)}" if unit else text


class LandWords(NamedTuple):
    """What is known of free land in words, how it is known, and ``full``, ``free`` or
    ``unknown``.
    """

    text: str
    kind: str
    state: str


def land_of(park: Any, kinds: Mapping[str, str] = NO_KINDS) -> LandWords:
    """Write what is known of the free land of a park: “120 ha free (2023)”, “full (2023)” or
    “availability unknown”; `kinds` as :func:`geo.siting.land.free_land` takes them.
    """
    land = free_land(park, kinds)
    return LandWords(land_text(land), land.source_kind, land.availability or "unknown")


def land_text(land: Land) -> str:
    """Write free land in hectares, or where the leasable land is not known as a share of it."""
    form, amount = "unknown", ""
    if land.full:
        form = "full"
    elif land.full is not None and is_known(land.free_ha):
        form, amount = "ha", quantity(_hectares(land), "ha")
    elif land.full is not None:
        form, amount = "pct", f"{decimal(land.free_pct)}\N{NO-BREAK SPACE}%"
    return str(TEXTS[f"land.{form}"]).format(n=amount, year=land.year or TEXTS["land.undated"])


def _hectares(land: Land) -> float:
    """Round free land to whole hectares from ten on: occupancies are rounded too."""
    return round(land.free_ha, 0 if land.free_ha >= 10 else 1)


def land_columns(parks: Any, kinds: Callable[[str], Mapping[str, str]]) -> dict[str, list[Any]]:
    """Return what the map's script writes the same words from, by column; None is unknown. `kinds`
    is called with the id of a park.
    """
    rows = zip(parks.index, parks.to_dict("records"), strict=True)
    land = [free_land(park, kinds(str(key))) for key, park in rows]
    return {
        "full": [park.full for park in land],
        "free_ha": [_hectares(park) if is_known(park.free_ha) else None for park in land],
        "free_pct": [round(park.free_pct) if is_known(park.free_pct) else None for park in land],
        "land_year": [park.year for park in land],
        "land_kind": [park.source_kind or None for park in land],
    }

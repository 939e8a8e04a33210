"""What the codes of the data are called on the screen; loads no Flask."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from babel.numbers import format_decimal

from geo.roads.accuracy import TIME_RANGE, minutes_between
from geo.siting.land import NO_KINDS, Land, free_land
from webapp import catalogues, i18n
from webapp.i18n import gettext
from webapp.i18n import lazy_gettext as _
from webapp.record_words import WORDS
from webapp.road_words import ROADS

CODES: dict[str, Any] = {
    # kinds of park
    "industrial_park": _("Industrial park"),
    "industrial_cluster": _("Industrial cluster"),
    "economic_zone": _("Economic zone"),
    "border_gate_economic_zone": _("Border-gate economic zone"),
    "cross_border_zone": _("Cross-border zone"),
    "bonded_zone": _("Bonded zone"),
    "hitech_zone": _("High-tech zone"),
    # status
    "operating": _("Operating"),
    "under_construction": _("Under construction"),
    "planned": _("Planned"),
    # gates
    "international": _("International gate"),
    "bilateral_main": _("Main bilateral gate"),
    "auxiliary": _("Auxiliary gate"),
    "road": _("Road"),
    "rail": _("Rail"),
    "pedestrian": _("On foot"),
    # terrain
    "plain": _("Plain"),
    "mountain": _("Mountains"),
    # ports
    "seaport": _("Sea port"),
    "anchorage": _("Anchorage"),
    "dry_port": _("Dry port"),
    "rail_terminal": _("Rail terminal"),
    "logistics_park": _("Logistics park"),
    "container_quay": _("Containers"),
    "general_cargo": _("General cargo"),
    "dry_bulk": _("Dry bulk"),
    "liquid_bulk": _("Liquid bulk"),
    "offshore_supply": _("Offshore supply base"),
    "passenger_quay": _("Passenger ships"),
    "river_quay": _("River quays"),
    # airports
    "civil": _("Civil airport"),
    "military": _("Military airfield"),
    # cities
    "national_capital": _("National capital"),
    "regional_capital": _("Capital of the region"),
    "provincial_capital": _("Provincial capital"),
    "former_provincial_capital": _("Former provincial capital"),
    "prefecture_capital": _("Prefecture capital"),
    "prefecture_city": _("Prefecture-level city"),
    "county_town": _("County town"),
    "district_town": _("District town"),
    "border_town": _("Border town"),
    # corridors and roads
    "expressway": _("Expressway"),
    "national_road": _("National road"),
    "provincial_road": _("Provincial road"),
    "railway": _("Railway"),
    "high_speed_rail": _("High-speed railway"),
    "waterway": _("Waterway"),
    **ROADS,
    # sources
    "page": _("read on a page"),
    "code": _("from public data"),
    "memory": _("remembered"),
    "estimate": _("estimated"),
    "assumption": _("assumed"),
    # sectors
    "automobile": _("Automobile"),
    "aviation": _("Aviation"),
    "building_materials": _("Building materials"),
    "chemicals": _("Chemicals"),
    "electronics": _("Electronics"),
    "export_processing": _("Export processing"),
    "food_processing": _("Food processing"),
    "high_tech": _("High technology"),
    "logistics": _("Logistics"),
    "mechanical_engineering": _("Mechanical engineering"),
    "metallurgy": _("Metallurgy"),
    "minerals_processing": _("Minerals processing"),
    "new_energy": _("New energy"),
    "pharmaceuticals": _("Pharmaceuticals"),
    "shipbuilding": _("Shipbuilding"),
    "supporting_industry": _("Supporting industry"),
    "textiles": _("Textiles"),
    "trade_services": _("Trade and services"),
    "wood_furniture": _("Wood and furniture"),
    # which sites a tenant may take
    "zone": _("Zones that contain sites"),
    "captive": _("Works of one company"),
    # area basis
    "licensed": _("licensed"),
    "leasable": _("leasable"),
    "leased": _("leased"),
    # vehicles
    "car": _("Car"),
    "truck": _("Container truck"),
    # days at the border
    "quick": _("quick"),
    "usual": _("usual"),
    "bad": _("bad"),
    # layers
    "parks": _("Parks and zones"),
    "gates": _("Border gates"),
    "ports": _("Ports and freight terminals"),
    "airports": _("Airports"),
    "cities": _("Cities and towns"),
    "corridors": _("Roads, railways and waterways"),
    "policies": _("Policies"),
    # countries
    "VN": _("Viet Nam"),
    "LA": _("Laos"),
    "CN": _("China"),
}


TEXTS: dict[str, Any] = {
    "sites": _("{n} sites"),
    "of": _("{n} of {m} sites"),
    "none": _("No sites match."),
    "morePlaces": _("Show {n} more places"),
    "gate": _("gate"),
    "port": _("port"),
    "area": _("area"),
    "free": _("free land"),
    "save": _("Save {name}"),
    "unknown": _("unknown"),
    "unreachable": _("no road"),
    "gates": _("Gates"),
    "ports": _("Ports"),
    "airports": _("Airports"),
    "roads": _("Road corridors"),
    "railways": _("Railways"),
    "waterways": _("Waterways"),
    "tiles": _("Online tiles"),
    "tilesHint": _(
        "Asks tile.openstreetmap.org for pictures; nothing else here leaves this server."
    ),
    "reset": _("Clear all filters"),
    "failed": _("This could not be loaded. Is the server still running?"),
    "routeFrom": _("Route by {vehicle}: {time}, {length}"),
    "via": _("through {gates}"),
    "noGate": _("no border crossing"),
    "plannedWay": _("planned: {names}"),
    "assumedWay": _("{length} of it assumed to be open"),
    "areaNote": _("Area within {m} min by {vehicle}"),
    "areaToNote": _("Area from where one gets here within {m} min by {vehicle}"),
    "facet.kind": _("Kind"),
    "facet.status": _("Status"),
    "facet.country": _("Country"),
    "facet.province_en": _("Province"),
    "facet.sectors": _("Sector"),
    "legend.under_construction": _("under construction"),
    "legend.planned": _("planned"),
    "legend": _("Legend"),
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
    labels |= {name: shown for name in provinces if (shown := i18n.province(name)) != name}
    language = i18n.current().code
    return {"labels": labels, "texts": texts, "spread": TIME_RANGE, "language": language}


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
    own = row.get(f"{stem}_{i18n.current().code}")
    return str(own if is_known(own) else row[f"{stem}_en" if f"{stem}_en" in row else stem])


def names(frame: Any) -> Any:
    """Name all features of a layer as :func:`name` does: a Series on the same index."""
    column = f"name_{i18n.current().code}"
    return (
        frame[column].where(frame[column].map(is_known), frame["name_en"])
        if column in frame
        else frame["name_en"]
    )


def collation(text: str) -> Any:
    """Return what a name is sorted by: Chinese by sound, as GB 18030 numbers the common characters;
    Vietnamese without its marks.
    """
    if i18n.current().code == "zh":
        return text.encode("gb18030")
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
    for language in (first, *catalogues.LANGUAGES.values()):
        text = row.get(f"{stem}_{language.code}")
        if is_known(text):
            tags.setdefault(str(text), language.tag)
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
        "Times are driving times without queues and opening hours. In nine of ten ways that were"
        " checked the true one lies in the range."
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

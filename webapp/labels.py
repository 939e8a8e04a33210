"""What the codes of the data are called on the screen; every text goes through Flask-Babel."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

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
    # ports
    "seaport": _("Sea port"),
    "anchorage": _("Anchorage"),
    "dry_port": _("Dry port"),
    "rail_terminal": _("Rail terminal"),
    "logistics_park": _("Logistics park"),
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
    "access": _("Way to the road"),
    # sources
    "page": _("read on a page"),
    "code": _("from public data"),
    "memory": _("remembered"),
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
    # area basis
    "licensed": _("licensed"),
    "leasable": _("leasable"),
    "leased": _("leased"),
    # vehicles
    "car": _("Car"),
    "truck": _("Container truck"),
    # layers
    "parks": _("Parks and zones"),
    "gates": _("Border gates"),
    "ports": _("Ports and freight terminals"),
    "airports": _("Airports"),
    "cities": _("Cities and towns"),
    "corridors": _("Roads and railways"),
    "policies": _("Policies"),
    # countries
    "VN": _("Viet Nam"),
    "CN": _("China"),
}


TEXTS: dict[str, Any] = {
    "sites": _("{n} sites"),
    "of": _("{n} of {m} sites"),
    "none": _("No site matches. Take a filter away."),
    "gate": _("gate"),
    "port": _("port"),
    "area": _("area"),
    "unknown": _("unknown"),
    "unreachable": _("no road"),
    "gates": _("Gates"),
    "ports": _("Ports"),
    "airports": _("Airports"),
    "roads": _("Roads"),
    "railways": _("Railways"),
    "tiles": _("Online tiles"),
    "tilesHint": _("Asks tile.openstreetmap.org for pictures; nothing else here leaves this server."),
    "reset": _("Clear all filters"),
    "failed": _("This could not be loaded. Is the server still running?"),
    "routeFrom": _("Route by {vehicle}: {time}, {length}"),
    "via": _("through {gates}"),
    "noGate": _("no border crossing"),
    "areaNote": _("Area within {m} min by {vehicle}"),
    "areaToNote": _("Area from where one gets here within {m} min by {vehicle}"),
    "facet.kind": _("Kind"),
    "facet.status": _("Status"),
    "facet.country": _("Country"),
    "facet.province_en": _("Province"),
    "facet.sectors": _("Sector"),
    "legend.operating": _("operating"),
    "legend.under_construction": _("under construction"),
    "legend.planned": _("planned"),
    "legend": _("Legend"),
}
"""Texts of the map's script; ``{…}`` is filled in there."""


def for_script() -> dict[str, Any]:
    """Give all codes and texts, in the language of the request, and how times spread, as the map's script takes them."""
    texts = {"labels": CODES, "texts": TEXTS}
    return {name: {code: str(text) for code, text in table.items()} for name, table in texts.items()} | {"spread": SPREAD}


def label(code: object) -> str:
    """Name a code; a code without a name is shown as it is, and an unknown value as unknown."""
    if not isinstance(code, str) or not code:
        return gettext("unknown")
    return str(CODES.get(code, code))


def is_known(value: Any) -> bool:
    """Say whether a value from a frame is known, that is neither NaN, NA, None nor empty."""
    if isinstance(value, str):
        return value != ""
    return value is not None and str(value) not in ("<NA>", "nan", "NaT")


SPREAD = (0.9, 1.15)
"""What a travel time on OpenStreetMap is multiplied with to show the range in which it lies.

Source: the lower end is what other engines make of the same roads, in the median 0.90 (Valhalla) to 0.98 (OSRM) of ours
(bench/README.md); the upper end is a Zone Atlas assumption for lights, turns and other traffic, which no time here counts.
"""


def duration(seconds: Any, coarse: bool = False) -> str:
    """Write a travel time in hours and minutes: a coarse one to the nearest five minutes, after ≈, any other as a range."""
    if not is_known(seconds):
        return gettext("unreachable")
    minutes = float(seconds) / 60
    if coarse:
        return f"≈ {_minutes(max(5 * round(minutes / 5), 5))}".replace(" ", "\N{NO-BREAK SPACE}")
    step = 1 if minutes * SPREAD[1] < 30 else 5
    low, high = max(int(minutes * SPREAD[0] // step * step), 1), max(int(-(-minutes * SPREAD[1] // step) * step), 1)
    if low == high:
        text = _minutes(low)
    elif high < 60:
        text = gettext("%(low)d–%(high)d min", low=low, high=high)
    else:
        text = f"{_minutes(low)} – {_minutes(high)}"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _minutes(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return gettext("%(m)d min", m=rest)
    return gettext("%(h)d h %(m)d min", h=hours, m=rest) if rest else gettext("%(h)d h", h=hours)


def kilometres(metres: Any, coarse: bool = False) -> str:
    """Write a length in kilometres: one decimal below 10 km, none above; metres below one kilometre."""
    if not is_known(metres):
        return "–"
    metres = float(metres)
    if metres < 1000:
        text = gettext("%(m)d m", m=round(metres, -1))
    else:
        text = gettext("%(km)s km", km=f"{metres / 1000:.1f}" if metres < 10_000 else f"{metres / 1000:,.0f}")
    return (f"≈ {text}" if coarse else text).replace(" ", "\N{NO-BREAK SPACE}")


def quantity(value: Any, unit: str = "") -> str:
    """Write a number with its unit, with at most one decimal; an unknown one as unknown."""
    if not is_known(value):
        return gettext("unknown")
    value = float(value)
    text = f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.1f}"
    return f"{text}\N{NO-BREAK SPACE}{unit}" if unit else text

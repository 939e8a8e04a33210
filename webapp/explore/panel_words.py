"""Words of the panel of the map: what its filters, classes, cards and hits are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo.schema import LAYERS
from geo.siting.classes import CLASSES, CODES, NONE, UNKNOWN
from webapp import labels
from webapp.i18n import lazy_gettext as _
from webapp.labels import decimal, quantity

TITLES: dict[str, str] = {
    "sectors": _("Sector"),
    "size": _("Size"),
    "price": _("Price"),
    "availability": _("Availability"),
    "port_time": _("Time to port"),
    "province_en": _("Province"),
    "more": _("More"),
}
"""What the pills over the list are called, in their order."""
WORDS: Mapping[str, Any] = {
    "free": _("Land available"),
    "full": _("Full"),
    UNKNOWN: _("not known"),
    NONE: _("no road"),
}
"""Classes that are not ranges of numbers."""
TEXTS: Mapping[str, Any] = {
    "facet.port_time": _("Time to container port"),
    "chosen": _("{name}: {value}"),
    "clear": _("Clear"),
    "price": _("{n} {unit} ({year})"),
    "price.unknown": _("price not known"),
    "occupied": _("{n} % taken"),
    "occupancy": _("Occupancy"),
    "airport": _("airport"),
    "developer": _("Developer"),
    "province": _("Province"),
}
"""Texts of the script; ``{…}`` is filled in there."""


def classes(name: str) -> list[tuple[str, str]]:
    """Return the classes of a filter, each with what it is called, in their order."""
    return [
        (code, str(WORDS[code]) if code in WORDS else _range(name, code)) for code in CODES[name]
    ]


def filters(layer_id: str) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Return the classes that a layer is filtered by, with what each filter is called."""
    titles = TITLES | {"port_time": TEXTS["facet.port_time"]}
    names = CODES if layer_id == "parks" else ()
    return {name: (str(titles[name]), classes(name)) for name in names}


def _range(name: str, code: str) -> str:
    """Write a range of numbers with its unit: below, from – to, and from on."""
    low, high = code.split("-")
    if not high:
        return f"≥ {quantity(low, unit(name))}"
    if low == "0":
        return f"< {quantity(high, unit(name))}"
    return f"{decimal(low)}–{quantity(high, unit(name))}"


def unit(name: str) -> str:
    """Return the unit of the classes of a filter: that of the column without what it counts for,
    minutes for a time.
    """
    column, parks = CLASSES[name].column, LAYERS["parks"]
    return parks.field(column).unit.partition(" ")[0] if parks.has(column) else "min"


def for_script(provinces: Any) -> dict[str, Any]:
    """Return what :func:`webapp.labels.for_script` does, with the words of the panel."""
    config = labels.for_script(provinces)
    words = {f"pill.{name}": title for name, title in TITLES.items()} | dict(TEXTS)
    config["texts"] |= {name: str(text) for name, text in words.items()}
    return config | {
        "classes": {name: classes(name) for name in CODES},
        "money": unit("price"),
        "pills": list(TITLES),
    }

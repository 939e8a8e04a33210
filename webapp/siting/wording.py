"""How amounts, limits and what would help are written, wherever sites are looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flask_babel import gettext as _

from geo.siting import screening, sites
from webapp import labels
from webapp.i18n import province
from webapp.labels import is_known
from webapp.siting.worth import Worth
from webapp.store import store


def amount(criterion: str, value: Any, *, coarse: bool = True) -> str:
    """Write the amount of a criterion, or a change of it, with its unit."""
    if not is_known(value):
        return _("unknown")
    if criterion in ("gate", "port", "airport", "city"):
        return labels.duration(value, coarse) if np.isfinite(value) else _("none by road")
    if criterion == "area":
        return _("up to %(amount)s", amount=labels.quantity(value, "ha"))
    unit = {"rent": "USD/m²", "occupancy": "%"}.get(criterion, "")
    return labels.quantity(value, unit)


def bars(
    parts: Mapping[str, float], missing: Sequence[str] = (), low: float = 0.0, high: float = 0.0
) -> list[tuple[float, float]]:
    """Lay the parts of a score side by side: where each begins and how wide it is, of 100.

    Where values are missing, the known parts reach to the lowest score there may be; one more part
    reaches from there to the highest."""
    known = [0.0 if name in missing else 100 * float(part) for name, part in parts.items()]
    scale = 100 * low / sum(known) if missing and sum(known) else 1.0
    out, at = [], 0.0
    for width in known:
        out.append((round(at, 3), round(scale * width, 3)))
        at += scale * width
    return [*out, (round(100 * low, 3), round(100 * (high - low), 3))] if high > low else out


def band_text(first: int, last: int) -> str:
    """Write that the places from first to last cannot be told apart."""
    return _("%(a)s–%(b)s cannot be told apart", a=first, b=last)


def criterion_name(name: str) -> str:
    """Name a criterion."""
    return {
        "gate": _("time to a gate"),
        "port": _("time to a sea port"),
        "airport": _("time to an airport"),
        "city": _("time to a city"),
        "people": _("people within 60 min"),
        "area": _("free land"),
        "rent": _("land rent per term"),
        "occupancy": _("occupancy"),
    }[name]


def criterion_unit(name: str) -> str:
    """Return the unit in which the form takes the amounts of a criterion."""
    return next(unit for parameter, _text, unit in fields() if parameter.endswith(f"_{name}"))


def shapes() -> list[tuple[str, str]]:
    """List what an amount may be worth between the ends of a range: shape, text."""
    return [
        ("linear", _("in proportion")),
        ("saturating", _("saturating")),
        ("step", _("a step")),
    ]


def worth_text(name: str, worth: Worth) -> str:
    """Write what the amounts of a criterion are worth."""
    low, high = (
        None if end is None else labels.quantity(end, criterion_unit(name))
        for end in (worth.low, worth.high)
    )
    if worth.shape == "step":
        return (
            _("1 up to %(amount)s, 0 above", amount=high)
            if low is None
            else _("1 from %(amount)s on, 0 below", amount=low)
        )
    a, b = (
        low or _("the least of the sites that are left"),
        high or _("the greatest of the sites that are left"),
    )
    if worth.shape == "saturating":
        return _("saturating from %(a)s to %(b)s", a=a, b=b)
    return _("in proportion from %(a)s to %(b)s", a=a, b=b)


def fields() -> list[tuple[str, str, str]]:
    """List the limits that are numbers: parameter, text, unit."""
    return [
        ("max_gate", _("Max. time to border gate"), _("min")),
        ("max_port", _("Max. time to sea port"), _("min")),
        ("max_airport", _("Max. time to airport"), _("min")),
        ("max_city", _("Max. time to city"), _("min")),
        ("min_people", _("Min. population within 60 min"), _("people")),
        ("area_needed", _("Area needed"), "ha"),
        ("min_area", _("Min. site area"), "ha"),
        ("max_rent", _("Max. land price (whole lease)"), "USD/m²"),
        ("max_occupancy", _("Max. occupancy"), "%"),
    ]


def field_name(name: str) -> str:
    """Name a field that a number is typed into: a limit, or an end of how a criterion counts."""
    limits = {field: text for field, text, _unit in fields()}
    if name in limits:
        return limits[name]
    criterion, end = name.removeprefix("v_").rsplit("_", 1)
    return f"{criterion_name(criterion)}, {_('from') if end == 'from' else _('to')}"


def standing() -> dict[str, str]:
    """Return the texts of the limits that hold unless they are switched off, by name."""
    return {"zones": _("Sites, not zones that contain them"), "full": _("Not known to be full")}


def limit_text(name: str, limit: sites.Limit, units: dict[str, float]) -> str:
    """Write a limit in words."""
    plain = {
        "power": _("Power supply mentioned in the data"),
        "water": _("Water supply mentioned in the data"),
        **standing(),
    }
    if name in plain:
        return plain[name]
    if isinstance(limit.value, tuple):
        title = {
            "sector": _("Sector"),
            "status": _("Status"),
            "kind": _("Kind"),
            "country": _("Country"),
            "province": _("Province"),
            "policy": _("Policy"),
        }[name]
        return f"{title}: {', '.join(code(name, one) for one in limit.value)}"
    text, unit = next((text, unit) for parameter, text, unit in fields() if parameter == name)
    return f"{text} {labels.quantity(limit.value / units[name], unit)}"


def code(name: str, value: str) -> str:
    if name == "policy":
        policies = store().layer("policies")
        return labels.name(policies.loc[value], "title") if value in policies.index else value
    return str(province(value)) if name == "province" else labels.label(value)


def relaxed_text(name: str, one: screening.Relaxation, units: dict[str, float]) -> str:
    """Write to what a limit would have to be relaxed."""
    if one.added:
        names = (_("full sites") if name == "full" else code(name, added) for added in one.added)
        return _("allow also %(names)s", names=", ".join(names))
    value = float(one.value) / units[name]  # type: ignore[arg-type]
    rounded = np.ceil(value) if one.limit.kind == "at_most" else np.floor(value)
    unit = next(unit for parameter, _text, unit in fields() if parameter == name)
    return labels.quantity(rounded, unit)


def shortfall_text(name: str, short: float, units: dict[str, float]) -> str:
    """Write by how much a site fails a limit."""
    if not is_known(short):
        return _("does not fit")
    if not np.isfinite(short):
        return _("none by road")
    unit = next(unit for parameter, _text, unit in fields() if parameter == name)
    size = labels.quantity(max(round(short / units[name]), 1), unit)
    return (
        _("%(amount)s too much", amount=size)
        if name.startswith("max_")
        else _("%(amount)s too little", amount=size)
    )

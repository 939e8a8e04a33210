"""How amounts, limits and what would help are written, wherever sites are looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geo.siting.criteria import Shape
from geo.siting.limits import STANDING, Limit
from geo.siting.measures import CHOICES, TIMES, TITLES, Measure, criteria, limits
from geo.siting.screening import Relaxation
from webapp import labels
from webapp.i18n import gettext as _
from webapp.i18n import listed, province, said
from webapp.labels import is_known
from webapp.siting.worth import Worth
from webapp.store import store


def amount(criterion: str, value: Any) -> str:
    """Write the amount of a criterion, or a change of it, with its unit."""
    row = criteria()[criterion]
    if not is_known(value):
        return _("unknown")
    if row.id in TIMES:
        return time(value)
    text = labels.quantity(value, "" if row.is_counted else row.unit)
    return text if row.enough is None else _("up to %(amount)s", amount=text)


def time(seconds: float) -> str:
    """Write a time by road, known or not."""
    if not is_known(seconds):
        return _("unknown")
    return labels.duration(seconds) if np.isfinite(seconds) else _("none by road")


def bars(
    parts: Mapping[str, float], missing: Sequence[str] = (), low: float = 0.0, high: float = 0.0
) -> list[tuple[float, float]]:
    """Lay the parts of a score side by side: where each begins and how wide it is, of 100.

    Where values are missing, the known parts reach to the lowest score there may be; one more part
    reaches from there to the highest."""
    known = [0.0 if name in missing else 100 * float(part) for name, part in parts.items()]
    scale = 100 * low / sum(known) if missing and sum(known) else 1.0
    spans, at = [], 0.0
    for width in known:
        spans.append((round(at, 3), round(scale * width, 3)))
        at += scale * width
    if high > low:
        spans.append((round(100 * low, 3), round(100 * (high - low), 3)))
    return spans


def band_text(first: int, last: int) -> str:
    """Write that the places from first to last cannot be told apart."""
    return _("%(a)s–%(b)s cannot be told apart", a=first, b=last)


def criterion_name(name: str) -> str:
    """Name a criterion."""
    return said(criteria()[name].label)


def shapes() -> list[tuple[Shape, str]]:
    """List what an amount may be worth between the ends of a range: shape, text."""
    return [
        ("linear", _("in proportion")),
        ("saturating", _("saturating")),
        ("step", _("a step")),
    ]


def worth_text(name: str, worth: Worth) -> str:
    """Write what the amounts of a criterion are worth."""
    unit = criteria()[name].unit
    low, high = (
        None if end is None else labels.quantity(end, unit) for end in (worth.low, worth.high)
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


def standing() -> dict[str, str]:
    """Return the texts of the limits that hold unless they are switched off, by name."""
    return {name: said(TITLES[name]) for name in STANDING}


def limit_text(name: str, limit: Limit) -> str:
    """Write a limit in words."""
    if name in TITLES:
        return said(TITLES[name])
    if isinstance(limit.value, tuple):
        return _(
            "%(field)s: %(fault)s",
            field=said(CHOICES[name].label),
            fault=listed(code(name, choice) for choice in limit.value),
        )
    row = limits()[name]
    return f"{said(row.limit_label)} {size(row, limit.value)}"


def size(row: Measure, value: float) -> str:
    """Write a number of a column in the unit of the screen."""
    return labels.quantity(value / row.scale, row.unit)


def code(name: str, value: str) -> str:
    if name == "policy":
        policies = store().layer("policies")
        return labels.name(policies.loc[value], "title") if value in policies.index else value
    return str(province(value)) if name == "province" else labels.label(value)


def relaxed_text(name: str, change: Relaxation) -> str:
    """Write to what a limit would have to be relaxed."""
    if change.added:
        names = (_("full sites") if name == "full" else code(name, added) for added in change.added)
        return _("allow also %(names)s", names=listed(names))
    return labels.quantity(relaxed_to(name, change), limits()[name].unit)


def relaxed_to(name: str, change: Relaxation) -> float:
    """Return the number to which a limit would have to be relaxed, in the unit of the screen."""
    row = limits()[name]
    value = float(change.value) / row.scale  # type: ignore[arg-type]
    return float((np.ceil if row.kind == "at_most" else np.floor)(value))


def shortfall_text(name: str, short: float) -> str:
    """Write by how much a site fails a limit."""
    if not is_known(short):
        return _("does not fit")
    if not np.isfinite(short):
        return _("none by road")
    row = limits()[name]
    text = labels.quantity(max(round(short / row.scale), 1), row.unit)
    if row.kind == "at_most":
        return _("%(amount)s too much", amount=text)
    return _("%(amount)s too little", amount=text)

"""What is known of a step of a plan as plain values, for the files that hold data."""

from __future__ import annotations

import math

from geo.export import DECIMALS
from geo.visits.gazetteer import LANGUAGES
from geo.visits.plan_steps import Step, clean

Value = str | float | bool | None


def facts(step: Step) -> dict[str, Value]:
    """Return what is known of a step as plain values, in a fixed order; None where it does not
    apply.
    """
    names = step.place.names
    crossing, visit = step.crossing, step.visit
    notice = step.hours.notice if step.hours else None
    return {
        "day": step.day + 1,
        "label": None if step.kind == "drive" else step.label,
        "kind": step.kind,
        "place_id": step.place.id,
        **{f"name_{code}": clean(names[code]) if code in names else None for code in LANGUAGES},
        "country": step.place.country or None,
        "arrive": step.arrive.isoformat(),
        "start": step.start.isoformat(),
        "end": step.end.isoformat(),
        "timezone": step.place.timezone,
        "wait_s": step.wait_s if visit or crossing else None,
        "slack_s": visit.slack_s if visit else None,
        "drive_s": _number(step.drive_s, 0),
        "length_m": _number(step.length_m, 1),
        "hours_known": crossing.hours_known if crossing else None,
        "gate_hours": (step.hours.text() or "00:00–24:00") if step.hours else None,
        "gate_hours_source": notice.source if notice and not notice.general else None,
        "gate_hours_source_kind": notice.source_kind if notice else None,
        "gate_hours_as_of": notice.as_of if notice else None,
        "contact": clean(step.place.contact) or None,
        "notes": (clean(visit.stop.notes) or None) if visit else None,
    }


def _number(value: float, decimals: int) -> float | None:
    """Round a number; None if nobody knows it."""
    return None if math.isnan(value) else round(value, decimals)


def lonlat(step: Step) -> tuple[float, float]:
    """Return the position of a step, rounded as in all files."""
    return round(step.place.lon, DECIMALS), round(step.place.lat, DECIMALS)


def cell(value: Value) -> str:
    """Write a value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)

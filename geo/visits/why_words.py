"""The sentences that say why a stop is not in a plan, and what would bring it in.

Values are not words yet: ``day`` counts from 0, names that end in ``_s`` are seconds, stops and
moments are what they are, gates are their names by language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from geo.errors import Message
from geo.visits.gazetteer import LANGUAGES
from geo.visits.moments import at, length
from geo.visits.trip import Stop

if TYPE_CHECKING:
    import geopandas as gpd

REASONS = {
    "visited": Message("%(stop)s is in the plan: on day %(day)s, from %(start)s to %(end)s."),
    "fits": Message(
        "%(stop)s fits beside all the others; the plan is not proven to be the best, and does "
        "without it."
    ),
    "no_road": Message(
        "No road on these maps that one can turn off comes within %(limit_km)s km of %(stop)s; "
        "the nearest is %(distance_km)s km away."
    ),
    "no_road_at_all": Message("No road on these maps comes near %(stop)s, which may be an island."),
    "no_way": Message(
        "The roads on these maps do not lead to %(stop)s from where the days begin, or not to "
        "where they end."
    ),
    "no_gate": Message("No gate on the way to %(stop)s lets this vehicle pass."),
    "gates_closed": Message(
        "The way to %(stop)s leads through gates that the trip takes as closed: %(gates)s."
    ),
    "hours_unknown": Message(
        "The way to %(stop)s leads through gates of unknown hours, which the trip avoids: "
        "%(gates)s."
    ),
    "gates_shut": Message(
        "The gates on the way to %(stop)s are not open on the days of the trip when one could "
        "pass: %(gates)s."
    ),
    "gates_reserve": Message(
        "The gates on the way to %(stop)s close too soon for the reserve of %(reserve_s)s "
        "before closing: %(gates)s."
    ),
    "windows_outside": Message(
        "%(stop)s may be visited at no time of the days that are left for it."
    ),
    "visit_too_long": Message(
        "The visit of %(stop)s takes %(visit_s)s; the longest window has %(window_s)s."
    ),
    "closes": Message(
        "Even as the only stop of day %(day)s, a visit of %(stop)s ends at %(finish)s at the "
        "earliest; its window closes at %(closes)s."
    ),
    "home_late": Message(
        "Even as the only stop of day %(day)s, %(stop)s lets one arrive in the evening at "
        "%(arrive)s at the earliest; the day ends at %(end)s."
    ),
    "home_next_day": Message(
        "Even as the only stop of day %(day)s, %(stop)s lets one arrive only on the next day, "
        "at %(arrive)s; the day ends at %(end)s."
    ),
    "lunch": Message("With lunch there is no time for %(stop)s, even as the only stop of a day."),
    "days": Message("%(stop)s does not fit into the days, even alone."),
    "conflict": Message("%(stop)s would fit alone, but not together with %(stops)s."),
    "crowded": Message(
        "%(stop)s would fit alone; the days are too full for it beside %(count)s other stops "
        "of the plan."
    ),
    "conflict_many": Message(
        "%(stop)s would fit alone; together with the %(count)s stops of the plan no way was found."
    ),
    "not_found": Message("In the time given no reason was found."),
}
"""Why a stop is not in the plan, by code."""

CHANGES = {
    "as_it_is": Message("Say that %(stop)s must be visited; nothing else has to change."),
    "start_earlier": Message("Start %(by_s)s earlier on day %(day)s, at %(start)s."),
    "end_later": Message("End %(by_s)s later on day %(day)s, at %(end)s."),
    "longer_day": Message(
        "Start %(by_s)s earlier and end %(by_s)s later on day %(day)s: from %(start)s to %(end)s."
    ),
    "shorter_visit": Message("Stay %(by_s)s less at %(stop)s: %(visit_s)s."),
    "another_day": Message("Visit %(stop)s on %(date)s instead of %(instead)s."),
    "free_order": Message("Let %(stop)s come at any place in the order."),
    "open_gate": Message("Use the gate %(gate)s, which the trip takes as closed."),
    "unknown_hours": Message("Use gates of unknown hours: %(gates)s."),
    "no_lunch": Message("Leave out lunch."),
    "smaller_reserve": Message(
        "Enter the gates up to %(less_s)s nearer to their closing, with a reserve of %(reserve_s)s."
    ),
    "leave_out": Message("Leave out %(stop)s, which need not be visited."),
    "drop": Message("Drop %(stop)s, though it was to be visited."),
    "one_more_day": Message("Add a day: %(date)s, with the hours of the day before."),
    "one_more_day_if": Message(
        "Add a day: %(date)s, if the host of %(stop)s can also see you then, between %(start)s "
        "and %(end)s."
    ),
    "other_hours": Message(
        "Ask the host of %(stop)s for other hours: a visit that begins between %(start)s and "
        "%(end)s on %(date)s."
    ),
    "other_hour": Message(
        "Ask the host of %(stop)s for another hour: a visit that begins at %(start)s on %(date)s."
    ),
    "other_dates": Message("Move the whole trip: begin on %(date)s instead of %(instead)s."),
}
"""What may be changed, by code."""

SENTENCES = REASONS | CHANGES
"""The web app translates them."""


def english(values: Mapping[str, Any]) -> dict[str, str]:
    """Write the values of a sentence in English."""
    return {name: _word(name, value) for name, value in values.items()}


def _word(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        words = [_word(name, part) for part in value]
        return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
    if isinstance(value, Stop):
        return value.place.name()
    if isinstance(value, Mapping):
        return str(value.get("en") or next(iter(value.values())))
    if isinstance(value, datetime):
        return at(value)
    if isinstance(value, date):
        return f"{value:%A, %Y-%m-%d}"
    if name == "day":
        return str(value + 1)
    if name.endswith("_s"):
        return length(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def gate_names(gates: gpd.GeoDataFrame, gate: str) -> dict[str, str]:
    """Return the names of a gate by language."""
    row = gates.loc[gate]
    names = {language: row.get(f"name_{language}") for language in LANGUAGES}
    known = {language: name for language, name in names.items() if isinstance(name, str)}
    return known or {"en": gate}

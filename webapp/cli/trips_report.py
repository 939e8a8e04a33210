"""A plan as the terminal shows it, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from geo.atlas import Atlas
from geo.visits import trip_file
from geo.visits.trip import Plan
from webapp.trips import agenda, answers, words
from webapp.trips.address import Lines


def report(atlas: Atlas, lines: Lines, plan: Plan, *, why: bool) -> Iterator[str]:
    """Write a plan with every clock, and with `why` for stops that are left out what would help.

    Parameters
    ----------
    lines
        What the trip of the plan was read from.
    """
    yield from _head(atlas, plan)
    clocks = agenda.clocks(atlas)
    for day in agenda.of(atlas, plan):
        date = plan.trip.days[day.plan.number].date.isoformat()
        yield f"\nDay {day.number}, {date}: {' | '.join(clock.name for clock in clocks)}"
        yield from (f"  ! {remark}" for remark in day.remarks)
        for row in day.rows:
            yield f"  {_row(row, clocks)}"
            yield from (f"      {note}" for note in row.notes)
    for stop in plan.left_out:
        must = " (must be seen)" if stop.must else ""
        yield f"\nLeft out: {agenda.place_name(stop.place)}{must}"
        if why:
            yield from _why(atlas, lines, plan, stop.place.id)


def _head(atlas: Atlas, plan: Plan) -> Iterator[str]:
    yield plan.trip.title
    stops = len(plan.trip.stops)
    proof = "proven: no plan is better" if plan.proof == "proven" else "not proven to be the best"
    yield (
        f"{stops - len(plan.left_out)} of {stops} stops, {agenda.length(plan.on_road_s)} on the"
        f" road; {proof}"
    )
    yield from (f"! {sentence}" for sentence in (*plan.trip.told, *plan.faults))
    for hint in answers.warnings(atlas, plan):
        yield f"! {hint.text} [{hint.where}; {hint.source}]"


def _row(row: agenda.Row, clocks: tuple[agenda.Clock, ...]) -> str:
    times = " | ".join(clock.time(row.begin) for clock in clocks)
    number = f"{row.number}. " if row.number else ""
    lasts = row.until != row.begin and row.kind != "drive"
    until = f" to {agenda.both(row.until, clocks)}" if lasts else ""
    badge = f" [{row.badge}]" if row.badge else ""
    return f"{times}  {number}{row.text}{until}{badge}"


def _why(atlas: Atlas, lines: Lines, plan: Plan, stop_id: str) -> Iterator[str]:
    why = atlas.explain(
        plan,
        stop_id,
        lines.network,
        seconds=answers.WHY_S,
        rewrite=lambda changed: trip_file.read(
            trip_file.write(changed, atlas.places), atlas.places
        ),
    )
    shown = words.explained(why, lines, plan.trip, agenda.clocks(atlas))
    yield from (f"  {sentence}" for sentence in shown.reasons)
    yield from (f"  would help: {change.text}" for change in shown.changes)
    if not shown.complete:
        yield "  Not everything was tried."

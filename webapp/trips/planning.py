"""Plans that pages ask for, each computed once for all who ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from flask import copy_current_request_context, current_app
from werkzeug.datastructures import MultiDict

from geo.visits.trip import Plan, Trip
from geo.visits.whynot import WhyNot
from webapp import args
from webapp.i18n import gettext as _
from webapp.jobs import Desk, Job
from webapp.store import Store, store
from webapp.trips import agenda, answers, readings, words
from webapp.trips.address import TRIP, Lines


def lines_of(values: dict[str, Any]) -> Lines:
    """Read the form that a query holds; `NotFoundError` if it names a network that is not there."""
    lines = Lines.of_query(values)
    store().networks.version(lines.network)
    return lines


def wished(values: dict[str, Any]) -> tuple[Lines, Trip]:
    """Read a trip from a query; `InputError` names every fault, in the words of the form."""
    lines = lines_of(values)
    return lines, readings.read(store(), lines).whole()


def understood(values: dict[str, Any]) -> tuple[readings.Reading, Trip]:
    """Read a trip from a query without the stops that are not understood; `InputError` names every
    fault where nothing is left.
    """
    reading = readings.read(store(), lines_of(values))
    return reading, reading.understood()


def _desk(opened: Store) -> Desk:
    def make() -> Desk:
        handover = current_app.extensions.get("zoneatlas.handover")
        return Desk(handover=handover, version=opened.version)

    return opened.keep("desk", make)


def ask(opened: Store, network: str, trip: Trip) -> Job:
    """Ask for the plan of a trip on the network of that name; who asks again gets the same.

    Raises
    ------
    PreparingError
        The roads or the planner are being prepared.
    """

    def make(tell: Callable[[float], None]) -> Plan:
        return opened.plan(trip, network, seconds=answers.SECONDS, on_progress=tell)

    version = opened.network(network).version
    opened.planning.check()
    return _desk(opened).ask(("plan", repr(trip), version), make)


def planned(opened: Store, network: str, trip: Trip) -> Plan:
    """Return the plan of a trip, however long it takes.

    Raises
    ------
    UnavailableError
        It takes longer than anybody waits, because others are served first.
    """
    plan: Plan = ask(opened, network, trip).patiently()
    return plan


def free(trip: Trip) -> Trip:
    """Return a trip without what somebody has set of order and days."""
    return replace(trip, stops=tuple(replace(stop, order=None, day=None) for stop in trip.stops))


def cost(opened: Store, network: str, plan: Plan) -> str | None:
    """Return what an order by hand costs; None where nothing is set by hand."""
    if free(plan.trip) == plan.trip:
        return None
    best = planned(opened, network, free(plan.trip))
    lost = len(plan.left_out) - len(best.left_out)
    more = plan.on_road_s - best.on_road_s
    if lost > 0:
        return _("Stops lost by your order and days: %(n)s.", n=lost)
    if more < 60:
        return _("Your order and days cost no extra time.")
    return _(
        "Your order and days add %(time)s on the road.",
        time=agenda.length(more),
    )


def explained(opened: Store, lines: Lines, plan: Plan, stop_id: str) -> words.Explained:
    """Find why a stop is left out and what would help, each change as the link to it keeps it."""

    @copy_current_request_context
    def make(_tell: Callable[[float], None]) -> WhyNot:
        rewrite = partial(_by_link, lines, plan.trip)
        return opened.explain(plan, stop_id, lines.network, seconds=answers.WHY_S, rewrite=rewrite)

    version = opened.network(lines.network).version
    opened.planning.check()
    key = ("why", repr(plan.trip), lines, version, stop_id, date.today())
    why: WhyNot = _desk(opened).ask(key, make).patiently()
    return words.explained(why, lines, plan.trip, agenda.clocks(opened))


def _by_link(lines: Lines, trip: Trip, changed: Trip) -> Trip:
    """Write a changed trip into its link and read that as the page does; `trip` is what `lines`
    were read as.
    """
    query = MultiDict(parse_qsl(words.changed(lines, trip, changed).link(), keep_blank_values=True))
    return wished(args.parse(query, TRIP))[1]

"""Border gates: who may pass, when they are open, and how long it takes."""

from __future__ import annotations

import math
import os
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from geo import layers
from geo.errors import InputError, Message, NotFoundError, behind
from geo.hours import calendars, gate_notices, osm_hours
from geo.hours.gate_notices import KINDS, Notice, Question
from geo.hours.openings import DayHours, Opening
from geo.layers.provenance import Provenance
from geo.schema import COUNTRIES
from geo.schema.tables import PACES

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

HORIZON = timedelta(days=30)
"""So far ahead the next opening, or the end of the present one, is looked for."""


TAKEN_AS_GIVEN = ("passengers",)
"""What a gate is taken to serve where nobody says. Cargo is said of every gate but those whose
trade is in doubt, and a lorry that is sent to one in vain loses days.
"""


def service_time_s(
    gates: gpd.GeoDataFrame, crossings: pd.DataFrame, profile: str, pace: str = PACES[0]
) -> pd.Series:
    """Return the time each gate takes a vehicle to pass, on a quick day without a queue; NaN where
    that vehicle cannot pass.

    A vehicle passes a road gate whose class is listed for its profile in `crossings`, unless the
    gate is known not to serve what the profile needs (``needs``: cargo or passengers). What is
    unknown is taken as given of ``TAKEN_AS_GIVEN`` only, and the class is not.

    Parameters
    ----------
    gates
        The layer ``gates``.
    crossings
        The table ``crossings``: ``profile``, ``kind``, ``needs``, ``service_time_s``, and ``pace``,
        without which all of them are quick.
    pace
        On what sort of day, one of ``PACES``; what is not listed takes as long as a quick one.

    Returns
    -------
    Series
        On the index of `gates`.
    """
    import pandas as pd

    mine = crossings[crossings["profile"] == profile]
    paces = mine["pace"].fillna(PACES[0]) if "pace" in mine else pd.Series(PACES[0], mine.index)
    asked = [mine[paces == each] for each in dict.fromkeys((pace, PACES[0]))]
    rules = pd.concat(asked).drop_duplicates("kind").set_index("kind")
    time = gates["kind"].map(rules["service_time_s"]).astype(float)
    for kind, needs in rules["needs"].dropna().items():
        serves = gates[needs].fillna(needs in TAKEN_AS_GIVEN).astype(bool)
        refused = (gates["kind"] == kind) & ~serves
        time[refused] = np.nan
    return time.where(gates["mode"] == "road").rename("service_time_s")


# Hours --------------------------------------------------------------------------------------------


class Hours:
    """When each gate lets one in.

    The hours of a gate are those of ``gate_hours`` that are valid on the day and speak of the
    traffic that is asked for. Of several the closest one counts: the one that states more of
    direction, kind of traffic and country of the vehicle, and of those that state the same, the one
    that became valid later. Where there is none, those of the layer ``gates`` count, whatever the
    traffic. Where that has none either, the hours are unknown, and the gate is assumed open from
    sunrise to sunset.

    Parameters
    ----------
    gates
        The layer ``gates``, with the source of its opening hours as that of the row.
    gate_hours, clocks
        The tables of that name.

    Raises
    ------
    InputError
        Hours cannot be read, a row is of no gate or direction that there is, or two rows that state
        as much, though of different things, speak of the same moment; every fault is named with its
        gate.
    """

    def __init__(
        self, gates: gpd.GeoDataFrame, gate_hours: pd.DataFrame, clocks: pd.DataFrame
    ) -> None:
        self.clocks = clocks
        self._gates = gate_notices.read(gates, gate_hours, clocks)
        self._questions: dict[tuple[str, str, str, str | None], Question] = {}

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> Hours:
        """Read the hours of a data package; errors as :func:`geo.layers.read`, and those of the
        class.
        """
        return cls(
            Provenance.read(folder).sourced("gates", "opening_hours"),
            layers.read_table(folder, "gate_hours"),
            layers.read_table(folder, "clocks"),
        )

    def when_open(
        self, gate: str, towards: str, kind: str, time: datetime, vehicle_country: str | None = None
    ) -> Opening:
        """Return whether one may enter a gate at a moment, and when otherwise.

        Parameters
        ----------
        gate
            Its id in the layer ``gates``.
        towards
            Country one comes to, one of the two sides.
        kind
            ``passenger`` or ``cargo``.
        time
            With a zone, whichever.
        vehicle_country
            Where the vehicle is registered; None where that is unknown.

        Raises
        ------
        NotFoundError
            There is no such gate.
        InputError
            `time` has no zone or lies outside of 1970–2099, or the gate has no such direction or
            kind of traffic.
        """
        question = self._question(gate, towards, kind, vehicle_country)
        local = _local(time, question.gate.place.zone)
        if question.never:
            return Opening(False, True, None, None, math.inf, "never")
        now, zone = time.astimezone(UTC), question.gate.place.zone
        notice = question.at(local.date())
        origin = {name: getattr(notice, name, None) for name in ("source", "source_kind", "as_of")}
        known = question.known(local.date())
        start, end = next(iter(question.entries(now, now + HORIZON)), (None, None))
        if start is not None and start <= now and end is not None:
            why = _open(question, notice, local.date())
            return Opening(
                True,
                known,
                end.astimezone(zone) if end < now + HORIZON else None,
                local,
                0.0,
                why,
                **origin,
            )
        why, holiday = _closed(question, notice, now, local.date())
        if start is None:
            return Opening(False, known, None, None, math.inf, why, holiday=holiday, **origin)
        opens, wait_s = start.astimezone(zone), (start - now).total_seconds()
        return Opening(
            False,
            known and question.known(opens.date()),
            None,
            opens,
            wait_s,
            why,
            holiday=holiday,
            **origin,
        )

    def intervals(
        self,
        gate: str,
        towards: str,
        kind: str,
        vehicle_country: str | None,
        start: datetime,
        end: datetime,
    ) -> list[tuple[datetime, datetime]]:
        """List the times between two moments in which one may enter a gate.

        Returns
        -------
        list
            From a moment until before another, in order and apart, cut to `start` and `end`, on the
            clock of the gate; daylight where the hours are unknown. Errors as :meth:`when_open`.
        """
        question = self._question(gate, towards, kind, vehicle_country)
        _local(start, question.gate.place.zone, Message("The start"))
        _local(end, question.gate.place.zone, Message("The end"))
        if end < start:
            raise InputError(
                Message(
                    "The end %(end)s lies before the start %(start)s.",
                    {"end": end.isoformat(), "start": start.isoformat()},
                )
            )
        between = start.astimezone(UTC), end.astimezone(UTC)
        spans = osm_hours.cut(question.entries(*between), *between)
        zone = question.gate.place.zone
        return [(opens.astimezone(zone), closes.astimezone(zone)) for opens, closes in spans]

    def of_day(
        self, gate: str, towards: str, kind: str, vehicle_country: str | None, time: datetime
    ) -> DayHours:
        """Return the hours of a gate on the day of a moment, and when it closes after that moment;
        errors as :meth:`when_open`.
        """
        question = self._question(gate, towards, kind, vehicle_country)
        zone = question.gate.place.zone
        day, now = _local(time, zone).date(), time.astimezone(UTC)
        first, after = osm_hours.midnight(day, zone), osm_hours.midnight(day + osm_hours.DAY, zone)
        ahead = max(after, now + osm_hours.DAY)
        openings = question.openings(first, ahead)
        ends = (
            next((end for start, end in spans if start <= now < end < ahead), None)
            for spans in (openings, question.entries(now, ahead + osm_hours.DAY))
        )
        closes, last_entry = (None if end is None else end.astimezone(zone) for end in ends)
        today = tuple(
            (start.astimezone(zone), end.astimezone(zone))
            for start, end in osm_hours.cut(openings, first, after)
        )
        return DayHours(today, closes, last_entry, question.at(day))

    def known(
        self, gate: str, towards: str, kind: str, vehicle_country: str | None, time: datetime
    ) -> bool:
        """Check whether the hours of a day are known, as :class:`Opening` has it; errors as
        :meth:`when_open`.
        """
        question = self._question(gate, towards, kind, vehicle_country)
        return question.known(_local(time, question.gate.place.zone).date())

    def zone(self, gate: str) -> ZoneInfo:
        """Return the clock of a gate; `NotFoundError` where there is no such gate."""
        return self._gate(gate).place.zone

    def notices(self, gate: str, day: date) -> tuple[Notice, ...]:
        """List what is said of a gate's hours on a day or later, the closest first; `NotFoundError`
        where there is no such gate.
        """
        return tuple(
            notice
            for notice in self._gate(gate).notices
            if notice.valid_to is None or notice.valid_to >= day
        )

    def _gate(self, gate: str) -> gate_notices.Gate:
        if gate not in self._gates:
            raise NotFoundError(Message("There is no gate “%(gate)s”.", {"gate": gate}))
        return self._gates[gate]

    def _question(
        self, gate: str, towards: str, kind: str, vehicle_country: str | None
    ) -> Question:
        known = self._questions.get((gate, towards, kind, vehicle_country))
        if known is not None:
            return known
        of = self._gate(gate)
        faults: list[str] = []
        if towards not in of.place.countries:
            faults.append(gate_notices.not_towards(of.place, towards))
        if kind not in KINDS:
            choice = {"text": kind, "known": ", ".join(KINDS)}
            faults.append(behind("kind", Message("“%(text)s” is not one of %(known)s", choice)))
        if vehicle_country is not None and not re.fullmatch(COUNTRIES, vehicle_country):
            odd = Message(
                "“%(text)s” is not a country of two capital letters", {"text": vehicle_country}
            )
            faults.append(behind("vehicle_country", odd))
        if faults:
            raise InputError(
                Message("The question about the gate %(gate)s cannot be answered:", {"gate": gate}),
                faults,
            )
        asked = {"towards": towards, "kind": kind, "vehicle_country": vehicle_country}
        fitting = tuple(
            notice
            for notice in of.notices
            if all(getattr(notice, name) in (None, value) for name, value in asked.items())
        )
        question = Question(of, kind, kind not in of.place.serves, fitting)
        if vehicle_country in (
            None,
            *(notice.vehicle_country for notice in of.notices),
        ):  # no more questions are kept than there are answers
            self._questions[gate, towards, kind, vehicle_country] = question
        return question


def _local(time: datetime, zone: ZoneInfo, what: Message = Message("The time")) -> datetime:  # noqa: B008
    """Return a moment on the clock of a gate, or refuse it."""
    near = (
        1 < calendars.aware(time, what).year < 9999
    )  # at the ends of the calendar a moment cannot be put on another clock
    local = time.astimezone(zone) if near else time
    if local.year not in osm_hours.YEARS:
        raise InputError(
            Message(
                "%(what)s %(time)s does not lie in the years %(first)s to %(last)s.",
                {
                    "what": what,
                    "time": time.isoformat(),
                    "first": osm_hours.YEARS[0],
                    "last": osm_hours.YEARS[-1],
                },
            )
        )
    return local


def _open(question: Question, notice: Notice | None, day: date) -> str:
    """Return why one may enter."""
    if notice is None:
        return "assumed_daylight"
    if question.new_year(day):
        return "new_year"
    return "open" if notice.rule.complete(day.year) else "holidays_unknown"


def _closed(
    question: Question, notice: Notice | None, now: datetime, day: date
) -> tuple[str, str | None]:
    """Say why one may not enter, and the name of the holiday if it is one."""
    if notice is None:
        return "assumed_night", None
    if osm_hours.cut(question.month(day.replace(day=1)).openings, now, now + timedelta.resolution):
        return "after_last_entry", None
    holiday = notice.rule.holiday(day)
    return ("holiday" if holiday else "closed"), holiday

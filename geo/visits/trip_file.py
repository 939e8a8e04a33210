"""Read a trip from YAML or from the mapping in a link, with every fault named at once, and write it
again.

All keys, with what they mean; only ``days`` and ``stops`` are needed, and ``begin`` and ``end``
here or in each day::

    title: Survey of Mong Cai and Hai Ha
    notes: for people
    source: where the figures come from
    vehicle:
      profile: car                  # a vehicle of the speeds: car, truck
      country: VN                   # where it is registered
      kind: passenger               # or cargo
    avoid_unknown_hours: no         # pass by gates whose hours on the day are not published;
    remembered ones do not count closed_gates: [hoanh-mo]        # taken as closed gate_reserve: 30
    min            # one enters a gate at least so long before it closes; 0 to 4 h lunch: {length:
    45 min, from: "11:30", until: "13:00"}     # or: none; eaten where a day begins, at a stop or on
    the way hours: 07:30-18:00              # of every day that has none of its own visit: 60 min
    # of every stop that has none of its own begin: ha-long                  # where the first day
    begins nights: [mong-cai]              # where the days but the last may end end: ha-long
    # where the last day ends, and the others without nights
    days:
      - date: 2026-12-01
        hours: 07:30-18:00          # on the clock of where the day begins; or
        2026-12-01T07:30+07:00/2026-12-01T18:00+07:00 begin: ha-long              # else where the
        day before ended end: [mong-cai, ha-long]    # one of these
    stops:
      - site: hai-yen-ip            # id of a park, gate, port, airport or city
        visit: 1 h 30 min           # or PT1H30M; a number without a unit is refused
        hours: Mo-Fr 08:00-11:30,13:30-17:00; PH off     # OpenStreetMap opening hours, or:
        windows: [2026-12-01T08:00/2026-12-01T11:30+07:00]
        must: yes                   # no: only if it fits
        weight: 1                   # of a stop that need not be seen, from 0.000001 to 1000000
        day: 1                      # only on this day: its number from 1, or its date
        order: 1                    # stops with an order are visited in this order
        contact: Ms Lan, 0912 345 678
        notes: bring the land-use plan
      - point: {name: Warehouse, lon: 107.74, lat: 21.45}
        # also: names: {en:, vi:, zh:}, id, position_accuracy_m, country, timezone
    told: [what was assumed when the file was first read]

A place is an id or a point of that form; a name instead of an id is a fault that lists the ids of
the places of that name. Times without a zone are on the clock of the stop, or of where the day
begins, and ``Trip.told`` says so. A key without a value counts as left out."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from geo.errors import InputError, Message, NotFoundError
from geo.visits import safe_yaml, trip_values
from geo.visits.gazetteer import Gazetteer
from geo.visits.place_reader import TOLD
from geo.visits.trip import Day, Place, Stop, Trip
from geo.visits.trip_lines import Lines, StopLine, filled
from geo.visits.trip_reader import TripReader

FOLDER = "trips"
"""Worked examples lie in this folder of a data package."""
MAX_FAULTS = 200
"""So many faults are listed; the rest is counted."""
OF_HOLIDAYS = re.compile(
    re.escape(TOLD["holidays"] % {"country": "@", "year": "@"}).replace("@", ".*")
)
"""An assumption that belongs to the dates of a trip; the reader makes it anew."""


def read(source: Any, data: str | os.PathLike[str] | Gazetteer) -> Trip:
    """Read a trip.

    Parameters
    ----------
    source
        YAML, or the document that it stands for.
    data
        The data package, or what was read from it.

    Raises
    ------
    InputError
        Something is wrong with it; every fault is listed with the place where it stands, such as
        ``stops[3].visit``.
    """
    document = (
        safe_yaml.read(source, Message("The trip")) if isinstance(source, str | bytes) else source
    )
    reader = TripReader(data if isinstance(data, Gazetteer) else Gazetteer.read(data))
    trip = reader.trip(reader.texts(document))
    if trip is None or reader.faults:
        count = len(reader.faults)
        more = (
            [Message("and %(count)s more", {"count": count - MAX_FAULTS})]
            if count > MAX_FAULTS
            else []
        )
        raise InputError(
            Message("The trip has 1 fault:")
            if count == 1
            else Message("The trip has %(count)s faults:", {"count": count}),
            [*reader.faults[:MAX_FAULTS], *more],
        )
    return trip


def write(trip: Trip, places: Gazetteer | None = None) -> str:
    """Write a trip as YAML that :func:`read` gives back equal; see :func:`to_mapping`."""
    return safe_yaml.write(to_mapping(trip, places))


def to_mapping(trip: Trip, places: Gazetteer | None = None) -> dict[str, Any]:
    """Write a trip as mappings, lists and text, in the order of the keys above; :func:`read` gives
    it back equal.

    Days are written as dates with hours, and opening hours as they were written, so that another
    date is all it takes to move the trip.

    Parameters
    ----------
    places
        Places that are here are written as their id, all others as points.
    """
    lines = Lines.of_trip(trip).numbered()
    before = [None, *(next(iter(day.ends), None) for day in trip.days)]
    days = [
        _day(day, day.begin or town, places) for day, town in zip(trip.days, before, strict=False)
    ]
    stops = [_stop(*pair, places) for pair in zip(trip.stops, lines.stops, strict=True)]
    assumed = [str(sentence) for sentence in trip.told if not OF_HOLIDAYS.fullmatch(sentence)]
    return lines.head() | filled({"days": days, "stops": stops, "told": assumed})


def _day(day: Day, clock: Place | None, places: Gazetteer | None) -> dict[str, Any]:
    """Write a day; its hours are on the clock of the place where it begins, or first may begin."""
    zone = clock.zone if clock else day.start.tzinfo
    start, end = day.start.astimezone(zone), day.end.astimezone(zone)
    text = trip_values.said_hours(start, end)
    date = {} if "/" in text else {"date": start.date().isoformat()}
    begin = {} if day.begin is None else {"begin": _place(day.begin, places)}
    return {**date, "hours": text, **begin, "end": [_place(place, places) for place in day.ends]}


def _stop(stop: Stop, line: StopLine, places: Gazetteer | None) -> dict[str, Any]:
    place = _place(replace(stop.place, contact=""), places)
    written = {"site" if isinstance(place, str) else "point": place} | line.mapping()
    return written | {"windows": []} if stop.windows == () and not stop.hours else written


def _place(place: Place, places: Gazetteer | None) -> str | dict[str, Any]:
    if places is not None:
        try:
            if places.place(place.id) == place:
                return place.id
        except NotFoundError:
            pass  # a point
    accuracy = place.position_accuracy_m
    return filled(
        {
            "id": place.id,
            "names": dict(place.names),
            "lon": trip_values.said_number(place.lon),
            "lat": trip_values.said_number(place.lat),
            "position_accuracy_m": "" if accuracy is None else trip_values.said_number(accuracy),
            "country": place.country,
            "timezone": place.timezone,
            "contact": place.contact,
        }
    )


def examples(folder: str | os.PathLike[str]) -> dict[str, str]:
    """Return the worked examples of a data package: their text by name, in the order of the names;
    none where it has none.
    """
    return {
        path.stem: path.read_text(encoding="utf-8")
        for path in sorted(Path(folder, FOLDER).glob("*.yaml"))
    }

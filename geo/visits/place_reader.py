"""Read the places of a trip: ids of the data package, and points anywhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from geo.errors import Message
from geo.hours import calendars
from geo.visits import trip_values
from geo.visits.gazetteer import LANGUAGES, Gazetteer
from geo.visits.text_reader import Holder, TextReader, Value
from geo.visits.trip import MOST_DAYS, Place

TOLD = {
    "days": Message(
        "Hours of days without a zone are on the clock of the place where the day begins."
    ),
    "several": Message(
        "Where a day may begin on several clocks, its hours are on that of the first town of the"
        " night before."
    ),
    "stops": Message("Hours and windows of stops without a zone are on the clock of the stop."),
    "visit": Message("A visit without a length is taken to last 60 minutes."),
    "country": Message("A point without a country belongs to the country on whose land it lies."),
    "holidays": Message(
        "Not all public holidays of %(country)s in %(year)s are known yet; hours that"
        " depend on them"
        " may be wrong."
    ),
}
"""What is assumed, as ``Trip.told`` says it."""


class PlaceReader(TextReader):
    """Reads places, each of which keeps its id throughout a trip."""

    def __init__(self, places: Gazetteer) -> None:
        super().__init__()
        self.known = places
        self.told: dict[str, None] = {}
        self.met: dict[str, Place] = {}

    def tell(self, what: str, **values: Any) -> None:
        """Note what is assumed."""
        self.told[Message(TOLD[what], values)] = None

    def place(self, value: Value, path: str) -> Place | None:
        """Read a place: an id of the data package, or a point."""
        if isinstance(value, str):
            place = self.value(value, path, self.known.place)
        else:
            point = self.keys(value, "point", path)
            place = None if point is None else self.point(point, path)
        return None if place is None else self.met_before(place, path)

    def places(self, holder: Holder, key: str, path: str) -> tuple[Place | None, ...]:
        """Read one or several places."""
        return tuple(self.place(row, at) for at, row in self.rows(holder, key, path, MOST_DAYS))

    def point(self, point: Holder, path: str) -> Place | None:
        """Read a point; its id is empty if it has none."""
        before = len(self.faults)
        names = self.names(point, path)
        for key in ("lon", "lat"):
            if point.get(key, "") == "":
                self.fault(f"{path}.{key}", Message("is missing"))
        lon, lat = (
            self.get(point, key, path, trip_values.within(most))
            for key, most in (("lon", 180), ("lat", 90))
        )
        accuracy = self.get(point, "position_accuracy_m", path, trip_values.positive)
        country = self.get(point, "country", path, trip_values.country)
        zone = self.get(point, "timezone", path, calendars.zone)
        contact = self.get(point, "contact", path, trip_values.line) or ""
        place_id = self.get(point, "id", path, trip_values.name) or ""
        if len(self.faults) > before or lon is None or lat is None:
            return None
        if country is None:
            country = self.known.country_at(lon, lat)
            if country is None:
                text = Message(
                    "lies at sea or in a country that is not on the map; write its country, such as"
                    " “country: VN”"
                )
                self.fault(path, text)
                return None
            self.tell("country")
        timezone = self.known.timezones.get(country) if zone is None else zone.key
        if timezone is None:
            text = Message(
                "the clock of %(country)s is unknown; write it, such as “timezone: Asia/Bangkok”",
                {"country": country},
            )
            self.fault(f"{path}.timezone", text)
            return None
        return Place(place_id, names, lon, lat, accuracy, country, timezone, contact)

    def names(self, point: Holder, path: str) -> dict[str, str]:
        """Read the names of a point by language."""
        before, named = len(self.faults), point.get("names", "")
        names: dict[str, str | None] = {}
        if isinstance(named, dict):
            self.keys(named, "names", f"{path}.names")
            names = {
                language: self.get(named, language, f"{path}.names", trip_values.name)
                for language in LANGUAGES
                if named.get(language, "")
            }
        elif named:
            self.fault(f"{path}.names", Message("must be names by language, such as “en: …”"))
        if point.get("name", ""):
            names.setdefault("en", self.get(point, "name", path, trip_values.name))
        if not names and len(self.faults) == before:
            self.fault(f"{path}.name", Message("is missing"))
        return {language: name for language, name in names.items() if name}

    def met_before(self, place: Place, path: str) -> Place:
        """Return a place with an id if it has none, and check that no two places of the trip share
        one.
        """
        bare = replace(place, contact="")
        if not place.id:
            same = (key for key, other in self.met.items() if replace(other, id="") == bare)
            new = map("point-{}".format, count(1))
            taken = {*self.met, *self.known.layer_of}
            place_id = next(same, None) or next(name for name in new if name not in taken)
            place, bare = replace(place, id=place_id), replace(bare, id=place_id)
        if self.met.setdefault(place.id, bare) != bare:
            text = Message(
                "“%(text)s” is already the id of another place of the trip", {"text": place.id}
            )
            self.fault(path, text)
        return place

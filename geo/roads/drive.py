"""How one drives: in which vehicle, on which network, past which gates, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from geo.roads import default_network
from geo.schema.tables import PACES

MAIN_ROADS = default_network.BUILT_IN
"""The network of the roads of the data package."""
PROFILES = ("car", "truck")
PROFILE = "truck"
"""The vehicle where none is named: freight decides about a site."""
PEOPLE_PROFILE = "car"
"""The vehicle in which people come to work or to buy, whatever carries the goods of a site."""
REACH_MIN = (30, 60, 120)
"""Travel times of an area where none are named."""
OPENS = (2026, 2100)
"""First and last year that may be assumed for the opening of a corridor: what is not open in the
data opens no sooner than they tell.
"""


@dataclass(frozen=True)
class Drive:
    """How one drives: in which vehicle, on which network, past which gates not, because they are
    taken as closed, when, and on what sort of day at the border.

    ``year`` None is today; a year adds to the main roads what is planned to be open by then.
    ``opens`` are years of opening that somebody assumes instead of those announced, as pairs of
    corridor and year, by id; they change nothing without a year."""

    profile: str = PROFILE
    network: str = field(default_factory=default_network.name)
    closed: tuple[str, ...] = ()
    year: int | None = None
    opens: tuple[tuple[str, int], ...] = ()
    pace: str = PACES[0]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Drive:
        """Take it from a query that has been read; only the built-in network has years to come,
        so a year without a network means it.
        """
        names = (part.name for part in fields(cls))
        asked = {name: values[name] for name in names if name in values}
        return cls(**({"network": MAIN_ROADS} if asked.get("year") else {}) | asked)

    def query(self) -> dict[str, str]:
        """Return it as a query, without what goes without saying."""
        query = {"profile": self.profile}
        if self.network != default_network.name():
            query["network"] = self.network
        if self.closed:
            query["closed"] = ",".join(self.closed)
        if self.year:
            query["year"] = str(self.year)
        if self.opens:
            query["opens"] = ",".join(f"{corridor}:{year}" for corridor, year in self.opens)
        if self.pace != PACES[0]:
            query["pace"] = self.pace
        return query

    @property
    def ahead(self) -> int | None:
        """The year of the network one drives on; None for one as it is today."""
        return self.year if self.network == MAIN_ROADS else None

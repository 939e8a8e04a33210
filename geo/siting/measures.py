"""What sites are measured by: one row for a kind of destination, one for a criterion, one for a
limit; forms, ranking, words and tables read these rows.

Texts are English, and translated where they are shown. Loads no large library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from geo.errors import Message
from geo.siting.limits import Kind, Limit, Unknown

if TYPE_CHECKING:
    import pandas as pd

    from geo.siting.criteria import Criterion, Direction, Shape

ENOUGH_HA = 100.0
"""Up to how many hectares land counts where nobody says how much is needed.

Source: a Zone Atlas assumption: room for a large plant, and to grow.
"""


@dataclass(frozen=True)
class Measure:
    """A number of a site that may have a limit, and may weigh.

    Attributes
    ----------
    id, label
        As a criterion; what has no label has a limit only, and does not weigh.
    column
        Of the table of sites; ``{profile}`` stands for the vehicle, where it counts.
    direction
        ``cost``: less is better, and a limit is a maximum; ``benefit``: more, and a minimum.
    limit, limit_label
        As a limit: its parameter in an address, and its label in a form.
    unit, scale
        The unit in which people state it, and one of it in the unit of the column.
    is_counted
        Whether the label says what is counted, so that an amount needs no unit.
    enough
        In the unit of people: an amount is the most that there may be, and counts from 0 up to what
        is asked for, or up to this if nothing is; None if it counts between the sites.
    """

    id: str
    column: str
    direction: Direction
    limit: str
    limit_label: str
    unit: str
    label: str = ""
    scale: float = 1.0
    is_counted: bool = False
    enough: float | None = None

    @property
    def kind(self) -> Kind:
        """Which end a limit sets."""
        return "at_most" if self.direction == "cost" else "at_least"

    def limit_of(self, profile: str, amount: float, unknown: Unknown = "keep") -> Limit:
        """Return the limit at an amount, for a vehicle."""
        column = self.column.format(profile=profile)
        return Limit(column, self.kind, amount * self.scale, unknown)

    def ends(
        self, low: float | None = None, high: float | None = None, asked: float | None = None
    ) -> tuple[float | None, float | None]:
        """Return between which amounts values rise or fall; None is the end of the sites.

        Parameters
        ----------
        asked
            The amount that the limit asks for, if any.
        """
        if self.enough is None:
            return low, high
        known = [end for end in (high, asked) if end is not None]
        low = low or 0.0
        return low, min(known, default=self.enough if self.enough > low else None)

    def criterion(
        self,
        profile: str,
        shape: Shape = "linear",
        low: float | None = None,
        high: float | None = None,
        asked: float | None = None,
    ) -> Criterion:
        """Return the criterion for a vehicle; its ends as :meth:`ends` has them."""
        from geo.siting.criteria import Criterion

        ends = (low, high) if shape == "step" else self.ends(low, high, asked)
        low, high = (None if end is None else end * self.scale for end in ends)
        column = self.column.format(profile=profile)
        return Criterion(self.id, column, self.direction, shape, low, high)


@dataclass(frozen=True)
class Destination:
    """A kind of places whose quickest one counts.

    Attributes
    ----------
    layer
        Where they are: of gates those count that the vehicle may pass, of others those that are
        open.
    label, limit_label
        Of the time to them: see :class:`Measure`.
    kinds
        The kinds of the layer that count; none for all.
    needs
        A column that has to be true: what is unknown does not count, and nobody says that there is
        none while it is.
    """

    id: str
    layer: str
    label: str
    limit_label: str
    kinds: tuple[str, ...] = ()
    needs: str = ""

    def counts(self, places: pd.DataFrame) -> pd.Series:
        """Return which places of the layer count, on their index: true, false, or unknown."""
        import pandas as pd

        counts = pd.Series(True, places.index, dtype="boolean")
        if self.kinds:
            counts &= places["kind"].isin(self.kinds)
        if self.needs:
            known = places.get(self.needs, pd.Series(pd.NA, places.index))
            counts &= known.astype("boolean")
        return counts

    def columns(self, profile: str) -> tuple[str, str]:
        """Name the columns of the seconds to the quickest one, and of its id."""
        return f"{self.id}_{profile}_s", f"{self.id}_{profile}"

    @property
    def time(self) -> Measure:
        column, label = self.columns("{profile}")[0], self.limit_label
        unit = Message("min")
        return Measure(self.id, column, "cost", f"max_{self.id}", label, unit, self.label, 60.0)


DESTINATIONS: tuple[Destination, ...] = (
    Destination(
        "gate", "gates", Message("Time to border gate"), Message("Max. time to border gate")
    ),
    Destination(
        "port",
        "ports",
        Message("Time to container port"),
        Message("Max. time to container port"),
        ("seaport",),
        needs="containers",
    ),
    Destination(
        "quay", "ports", Message("Time to any quay"), Message("Max. time to any quay"), ("seaport",)
    ),
    Destination(
        "depot",
        "ports",
        Message("Time to inland depot"),
        Message("Max. time to inland depot"),
        ("dry_port", "rail_terminal", "logistics_park"),
    ),
    Destination(
        "airport",
        "airports",
        Message("Time to airport"),
        Message("Max. time to airport"),
        ("civil",),
    ),
    Destination("city", "cities", Message("Time to city"), Message("Max. time to city")),
)
"""The first row of a layer is the one that headlines name. A port is one that ships of containers
call at: who sends containers is not served by a quay for coal, a pier or a depot inland.
"""
MEASURES: tuple[Measure, ...] = (
    Measure(
        "people",
        "people_60min",
        "benefit",
        "min_people",
        Message("Min. population within 60 min"),
        Message("people"),
        Message("People within 60 min"),
        is_counted=True,
    ),
    Measure(
        "area",
        "land_ha",
        "benefit",
        "area_needed",
        Message("Area needed"),
        "ha",
        Message("Free land"),
        enough=ENOUGH_HA,
    ),
    Measure("site_area", "area_ha", "benefit", "min_area", Message("Min. site area"), "ha"),
    Measure(
        "rent",
        "rent_term_low_usd_m2",
        "cost",
        "max_rent",
        Message("Max. land price (whole lease)"),
        "USD/m²",
        Message("Land price"),
    ),
    Measure(
        "occupancy",
        "occupancy_pct",
        "cost",
        "max_occupancy",
        Message("Max. occupancy"),
        "%",
        Message("Occupancy"),
    ),
)
"""Besides the times to ``DESTINATIONS``. A low occupancy is good for who looks for land."""
PLANT = Measure(
    "plant",
    "plant_{profile}_s",
    "cost",
    "max_plant",
    Message("Max. time to the plant"),
    Message("min"),
    scale=60.0,
)
"""The time to a plant that a tenant supplies: a limit for who names one, see
:func:`geo.siting.sites.times_to`.
"""
OWN = Measure(
    "own",
    "own_{profile}_s",
    "cost",
    "max_own",
    Message("Max. time to own places"),
    Message("min"),
    Message("Time to own places"),
    scale=60.0,
)
"""The time to the farthest of own places: a limit and a criterion for who names some, see
:func:`geo.siting.sites.times_to_places`.
"""
TIMES = frozenset((*(destination.id for destination in DESTINATIONS), OWN.id))
"""Criteria that are times by road."""
FRONT = ("area_needed", "max_rent", "max_port")
"""The limits that a form asks for first."""


@dataclass(frozen=True)
class Choice:
    """A limit that is a choice among the codes of a column."""

    column: str
    kind: Kind
    label: str


CHOICES = {
    "sector": Choice("sectors", "includes", Message("Sector")),
    "status": Choice("status", "one_of", Message("Status")),
    "kind": Choice("kind", "one_of", Message("Kind")),
    "country": Choice("country", "one_of", Message("Country")),
    "province": Choice("province_en", "one_of", Message("Province")),
    "policy": Choice("policies", "includes", Message("Policy")),
}
NEEDS = {
    "power": Limit("utilities", "includes", ("kv", "mva", "power", "electric", "substation")),
    "water": Limit("utilities", "includes", ("water",)),
}
"""What the remarks on utilities may have to mention: those that do not are unknown, not without."""
TITLES = {
    "power": Message("Power supply mentioned in the data"),
    "water": Message("Water supply mentioned in the data"),
    "zones": Message("Sites, not whole zones"),
    "captive": Message("Open to other companies"),
    "full": Message("Not known to be full"),
}
"""What ``NEEDS`` and :data:`geo.siting.limits.STANDING` are called."""


@cache
def limits() -> Mapping[str, Measure]:
    """Return every number that may have a limit, by the parameter of the limit."""
    rows = (*(destination.time for destination in DESTINATIONS), *MEASURES, PLANT, OWN)
    return MappingProxyType({row.limit: row for row in rows})


@cache
def criteria() -> Mapping[str, Measure]:
    """Return every number that may weigh, by the id of the criterion."""
    return MappingProxyType({row.id: row for row in limits().values() if row.label})


@cache
def table_criteria() -> Mapping[str, Measure]:
    """Return the criteria of which the table of sites has a column, whoever asks."""
    return MappingProxyType({name: row for name, row in criteria().items() if row is not OWN})

"""What the legs of a chain need by the table ``rules``: permits, registration, gates of goods,
bookings at ports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from geo.schema import unfold

if TYPE_CHECKING:
    import pandas as pd

WHOM = frozenset({"carriers", "shippers", "exporters"})
"""Whom rules concern that are about goods on their way."""
ANSWERED = ("registration", "vehicles", "gates", "ports", "tolls")
"""Topics of ``rules`` that a leg may need."""


@dataclass(frozen=True)
class Way:
    """What a rule may ask of a leg: the countries of its ends, its gates, and the port at an end;
    empty is unknown, or none.
    """

    start: str
    end: str
    gates: tuple[str, ...] = ()
    port: str = ""

    @property
    def crosses(self) -> bool:
        """Whether it passes a border."""
        return bool(self.gates) or self.start != self.end


def needed(rules: pd.DataFrame, way: Way, day: date, goods: str = "") -> list[str]:
    """Return the ids of the rules that a leg needs on a day, in the order of the table.

    A rule counts where all that its row states fits: gates and ports that it names, countries, and
    the day. A rule of exporters is one of the country that the goods come to. Where its row names
    sectors, it counts for goods of these, and for goods that nobody named.

    Parameters
    ----------
    goods
        The sector of the goods; empty is any.
    """
    return [
        str(key)
        for key, row in zip(rules.index, rules.to_dict("records"), strict=True)
        if _fits(row, way, day, goods)
    ]


def _fits(row: Mapping[Any, object], way: Way, day: date, goods: str) -> bool:
    whom, gates = set(unfold(row["applies_to"])), set(_listed(row, "gates"))
    sectors, port = _listed(row, "sectors"), _text(row, "port")
    if row["kind"] not in ANSWERED or not whom & WHOM or not _holds(row, day):
        return False
    if gates and gates.isdisjoint(way.gates):
        return False
    if port and port != way.port:
        return False
    if row["kind"] == "ports" and not way.port:
        return False
    if sectors and goods and goods not in sectors:
        return False
    return all(_of_country(row, way, whom))


def _of_country(row: Mapping[Any, object], way: Way, whom: set[str]) -> Iterator[bool]:
    """Check whether the countries of a rule are those of a leg."""
    countries = set(str(row["jurisdiction"]).split("-"))
    yield not countries.isdisjoint({way.start, way.end})
    if len(countries) > 1:
        yield way.crosses and countries >= {way.start, way.end}
    if "exporters" in whom:
        yield way.crosses and way.end in countries and way.start != way.end
    made_in = _text(row, "country")
    if made_in and len(countries) == 1 and made_in not in countries:
        yield way.start == made_in


def _holds(row: Mapping[Any, object], day: date) -> bool:
    today, start, end = day.isoformat(), _text(row, "valid_from"), _text(row, "valid_to")
    begun = not start or start <= today[: len(start)]
    return begun and (not end or end >= today[: len(end)])


def _text(row: Mapping[Any, object], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _listed(row: Mapping[Any, object], name: str) -> tuple[str, ...]:
    text = _text(row, name)
    return tuple(unfold(text)) if text else ()

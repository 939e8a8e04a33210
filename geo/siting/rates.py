"""Rates of a place: what land, people, power and haulage cost there by the table ``costs``, or by
the numbers that somebody types instead, in one currency.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd

from geo.errors import Message
from geo.siting import money

CURRENCY = "USD"
"""In which all rates are counted: what the rents of parks are in."""
PERCENT = "%"
EXCHANGE = "exchange"
"""The code of an exchange rate in ``costs``: units of a currency for one of ``CURRENCY``."""
OBSERVED = (
    *("average_wage", "land_rent", "factory_rent", "building", "diesel", "truck_km"),
    *("direct_lorry_saving", "exchange_rate"),
)
"""Kinds of ``costs`` that somebody observed in a market: their dates say when, not how long they
hold, so the newest counts. Others are laws and tariffs, which hold from one day to another."""
VOLTAGES = {
    "110kv": Message("110 kV and above"),
    "22kv": Message("22 to 110 kV"),
    "6kv": Message("6 to 22 kV"),
    "low": Message("below 6 kV"),
}
VOLTAGE = "22kv"
"""The voltage where nobody names one: that at which parks hand power to their tenants."""


@dataclass(frozen=True)
class Line:
    """A line of the rate card: what it is called, and in what one unit of it is paid."""

    title: str
    unit: str


LINES: dict[str, Line] = {
    "truck_km": Line(Message("Truck per km"), "USD/km"),
    "truck_hour": Line(Message("Truck per hour"), "USD/h"),
    "toll_km": Line(Message("Toll per motorway km"), "USD/km"),
    "gate_fee": Line(Message("Passing a gate"), Message("USD/container")),
    "handling": Line(Message("Handling at the port"), Message("USD/container")),
    "port_fee": Line(Message("Port infrastructure fee"), Message("USD/container")),
    "land": Line(Message("Land, whole lease"), "USD/m²"),
    "ready_built": Line(Message("Ready-built factory"), Message("USD/m² a month")),
    "building": Line(Message("Building on own land"), "USD/m²"),
    "wage": Line(Message("Wage"), Message("USD a month")),
    "insurance": Line(Message("Employer’s social insurance"), Message("percent of the wage")),
    "power_normal": Line(Message("Power, normal hours"), "USD/kWh"),
    "power_off_peak": Line(Message("Power, off-peak hours"), "USD/kWh"),
    "power_peak": Line(Message("Power, peak hours"), "USD/kWh"),
    "water": Line(Message("Water"), "USD/m³"),
    "tax": Line(Message("Corporate income tax"), Message("percent of the profit")),
}
BY_VOLTAGE = ("power_normal", "power_off_peak", "power_peak")
SHARES = ("insurance", "tax")
"""Lines that are per cent, and no money."""


@dataclass(frozen=True)
class Rate:
    """A rate between two ends, which are equal for one value and NaN where it is unknown.

    Attributes
    ----------
    rows
        Where it comes from: ids of rows in ``costs``, the exchange rate among them.
    table
        The layer or table of which `rows` are instead.
    yours
        Whether somebody typed it instead.
    original
        The ends as the rows state them, with their currency; None where they are in `CURRENCY`.
    """

    low: float = math.nan
    high: float = math.nan
    rows: tuple[str, ...] = ()
    table: str = "costs"
    yours: bool = False
    original: tuple[float, float, str] | None = None

    @property
    def known(self) -> bool:
        return not math.isnan(self.low + self.high)

    @classmethod
    def of_yours(cls, ends: tuple[float, float]) -> Rate:
        """Return the rate that somebody typed."""
        return cls(*ends, yours=True)


UNKNOWN = Rate()


@dataclass(frozen=True)
class RateCard:
    """What things cost at one place, in `CURRENCY` and the units of `LINES`."""

    truck_km: Rate = UNKNOWN
    truck_hour: Rate = UNKNOWN
    toll_km: Rate = UNKNOWN
    gate_fee: Rate = UNKNOWN
    handling: Rate = UNKNOWN
    port_fee: Rate = UNKNOWN
    land: Rate = UNKNOWN
    ready_built: Rate = UNKNOWN
    building: Rate = UNKNOWN
    wage: Rate = UNKNOWN
    insurance: Rate = UNKNOWN
    power_normal: Rate = UNKNOWN
    power_off_peak: Rate = UNKNOWN
    power_peak: Rate = UNKNOWN
    water: Rate = UNKNOWN
    tax: Rate = UNKNOWN

    def rate(self, line: str) -> Rate:
        """Return the rate of a line of `LINES`."""
        rate: Rate = getattr(self, line)
        return rate


@dataclass(frozen=True)
class Place:
    """Where a rate card holds; empty is unknown."""

    country: str
    province: str = ""
    park: str = ""


@dataclass(frozen=True)
class Terms:
    """What somebody states of the rates: the own numbers by line, the voltage, and how many units
    of a currency are paid for one of `CURRENCY`, by currency.
    """

    own: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    voltage: str = VOLTAGE
    exchange: Mapping[str, tuple[float, float]] = field(default_factory=dict)


Rows = Mapping[str, list[dict[str, Any]]]
"""The rows of ``costs`` that give a rate, by its code."""


def rows_of(costs: pd.DataFrame) -> Rows:
    """Return the rows of ``costs`` by the rate that they give, each with its ``id``."""
    rows: dict[str, list[dict[str, Any]]] = {}
    if "rate" in costs:
        known = costs[costs["rate"].notna() & costs["value_low"].notna()]
        for key, row in zip(known.index, known.to_dict("records"), strict=True):
            named = {str(name): value for name, value in row.items()}
            rows.setdefault(named["rate"], []).append(named | {"id": str(key)})
    return rows


def card(
    costs: pd.DataFrame | Rows, place: Place, day: datetime.date, terms: Terms | None = None
) -> RateCard:
    """Build the rate card of a place: of each line the own number; else that of ``costs``.

    Of the rows that give a line those count that hold on the day, of these the ones of the closest
    place (park, province, country, any), and of these the newest. Several rows of the same place
    and date are the ends of a range.

    Parameters
    ----------
    costs
        The layer ``costs``, whose column ``rate`` says which line a row gives; or its rows, which
        is sooner for several places.
    """
    terms, rates = terms or Terms(), dict[str, Rate]()
    table = rows_of(costs) if isinstance(costs, pd.DataFrame) else costs
    for line in (part.name for part in fields(RateCard)):
        if line in terms.own:
            rates[line] = Rate.of_yours(terms.own[line])
            continue
        code = f"{line}@{terms.voltage}" if line in BY_VOLTAGE else line
        rates[line] = of_rows(chosen(table, code, place, day), table, day, terms)
    return RateCard(**rates)


def chosen(table: Rows, code: str, place: Place, day: datetime.date) -> list[dict[str, Any]]:
    """Return the rows that give a rate at a place on a day; none where it is unknown."""
    rows = [row for row in table.get(code, ()) if _holds(row, day)]
    closest = max((_closeness(row, place) for row in rows), default=-1)
    if closest < 0:
        return []
    rows = [row for row in rows if _closeness(row, place) == closest]
    newest = max(map(_date, rows))
    return [row for row in rows if _date(row) == newest]


def of_rows(rows: list[dict[str, Any]], table: Rows, day: datetime.date, terms: Terms) -> Rate:
    """Return the range of rows that state the same thing, converted to `CURRENCY`; unknown without
    rows, or where no exchange rate is known.
    """
    currencies = {_text(row.get("currency")) or CURRENCY for row in rows}
    if len(currencies) != 1:
        return UNKNOWN
    low, high = _ends(rows)
    keys, currency = tuple(row["id"] for row in rows), currencies.pop()
    if currency == CURRENCY:
        return Rate(low, high, keys)
    rate = exchange(table, currency, day, terms)
    if not rate.known:
        return UNKNOWN
    ends = money.exchanged(low, rate.high), money.exchanged(high, rate.low)
    return Rate(*ends, (*keys, *rate.rows), original=(low, high, currency))


def land(
    table: Rows,
    park: Mapping[Any, Any],
    place: Place,
    day: datetime.date,
    average: money.Benchmark | None,
) -> Rate:
    """Return what land costs at a park for the whole lease: what is asked there, the newer of its
    own row and of ``costs``; else the newest average of its country.
    """
    rows = chosen(table, "land", place, day)
    newest = max(map(_date, rows), default="")[:4]
    asked = money.land_rent(park)
    is_here = bool(rows) and bool(place.park) and rows[0].get("park") == place.park
    if asked and not (is_here and newest > str(asked[0].year or "")):
        return Rate(asked[0].value, asked[1].value, (place.park,), "parks")
    if average and not is_here and str(average.low.year) >= newest:
        ends = average.low.value, average.high.value
        return Rate(*ends, (place.country,), "rent_benchmarks")
    return of_rows(rows, table, day, Terms())


def exchange(table: Rows, currency: str, day: datetime.date, terms: Terms | None = None) -> Rate:
    """Return how many units of a currency are paid for one of `CURRENCY`: what is stated, else the
    newest row.
    """
    if terms and currency in terms.exchange:
        return Rate.of_yours(terms.exchange[currency])
    mine = [row for row in table.get(EXCHANGE, ()) if row.get("currency") == currency]
    rows = chosen({EXCHANGE: mine}, EXCHANGE, Place(""), day)
    return Rate(*_ends(rows), tuple(row["id"] for row in rows)) if rows else UNKNOWN


def _ends(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the least and the greatest value of rows."""
    lows, highs = ([float(row[name]) for row in rows] for name in ("value_low", "value_high"))
    return min(lows), max(highs)


def _holds(row: Mapping[Any, Any], day: datetime.date) -> bool:
    """Check that a row holds on a day; an observation holds until there is a newer one."""
    start, end = (_text(row.get(name)) for name in ("valid_from", "valid_to"))
    today = day.isoformat()
    if start and start > today[: len(start)]:
        return False
    return row.get("kind") in OBSERVED or not end or end >= today[: len(end)]


def _closeness(row: Mapping[Any, Any], place: Place) -> int:
    """Return how closely a row speaks of a place; negative where it speaks of another."""
    stated = [_text(row.get(name)) for name in ("country", "province_en", "park")]
    asked = (place.country, place.province, place.park)
    if any(text and text != other for text, other in zip(stated, asked, strict=True)):
        return -1
    return max((rank for rank, text in enumerate(stated, 1) if text), default=0)


def _date(row: Mapping[Any, Any]) -> str:
    return _text(row.get("valid_from")) or _text(row.get("as_of"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


# Haulage ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leg:
    """A way of a truck: its hours, waiting at gates among them, its kilometres and those on
    motorways by country, and how many gates it passes.
    """

    hours: float
    km: Mapping[str, float]
    motorway_km: Mapping[str, float] = field(default_factory=dict)
    gates: int = 0


@dataclass(frozen=True)
class Part:
    """What one line adds to a sum: so many units at a rate."""

    line: str
    amount: float
    rate: Rate

    @property
    def low(self) -> float:
        return self.amount * self.rate.low

    @property
    def high(self) -> float:
        return self.amount * self.rate.high


@dataclass(frozen=True)
class Sum:
    """What is known of a cost: the sum of the parts whose rate is known; `missing` are the lines
    that would add to it and are unknown.
    """

    parts: tuple[Part, ...]

    @property
    def low(self) -> float:
        return _total(part.low for part in self.parts if part.rate.known)

    @property
    def high(self) -> float:
        return _total(part.high for part in self.parts if part.rate.known)

    @property
    def missing(self) -> tuple[str, ...]:
        lines = (part.line for part in self.parts if not part.rate.known)
        return tuple(dict.fromkeys(lines))


def _total(values: Iterable[float]) -> float:
    """Return a sum; NaN without any value, because nothing known is not zero."""
    known = list(values)
    return math.fsum(known) if known else math.nan


def haul(leg: Leg, cards: Mapping[str, RateCard], home: str, *, ends: tuple[str, ...] = ()) -> Sum:
    """Sum what one container costs along a leg.

    Kilometres are paid at the rates of the country in which they lie, hours and gates at those of
    the country from which the truck comes.

    Parameters
    ----------
    cards
        By country; a country without one is unknown.
    home
        Country from which the truck comes.
    ends
        Lines that are paid once at the end, such as ``handling`` and ``port_fee``, at the rates of
        `cards[""]` where there is one, else of `home`.
    """
    empty = RateCard()
    own = cards.get(home, empty)
    parts = [Part("truck_km", km, cards.get(key, empty).truck_km) for key, km in leg.km.items()]
    parts.append(Part("truck_hour", leg.hours, own.truck_hour))
    parts += [
        Part("toll_km", km, cards.get(key, empty).toll_km) for key, km in leg.motorway_km.items()
    ]
    parts.append(Part("gate_fee", float(leg.gates), own.gate_fee))
    parts += [Part(line, 1.0, cards.get("", own).rate(line)) for line in ends]
    return Sum(tuple(part for part in parts if part.amount))

"""Prices and shares that look alike and are not: four kinds of rent and fee, areas by their basis,
occupancy.

An amount carries what it is paid for, its currency and its year. It becomes another only by what
somebody states: the years left of a lease, an exchange rate and its date. What cannot be compared
is refused with a sentence."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from geo.errors import InputError, Message, behind
from geo.schema import SOURCE_KINDS
from geo.siting.limits import is_number

Basis = Literal["land_term", "land_year", "factory_month", "fee_year"]

BASES: dict[str, tuple[str, str]] = {
    "land_term": (Message("land rent for the whole lease term"), "m² per term"),
    "land_year": (Message("land rent per year left of the lease"), "m² per year"),
    "factory_month": (Message("rent of a built factory per month"), "m² per month"),
    "fee_year": (Message("management fee per year"), "m² per year"),
}
"""What an amount is paid for, as sentences say it, and its unit after the currency."""
BY_YEARS_LEFT = {("land_term", "land_year"), ("land_year", "land_term")}
"""The only two of the four that are the same thing, counted otherwise: land, paid at once or year
by year.
"""
LONGEST_LEASE = 999
"""More is a year that was taken for a number of years. Leases of industrial land run for 50 years,
70 in hard places (Viet Nam, Land Law 31/2024/QH15, article 172), or for 50 (China, State Council
Decree 55 of 1990, article 12), both remembered; 999 are known."""


@dataclass(frozen=True)
class Amount:
    """Money for a square metre.

    Amounts of one basis and currency can be compared and sorted; others are refused by an
    `InputError`. There is no adding.

    Attributes
    ----------
    year
        Of the price; None where unknown.
    years_left, rate, rate_date
        What :func:`convert` was told, where this came out of it. They do not count when amounts are
        compared.
    """

    value: float
    basis: Basis
    currency: str = "USD"
    year: int | None = None
    years_left: float | None = field(default=None, compare=False)
    rate: float | None = field(default=None, compare=False)
    rate_date: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        faults: list[str] = []
        if not _is_positive(self.value, zero=True):
            faults.append(
                Message(
                    "%(value)s is not an amount of money; leave unknown amounts empty",
                    {"value": self.value},
                )
            )
        if self.basis not in BASES:
            faults.append(
                Message(
                    "“%(text)s” is not a basis; available: %(known)s",
                    {"text": self.basis, "known": ", ".join(BASES)},
                )
            )
        faults += _currency_faults(self.currency)
        if faults:
            raise InputError(Message("This is not an amount:"), faults)

    def __lt__(self, other: Amount) -> bool:
        refuse_mixed((self, other))
        return self.value < other.value

    def __le__(self, other: Amount) -> bool:
        refuse_mixed((self, other))
        return self.value <= other.value

    def __gt__(self, other: Amount) -> bool:
        return other < self

    def __ge__(self, other: Amount) -> bool:
        return other <= self


def refuse_mixed(amounts: Iterable[Amount]) -> None:
    """Refuse amounts that cannot be compared, in one sentence a reason; otherwise do nothing.

    Raises
    ------
    InputError
        More than one basis, or more than one currency.
    """
    amounts = list(amounts)
    bases = sorted({one.basis for one in amounts}, key=list(BASES).index)
    currencies = sorted({one.currency for one in amounts})
    faults: list[str] = []
    if len(bases) > 1:
        help_ = (
            Message("say the years left of the lease and convert")
            if tuple(bases) in BY_YEARS_LEFT
            else Message("they cover different things")
        )
        faults.append(
            Message(
                "%(kinds)s are different quantities: %(help)s.",
                {"kinds": [BASES[one][0] for one in bases], "help": help_},
            )
        )
    if len(currencies) > 1:
        faults.append(
            Message(
                "%(currencies)s are different currencies: say an exchange rate and its date,"
                " and convert.",
                {"currencies": currencies},
            )
        )
    if faults:
        raise InputError(Message("These amounts cannot be compared:"), faults)


def convert(
    amount: Amount,
    to_basis: Basis,
    *,
    to_currency: str | None = None,
    years_left: float | None = None,
    rate: float | None = None,
    rate_date: str | None = None,
) -> Amount:
    """Count an amount otherwise: land for the whole term as land per year left, or the other way;
    and in another currency.

    The yearly amount is the whole one divided by the years left: no interest, no indexing.

    Parameters
    ----------
    to_currency
        None keeps the currency.
    rate, rate_date
        So many units of the new currency are paid for one of the old; on that day, as YYYY-MM-DD.

    Returns
    -------
    Amount
        Of the same year, with what was stated.

    Raises
    ------
    InputError
        A change that is none (a factory is not land, a fee is not rent), or what it needs is not
        stated; every fault.
    """
    faults: list[str] = []
    value = amount.value
    if to_basis not in BASES:
        faults.append(
            Message(
                "“%(text)s” is not a basis; available: %(known)s.",
                {"text": to_basis, "known": ", ".join(BASES)},
            )
        )
    elif to_basis != amount.basis and (amount.basis, to_basis) not in BY_YEARS_LEFT:
        faults.append(
            Message(
                "A %(kind)s cannot be converted to a %(other)s: they cover different things.",
                {"kind": BASES[amount.basis][0], "other": BASES[to_basis][0]},
            )
        )
    elif to_basis != amount.basis:
        if years_left is None:
            faults.append(Message("The years left of the lease must be stated."))
        elif not _is_positive(years_left) or years_left > LONGEST_LEASE:
            faults.append(
                Message(
                    "%(number)s is not a number of years left of a lease.",
                    {"number": years_left},
                )
            )
        else:
            value = value / years_left if to_basis == "land_year" else value * years_left
    elif years_left is not None:
        faults.append(Message("Years left are stated, but the basis stays as it is."))
    if to_currency is not None and to_currency != amount.currency:
        wrong = _currency_faults(to_currency) + _rate_faults(rate, rate_date)
        faults += wrong
        if rate is not None and not wrong:
            value *= rate
    elif rate is not None or rate_date is not None:
        faults.append(Message("An exchange rate is stated, but the currency stays as it is."))
    if not faults and not math.isfinite(value):
        faults.append(Message("The result is too large for a number."))
    if faults:
        raise InputError(Message("This amount cannot be converted:"), faults)
    return replace(
        amount,
        value=value,
        basis=to_basis,
        currency=to_currency or amount.currency,
        years_left=amount.years_left if years_left is None else years_left,
        rate=amount.rate if rate is None else rate,
        rate_date=rate_date or amount.rate_date,
    )


def exchanged(value: float, rate: float) -> float:
    """Return an amount in the currency of which one unit costs `rate` of its own.

    Raises
    ------
    InputError
        The rate is not positive.
    """
    if not _is_positive(rate):
        raise InputError(Message("%(number)s is not an exchange rate.", {"number": rate}))
    return value / rate


def land_rent(park: Mapping[str, Any]) -> tuple[Amount, Amount] | None:
    """Return the asked land rent of a park for the whole term, low and high; None where unknown.
    One end alone stands for both."""
    low, high = (park.get(f"rent_term_{end}_usd_m2") for end in ("low", "high"))
    known = [float(one) for one in (low, high) if one is not None and not pd.isna(one)]
    if not known:
        return None
    year = park.get("rent_year")
    stated = None if year is None or pd.isna(year) else int(year)
    return Amount(known[0], "land_term", "USD", stated), Amount(
        known[-1], "land_term", "USD", stated
    )


@dataclass(frozen=True)
class Benchmark:
    """What land costs on average in a country today: the lowest and the highest of the newest
    averages, and the `rows` of the table that state them.
    """

    low: Amount
    high: Amount
    rows: tuple[dict[Any, Any], ...]
    source_kind: str


def benchmark(table: pd.DataFrame, country: str) -> Benchmark | None:
    """Return the benchmark of a country from the table ``rent_benchmarks``: its rows of the newest
    year; None where it has none.
    """
    rows = table[table["country"] == country]
    if not len(rows):
        return None
    years = rows["as_of"].str[:4]
    rows = rows[years == years.max()]
    ends = (rows["rent_term_usd_m2"].min(), rows["rent_term_usd_m2"].max())
    low, high = (Amount(float(end), "land_term", "USD", int(years.max())) for end in ends)
    weakest = max(rows["source_kind"], key=SOURCE_KINDS.index)
    return Benchmark(low, high, tuple(rows.to_dict("records")), weakest)


# Areas --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Occupancy:
    """How much of the land that can be leased is leased: ``pct`` = 100 × ``leased_ha`` ÷
    ``leasable_ha``.

    Not leased ÷ gross area, which leaves out that roads and green land are never leased. NaN where
    one of the two is unknown."""

    pct: float
    leased_ha: float
    leasable_ha: float


def occupancy(leased_ha: float, leasable_ha: float) -> Occupancy:
    """Divide the leased by the leasable land; unknown (NaN) gives unknown.

    Raises
    ------
    InputError
        A negative area, no leasable land, or more leased than leasable; every fault.
    """
    faults = [
        behind(name, Message("%(value)s is not an area", {"value": value}))
        for name, value in (("leased_ha", leased_ha), ("leasable_ha", leasable_ha))
        if not _is_positive(value, zero=True) and value == value
    ]
    if not faults and leasable_ha == 0:
        faults.append(behind("leasable_ha", Message("without leasable land there is no occupancy")))
    if not faults and leased_ha > leasable_ha:
        faults.append(
            Message(
                "leased_ha: %(leased_ha)s is more than the %(leasable_ha)s that can be leased;"
                " do both count the same land?",
                {"leased_ha": f"{leased_ha:g}", "leasable_ha": f"{leasable_ha:g}"},
            )
        )
    if faults:
        raise InputError(Message("This gives no occupancy:"), faults)
    return Occupancy(100 * leased_ha / leasable_ha, float(leased_ha), float(leasable_ha))


def _currency_faults(currency: object) -> list[str]:
    fits = isinstance(currency, str) and re.fullmatch("[A-Z]{3}", currency)
    return (
        []
        if fits
        else [
            Message(
                "“%(text)s” is not a currency; write the three letters of ISO 4217, such as USD.",
                {"text": currency},
            )
        ]
    )


def _rate_faults(rate: float | None, rate_date: str | None) -> list[str]:
    out: list[str] = []
    if rate is None:
        out.append(Message("The exchange rate must be stated."))
    elif not _is_positive(rate):
        out.append(Message("%(number)s is not an exchange rate.", {"number": rate}))
    if rate_date is None:
        out.append(Message("The date of the exchange rate must be stated."))
    else:
        try:
            if datetime.date.fromisoformat(rate_date).isoformat() != rate_date:
                raise ValueError
        except (TypeError, ValueError):
            out.append(
                Message("“%(text)s” is not a date; write it as YYYY-MM-DD.", {"text": rate_date})
            )
    return out


def _is_positive(value: object, *, zero: bool = False) -> bool:
    return is_number(value) and (value >= 0 if zero else value > 0)

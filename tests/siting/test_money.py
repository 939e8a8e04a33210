from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from geo import layers
from geo.errors import InputError
from geo.siting import money
from geo.siting.money import BASES, Amount, convert


def test_a_term_becomes_a_year_by_the_years_left() -> None:
    """100 dollars for forty years are 2.5 a year, and back; what was stated is kept beside it."""
    whole = Amount(100, "land_term", "USD", 2024)
    yearly = convert(whole, "land_year", years_left=40)
    assert (yearly.value, yearly.basis, yearly.currency, yearly.year, yearly.years_left) == (
        2.5,
        "land_year",
        "USD",
        2024,
        40,
    )
    assert convert(yearly, "land_term", years_left=40).value == 100
    assert whole.value == 100


def test_another_currency_needs_a_rate_and_its_date() -> None:
    """So many units of the new currency for one of the old, on a day."""
    dong = convert(
        Amount(2, "factory_month"),
        "factory_month",
        to_currency="VND",
        rate=25_000,
        rate_date="2026-11-20",
    )
    assert (dong.value, dong.currency, dong.rate, dong.rate_date) == (
        50_000,
        "VND",
        25_000,
        "2026-11-20",
    )
    both = convert(
        Amount(100, "land_term"),
        "land_year",
        years_left=50,
        to_currency="CNY",
        rate=7,
        rate_date="2026-11-20",
    )
    assert both.value == pytest.approx(14)


@pytest.mark.parametrize(
    ("basis", "to", "stated", "sentence"),
    [
        ("land_term", "land_year", {}, "years left of the lease must be stated"),
        ("land_term", "land_year", {"years_left": 0}, "0 is not a number of years"),
        ("land_term", "land_year", {"years_left": 2070}, "2070 is not a number of years"),
        ("land_term", "land_year", {"years_left": math.nan}, "nan is not a number of years"),
        ("land_term", "land_term", {"years_left": 40}, "basis stays as it is"),
        ("factory_month", "land_term", {"years_left": 40}, "cover different things"),
        ("fee_year", "land_year", {"years_left": 40}, "cover different things"),
        ("land_term", "per_acre", {}, "is not a basis"),
        ("land_term", "land_term", {"to_currency": "VND"}, "exchange rate must be stated"),
        (
            "land_term",
            "land_term",
            {"to_currency": "VND", "rate": 25_000},
            "date of the exchange rate must be stated",
        ),
        (
            "land_term",
            "land_term",
            {"to_currency": "VND", "rate": -1, "rate_date": "2026-11-20"},
            "-1 is not an exchange rate",
        ),
        (
            "land_term",
            "land_term",
            {"to_currency": "VND", "rate": 1, "rate_date": "last week"},
            "is not a date",
        ),
        (
            "land_term",
            "land_term",
            {"to_currency": "dong", "rate": 1, "rate_date": "2026-11-20"},
            "is not a currency",
        ),
        ("land_term", "land_term", {"rate": 25_000}, "the currency stays as it is"),
        (
            "land_term",
            "land_term",
            {"to_currency": "VND", "rate": 10**400, "rate_date": "2026-11-20"},
            "is not an exchange rate",
        ),
    ],
)
def test_what_is_not_stated_is_not_converted(
    basis: Any, to: Any, stated: dict[str, Any], sentence: str
) -> None:
    """Each refusal is a sentence that says what is missing or wrong."""
    with pytest.raises(InputError, match=sentence):
        convert(Amount(100, basis), to, **stated)


def test_every_missing_statement_is_named_at_once() -> None:
    """Years, rate and date are missed together."""
    with pytest.raises(InputError) as caught:
        convert(Amount(100, "land_term"), "land_year", to_currency="VND")
    assert len(caught.value.faults) == 3


def test_mixed_amounts_are_neither_compared_nor_sorted() -> None:
    """The four quantities, and two currencies, never stand in one order; the sentence says what
    would help.
    """
    mixed = [Amount(2, "land_year"), Amount(100, "land_term")]
    with pytest.raises(
        InputError,
        match=(
            "whole lease term and land rent per year left of the lease are different quantities:"
            " say the years"
        ),
    ):
        sorted(mixed)
    with pytest.raises(InputError, match="different things"):
        money.refuse_mixed([*mixed, Amount(5, "factory_month")])
    with pytest.raises(InputError, match="EUR and USD are different currencies"):
        money.refuse_mixed([Amount(1, "fee_year"), Amount(1, "fee_year", "EUR")])
    for compare in (Amount.__lt__, Amount.__le__, Amount.__gt__, Amount.__ge__):
        with pytest.raises(InputError):
            compare(*mixed)


@pytest.mark.parametrize("basis", BASES)
def test_amounts_of_one_kind_are_sorted(basis: Any) -> None:
    """The lowest comes first, and equal ones are equal however they were come by."""
    assert [
        amount.value for amount in sorted([Amount(3, basis), Amount(1, basis), Amount(2, basis)])
    ] == [1, 2, 3]
    assert Amount(1, basis) <= Amount(1, basis) < Amount(2, basis)
    assert Amount(2, basis) >= Amount(2, basis) > Amount(1, basis)
    assert convert(Amount(100, "land_term"), "land_year", years_left=50) == Amount(2, "land_year")


def test_amounts_cannot_be_added() -> None:
    """Prices per square metre have no sum."""
    with pytest.raises(TypeError):
        Amount(1, "land_term") + Amount(1, "land_term")  # type: ignore[operator]


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, "65", None, True, 10**400])
def test_an_unknown_amount_is_no_amount(value: Any) -> None:
    """Only a number from 0 is one."""
    with pytest.raises(InputError, match="not an amount"):
        Amount(value, "land_term")


def test_every_fault_of_an_amount_is_named() -> None:
    """Value, basis and currency are checked together."""
    with pytest.raises(InputError) as caught:
        Amount(-1, "rent", "$")  # type: ignore[arg-type]
    assert len(caught.value.faults) == 3


def test_the_rent_of_a_park_says_what_it_is() -> None:
    """Every rent of the data is an asking price for the whole term with its year; an empty one is
    none.
    """
    parks = layers.read(layers.bundled(), "parks")
    rents = {key: money.land_rent(row) for key, row in parks.iterrows()}
    low, high = rents["texhong-hai-ha-ip"] or pytest.fail("the rent is known")
    assert (low.value, high.value, low.basis, low.currency, low.year) == (
        50,
        65,
        "land_term",
        "USD",
        2021,
    )
    assert (
        sum(rent is not None for rent in rents.values())
        == parks["rent_term_low_usd_m2"].notna().sum()
    )
    one_end = money.land_rent(
        {"rent_term_low_usd_m2": math.nan, "rent_term_high_usd_m2": 70.0, "rent_year": pd.NA}
    )
    assert one_end == (Amount(70, "land_term"), Amount(70, "land_term"))


# Areas --------------------------------------------------------------------------------------------


def test_occupancy_is_leased_by_leasable() -> None:
    """Sixty of eighty hectares are 75 percent, and both areas stand beside it."""
    assert money.occupancy(60, 80) == money.Occupancy(75, 60, 80)
    assert money.occupancy(0, 80).pct == 0
    assert money.occupancy(80, 80).pct == 100


def test_unknown_areas_give_unknown_occupancy() -> None:
    """NaN is unknown, not empty and not full."""
    assert math.isnan(money.occupancy(math.nan, 80).pct)
    assert math.isnan(money.occupancy(60, math.nan).pct)


@pytest.mark.parametrize(
    ("leased", "leasable"),
    [(-1, 80), (60, -80), (60, 0), (0, 0), (90, 80), ("60", 80), (60, math.inf), (None, 80)],
)
def test_impossible_areas_are_refused(leased: Any, leasable: Any) -> None:
    """Negative land, none to lease, and more leased than there is."""
    with pytest.raises(InputError, match="no occupancy"):
        money.occupancy(leased, leasable)

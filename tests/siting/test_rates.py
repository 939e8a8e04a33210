"""Rates of a place by the table of costs, and what a container costs along a way."""

import datetime
import math

import pandas as pd
import pytest

from geo import Atlas
from geo.siting import rates
from geo.siting.rates import UNKNOWN, Leg, Place, Rate, RateCard, Terms

DAY = datetime.date(2026, 6, 1)


def row(**cells: object) -> dict[str, object]:
    plain = {
        "kind": "road_toll",
        "country": None,
        "province_en": None,
        "park": None,
        "value_low": 1.0,
        "value_high": 1.0,
        "currency": "USD",
        "rate": "toll_km",
        "valid_from": None,
        "valid_to": None,
        "as_of": "2024",
    }
    return plain | cells


def table(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows, index=[f"row-{i}" for i in range(len(rows))])


@pytest.fixture(scope="module")
def costs() -> pd.DataFrame:
    return Atlas.open().layer("costs")


def toll(*rows: dict[str, object]) -> Rate:
    return rates.card(table(*rows), Place("VN", "Hanoi", "a-park"), DAY).toll_km


def test_the_closest_place_wins_and_then_the_newest_row() -> None:
    """A row of the park beats one of its province, that one of the country, whatever their dates;
    of one place the newest counts, and another place never does.
    """
    general = row(value_low=1, value_high=1, valid_from="2026-05")
    country = row(country="VN", value_low=2, value_high=2, valid_from="2020")
    newer = row(country="VN", value_low=3, value_high=3, valid_from="2021-02-01")
    province = row(country="VN", province_en="Hanoi", value_low=4, value_high=4)
    park = row(country="VN", province_en="Hanoi", park="a-park", value_low=5, value_high=5)
    elsewhere = row(country="VN", province_en="Lao Cai", value_low=6, value_high=6)
    rows = [elsewhere, general, country, newer, province, park]
    for count, value in ((6, 5), (5, 4), (4, 3), (3, 2), (2, 1)):
        assert toll(*rows[:count]).low == value
        assert toll(*reversed(rows[:count])).low == value, "whatever the order"
    assert toll(elsewhere) == UNKNOWN


def test_a_law_counts_while_it_holds_and_a_price_until_a_newer_one() -> None:
    """A tariff that has ended or not begun does not count; the quarter of an asking price may be
    past.
    """
    ended = row(valid_from="2020", valid_to="2026-05")
    coming = row(valid_from="2026-06-02")
    assert toll(ended, coming) == UNKNOWN
    assert toll(ended | {"valid_to": "2026-06"}).known, "the month is not over"
    asked = ended | {"kind": "factory_rent", "rate": "ready_built"}
    assert rates.card(table(asked), Place("VN"), DAY).ready_built.known


def test_rows_of_one_place_and_day_are_a_range() -> None:
    """Two levels of a tariff are the ends of what it may cost, and both rows are named."""
    rate = toll(row(value_low=2, value_high=3), row(value_low=1, value_high=2))
    assert (rate.low, rate.high, rate.rows) == (1, 3, ("row-0", "row-1"))


def test_a_currency_makes_no_difference() -> None:
    """Counting the same money in another currency changes no rate by more than the exchange rate
    is apart, and names its row.
    """
    change = row(rate="exchange", kind="exchange_rate", currency="VND")
    exact = change | {"value_low": 25_000.0, "value_high": 25_000.0}
    dong = row(currency="VND", value_low=50_000.0, value_high=75_000.0)
    rate = toll(dong, exact)
    assert (rate.low, rate.high) == (2, 3)
    assert rate.rows == ("row-0", "row-1")
    wide = toll(dong, change | {"value_low": 20_000.0, "value_high": 25_000.0})
    assert (wide.low, wide.high) == (2, 3.75)
    assert toll(dong) == UNKNOWN, "without an exchange rate nothing is known in dollars"
    own = Terms(exchange={"VND": (50_000.0, 50_000.0)})
    assert rates.card(table(dong), Place("VN"), DAY, own).toll_km.low == 1


def test_an_own_number_replaces_what_the_table_has() -> None:
    """What somebody types counts everywhere and says so."""
    card = rates.card(table(row()), Place("VN"), DAY, Terms({"toll_km": (7.0, 8.0)}))
    assert card.toll_km == Rate(7.0, 8.0, yours=True)
    assert card.wage == UNKNOWN


def test_every_line_of_the_data_is_a_line_of_the_card(costs: pd.DataFrame) -> None:
    """A row gives a line that there is, in that line's unit, and has a source."""
    lines = {*rates.LINES, rates.EXCHANGE, "wage_floor"}
    rows = costs[costs["rate"].notna()]
    assert len(rows)
    for key, code in rows["rate"].items():
        line, _at, voltage = code.partition("@")
        assert line in lines, key
        assert (voltage in rates.VOLTAGES) == (line in rates.BY_VOLTAGE), key
        assert rows.loc[key, "source"], key


def test_every_source_of_a_card_is_a_row_of_the_table(costs: pd.DataFrame) -> None:
    """A rate is unknown, or every row that it names is in the table and holds on the day."""
    for place in (Place("VN", "Hai Phong"), Place("VN", "Bac Ninh", "que-vo-3-ip"), Place("CN")):
        for voltage in rates.VOLTAGES:
            card = rates.card(costs, place, DAY, Terms(voltage=voltage))
            for line in rates.LINES:
                rate = card.rate(line)
                assert rate.known == bool(rate.rows), line
                assert {*rate.rows} <= {*costs.index}, line
                assert not rate.known or 0 <= rate.low <= rate.high, line


CARD = RateCard(
    truck_km=Rate(1, 2), truck_hour=Rate(10, 20), toll_km=Rate(0.1, 0.2), gate_fee=Rate(100, 150)
)


def test_a_way_is_paid_by_country() -> None:
    """Kilometres are paid where they lie, hours and gates where the truck comes from."""
    leg = Leg(3.0, {"VN": 100.0, "CN": 50.0}, {"VN": 80.0}, gates=1)
    dear = RateCard(truck_km=Rate(3, 3))
    total = rates.haul(leg, {"VN": CARD, "CN": dear}, "VN")
    assert total.low == pytest.approx(100 * 1 + 50 * 3 + 3 * 10 + 80 * 0.1 + 100)
    assert total.high == pytest.approx(100 * 2 + 50 * 3 + 3 * 20 + 80 * 0.2 + 150)
    assert not total.missing


def test_what_is_unknown_is_named_and_is_not_zero() -> None:
    """A line without a rate is missing; where nothing is known the sum is unknown."""
    leg = Leg(3.0, {"VN": 100.0, "CN": 50.0})
    total = rates.haul(leg, {"VN": CARD}, "VN", ends=("handling",))
    assert total.low == pytest.approx(130)
    assert total.missing == ("truck_km", "handling")
    nothing = rates.haul(leg, {}, "VN")
    assert math.isnan(nothing.low)
    assert math.isnan(nothing.high)
    assert nothing.missing == ("truck_km", "truck_hour")

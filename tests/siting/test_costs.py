"""What a project costs in ten years at several sites, and which inputs decide."""

import itertools
import math
from dataclasses import fields, replace

import numpy as np
import pytest

from geo.errors import InputError
from geo.siting import costs, deciding
from geo.siting.costs import Holiday, Project, Site
from geo.siting.rates import UNKNOWN, Leg, Rate, RateCard

PROJECT = Project(
    land_ha=5,
    building_m2=20_000,
    factory_m2=1000,
    workers=500,
    power_kwh=400_000,
    water_m3=6000,
    containers=40,
    profit_usd=2e6,
)
HOLIDAY = Holiday("a-law", 10, 15, 4, 9)
LINES = tuple(part.name for part in fields(RateCard))


def site(seed: int, *, known: tuple[str, ...] = LINES) -> Site:
    random = np.random.default_rng(seed)
    ends = {line: sorted(random.uniform(1, 9, 2).tolist()) for line in LINES}
    card = RateCard(**{line: Rate(*ends[line], (f"row-{seed}",)) for line in known})
    leg = Leg(5.0, {"VN": 120.0, "CN": 10.0}, {"VN": 80.0}, gates=1)
    cards = {"VN": card, "CN": card, "": card}
    ends_of_way = ("handling", "port_fee")
    return Site(f"site-{seed}", "VN", cards, leg, ends_of_way, (HOLIDAY,))


def with_rate(one_site: Site, line: str, rate: Rate) -> Site:
    card = replace(one_site.card, **{line: rate})
    return replace(one_site, cards={"VN": card, "CN": card, "": card})


def test_ten_years_by_hand() -> None:
    """Land is paid once, wages at the end of each of ten years."""
    plain = RateCard(land=Rate(100, 120), wage=Rate(300, 300), insurance=Rate(20, 20))
    project = Project(land_ha=1, workers=10, discount_pct=8)
    result = costs.compare(project, [Site("a", "VN", {"VN": plain})])
    worth = sum(1.08**-year for year in range(1, 11))
    assert result.items["land"]["a"].low == pytest.approx(1e6)
    assert result.items["land"]["a"].high == pytest.approx(1.2e6)
    assert result.items["wages"]["a"].low == pytest.approx(36_000 * worth)
    assert result.items["insurance"]["a"].high == pytest.approx(7200 * worth)
    assert result.totals["a"].low == pytest.approx(1e6 + 43_200 * worth)
    assert not result.left_out


@pytest.mark.parametrize("seed", range(5))
def test_the_total_is_the_sum_of_what_counts(seed: int) -> None:
    """Both ends of each total are the sums of those of its items, and no item ends before it
    begins.
    """
    result = costs.compare(PROJECT, [site(seed), site(seed + 100)])
    assert set(result.counted) == set(costs.ITEMS)
    for key, span in result.totals.items():
        parts = [result.items[item][key] for item in result.counted]
        assert all(part.low <= part.high for part in parts)
        assert span.low == pytest.approx(sum(part.low for part in parts))
        assert span.high == pytest.approx(sum(part.high for part in parts))


@pytest.mark.parametrize("line", LINES)
def test_a_higher_rate_never_lowers_the_total(line: str) -> None:
    """Each line of the rate card raises both ends, and those of no other site."""
    first, second = site(1), site(2)
    before = costs.compare(PROJECT, [first, second]).totals
    rate = first.card.rate(line)
    dearer = with_rate(first, line, Rate(rate.low * 2, rate.high * 2))
    after = costs.compare(PROJECT, [dearer, second]).totals
    assert after["site-1"].low > before["site-1"].low or line == "tax"
    assert after["site-1"].low >= before["site-1"].low
    assert after["site-1"].high > before["site-1"].high
    assert after["site-2"] == before["site-2"]


def test_money_in_another_currency_is_the_same_money() -> None:
    """All rates of money times 25,000 give totals times 25,000, and the same order."""
    sites = [site(seed) for seed in range(4)]
    money = [line for line in LINES if line not in ("insurance", "tax")]
    other = []
    for each in sites:
        changed = each
        for line in money:
            rate = each.card.rate(line)
            changed = with_rate(changed, line, Rate(rate.low * 25_000, rate.high * 25_000))
        other.append(changed)
    dollars = costs.compare(PROJECT, sites).totals
    project = replace(PROJECT, profit_usd=PROJECT.profit_usd * 25_000)
    dong = costs.compare(project, other).totals
    for key, span in dollars.items():
        assert dong[key].low == pytest.approx(25_000 * span.low)
        assert dong[key].high == pytest.approx(25_000 * span.high)


@pytest.mark.parametrize("line", LINES)
def test_what_is_unknown_at_one_site_counts_at_none(line: str) -> None:
    """An item that one site lacks leaves the totals of all, so that they stay on one basis; it is
    named with the site, and never zero.
    """
    whole = costs.compare(PROJECT, [site(1), site(2)])
    lacking = with_rate(site(2), line, UNKNOWN)
    result = costs.compare(PROJECT, [site(1), lacking])
    assert result.left_out
    for item, where in result.left_out.items():
        assert where == ("site-2",)
        assert math.isnan(result.items[item]["site-2"].low)
        known = result.items[item]["site-1"]
        assert known == whole.items[item]["site-1"]
        assert known.low > 0
    gone = sum(whole.items[item]["site-1"].low for item in result.left_out)
    assert result.totals["site-1"].low == pytest.approx(whole.totals["site-1"].low - gone)


def test_nothing_known_is_no_total() -> None:
    """Where no item is known everywhere the totals are unknown, not zero."""
    result = costs.compare(Project(workers=10), [Site("a", "VN", {})])
    assert math.isnan(result.totals["a"].low)
    assert not deciding.sensitivity(Project(workers=10), [Site("a", "VN", {})], result.counted)


def test_what_a_project_has_none_of_needs_no_rate() -> None:
    """A project without water does not care that water is unknown."""
    result = costs.compare(replace(PROJECT, water_m3=0), [with_rate(site(1), "water", UNKNOWN)])
    assert not result.left_out
    assert "water" not in result.items


def test_a_tax_holiday_by_hand() -> None:
    """Four years without tax, nine at half of 10 per cent, then 10; never above the law's rate."""
    assert HOLIDAY.yearly(20) == [0] * 4 + [5] * 6
    assert Holiday("x", 17, 3).yearly(20) == [17] * 3 + [20] * 7
    assert Holiday("x", 17, 3).yearly(15) == [15] * 10
    project = Project(profit_usd=100, discount_pct=0)
    card = RateCard(tax=Rate(20, 20))
    span = costs.compare(project, [Site("a", "VN", {"VN": card}, holidays=(HOLIDAY,))]).totals["a"]
    assert (span.low, span.high) == (pytest.approx(30), pytest.approx(200))
    own = RateCard(tax=Rate(20, 20, yours=True))
    span = costs.compare(project, [Site("a", "VN", {"VN": own}, holidays=(HOLIDAY,))]).totals["a"]
    assert span.low == span.high == pytest.approx(200), "a typed tax is the tax"


@pytest.mark.parametrize("wrong", [{"workers": -1}, {"land_ha": math.nan}, {"peak_pct": 80}])
def test_amounts_that_are_none_are_refused(wrong: dict[str, float]) -> None:
    """Negative or unknown amounts, and shares of more than the whole."""
    with pytest.raises(InputError):
        replace(PROJECT, **wrong)


@pytest.mark.parametrize("seed", range(4))
def test_what_decides_equals_computing_it_anew(seed: int) -> None:
    """Each swing is what two whole comparisons give in which only that input differs, and the
    order of sites turns exactly if one of these orders them otherwise.
    """
    sites = [site(seed * 10 + i) for i in range(3)]
    flat = [
        with_rate(each, "water", Rate(3.0, 3.0, ("one-row",)))  # a single value, shared
        for each in sites
    ]
    mean = [_in_the_middle(each) for each in flat]
    counted = tuple(costs.ITEMS)
    swings = deciding.sensitivity(PROJECT, flat, counted)
    base = [key for key, _low in sorted(_totals(PROJECT, mean).items(), key=lambda pair: pair[1])]
    seen = set()
    for swing in swings:
        seen.add(swing.input)
        if swing.input == costs.HOLIDAY:
            continue
        for end, at in ((swing.low, swing.at_low), (swing.high, swing.at_high)):
            project, changed = PROJECT, mean
            if swing.rate is None:
                project = replace(PROJECT, **{swing.input: end})
            else:
                changed = [
                    with_rate(middle, swing.input, Rate(end, end))
                    if each.card.rate(swing.input) == swing.rate
                    else middle
                    for each, middle in zip(flat, mean, strict=True)
                ]
            anew = _totals(project, changed)
            assert at == pytest.approx(anew), swing.input
        orders = [
            [key for key, _low in sorted(at.items(), key=lambda pair: pair[1])]
            for at in (swing.at_low, swing.at_high)
        ]
        assert swing.turns == any(order != base for order in orders), swing.input
    assert seen == {*LINES, *costs.QUANTITIES, "discount_pct", costs.HOLIDAY}
    assert all(a.size >= b.size for a, b in itertools.pairwise(swings))
    water = next(swing for swing in swings if swing.input == "water")
    assert (water.low, water.high, len(water.sites)) == (pytest.approx(2.7), pytest.approx(3.3), 3)


def _in_the_middle(each: Site) -> Site:
    """Return the site with each rate in the middle of its range, and half of its relief."""
    for line in LINES:
        rate = each.card.rate(line)
        middle = (rate.low + rate.high) / 2
        each = with_rate(each, line, Rate(middle, middle))
    return each


def _totals(project: Project, sites: list[Site]) -> dict[str, float]:
    spans = costs.compare(project, sites).totals
    return {key: (span.low + span.high) / 2 for key, span in spans.items()}

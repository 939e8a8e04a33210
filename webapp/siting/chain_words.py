"""How totals, legs, gates and rates of a chain are written."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from geo.errors import InputError, NotFoundError
from geo.roads.accuracy import TIME_RANGE
from geo.siting.chain import CO2_SOURCE, By
from geo.siting.own_places import ROLES, Role
from geo.siting.rates import CURRENCY, LINES, Rate
from webapp import args, labels, readers
from webapp.explore.provenance import Origin
from webapp.i18n import gettext as _
from webapp.i18n import listed, said, translated
from webapp.siting import sources
from webapp.siting.chain_result import Result, SiteChain
from webapp.siting.chain_wish import ChainWish
from webapp.store import Store

LEAST_LACKING = 0.5
"""Kilometres or hours a trip without a rate that are not worth a word."""
DIGITS = 2
"""That count in a total: times are good to a tenth, and few rates are."""


def bys() -> dict[By, str]:
    """Return the totals by which sites are put in order."""
    return {
        "hours": _("Hours a month"),
        "km": _("Distance a month"),
        "cost": _("Cost a month"),
        "co2": _("CO₂ a month"),
    }


def rounded(value: float, digits: int = DIGITS) -> float:
    """Round a number to some digits."""
    if not value:
        return 0.0
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def span(low: float, high: float, unit: str) -> str:
    """Write a range of rounded numbers with its unit; unknown where it is."""
    if not math.isfinite(low + high):
        return _("unknown")
    ends = [rounded(end) for end in (low, high)]
    places = 0 if max(map(abs, ends)) >= 10 else 1
    texts = dict.fromkeys(labels.decimal(end, places) for end in ends)
    return f"{'–'.join(texts)}\N{NO-BREAK SPACE}{unit}"


def hours(time_s: float) -> str:
    """Write hours of a month, as the range in which they lie."""
    low, high = (time_s / 3600 * end for end in TIME_RANGE)
    return span(low, high, _("h"))


def distance(length_m: float) -> str:
    """Write kilometres of a month."""
    if not math.isfinite(length_m):
        return _("unknown")
    return labels.kilometres(rounded(length_m, 3))


def money(low: float, high: float, lacking: float = 0.0) -> str:
    """Write an amount of money; the least of it where rates are lacking."""
    if lacking > LEAST_LACKING and math.isfinite(low):
        return _("at least %(amount)s", amount=span(low, low, CURRENCY))
    return span(low, high, CURRENCY)


def co2(grams: Iterable[float]) -> str:
    """Write an amount of CO₂ in tonnes."""
    ends = [gram / 1e6 for gram in grams]
    return span(min(ends), max(ends), "t")


@dataclass(frozen=True)
class Figure:
    """A total of a site: its name, its text, and how long its bar is, of 100."""

    by: By
    title: str
    text: str
    width: float
    counts: bool


def figures(result: Result, row: SiteChain) -> list[Figure]:
    """Write the totals of a site, the one that counts first."""
    totals, n = result.totals, row.number
    texts: dict[By, str] = {
        "hours": hours(float(totals.time_s[n])),
        "km": distance(float(totals.length_m[n])),
        "cost": money(
            float(totals.cost_low[n]),
            float(totals.cost_high[n]),
            float(result.loads.sum(result.prices.lacking[n : n + 1])[0]),
        ),
        "co2": co2(float(each[n]) for each in totals.co2_g),
    }
    counted = result.wish.total
    most = result.spread(counted)[1]
    value = float(totals.by(counted)[n])
    order = sorted(texts, key=lambda by: by != counted)
    return [
        Figure(by, bys()[by], texts[by], 100 * value / most if most else 0.0, by == counted)
        for by in order
    ]


# Legs ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LegText:
    """A leg of a site in words."""

    name: str
    role: str
    comes_in: bool
    trips: str
    time: str
    length: str
    gates: tuple[tuple[str, str, str], ...]
    hours: str
    cost: str
    co2: str


def legs(opened: Store, result: Result, number: int) -> list[LegText]:
    """Write the legs of a site; gates by id, name and hours."""
    return [
        _leg(opened, result, number, place)
        for place, spot in enumerate(result.places.spots)
        if spot.standing.is_joined
    ]


def _leg(opened: Store, result: Result, number: int, place: int) -> LegText:
    spot, chain = result.places.spots[place], result.legs
    trips = float(result.loads.trips[place])
    time_s, length_m = float(chain.time_s[number, place]), float(chain.length_m[number, place])
    low, high = (
        trips * float(table[number, place]) for table in (result.prices.low, result.prices.high)
    )
    tonne_km = length_m / 1000 * float(result.loads.tonnes[place])
    towards = _towards(opened, result, number, place)
    return LegText(
        spot.name,
        role(spot.own.role),
        spot.own.comes_in,
        labels.quantity(round(trips, 1)),
        labels.duration(time_s),
        labels.kilometres(length_m),
        tuple(
            (gate, gate_name(opened, gate), gate_hours(opened, gate, towards))
            for gate in chain.gates(number, place)
        ),
        hours(time_s * trips),
        money(low, high, float(result.prices.lacking[number, place])),
        co2(factor * tonne_km for factor in result.wish.co2_g_tkm),
    )


def _towards(opened: Store, result: Result, number: int, place: int) -> str:
    """Return the country that goods come to on a leg."""
    spot = result.places.spots[place]
    here = str(opened.layer("parks")["country"].loc[result.sites[number]])
    return here if spot.own.comes_in else spot.country


def role(name: Role) -> str:
    """Name a role."""
    return said(ROLES[name])


def gate_name(opened: Store, gate: str) -> str:
    """Name a gate."""
    frame = opened.layer("gates")
    return labels.name(frame.loc[gate]) if gate in frame.index else gate


def gate_hours(opened: Store, gate: str, towards: str) -> str:
    """Write when a gate takes cargo today."""
    try:
        day = opened.hours.of_day(gate, towards, "cargo", None, datetime.now(UTC))
    except (NotFoundError, InputError):
        return ""
    if day.notice is None:
        return _("hours unknown")
    return day.text() or _("around the clock")


def hangs(opened: Store, result: Result, row: SiteChain) -> str:
    """Write which gate the chain of a site hangs on, and what its closing adds a month."""
    closing = row.hangs
    if closing is None:
        return _("No leg passes a border gate.")
    start = _(
        "%(share)s %% of the trips pass %(gate)s.",
        share=labels.decimal(100 * closing.share),
        gate=gate_name(opened, closing.gate),
    )
    if closing.cut_off:
        names = [result.places.spots[place].name for place in closing.cut_off]
        return f"{start} " + _("If it closes, no gate leads to %(names)s.", names=listed(names))
    added = [hours(closing.time_s)]
    if math.isfinite(closing.cost_low + closing.cost_high):
        low, high = sorted((closing.cost_low, closing.cost_high))
        added.append(money(low, high))
    return f"{start} " + _(
        "If it closes: %(added)s more a month, through %(gate)s.",
        added=_(" and ").join(added),
        gate=gate_name(opened, closing.instead),
    )


# Rates --------------------------------------------------------------------------------------------


def usual(result: Result, line: str) -> str:
    """Write the rate of a line that counts where somebody states none, of the countries where it is
    known, for a field.
    """
    known = [card.rate(line) for card in result.cards.values()]
    known = [rate for rate in known if rate.known and not rate.yours]
    if not known:
        return _("unknown")
    low, high = min(rate.low for rate in known), max(rate.high for rate in known)
    return _amount(low, high)


def _amount(low: float, high: float) -> str:
    places = 0 if high >= 20 else 2
    return "–".join(dict.fromkeys(labels.decimal(end, places) for end in (low, high)))


@dataclass(frozen=True)
class RateText:
    """A rate in a country: its name, its amount with the unit, and where it comes from."""

    line: str
    country: str
    text: str
    yours: bool
    origins: tuple[Origin, ...]


def rate_texts(opened: Store, result: Result) -> list[RateText]:
    """Write every rate of every country."""
    return [
        RateText(
            said(LINES[line].title),
            labels.label(country),
            _rate(line, card.rate(line)),
            card.rate(line).yours,
            tuple(
                origin
                for key in card.rate(line).rows
                for origin in sources.of_row(opened.layer("costs").loc[key].to_dict())
            ),
        )
        for line in args.TRUCK_RATES
        for country, card in result.cards.items()
    ]


def _rate(line: str, rate: Rate) -> str:
    if not rate.known:
        return _("unknown")
    unit = LINES[line].unit
    return f"{_amount(rate.low, rate.high)}\N{NO-BREAK SPACE}{translated(said(unit))}"


def missing(result: Result) -> list[str]:
    """Name the rates that are not counted because they are unknown."""
    return [
        _("%(line)s (%(country)s)", line=said(LINES[line].title), country=labels.label(country))
        for line, country in result.prices.missing
    ]


def co2_factor(wish: ChainWish) -> tuple[str, str]:
    """Write the factor of CO₂ and where it comes from."""
    if wish.co2_g is not None:
        return f"{readers.plain(wish.co2_g)} {_('g/t·km')}", _("yours")
    low, mid, high = wish.co2_g_tkm
    if not math.isfinite(mid):
        return _("unknown"), ""
    return f"{labels.decimal(low)}–{labels.decimal(high)} {_('g/t·km')}", CO2_SOURCE

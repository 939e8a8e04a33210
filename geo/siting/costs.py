"""What a project costs over ten years at several sites, on one basis."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

from geo.errors import InputError, Message
from geo.siting.rates import BY_VOLTAGE, UNKNOWN, Leg, Rate, RateCard, haul

YEARS = 10
DISCOUNT_PCT = 10.0
"""What a year's delay takes off a payment where nobody says.

Source: a Zone Atlas assumption: a return that makers ask of a plant.
"""
OFF_PEAK_PCT, PEAK_PCT = 25.0, 18.0
"""Shares of the hours of a plant that runs day and night.

Source: the row ``cost-electricity-hours-vn``: six hours a day are off-peak, five are peak on six
days of the week.
"""


@dataclass(frozen=True)
class Project:
    """What is to be built and run, the same at every site; zero is none.

    Attributes
    ----------
    land_ha, building_m2, factory_m2
        Land for the whole term of its lease, a building on it, and a ready-built factory.
    off_peak_pct, peak_pct
        Of the power; the rest is taken in normal hours.
    containers
        Of 40 feet, a month.
    profit_usd
        Taxable, a year.
    """

    land_ha: float = 0.0
    building_m2: float = 0.0
    factory_m2: float = 0.0
    workers: float = 0.0
    power_kwh: float = 0.0
    off_peak_pct: float = OFF_PEAK_PCT
    peak_pct: float = PEAK_PCT
    water_m3: float = 0.0
    containers: float = 0.0
    profit_usd: float = 0.0
    discount_pct: float = DISCOUNT_PCT

    def __post_init__(self) -> None:
        values = [getattr(self, part.name) for part in fields(self)]
        if not all(math.isfinite(value) and value >= 0 for value in values):
            raise InputError(Message("A project has no negative or unknown amounts."))
        if self.off_peak_pct + self.peak_pct > 100:
            raise InputError(Message("Off-peak and peak power are more than 100 % together."))

    @property
    def empty(self) -> bool:
        """Whether nothing of it costs anything."""
        return not any(getattr(self, name) for name in QUANTITIES)


QUANTITIES = {
    "land_ha": Message("Land area"),
    "building_m2": Message("Own building"),
    "factory_m2": Message("Ready-built factory"),
    "workers": Message("Workers"),
    "power_kwh": Message("Power a month"),
    "water_m3": Message("Water a month"),
    "containers": Message("Containers a month"),
    "profit_usd": Message("Taxable profit a year"),
}
"""What a project consists of, by the name of its attribute."""

ITEMS = {
    "land": Message("Land, whole lease"),
    "building": Message("Own building"),
    "factory": Message("Ready-built factory"),
    "wages": Message("Wages"),
    "insurance": Message("Social insurance"),
    "power": Message("Power"),
    "water": Message("Water"),
    "haulage": Message("Haulage by km"),
    "hours": Message("Truck hours"),
    "tolls": Message("Tolls"),
    "gates": Message("Passing gates"),
    "port": Message("Handling at the port"),
    "port_fee": Message("Port infrastructure fee"),
    "tax": Message("Corporate income tax"),
}
ONCE = ("land", "building")
"""Items that are paid at the start; all others at the end of each of the ten years."""
FREIGHT = {
    "haulage": "truck_km",
    "hours": "truck_hour",
    "tolls": "toll_km",
    "gates": "gate_fee",
    "port": "handling",
    "port_fee": "port_fee",
}
"""The items of a container's way, and the line of the rate card each is paid by."""


@dataclass(frozen=True)
class Holiday:
    """A relief of corporate income tax that a law names: a reduced rate for some years, of these
    the first ones without tax and the next ones at half of it; NaN is not named.
    """

    policy: str
    rate_pct: float = math.nan
    rate_years: float = math.nan
    free_years: float = 0.0
    half_years: float = 0.0

    def yearly(self, standard_pct: float) -> list[float]:
        """Return the rate of each year, in per cent."""
        reduced = range(1, YEARS + 1)
        rates = [self.rate_pct if year <= self.rate_years else standard_pct for year in reduced]
        free, half = self.free_years, self.free_years + self.half_years
        shares = [0.0 if year <= free else 0.5 if year <= half else 1.0 for year in reduced]
        return [min(rate, standard_pct) * share for rate, share in zip(rates, shares, strict=True)]


@dataclass(frozen=True)
class Site:
    """A site with its rates, and the way of its containers.

    Attributes
    ----------
    leg
        None where no road leads there, or where nothing is sent.
    ends
        Lines paid once at the end of the way, at the rates of `cards[""]`.
    cards
        Rate cards by country, see :func:`geo.siting.rates.haul`; that of `home` is the site's own.
    """

    id: str
    home: str
    cards: Mapping[str, RateCard]
    leg: Leg | None = None
    ends: tuple[str, ...] = ()
    holidays: tuple[Holiday, ...] = ()

    @property
    def card(self) -> RateCard:
        return self.cards.get(self.home, RateCard())


Pick = Callable[[str, Rate], float]
"""Chooses one value of a rate between its ends, by the line and the rate."""


def at_low(_line: str, rate: Rate) -> float:
    """Return the lower end of a rate."""
    return rate.low


def at_high(_line: str, rate: Rate) -> float:
    """Return the upper end of a rate."""
    return rate.high


def in_the_middle(_line: str, rate: Rate) -> float:
    """Return the middle of a rate."""
    return (rate.low + rate.high) / 2


HOLIDAY = "holiday"
"""The line of the tax relief that a project may not get: 0 with it, 1 without."""


def items(project: Project, site: Site, pick: Pick) -> dict[str, float]:
    """Compute what each item of a project costs at a site in ten years, discounted, in the currency
    of the rates; NaN where a rate that it needs is unknown. What a project has none of is left out.
    """

    def per(line: str, amount: float) -> float:
        return amount * pick(line, site.card.rate(line)) if amount else 0.0

    wages = per("wage", project.workers * 12)
    yearly: dict[str, float] = {
        "land": per("land", project.land_ha * 10_000),
        "building": per("building", project.building_m2),
        "factory": per("ready_built", project.factory_m2 * 12),
        "wages": wages,
        "insurance": per("insurance", wages / 100),
        "power": _power(project, per),
        "water": per("water", project.water_m3 * 12),
        **_freight(project, site, pick),
    }
    asked = {
        "land": project.land_ha,
        "building": project.building_m2,
        "factory": project.factory_m2,
        "wages": project.workers,
        "insurance": project.workers,
        "power": project.power_kwh,
        "water": project.water_m3,
        **dict.fromkeys(FREIGHT, project.containers),
    }
    worth = sum(_discounts(project))
    costs = {
        name: value * (1.0 if name in ONCE else worth)
        for name, value in yearly.items()
        if asked[name]
    }
    if project.profit_usd:
        costs["tax"] = _tax(project, site, pick)
    return {name: costs[name] for name in ITEMS if name in costs}


def _discounts(project: Project) -> list[float]:
    """Return what one unit that is paid at the end of each year is worth today."""
    return [(1 + project.discount_pct / 100) ** -year for year in range(1, YEARS + 1)]


def _power(project: Project, per: Callable[[str, float], float]) -> float:
    off_peak, peak = project.off_peak_pct, project.peak_pct
    shares = dict(zip(BY_VOLTAGE, (100 - off_peak - peak, off_peak, peak), strict=True))
    return sum(per(line, project.power_kwh * 12 * pct / 100) for line, pct in shares.items())


def _freight(project: Project, site: Site, pick: Pick) -> dict[str, float]:
    """Compute what all containers of a year cost by item; NaN where no way is known."""
    if not site.leg:
        return dict.fromkeys(FREIGHT, math.nan)
    parts = haul(site.leg, site.cards, site.home, ends=site.ends).parts
    sums = {
        item: sum(part.amount * pick(line, part.rate) for part in parts if part.line == line)
        for item, line in FREIGHT.items()
    }
    return {item: value * project.containers * 12 for item, value in sums.items()}


def _tax(project: Project, site: Site, pick: Pick) -> float:
    """Compute the tax of ten years: between the law's rate, and the relief that helps most."""
    rate = site.card.tax
    standard = pick("tax", rate)
    if math.isnan(standard):
        return math.nan
    discounts = _discounts(project)

    def worth(yearly: Sequence[float]) -> float:
        return sum(pct * share for pct, share in zip(yearly, discounts, strict=True))

    full = worth([standard] * YEARS)
    relief = holiday_rate(site)
    if relief.known:
        least = min(worth(holiday.yearly(standard)) for holiday in site.holidays)
        full = least + pick(HOLIDAY, relief) * (full - least)
    return project.profit_usd * full / 100


def holiday_rate(site: Site) -> Rate:
    """Return the relief of a site as a rate between 0, with it, and 1, without; unknown where no
    law names one, or where somebody typed the tax.
    """
    if not site.holidays or site.card.tax.yours:
        return UNKNOWN
    return Rate(0.0, 1.0, tuple(holiday.policy for holiday in site.holidays), "policies")


# Side by side -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """A cost between two ends; NaN is unknown."""

    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """What a project costs at several sites.

    Attributes
    ----------
    items
        Of every site by item, in the order of `ITEMS`.
    counted
        The items that are known at every site: only they are in the totals, so that these stand on
        one basis.
    totals
        Of every site; NaN where no item is counted.
    """

    items: dict[str, dict[str, Span]]
    counted: tuple[str, ...]
    totals: dict[str, Span]

    @property
    def left_out(self) -> dict[str, tuple[str, ...]]:
        """The items that are not in the totals, and the sites at which each is unknown."""
        return {
            item: tuple(site for site, span in spans.items() if math.isnan(span.low))
            for item, spans in self.items.items()
            if item not in self.counted
        }


def compare(project: Project, sites: Sequence[Site]) -> Comparison:
    """Compute the costs of all sites, each item and each total from its lowest to its highest; what
    costs nothing at any site is left out.
    """
    low = {site.id: items(project, site, at_low) for site in sites}
    high = {site.id: items(project, site, at_high) for site in sites}
    names = [
        item
        for item in ITEMS
        if any(costs.get(item, 0.0) != 0 for costs in (*low.values(), *high.values()))
    ]
    spans = {
        item: {site.id: Span(low[site.id][item], high[site.id][item]) for site in sites}
        for item in names
    }
    counted = tuple(
        item
        for item in names
        if not any(math.isnan(span.low + span.high) for span in spans[item].values())
    )
    totals = {
        site.id: Span(total(low[site.id], counted), total(high[site.id], counted)) for site in sites
    }
    return Comparison(spans, counted, totals)


def total(costs: Mapping[str, float], counted: Sequence[str]) -> float:
    """Return the sum of the items that count; NaN without any, which is not zero."""
    return math.fsum(costs[item] for item in counted) if counted else math.nan

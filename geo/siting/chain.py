"""The chain of a site: the ways from suppliers to it and from it to customers and ports, what they
take a month, and which gate they hang on. All sites at once, as arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.roads.joining import Sides, known
from geo.roads.network import Network
from geo.roads.routing import Found, solve
from geo.siting.own_places import USUAL_AMOUNT, OwnPlace
from geo.siting.rates import RateCard

if TYPE_CHECKING:
    import geopandas as gpd

Array = NDArray[np.float64]
By = Literal["hours", "km", "cost", "co2"]
MOTORWAYS = ("motorway", "motorway_link")
PAYLOAD_T = {"truck": 20.0, "car": 0.5}
"""Tonnes on one trip where nobody says.

Source: Zone Atlas assumptions: a 40-foot container loaded as roads allow, a small van."""
CO2_G_TKM = {"truck": (59.88, 77.03, 96.12)}
"""Grams of CO₂e a tonne-kilometre: full, usually laden, half laden.

Source: UK Government GHG Conversion Factors for Company Reporting 2025, Freighting goods, HGV (all
diesel), Articulated (>33t): 0.05988 kg 100 % laden, 0.07703 kg average laden, 0.09612 kg 50 %
laden. Fuel burnt only, British lorries; no figure for lorries of Viet Nam or China was found."""
CO2_SOURCE = (
    "UK Government GHG Conversion Factors for Company Reporting 2025, HGV, Articulated >33 t"
)
LACKING_SHARE = 0.01
"""Of the kilometres: so much more or less may lack a rate where two ways are compared by cost."""
MOST_EXACT = 6
"""Decimals of totals when sites are put in order, so that the order of sums does not count."""


@dataclass(frozen=True, eq=False)
class Legs:
    """The ways between n sites and m places, each in the direction in which goods go.

    Attributes
    ----------
    time_s, length_m
        (n, m), NaN without a way.
    abroad_m
        (n, m) of the length, what lies outside the country of the site.
    motorway_m, motorway_abroad_m
        (n, m) of the length, what lies on motorways, in the country of the site and outside.
    way
        (n, m) number in ``ways`` of the gates that are passed.
    ways
        Gates in the order in which they are passed; the first is none.
    """

    time_s: Array
    length_m: Array
    abroad_m: Array
    motorway_m: Array
    motorway_abroad_m: Array
    way: NDArray[np.int64]
    ways: tuple[tuple[str, ...], ...]

    def gates(self, site: int, place: int) -> tuple[str, ...]:
        """Return the gates that one leg passes."""
        return self.ways[self.way[site, place]]

    @property
    def gate_count(self) -> Array:
        """How many gates each leg passes."""
        return np.array([len(gates) for gates in self.ways], float)[self.way]

    def passing(self, gate: str) -> NDArray[np.bool_]:
        """Return which legs pass a gate."""
        return np.array([gate in gates for gates in self.ways])[self.way]


def legs(
    network: Network,
    profile: str,
    sites: Sides,
    places: gpd.GeoDataFrame,
    comes_in: NDArray[np.bool_],
) -> Legs:
    """Find the ways of all sites at once: 200 sites and a dozen places take tens of milliseconds.

    Parameters
    ----------
    places
        Points with the columns ``country`` and, for gates, ``opposite_country``.
    comes_in
        (m,) whether goods come from the place to the site.
    """
    n, m = sites.rows, len(places)
    countries, counts = _selections(network, sites)
    shape = (n, m)
    time_s, length_m = np.full(shape, np.nan), np.full(shape, np.nan)
    parts = np.full((3, n, m), np.nan)  # abroad, motorway, motorway abroad
    way, ways = np.zeros(shape, np.int64), dict[tuple[str, ...], int]({(): 0})
    for inward in (True, False):
        columns = np.flatnonzero(comes_in == inward)
        if not len(columns) or not n:
            continue
        there = Sides.of(network, places.iloc[columns], profile)
        ends = (there, sites) if inward else (sites, there)
        fastest = solve(network, profile, *ends, detail=True, counts=counts)
        time_s[:, columns] = _by_site(known(fastest.time_s), inward)
        length_m[:, columns] = _by_site(known(fastest.length_m), inward)
        parts[:, :, columns] = _parts(fastest, sites, there, countries, inward)
        for pair, passed in fastest.gates.items():
            row, column = pair[::-1] if inward else pair
            names = tuple(network.manifest.gates[gate] for gate in passed)
            way[row, columns[column]] = ways.setdefault(names, len(ways))
    abroad_m, motorway_m, motorway_abroad_m = parts
    return Legs(time_s, length_m, abroad_m, motorway_m, motorway_abroad_m, way, tuple(ways))


def _selections(network: Network, sites: Sides) -> tuple[list[str | None], NDArray[np.bool_]]:
    """Return the countries of the sites, and for each which segments lie outside it, which are
    motorways inside, and which are motorways outside.
    """
    countries = list(dict.fromkeys(sites.country.tolist()))
    classes = network.manifest.road_classes
    fast = np.isin(network.road_class, [i for i, name in enumerate(classes) if name in MOTORWAYS])
    codes = network.manifest.countries
    rows: list[NDArray[np.bool_]] = []
    for country in countries:
        mine = codes.index(country) if country in codes else -1
        outside = (network.country >= 0) & (network.country != mine)
        rows += [outside, fast & ~outside, fast & outside]
    return countries, np.array(rows)


def _by_site(table: NDArray[Any], inward: bool) -> NDArray[Any]:
    return table.T if inward else table


def _parts(
    ways: Found, sites: Sides, there: Sides, countries: Sequence[str | None], inward: bool
) -> Array:
    """Return the three parts of each length, (3, n, m): of each site those of its country."""
    counted = np.array([_by_site(table, inward) for table in ways.counted_m])
    number = {country: 3 * i for i, country in enumerate(countries)}
    first = np.array([number[country] for country in sites.country.tolist()])
    rows = np.arange(len(first))
    parts = np.array([counted[first + part, rows] for part in range(3)])
    entry = _by_site(ways.entries[:, :, 0 if inward else 1], inward)
    foreign = there.country[entry] != sites.country[:, None]
    parts[0] += np.where(foreign & (entry >= 0), np.nan_to_num(there.leg_m[entry]), 0.0)
    return parts


# What it takes a month ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Loads:
    """Trips and tonnes a month of each place, (m,); a place without trips does not count."""

    trips: Array
    tonnes: Array

    @classmethod
    def of(
        cls, places: Sequence[OwnPlace], payload_t: float, counted: NDArray[np.bool_] | None = None
    ) -> Loads:
        """Take them from places: tonnes make as many trips as the payload says, and trips are
        taken as fully laden. Places that are not `counted` have none.
        """
        amounts = np.array([place.amount or USUAL_AMOUNT for place in places], float)
        in_tonnes = np.array([place.unit == "t" and bool(place.amount) for place in places], bool)
        trips = np.where(in_tonnes, amounts / payload_t, amounts)
        if counted is not None:
            trips = np.where(counted, trips, 0.0)
        return cls(trips, trips * payload_t)

    def sum(self, table: Array, amounts: Array | None = None) -> Array:
        """Sum a table of legs (n, m) over the trips of a month, or over other amounts (m,)."""
        amounts = self.trips if amounts is None else amounts
        counted = np.flatnonzero(self.trips > 0)
        return np.asarray(table[:, counted] @ amounts[counted])


@dataclass(frozen=True, eq=False)
class Prices:
    """What one trip of each leg costs, (n, m): between two ends, of the lines whose rate is known.

    ``missing`` are the lines that would add to it somewhere and are unknown, each with the country
    in which it is; ``lacking`` (n, m) are kilometres, hours and pieces whose rate is unknown though
    another country has one: what is known is then the least that a trip costs, and no measure of
    another way through other countries.
    """

    low: Array
    high: Array
    lacking: Array
    missing: tuple[tuple[str, str], ...]


def prices(
    legs: Legs,
    cards: Mapping[str, RateCard],
    site_country: Sequence[str],
    place_country: Sequence[str],
    at_port: NDArray[np.bool_],
) -> Prices:
    """Price one trip of each leg, as :func:`geo.siting.rates.haul` does: kilometres at the rates of
    the country in which they lie, hours and gates at those of the site's.

    Parameters
    ----------
    cards
        By country; a country without one is unknown.
    at_port
        (m,) whether the place is a port, where a container is handled.
    """
    here = [cards.get(country, RateCard()) for country in site_country]
    there = [cards.get(country, RateCard()) for country in place_country]
    inside_m = legs.length_m - legs.abroad_m
    inside_m[inside_m < 1.0] = 0.0
    port = np.broadcast_to(at_port.astype(float), legs.time_s.shape)
    amounts: list[tuple[str, Array, bool]] = [
        ("truck_km", inside_m / 1000, True),
        ("truck_km", legs.abroad_m / 1000, False),
        ("truck_hour", legs.time_s / 3600, True),
        ("toll_km", legs.motorway_m / 1000, True),
        ("toll_km", legs.motorway_abroad_m / 1000, False),
        ("gate_fee", legs.gate_count, True),
        ("handling", port, False),
        ("port_fee", port, False),
    ]
    low, high = np.zeros(legs.time_s.shape), np.zeros(legs.time_s.shape)
    priced, lacking = np.zeros(legs.time_s.shape, bool), np.zeros(legs.time_s.shape)
    missing: dict[tuple[str, str], None] = {}
    for line, amount, of_site in amounts:
        rates = [card.rate(line) for card in (here if of_site else there)]
        ends = np.array([(rate.low, rate.high) for rate in rates], float).reshape(-1, 2)
        least, most = (ends[:, :1], ends[:, 1:]) if of_site else (ends[:, 0], ends[:, 1])
        counts = np.nan_to_num(amount) > 0
        rated = counts & np.isfinite(np.broadcast_to(least + most, amount.shape))
        low += np.where(rated, amount * least, 0.0)
        high += np.where(rated, amount * most, 0.0)
        priced |= rated
        unrated = counts & ~rated
        if any(card.rate(line).known for card in cards.values()):
            lacking += np.where(unrated, amount, 0.0)
        countries = site_country if of_site else place_country
        where = np.flatnonzero(unrated.any(axis=1 if of_site else 0))
        missing |= {(line, countries[i]): None for i in where.tolist()}
    reached = np.isfinite(legs.time_s)
    low[~(reached & priced)] = high[~(reached & priced)] = np.nan
    return Prices(low, high, lacking, tuple(missing))


@dataclass(frozen=True, eq=False)
class Totals:
    """What the chain of each site takes a month, (n,): NaN where a place cannot be reached, or
    nothing of a price is known.
    """

    time_s: Array
    length_m: Array
    cost_low: Array
    cost_high: Array
    co2_g: tuple[Array, Array, Array]

    def by(self, total: By) -> Array:
        """Return the totals by which sites are put in order; costs by their middle."""
        cost = (self.cost_low + self.cost_high) / 2
        return {"hours": self.time_s, "km": self.length_m, "cost": cost, "co2": self.co2_g[1]}[
            total
        ]

    def order(self, total: By) -> NDArray[np.intp]:
        """Return the sites by a total, the least first; those without one are left out."""
        values = self.by(total)
        values = values.round(MOST_EXACT)
        order = np.argsort(values, kind="stable")
        return order[np.isfinite(values[order])]


def totals(
    legs: Legs, loads: Loads, prices: Prices, co2_g_tkm: tuple[float, float, float]
) -> Totals:
    """Sum the legs of each site over a month."""
    tonne_km = loads.sum(legs.length_m / 1000, loads.tonnes)
    low, mid, high = (factor * tonne_km for factor in co2_g_tkm)
    return Totals(
        loads.sum(legs.time_s),
        loads.sum(legs.length_m),
        loads.sum(prices.low),
        loads.sum(prices.high),
        (low, mid, high),
    )


# Gates --------------------------------------------------------------------------------------------


def shares(legs: Legs, loads: Loads) -> pd.DataFrame:
    """Return which share of the trips of each site passes each gate: a row a site, a column a
    gate.
    """
    total = loads.trips.sum() or 1.0
    gates = sorted({gate for gates in legs.ways for gate in gates})
    return pd.DataFrame(
        {gate: (legs.passing(gate) @ loads.trips) / total for gate in gates},
        index=range(len(legs.time_s)),
        dtype=float,
    )


@dataclass(frozen=True)
class Closing:
    """What the closing of a gate adds to the chain of a site in a month.

    Attributes
    ----------
    share
        Of the trips that pass the gate today.
    instead
        The gate that most of them would pass; empty where none is passed.
    time_s, cost_low, cost_high
        What is added; NaN where some place is not reached any more, and of costs where nothing is
        known, or the two ways lack rates for unlike parts of them.
    cut_off
        Numbers of the places that are not reached any more.
    """

    gate: str
    share: float
    instead: str
    time_s: float
    cost_low: float
    cost_high: float
    cut_off: tuple[int, ...]


def closing(
    gate: str,
    site: int,
    before: tuple[Legs, Prices],
    after: tuple[Legs, Prices],
    loads: Loads,
) -> Closing:
    """Compute what a closed gate adds to the chain of a site, from its legs and prices with the
    gate and without it.
    """
    (was, price), (now, other) = before, after
    hit = was.passing(gate)[site] & (loads.trips > 0)
    lost = hit & np.isnan(now.time_s[site])
    trips = loads.trips[hit]
    unlike = abs((other.lacking - price.lacking)[site, hit] @ trips)
    compares = unlike <= LACKING_SHARE * (was.length_m[site, hit] / 1000 @ trips)
    time_s, low, high = (
        float((later[site, hit] - sooner[site, hit]) @ trips) if counts else float("nan")
        for sooner, later, counts in (
            (was.time_s, now.time_s, True),
            (price.low, other.low, compares),
            (price.high, other.high, compares),
        )
    )
    passed: dict[str, float] = {}
    for place in np.flatnonzero(hit & ~lost):
        for name in now.gates(site, int(place)):
            passed[name] = passed.get(name, 0.0) + float(loads.trips[place])
    return Closing(
        gate,
        float(trips.sum() / loads.trips.sum()),
        max(sorted(passed), key=lambda name: passed[name], default=""),
        time_s,
        low,
        high,
        tuple(np.flatnonzero(lost).tolist()),
    )


def take(legs: Legs, rows: NDArray[np.intp]) -> Legs:
    """Return the legs of some sites."""
    tables = {
        name: getattr(legs, name)[rows]
        for name in ("time_s", "length_m", "abroad_m", "motorway_m", "motorway_abroad_m", "way")
    }
    return replace(legs, **tables)

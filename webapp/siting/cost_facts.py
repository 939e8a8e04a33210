"""What a project costs at sites: their rate cards, the ways of their containers, the ten years, and
what decides.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from geo.schema import unfold
from geo.siting import costs, deciding, money, rates
from geo.siting.costs import Comparison, Holiday, Site
from geo.siting.deciding import Swing
from geo.siting.freight import Way
from geo.siting.rates import Leg, Place, Rate, RateCard, Sum
from webapp.explore.provenance import Origin
from webapp.labels import is_known
from webapp.siting import sources
from webapp.siting.cost_wish import CostWish
from webapp.store import Store

AT_PORT = ("handling", "port_fee")
"""Lines that a container pays once, at a port."""


@dataclass(frozen=True)
class Goal:
    """A port or gate that containers go to: of each site its way, and what one container costs; to
    a gate ``near`` is what it costs to its near side.
    """

    id: str
    layer: str
    ways: dict[str, Way]
    sums: dict[str, Sum]
    near: dict[str, Sum]


@dataclass(frozen=True)
class Costed:
    """Everything that the page and its twins show.

    Attributes
    ----------
    cards
        Of each site.
    to
        Where the containers of each site go; a site from which nothing leads there is missing.
    floors
        The minimum wages of each site: what a wage there cannot be below.
    goals
        All ports and gates, the soonest reached first.
    """

    wish: CostWish
    cards: dict[str, RateCard]
    to: dict[str, str]
    sites: list[Site]
    comparison: Comparison
    swings: list[Swing]
    goals: list[Goal]
    floors: dict[str, Rate]

    @property
    def middles(self) -> dict[str, float]:
        """The totals with every rate in the middle of its range."""
        return deciding.middle(self.wish.project, self.sites, self.comparison.counted)

    def rate(self, site: str, line: str) -> Rate:
        """Return the rate of a line as the ten years of a site count it."""
        where = next(other for other in self.sites if other.id == site)
        if line == costs.HOLIDAY:
            return costs.holiday_rate(where)
        at_port = where.cards.get("") if line in AT_PORT else None
        return (at_port or self.cards[site]).rate(line)

    @classmethod
    def of(cls, opened: Store, wish: CostWish) -> Costed:
        """Compute it for the sites that are picked."""
        day = datetime.datetime.now(datetime.UTC).date()
        book = Book(opened, wish, day)
        ways = {site: opened.ways(site, wish.drive) for site in wish.picked}
        to = {site: goal for site in wish.picked if (goal := _goal(opened, wish, ways[site]))}
        sites = [book.site(site, ways[site].get(to.get(site, "")), to.get(site)) for site in ways]
        comparison = costs.compare(wish.project, sites)
        swings = deciding.sensitivity(wish.project, sites, comparison.counted)
        cards = {site: book.card(site) for site in wish.picked}
        floors = {site: book.floor(site) for site in wish.picked}
        return cls(wish, cards, to, sites, comparison, swings, book.goals(ways), floors)


def _goal(opened: Store, wish: CostWish, ways: dict[str, Way]) -> str | None:
    """Return where containers of a site go: the place that is named, else the soonest port."""
    if wish.destination:
        return wish.destination if wish.destination in ways else None
    ports = [key for key in ways if key in opened.layer("ports").index]
    return min(ports, key=lambda key: ways[key].hours, default=None)


@dataclass(frozen=True)
class Book:
    """The rate cards of a request, each built once."""

    opened: Store
    wish: CostWish
    day: datetime.date
    built: dict[tuple[str, Place], RateCard] = field(default_factory=dict)

    @property
    def table(self) -> rates.Rows:
        """The rows of the data that give a rate."""
        return self.opened.keep("rates", lambda: rates.rows_of(self.opened.layer("costs")))

    def at(self, place: Place, site: str) -> RateCard:
        """Return the rate card of a place with the own numbers that hold for a site."""
        key = site, place
        if key not in self.built:
            self.built[key] = rates.card(self.table, place, self.day, self.wish.terms(site))
        return self.built[key]

    def place(self, site: str) -> Place:
        row: Any = self.opened.layer("parks").loc[site]
        return Place(row["country"], _text(row["province_en"]), site)

    def card(self, site: str) -> RateCard:
        """Build the rate card of a site, its land being what is asked there if that is known."""
        place = self.place(site)
        card = self.at(place, site)
        if card.land.yours:
            return card
        average = money.benchmark(self.opened.table("rent_benchmarks"), place.country)
        park: Any = self.opened.layer("parks").loc[site]
        land = rates.land(self.table, park, place, self.day, average)
        return RateCard(**vars(card) | {"land": land})

    def floor(self, site: str) -> Rate:
        """Return the minimum wages of a place."""
        rows = rates.chosen(self.table, "wage_floor", self.place(site), self.day)
        return rates.of_rows(rows, self.table, self.day, self.wish.terms(site))

    def site(self, site: str, way: Way | None, goal: str | None) -> Site:
        """Return a site with all that its containers pay on a way."""
        home = self.place(site).country
        cards, ends = self._on_the_way(site, goal)
        leg = way.leg if way else None
        return Site(site, home, cards, leg, ends, self.holidays(site))

    def _on_the_way(
        self, site: str, goal: str | None
    ) -> tuple[dict[str, RateCard], tuple[str, ...]]:
        """Return the rate cards by country, and the lines that are paid at the end of the way."""
        countries = {*self.opened.layer("parks")["country"]}
        cards = {key: self.at(Place(key), site) for key in countries}
        cards[self.place(site).country] = self.card(site)
        ports: Any = self.opened.layer("ports")
        if goal not in ports.index:
            return cards, ()
        at = Place(ports.loc[goal, "country"], _text(ports.loc[goal, "province_en"]))
        cards[""] = self.at(at, site)
        return cards, AT_PORT

    def holidays(self, site: str) -> tuple[Holiday, ...]:
        """Return the reliefs of income tax that the policies of a site name."""
        park: Any = self.opened.layer("parks").loc[site]
        table = self.opened.layer("policies")
        asked: list[str] = [key for key in unfold(park["policies"]) if key in table.index]
        applying = f"country:{park['country']}"
        asked += [
            str(key) for key, kinds in table["applies_to"].items() if applying in unfold(kinds)
        ]
        return tuple(
            holiday
            for key in dict.fromkeys(asked)
            if (holiday := self._holiday(key, table.loc[key].to_dict()))
        )

    def _holiday(self, key: str, policy: dict[Any, Any]) -> Holiday | None:
        if not is_known(policy.get("cit_rate_pct")) or _ended(policy, self.day):
            return None
        years = policy["cit_rate_years"]
        if is_known(policy["cit_until"]):
            years = max(float(policy["cit_until"]) - self.day.year, 0.0)
        free, half = (
            float(policy[name]) if is_known(policy[name]) else 0.0
            for name in ("cit_free_years", "cit_half_years")
        )
        return Holiday(key, float(policy["cit_rate_pct"]), float(years), free, half)

    def goals(self, ways: dict[str, dict[str, Way]]) -> list[Goal]:
        """Reckon one container to every port and gate."""
        goals: list[Goal] = []
        for layer in ("ports", "gates"):
            index = self.opened.layer(layer).index
            keys = dict.fromkeys(key for key in chain(*ways.values()) if key in index)
            for key in keys:
                mine = {site: ways[site][key] for site in ways if key in ways[site]}
                sums = {site: self._sum(site, key, way.leg) for site, way in mine.items()}
                near = {
                    site: self._sum(site, key, way.near) for site, way in mine.items() if way.near
                }
                goals.append(Goal(key, layer, mine, sums, near))
        return sorted(goals, key=lambda goal: (goal.layer == "gates", _soonest(goal)))

    def _sum(self, site: str, goal: str, leg: Leg) -> Sum:
        cards, ends = self._on_the_way(site, goal)
        return rates.haul(leg, cards, self.place(site).country, ends=ends)


def _soonest(goal: Goal) -> float:
    return min(way.hours for way in goal.ways.values())


def _ended(policy: dict[Any, Any], day: datetime.date) -> bool:
    end = _text(policy.get("valid_to"))
    return bool(end) and end < day.isoformat()[: len(end)]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def origins(opened: Store, rate: Rate) -> tuple[Origin, ...]:
    """Return the sources of a rate."""
    if rate.table == "parks":
        return tuple(
            chain(*(sources.of_field(opened, key, "rent_term_low_usd_m2") for key in rate.rows))
        )
    if rate.table == "rent_benchmarks":
        table = opened.table("rent_benchmarks")
        averages = [money.benchmark(table, key) for key in rate.rows]
        rows = chain(*(average.rows for average in averages if average))
        return tuple(chain(*map(sources.of_row, rows)))
    table = opened.layer(rate.table)
    return tuple(chain(*(sources.of_row(table.loc[key].to_dict()) for key in rate.rows)))

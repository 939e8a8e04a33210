"""What a chain comes to: the legs of each site, its totals a month, the gate it hangs on, and what
its legs need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError
from geo.roads.drive import Drive
from geo.siting import chain, chain_rules, rates, screening
from geo.siting.chain import Closing, Legs, Loads, Prices, Totals
from geo.siting.chain_rules import Way
from geo.siting.rates import Place, Rate, RateCard
from webapp.i18n import gettext as _
from webapp.siting.chain_wish import ChainWish
from webapp.siting.places import Places
from webapp.store import Store

SHOWN = 15
MOST_SITES = 300
"""Sites of a file."""
MOST_CLOSED = 6
"""Gates whose closing is computed, those that most sites hang on first."""


@dataclass(frozen=True)
class Needed:
    """A rule, and the numbers of the places whose legs need it."""

    rule: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class SiteChain:
    """The chain of one site: its number among those compared, the gate it hangs on, and the rules
    that its legs need.
    """

    key: str
    number: int
    hangs: Closing | None
    rules: tuple[Needed, ...]


@dataclass(frozen=True, eq=False)
class Result:
    """What a chain comes to; ``gone`` are picked sites that the atlas does not hold."""

    wish: ChainWish
    places: Places
    sites: tuple[str, ...]
    legs: Legs
    loads: Loads
    prices: Prices
    totals: Totals
    cards: dict[str, RateCard]
    rows: tuple[SiteChain, ...]
    gone: tuple[str, ...]

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """The sites whose every place is reached, by the total that counts."""
        return self.totals.order(self.wish.total)

    @property
    def unranked(self) -> int:
        """How many sites have no total: a place is not reached, or no price is known."""
        return len(self.sites) - len(self.order)

    def spread(self, name: str) -> tuple[float, float]:
        """Return the least and the greatest total of the sites shown, for bars."""
        values = self.totals.by(name)[[row.number for row in self.rows]]  # type: ignore[arg-type]
        return (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)


def compute(opened: Store, wish: ChainWish, most: int = SHOWN) -> Result:
    """Compute the chain of all sites, and of the first ones what they hang on and need."""
    places = Places.of(opened, wish.own, wish.drive)
    sites, gone = _sites(opened, wish)
    drive = wish.driven(opened)
    legs = _legs(opened, drive, sites, places)
    loads = Loads.of(places.own, wish.payload_t, places.joined)
    cards = _cards(opened, wish, places)
    prices = _prices(opened, legs, sites, places, cards)
    totals = chain.totals(legs, loads, prices, wish.co2_g_tkm)
    bare = Result(
        wish, places, tuple(sites), legs, loads, prices, totals, cards, rows=(), gone=gone
    )
    first = bare.order[:most]
    hangs = _closings(opened, bare, first) if len(places.spots) else {}
    needed = _Rules(opened, bare)
    rows = [
        SiteChain(sites[number], number, hangs.get(number), needed.of(number))
        for number in first.tolist()
    ]
    return replace(bare, rows=tuple(rows))


def _sites(opened: Store, wish: ChainWish) -> tuple[list[str], tuple[str, ...]]:
    """Return the sites that are compared, in the order of the layer: those that are picked, else
    those that meet the limits; and picked ones that there are not.
    """
    index = opened.layer("parks").index
    if wish.picked:
        known = [key for key in index if key in set(wish.picked)]
        return known, tuple(key for key in wish.picked if key not in index)
    for policy in wish.sites.limits.get("policy", ()):
        if policy not in opened.layer("policies").index:
            raise InputError(_("There is no policy “%(name)s”.", name=policy))
    funnel = screening.screen(opened.sites(wish.drive), list(wish.sites.screens().values()))
    return [str(key) for key in funnel.remaining], ()


def _legs(opened: Store, drive: Drive, sites: Sequence[str], places: Places) -> Legs:
    network = opened.roads(drive)
    joined = opened.park_sides(drive)
    rows = opened.layer("parks").index.get_indexer(pd.Index(sites))
    return chain.legs(network, drive.profile, joined.some(rows), places.frame, places.comes_in)


def _cards(opened: Store, wish: ChainWish, places: Places) -> dict[str, RateCard]:
    """Return the rates of each country, with what somebody pays instead."""
    countries = {*opened.layer("parks")["country"], *(spot.country for spot in places.spots)}
    own = {line: Rate.of_yours(ends) for line, ends in wish.rates.items()}
    return {country: replace(_card(opened, country), **own) for country in sorted(countries - {""})}


def _card(opened: Store, country: str) -> RateCard:
    """Return the rates of a country by the data; kept for the day."""
    costs, today = opened.layer("costs"), date.today()
    return opened.keep(
        ("rate card", country, today), lambda: rates.card(costs, Place(country), today)
    )


def _prices(
    opened: Store,
    legs: Legs,
    sites: Sequence[str],
    places: Places,
    cards: dict[str, RateCard],
) -> Prices:
    ports = opened.layer("ports").index
    at_port = [spot.own.role == "port" or spot.own.where in ports for spot in places.spots]
    return chain.prices(
        legs,
        cards,
        opened.layer("parks")["country"].loc[list(sites)].tolist(),
        [spot.country for spot in places.spots],
        np.array(at_port, bool),
    )


def _closings(opened: Store, result: Result, rows: NDArray[np.intp]) -> dict[int, Closing]:
    """Return what the closing of its main gate would add to the chain of each site."""
    shares = chain.shares(result.legs, result.loads)
    if not len(shares.columns):
        return {}
    main = {
        row: str(shares.columns[int(values.argmax())])
        for row, values in zip(rows.tolist(), shares.to_numpy()[rows], strict=True)
        if values.max() > 0
    }
    by_gate = {gate: [row for row in main if main[row] == gate] for gate in set(main.values())}
    busiest = sorted(by_gate, key=lambda gate: (-len(by_gate[gate]), gate))[:MOST_CLOSED]
    closings: dict[int, Closing] = {}
    for gate in busiest:
        numbers = by_gate[gate]
        keys = [result.sites[number] for number in numbers]
        drive = result.wish.drive
        closed = replace(drive, closed=tuple(sorted({*drive.closed, gate})))
        legs = _legs(opened, closed, keys, result.places)
        after = legs, _prices(opened, legs, keys, result.places, result.cards)
        before = (
            chain.take(result.legs, np.array(numbers)),
            replace(
                result.prices,
                low=result.prices.low[numbers],
                lacking=result.prices.lacking[numbers],
                high=result.prices.high[numbers],
            ),
        )
        for at, number in enumerate(numbers):
            closings[number] = chain.closing(gate, at, before, after, result.loads)
    return closings


class _Rules:
    """Finds what the legs of a site need; legs that are alike are looked up once."""

    def __init__(self, opened: Store, result: Result) -> None:
        self.result = result
        self.rules = opened.layer("rules")
        self.country = opened.layer("parks")["country"]
        self.ports = opened.layer("ports").index
        self.known: dict[Way, list[str]] = {}

    def of(self, number: int) -> tuple[Needed, ...]:
        """Return the rules that the legs of a site need, with the places whose legs do."""
        here = str(self.country.loc[self.result.sites[number]])
        needed: dict[str, list[int]] = {}
        for place, spot in enumerate(self.result.places.spots):
            if not spot.standing.is_joined:
                continue
            where = spot.own.where
            port = where if isinstance(where, str) and where in self.ports else ""
            ends = (spot.country, here) if spot.own.comes_in else (here, spot.country)
            way = Way(*ends, self.result.legs.gates(number, place), port)
            for rule in self._needed(way):
                needed.setdefault(rule, []).append(place)
        return tuple(Needed(rule, tuple(places)) for rule, places in needed.items())

    def _needed(self, way: Way) -> list[str]:
        if way not in self.known:
            goods, today = self.result.wish.goods, date.today()
            self.known[way] = chain_rules.needed(self.rules, way, today, goods)
        return self.known[way]

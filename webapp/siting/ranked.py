"""What a wish leads to: the funnel, the ranking as cards, and how far it can be trusted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import blake2b
from typing import Any

import pandas as pd

from geo.kept import Kept
from geo.siting import ranking, reversals, robustness, screening, sites
from geo.siting.criteria import Criterion
from geo.siting.limits import STANDING, Limit
from geo.siting.measures import OWN, PLANT
from geo.siting.ranking import Ranking
from webapp import labels
from webapp.siting import wished, wording
from webapp.siting.wish import Wish
from webapp.store import Store

DRAWS = 10_000
DRAWS_OF_AMOUNTS = 1_000
"""Weightings with uncertain amounts drawn besides: each takes ten times as long."""
SHOWN = 15
LISTED = 300
"""Sites that are named of those that are removed or not ranked."""
KEPT_SHARES = 64


@dataclass(frozen=True)
class Removed:
    """A site that falls out: the name of the limit that removes it, whether because its cell is
    empty, and by how much it fails.
    """

    site: str
    name: str
    limit: Limit
    unknown: bool
    shortfall: float


@dataclass(frozen=True)
class Lacking:
    """Sites that lack a value, all ranked or all not: with the range of each, and for how many each
    criterion is the reason.
    """

    sites: pd.DataFrame
    counts: dict[str, int]

    @classmethod
    def of(cls, ranked: Ranking, which: pd.Series, reasons: set[str]) -> Lacking:
        sites = ranked.unknown[which[ranked.unknown.index].to_numpy(bool)]
        names = Counter(name for cell in sites["missing"] for name in cell if name in reasons)
        return cls(sites, dict(names.most_common()))


@dataclass(frozen=True)
class Card:
    """A site of the list.

    Attributes
    ----------
    score, low, high
        Of 100; `low` and `high` are where it lies in nine of ten draws of uncertain numbers.
    span
        Between which scores unknown values leave it; None where all are known.
    bars
        Where each part of its bar begins and how wide it is.
    parts, amounts
        By criterion, in words; what `parts` holds is of 100.
    """

    site: str
    score: float
    low: float
    high: float
    span: tuple[float, float] | None
    bars: list[tuple[float, float]]
    parts: dict[str, str]
    amounts: dict[str, str]


@dataclass(frozen=True)
class Ranked:
    """Sites in order, those that lack a value, and the bands of the sites that are shown."""

    ranking: Ranking
    apart: Lacking
    ranged: Lacking
    standing: pd.DataFrame
    spread: pd.DataFrame

    @property
    def rows(self) -> list[str]:
        return list(self.ranking.order[:SHOWN])

    @property
    def weights(self) -> dict[str, float]:
        return {str(name): float(weight) for name, weight in self.ranking.weights.items()}

    @cached_property
    def bands(self) -> dict[str, tuple[int, int]]:
        """The first and the last place of each band, by the site that is its first."""
        band = self.standing["band"]
        places = pd.Series(range(1, len(band) + 1), band.index).groupby(band).agg(["first", "last"])
        order = self.ranking.order
        return {order[first - 1]: (first, last) for first, last in places.to_numpy().tolist()}

    @cached_property
    def cards(self) -> list[Card]:
        """The sites that are shown."""
        rows, weights = self.rows, self.weights
        scores = (100 * self.ranking.scores.loc[rows]).tolist()
        ends = (100 * self.standing.loc[rows, ["low", "high"]]).to_numpy().tolist()
        parts = self.ranking.parts.loc[rows, list(weights)].to_numpy().tolist()
        amounts = self.ranking.raw.loc[rows].to_numpy().tolist()
        unknown = self.ranged.sites if self.ranking.unknown_as == "apart" else None
        cards = []
        for at, site in enumerate(rows):
            part = dict(zip(weights, parts[at], strict=True))
            span: tuple[float, float] | None = None
            missing: tuple[str, ...] = ()
            if unknown is not None and site in unknown.index:
                row: Any = unknown.loc[site]
                span, missing = (float(row.score_low), float(row.score_high)), row.missing
            low, high = ends[at]
            card = Card(
                site=site,
                score=scores[at],
                low=low,
                high=high,
                span=(100 * span[0], 100 * span[1]) if span else None,
                bars=wording.bars(part, missing, *(span or (0.0, 0.0))),
                parts={
                    name: "" if name in missing else labels.decimal(100 * value, 1)
                    for name, value in part.items()
                },
                amounts={
                    each.id: wording.amount(each.id, amounts[at][column])
                    for column, each in enumerate(self.ranking.criteria)
                    if each.id in weights
                },
            )
            cards.append(card)
        return cards


@dataclass(frozen=True)
class Result:
    """What a wish leads to; ``ranked`` is None if no site is left, or nothing weighs; ``own``
    places by name, with the seconds between each and every site.
    """

    table: pd.DataFrame
    limits: dict[str, Limit]
    funnel: screening.Funnel
    ranked: Ranked | None
    own: tuple[tuple[str, pd.Series], ...] = ()

    @property
    def steps(self) -> list[tuple[str, screening.Step]]:
        return list(zip(self.limits, self.funnel.steps, strict=True))

    @property
    def remaining(self) -> int:
        return len(self.funnel.remaining)

    @property
    def unsure(self) -> set[str]:
        """The sites that are unknown at some limit that was asked for."""
        asked = [position for position, name in enumerate(self.limits) if name not in STANDING]
        states = self.funnel.states.loc[self.funnel.remaining, asked]
        return set(self.funnel.remaining[(states == screening.UNKNOWN).any(axis=1)])

    @property
    def removed(self) -> list[Removed]:
        """The sites that fall out, ``LISTED`` of them at most."""
        names = list(self.limits)
        return [
            Removed(site, names[first], self.limits[names[first]], unknown, shortfall)
            for site, first, unknown, shortfall, *_rest in self.funnel.first_removed(
                LISTED
            ).itertuples()
        ]

    @property
    def relax(self) -> list[tuple[str, screening.Relaxation]]:
        """The smallest changes that let three sites pass; none where some do already."""
        return [(name, change) for name, change in self._changes if change.enough][:3]

    @property
    def unknown_only(self) -> list[tuple[str, screening.Relaxation]]:
        """The limits that remove sites only because something is unknown of them; none where some
        sites are left.
        """
        return [(name, change) for name, change in self._changes if change.by_keeping_unknown]

    @cached_property
    def _changes(self) -> list[tuple[str, screening.Relaxation]]:
        names = list(self.limits)
        changes = [] if self.remaining else self.funnel.relax(3)
        return [(names[change.position], change) for change in changes]

    def plant_times(self, profile: str) -> dict[str, str]:
        """Write how far the sites that are shown are from the plant that is supplied, by site;
        nothing where none is.
        """
        column = PLANT.column.format(profile=profile)
        if self.ranked is None or column not in self.table:
            return {}
        rows = self.ranked.rows
        return {
            site: wording.time(seconds)
            for site, seconds in zip(rows, self.table.loc[rows, column].tolist(), strict=True)
        }

    def own_times(self, site: str) -> list[tuple[str, str]]:
        """Name each own place, and write how far a site is from it; nothing where the criterion
        says it already.
        """
        weighed = self.ranked is not None and OWN.id in self.ranked.weights
        if weighed and len(self.own) == 1:
            return []
        return [(name, wording.time(float(seconds[site]))) for name, seconds in self.own]


@dataclass(frozen=True)
class Trust:
    """How far a ranking can be trusted; `places` of the sites that are shown."""

    intervals: pd.DataFrame
    shares: pd.DataFrame
    unsure_shares: pd.DataFrame
    places: pd.DataFrame
    disagreement: robustness.Disagreement
    reversals: reversals.Reversals


def result(opened: Store, wish: Wish, funnel: screening.Funnel | None = None) -> Result:
    """Screen and rank the sites; `funnel` is that of the wish, where there is one already."""
    table, screens = wished.table(opened, wish), wish.screens()
    asked = wish.criteria()
    funnel = funnel or screening.screen(table, list(screens.values()))
    left = table.loc[funnel.remaining]
    ranked = _ranked(opened, wish, left, asked) if len(left) and asked else None
    return Result(table, screens, funnel, ranked, wished.by_place(opened, wish))


def _ranked(opened: Store, wish: Wish, left: pd.DataFrame, asked: list[Criterion]) -> Ranked:
    weights = {each.id: wish.weights[each.id] for each in asked}
    ranked = ranking.rank(left, asked, weights, method=wish.method, unknown=wish.unknown)
    heavy = {each.id for each, light in zip(asked, ranked.light, strict=True) if not light}
    spread = _spread(opened, wish, ranked, left)
    return Ranked(
        ranked,
        Lacking.of(ranked, ranked.scores.isna(), heavy),
        Lacking.of(ranked, ranked.scores.notna(), set(weights)),
        robustness.bands(ranked, spread, first=SHOWN),
        spread,
    )


def trust(opened: Store, wish: Wish, answer: Result) -> Trust | None:
    """Find how far a ranking can be trusted; None where no site is ranked."""
    if answer.ranked is None or not answer.ranked.rows:
        return None
    ranked = answer.ranked.ranking
    return Trust(
        robustness.weight_intervals(ranked),
        *_shares(opened, wish, answer.ranked),
        robustness.place_ranges(ranked, answer.ranked.rows, DRAWS_OF_AMOUNTS),
        robustness.disagreement(ranked),
        reversals.reversals(ranked),
    )


def _spread(opened: Store, wish: Wish, ranked: Ranking, left: pd.DataFrame) -> pd.DataFrame:
    """Return how uncertain the amounts of each criterion are, by its id; 0 where that is not known,
    so that they count as exact.
    """
    drive, names = wish.drive, {each.column: each.id for each in ranked.criteria}
    spread = sites.uncertainty(
        left,
        opened.destinations(drive.closed),
        network=opened.roads(drive),
        year=date.today().year,
        columns=list(names),
    )
    return spread.rename(columns=names).fillna(0)


def _shares(opened: Store, wish: Wish, held: Ranked) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find in what shares of all weightings sites lead, also with uncertain amounts. The weights at
    hand do not matter, so a slider that moves finds it kept.
    """
    ranked = held.ranking

    def make() -> list[pd.DataFrame]:
        tables = (
            robustness.shares(ranked, DRAWS),
            robustness.shares(ranked, DRAWS_OF_AMOUNTS, spread=held.spread),
        )
        return [table[(table > 0).any(axis=1)] for table in tables]  # few of a hundred thousand

    version = opened.network(wish.drive.network).version
    terms = wish.drive, version, ranked.criteria, wish.method, wish.unknown, date.today().year
    ids = blake2b("\n".join(ranked.scores.index).encode(), digest_size=16).digest()
    kept: Kept = opened.keep("shares", lambda: Kept(KEPT_SHARES))
    tables = kept.get((*terms, tuple(ranked.light), ids), make)
    known, unsure = (
        table.reindex(ranked.scores.index[ranked.ranked], fill_value=0.0) for table in tables
    )
    return known, unsure

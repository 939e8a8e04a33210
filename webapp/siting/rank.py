"""The investor's table: requirements, the funnel, the ranking and how far it can be trusted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
import shapely
from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from numpy.typing import NDArray

from geo import maps
from geo.errors import InputError
from geo.kept import Kept
from geo.layers import unfold
from geo.siting import ranking, reversals, robustness, screening, sites
from geo.siting.criteria import Criterion
from geo.siting.limits import STANDING, ZONES, Limit
from geo.siting.measures import CHOICES, NEEDS, TITLES, criteria, limits
from geo.siting.ranking import Ranking
from webapp import args, labels, readers
from webapp.i18n import current
from webapp.map_frame import MapFrame, basemap_url, map_frame
from webapp.siting import wording, worth
from webapp.siting.wish import MOST_PICKED, WEIGHTS, Wish
from webapp.store import Store, store

pages = Blueprint("rank", __name__)

STATE = (
    *("example", "edited", "needs", *CHOICES, *limits(), "drop", "also"),
    *(*WEIGHTS, *worth.PARAMETERS, "method", "unknown", "pick", *args.DRIVE),
)
DRAWS = 10_000
DRAWS_OF_AMOUNTS = 1_000
"""Weightings with uncertain amounts drawn besides: each takes ten times as long."""
SHOWN = 15
LISTED = 300
"""Sites that are named of those that are removed or not ranked."""
TYPED = (*limits(), *(f"v_{name}_{end}" for name in criteria() for end in ("from", "to")))
"""Fields that a number is typed into."""
KEPT_SHARES = 64


# What is shown ------------------------------------------------------------------------------------


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
class Trust:
    """How far a ranking can be trusted; ``bands`` by the site that is the first of each."""

    bands: dict[str, tuple[int, int]]
    intervals: pd.DataFrame
    shares: pd.DataFrame
    unsure_shares: pd.DataFrame
    disagreement: robustness.Disagreement
    reversals: reversals.Reversals


@dataclass(frozen=True)
class Ranked:
    """Sites in order, those that lack a value, and unless none is ranked how far to trust it."""

    ranking: Ranking
    apart: Lacking
    ranged: Lacking
    trust: Trust | None

    @property
    def rows(self) -> list[str]:
        return list(self.ranking.order[:SHOWN])

    @property
    def weights(self) -> dict[str, float]:
        return {str(name): float(weight) for name, weight in self.ranking.weights.items()}


@dataclass(frozen=True)
class Result:
    """What a wish leads to; ``ranked`` is None if no site is left, or nothing weighs."""

    table: pd.DataFrame
    limits: dict[str, Limit]
    funnel: screening.Funnel
    ranked: Ranked | None

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
        if self.remaining:
            return []
        names = list(self.limits)
        changes = [change for change in self.funnel.relax(3) if change.enough]
        return [(names[change.position], change) for change in changes[:3]]


@pages.get("/rank")
def rank() -> Any:
    values, slips = args.parse_form(request.args, (*STATE, "part"), TYPED)
    opened = store()
    wish, left_out, funnel = asked(opened, values)
    shown = result(opened, wish, funnel)
    page = render_template(
        "siting/_rank.html" if values.get("part") else "siting/rank.html",
        wish=wish,
        map=None if values.get("part") else _map(opened),
        pins=_pins(opened, shown.ranked) if shown.ranked else "",
        left_out=left_out,
        examples=opened.examples(),
        facets=_facets(opened),
        parks=opened.layer("parks"),
        park=cache(partial(_park, opened)),
        result=shown,
        limit_text=cache(wording.limit_text),
        zone_kinds=ZONES,
        slips=slips,
        field_name=wording.field_name,
    )
    return (
        (page, 400) if slips and "part" not in values else page
    )  # the part names them too, for a script that marks the fields


def asked(opened: Store, values: dict[str, Any]) -> tuple[Wish, dict[str, int], screening.Funnel]:
    """Read a wish, without the criteria of an example that too few sites have, and screen by it."""
    for policy in values.get("policy", ()):
        if policy not in opened.layer("policies").index:
            raise InputError(_("There is no policy “%(name)s”.", name=policy))
    wish, left_out = Wish.of(values, opened.examples()), dict[str, int]()
    funnel = screening.screen(opened.sites(wish.drive), list(wish.screens().values()))
    if "edited" not in values:
        wish, left_out = _fit(opened, wish, funnel)
    return wish, left_out, funnel


def _park(opened: Store, key: str) -> dict[str, Any]:
    """Return a row of the parks by column."""
    index = opened.layer("parks").index
    numbers = opened.keep("numbers of parks", lambda: {name: at for at, name in enumerate(index)})
    return opened.rows("parks", [numbers[key]])[0]


def _map(opened: Store) -> MapFrame:
    texts = {"zoom-in": _("Zoom in"), "zoom-out": _("Zoom out")}
    return map_frame(opened, basemap_url(opened), texts=texts)


def _pins(opened: Store, ranked: Ranked) -> Markup:
    """Write where the sites of a ranking lie, as JSON: rows of id, longitude, latitude and name of
    those that are listed, and of those that follow.
    """
    parks, keys = opened.layer("parks"), ranked.ranking.order[: SHOWN + LISTED]

    def make() -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        lonlat = shapely.get_coordinates(parks.geometry.to_numpy())
        return np.round(lonlat, maps.DECIMALS), labels.names(parks).to_numpy(object)

    lonlat, names = opened.keep(("pins", current().code), make)
    at, listed = parks.index.get_indexer(pd.Index(keys)), len(ranked.rows)
    marks = [
        [key, *place, name]
        for key, place, name in zip(keys, lonlat[at].tolist(), names[at], strict=True)
    ]
    return Markup(maps.script_json({"listed": marks[:listed], "others": marks[listed:]}))


def _fit(opened: Store, wish: Wish, funnel: screening.Funnel) -> tuple[Wish, dict[str, int]]:
    """Take the weight from criteria of an example that are unknown of more than half of the sites
    that are left; return of how many.
    """
    left = opened.sites(wish.drive).loc[funnel.remaining]
    lacking = {each.id: int(left[each.column].isna().sum()) for each in wish.criteria()}
    left_out = {name: n for name, n in lacking.items() if 2 * n > len(left)}
    kept = {name: weight for name, weight in wish.weights.items() if name not in left_out}
    return (replace(wish, weights=kept), left_out) if any(kept.values()) else (wish, {})


def _facets(opened: Store) -> dict[str, list[str]]:
    """Return what can be chosen, by parameter."""

    def make() -> dict[str, list[str]]:
        parks = opened.layer("parks")
        cells = {name: parks[row.column].dropna() for name, row in CHOICES.items()}
        return {
            name: sorted({code for cell in cells[name] for code in unfold(cell)})
            if row.kind == "includes"
            else sorted(cells[name].unique())
            for name, row in CHOICES.items()
        }

    return opened.keep("choices", make)


def result(opened: Store, wish: Wish, funnel: screening.Funnel | None = None) -> Result:
    """Screen and rank the sites, and find how far the ranking can be trusted; `funnel` is that of
    the wish, where there is one already.
    """
    table, screens, asked = opened.sites(wish.drive), wish.screens(), wish.criteria()
    funnel = funnel or screening.screen(table, list(screens.values()))
    left = table.loc[funnel.remaining]
    ranked = _ranked(opened, wish, left, asked) if len(left) and asked else None
    return Result(table, screens, funnel, ranked)


def _ranked(opened: Store, wish: Wish, left: pd.DataFrame, asked: list[Criterion]) -> Ranked:
    weights = {each.id: wish.weights[each.id] for each in asked}
    ranked = ranking.rank(left, asked, weights, method=wish.method, unknown=wish.unknown)
    heavy = {each.id for each, light in zip(asked, ranked.light, strict=True) if not light}
    return Ranked(
        ranked,
        Lacking.of(ranked, ranked.scores.isna(), heavy),
        Lacking.of(ranked, ranked.scores.notna(), set(weights)),
        _trust(opened, wish, ranked, left) if len(ranked.order) else None,
    )


def _trust(opened: Store, wish: Wish, ranked: Ranking, left: pd.DataFrame) -> Trust:
    bands = robustness.bands(ranked, _spread(opened, wish, ranked, left), first=SHOWN)
    places = pd.Series(range(1, len(bands) + 1), bands.index).groupby(bands).agg(["first", "last"])
    return Trust(
        {ranked.order[first - 1]: (first, last) for first, last in places.to_numpy().tolist()},
        robustness.weight_intervals(ranked),
        *_shares(opened, wish, ranked, left),
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
    )
    return spread[list(names)].rename(columns=names).fillna(0)


def _shares(
    opened: Store, wish: Wish, ranked: Ranking, left: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find in what shares of all weightings sites lead, also with uncertain amounts. The weights at
    hand do not matter, so a slider that moves finds it kept.
    """

    def make() -> list[pd.DataFrame]:
        tables = (
            robustness.shares(ranked, DRAWS),
            robustness.shares(ranked, DRAWS_OF_AMOUNTS, spread=_spread(opened, wish, ranked, left)),
        )
        return [table[(table > 0).any(axis=1)] for table in tables]  # few of a hundred thousand

    version = opened.network(wish.drive.network).version
    terms = wish.drive, version, ranked.criteria, wish.method, wish.unknown, date.today().year
    sites = blake2b("\n".join(left.index).encode(), digest_size=16).digest()
    kept: Kept = opened.keep("shares", lambda: Kept(KEPT_SHARES))
    tables = kept.get((*terms, tuple(ranked.light), sites), make)
    known, unsure = (
        table.reindex(ranked.scores.index[ranked.ranked], fill_value=0.0) for table in tables
    )
    return known, unsure


@pages.context_processor
def _words() -> dict[str, Any]:
    """Return what the templates write with."""
    return {
        "amount": wording.amount,
        "band_text": wording.band_text,
        "bars": wording.bars,
        "choices": CHOICES,
        "criteria": criteria(),
        "criterion_name": wording.criterion_name,
        "limit_rows": limits(),
        "limit_text": wording.limit_text,
        "most_picked": MOST_PICKED,
        "needs": {name: TITLES[name] for name in NEEDS},
        "policy_title": lambda policy: wording.code("policy", policy),
        "relaxed_text": wording.relaxed_text,
        "shortfall_text": wording.shortfall_text,
        "light": ranking.LIGHT,
        "listed": LISTED,
        "plain": readers.plain,
        "shapes": wording.shapes,
        "worth_text": wording.worth_text,
        "without": lambda weights, name: {
            each: weight for each, weight in weights.items() if each != name
        },
    }

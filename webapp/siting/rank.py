"""The page on which a site is found: who one is, must-haves, weights; the ranking and its trust."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import shapely
from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup
from numpy.typing import NDArray

from geo import maps
from geo.errors import InputError
from geo.kept import Kept
from geo.layers import unfold
from geo.siting import ranking, screening
from geo.siting.limits import STANDING, ZONES
from geo.siting.measures import (
    CHOICES,
    FRONT,
    NEEDS,
    OWN,
    PLANT,
    TITLES,
    criteria,
    limits,
)
from geo.siting.own_places import ROLES
from webapp import args, labels, readers
from webapp.args import Slip
from webapp.explore import coming
from webapp.field_words import field_name
from webapp.i18n import current, said
from webapp.i18n import gettext as _
from webapp.map_frame import MapFrame, basemap_url, map_frame
from webapp.siting import places, plants, wished, wording, worth
from webapp.siting.ranked import (
    DRAWS,
    DRAWS_OF_AMOUNTS,
    LISTED,
    SHOWN,
    Ranked,
    Result,
    Trust,
    result,
    trust,
)
from webapp.siting.wish import BORDER, MOST_PICKED, WEIGHTS, Wish
from webapp.store import Store, store

pages = Blueprint("rank", __name__)

STATE = (
    *("example", "edited", "needs", *CHOICES, *limits(), "drop", "also", "supplies", "border"),
    *(*WEIGHTS, *worth.PARAMETERS, "method", "unknown", "pick", "place", *args.DRIVE),
)
ADDED = ("add_where", "add_role")
"""An own place that is typed in; it becomes a ``place``."""
TYPED = (
    "add_where",
    *limits(),
    *(f"v_{name}_{end}" for name in criteria() for end in ("from", "to")),
)
"""Fields that a number is typed into."""
_OWN = frozenset(("place", *ADDED))
KEPT_LISTS = 64
FEW = 5
"""Sliders that are seen at first."""


@pages.get("/rank")
def rank() -> Any:
    values, slips = args.parse_form(request.args, (*STATE, *ADDED, "part"), TYPED)
    opened, part = store(), values.get("part")
    values, gone = without_gone(opened, values)
    values, wrong_worths, wrong = worth.without_faults(values)
    slips |= wrong
    if "add_where" in values:
        own, faults = places.typed(opened, {name: values[name] for name in values.keys() & _OWN})
        if not faults and not slips:
            return redirect(_address(Wish.of(values, opened.examples()).with_place(own[-1])))
        slips |= {name: Slip(values[name], fault) for name, fault in faults.items()}
    wish, left_out, funnel = asked(opened, values)
    answer = result(opened, wish, funnel)
    context = {
        "wish": wish,
        "result": answer,
        "park": park_of(opened),
        "trust": None if part == "sheet" else trust(opened, wish, answer),
    }
    if part == "trust":
        return render_template("siting/_trust.html", **context)
    context |= {
        "gone": gone,
        "coming": coming.counts(opened, answer.ranked.rows, wish.drive) if answer.ranked else {},
        "near_min": coming.NEAR_MIN,
        "pins": _pins(opened, answer.ranked) if answer.ranked else "",
        "left_out": left_out,
        "parks": opened.layer("parks"),
        "plant": plants.plants(opened).get(wish.supplies),
        "places": wished.places_of(opened, wish),
        "limit_text": cache(wording.limit_text),
        "removed": _removed(opened, wish, answer),
        "slips": slips,
        "field_name": field_name,
    }
    if part:  # names what cannot be read as well, for a script that marks the fields
        return render_template("siting/_rank.html", **context)
    page = render_template(
        "siting/rank.html",
        **context,
        **_form(opened, wish),
        worths=wish.worth | wrong_worths,
    )
    return (page, 400) if slips else page


def _removed(opened: Store, wish: Wish, answer: Result) -> Markup:
    """List the sites that fall out. Weights do not matter, so a slider that moves finds it kept."""

    def make() -> Markup:
        removed = answer.removed
        if not removed:
            return Markup()
        page = render_template(
            "siting/_removed.html",
            removed=removed,
            count=answer.funnel.count_removed,
            park=park_of(opened),
            limit_text=cache(wording.limit_text),
            zone_kinds=ZONES,
        )
        return Markup(page)

    version = opened.networks.version(wish.drive.network)
    asked = tuple(answer.limits.items()), wish.drive, version, wish.supplies, wish.own
    kept: Kept = opened.keep("removed", lambda: Kept(KEPT_LISTS))
    return kept.get((asked, current().code, request.script_root), make)


def _address(wish: Wish) -> str:
    language = [("lang", request.args["lang"])] if request.args.get("lang") else []
    return f"{url_for('rank.rank')}?{urlencode([*wish.query(), *language])}"


def _form(opened: Store, wish: Wish) -> dict[str, Any]:
    """Return what the form asks, what it asks first, and what it folds."""
    usual = [name for name, weight in wish.weights.items() if weight]
    measures = wish.measures
    sliders = [*usual, *(name for name in measures if name not in usual)]
    front = set(sliders[: max(FEW, len(usual))])
    first = {name: limits()[name] for name in FRONT if name in limits()}
    apart = (PLANT.limit, OWN.limit)
    others = {name: row for name, row in limits().items() if name not in (*first, *apart)}
    first |= {name: others.pop(name) for name in list(others) if name in wish.limits}
    return {
        "map": _map(opened),
        "examples": opened.examples(),
        "facets": _facets(opened),
        "plants": [
            (key, plants.name(opened, plant)) for key, plant in plants.plants(opened).items()
        ],
        "plant_limit": PLANT,
        "own_limit": OWN,
        "roles": {role: said(text) for role, text in ROLES.items()},
        "every": places.options(opened),
        "chain_query": chain_query,
        "criteria": measures,
        "usual_min": plants.USUAL_MIN,
        "first_limits": first,
        "other_limits": others,
        "first_sliders": [name for name in measures if name in front],
        "other_sliders": [name for name in measures if name not in front],
        "border": BORDER,
    }


def chain_query(wish: Wish) -> list[tuple[str, Any]]:
    """Return the query of the chain of the same own places and limits."""
    kept = {"place", "edited", "needs", "drop", "also", *CHOICES, *limits(), *args.DRIVE}
    return [pair for pair in wish.query() if pair[0] in kept and pair[0] != OWN.limit]


def without_gone(opened: Store, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Take out what an older link names and the data no longer hold; return what is left, and what
    is gone in words.
    """
    known: dict[str, tuple[str, Iterable[str]]] = {
        "example": (_("template"), opened.examples()),
        "supplies": (_("plant"), plants.plants(opened)),
        "policy": (_("policy"), opened.layer("policies").index),
        "pick": (_("site"), opened.layer("parks").index),
    }
    kept, gone = dict(values), list[str]()
    for name, (noun, there) in known.items():
        if name not in values:
            continue
        value = values[name]
        texts = [value] if isinstance(value, str) else list(value)
        lost = [text for text in texts if text not in there]
        gone += [_("%(noun)s “%(name)s”", noun=noun, name=text) for text in lost]
        if lost:
            left = [text for text in texts if text not in lost]
            kept[name] = left
            if not left:
                del kept[name]
    return kept, gone


def asked(opened: Store, values: dict[str, Any]) -> tuple[Wish, dict[str, int], screening.Funnel]:
    """Read a wish, without the criteria of an example that too few sites have, and screen by it."""
    wish, left_out = wished.settled(opened, Wish.of(values, opened.examples())), dict[str, int]()
    table = wished.table(opened, wish)
    funnel = screening.screen(table, list(wish.screens().values()))
    if "edited" not in values:
        wish, left_out = _fit(opened, wish, funnel)
    return wish, left_out, funnel


def strict(opened: Store, values: dict[str, Any]) -> dict[str, Any]:
    """Return values as they are, for files, which hold all that is asked or nothing.

    Raises
    ------
    InputError
        The data do not hold what is named.
    """
    _kept, gone = without_gone(opened, values)
    if gone:
        raise InputError(_("No longer in the data:"), gone)
    return values


def park_of(opened: Store) -> Callable[[str], dict[str, Any]]:
    """Return what reads a row of the parks by its id, each once."""
    return cache(partial(_park, opened))


def _park(opened: Store, key: str) -> dict[str, Any]:
    """Return a row of the parks by column."""
    index = opened.layer("parks").index
    numbers = opened.keep("numbers of parks", lambda: {name: at for at, name in enumerate(index)})
    return opened.rows("parks", [numbers[key]])[0]


def _map(opened: Store) -> MapFrame:
    return map_frame(opened, basemap_url(opened))


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
    left = wished.table(opened, wish).loc[funnel.remaining]
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


def trust_sentence(trusted: Trust, park: Callable[[str], dict[str, Any]], leader: str) -> str:
    """Write in one sentence how far the first place can be trusted."""
    share: Any = trusted.shares.at[leader, "first"]
    low, high = (int(trusted.places[end][leader]) for end in ("low", "high"))
    values = {
        "name": labels.name(park(leader)),
        "share": round(100 * share),
        "n": labels.decimal(DRAWS),
        "b": high,
    }
    if low == high:
        return _(
            "%(name)s is first in %(share)s %% of %(n)s random weightings, and in 9 of 10 on place"
            " %(b)s.",
            **values,
        )
    return _(
        "%(name)s is first in %(share)s %% of %(n)s random weightings, and in 9 of 10 between"
        " places %(a)s and %(b)s.",
        a=low,
        **values,
    )


def without(held: Any, name: str) -> Any:
    """Return weights or names without one of them."""
    if isinstance(held, dict):
        return {each: weight for each, weight in held.items() if each != name}
    return tuple(each for each in held if each != name)


def relaxed_query(wish: Wish, name: str, change: screening.Relaxation) -> list[tuple[str, Any]]:
    """Return the query of the same wish with one limit relaxed."""
    limit = change.limit
    if name in STANDING:
        return wish.query(also=(*wish.also, name))
    if isinstance(limit.value, tuple):
        return wish.query(limits=wish.limits | {name: [*limit.value, *change.added]})
    return wish.query(limits=wish.limits | {name: wording.relaxed_to(name, change)})


@pages.context_processor
def words() -> dict[str, Any]:
    """Return what the templates write with."""
    return {
        "amount": wording.amount,
        "band_text": wording.band_text,
        "bars": wording.bars,
        "choices": CHOICES,
        "criteria": criteria(),
        "criterion_name": wording.criterion_name,
        "draws": DRAWS,
        "draws_of_amounts": DRAWS_OF_AMOUNTS,
        "limit_text": wording.limit_text,
        "most_picked": MOST_PICKED,
        "needs": {name: TITLES[name] for name in NEEDS},
        "policy_title": lambda policy: wording.code("policy", policy),
        "relaxed_query": relaxed_query,
        "relaxed_text": wording.relaxed_text,
        "shortfall_text": wording.shortfall_text,
        "light": ranking.LIGHT,
        "listed": LISTED,
        "plain": readers.plain,
        "shapes": wording.shapes,
        "trust_sentence": trust_sentence,
        "worth_text": wording.worth_text,
        "without": without,
    }

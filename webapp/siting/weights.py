"""Weights by pairwise comparison (AHP): which of two criteria counts more, and by how much; and
whether the answers agree.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flask import Blueprint, render_template, request

from geo.errors import InputError
from geo.siting import ranking
from geo.siting.measures import table_criteria
from webapp import args
from webapp.i18n import gettext as _
from webapp.siting.wording import criterion_name

pages = Blueprint("weights", __name__)

FEWEST, MOST = 2, 6
LIMIT = 0.1
"""A consistency ratio above this asks for second thoughts. Source: Saaty 1980, remembered, as in
:func:`geo.siting.ranking.ahp`.
"""
STEPS = (5, 3, 1, -3, -5)
"""Answers that are offered, as they stand in an address: from “first much more” to “first much
less”. Links may hold any from 9 to -9; such a one is offered besides.

Source: a Zone Atlas choice of five of the seventeen steps of Saaty 1980.
"""

Pairs = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Conflict:
    """Three criteria whose comparisons contradict each other most: a to b and b to c make
    `implied`, a to c was `said`.
    """

    a: str
    b: str
    c: str
    first: Fraction
    second: Fraction
    said: Fraction

    @property
    def implied(self) -> Fraction:
        return self.first * self.second


@pages.get("/weights")
def weights() -> str:
    values = args.parse(request.args, ("criterion", "pair"))
    given: Pairs = values.get("pair", {})
    named = set(values["criterion"] if "criterion" in values else itertools.chain(*given))
    chosen = [name for name in table_criteria() if name in named]
    if chosen and not FEWEST <= len(chosen) <= MOST:
        raise InputError(
            _(
                "Compare %(few)s to %(many)s criteria; these are %(n)s.",
                few=FEWEST,
                many=MOST,
                n=len(chosen),
            )
        )
    pairs = {
        (one, other): times_of(given, one, other)
        for one, other in itertools.combinations(chosen, 2)
    }
    answered = any({pair, pair[::-1]} & given.keys() for pair in pairs)
    found = ranking.ahp(matrix(chosen, pairs)) if answered else None
    shown = (
        []
        if found is None
        else sorted(zip(chosen, found.weights.tolist(), strict=True), key=lambda one: -one[1])
    )
    return render_template(
        "siting/weights.html",
        criteria={name: criterion_name(name) for name in table_criteria()},
        chosen=chosen,
        fewest=FEWEST,
        most=MOST,
        pairs=[(one, other, code, options(code)) for (one, other), code in pairs.items()],
        kept=[f"{one}:{other}:{code}" for (one, other), code in given.items()],
        found=found,
        shown=shown,
        limit=LIMIT,
        conflict=(
            worst_conflict(chosen, pairs)
            if found is not None and found.consistency_ratio > LIMIT
            else None
        ),
        link=[("edited", 1), *((f"w_{name}", f"{100 * weight:.1f}") for name, weight in shown)],
    )


def times_of(given: Pairs, one: str, other: str) -> int:
    """Return the answer to a pair, whichever way round it was given; what was not answered is 1,
    equal.
    """
    if (one, other) in given:
        return given[one, other]
    back = given.get((other, one), 1)
    return back if back == 1 else -back


def factor(code: int) -> Fraction:
    """Return how many times as important the first is: 3 is 3, and -3 a third."""
    return Fraction(code) if code > 0 else Fraction(1, -code)


def matrix(chosen: list[str], pairs: Pairs) -> Any:
    """Write the comparisons as :func:`geo.siting.ranking.ahp` takes them."""
    cells = np.ones((len(chosen), len(chosen)))
    for (one, other), code in pairs.items():
        i, j = chosen.index(one), chosen.index(other)
        cells[i, j], cells[j, i] = float(factor(code)), float(1 / factor(code))
    return cells


def worst_conflict(chosen: list[str], pairs: Pairs) -> Conflict | None:
    """Find the three criteria that contradict each other most, told so that the first two
    comparisons point downwards.
    """

    def times(one: str, other: str) -> Fraction:
        return factor(times_of(pairs, one, other))

    def told(three: tuple[str, str, str]) -> Conflict:
        """Among any three, some order has no second more important than the first, and no third
        than the second.
        """
        a, b, c = next(
            (a, b, c)
            for a, b, c in itertools.permutations(three)
            if times(a, b) >= 1 and times(b, c) >= 1
        )
        return Conflict(a, b, c, times(a, b), times(b, c), times(a, c))

    every = [told(three) for three in itertools.combinations(chosen, 3)]
    return max(every, key=lambda one: abs(math.log(one.implied / one.said)), default=None)


def options(code: int) -> list[tuple[int, str]]:
    """Return the answers to a pair with their words, from the first far above to the second far
    above; the present one is among them.
    """
    return [(each, answer(each)) for each in sorted({*STEPS, code}, key=factor, reverse=True)]


def answer(code: int) -> str:
    """Put into words how the first of a pair compares with the second."""
    texts = {
        5: _("much more important than"),
        3: _("more important than"),
        1: _("as important as"),
        -3: _("less important than"),
        -5: _("much less important than"),
    }
    if code in texts:
        return texts[code]
    return (
        _("%(n)s times as important as", n=code)
        if code > 0
        else _("1/%(n)s as important as", n=-code)
    )

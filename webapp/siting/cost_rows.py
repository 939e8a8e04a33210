"""The rows of the cost of sites: ten years, one container, the rate card, and what decides."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from babel import Locale
from babel.numbers import format_compact_decimal
from flask_babel import get_locale

from geo.siting import costs
from geo.siting.costs import HOLIDAY, ITEMS, QUANTITIES
from geo.siting.deciding import Swing
from geo.siting.rates import CURRENCY, LINES, Rate, Sum
from webapp import labels
from webapp.catalogues import ENGLISH
from webapp.i18n import clauses, translated
from webapp.i18n import gettext as _
from webapp.siting import cost_facts
from webapp.siting.beside import Cell, Part, Row
from webapp.siting.beside_money import figure
from webapp.siting.cost_facts import Costed, Goal
from webapp.store import Store

DECIDING = 3
"""Inputs that are named as those that decide."""
LISTED = 12
"""Inputs that the page lists."""


LINES_OF: dict[str, tuple[str, ...]] = {
    "land": ("land",),
    "building": ("building",),
    "factory": ("ready_built",),
    "wages": ("wage",),
    "insurance": ("wage", "insurance"),
    "power": ("power_normal", "power_off_peak", "power_peak"),
    "water": ("water",),
    "tax": ("tax", HOLIDAY),
    **{item: (line,) for item, line in costs.FREIGHT.items()},
}
"""The lines of the rate card that each item is computed from."""


def years(opened: Store, costed: Costed) -> list[Part]:
    """Write the ten years: the items that are in the totals, these, and those that are not."""
    result, sites = costed.comparison, [site.id for site in costed.sites]
    if not result.items:
        return []
    rows = {
        item: Row(
            translated(ITEMS[item]),
            {
                site: _amount(result.items[item][site].low, result.items[item][site].high)
                for site in sites
            },
            CURRENCY,
            "low",
            also=_("paid at the start") if item in costs.ONCE else "",
        )
        for item in result.items
    }
    for item, row in rows.items():
        for site in sites:
            rates = [costed.rate(site, line) for line in LINES_OF[item]]
            kinds = tuple(chain(*(cost_facts.origins(opened, rate) for rate in rates)))
            row.cells[site] = [
                Cell(
                    cell.text,
                    note=yours() if any(rate.yours for rate in rates) else "",
                    low=cell.low,
                    high=cell.high,
                    origins=tuple(dict.fromkeys(kinds)),
                )
                for cell in row.cells[site]
            ]
    total = Row(
        _("Total of ten years"),
        {site: _amount(span.low, span.high) for site, span in result.totals.items()},
        CURRENCY,
        "low",
    )
    counted = [rows[item] for item in result.counted]
    others = [row for item, row in rows.items() if item not in result.counted]
    shown = [Part(_("Ten years, discounted"), [*counted, total])] if counted else []
    return [*shown, *([Part(_("Not in the total"), others)] if others else [])]


def containers(opened: Store, costed: Costed) -> list[Part]:
    """Write what one container costs to each port, and through each gate."""
    titles = {"ports": _("Container to a port"), "gates": _("Container through a gate")}
    common = missing_everywhere(costed)
    return [
        Part(title, [_goal_row(opened, goal, costed, common) for goal in goals])
        for layer, title in titles.items()
        if (goals := [goal for goal in costed.goals if goal.layer == layer])
    ]


def missing_everywhere(costed: Costed) -> tuple[str, ...]:
    """Return the lines that no container's cost counts, because they are unknown."""
    every = [{*total.missing} for goal in costed.goals for total in goal.sums.values()]
    common = set.intersection(*every) if every else set[str]()
    return tuple(line for line in LINES if line in common)


def _goal_row(opened: Store, goal: Goal, costed: Costed, common: Iterable[str]) -> Row:
    place = opened.layer(goal.layer).loc[goal.id]
    cells = {
        site.id: _goal_cells(goal, site.id, common) if site.id in goal.ways else []
        for site in costed.sites
    }
    alike = len({total.missing for total in goal.sums.values()}) == 1
    return Row(labels.name(place), cells, CURRENCY, "low" if alike else "")


def _goal_cells(goal: Goal, site: str, common: Iterable[str]) -> list[Cell]:
    way, total = goal.ways[site], goal.sums[site]
    legs = clauses((labels.kilometres(1000 * way.km), labels.duration(3600 * way.hours)))
    lacking = [line for line in total.missing if line not in common]
    notes = [legs]
    near = goal.near.get(site)
    if near and not math.isnan(near.low):
        notes.append(_("to the gate: %(amount)s", amount=_figures(near)))
    if way.leg.gates:
        notes.append(_("gates passed: %(n)s", n=way.leg.gates))
    if lacking:
        names = _(", ").join(translated(LINES[line].title) for line in lacking)
        notes.append(_("unknown: %(names)s", names=names))
    note = " · ".join(notes)
    if math.isnan(total.low):
        return [Cell(_("unknown"), note=note)]
    return [Cell(_figures(total), note=note, low=round(total.low, 2), high=round(total.high, 2))]


def _figures(total: Sum) -> str:
    low, high = round(total.low), round(total.high)
    return figure(low) if low == high else figure(low, high)


def rate_card(opened: Store, costed: Costed) -> Part:
    """Write the rates of every site, each with where it comes from."""
    rows = []
    for line, about in LINES.items():
        cells = {site.id: rate_cells(opened, costed, site.id, line) for site in costed.sites}
        rows.append(Row(translated(about.title), cells, translated(about.unit)))
    return Part(_("Rate card"), rows)


def rate_cells(opened: Store, costed: Costed, site: str, line: str) -> list[Cell]:
    """Write a rate of a site; of an unknown wage what it cannot be below."""
    rate = costed.cards[site].rate(line)
    floor = costed.floors[site]
    if not rate.known and line == "wage" and floor.known:
        note = _("no less than %(amount)s, the minimum wages there", amount=_ends(floor))
        return [Cell(_("unknown"), note=note, origins=cost_facts.origins(opened, floor))]
    if not rate.known:
        return []
    notes = [yours()] if rate.yours else []
    if rate.original:
        low, high, currency = rate.original
        notes.append(f"{figure(low) if low == high else figure(low, high)} {currency}")
    origins = cost_facts.origins(opened, rate)
    return [Cell(_ends(rate), note="; ".join(notes), low=rate.low, high=rate.high, origins=origins)]


def yours() -> str:
    """Return the word for what somebody typed."""
    return _("yours")


def _ends(rate: Rate) -> str:
    low, high = figure(rate.low), figure(rate.high)
    return low if low == high else figure(rate.low, rate.high)


def _amount(low: float, high: float) -> list[Cell]:
    """Write a cost, to the cent; nothing where it is unknown."""
    if math.isnan(low + high):
        return []
    return [Cell(money_text(low, high), low=round(low, 2), high=round(high, 2))]


def money_text(low: float, high: float) -> str:
    """Write a sum of money, or a range, as short as the language has it."""
    first, last = _short(low), _short(high)
    if first == last:
        return first
    word = re.sub(r"^[\d.,]+", "", last)  # million, once for both
    return f"{first.removesuffix(word)}–{last}" if first.endswith(word) else f"{first}–{last}"


def _short(value: float) -> str:
    """Write a number with three digits: 14.6 million, 14,6 triệu, 1460万."""
    locale = Locale.parse(get_locale() or ENGLISH.locale)
    form: Literal["long", "short"] = (
        "long" if "long" in locale.compact_decimal_formats else "short"
    )  # Babel has no long one of Chinese
    digits = 3 - 1 - math.floor(math.log10(value)) if value > 0 else 0
    rounded = round(value, digits)
    if rounded < 1000:
        return figure(rounded)
    text = format_compact_decimal(rounded, format_type=form, locale=locale, fraction_digits=2)
    return str(text)


# What decides -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lever:
    """An input as the page lists it: its name, its ends, by how much it moves the total that it
    moves most, and how far this goes down and up in per cent of the longest bar.
    """

    name: str
    sites: str
    ends: str
    size: str
    down: float
    up: float
    turns: bool


def levers(opened: Store, costed: Costed) -> list[Lever]:
    """Write the inputs that move the totals most."""
    shown = costed.swings[:LISTED]
    longest = max((swing.size for swing in shown), default=0.0)
    return [_lever(opened, costed, swing, longest) for swing in shown]


def _lever(opened: Store, costed: Costed, swing: Swing, longest: float) -> Lever:
    parks = opened.layer("parks")
    most = max(swing.sites, key=lambda site: abs(swing.at_high[site] - swing.at_low[site]))
    middle = costed.middles[most]
    at = swing.at_low[most] - middle, swing.at_high[most] - middle
    everywhere = len(swing.sites) == len(costed.sites)
    names = "" if everywhere else _(", ").join(labels.name(parks.loc[site]) for site in swing.sites)
    return Lever(
        input_name(swing.input),
        names,
        _input_ends(swing),
        money_text(swing.size, swing.size),
        100 * max(-min(at), 0.0) / longest,
        100 * max(*at, 0.0) / longest,
        swing.turns,
    )


def _input_ends(swing: Swing) -> str:
    if swing.input == HOLIDAY:
        return _("with and without")
    if swing.nudged:
        return _("a tenth less and more")
    unit = translated(LINES[swing.input].unit)
    return f"{figure(swing.low, swing.high)} {unit}"


def input_name(name: str) -> str:
    """Name an input of the comparison."""
    if name == HOLIDAY:
        return _("Tax relief")
    if name == "discount_pct":
        return _("Discount rate")
    return translated(LINES[name].title if name in LINES else QUANTITIES[name])

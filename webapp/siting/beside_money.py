"""The money of sites side by side: a row for each kind, on the basis that is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from flask_babel import format_decimal

from geo.errors import InputError
from geo.siting import money
from geo.siting.money import Amount
from webapp import labels
from webapp.explore import provenance
from webapp.i18n import day, translated
from webapp.i18n import gettext as _
from webapp.siting import sources
from webapp.siting.beside import Cell, Row
from webapp.siting.offers import IN_DATA, Offer, Wish
from webapp.store import Store

EXACT = "#,##0.###############"
"""How a number that somebody stated is repeated: with all its decimals."""


def money_side_by_side(opened: Store, wish: Wish) -> tuple[list[Row], list[str], Sequence[str]]:
    """Count the money of all sites, and the averages of ``rent_benchmarks`` beside it, on the basis
    that is asked for.

    Returns
    -------
    tuple
        The rows, one for each kind of money; the sites in their order; and what is wrong with what
        was stated, in the words of :mod:`geo.siting.money`. Where something is, amounts stay as
        they were found, and sites in the order in which they were picked.
    """
    parks: Any = opened.layer("parks")
    faults: Sequence[str] = ()
    try:  # whatever the sites hold, what was stated must make sense
        terms = {
            "to_currency": wish.currency,
            "years_left": wish.years_left,
            "rate": wish.rate,
            "rate_date": wish.rate_date,
        }
        money.convert(Amount(1.0, "land_term", IN_DATA), wish.basis or "land_term", **terms)  # type: ignore[arg-type]
    except InputError as error:
        faults = error.faults
        wish = replace(wish, basis=None, currency=IN_DATA)
    asked = {key: money.land_rent(parks.loc[key]) for key in wish.picked}
    rents = {key: [_counted(one, wish) for one in ends] for key, ends in asked.items() if ends}
    offers = {one: _counted(one.amount, wish) for one in wish.offers}
    rows = [_rent_row(opened, rents, wish), *_average_row(opened, wish)]
    for basis in money.BASES:
        found = {one: amount for one, amount in offers.items() if amount.basis == basis}
        rows += [_offer_row(basis, found, wish)] if found else []
    order = list(wish.picked)
    if wish.by_money and not faults:
        try:
            money.refuse_mixed(offers.values())
        except InputError as error:
            return rows, order, error.faults
        known = [(one.site, amount) for one, amount in offers.items()] or [
            (key, ends[0]) for key, ends in rents.items()
        ]
        best = {key: min(amount for site, amount in known if site == key) for key in dict(known)}
        ranked = sorted(best, key=best.__getitem__)
        order = [*ranked, *(key for key in wish.picked if key not in best)]
    return rows, order, faults


def _counted(amount: Amount, wish: Wish) -> Amount:
    """Convert what can be with what is stated: land paid at once into land per year left, and
    dollars.
    """
    basis = (
        wish.basis
        if wish.basis and (amount.basis, wish.basis) in money.BY_YEARS_LEFT
        else amount.basis
    )
    told: dict[str, Any] = {}
    if basis != amount.basis:
        told["years_left"] = wish.years_left
    if amount.currency == IN_DATA != wish.currency:
        told |= {"to_currency": wish.currency, "rate": wish.rate, "rate_date": wish.rate_date}
    return money.convert(amount, basis, **told)


def _rent_row(opened: Store, rents: dict[str, list[Amount]], wish: Wish) -> Row:
    cells: dict[str, list[Cell]] = {key: [] for key in wish.picked}
    for key, (low, high) in rents.items():
        note = (
            _("asking price of %(year)s", year=low.year)
            if low.year
            else _("asking price, its year unknown")
        )
        text = money_text(low) if low == high else money_text(high, figure(low.value, high.value))
        name = "rent_term_low_usd_m2"
        cells[key].append(
            Cell(
                text,
                provenance.mark("parks", key, name),
                note,
                low=low.value,
                high=high.value,
                origins=sources.of_field(opened, key, name),
            )
        )
    title = (
        _("Land rent, per year left of the lease")
        if wish.basis
        else _("Land rent, whole lease term")
    )
    amounts = [amount for ends in rents.values() for amount in ends]
    same = len({amount.year for amount in amounts}) == 1  # prices of two years cannot be compared
    return Row(title, cells, unit_of(amounts), "low" if same else "", stated(amounts))


def _average_row(opened: Store, wish: Wish) -> list[Row]:
    """Write what land costs on average in the countries of the sites today, if that is known."""
    cells: dict[str, list[Cell]] = {key: [] for key in wish.picked}
    counted: list[Amount] = []
    averages, countries = opened.table("rent_benchmarks"), opened.layer("parks")["country"]
    for key in wish.picked:
        if average := money.benchmark(averages, countries[key]):
            low, high = _counted(average.low, wish), _counted(average.high, wish)
            counted += [low, high]
            shown = None if low == high else figure(low.value, high.value)
            note = _("average of asking prices of %(year)s", year=low.year)
            origins = tuple(chain.from_iterable(map(sources.of_row, average.rows)))
            cells[key].append(
                Cell(
                    money_text(high, shown),
                    average.source_kind,
                    note,
                    low=low.value,
                    high=high.value,
                    origins=origins,
                )
            )
    title = _("Average land rent today")
    return [Row(title, cells, unit_of(counted), stated=stated(counted))] if counted else []


def _offer_row(basis: str, offers: dict[Offer, Amount], wish: Wish) -> Row:
    cells: dict[str, list[Cell]] = {key: [] for key in wish.picked}
    for offer, amount in offers.items():
        other = amount.currency != wish.currency
        note = _("not converted: the rate that is stated is for USD") if other and wish.rate else ""
        cells[offer.site].append(
            Cell(money_text(amount), note=note, low=amount.value, high=amount.value, offer=offer)
        )
    amounts = list(offers.values())
    return Row(
        _("Your quotes: %(basis)s", basis=translated(money.BASES[basis][0])),
        cells,
        unit := unit_of(amounts),
        "low" if unit else "",
        stated(amounts),
    )


def unit_of(amounts: Sequence[Amount]) -> str:
    """Return the unit of amounts of one basis; empty if they are in several currencies."""
    currencies = {amount.currency for amount in amounts}
    return f"{currencies.pop()}/m²" if len(currencies) == 1 else ""


def stated(amounts: Iterable[Amount]) -> tuple[str, ...]:
    """Return what was stated to count these amounts so; nothing where they are as they were
    found.
    """
    out = []
    for one in amounts:
        if one.years_left is not None:
            out.append(
                _(
                    "the whole term ÷ %(n)s years left, as you state, without interest",
                    n=format_decimal(one.years_left, EXACT),
                )
            )
        if one.rate is not None:
            told = {
                "rate": format_decimal(one.rate, EXACT),
                "currency": one.currency,
                "date": day(one.rate_date),
            }
            out.append(_("1 USD = %(rate)s %(currency)s on %(date)s, as you state", **told))
    return tuple(dict.fromkeys(out))


def figure(*values: float) -> str:
    """Write an amount or a range without its unit: no decimals above a thousand, two below, three
    digits where it is very small.
    """
    places = max(
        (
            0
            if one >= 1000 or one == int(one)
            else 2
            if one >= 0.1
            else 2 - math.floor(math.log10(one))
        )
        for one in values
    )
    return "–".join(labels.decimal(one, places) if one < 1e15 else f"{one:.2e}" for one in values)


def money_text(amount: Amount, shown: str | None = None) -> str:
    """Write an amount with its currency and what it is paid for."""
    told = {"amount": shown or figure(amount.value), "currency": amount.currency}
    match amount.basis:
        case "land_term":
            return _("%(amount)s %(currency)s/m² for the whole term", **told)
        case "land_year":
            return _("%(amount)s %(currency)s/m² per year left", **told)
        case "factory_month":
            return _("%(amount)s %(currency)s/m² per month", **told)
        case "fee_year":
            return _("%(amount)s %(currency)s/m² per year", **told)

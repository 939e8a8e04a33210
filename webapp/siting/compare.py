"""Sites side by side: access, money on the same basis, facts and policies, one row for all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _

from geo.errors import InputError, NotFoundError
from geo.schema import LAYERS
from geo.siting import money
from geo.siting.money import Amount
from webapp import args, labels, readers
from webapp.explore import provenance, site_facts
from webapp.i18n import day, said, translated
from webapp.siting import wording
from webapp.siting.offers import IN_DATA, NEW, Offer, Wish, offer_text, plain
from webapp.siting.wish import MOST_PICKED
from webapp.store import Store, store

pages = Blueprint("compare", __name__)

STATE = (
    "pick",
    *args.DRIVE,
    "basis",
    "years_left",
    "currency",
    "rate",
    "rate_date",
    "offer",
    "sort",
)
MOST_FOUND = 10
"""Sites that are listed of what a search for one to add finds."""
TYPED = ("years_left", "rate", "offer_value")
"""Fields that a number is typed into."""
EXACT = "#,##0.###############"
"""How a number that somebody stated is repeated: with all its decimals."""


@dataclass(frozen=True)
class Cell:
    """An amount of money in a row; ``offer`` is the one it comes from."""

    text: str
    kind: str = ""
    note: str = ""
    offer: Offer | None = None


@dataclass(frozen=True)
class Row:
    """One kind of money for all sites: what it is, what was stated to count it so, and the cells by
    site, none where unknown.
    """

    title: str
    stated: tuple[str, ...]
    cells: dict[str, list[Cell]]

    @property
    def differs(self) -> bool:
        return len({tuple(cell.text for cell in found) for found in self.cells.values()}) > 1


@pages.get("/compare")
def compare() -> Any:
    values, slips = args.parse_form(request.args, (*STATE, *NEW, "q"), TYPED)
    opened, wish = store(), Wish.of(values)
    _refuse_sites(opened, wish)
    left_out, wish = wish.picked[MOST_PICKED:], replace(wish, picked=wish.picked[:MOST_PICKED])
    more = More.of(opened, wish, values.get("q"))
    if not wish.picked:
        return render_template("siting/compare_empty.html", wish=wish, most=MOST_PICKED, more=more)
    if "offer_value" in values:
        language = [("lang", request.args["lang"])] if request.args.get("lang") else []
        return redirect(f"{url_for('compare.compare')}?{urlencode([*wish.query(), *language])}")
    parks = opened.layer("parks")
    averages = opened.table("rent_benchmarks")
    money_rows, order, faults = money_side_by_side(parks, averages, wish)
    page = render_template(
        "siting/compare.html",
        wish=wish,
        order=order,
        faults=[said(fault) for fault in faults],
        slips=slips,
        offered={name: values.get(name) for name in NEW} if slips else {},
        field_name=field_name,
        money_rows=money_rows,
        bases={basis: translated(text) for basis, (text, _unit) in money.BASES.items()},
        currencies=readers.CURRENCIES,
        parks=parks,
        table=opened.sites(wish.drive).loc[order],
        facts=Facts.of(opened, order),
        policies=Policies.of(opened, order),
        drive=wish.drive,
        left_out=left_out,
        most=MOST_PICKED,
        more=more,
        places=opened.destinations(),
        plain=plain,
        offer_text=offer_text,
        amount=wording.amount,
        criterion_name=wording.criterion_name,
    )
    return page, 400 if faults or slips else 200


def field_name(name: str) -> str:
    """Name a field that a number is typed into."""
    return {
        "years_left": _("Years left of the lease"),
        "rate": _("Exchange rate (per USD)"),
        "offer_value": _("Price per m²"),
    }[name]


@dataclass(frozen=True)
class Facts:
    """The facts of sites by their names, for each site."""

    of_site: dict[str, dict[str, site_facts.Fact]]

    @classmethod
    def of(cls, opened: Store, order: Sequence[str]) -> Facts:
        # the rent stands in the part on money
        rows = opened.layer("parks").drop(columns="rent_term_low_usd_m2")
        layer = LAYERS["parks"]
        return cls(
            {
                site: {
                    fact.name: fact
                    for fact in site_facts.facts(opened, layer, site, rows.loc[site].to_dict())
                }
                for site in order
            }
        )

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(chain(*self.of_site.values())))

    def differ(self, name: str) -> bool:
        cells = (facts.get(name) for facts in self.of_site.values())
        return len({fact and fact.value for fact in cells}) > 1


@dataclass(frozen=True)
class Policies:
    """The policies that apply to some site by their ids, and which apply to each site."""

    every: dict[str, Any]
    of_site: dict[str, set[str]]

    @classmethod
    def of(cls, opened: Store, order: Sequence[str]) -> Policies:
        parks = opened.layer("parks")
        found = {site: site_facts.policies(opened, parks.loc[site].to_dict()) for site in order}
        return cls(
            {policy["id"]: policy for policies in found.values() for policy in policies},
            {site: {policy["id"] for policy in policies} for site, policies in found.items()},
        )

    def differ(self, policy: str) -> bool:
        return not all(policy in policies for policies in self.of_site.values())


@dataclass(frozen=True)
class More:
    """Sites that may stand beside those that do, for ``_add_site.html``: what was searched for, and
    what was found.
    """

    text: str | None
    found: pd.DataFrame

    @classmethod
    def of(cls, opened: Store, wish: Wish, text: str | None) -> More:
        found = opened.select("parks", {"q": text}) if text else opened.layer("parks").iloc[:0]
        return cls(text, found[~found.index.isin(wish.picked)].iloc[:MOST_FOUND])


def _refuse_sites(opened: Store, wish: Wish) -> None:
    missing = [one for one in wish.picked if one not in opened.layer("parks").index]
    if missing:
        raise NotFoundError(_("There is no site “%(name)s”.", name=missing[0]))
    elsewhere = dict.fromkeys(one.site for one in wish.offers if one.site not in wish.picked)
    if elsewhere:
        raise InputError(_("There are offers for sites that do not stand here:"), list(elsewhere))


# Money --------------------------------------------------------------------------------------------


def money_side_by_side(
    parks: Any, averages: pd.DataFrame, wish: Wish
) -> tuple[list[Row], list[str], Sequence[str]]:
    """Count the money of all sites, and the `averages` of ``rent_benchmarks`` beside it, on the
    basis that is asked for.

    Returns
    -------
    tuple
        The rows, one for each kind of money; the sites in their order; and what is wrong with what
        was stated, in the words of :mod:`geo.siting.money`. Where something is, amounts stay as
        they were found, and sites in the order in which they were picked.
    """
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
    rows = [_rent_row(rents, wish), *_average_row(parks, averages, wish)]
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


def _rent_row(rents: dict[str, list[Amount]], wish: Wish) -> Row:
    cells: dict[str, list[Cell]] = {key: [] for key in wish.picked}
    for key, (low, high) in rents.items():
        note = (
            _("asking price of %(year)s", year=low.year)
            if low.year
            else _("asking price, its year unknown")
        )
        text = money_text(low) if low == high else money_text(high, figure(low.value, high.value))
        cells[key].append(Cell(text, provenance.mark("parks", key, "rent_term_low_usd_m2"), note))
    title = (
        _("Land rent, per year left of the lease")
        if wish.basis
        else _("Land rent, whole lease term")
    )
    return Row(title, stated([one for ends in rents.values() for one in ends]), cells)


def _average_row(parks: Any, averages: pd.DataFrame, wish: Wish) -> list[Row]:
    """Write what land costs on average in the countries of the sites today, if that is known."""
    cells: dict[str, list[Cell]] = {key: [] for key in wish.picked}
    counted: list[Amount] = []
    for key in wish.picked:
        if average := money.benchmark(averages, parks.loc[key, "country"]):
            low, high = _counted(average.low, wish), _counted(average.high, wish)
            counted += [low, high]
            shown = None if low == high else figure(low.value, high.value)
            note = _("average of asking prices of %(year)s", year=low.year)
            cells[key].append(Cell(money_text(high, shown), average.source_kind, note))
    return [Row(_("Average land rent today"), stated(counted), cells)] if counted else []


def _offer_row(basis: str, found: dict[Offer, Amount], wish: Wish) -> Row:
    cells: dict[str, list[Cell]] = {key: [] for key in wish.picked}
    for offer, amount in found.items():
        other = amount.currency != wish.currency
        note = _("not converted: the rate that is stated is for USD") if other and wish.rate else ""
        cells[offer.site].append(Cell(money_text(amount), note=note, offer=offer))
    return Row(
        _("Your offers: %(basis)s", basis=translated(money.BASES[basis][0])),
        stated(found.values()),
        cells,
    )


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

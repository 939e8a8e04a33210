"""Sites side by side: access, money on the same basis, facts and policies, one row for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import urlencode

import pandas as pd
from flask import Blueprint, Response, redirect, render_template, request, url_for

from geo.errors import InputError, NotFoundError
from geo.siting import money
from webapp import args, charts, readers
from webapp.field_words import field_name
from webapp.i18n import gettext as _
from webapp.i18n import said, translated
from webapp.siting import beside_money, beside_rows, compare_files, files
from webapp.siting.beside import Part
from webapp.siting.offers import NEW, Wish, offer_text, plain
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
    "equal",
)
MOST_FOUND = 10
"""Sites that are listed of what a search for one to add finds."""
TYPED = ("years_left", "rate", "offer_value")
"""Fields that a number is typed into."""


@dataclass(frozen=True)
class Compared:
    """Sites side by side: in which order, what is wrong with what was stated of money, and all rows
    in their parts, ``hidden`` of them left out because the sites are alike in them.
    """

    order: list[str]
    faults: list[str]
    parts: list[Part]
    hidden: int

    @classmethod
    def of(cls, opened: Store, wish: Wish) -> Compared:
        """Lay the sites that are picked side by side."""
        prices, order, faults = beside_money.money_side_by_side(opened, wish)
        parts = beside_rows.parts(opened, wish.drive, order, prices)
        count = sum(len(part.rows) for part in parts)
        if wish.hides_equal and len(order) > 1:
            parts = [shown for part in parts if (shown := part.differing()).rows]
        hidden = count - sum(len(part.rows) for part in parts)
        return cls(order, [said(fault) for fault in faults], parts, hidden)


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
    shown = Compared.of(opened, wish)
    page = render_template(
        "siting/compare.html",
        wish=wish,
        shown=shown,
        slips=slips,
        offered={name: values.get(name) for name in NEW} if slips else {},
        field_name=field_name,
        bases={basis: translated(text) for basis, (text, _unit) in money.BASES.items()},
        currencies=readers.CURRENCIES,
        parks=opened.layer("parks"),
        strip=charts.strip(opened, opened.layer("parks").geometry.loc[shown.order]),
        drive=wish.drive,
        left_out=left_out,
        most=MOST_PICKED,
        more=more,
        plain=plain,
        offer_text=offer_text,
    )
    return page, 400 if shown.faults or slips else 200


@pages.get("/compare.json")
def as_json() -> Response:
    return files.json_response(compare_files.document(*_for_file()))


@pages.get("/compare.xlsx")
def as_xlsx() -> Response:
    sheets = compare_files.sheets(*_for_file())
    widths = dict.fromkeys(sheets, (38, *((30,) * MOST_PICKED)))
    return files.xlsx_response(sheets, widths, "comparison")


def _for_file() -> tuple[Store, Wish, list[str], list[Part], tuple[str, ...]]:
    """Compare as the page of the same query does; unlike it, money that cannot be compared as asked
    is a fault.
    """
    opened, wish = store(), Wish.of(args.parse(request.args, STATE))
    _refuse_sites(opened, wish)
    left_out, wish = wish.picked[MOST_PICKED:], replace(wish, picked=wish.picked[:MOST_PICKED])
    shown = Compared.of(opened, wish)
    if shown.faults:
        raise InputError(
            _("Prices cannot be compared on this basis and are shown as published:"), shown.faults
        )
    return opened, wish, shown.order, shown.parts, left_out


class Picks(Protocol):
    """What sites stand in."""

    @property
    def picked(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class More:
    """Sites that may stand beside those that do, for ``_add_site.html``: what was searched for, and
    what was found.
    """

    text: str | None
    found: pd.DataFrame

    @classmethod
    def of(cls, opened: Store, wish: Picks, text: str | None) -> More:
        found = opened.select("parks", {"q": text}) if text else opened.layer("parks").iloc[:0]
        return cls(text, found[~found.index.isin(wish.picked)].iloc[:MOST_FOUND])


def _refuse_sites(opened: Store, wish: Wish) -> None:
    missing = [one for one in wish.picked if one not in opened.layer("parks").index]
    if missing:
        raise NotFoundError(_("There is no site “%(name)s”.", name=missing[0]))
    elsewhere = dict.fromkeys(one.site for one in wish.offers if one.site not in wish.picked)
    if elsewhere:
        raise InputError(_("Some quotes are for sites outside this comparison:"), list(elsewhere))

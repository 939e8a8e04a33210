"""Which sites stand side by side, and what was offered there, as a form and an address hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geo.errors import InputError
from geo.roads.drive import Drive
from geo.siting import money
from geo.siting.money import Amount
from webapp.i18n import gettext as _

MOST_OFFERS = 20


NEW = ("offer_site", "offer_basis", "offer_value", "offer_currency")
"""An offer that somebody is typing in, which becomes one more ``offer``."""


IN_DATA = "USD"
"""What the rents of the data are in, and what one unit of a stated exchange rate is."""


@dataclass(frozen=True)
class Offer:
    """What somebody was offered at a site."""

    site: str
    amount: Amount


@dataclass(frozen=True)
class Wish:
    """Which sites stand side by side, and on what basis their money: as the form holds it.
    ``basis`` None is as it was asked.
    """

    picked: tuple[str, ...]
    drive: Drive
    basis: money.Basis | None = None
    years_left: float | None = None
    currency: str = IN_DATA
    rate: float | None = None
    rate_date: str | None = None
    offers: tuple[Offer, ...] = ()
    by_money: bool = False
    hides_equal: bool = False

    @classmethod
    def of(cls, values: dict[str, Any]) -> Wish:
        """Take it from a query that has been read."""
        told = {
            name: values[name]
            for name in ("basis", "years_left", "currency", "rate", "rate_date")
            if name in values
        }
        picked = tuple(dict.fromkeys(values.get("pick", ())))
        offers = [*dict.fromkeys(_offer(*one) for one in values.get("offer", ()))]
        if "offer_value" in values:
            if not {*NEW} <= values.keys():
                raise InputError(_("A quote needs a site, a cost type, an amount and a currency."))
            offers.append(_offer(*(values[name] for name in NEW)))
        if len(offers) > MOST_OFFERS:
            raise InputError(_("At most %(n)s quotes can be compared.", n=MOST_OFFERS))
        if values.get("sort") not in (None, "money"):
            raise InputError(_("A comparison can be sorted by price only."))
        return cls(
            picked,
            Drive.of(values),
            **told,
            offers=tuple(offers),
            by_money="sort" in values,
            hides_equal="equal" in values,
        )

    def query(self, **changes: Any) -> list[tuple[str, Any]]:
        """Return the whole state as a readable query; offers of sites that do not stand there are
        left out.
        """
        mine = replace(self, **changes)
        told: dict[str, Any] = {
            "basis": mine.basis,
            "years_left": plain(mine.years_left),
            "currency": mine.currency if mine.currency != IN_DATA else None,
            "rate": plain(mine.rate),
            "rate_date": mine.rate_date,
            "sort": "money" if mine.by_money else None,
            "equal": "hide" if mine.hides_equal else None,
        }
        return [
            *(("pick", one) for one in mine.picked),
            *((name, value) for name, value in told.items() if value is not None),
            *(("offer", offer_text(one)) for one in mine.offers if one.site in mine.picked),
            *mine.drive.query().items(),
        ]

    def with_equal(self, *, hidden: bool) -> list[tuple[str, Any]]:
        return self.query(hides_equal=hidden)

    def with_site(self, site: str) -> list[tuple[str, Any]]:
        return self.query(picked=(*self.picked, site))

    def without_site(self, site: str) -> list[tuple[str, Any]]:
        return self.query(picked=tuple(other for other in self.picked if other != site))

    def without_offer(self, offer: Offer) -> list[tuple[str, Any]]:
        return self.query(offers=tuple(other for other in self.offers if other != offer))


def _offer(site: str, basis: money.Basis, value: float, currency: str) -> Offer:
    return Offer(site, Amount(value, basis, currency))


def offer_text(offer: Offer) -> str:
    """Write an offer as it stands in an address."""
    return f"{offer.site}:{offer.amount.basis}:{plain(offer.amount.value)}:{offer.amount.currency}"


def plain(value: float | None) -> str | None:
    return None if value is None else np.format_float_positional(value, trim="-")

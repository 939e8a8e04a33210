"""What somebody asks of a chain, as a form and an address hold it: own places, payload, the gate,
rates, and which sites.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from geo.errors import InputError
from geo.hours import gates as border_gates
from geo.roads.drive import Drive
from geo.siting.chain import CO2_G_TKM, PAYLOAD_T, By
from geo.siting.measures import CHOICES, limits
from geo.siting.own_places import OwnPlace
from webapp import args, labels, readers
from webapp.i18n import gettext as _
from webapp.siting import places
from webapp.siting.cost_wish import Ends, ends_text
from webapp.siting.wish import Wish
from webapp.store import Store

RATES = {f"r_{line}": line for line in args.TRUCK_RATES}
LIMITS = ("example", "edited", "needs", *CHOICES, *limits(), "drop", "also")
"""Limits on the sites, named as in a ranking."""
STATE = (
    *("pick", "payload", "via", "total", "goods", "co2"),
    *(*RATES, *LIMITS, *places.FORM, *args.DRIVE),
)
TYPED = ("payload", "co2", *RATES, *limits(), *places.TYPED)
"""Fields that are typed into."""
MOST_PICKED = 100


@dataclass(frozen=True)
class ChainWish:
    """What is asked of a chain.

    Attributes
    ----------
    sites
        The limits that sites must meet, unless they are ``picked``.
    via
        The one gate that everything passes; empty: whichever is quickest.
    goods
        The sector of the goods, for what rules ask; empty is any.
    rates
        What somebody pays, by line of the rate card, instead of what the data hold.
    co2_g
        Grams a tonne-kilometre that somebody states.
    """

    drive: Drive
    own: tuple[OwnPlace, ...]
    sites: Wish
    picked: tuple[str, ...] = ()
    payload_t: float = PAYLOAD_T["truck"]
    via: str = ""
    total: By = "hours"
    goods: str = ""
    rates: dict[str, Ends] = field(default_factory=dict)
    co2_g: float | None = None

    @classmethod
    def of(cls, opened: Store, values: dict[str, Any], own: list[OwnPlace]) -> ChainWish:
        """Take it from a query that has been read, with its places.

        Raises
        ------
        InputError
            Something named does not exist, or a payload of nothing.
        """
        drive = Drive.of(values)
        sites = Wish.of(
            {name: values[name] for name in LIMITS if name in values}, opened.examples()
        )
        via = values.get("via", "")
        if via:
            _check_gate(opened, via, drive.profile)
        if values.get("payload") == 0:
            raise InputError(_("A trip without a payload carries nothing: leave the field empty."))
        return cls(
            drive,
            tuple(own),
            replace(sites, drive=drive),
            tuple(dict.fromkeys(values.get("pick", ())))[:MOST_PICKED],
            values.get("payload", PAYLOAD_T[drive.profile]),
            via,
            values.get("total", "hours"),
            values.get("goods", ""),
            {line: values[name] for name, line in RATES.items() if name in values},
            values.get("co2"),
        )

    def query(self, **changes: Any) -> list[tuple[str, Any]]:
        """Return the whole state as a readable query."""
        mine = replace(self, **changes)
        pairs: list[tuple[str, Any]] = [("place", place.text()) for place in mine.own]
        pairs += [("pick", ",".join(mine.picked))] if mine.picked else []
        if mine.payload_t != PAYLOAD_T[mine.drive.profile]:
            pairs.append(("payload", readers.plain(mine.payload_t)))
        pairs += [("via", mine.via)] if mine.via else []
        pairs += [("total", mine.total)] if mine.total != "hours" else []
        pairs += [("goods", mine.goods)] if mine.goods else []
        pairs += [(f"r_{line}", ends_text(ends)) for line, ends in mine.rates.items()]
        pairs += [("co2", readers.plain(mine.co2_g))] if mine.co2_g is not None else []
        return pairs + mine.limits_query() + [*mine.drive.query().items()]

    def limits_query(self) -> list[tuple[str, Any]]:
        """Return the limits on the sites as a query."""
        if not (self.sites.limits or self.sites.also or self.sites.example):
            return []
        names = {*LIMITS}
        return [pair for pair in self.sites.query() if pair[0] in names]

    def without(self, place: OwnPlace) -> list[tuple[str, Any]]:
        """Return the query without a place."""
        return self.query(own=tuple(other for other in self.own if other != place))

    @property
    def co2_g_tkm(self) -> tuple[float, float, float]:
        """Grams of CO₂e a tonne-kilometre, from the least to the most; NaN where unknown."""
        if self.co2_g is not None:
            return (self.co2_g,) * 3
        return CO2_G_TKM.get(self.drive.profile, (float("nan"),) * 3)

    def driven(self, opened: Store) -> Drive:
        """Return how one drives, with all gates but the named one closed."""
        if not self.via:
            return self.drive
        others = {str(gate) for gate in opened.layer("gates").index if gate != self.via}
        return replace(self.drive, closed=tuple(sorted(others | {*self.drive.closed})))


def _check_gate(opened: Store, gate: str, profile: str) -> None:
    """Check that this is a gate; `InputError` otherwise, or the vehicle may not pass it."""
    frame = opened.layer("gates")
    if gate not in frame.index:
        raise InputError(_("“%(name)s” is not a gate.", name=gate))
    times = border_gates.service_time_s(frame.loc[[gate]], opened.table("crossings"), profile)
    if times.isna().all():
        raise InputError(
            _(
                "%(gate)s does not serve this vehicle (%(vehicle)s): choose another gate.",
                gate=labels.name(frame.loc[gate]),
                vehicle=labels.label(profile),
            )
        )


def gates_for(opened: Store, profile: str) -> dict[str, str]:
    """Return the names of the gates that a vehicle may pass, by id."""
    frame = opened.layer("gates")
    times = border_gates.service_time_s(frame, opened.table("crossings"), profile)
    names = labels.names(frame)
    return {str(key): str(names[key]) for key in frame.index[times.notna()]}

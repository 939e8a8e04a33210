"""The investor's table: requirements, the funnel, the ranking and how far it can be trusted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd
from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from geo.errors import InputError
from geo.kept import Kept
from geo.layers import unfold
from geo.roads.drive import Drive
from geo.siting import ranking, robustness, screening, sites
from geo.siting.companies import USUAL
from geo.siting.criteria import Criterion
from geo.siting.land import enough_ha
from webapp import args, readers
from webapp.siting import wording, worth
from webapp.siting.worth import Worth
from webapp.store import Store, store

pages = Blueprint("rank", __name__)

NUMBERS: dict[str, tuple[str, sites.Kind, float]] = {
    "max_gate": ("gate_{vehicle}_s", "at_most", 60.0),
    "max_port": ("port_{vehicle}_s", "at_most", 60.0),
    "max_airport": ("airport_{vehicle}_s", "at_most", 60.0),
    "max_city": ("city_{vehicle}_s", "at_most", 60.0),
    "min_people": ("people_60min_{vehicle}", "at_least", 1.0),
    "area_needed": ("land_ha", "at_least", 1.0),
    "min_area": ("area_ha", "at_least", 1.0),
    "max_rent": ("rent_term_low_usd_m2", "at_most", 1.0),
    "max_occupancy": ("occupancy_pct", "at_most", 1.0),
}
"""Limits that are numbers: parameter → column, kind, and the unit of the form in that of the column
(minutes in seconds).
"""
CHOICES: dict[str, tuple[str, sites.Kind]] = {
    "sector": ("sectors", "includes"),
    "status": ("status", "one_of"),
    "kind": ("kind", "one_of"),
    "country": ("country", "one_of"),
    "province": ("province_en", "one_of"),
    "policy": ("policies", "includes"),
}
"""Limits that are choices, applied first."""
NEEDS = {"power": ("kv", "mva", "power", "electric", "substation"), "water": ("water",)}
"""What the remarks on utilities may have to mention, and the words for it; remarks that do not are
unknown, not without it.
"""
WEIGHTS = {f"w_{name}": name for name in screening.CRITERIA}
STATE = (
    *("example", "edited", "needs", *CHOICES, *NUMBERS, "drop", "also"),
    *(*WEIGHTS, *worth.PARAMETERS, "method", "unknown", "pick", *args.DRIVE),
)
DRAWS = 10_000
DRAWS_OF_AMOUNTS = 1_000
"""Weightings with uncertain amounts drawn besides: each takes ten times as long."""
SHOWN = 15
TYPED = (*NUMBERS, *(f"v_{name}_{end}" for name in screening.CRITERIA for end in ("from", "to")))
"""Fields that a number is typed into."""
MOST_PICKED = 5
KEPT_SHARES = 64


@dataclass(frozen=True)
class Wish:
    """What somebody looks for, as the form holds it.

    ``limits`` by parameter: a number in the unit of the form, or texts; ``drop``: parameters whose
    unknown sites go; ``weights`` by criterion, and their ``worth`` where it is not in proportion
    between the sites; ``also``: limits of ``STANDING`` that do not hold; ``picked`` sites to
    compare."""

    drive: Drive
    limits: dict[str, Any]
    drop: tuple[str, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    worth: dict[str, Worth] = field(default_factory=dict)
    method: str = "sum"
    unknown: str = "apart"
    picked: tuple[str, ...] = ()
    example: screening.Profile | None = None
    also: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: dict[str, Any], examples: dict[str, screening.Profile]) -> Wish:
        """Read it from a query; an example fills the form until somebody edits it."""
        if values.get("example") not in (None, *examples):
            raise InputError(
                _(
                    "There is no example “%(name)s”; there are %(known)s.",
                    name=values["example"],
                    known=", ".join(examples),
                )
            )
        example = examples.get(values.get("example", ""))
        limits = {name: values[name] for name in (*CHOICES, "needs", *NUMBERS) if name in values}
        weights = {
            name: float(values[parameter])
            for parameter, name in WEIGHTS.items()
            if parameter in values
        }
        drop = tuple(values.get("drop", ()))
        if example and "edited" not in values:
            given, dropped = _fields(example)
            limits, drop, weights = given | limits, drop or dropped, dict(example.weights) | weights
        if not any(weights.values()) and "edited" not in values:
            weights = dict(USUAL)
        return cls(
            Drive.of(values),
            limits,
            drop,
            weights,
            worth.read(values),
            values.get("method", "sum"),
            values.get("unknown", "apart"),
            tuple(dict.fromkeys(values.get("pick", ())))[:MOST_PICKED],
            example,
            tuple(dict.fromkeys(values.get("also", ()))),
        )

    def screens(self) -> dict[str, sites.Limit]:
        """Return the limits in the order in which they are applied, by parameter.

        First those that hold unless they are switched off. Choosing kinds asks for zones of these
        kinds too."""
        asked = {*self.also, *(("zones",) if "kind" in self.limits else ())}
        out = {
            name: replace(limit, unknown=self._unknown(name))
            for name, limit in sites.STANDING.items()
            if name not in asked
        }
        for name, (column, kind) in CHOICES.items():
            if name in self.limits:
                out[name] = sites.Limit(column, kind, tuple(self.limits[name]), self._unknown(name))
        for need in self.limits.get("needs", ()):
            out[need] = sites.Limit("utilities", "includes", NEEDS[need], self._unknown(need))
        for name, (column, kind, unit) in NUMBERS.items():
            if name in self.limits:
                out[name] = sites.Limit(
                    column.format(vehicle=self.drive.profile),
                    kind,
                    self.limits[name] * unit,
                    self._unknown(name),
                )
        return out

    def _unknown(self, name: str) -> Any:
        return "drop" if name in self.drop else "keep"

    def criteria(self) -> list[Criterion]:
        """Return the criteria that weigh something."""
        named = [name for name in screening.CRITERIA if self.weights.get(name, 0) > 0]
        return [worth.criterion(name, self.drive.profile, self.counted(name)) for name in named]

    def counted(self, name: str) -> Worth:
        """Return how the amounts of a criterion count."""
        return worth.counted(
            name, self.worth.get(name, Worth()), self.limits.get("area_needed") or None
        )

    @property
    def counting(self) -> dict[str, Worth]:
        """The criteria with weight whose amounts do not simply count in proportion between the
        sites, and how they count.
        """
        return {
            name: self.counted(name)
            for name, weight in self.weights.items()
            if weight and self.counted(name) != Worth()
        }

    def query(self, **changes: Any) -> list[tuple[str, Any]]:
        """Return the whole state as a readable query."""
        mine = replace(self, **changes)
        out: list[tuple[str, Any]] = [("example", mine.example.id)] if mine.example else []
        out.append(("edited", 1))
        for name, value in mine.limits.items():
            out += (
                [(name, one) for one in value]
                if isinstance(value, list | tuple)
                else [(name, readers.plain(value))]
            )
        out += [("drop", name) for name in mine.drop] + [("also", name) for name in mine.also]
        out += [
            (f"w_{name}", readers.plain(weight)) for name, weight in mine.weights.items() if weight
        ]
        out += [(f"v_{name}", str(one)) for name, one in mine.worth.items()]
        told = (("method", mine.method, "sum"), ("unknown", mine.unknown, "apart"))
        out += [(name, value) for name, value, usual in told if value != usual]
        return [*out, *(("pick", one) for one in mine.picked), *mine.drive.query().items()]


def _fields(example: screening.Profile) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write the limits of an example into the form."""
    by_column = {
        column.format(vehicle="truck"): (name, unit)
        for name, (column, _kind, unit) in NUMBERS.items()
    }
    by_column |= {column: (name, 0.0) for name, (column, _kind) in CHOICES.items()}
    limits: dict[str, Any] = {}
    drop = []
    for limit in example.limits:
        if limit.column not in by_column:
            raise InputError(
                f"The example {example.id} sets a limit on {limit.column}, which the form does not"
                " have."
            )
        name, unit = by_column[limit.column]
        limits[name] = list(limit.value) if isinstance(limit.value, tuple) else limit.value / unit
        drop += [name] if limit.unknown == "drop" else []
    return limits, tuple(drop)


# What is shown ------------------------------------------------------------------------------------


@pages.get("/rank")
def rank() -> Any:
    values, slips = args.parse_form(request.args, (*STATE, "part"), TYPED)
    opened = store()
    examples = opened.examples()
    for policy in values.get("policy", ()):
        if policy not in opened.layer("policies").index:
            raise InputError(_("There is no policy “%(name)s”.", name=policy))
    wish, left_out = Wish.of(values, examples), dict[str, int]()
    if "edited" not in values:
        wish, left_out = _fit(opened, wish)
    context = {
        "wish": wish,
        "left_out": left_out,
        "examples": examples,
        "facets": _facets(opened),
        "criteria": screening.CRITERIA,
    }
    context |= result(opened, wish) | {"slips": slips, "field_name": wording.field_name}
    page = render_template(
        "siting/_rank.html" if values.get("part") else "siting/rank.html", **context
    )
    return (
        (page, 400) if slips and "part" not in values else page
    )  # the part names them too, for a script that marks the fields


def _fit(opened: Store, wish: Wish) -> tuple[Wish, dict[str, int]]:
    """Take the weight from criteria of an example that are unknown of more than half of the sites
    that are left; tell of how many.
    """
    table = site_table(opened, wish.drive)
    left = table.loc[screening.screen(table, list(wish.screens().values())).remaining]
    lacking = {one.id: int(left[one.column].isna().sum()) for one in wish.criteria()}
    left_out = {name: n for name, n in lacking.items() if 2 * n > len(left)}
    kept = {name: weight for name, weight in wish.weights.items() if name not in left_out}
    return (replace(wish, weights=kept), left_out) if any(kept.values()) else (wish, {})


def _facets(opened: Store) -> dict[str, list[str]]:
    parks = opened.layer("parks")
    columns = {"status": "status", "kind": "kind", "country": "country", "province": "province_en"}
    found = {name: sorted(parks[column].dropna().unique()) for name, column in columns.items()}
    found["policy"] = sorted({one for cell in parks["policies"].dropna() for one in unfold(cell)})
    found["sector"] = sorted({one for cell in parks["sectors"].dropna() for one in unfold(cell)})
    return found


def result(opened: Store, wish: Wish) -> dict[str, Any]:
    """Screen and rank the sites, and say how far the ranking can be trusted."""
    table = site_table(opened, wish.drive)
    limits = wish.screens()
    funnel = screening.screen(table, list(limits.values()))
    remaining = table.loc[funnel.remaining]
    asked = [position for position, name in enumerate(limits) if name not in sites.STANDING]
    out: dict[str, Any] = {
        "total": len(table),
        "steps": list(zip(limits, funnel.steps, strict=True)),
        "remaining": len(remaining),
        "unsure": set(
            remaining.index[
                (funnel.states.loc[funnel.remaining, asked] == screening.UNKNOWN).any(axis=1)
            ]
        ),
        "removed": [
            (
                key,
                list(limits)[row["first"]],
                bool(row["unknown"]),
                row["shortfall"],
                limits[list(limits)[row["first"]]],
            )
            for key, row in funnel.removed.iterrows()
        ],
        "relax": (
            []
            if len(remaining)
            else [(list(limits)[one.position], one) for one in funnel.relax(3) if one.enough][:3]
        ),
        "parks": opened.layer("parks"),
        "table": table,
        "coarse": opened.roads(wish.drive).manifest.coarse,
        "drive": wish.drive,
        "units": {name: unit for name, (_c, _k, unit) in NUMBERS.items()},
        "ranking": None,
    }
    criteria = wish.criteria()
    if not len(remaining) or not criteria:
        return out
    weights = {one.id: wish.weights[one.id] for one in criteria}
    ranked = ranking.rank(remaining, criteria, weights, method=wish.method, unknown=wish.unknown)  # type: ignore[arg-type]
    out |= {
        "ranking": ranked,
        "rows": list(ranked.order[:SHOWN]),
        "apart": _lacking(
            ranked,
            ranked.scores.isna(),
            {one.id for one, light in zip(criteria, ranked.light, strict=True) if not light},
        ),
        "ranged": _lacking(ranked, ranked.scores.notna(), set(weights)),
        "weights": ranked.weights.to_dict(),
    }
    if len(ranked.order):
        out |= _trust(opened, wish, ranked, remaining)
    return out


@dataclass(frozen=True)
class Lacking:
    """Sites that lack a value, all ranked or all not: with the range of each, and for how many each
    criterion is the reason.
    """

    sites: pd.DataFrame
    counts: dict[str, int]


def _lacking(ranked: ranking.Ranking, which: pd.Series, reasons: set[str]) -> Lacking:
    here = ranked.unknown[which[ranked.unknown.index].to_numpy(bool)]
    return Lacking(
        here,
        dict(
            Counter(
                name for cell in here["missing"] for name in cell if name in reasons
            ).most_common()
        ),
    )


def _trust(
    opened: Store, wish: Wish, ranked: ranking.Ranking, remaining: pd.DataFrame
) -> dict[str, Any]:
    bands = robustness.bands(ranked, _amount_spread(opened, wish, ranked, remaining), first=SHOWN)
    places = pd.Series(range(1, len(bands) + 1), bands.index).groupby(bands).agg(["first", "last"])
    return {
        "bands": {
            ranked.order[row["first"] - 1]: (row["first"], row["last"])
            for _band, row in places.iterrows()
        },
        "intervals": robustness.weight_intervals(ranked),
        **_shares(opened, wish, ranked, remaining),
        "disagreement": robustness.disagreement(ranked),
        "reversals": robustness.reversals(ranked),
    }


def _amount_spread(
    opened: Store, wish: Wish, ranked: ranking.Ranking, remaining: pd.DataFrame
) -> pd.DataFrame:
    """Return how uncertain the amounts of each criterion are, by its id; 0 where that is not known,
    so that they count as exact.
    """
    spread = _spread(opened, wish.drive, remaining).rename(
        columns={one.column: one.id for one in ranked.criteria}
    )
    return spread.reindex(columns=[one.id for one in ranked.criteria]).fillna(0)


def _shares(
    opened: Store, wish: Wish, ranked: ranking.Ranking, remaining: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Tell in what shares of all weightings sites lead. The weights at hand do not matter, so a
    slider that moves finds it kept.
    """

    def make() -> dict[str, pd.DataFrame]:
        spread = _amount_spread(opened, wish, ranked, remaining)
        return {
            "shares": robustness.shares(ranked, DRAWS),
            "unsure_shares": robustness.shares(ranked, DRAWS_OF_AMOUNTS, spread=spread),
        }

    version = opened.network(wish.drive.network).version
    terms = wish.drive, version, ranked.criteria, wish.method, wish.unknown
    kept: Kept = opened.keep("shares", lambda: Kept(KEPT_SHARES))
    return kept.get((*terms, tuple(ranked.light), tuple(remaining.index)), make)


def site_table(opened: Store, drive: Drive) -> pd.DataFrame:
    """Return the table of sites under these terms."""
    return opened.sites(drive)


def _spread(opened: Store, drive: Drive, table: pd.DataFrame) -> pd.DataFrame:
    frames = {name: opened.layer(name) for name in ("gates", "ports", "airports", "cities")}
    return sites.uncertainty(table, **frames, network=opened.roads(drive), year=date.today().year)


@pages.context_processor
def _words() -> dict[str, Any]:
    """Return the templates what they write with."""
    return {
        "amount": wording.amount,
        "band_text": wording.band_text,
        "bars": wording.bars,
        "criterion_name": wording.criterion_name,
        "limit_text": wording.limit_text,
        "policy_title": lambda policy: wording.code("policy", policy),
        "most_picked": MOST_PICKED,
        "rank_fields": wording.fields,
        "relaxed_text": wording.relaxed_text,
        "shortfall_text": wording.shortfall_text,
        "criterion_unit": wording.criterion_unit,
        "enough_ha": enough_ha,
        "is_cost": worth.is_cost,
        "light": ranking.LIGHT,
        "plain": readers.plain,
        "shapes": wording.shapes,
        "worth_text": wording.worth_text,
        "without": lambda weights, name: {
            one: weight for one, weight in weights.items() if one != name
        },
    }

"""What somebody looks for in a site, as a form and an address hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from geo.errors import InputError
from geo.roads.drive import Drive
from geo.siting import ranking
from geo.siting.companies import USUAL
from geo.siting.criteria import Criterion
from geo.siting.examples import Example
from geo.siting.limits import STANDING, ZONES, Limit
from geo.siting.measures import (
    CHOICES,
    DESTINATIONS,
    NEEDS,
    OWN,
    PLANT,
    Measure,
    criteria,
    limits,
    table_criteria,
)
from geo.siting.own_places import OwnPlace
from webapp import readers
from webapp.siting import worth
from webapp.siting.worth import Worth

WEIGHTS = {f"w_{name}": name for name in criteria()}
MOST_PICKED = 5
BORDER = next(row.id for row in DESTINATIONS if row.layer == "gates")
"""The criterion that counts for who trades over the land border."""
USUAL_OWN = 20.0
"""What own places weigh at first. Source: a Zone Atlas assumption: as much as a port."""


@dataclass(frozen=True)
class Wish:
    """What somebody looks for, as the form holds it.

    ``limits`` by parameter: a number in the unit of the form, or texts; ``drop``: parameters whose
    unknown sites go; ``weights`` by criterion, and their ``worth`` where it is not in proportion
    between the sites; ``also``: limits of ``STANDING`` that do not hold; ``picked`` sites to
    compare; ``supplies``: the plant that is supplied, by id; ``border``: whether one trades over
    the land border, yes or no, and empty where that is not stated; ``own`` places, of which the
    farthest counts."""

    drive: Drive
    limits: dict[str, Any]
    drop: tuple[str, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    worth: dict[str, Worth] = field(default_factory=dict)
    method: ranking.Method = "sum"
    unknown: ranking.UnknownAs = "apart"
    picked: tuple[str, ...] = ()
    example: Example | None = None
    also: tuple[str, ...] = ()
    supplies: str = ""
    border: str = ""
    own: tuple[OwnPlace, ...] = ()

    @classmethod
    def of(cls, values: dict[str, Any], examples: dict[str, Example]) -> Wish:
        """Read it from a query; an example fills the form until somebody edits it."""
        example, supplies = examples.get(values.get("example", "")), values.get("supplies", "")
        asked = {name: values[name] for name in (*CHOICES, "needs", *limits()) if name in values}
        weights = {
            name: float(values[parameter])
            for parameter, name in WEIGHTS.items()
            if parameter in values
        }
        drop = tuple(values.get("drop", ()))
        if example and "edited" not in values:
            usual, dropped = _fields(example)
            asked, drop, weights = usual | asked, drop or dropped, dict(example.weights) | weights
        if not any(weights.values()) and "edited" not in values:
            weights = dict(USUAL)
        own = tuple(values.get("place", ()))
        if not supplies:
            asked.pop(PLANT.limit, None)
        if not own:
            asked.pop(OWN.limit, None)
            weights.pop(OWN.id, None)
        border = values.get("border", "")
        return cls(
            Drive.of(values),
            asked,
            drop,
            _at_the_border(weights, border),
            worth.read(values),
            values.get("method", "sum"),
            values.get("unknown", "apart"),
            tuple(dict.fromkeys(values.get("pick", ())))[:MOST_PICKED],
            example,
            tuple(dict.fromkeys(values.get("also", ()))),
            supplies,
            border,
            own,
        )

    def screens(self) -> dict[str, Limit]:
        """Return the limits in the order in which they are applied, by parameter.

        First those that hold unless they are switched off. Choosing kinds of
        zones asks for these too."""
        of_zones = not set(ZONES).isdisjoint(self.limits.get("kind", ()))
        wanted = {*self.also, *(("zones",) if of_zones else ())}
        screens = {name: limit for name, limit in STANDING.items() if name not in wanted}
        for name, row in CHOICES.items():
            if name in self.limits:
                screens[name] = Limit(row.column, row.kind, tuple(self.limits[name]))
        screens |= {need: NEEDS[need] for need in self.limits.get("needs", ())}
        for name, measure in limits().items():
            if name in self.limits:
                screens[name] = measure.limit_of(self.drive.profile, self.limits[name])
        return {
            name: replace(limit, unknown="drop") if name in self.drop else limit
            for name, limit in screens.items()
        }

    @property
    def measures(self) -> Mapping[str, Measure]:
        """What may weigh: own places only where there are some."""
        return criteria() if self.own else table_criteria()

    def with_place(self, place: OwnPlace) -> Wish:
        """Return the wish with one more own place, which weighs if nothing is asked of them yet."""
        weights = self.weights
        if not weights.get(OWN.id) and OWN.limit not in self.limits:
            weights = weights | {OWN.id: USUAL_OWN}
        return replace(self, own=(*self.own, place), weights=weights)

    def criteria(self) -> list[Criterion]:
        """Return the criteria that weigh something."""
        return [
            row.criterion(self.drive.profile, *self.counted(name))
            for name, row in self.measures.items()
            if self.weights.get(name, 0) > 0
        ]

    def counted(self, name: str) -> Worth:
        """Return how the amounts of a criterion count."""
        row = criteria()[name]
        asked = self.limits.get(row.limit) or None
        return worth.counted(row, self.worth.get(name, Worth()), asked)

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
        query: list[tuple[str, Any]] = [("example", mine.example.id)] if mine.example else []
        query.append(("edited", 1))
        for name, value in mine.limits.items():
            texts = value if isinstance(value, list | tuple) else [readers.plain(value)]
            query += [(name, text) for text in texts]
        query += [("drop", name) for name in mine.drop] + [("also", name) for name in mine.also]
        weights = {name: readers.plain(weight) for name, weight in mine.weights.items() if weight}
        query += [(f"w_{name}", weight) for name, weight in weights.items()]
        query += [(f"v_{name}", str(worth)) for name, worth in mine.worth.items()]
        query += [("method", mine.method)] if mine.method != "sum" else []
        query += [("unknown", mine.unknown)] if mine.unknown != "apart" else []
        query += [("supplies", mine.supplies)] if mine.supplies else []
        query += [("border", mine.border)] if mine.border else []
        query += [("place", place.text()) for place in mine.own]
        return [*query, *(("pick", site) for site in mine.picked), *mine.drive.query().items()]


def _at_the_border(weights: dict[str, float], border: str) -> dict[str, float]:
    """Return weights without that of the border where nobody crosses it, and with one where
    somebody does.
    """
    if border == "no":
        return {name: weight for name, weight in weights.items() if name != BORDER}
    if border == "yes" and not weights.get(BORDER):
        return weights | {BORDER: USUAL[BORDER]}
    return weights


def _fields(example: Example) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write the limits of an example into the form."""
    scales = {
        row.column.format(profile="truck"): (row.limit, row.scale) for row in limits().values()
    }
    scales |= {row.column: (name, 1.0) for name, row in CHOICES.items()}
    values: dict[str, Any] = {}
    drop = []
    for limit in example.limits:
        if limit.column not in scales:
            raise InputError(
                f"The example {example.id} sets a limit on {limit.column}, which the form does not"
                " have."
            )
        name, scale = scales[limit.column]
        values[name] = list(limit.value) if isinstance(limit.value, tuple) else limit.value / scale
        drop += [name] if limit.unknown == "drop" else []
    return values, tuple(drop)

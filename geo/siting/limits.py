"""Limits: what is required of one column of the table of sites, and whether it can be required."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, TypeGuard

from geo.text import short

ColumnType = Literal["number", "text", "remarks", "list"]
Kind = Literal["at_least", "at_most", "one_of", "none_of", "includes"]
Unknown = Literal["keep", "drop"]
Value = float | tuple[str, ...]
KINDS: dict[str, tuple[str, ...]] = {
    "at_least": ("number",),
    "at_most": ("number",),
    "one_of": ("text",),
    "none_of": ("text",),
    "includes": ("list", "remarks"),
}
"""Kinds of limits, and the types of columns they can be set on."""


@dataclass(frozen=True)
class Column:
    """A column of the table. ``remarks`` are free text; a ``list`` cell is a tuple of codes;
    `allowed` holds all codes there are.
    """

    name: str
    type: ColumnType
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limit:
    """One requirement.

    Attributes
    ----------
    kind
        ``at_least`` and ``at_most`` take a number in the unit of the column, which itself passes.
        ``one_of`` takes the texts that are allowed, ``none_of`` those that are not. ``includes``
        takes codes of which a list must hold at least one; in free text it looks for words, and
        text that does not mention them is unknown.
    unknown
        Whether sites whose cell is empty stay (``keep``) or go (``drop``).
    """

    column: str
    kind: Kind
    value: Value
    unknown: Unknown = "keep"

    def __post_init__(self) -> None:
        value: Any = self.value
        if isinstance(value, list | set | frozenset) or (
            isinstance(value, str) and self.kind in ("one_of", "none_of", "includes")
        ):
            object.__setattr__(self, "value", (value,) if isinstance(value, str) else tuple(value))


ZONES = ("economic_zone", "border_gate_economic_zone", "cross_border_zone")
"""Kinds that contain sites and are not sites themselves: an authority plans them, and a tenant
leases in a park inside. A park that others are a part of counts as one of them.

Bonded and high-tech zones and clusters lease plots and factories, so they are sites, as is every
kind that is not listed here. """
STANDING = {
    "zones": Limit("role", "none_of", ("zone",)),
    "captive": Limit("tenants", "none_of", ("captive",)),
    "full": Limit("availability", "none_of", ("full",)),
}
"""Limits that hold unless somebody wants these sites too: zones that contain sites, works
of one company, and sites known to be full; unknown ones stay.
"""


def faults(limits: Sequence[Limit], held: Mapping[str, Column]) -> list[str]:
    """List everything that is wrong with limits on these columns."""
    out: list[str] = []
    for number, limit in enumerate(limits, start=1):
        at = f"limit {number} ({short(limit.column)})"
        of_kind = KINDS.get(limit.kind, ()) if isinstance(limit.kind, str) else ()
        column = held.get(limit.column) if isinstance(limit.column, str) else None
        if not of_kind:
            out.append(
                f"{at}: “{short(limit.kind)}” is no kind of limit; there are {', '.join(KINDS)}"
            )
        if limit.unknown not in ("keep", "drop"):
            out.append(
                f"{at}: unknown sites are kept or dropped (keep, drop), not"
                f" “{short(limit.unknown)}”"
            )
        if column is None:
            close = difflib.get_close_matches(str(limit.column), list(held), 1)
            out.append(
                f"{at}: there is no such column"
                + (f"; did you mean “{close[0]}”?" if close else "")
            )
        if of_kind and column and column.type not in of_kind:
            out.append(f"{at}: {limit.kind} cannot be asked of a {column.type} column")
        elif of_kind:
            out += [f"{at}: {limit.kind} {fault}" for fault in _value_faults(limit, column)]
    return out + _contradictions(limits)


def _value_faults(limit: Limit, column: Column | None) -> list[str]:
    value: Any = limit.value
    if limit.kind in ("at_least", "at_most"):
        if not is_number(value):
            return [f"{short(value)}: the value is not a number"]
        if column and column.minimum is not None and value < column.minimum:
            return [f"{short(value)}: the column begins at {column.minimum:g}"]
        if column and column.maximum is not None and value > column.maximum:
            return [f"{short(value)}: the column ends at {column.maximum:g}"]
        return []
    texts = isinstance(value, tuple) and all(isinstance(one, str) and one.strip() for one in value)
    if not texts or not (value or limit.kind == "none_of"):
        return [f"{short(value)}: the value is not a list of texts"]
    wrong = [one for one in value if column and column.allowed and one not in column.allowed]
    return (
        [f"“{short(one)}” is unknown; there are {', '.join(column.allowed)}" for one in wrong]
        if column
        else []
    )


def _contradictions(limits: Sequence[Limit]) -> list[str]:
    out = []
    for name in dict.fromkeys(limit.column for limit in limits if isinstance(limit.column, str)):
        ends: dict[str, list[float]] = {"at_least": [], "at_most": []}
        for limit in limits:
            if limit.column == name and limit.kind in ends and is_number(limit.value):
                ends[limit.kind].append(limit.value)
        if all(ends.values()) and max(ends["at_least"]) > min(ends["at_most"]):
            out.append(
                f"{name}: the minimum {max(ends['at_least']):g} is above the maximum"
                f" {min(ends['at_most']):g}"
            )
    return out


def is_number(value: object) -> TypeGuard[float]:
    """Return whether this is a finite number; true and false are none, nor is an integer that no
    float can hold."""
    try:
        return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)
    except OverflowError:
        return False

"""How the amounts of a criterion count, as the form and the links state it: the shape of its value
and the range of the amounts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from geo.errors import InputError
from geo.siting.criteria import Shape
from geo.siting.measures import Measure, criteria
from webapp.i18n import gettext as _
from webapp.i18n import said
from webapp.readers import plain

PARAMETERS = tuple(f"v_{name}{end}" for name in criteria() for end in ("", "_from", "_to"))
"""``v_gate=linear:30:180`` states it all, as links do; a form without script sends the shape and
both ends apart.
"""


class Worth(NamedTuple):
    """What :class:`geo.siting.criteria.Criterion` holds of values, in the units of the screen; an
    end that is None is that of the sites left.
    """

    shape: Shape = "linear"
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        ends = ["" if end is None else plain(end) for end in (self.low, self.high)]
        if self.shape == "step":
            return f"step:{''.join(ends)}"
        return ":".join((self.shape, *ends)) if any(ends) else self.shape


def counted(row: Measure, worth: Worth, asked: float | None) -> Worth:
    """Fill in how amounts count if that is not stated, as :meth:`Measure.ends` has it."""
    if worth.shape == "step":
        return worth
    return Worth(worth.shape, *row.ends(worth.low, worth.high, asked))


def read(values: dict[str, Any]) -> dict[str, Worth]:
    """Read what a query states of each criterion, leaving out what goes without saying.

    Raises
    ------
    InputError
        Ranges that cannot be, each one named.
    """
    worths: dict[str, Worth] = {}
    faults: list[str] = []
    for name, row in criteria().items():
        key, is_cost = f"v_{name}", row.direction == "cost"
        shape, ends = values.get(key, ("linear", ()))
        apart = values.get(f"{key}_from"), values.get(f"{key}_to")
        if ends and apart != (None, None):
            faults.append(_("%(name)s: the range is given twice", name=said(row.label)))
            continue
        if len(ends) == 1:
            ends = (None, *ends) if is_cost else (*ends, None)
        worth = Worth(shape, *(ends or apart))
        fault = _fault(row, worth, values.get(row.limit))
        if fault:
            faults.append(fault)
        elif worth != Worth():
            worths[name] = worth
    if faults:
        raise InputError(
            _("The address has an error:") if len(faults) == 1 else _("The address has errors:"),
            faults,
        )
    return worths


def _fault(row: Measure, worth: Worth, asked: float | None) -> str:
    """Return what is wrong with a range; an empty text if nothing is."""
    shape, low, high = worth
    name = said(row.label)
    if shape == "step":
        is_cost = row.direction == "cost"
        needed, other = (high, low) if is_cost else (low, high)
        end = _("an upper end") if is_cost else _("a lower end")
        if needed is None:
            return _("%(name)s: a step needs %(end)s", name=name, end=end)
        return "" if other is None else _("%(name)s: a step has only %(end)s", name=name, end=end)
    if low is not None and high is not None and low >= high:
        ends = {"low": plain(low), "high": plain(high)}
        return _("%(name)s: %(low)s is not less than %(high)s", name=name, **ends)
    if row.enough is not None and asked and low is not None and low >= asked:
        ends = {"low": plain(low), "high": plain(asked)}
        return _("%(name)s: %(low)s is not less than the area needed, %(high)s", name=name, **ends)
    return ""

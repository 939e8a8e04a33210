"""How the amounts of a criterion count, as the form and the links state it: the shape of its value
and the range of the amounts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from geo.siting.criteria import Shape
from geo.siting.measures import Measure, criteria
from webapp.args import AddressError, Slip
from webapp.i18n import gettext as _
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
    AddressError
        Ranges that cannot be, each one named.
    """
    worths, faults = _read(values)
    if faults:
        raise AddressError(
            {f"v_{name}": fault.text for name, fault in faults.items()},
            {},
            also=[key for name in faults for key in keys(name) if key in values],
        )
    return {name: worth for name, worth in worths.items() if worth != Worth()}


def without_faults(
    values: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, Worth], dict[str, Slip]]:
    """Take out the ranges that cannot be, for a page that marks their fields; return what is left,
    the ranges by criterion, and the faults by field.
    """
    worths, faults = _read(values)
    lost = {key for name in faults for key in keys(name)}
    slips = {
        f"v_{name}_{fault.end}": Slip(plain(end) if end is not None else "", fault.text)
        for name, fault in faults.items()
        for end in [worths[name].low if fault.end == "from" else worths[name].high]
    }
    left = {key: value for key, value in values.items() if key not in lost}
    return left, {name: worths[name] for name in faults}, slips


def keys(name: str) -> tuple[str, ...]:
    """Return the parameters that state how a criterion counts."""
    return tuple(f"v_{name}{end}" for end in ("", "_from", "_to"))


class _Fault(NamedTuple):
    """What is wrong with a range, and the end of it whose field is marked."""

    end: str
    text: str


def _read(values: dict[str, Any]) -> tuple[dict[str, Worth], dict[str, _Fault]]:
    """Read what is stated of each criterion, and what is wrong with it."""
    worths: dict[str, Worth] = {}
    faults: dict[str, _Fault] = {}
    for name, row in criteria().items():
        key, is_cost = f"v_{name}", row.direction == "cost"
        shape, ends = values.get(key, ("linear", ()))
        apart = values.get(f"{key}_from"), values.get(f"{key}_to")
        fault = None
        if ends and apart != (None, None):
            fault = _Fault("from" if apart[1] is None else "to", _("the range is given twice"))
        elif len(ends) == 1:
            ends = (None, *ends) if is_cost else (*ends, None)
        worths[name] = Worth(shape, *(apart if fault else ends or apart))
        fault = fault or _fault(row, worths[name], values.get(row.limit))
        if fault:
            faults[name] = fault
    return worths, faults


def _fault(row: Measure, worth: Worth, asked: float | None) -> _Fault | None:
    """Find what is wrong with a range; None if nothing is."""
    shape, low, high = worth
    if shape == "step":
        is_cost = row.direction == "cost"
        needed, other = (high, low) if is_cost else (low, high)
        stated, spare = ("to", "from") if is_cost else ("from", "to")
        end = _("an upper end") if is_cost else _("a lower end")
        if needed is None:
            return _Fault(stated, _("a step needs %(end)s", end=end))
        return None if other is None else _Fault(spare, _("a step has only %(end)s", end=end))
    if low is not None and high is not None and low >= high:
        return _Fault("from", not_less(low, high))
    if row.enough is not None and asked and low is not None and low >= asked:
        ends = {"low": plain(low), "high": plain(asked)}
        return _Fault("from", _("%(low)s is not less than the area needed, %(high)s", **ends))
    return None


def not_less(low: float, high: float) -> str:
    """Write that the lower end of a range is not below the upper one."""
    return _("%(low)s is not less than %(high)s", low=plain(low), high=plain(high))

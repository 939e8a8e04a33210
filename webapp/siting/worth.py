"""How the amounts of a criterion count, as the form and the links say it: the shape of its value
and the range of the amounts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from flask_babel import gettext as _

from geo.errors import InputError
from geo.siting.criteria import Criterion
from geo.siting.land import enough_ha
from geo.siting.screening import CRITERIA
from webapp.readers import plain

TIMES = ("gate", "port", "airport", "city")
PARAMETERS = tuple(f"v_{name}{end}" for name in CRITERIA for end in ("", "_from", "_to"))
"""``v_gate=linear:30:180`` says it all, as links do; a form without script gives the shape and both
ends apart.
"""


class Worth(NamedTuple):
    """What :class:`geo.siting.criteria.Criterion` says of values, in the units of the screen; an
    end that is None is that of the sites left.
    """

    shape: str = "linear"
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        ends = ["" if end is None else plain(end) for end in (self.low, self.high)]
        if self.shape == "step":
            return f"step:{''.join(ends)}"
        return ":".join((self.shape, *ends)) if any(ends) else self.shape


def is_cost(name: str) -> bool:
    """Return whether less of a criterion is better."""
    return CRITERIA[name][1] == "low"


def unit(name: str) -> float:
    """Return the unit of the screen in that of the column: minutes in seconds."""
    return 60.0 if name in TIMES else 1.0


def counted(name: str, worth: Worth, needed_ha: float | None = None) -> Worth:
    """Fill in how land counts where that is not said: from 0 up to what is needed, or to what is
    assumed to be enough.
    """
    if name != "area" or worth.shape == "step":
        return worth
    low, ends = worth.low or 0.0, [end for end in (worth.high, needed_ha) if end is not None]
    return worth._replace(
        low=low, high=min(ends, default=enough_ha() if enough_ha() > low else None)
    )


def criterion(name: str, vehicle: str, worth: Worth) -> Criterion:
    """Return a criterion as the library takes it."""
    low, high = (None if end is None else end * unit(name) for end in (worth.low, worth.high))
    column = CRITERIA[name][0].format(profile=vehicle)
    return Criterion(name, column, "cost" if is_cost(name) else "benefit", worth.shape, low, high)  # type: ignore[arg-type]


def read(values: dict[str, Any]) -> dict[str, Worth]:
    """Read what a query says of each criterion, leaving out what goes without saying.

    Raises
    ------
    InputError
        Ranges that cannot be, each one named.
    """
    out: dict[str, Worth] = {}
    faults: list[str] = []
    needed_ha = values.get("area_needed")
    for name in CRITERIA:
        key = f"v_{name}"
        shape, ends = values.get(key, ("linear", ()))
        apart = values.get(f"{key}_from"), values.get(f"{key}_to")
        if ends and apart != (None, None):
            faults.append(
                _(
                    "%(name)s: holds the range already, so neither %(name)s_from nor %(name)s_to is"
                    " needed",
                    name=key,
                )
            )
            continue
        low, high = (
            (ends if len(ends) == 2 else (None, *ends) if is_cost(name) else (*ends, None))
            if ends
            else apart
        )
        needed, other = (high, low) if is_cost(name) else (low, high)
        if shape == "step" and needed is None:
            end = _("an upper end") if is_cost(name) else _("a lower end")
            faults.append(
                _("%(name)s: a step needs %(end)s, such as %(name)s=step:60", name=key, end=end)
            )
        elif shape == "step" and other is not None:
            end = _("an upper end") if is_cost(name) else _("a lower end")
            faults.append(_("%(name)s: a step has only %(end)s", name=key, end=end))
        elif low is not None and high is not None and low >= high:
            faults.append(
                _(
                    "%(name)s: %(low)s is not less than %(high)s",
                    name=key,
                    low=plain(low),
                    high=plain(high),
                )
            )
        elif (
            name == "area"
            and shape != "step"
            and needed_ha
            and low is not None
            and low >= needed_ha
        ):
            ends_ = {"low": plain(low), "high": plain(needed_ha)}
            faults.append(
                _("%(name)s: %(low)s is not less than the area needed, %(high)s", name=key, **ends_)
            )
        elif (shape, low, high) != Worth():
            out[name] = Worth(shape, low, high)
    if faults:
        raise InputError(
            _("The address has a fault:") if len(faults) == 1 else _("The address has faults:"),
            faults,
        )
    return out

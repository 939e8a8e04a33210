"""The form of a trip as a query: single values, and lists that say side by side what each stop and
each day is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from geo.errors import InputError
from webapp import args

SINGLE = (
    *("title", "lunch", "reserve", *args.TODAY, "vehicle", "traffic", "avoid"),
    *("notes", "source", "point", "do", "ids", "add"),
)
"""Parameters that are no lists of stops or days."""


def read(
    given: MultiDict[str, str], stop: Iterable[str], day: Iterable[str]
) -> tuple[dict[str, Any], list[dict[str, str]], list[dict[str, str]]]:
    """Read the form of a trip: single values, and of each stop and day what the lists ``s_…`` and
    ``d_…`` say side by side.

    Raises
    ------
    InputError
        Names every fault; lists of different lengths are one.
    """
    tables = [
        {name: f"{letter}_{name}" for name in names} for letter, names in (("s", stop), ("d", day))
    ]
    columns = {parameter for table in tables for parameter in table.values()}
    single = MultiDict(
        (name, text) for name, text in given.items(multi=True) if name not in columns
    )
    values = args.parse(single, SINGLE)
    lines = {name: [text.replace("\r\n", "\n") for text in given.getlist(name)] for name in columns}
    most = {name: args.LENGTHS.get(name.partition("_")[2], args.MAX_LENGTH) for name in columns}
    faults = [
        _("%(name)s: is longer than %(n)s characters or holds a zero byte", name=name, n=most[name])
        for name in sorted(columns)
        if any(len(text) > most[name] or "\x00" in text for text in lines[name])
    ]
    rows = []
    for table in tables:
        lists = [lines[parameter] for parameter in table.values()]
        if len({len(one) for one in lists}) != 1:
            faults.append(
                _(
                    "%(names)s: do not say the same number of things",
                    names=", ".join(table.values()),
                )
            )
        rows.append([dict(zip(table, values, strict=True)) for values in zip(*lists, strict=False)])
    if faults:
        raise InputError(_("The address has faults:"), faults)
    return values, rows[0], rows[1]
